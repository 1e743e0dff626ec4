"""Functions that do what processes do, and processes that are called like functions."""


def test_functions_are_actors(checks):
    checks.function("who", "return {pid = process.pid(), id = process.id()}")
    checks.function("converses", """
        local up = ...
        process.registry.register("conversation")
        process.send(up, "up", process.pid())
        local message = process.inbox():receive()
        return {from = message:from(), body = message:payload():data()}
    """)
    checks.function("traps", "process.set_options({trap_links = true}) return process.get_options().trap_links",
                    "pool: {type: inline}")
    checks.function("trapping", "return process.get_options().trap_links", "pool: {type: inline}")
    checks.unit("function.lua", "sets_then_reads", """
        return {main = function(set)
          local before = process.get_options().trap_links
          if set then process.set_options({trap_links = true}) end
          return before
        end}
    """, "method: main, pool: {type: inline}")
    checks.function("links", """
        local child = process.spawn_linked("app:waits", "app:procs", (...))
        local events = process.events()
        return select(2, ...) and error("failed") or child
    """)
    checks.process("waits", "process.send((...), 'child', process.pid()) process.inbox():receive() return 'done'")
    checks.function("told", """
        process.send((...), "up", process.pid())
        if process.inbox():receive():topic() == "fail" then error("failed") end
    """)
    checks.function("upgrades", "process.upgrade() return 'not reached'")
    checks.function("events_of_call", "process.send((...), 'up', process.pid()) local e = process.events():receive() return e.kind .. ':' .. e.reason")
    checks.run("""
        local a, b = funcs.call("app:who"), funcs.call("app:who")
        check.that("a PID of its own", a.pid ~= b.pid, a)
        check.that("shape", a.pid:match("^{app:who#lua%.%d+|0x%x%x%x%x%x+}$"), a.pid)
        check.eq("id", a.id, "app:who")
        check.eq("own id", process.id(), "app:main")
        check.that("own pid", process.pid():match("^{app:term|0x%x+}$"), process.pid())
        check.fail("gone", "NotFound", "process not found", process.send(a.pid, "x"))

        local up, events = process.listen("up"), process.events()
        local f = funcs.async("app:converses", process.pid())
        local pid = up:receive()
        check.eq("name", process.registry.lookup("conversation"), pid)
        process.monitor(pid)
        process.send("conversation", "hello", "you")
        check.eq("conversation", f:response():receive():data(), {from = process.pid(), body = "you"})
        check.eq("exit", events:receive().result, {value = {from = process.pid(), body = "you"}})
        check.fail("name released", "NotFound", "name not registered", process.registry.lookup("conversation"))

        check.eq("options", funcs.call("app:sets_then_reads", true), false)
        check.eq("options do not leak into the next call", funcs.call("app:sets_then_reads"), false)

        local children = process.listen("child")
        local child = funcs.call("app:links", process.pid())
        check.eq("child", children:receive(), child)
        check.eq("lives on after the return", {process.send(child, "go")}, {true})
        funcs.call("app:links", process.pid(), true)
        -- Whether the monitor comes before or after the end, the child is gone.
        child = children:receive()
        if process.monitor(child) then
          check.err("taken down", events:receive().result.error, "", "linked process failed")
        end
        -- Others link with a call as with a process.
        process.set_options({trap_links = true})
        for _, how in ipairs({"fail", "return"}) do
          f = funcs.async("app:told", process.pid())
          pid = up:receive()
          check.eq("link with a call", {process.link(pid)}, {true})
          process.monitor(pid)
          process.send(pid, how)
          check.eq("its exit", events:receive().kind, "pid.exit")
          if how == "fail" then
            local down = events:receive()
            check.eq("and its failure", {down.kind, down.from}, {"pid.link.down", pid})
          else
            check.eq("no more", channel.select({events:case_receive(), default = true}).default, true)
          end
        end
        check.eq("upgrade", {funcs.call("app:upgrades")}, {})
        f = funcs.async("app:events_of_call", process.pid())
        process.cancel(up:receive(), "because")
        check.eq("cancel is an event", f:response():receive():data(), "pid.cancel:because")
    """)


