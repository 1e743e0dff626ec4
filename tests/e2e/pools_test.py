"""Workers of functions: how many calls run at once, and what a worker keeps from one call to the next."""

import json

# Notes the begin and the end of every call at whoever is named "notes".
NOTED = """
    local name, wait = ...
    process.send("notes", "note", "begin " .. name)
    time.sleep(wait or "100ms")
    process.send("notes", "note", "end " .. name)
    return name
"""

OVERLAP = """
    process.registry.register("notes")
    local notes = process.listen("note")
    -- The most that were between their begin and their end at one time.
    local function most_at_once(target, calls, wait)
      local futures, now, most, order = {}, 0, 0, {}
      for i = 1, calls do futures[i] = funcs.async(target, tostring(i), wait) end
      for _ = 1, 2 * calls do
        local note = notes:receive()
        order[#order + 1] = note
        now = now + (note:sub(1, 5) == "begin" and 1 or -1)
        most = math.max(most, now)
      end
      for i = 1, calls do check.eq(target, futures[i]:response():receive():data(), tostring(i)) end
      return most, order
    end
"""


def test_pools_of_one_worker_run_one_call_at_a_time(checks):
    one = {
        "static": "pool: {type: static, workers: 1}",
        "by_workers": "pool: {workers: 1}",
        "by_size": "pool: {type: static, size: 1}",
        "inline": "pool: {type: inline}",
        "alone": "pool: {size: 7}",
        "lazy": "pool: {type: lazy, max_size: 1}",
        "adaptive": "pool: {type: adaptive, max_size: 1}",
    }
    for name, pool in one.items():
        checks.function(name, NOTED, f"modules: [time], {pool}")
    checks.run(OVERLAP + f"""
        for _, name in ipairs({{{", ".join(f'"{name}"' for name in one)}}}) do
          local most, order = most_at_once("app:" .. name, 2)
          check.eq(name, most, 1)
          check.eq(name .. ": in order", order, {{"begin 1", "end 1", "begin 2", "end 2"}})
        end
    """)


def test_pools_of_several_workers_run_calls_at_once(checks):
    # The calls of each wait for one another, so they end only if as many run at once.
    several = {
        "static": ("pool: {type: static, workers: 3, buffer: 1}", 3),
        "by_workers": ("pool: {workers: 3, warm_start: true}", 3),
        "by_both": ("pool: {workers: 3, size: 1}", 3),
        "lazy": ("pool: {type: lazy}", 16),
        "by_max": ("pool: {size: 1, max_size: 4}", 4),
        "given_nothing": ("pool: {}", 100),
        "absent": ("", 100),
        "adaptive": ("pool: {type: adaptive, max_size: 3}", 3),
    }
    for name, (pool, _) in several.items():
        checks.function(name, "process.send('gate', 'here', process.pid()) return process.inbox():receive():topic()",
                        "modules: [time]" + (f", {pool}" if pool else ""))
    table = ", ".join(f"{name} = {most}" for name, (_, most) in several.items())
    checks.run(f"""
        process.registry.register("gate")
        local here = process.listen("here")
        for name, most in pairs({{{table}}}) do
          local futures = {{}}
          for i = 1, most do futures[i] = funcs.async("app:" .. name) end
          local pids = {{}}
          for i = 1, most do pids[i] = here:receive() end
          for _, pid in ipairs(pids) do process.send(pid, "go") end
          for i = 1, most do check.eq(name, futures[i]:response():receive():data(), "go") end
        end
    """)


def test_a_call_sees_nothing_of_the_one_before(checks):
    checks.unit("function.lua", "worker", """
        local calls = 0
        return {main = function(what, reply)
          calls = calls + 1
          if what == "leave" then
            process.registry.register("left behind")
            process.set_options({trap_links = true})
            process.listen("topic")
            process.send(process.pid(), "topic", "to the first")
            process.send(process.pid(), "other", "to the first")
            process.spawn_monitored("app:ends", "app:procs")
            coroutine.spawn(function() time.sleep("1ms") process.send(reply, "late", "a coroutine went on") end)
            return {calls = calls, ctx = (ctx.all())}
          end
          local seen = {calls = calls, ctx = (ctx.all()), options = process.get_options(),
                        name = process.registry.lookup("left behind")}
          local topic, inbox, events = process.listen("topic"), process.inbox(), process.events()
          local r = channel.select({topic:case_receive(), inbox:case_receive(), events:case_receive(), default = true})
          seen.nothing = r.default
          return seen
        end}
    """, "method: main, modules: [ctx, time], pool: {type: inline}")
    checks.process("ends", "return 1")
    checks.run("""
        local late = process.listen("late")
        local first = funcs.new():with_context({tenant = "a"}):call("app:worker", "leave", process.pid())
        check.eq("the first", first, {calls = 1, ctx = {tenant = "a"}})
        local second = funcs.call("app:worker", "look")
        check.eq("the same worker", second.calls, 2)
        check.eq("context", second.ctx, {})
        check.eq("options", second.options.trap_links, false)
        check.eq("name", second.name, nil)
        check.eq("no message, no event", second.nothing, true)
        time.sleep("20ms")
        check.eq("coroutines of the first", channel.select({late:case_receive(), default = true}).default, true)
        local third = funcs.new():with_context({b = 1}):call("app:worker", "leave", process.pid())
        check.eq("only its own context", third.ctx, {b = 1.0})
    """)


