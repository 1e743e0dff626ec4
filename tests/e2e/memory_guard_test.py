"""Memory that runs short: what would take more is refused and said in the log, all else goes on."""
import pytest

LIMIT = "lua:\n  total_memory: 1GB\n"

MAIN = """
    local ballast = string.rep("x", 4 << 20)
    local answers = process.listen("answer")
    process.spawn("app:echo", "app:procs")
    while not process.registry.lookup("echo") do time.sleep("1ms") end
    -- Another process answers, or this one never ends and the test fails.
    local function responsive(what)
      local sent, err
      repeat
        sent, err = process.send("echo", "ask", what)
        if err then check.err("only memory", err, "LimitExceeded", "memory is short") time.sleep("1ms") end
      until sent
      check.eq("responsive " .. what, answers:receive(), what)
    end
    -- Refused at last, and admitted again when what was taken is given back.
    local function until_refused(what, f)
      local done, err
      repeat done, err = f() until err
      check.err(what, err, "LimitExceeded", "memory is short")
      check.eq(what .. ": retryable", err:retryable(), nil)
    end
"""


@pytest.fixture
def short(checks):
    checks.app.write({".trivium.yaml": LIMIT})
    checks.process("echo", """
        process.registry.register("echo")
        local asked = process.listen("ask", {message = true})
        while true do
          local message = asked:receive()
          process.send(message:from(), "answer", message:payload():data())
        end
    """)
    checks.process("sleeps", "process.events():receive()")
    build = checks.build
    checks.build = lambda main: build(MAIN + main, modules=("io", "funcs", "time", "events", "pg", "supervisor"))
    checks.test = lambda main: checks.run(main, "-v", timeout=300).stderr
    return checks


def lines(log, text):
    return [line for line in log.splitlines() if "memory is short: " + text in line]


def test_a_fork_bomb(short):
    short.process("bomb", """
        local report, ballast = ...
        process.registry.register("bomb")
        for i = 1, 2 do
          local pid, err = process.spawn_linked("app:bomb", "app:procs", report, ballast)
          -- That it was refused may be refused as well.
          while err and not process.send(report, "refused", err) do time.sleep("1ms") end
        end
        process.inbox():receive()
        error("enough")
    """)
    log = short.test("""
        local refused = process.listen("refused")
        process.set_options({trap_links = true})
        local root = process.spawn_linked("app:bomb", "app:procs", process.pid(), ballast)
        local err = refused:receive()
        check.err("refused", err, "LimitExceeded", "memory is short: no further process is started")
        responsive("while it is short")
        local _, failed = process.exec("app:bomb", "app:procs", process.pid(), ballast)
        check.err("exec", failed, "Internal", "exec failed: memory is short")
        -- All of them are linked.
        process.terminate(root)
        local pid
        repeat
          pid = process.spawn("app:sleeps", "app:procs")
          if not pid then time.sleep("1ms") end
        until pid
        responsive("afterwards")
    """)
    said = lines(log, "no process is started")  # on a slow machine memory is short more than once
    assert said and all("app:bomb" in line or "app:main" in line for line in said)


def test_a_flooded_mailbox(short):
    log = short.test("""
        local pid = process.spawn("app:sleeps", "app:procs")
        until_refused("send", function() return process.send(pid, "flood", ballast) end)
        check.fail("no call either", "LimitExceeded", "memory is short", funcs.call("app:nothing"))
        local f = funcs.async("app:nothing")
        check.err("nor a later one", f:response():receive(), "LimitExceeded", "memory is short")
        process.terminate(pid)
        responsive("afterwards")
    """)
    said = lines(log, "nothing is sent")
    assert said and all("app:main" in line for line in said)


def test_a_flood_of_calls(short):
    short.function("one", "process.inbox():receive()", "pool: {type: inline}")
    log = short.test("""
        local root = process.spawn("app:sleeps", "app:procs")
        local refused
        repeat
          local f = funcs.async("app:one", ballast)
          refused = select(2, f:error()) and f:error()
        until refused
        check.err("refused", refused, "Internal", "memory is short")
    """)
    assert len(lines(log, "nothing is sent")) == 1


