-- data.download: files fetched with curl, known by their SHA-256, and kept.

local native = require("native")
local options = require("options")

local download = {}

-- Where data sets lie.
function download.folder()
  local folder = os.getenv("NNLUA_DATA")
  if folder and folder ~= "" then return folder end
  local home = os.getenv("XDG_DATA_HOME")
  if home and home ~= "" then return home .. "/nnlua" end
  return (os.getenv("HOME") or "") .. "/.local/share/nnlua"
end

-- Data sets by name: where they are, and their files with the SHA-256 of each.
local SETS = {
  mnist = {
    mirrors = {
      "https://storage.googleapis.com/cvdf-datasets/mnist/",
      "https://ossci-datasets.s3.amazonaws.com/mnist/",
    },
    files = {
      ["train-images-idx3-ubyte.gz"] =
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
      ["train-labels-idx1-ubyte.gz"] =
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
      ["t10k-images-idx3-ubyte.gz"] =
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
      ["t10k-labels-idx1-ubyte.gz"] =
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    },
  },
  fashion_mnist = {
    mirrors = {
      "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/"
        .. "data/fashion/",
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    },
    files = {
      ["train-images-idx3-ubyte.gz"] =
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
      ["train-labels-idx1-ubyte.gz"] =
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
      ["t10k-images-idx3-ubyte.gz"] =
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
      ["t10k-labels-idx1-ubyte.gz"] =
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    },
  },
}

-- One file -------------------------------------------------------------------

local SIGINT = 2

-- A word as the shell takes it, whatever is in it.
local function word(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- Fetches url into path. Returns nil, or in words what went wrong, and whether
-- that was Ctrl-C, which reaches curl alone.
local function fetch(url, path, shows_progress)
  local messages = path .. ".log"
  local show = shows_progress and "--progress-bar" or "--silent --show-error"
  local line = string.format("curl --fail --location --connect-timeout 15 "
    .. "--retry 1 --proto '=http,https,file' %s --output %s -- %s%s", show,
    word(path), word(url), shows_progress and "" or " 2> " .. word(messages))
  local _, how, status = os.execute(line)
  local text = ""
  if native.file_exists(messages) then
    text = native.read_file(messages):match("([^\n]*)\n*$"):gsub("^curl: ", "")
  end
  if status == 0 then return nil end
  if how == "signal" and status == SIGINT or status == 128 + SIGINT then
    return "interrupted", true
  end
  if status == 127 then return "curl is not installed" end
  return text ~= "" and text or "curl ended with status " .. tostring(status)
end

-- The name under which this process fetches a file, and a value to close that
-- takes away what lies there. A killed process of the same number may have
-- left something.
local function temporary(path)
  local part = string.format("%s.part-%d", path, native.pid())
  local function clear()
    os.remove(part)
    os.remove(part .. ".log")
  end
  clear()
  return part, setmetatable({}, {__close = clear})
end

-- Fetches from the first address that has what is wanted.
local function fetch_any(path, urls, sha256)
  local problems = {}
  local live = native.isatty("stderr") and not native.no_progress()
  for _, url in ipairs(urls) do
    local part, cleared = temporary(path)
    local _ <close> = cleared
    if live then io.stderr:write(url, "\n") end
    local problem, stopped = fetch(url, part, live)
    if not problem and not native.file_exists(part) then
      problem = "nothing came"
    elseif not problem and sha256 and native.sha256(part) ~= sha256 then
      problem = "its SHA-256 is " .. native.sha256(part)
    end
    if not problem then
      native.rename_file(part, path)
      return nil
    end
    if stopped then native.fail("data.download: %s", problem) end
    problems[#problems + 1] = string.format("\n  %s: %s", url, problem)
  end
  return table.concat(problems)
end

-- The path of the file, fetched unless it is there.
local function obtain(path, urls, sha256)
  if native.file_exists(path) then
    if sha256 and native.sha256(path) ~= sha256 then
      native.fail("data.download: %s is there, but its SHA-256 is not %s: "
                    .. "remove it to fetch it again", path, sha256)
    end
    return path
  end
  native.make_folder(path:match("^(.*)/[^/]*$"))
  local problems = fetch_any(path, urls, sha256)
  if problems then
    native.fail("data.download: no address gave the file:%s\nWithout a "
      .. "connection, fetch it elsewhere from one of these and put it at\n  %s"
      .. "%s", problems, path, sha256 and "\nIts SHA-256 is " .. sha256 or "")
  end
  return path
end

-- What is asked for ----------------------------------------------------------

local function download_set(name)
  local set = SETS[name]
  if not set then
    local names = {}
    for known in pairs(SETS) do names[#names + 1] = known end
    table.sort(names)
    native.fail("data.download: no data set is named %s%s; there are %s",
                options.show(name), options.hint(name, names),
                table.concat(names, ", "))
  end
  local folder, files = download.folder() .. "/" .. name, {}
  for file in pairs(set.files) do files[#files + 1] = file end
  table.sort(files)
  for _, file in ipairs(files) do
    local urls = {}
    for i, mirror in ipairs(set.mirrors) do urls[i] = mirror .. file end
    obtain(folder .. "/" .. file, urls, set.files[file])
  end
  return folder
end

local SHA256 = options.check("a SHA-256 of 64 hexadecimal digits",
  function(value)
    return type(value) == "string" and #value == 64
      and value:find("^%x+$") ~= nil
  end)

local SPECIFICATION = {
  positional = 0,
  {"url", options.check("an address or a list of them", function(value)
    return value ~= nil
  end), options.required},
  {"sha256", SHA256},
  {"path", options.string},
}

local function download_file(t)
  local o = options.read("data.download", SPECIFICATION, t)
  local urls = type(o.url) == "table" and o.url or {o.url}
  for i, url in ipairs(urls) do
    if type(url) ~= "string" or not url:find("^%a+://.") then
      native.fail("data.download: address %d must be a text such as "
                    .. "\"https://...\", got %s", i, options.show(url))
    end
  end
  if #urls == 0 then native.fail("data.download: there is no address") end
  local path = o.path or urls[1]:match("([^/?#]+)[?#]?[^/]*$")
  if not path then
    native.fail("data.download: the address %s does not end in the name of a "
                  .. "file: give path=", options.show(urls[1]))
  elseif path:find("%.%.") or path:find("^/") then
    native.fail("data.download: path %q must lie in the folder of data sets",
                path)
  elseif path:find("^%.?$") or path:find("/%.?$") or path:find("%z") then
    native.fail("data.download: path %q must be the name of a file", path)
  end
  return obtain(download.folder() .. "/" .. path, urls,
                o.sha256 and o.sha256:lower())
end

--- data.download(name) or data.download{url=, sha256=nil, path=nil}
-- Fetches a data set by name ("mnist", "fashion_mnist") or a file, with curl,
-- into $NNLUA_DATA (or $XDG_DATA_HOME/nnlua, ~/.local/share/nnlua), and
-- returns where it is. What is there already is not fetched again. Nothing is
-- ever fetched unless this is called.
--   url     an address, or a list of them that are tried in turn
--   sha256  what the file's SHA-256 must be; another file is thrown away
--   path    where it goes below the folder; the end of the address unless
--           given
-- Errors: no address gives the file: the message tells what each one said,
-- and where to put a file that was fetched in another way.
--   > ok, problem = pcall(data.download, "mnits")
--   > problem:match("did you mean \"mnist\"")
--   did you mean "mnist"
function download.download(what)
  if type(what) == "table" then return download_file(what) end
  return download_set(what)
end

return download