def test_unknown_type(app):
    app.program("return 0", entries="""
        - {name: f, kind: function.lua, source: "return print", method: main, pool: {type: elastic}}
    """)
    result = app.main()
    assert result.code == 1
    assert "pool.type" in result.stderr and "elastic" in result.stderr


def test_static_pools_have_their_workers_from_the_start(app):
    """Before any call; the code of each runs in its first one."""
    app.write({
        "src/_index.yaml": """
            namespace: app
            entries:
              - {name: static, kind: function.lua, source: file://f.lua, method: main, pool: {type: static, workers: 3}}
              - {name: by_default, kind: function.lua, source: file://f.lua, method: main, pool: {type: static}}
              - {name: lazy, kind: function.lua, source: file://f.lua, method: main}
              - {name: adaptive, kind: function.lua, source: file://f.lua, method: main, pool: {type: adaptive}}
              - {name: inline, kind: function.lua, source: file://f.lua, method: main, pool: {type: inline}}
        """,
        "src/f.lua": "print('code ran') return {main = function() end}\n",
    })
    with app.start("-c", "-v", "run") as server:
        server.wait_for("runtime ready")
        rows = json.loads(app.run("ps", "--json").stdout)["functions"]
        assert {row["id"]: row["workers"] for row in rows} == {
            "app:static": 3, "app:by_default": 8, "app:lazy": 0, "app:adaptive": 0, "app:inline": 0}
        assert server.stop() == 0
        assert "code ran" not in server.stdout


def test_pools(checks):
    source = """
        local calls = 0
        seen = seen or {}
        local channel_of_module = channel.new(1)
        return {main = function(what, a)
          calls = calls + 1
          if what == "count" then return calls end
          if what == "wait" then
            process.send(a, "up", process.pid())
            process.inbox():receive()
            return calls
          end
          if what == "fail" then error("failed") end
          if what == "leave" then
            -- A coroutine left behind on a channel that survives.
            coroutine.spawn(function() channel_of_module:receive() end)
            return "left"
          end
          if what == "use" then
            channel_of_module:send(1)
            return (channel_of_module:receive())
          end
          if what == "leave select" then
            coroutine.spawn(function() channel.select({channel_of_module:case_receive(), channel.new():case_receive()}) end)
            return "left"
          end
          if what == "recurse" then return (funcs.new():with_options({timeout = 100}):call("app:inline", "count")) end
        end}
    """
    checks.unit("function.lua", "inline", source, "method: main, modules: [funcs], pool: {size: 1}")
    checks.unit("function.lua", "static", source, "method: main, modules: [funcs], pool: {type: static, workers: 2}")
    checks.unit("function.lua", "lazy", source, "method: main, modules: [funcs], pool: {type: lazy, max_size: 3}")
    checks.unit("function.lua", "adaptive", source, "method: main, modules: [funcs], pool: {type: adaptive, max_size: 2}")
    checks.run("""
        check.eq("state is kept", {funcs.call("app:inline", "count"), funcs.call("app:inline", "count")}, {1, 2})
        check.eq("state is kept", funcs.call("app:inline", "count"), 3)
        funcs.call("app:inline", "fail")
        check.eq("also after a failure", funcs.call("app:inline", "count"), 5)
        local _, limit = funcs.new():with_options({timeout = 20}):call("app:inline", "wait", process.pid())
        check.err("cancelled", limit, "Timeout", "")
        check.eq("also after a cancelled call", funcs.call("app:inline", "count"), 7)
        check.eq("leaves a receiver", funcs.call("app:inline", "leave"), "left")
        check.eq("which is gone", funcs.call("app:inline", "use"), 1)
        check.eq("leaves a select", funcs.call("app:inline", "leave select"), "left")
        check.eq("which is gone too", funcs.call("app:inline", "use"), 1)
        check.fail("a call of itself waits for itself", "Timeout", "",
                   funcs.new():with_options({timeout = 50}):call("app:inline", "recurse"))

        local up = process.listen("up")
        up:receive()  -- of the cancelled one
        for pool, most in pairs({inline = 1, static = 2, lazy = 3, adaptive = 2}) do
          local futures = {}
          for i = 1, most + 2 do futures[i] = funcs.async("app:" .. pool, "wait", process.pid()) end
          local running = {}
          for i = 1, most do running[i] = up:receive() end
          time.sleep("5ms")
          local more = channel.select({up:case_receive(), default = true})
          check.eq(pool .. ": no more than there may be", more.default, true)
          for _, pid in ipairs(running) do process.send(pid, "go") end
          for i = 1, 2 do process.send(up:receive(), "go") end
          for i = 1, most + 2 do check.that(pool .. ": all served", futures[i]:response():receive():data() >= 1) end
        end
        -- Those that wait are served in their order.
        local order = {}
        local first = funcs.async("app:inline", "wait", process.pid())
        local pid = up:receive()
        local done = channel.new(10)
        for i = 1, 5 do
          coroutine.spawn(function() funcs.call("app:inline", "count") done:send(i) end)
        end
        process.send(pid, "go")
        for i = 1, 5 do order[i] = done:receive() end
        check.eq("first come first served", order, {1, 2, 3, 4, 5})
        -- A cancelled call leaves the queue.
        first = funcs.async("app:inline", "wait", process.pid())
        pid = up:receive()
        check.fail("limit while queued", "Timeout", "", funcs.new():with_options({timeout = 20}):call("app:inline", "count"))
        process.send(pid, "go")
        check.that("the pool goes on", funcs.call("app:inline", "count") > 0)
    """)