def test_a_process_called_like_a_function_has_the_options_of_a_call(checks):
    checks.process("flaky", """
        local up, failures = ...
        process.send(up, "attempt", process.pid())
        if process.registry.lookup("third") then return "done" end
        if process.registry.lookup("second") then process.registry.register("third", up) end
        process.registry.register("second", up)
        return nil, errors.new({message = "not yet", kind = errors.UNAVAILABLE})
    """, "meta: {default_host: 'app:procs', options: {retry: {max_attempts: 5, initial_delay: 1}}}")
    checks.process("waits", """
        local up = ...
        process.send(up, "up", process.pid())
        local event = process.events():receive()
        process.send(up, "event", event.kind .. " " .. event.reason)
    """, "meta: {default_host: 'app:procs'}")
    checks.unit("process.lua", "broken", "error('no code', 0)", "meta: {default_host: 'app:procs'}")
    checks.function("leaves", "funcs.async('app:waits', (...)) return 'left'")
    checks.run("""
        local me = process.pid()
        local up, event, attempt = process.listen("up"), process.listen("event"), process.listen("attempt")
        local function retried(max)
          return funcs.new():with_options({retry = {max_attempts = max, initial_delay = 1}})
        end
        check.fail("attempts used up", "Unavailable", "not yet", retried(2):call("app:flaky", me))
        local first = attempt:receive()
        check.that("another process", attempt:receive() ~= first)
        check.eq("retry of the entry", funcs.call("app:flaky", me), "done")

        check.fail("limit", "Timeout", "call of app:waits took longer than 100ms",
                   funcs.new():with_options({timeout = 100}):call("app:waits", me))
        up:receive()
        check.eq("asked to stop", event:receive(), "pid.cancel call took too long")
        check.fail("cannot start", "Internal", "failed to start process: failed to execute script: no code",
                   funcs.call("app:broken"))

        -- The function that called it returned: it goes on until the root of the call ends.
        check.eq("returned", funcs.call("app:leaves", me), "left")
        local pid = up:receive()
        check.eq("not cancelled", {process.monitor(pid)}, {true})
        process.cancel(pid, "asked")
        check.eq("by hand", event:receive(), "pid.cancel asked")
    """)


def test_process_called_like_a_function(checks):
    checks.process("job", """
        local how, up = ...
        if how == "fail" then return nil, errors.new({message = "no", kind = errors.CONFLICT}) end
        if how == "wait" then
          process.send(up, "up", process.pid())
          local event = process.events():receive()
          process.send(up, "event", event.kind .. " " .. event.reason)
          return
        end
        return {how = how, pid = process.pid(), ctx = (ctx.all())}
    """, "modules: [ctx], meta: {default_host: 'app:procs'}")
    checks.process("other", "return 'other'", "meta: {options: {default_host: 'app:procs'}}")
    checks.process("lost", "return 1", "meta: {default_host: 'app:nowhere'}")
    checks.function("caller", "return funcs.call('app:job', 'wait', (...))")
    checks.run("""
        local v, err = funcs.new():with_context({a = 1}):call("app:job", "x")
        check.eq("value", {v.how, v.ctx}, {"x", {a = 1.0}})
        check.that("a process", v.pid:match("^{app:procs|0x"), v.pid)
        check.fail("error", "Conflict", "no", funcs.call("app:job", "fail"))
        check.eq("options.default_host", funcs.call("app:other"), "other")
        check.eq("async", funcs.async("app:other"):response():receive():data(), "other")
        check.fail("cannot start", "Internal", "failed to start process", funcs.call("app:lost"))
        local up, event = process.listen("up"), process.listen("event")
        check.fail("limit", "Timeout", "", funcs.new():with_options({timeout = 100}):call("app:caller", process.pid()))
        up:receive()
        check.eq("told", event:receive(), "pid.cancel caller context canceled")
    """)
