"""Code that misbehaves: the runtime stays responsive, other processes answer, and the log says what was done."""
import re

import pytest

INDEX = """
namespace: app
entries:
  - {name: term, kind: terminal.host, lifecycle: {auto_start: true}}
  - {name: procs, kind: process.host, host: {workers: 2}, lifecycle: {auto_start: true}}
  - {name: echo, kind: process.lua, source: file://echo.lua}
  - {name: bad, kind: process.lua, source: file://bad.lua, modules: [funcs, time]}
  - {name: bad.call, kind: function.lua, source: file://bad.lua, method: main, modules: [time]}
  - {name: main, kind: process.lua, source: file://main.lua, modules: [io, time, funcs]}
"""

ECHO = """
    return {main = function()
      process.registry.register("echo")
      local asked = process.listen("ask", {message = true})
      while true do
        local message = asked:receive()
        process.send(message:from(), "answer", message:payload():data())
      end
    end}
"""

MAIN = """
    local events = process.events()
    local answers = process.listen("answer")
    local asked = 0
    -- Another process answers, or this one never ends and the test fails.
    local function responsive(when)
      asked = asked + 1
      process.send("echo", "ask", asked)
      repeat local got = answers:receive() until got == asked
      io.print("responsive " .. when)
    end
    local function ending_of(pid)
      while true do
        local event = events:receive()
        if event.from == pid then
          local e = event.result and event.result.error
          return e and e:message() or "no error"
        end
      end
    end
    process.spawn("app:echo", "app:procs")
    while not process.registry.lookup("echo") do time.sleep("1ms") end
"""


@pytest.fixture
def hostile(app):
    def run(bad, main, *flags, timeout=120):
        app.write({
            "src/_index.yaml": INDEX,
            "src/echo.lua": ECHO,
            "src/bad.lua": "return {main = function(...)\n" + bad + "\nend}\n",
            "src/main.lua": "return {main = function()\n" + MAIN + main + "\nend}\n",
        })
        result = app.run("-v", "run", "-x", "app:main", *flags, timeout=timeout)
        assert result.code == 0, result.stdout + result.stderr[-4000:]
        return result

    return run


OBSERVE = """
    local pid = process.spawn_monitored("app:bad", "app:procs")
    responsive("during")
    io.print("ended: " .. ending_of(pid))
    responsive("after")
"""


def test_memory_without_end(hostile):
    result = hostile(
        "local t = {} while true do t[#t + 1] = string.rep('x', 1000) .. #t end", OBSERVE, "--set", "lua.memory_limit=16MB"
    )
    assert "ended: " in result.stdout and "memory" in result.stdout
    assert "responsive after" in result.stdout


def test_memory_without_end_behind_pcall(hostile):
    bad = """
      local t = {}
      while true do pcall(function() while true do t[#t + 1] = string.rep("x", 1000) .. #t end end) end
    """
    result = hostile(bad, OBSERVE, "--set", "lua.memory_limit=16MB")
    assert "memory" in result.stdout and "responsive after" in result.stdout


def test_one_huge_string(hostile):
    result = hostile("return #string.rep('x', 1 << 40)", OBSERVE, "--set", "lua.memory_limit=16MB")
    assert "ended: " in result.stdout and "responsive after" in result.stdout


def test_loop_without_end(hostile):
    main = """
      local pids = {}
      for i = 1, 4 do pids[i] = process.spawn_monitored("app:bad", "app:procs") end
      for i = 1, 20 do responsive("during " .. i) end
      for i = 1, 4 do process.terminate(pids[i]) end
      for i = 1, 4 do events:receive() end
      responsive("after")
    """
    assert "responsive after" in hostile("while true do end", main).stdout


