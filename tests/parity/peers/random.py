"""Peers of random numbers, where the parameters leave nothing to chance."""

OPERATIONS = {
    "uniform_": lambda x, low, high: x.clone().uniform_(low, high),
    "normal_": lambda x, mean, sd: x.clone().normal_(mean, sd),
    "bernoulli_": lambda x, p=0.5: x.clone().bernoulli_(p),
    "exponential_": lambda x, rate=1: x.clone().exponential_(rate),
}
