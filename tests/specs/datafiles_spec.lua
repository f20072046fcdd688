-- data: tables, pictures and texts in files, and what comes from elsewhere.

local check = require("check")
local native = require("native")
local test = check.test

local function in_folder(f)
  local path = os.tmpname()
  os.remove(path)
  native.make_folder(path)
  local ok, message = pcall(f, path)
  os.execute("rm -r " .. path)
  if not ok then error(message, 0) end
end

-- data.csv of a text.
local function csv(text, opts)
  local path = os.tmpname()
  native.write_file(path, text)
  local ok, result = pcall(data.csv, path, opts)
  os.remove(path)
  if not ok then error(result, 0) end
  return result
end

test("csv: numbers, names, missing values", function()
  local set = csv("a,b\n1,2\n3,\n")
  check.equal(set.names, {"a", "b"})
  check.near(set.x, {{1, 2}, {3, 0 / 0}})
  check.equal(set.y, nil)
  check.near(csv("1;2\r\n3;4").x, {{1, 2}, {3, 4}})
  check.equal(csv("1\t2\n").names, {"column_1", "column_2"})
  check.near(csv("5,6\n7,8", {header=true}).x, {{7, 8}})
  check.near(csv("\239\187\191x\n1.5\nNA\n-2e3\n").x, {{1.5}, {0 / 0}, {-2000}})
  check.equal(csv("a\n0.1", {dtype="float64"}).x[{1, 1}], 0.1)
end)

test("csv: words, targets, quotes", function()
  local text = 'n,"the ""word""",kind\n1,"x, y",b\n2,z,a\n3,z,b\n'
  local set = csv(text, {target="kind"})
  check.equal(set.names, {"n", 'the "word"=x, y', 'the "word"=z'})
  check.near(set.x, {{1, 1, 0}, {2, 0, 1}, {3, 0, 1}})
  check.equal(set.y.dtype, "int64")
  check.near(set.y, {2, 1, 2})
  check.equal(set.classes, {"a", "b"})
  local numbers = csv("a,b\n1,2\n3,4\n", {target=-1})
  check.near(numbers.y, {2, 4})
  check.equal(numbers.y.dtype, "float32")
  check.equal(numbers.classes, nil)
  check.near(csv('"a\nb"\n1\n').x, {{1}})
end)

test("csv: what is wrong with a file", function()
  for text, message in pairs{
    ["a,b\n1\n"] = "row 2 has 1 fields, the first 2",
    [""] = "nothing in it",
    ['a\n"1\n'] = "quote is not closed",
    ['a\n"1"x\n'] = "something follows a closing quote",
    ["a,b\n"] = "row",
  } do
    if text == "a,b\n" then
      check.error_matches(function() csv(text, {header=true}) end, "no rows")
    else
      check.error_matches(function() csv(text) end, message)
    end
  end
  check.error_matches(function() csv("aa,b\n1,2", {target="ab"}) end,
                      'has no column "ab" %(did you mean "aa"%?%)')
  check.error_matches(function() csv("a,b\n1,2", {target=3}) end,
                      "2 columns, target is 3")
  check.error_matches(function() csv("a\n1", {target=1}) end,
                      "no column but the target")
  check.error_matches(function() data.csv("/no/such.csv") end, "No such file")
end)

test("folder: classes by folder, sizes, channels", function()
  in_folder(function(path)
    local function save(name, shape, value)
      native.make_folder(path .. "/" .. name:match("^(.*)/"))
      image.save(path .. "/" .. name, tensor.full(shape, value, "uint8"))
    end
    save("b/2.png", {4, 6, 3}, 20)
    save("b/1.PNG", {4, 6, 3}, 10)
    save("a/9.png", {4, 6, 4}, 90)
    save("empty/x.png", {1, 1}, 1)
    os.remove(path .. "/empty/x.png")
    native.write_file(path .. "/a/notes.txt", "no picture")
    native.write_file(path .. "/a/.hidden.png", "no picture")
    local set = data.folder(path)
    check.same_shape(set.x, {3, 4, 6, 3})
    check.equal(set.x.dtype, "uint8")
    check.near(set.y, {1, 2, 2})
    check.equal(set.classes, {"a", "b"})
    check.near(set.x["..., 1, 1, 1"], {90, 10, 20})
    check.equal(set.files[2], path .. "/b/1.PNG")
    check.same_shape(data.folder(path, {gray=true}).x, {3, 4, 6, 1})
    save("b/3.png", {8, 8}, 30)
    check.error_matches(function() data.folder(path) end,
                        "3.png is %(8, 8, 3%), but .*9.png is %(4, 6, 3%): give "
                          .. "a size")
    check.same_shape(data.folder(path, {size={2, 3}, gray=false}).x,
                     {4, 2, 3, 3})
    check.error_matches(function() data.folder(path .. "/a") end,
                        "has no folder with PNG files")
    check.error_matches(function() data.folder(path .. "/none") end,
                        "No such file")
  end)
end)

