"""Hosts: sharing workers, memory, shutting down."""
import contextlib
import re
import signal
import subprocess

from harness.checks import TAKE


def test_one_worker_serves_all(checks):
    """Endless loops share the only worker with others, and can be ended."""
    checks.entries("- {name: single, kind: process.host, host: {workers: 1}, lifecycle: {auto_start: true}}")
    checks.process("busy", "process.send((...), 'up', process.pid()) while true do end")
    checks.process("busy_in_c", """
        process.send((...), 'up', process.pid())
        local t = {}
        for i = 1, 200 do t[i] = i end
        while true do table.sort(t, function(a, b) return a > b end) end
    """)
    checks.process("busy_in_coroutines", """
        process.send((...), 'up', process.pid())
        local co = coroutine.wrap(function() while true do pcall(function() for i = 1, 1000 do end end) coroutine.yield() end end)
        while true do co() end
    """)
    checks.process("ping_pong", """
        process.send((...), 'up', process.pid())
        local a, b = channel.new(), channel.new()
        coroutine.spawn(function() while true do b:send((a:receive())) end end)
        while true do a:send(1) b:receive() end
    """)
    checks.process("answers", "local inbox = process.inbox() while true do local m = inbox:receive() process.send(m:from(), 'answer', 1) end")
    checks.process("traps", """
        local up, partner = ...
        process.link(partner)
        process.send(up, "up", process.pid())
        local until_then = time.now():add("60ms")
        while time.now():before(until_then) do end
        process.set_options({trap_links = true})
        return process.events():receive().kind
    """, "modules: [time]")
    checks.run(TAKE + """
        local up, answer, events = process.listen("up"), process.listen("answer"), process.events()
        local server = process.spawn("app:answers", "app:single")
        local busy = {}
        for _, entry in ipairs({"busy", "busy_in_c", "busy_in_coroutines", "ping_pong"}) do
          busy[#busy + 1] = process.spawn_monitored("app:" .. entry, "app:single", process.pid())
          take(up)
        end
        for i = 1, 5 do
          process.send(server, "ping")
          check.eq("answer", take(answer), 1)
        end
        for _, pid in ipairs(busy) do
          process.terminate(pid)
          check.eq("ended", take(events).from, pid)
        end
        process.send(server, "ping")
        check.eq("still there", take(answer), 1)
        -- A link that breaks does not interrupt a computation: what it sets first counts.
        local partner = process.spawn("app:answers", "app:procs")
        local pid = process.spawn_monitored("app:traps", "app:single", process.pid(), partner)
        take(up)
        process.terminate(partner)
        check.eq("not pre-empted", take(events).result, {value = "pid.link.down"})
    """)


def test_memory_limit_ends_one_process(checks):
    checks.process("greedy", """
        local t = {}
        while true do t[#t + 1] = string.rep("x", 100000) .. #t end
    """)
    checks.process("stubborn", """
        local t = {}
        while true do
          if not pcall(function() while true do t[#t + 1] = string.rep("x", 100000) .. #t end end) then t = {} end
        end
    """)
    checks.process("wasteful", """
        for i = 1, 3000 do local s = string.rep("x", 1000000) .. i end
        return 'done'
    """)
    checks.function("greedy_call", "local t = {} while (...) do t[#t + 1] = string.rep('x', 100000) .. #t end return 'fine'",
                    "pool: {type: inline}")
    checks.app.write({".trivium.yaml": "lua:\n  memory_limit: 16MB\n"})
    checks.run(TAKE + """
        local events = process.events()
        for _, entry in ipairs({"app:greedy", "app:stubborn"}) do
          process.spawn_monitored(entry, "app:procs")
          local e = take(events)
          check.err(entry, e.result.error, "LimitExceeded", "memory limit of 16 MB exceeded by " .. entry)
        end
        check.eq("garbage does not count", process.exec("app:wasteful", "app:procs"), "done")
        check.fail("a call", "LimitExceeded", "memory limit of 16 MB", funcs.call("app:greedy_call", true))
        check.eq("the next call", {funcs.call("app:greedy_call", false)}, {"fine"})
    """)


def test_wrong_memory_limit_is_refused(app):
    app.program("return 0")
    for text in ("much", "'-5MB'", "10XB", "0"):
        app.write({".trivium.yaml": f"lua:\n  memory_limit: {text}\n"})
        result = app.main()
        assert result.code == 1
        assert "lua.memory_limit" in result.stderr


def test_shutdown_of_a_host(app):
    """CANCEL, time to finish, then the end; no new processes and no messages meanwhile."""
    app.write(
        {
            "src/_index.yaml": """
                namespace: app
                entries:
                  - {name: procs, kind: process.host, lifecycle: {auto_start: true, stop_timeout: 300ms}}
                  - {name: polite, kind: process.lua, source: file://polite.lua, modules: [time, funcs]}
                  - {name: deaf, kind: process.lua, source: file://deaf.lua, modules: [time]}
                  - {name: busy, kind: process.lua, source: 'return {main = function() print("busy runs") while true do end end}'}
                  - {name: starter, kind: process.lua, source: file://starter.lua}
                  - {name: work, kind: function.lua, source: 'return {main = function(a) return a end}', method: main}
                  - {name: service, kind: process.service, process: starter, host: app:procs, lifecycle: {auto_start: true}}
            """,
            "src/starter.lua": """
                return {main = function()
                  process.spawn("app:polite", "app:procs")
                  process.spawn("app:deaf", "app:procs")
                  process.spawn("app:busy", "app:procs")
                end}
            """,
            "src/polite.lua": """
                return {main = function()
                  print("polite runs")
                  local event = process.events():receive()
                  print("cancelled: " .. event.from .. " " .. event.reason)
                  time.sleep("10ms")
                  print("call: " .. tostring(funcs.call("app:work", 5)))
                  local pid, err = process.spawn("app:deaf", "app:procs")
                  print("spawn: " .. err:kind() .. " " .. err:message())
                  local ok, refused = process.send(process.pid(), "x")
                  print("send: " .. refused:kind() .. " " .. refused:message())
                end}
            """,
            "src/deaf.lua": """
                return {main = function()
                  print("deaf runs")
                  time.sleep("1h")
                  print("never")
                end}
            """,
        }
    )
    with app.start("-c", "run") as server:
        for _ in range(3):
            server.wait_for(r"(polite|deaf|busy) runs")
        assert server.stop() == 0
        output = server.stdout + server.stderr
        assert re.search(r"cancelled: \{\|\} scheduler shutdown", output)
        assert "call: 5" in output
        assert "spawn: Unavailable host is shutting down" in output
        assert "send: Unavailable host is shutting down" in output
        assert "never" not in output


def test_second_signal_forces_the_exit(app):
    app.write(
        {
            "src/_index.yaml": """
                namespace: app
                entries:
                  - {name: procs, kind: process.host, lifecycle: {auto_start: true, stop_timeout: 1h}}
                  - {name: deaf, kind: process.lua, source: 'return {main = function() print("up") process.inbox():receive() end}'}
                  - {name: service, kind: process.service, process: deaf, host: app:procs,
                     lifecycle: {auto_start: true, stop_timeout: 1h}}
            """
        }
    )
    with app.start("-c", "run") as server:
        server.wait_for("up")
        server.signal(signal.SIGTERM)
        server.wait_for("shutting down")
        # One within 200 ms of the first is taken for its echo, so ask until it is heard.
        while server.process.poll() is None:
            server.signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.process.wait(0.05)
        assert server.wait() == 1