@pytest.mark.parametrize(
    "bad",
    [
        "while true do pcall(error, 'x') end",
        "while true do coroutine.wrap(function() coroutine.yield() end)() end",
        "while true do pcall(string.rep, 'x', -1) end",
        "while true do local t = setmetatable({}, {__index = function(t, k) return k end}) local x = t[1] end",
        "local function f() return f() end f()",
        "while true do pcall(function() local t = {} table.sort(t) error({}) end) end",
        "while true do string.find(string.rep('a', 30000), '.-b') end",
        "while true do string.gsub(string.rep('a', 1000), '(.-)(.-)(.-)x', '') end",
    ],
)
def test_loops_that_are_hard_to_interrupt(hostile, bad):
    main = """
      local pid = process.spawn_monitored("app:bad", "app:procs")
      for i = 1, 5 do responsive("during") end
      process.terminate(pid)
      io.print("ended: " .. ending_of(pid))
      responsive("after")
    """
    result = hostile(bad, main)
    assert "ended: process terminated" in result.stdout and "responsive after" in result.stdout


@pytest.mark.parametrize(
    "bad",
    [
        "local function f(n) return 1 + f(n + 1) end return f(1)",
        "local function f() return pcall(f) end f() error('through pcall')",
        "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k + 1] end return t[1]",
        "local t = setmetatable({}, {}) getmetatable(t).__tostring = function(t) return tostring(t) end return tostring(t)",
        "local s = string.rep('(', 100000) error(s:sub(1, 10)) ",
        "local co co = function() return coroutine.wrap(co)() end co()",
        "local t = {} for i = 1, 1e5 do t = {t} end return t",
        "local s = string.rep('a', 200000) return string.find(s, string.rep('a?', 200000) .. s)",
    ],
)
def test_deep_recursion(hostile, bad):
    result = hostile(bad, OBSERVE)
    assert "ended: " in result.stdout and "responsive after" in result.stdout


@pytest.mark.parametrize(
    "bad",
    [
        "xpcall(error, function() error('again') end) error('once')",
        "xpcall(error, function(e) return xpcall(error, function() error('deeper') end) end) error('once')",
        "local function h(e) error(e) end while select(2, xpcall(error, h)) ~= nil do break end error('once')",
        "error(setmetatable({}, {__tostring = function() error('in tostring') end}))",
        "error(setmetatable({}, {__tostring = function() return {} end}))",
        "error(nil)",
        "error(function() end)",
        "error({1, {2, {3}}})",
        "error(0/0)",
        "error(string.rep('x', 1000000))",
        "error('\\0\\255\\254')",
        "error(coroutine.create(function() end))",
        "local t = {} t.t = t error(t)",
        "return nil, setmetatable({}, {__index = function() error('no') end})",
        "return nil, function() end",
        "error(errors.new({message = string.rep('m', 100000), details = {a = {b = {c = 1}}}}))",
        "error(errors.new({message = '', kind = ''}))",
        "local co = coroutine.wrap(function() error(nil) end) co()",
        "setmetatable(_ENV, {__index = function(_, k) error(k) end}) return nothing",
    ],
)
def test_errors_of_all_kinds(hostile, bad):
    result = hostile(bad, OBSERVE)
    assert "ended: " in result.stdout and "responsive after" in result.stdout


def test_a_flooded_mailbox(hostile):
    main = """
      local pid = process.spawn_monitored("app:bad", "app:procs")
      for i = 1, 200000 do process.send(pid, "flood", i) end
      responsive("after the flood")
      process.terminate(pid)
      io.print("ended: " .. ending_of(pid))
      responsive("after")
    """
    result = hostile("time.sleep('1h')", main)
    assert "ended: process terminated" in result.stdout and "responsive after" in result.stdout


def test_a_flood_that_is_taken_slowly(hostile):
    bad = """
      local inbox = process.inbox()
      local sum = 0
      for i = 1, 100000 do sum = sum + inbox:receive():payload():data() end
      return nil, "sum " .. math.floor(sum)
    """
    main = """
      local pid = process.spawn_monitored("app:bad", "app:procs")
      for i = 1, 100000 do process.send(pid, "flood", i) end
      responsive("after the flood")
      io.print("ended: " .. ending_of(pid))
    """
    assert "ended: sum 5000050000" in hostile(bad, main).stdout


