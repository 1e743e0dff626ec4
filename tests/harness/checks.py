"""Many checks in one run: starting the runtime costs far more than a check inside a Lua program."""
import textwrap

LIBRARY = """
local check = (function()
  local failures, passed = {}, 0
  local check = {}
  local function show(v)
    if type(v) == "string" then return string.format("%q", v) end
    if type(v) == "userdata" and errors.is(v, v.kind and v:kind() or "") then
      return "<" .. v:kind() .. ": " .. v:message() .. ">"
    end
    if type(v) ~= "table" then return tostring(v) end
    local parts = {}
    for k, m in pairs(v) do parts[#parts + 1] = tostring(k) .. "=" .. (type(m) == "table" and "{...}" or tostring(m)) end
    table.sort(parts)
    return "{" .. table.concat(parts, ", ") .. "}"
  end
  local function same(a, b)
    if a == b then return math.type == nil or type(a) ~= "number" or math.type(a) == math.type(b) end
    if type(a) ~= "table" or type(b) ~= "table" then return false end
    for k, v in pairs(a) do if not same(v, b[k]) then return false end end
    for k in pairs(b) do if a[k] == nil then return false end end
    return true
  end
  function check.failed(name, why) failures[#failures + 1] = name .. ": " .. why end
  function check.that(name, truth, got)
    if truth then passed = passed + 1 else check.failed(name, "does not hold, got " .. show(got)) end
  end
  function check.eq(name, got, want)
    if same(got, want) then passed = passed + 1 else check.failed(name, "got " .. show(got) .. ", want " .. show(want)) end
  end
  -- An error object of this kind whose message contains the text.
  function check.err(name, err, kind, text)
    if type(err) ~= "userdata" then return check.failed(name, "no error but " .. show(err)) end
    if err:kind() ~= kind or not string.find(err:message(), text or "", 1, true) then
      return check.failed(name, "got " .. show(err) .. ", want <" .. kind .. ": " .. tostring(text) .. ">")
    end
    passed = passed + 1
  end
  -- check.fail("name", "Kind", "text", f(...)): f returned nil and such an error.
  function check.fail(name, kind, text, value, err)
    if value ~= nil then return check.failed(name, "no failure but " .. show(value)) end
    check.err(name, err, kind, text)
  end
  function check.raises(name, text, f, ...)
    local ok, err = pcall(f, ...)
    if ok then return check.failed(name, "raised nothing") end
    if not string.find(tostring(err), text, 1, true) then return check.failed(name, "raised " .. show(err)) end
    passed = passed + 1
  end
  function check.report()
    if #failures > 0 then return "FAILED\\n" .. table.concat(failures, "\\n") end
    return "passed"
  end
  return check
end)()
"""

# The next value of a channel, which must come.
TAKE = """
local function take(channel_of)
  local r = channel.select({channel_of:case_receive(), time.after("2m"):case_receive()})
  if r.channel ~= channel_of then error("nothing came") end
  return r.value
end
"""


class Checks:
    """An application built from function bodies; its main program returns nothing and uses `check`."""

    def __init__(self, app):
        self.app = app
        self._entries: list[str] = []
        self._files: dict[str, str] = {}

    def unit(self, kind: str, name: str, source: str, fields: str = "") -> "Checks":
        """An entry whose whole chunk is `source`. `fields`: more of the entry, in YAML flow style."""
        more = f", {fields}" if fields else ""
        self._entries.append(f"- {{name: {name}, kind: {kind}, source: file://{name}.lua{more}}}")
        self._files[f"{name}.lua"] = source
        return self

    def function(self, name: str, body: str, fields: str = "modules: [funcs, time, ctx]") -> "Checks":
        """function.lua; `body` gets the arguments as `...`. `before` it nothing but the modules' globals."""
        return self.unit("function.lua", name, wrap(body), f"method: main, {fields}")

    def process(self, name: str, body: str, fields: str = "modules: [funcs, time, ctx]") -> "Checks":
        return self.unit("process.lua", name, wrap(body), fields)

    def entries(self, text: str) -> "Checks":
        self._entries.append(textwrap.dedent(text).strip("\n"))
        return self

    def build(self, main: str, modules=("io", "funcs", "time", "ctx")) -> "Checks":
        body = LIBRARY + textwrap.dedent(main) + "\nreturn check.report()"
        self.app.program(body, modules=modules, entries="\n".join(self._entries), files=self._files)
        return self

    def run(self, main: str, *flags, timeout: float = 60):
        """Runs the checks; all must hold."""
        self.build(main)
        result = self.app.run(*flags, "run", "-x", "app:main", timeout=timeout)
        assert (result.code, result.stdout) == (0, "passed\n"), result.stdout + result.stderr
        return result


def wrap(body: str) -> str:
    return "return {main = function(...)\n" + textwrap.dedent(body).strip("\n") + "\nend}\n"