@pytest.mark.parametrize("how", ["events", "pg"])
def test_a_flood_by_others(short, how):
    short.entries("- {name: groups, kind: pg.scope, lifecycle: {auto_start: true}}")
    short.process("deaf", """
        local how, up = ...
        if how == "events" then events.subscribe("flood") else pg.open("app:groups"):join("flood") end
        process.send(up, "up", true)
        process.listen("never"):receive()
    """, "modules: [events, pg]")
    log = short.test(f"""
        local up = process.listen("up")
        local pids = {{}}
        for i = 1, 4 do
          pids[i] = process.spawn("app:deaf", "app:procs", "{how}", process.pid())
          up:receive()
        end
        local group = pg.open("app:groups")
        until_refused("{how}", function()
          if "{how}" == "events" then return events.send("flood", "k", "p", ballast) end
          return group:broadcast("flood", "t", ballast)
        end)
        for _, pid in ipairs(pids) do process.terminate(pid) end
        responsive("afterwards")
    """)
    assert len(lines(log, "nothing is sent")) == 1


def test_a_flood_of_children(short):
    """A supervisor starts children again when memory is short, but no others on request."""
    short.entries("""
        - {name: top, kind: process.supervisor, host: "app:procs", dynamic: {process: sleeps}, lifecycle: {auto_start: true}}
    """)
    log = short.test("""
        until_refused("start_child", function() return supervisor.start_child("app:top", {input = {ballast}}) end)
        for _, child in ipairs(supervisor.which_children("app:top")) do supervisor.terminate_child("app:top", child.pid) end
        responsive("afterwards")
    """)
    assert lines(log, "")


def test_memory_that_code_takes_for_itself(short):
    """Lua states that grow: those that are at it when far too much is taken are ended, one by one."""
    short.process("hog", """
        local up, gate, megabytes = ...
        process.monitor(gate)
        process.send(up, "up")
        process.events():receive()
        local kept = {}
        for i = 1, megabytes do kept[i] = string.rep("x", 1 << 20) .. i end
        process.listen("never"):receive()
    """)
    log = short.test("""
        local events, up, hogs = process.events(), process.listen("up"), {}
        local gate = process.spawn("app:sleeps", "app:procs")
        for i = 1, 40 do
          hogs[i] = process.spawn_monitored("app:hog", "app:procs", process.pid(), gate, 100)
          up:receive()
        end
        process.terminate(gate)
        -- Much more than there may be, were they left to themselves.
        local e = events:receive()
        check.err("ended", e.result.error, "LimitExceeded", "memory is short: app:hog took more")
        for _, pid in ipairs(hogs) do process.terminate(pid) end
        responsive("afterwards")
    """)
    assert lines(log, "what takes more is ended") and all("app:hog" in line for line in lines(log, "what takes more"))


def test_idle_workers_go_above_the_soft_limit(checks):
    for name, pool in {"lazy": "lazy", "kept": "static, workers: 1"}.items():
        checks.unit("function.lua", name, """
            local cache, calls = string.rep("x", 100 << 20), 0
            return {main = function() calls = calls + 1 return calls end}
        """, "method: main, pool: {type: %s}" % pool)
    checks.run("""
        check.eq("a worker", {funcs.call("app:lazy"), funcs.call("app:lazy")}, {1, 2})
        check.eq("another", funcs.call("app:kept"), 1)
        local text, inbox = string.rep("x", 2 << 20), process.inbox()
        local before, calls = 2, nil
        while true do
          process.send(process.pid(), "t", text)
          inbox:receive()
          calls = funcs.call("app:lazy")
          if calls == 1 then break end
          check.eq("the same", calls, before + 1)
          before = calls
          time.sleep("5ms")
        end
        check.eq("one that stays", funcs.call("app:kept"), 2)
    """, "--memory-limit", "64M")


def test_a_limit_that_makes_no_sense(app):
    app.program("return 0")
    for text in ("much", "0", "-1", "1.5", "true"):
        app.write({".trivium.yaml": f"lua:\n  total_memory: {text}\n"})
        result = app.main()
        assert result.code == 1
        assert "lua.total_memory must be a size" in result.stderr