def test_a_huge_message(hostile):
    bad = """
      local got = process.inbox():receive():payload():data()
      return nil, "got " .. #got
    """
    main = """
      local pid = process.spawn_monitored("app:bad", "app:procs")
      local text = string.rep("x", 100 * 1000 * 1000)
      local sent, err = process.send(pid, "huge", text)
      if not sent then error(err) end
      responsive("with a huge message")
      io.print("ended: " .. ending_of(pid))
      responsive("after")
    """
    assert "ended: got 100000000" in hostile(bad, main, "--set", "lua.memory_limit=1GB").stdout


def test_a_message_too_large_for_the_receiver(hostile):
    bad = """
      local text = string.rep("x", 3 * 1000 * 1000)
      local copies = {}
      for i = 1, 30 do copies[i] = text end
      local all = {}
      local inbox = process.inbox()
      for i = 1, 30 do process.send(process.pid(), "self", text) end
      while true do all[#all + 1] = inbox:receive():payload():data() end
    """
    result = hostile(bad, OBSERVE, "--set", "lua.memory_limit=16MB")
    assert "memory" in result.stdout and "responsive after" in result.stdout


def test_processes_that_spawn_themselves(hostile):
    bad = """
      local left = ...
      left = (left or 12) - 1
      if left > 0 then
        for i = 1, 2 do process.spawn("app:bad", "app:procs", left) end
      end
      process.events():receive()
    """
    main = """
      process.spawn("app:bad", "app:procs")
      for i = 1, 50 do responsive("during " .. i) end
    """
    assert "responsive during 50" in hostile(bad, main).stdout


def test_calls_that_misbehave(hostile):
    main = """
      for i = 1, 3 do
        local _, err = funcs.new():with_options({timeout = 200}):call("app:bad.call")
        io.print("call: " .. tostring(err:kind()))
        responsive("after call " .. i)
      end
    """
    assert hostile("while true do end", main).stdout.count("call: Timeout") == 3


def test_a_finalizer_that_never_ends(hostile):
    bad = """
      setmetatable({}, {__gc = function() while true do end end})
      collectgarbage()
      return nil, "over"
    """
    main = """
      local pid = process.spawn_monitored("app:bad", "app:procs")
      for i = 1, 5 do responsive("during") end
      process.terminate(pid)
      io.print("ended: " .. ending_of(pid))
      responsive("after")
    """
    assert "responsive after" in hostile(bad, main).stdout


def test_a_bomb_of_services_in_the_log(app):
    """A service that fails at once is started again with pauses, said in the log, and the rest stays responsive."""
    app.write({
        "src/_index.yaml": """
            namespace: app
            entries:
              - {name: procs, kind: process.host, lifecycle: {auto_start: true}}
              - {name: bad, kind: process.lua, source: file://bad.lua}
              - {name: good, kind: process.lua, source: file://good.lua, modules: [time]}
              - {name: bad.service, kind: process.service, process: bad, host: app:procs,
                 lifecycle: {auto_start: true, restart: {initial_delay: 1ms, max_delay: 1ms}}}
              - {name: good.service, kind: process.service, process: good, host: app:procs, lifecycle: {auto_start: true}}
        """,
        "src/bad.lua": "return {main = function() error('hopeless') end}\n",
        "src/good.lua": "return {main = function() for i = 1, 5 do time.sleep('5ms') print('good ' .. i) end process.events():receive() end}\n",
    })
    with app.start("-c", "run") as server:
        server.wait_for("good 5")
        server.wait_for("app:bad.service.*hopeless")
        assert server.stop() == 0
        assert re.search("attempt [2-9]", server.stdout)