test("text_file: line ends, mark, what is no text", function()
  in_folder(function(folder)
    local path = folder .. "/t"
    local function read(text)
      native.write_file(path, text)
      return data.text_file(path)
    end
    check.equal(read("\239\187\191a\r\nb\rc\n"), "a\nb\nc\n")
    check.equal(read(""), "")
    check.error_matches(function() read("ok\nbad \255\n") end,
                        "line 2 is not UTF%-8 text")
  end)
end)

-- From elsewhere -------------------------------------------------------------

local has_tools = os.execute("command -v curl > /dev/null")
  and os.execute("command -v python3 > /dev/null")

-- Runs f(address, folder served, folder of data sets) beside a server on the
-- loopback device.
local function with_server(f)
  in_folder(function(folder)
    local served, sets = folder .. "/served", folder .. "/sets"
    native.make_folder(served)
    native.write_file(folder .. "/serve.py", [[
import functools, http.server, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler,
                            directory=sys.argv[1])
handler.func.log_message = lambda *rest: None
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
print(server.server_port, flush=True)
server.serve_forever()
]])
    local pipe = assert(io.popen(string.format(
      "python3 %s/serve.py %s & echo $!; wait", folder, served)))
    local pid, port = pipe:read("l"), pipe:read("l")
    local ok, problem = pcall(f, "http://127.0.0.1:" .. port .. "/", served,
                              sets)
    os.execute("kill " .. pid)
    pipe:close()
    if not ok then error(problem, 0) end
  end)
end

-- data.download in a process whose data sets lie in `sets`; what it printed.
local function fetch(sets, code)
  local program = os.getenv("NNLUA") or "build/nnlua"
  local script = os.tmpname()
  native.write_file(script, code)
  local pipe = assert(io.popen(string.format("NNLUA_DATA=%s %s %s 2>&1", sets,
                                             program, script)))
  local text = pipe:read("a")
  pipe:close()
  os.remove(script)
  return text
end

