-- hyper: search for good settings, and several models as one.

local ensemble = require("hyper.ensemble")
local options = require("options")
local space = require("hyper.space")

--- hyper
-- Search for good settings (hyper-parameters), and ensembles of models.
--
--   hyper.minimize(f, space, {algo="tpe", trials=50}) calls f with one set of
--   values after another and remembers the best.
--
-- A space is a table, nested as you like, of parameters and constants:
--   {lr=hyper.log_uniform(1e-4, 1e-1), batch=hyper.choice{32, 64, 128},
--    net=hyper.choice{{kind="plain"},
--                     {kind="deep", layers=hyper.int(2, 5)}}}
-- See also: hyper.minimize, hyper.uniform, hyper.choice, hyper.ensemble.
local hyper = {
  ensemble = ensemble.ensemble,
  fit_weights = ensemble.fit_weights,
}

--- hyper.uniform(low, high)
-- A parameter that is a number from low to high, each as likely.
-- Errors: ends that are not finite, or low >= high.
--   > hyper.uniform(0, 0.5)
--   uniform(0, 0.5)
function hyper.uniform(low, high)
  return space.number("hyper.uniform", low, high, false)
end

--- hyper.log_uniform(low, high)
-- A parameter that is a number from low to high whose logarithm is uniform:
-- as likely between 0.001 and 0.01 as between 0.01 and 0.1. For learning
-- rates and penalties. The ends are the values' own, not their logarithms.
-- Errors: low <= 0, ends that are not finite, or low >= high.
--   > hyper.log_uniform(1e-4, 0.1)
--   log_uniform(0.0001, 0.1)
function hyper.log_uniform(low, high)
  return space.number("hyper.log_uniform", low, high, true)
end

local INT = {positional = 0, {"log", options.boolean, false}}

--- hyper.int(low, high [, {log=false}])
-- A parameter that is a whole number from low to high, both included; with
-- log=true small numbers are as likely as large ones, as in log_uniform.
-- Errors: ends that are not whole, low > high, low < 1 with log=true.
--   > hyper.int(1, 5)
--   int(1, 5)
--   > hyper.int(16, 512, {log=true})
--   int(16, 512, log)
function hyper.int(low, high, opts)
  local o = options.read("hyper.int", INT, opts)
  return space.integer(low, high, o.log)
end

--- hyper.choice(options)
-- A parameter that is one of a list of options: numbers, strings, functions,
-- or tables that are spaces of their own, whose parameters exist only where
-- their option is chosen.
-- Errors: a list that is empty or no list.
--   > hyper.choice{"relu", "tanh"}
--   choice of 2
--   > space = hyper.choice{{kind="a"}, {kind="b", c=hyper.uniform(0, 1)}}
--   > r = hyper.minimize(function(v) return v.c or 2 end, space, {verbose=0})
--   > r.best.kind
--   b
function hyper.choice(list) return space.choice(list) end

--- hyper.minimize(f, space [, {algo="tpe", trials=50, seed=1, ...}])
-- Searches the space for the values with which f gives the least loss.
--   f            f(values, number): a table like the space, with values in
--                the places of its parameters, and the trial's number;
--                returns the loss, or a table with loss= and what else is to
--                be kept. An error inside f, or a loss that is NaN or
--                infinite, makes a failed trial, and the search goes on.
--   space        see hyper
--   algo         "tpe"     the tree-structured Parzen estimator (Bergstra and
--                          others, "Algorithms for hyper-parameter
--                          optimization", 2011), as Hyperopt has it: draws
--                          where the best trials are dense and the others
--                          are not
--                "random"  each trial alone
--                "grid"    an even grid of at most `trials` points
--   trials       how many in all, those in the file included
--   seed         the same seed, space and f give the same trials; tensor's
--                random stream is neither used nor disturbed
--   startup      how many random trials come before the estimator; 10 rather
--                than Hyperopt's 20, which leaves more of a small budget to
--                it
--   path         a file that gets each trial as a line of JSON as soon as it
--                ends; if it is there, the search goes on after its trials.
--                It must be of the same space.
--   max_seconds  no trial is begun after that time
--   verbose      0 prints nothing; 1 a table of trials, live in a terminal;
--                2 plain lines
-- Returns a table:
--   best, best_loss  the values and the loss of the best trial
--   best_trial       that trial
--   trials           a list of {number=, values=, loss=, status=, seconds=};
--                    status is "ok" or "failed" (then error= is the message
--                    and there is no loss); result= is the table f returned
-- Errors: every trial failed; a file of another space; wrong options.
-- See also: hyper.choice, hyper.ensemble.
--   > function f(v) return (v.x - 2) ^ 2 end
--   > s = {x=hyper.uniform(-10, 10)}
--   > r = hyper.minimize(f, s, {trials=40, verbose=0})
--   > r.best_loss < 0.1, #r.trials
--   true
--   40
hyper.minimize = require("hyper.minimize")

return hyper