if has_tools then
  test("download: mirrors, checksums, what is kept", function()
    with_server(function(address, served, sets)
      native.write_file(served .. "/file.txt", "abc")
      native.write_file(served .. "/wrong.txt", "abd")
      local sum = "ba7816bf8f01cfea414140de5dae2223"
        .. "b00361a396177a9cb410ff61f20015ad"
      local code = string.format([[
        print(data.download{url={%q, %q, %q}, sha256=%q, path="it/s here.txt"})
      ]], address .. "none.txt", address .. "wrong.txt", address .. "file.txt",
        sum)
      local path = sets .. "/it/s here.txt"
      check.equal(fetch(sets, code), path .. "\n")
      check.equal(native.read_file(path), "abc")
      check.equal(#select(2, native.list_folder(sets .. "/it")), 1)
      -- What is there is not fetched again, but looked at.
      os.remove(served .. "/file.txt")
      check.equal(fetch(sets, code), path .. "\n")
      native.write_file(path, "damaged")
      check.truthy(fetch(sets, code):find("is there, but its SHA-256 is not "
        .. sum, 1, true))
      -- Nobody has it: each address is told with its reason.
      os.remove(path)
      local text = fetch(sets, code)
      check.truthy(text:find("none.txt: .*404"), text)
      check.truthy(text:find("wrong.txt: its SHA-256 is a52d159f", 1, true),
                   text)
      check.truthy(text:find("put it at\n  " .. path, 1, true), text)
      check.equal(native.file_exists(path), false)
      native.write_file(served .. "/plain.bin", "x")
      check.equal(fetch(sets, "print(data.download{url='" .. address
        .. "plain.bin?raw=1'})"), sets .. "/plain.bin\n")
    end)
  end)
else
  print("  skipped: downloads need curl and python3")
end

test("download: no connection, no such set, no good address", function()
  in_folder(function(sets)
    local text = fetch(sets, [[
      data.download{url="http://127.0.0.1:1/x", path="x"}]])
    check.truthy(text:find("no address gave the file:\n  http://127.0.0.1:1/x: ",
      1, true), text)
    check.truthy(text:find("Without a connection, fetch it elsewhere", 1, true),
                 text)
    text = fetch(sets, "print(pcall(data.mnist))")
    check.truthy(text:find('data.download("mnist") fetches', 1, true), text)
  end)
  for message, what in pairs{
    ['no data set is named "mnits" %(did you mean "mnist"'] = "mnits",
    ["url is missing"] = {},
    ["address 1 must be a text such as"] = {url="file"},
    ["sha256 must be a SHA%-256 of 64"] = {url="http://a/b", sha256="12"},
    ["must lie in the folder"] = {url="http://a/b", path="../b"},
    ["there is no address"] = {url={}},
  } do
    check.error_matches(function() data.download(what) end, message)
  end
end)

test("sha256 of known texts", function()
  in_folder(function(folder)
    local path = folder .. "/f"
    for text, sum in pairs{
      [""] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      [("a"):rep(1000000)] =
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
      ["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"] =
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    } do
      native.write_file(path, text)
      check.equal(native.sha256(path), sum)
    end
    check.error_matches(function() native.sha256(folder .. "/none") end,
                        "No such file")
  end)
end)

test("download: addresses and paths that name no file", function()
  local function refused(t, message)
    check.error_matches(function() data.download(t) end, message)
  end
  refused({url="http://127.0.0.1:1/"}, "does not end in the name of a file")
  for _, path in ipairs {"", ".", "a/", "a/.", "a\0b"} do
    refused({url="http://127.0.0.1:1/x", path=path},
            "path .* must be the name of a file")
  end
  refused({}, "url is missing: it must be an address or a list of them")
end)

test("download: Ctrl-C ends it, and tries no other address", function()
  in_folder(function(folder)
    native.write_file(folder .. "/curl", "#!/bin/sh\necho x >> " .. folder
                      .. "/calls\nkill -INT $$\n")
    os.execute("chmod +x " .. folder .. "/curl")
    local text = fetch(folder .. "/sets PATH=" .. folder .. ":$PATH", [[
      data.download{url={"http://a/b", "http://a/c"}}]])
    check.truthy(text:find("data.download: interrupted", 1, true), text)
    check.equal(native.read_file(folder .. "/calls"), "x\n")
    check.equal(native.file_exists(folder .. "/sets/b"), false)
  end)
end)

-- Puts a program `curl` of these lines in the folder, in which $out is where
-- the file goes; returns the environment in which it is found first.
local function fake_curl(folder, lines)
  native.write_file(folder .. "/curl", [[#!/bin/sh
while [ "$1" != --output ]; do shift; done
out=$2
]] .. lines .. "\n")
  os.execute("chmod +x " .. folder .. "/curl")
  return folder .. "/sets PATH=" .. folder .. ":$PATH"
end

test("download: two processes that fetch one file do not meet", function()
  in_folder(function(folder)
    -- Each waits until the other has begun to write.
    local env = fake_curl(folder, string.format([[
printf half > "$out"
echo "$out" >> %s/names
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  [ "$(wc -l < %s/names)" -ge 2 ] && break
  sleep 0.2
done
printf ' done' >> "$out"]], folder, folder))
    native.write_file(folder .. "/get.lua", "data.download{url='http://a/b'}")
    local program = os.getenv("NNLUA") or "build/nnlua"
    local one = string.format("NNLUA_DATA=%s %s %s/get.lua", env, program,
                              folder)
    check.truthy(os.execute(one .. " & " .. one .. "; wait $!"))
    local names = native.read_file(folder .. "/names")
    local first, second = names:match("([^\n]+)\n([^\n]+)\n")
    check.equal(first == second, false)
    check.equal(native.read_file(folder .. "/sets/b"), "half done")
    check.equal(select(2, native.list_folder(folder .. "/sets")), {"b"})
  end)
end)

test("download: what a broken one left does no harm and does not stay",
     function()
  in_folder(function(folder)
    local env = fake_curl(folder, "true")
    -- A process of the same number left a part and a message.
    local text = fetch(env, [[
      local native = require("native")
      native.make_folder(os.getenv("NNLUA_DATA"))
      local part = os.getenv("NNLUA_DATA") .. "/b.part-" .. native.pid()
      native.write_file(part, "old")
      native.write_file(part .. ".log", "old message")
      data.download{url="http://a/b"}]])
    check.truthy(text:find("http://a/b: nothing came", 1, true), text)
    check.equal(select(2, native.list_folder(folder .. "/sets")), {})
    env = fake_curl(folder, "printf part > \"$out\"; kill -INT $$")
    text = fetch(env, "data.download{url='http://a/b'}")
    check.truthy(text:find("interrupted", 1, true), text)
    check.equal(select(2, native.list_folder(folder .. "/sets")), {})
    env = fake_curl(folder, "printf part > \"$out\"; echo why >&2; exit 22")
    text = fetch(env, "data.download{url='http://a/b'}")
    check.truthy(text:find("http://a/b: why", 1, true), text)
    check.equal(select(2, native.list_folder(folder .. "/sets")), {})
  end)
end)
