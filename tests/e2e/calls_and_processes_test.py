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


def test_a_call_can_be_known_by_its_pid(checks):
    """A call that its caller waits for gets its PID when somebody wants to know it."""
    checks.process("answers", """
        local inbox = process.inbox()
        while true do
          local message = inbox:receive()
          process.send(message:from(), "answer", message:payload():data())
        end
    """)
    checks.function("asks", """
        local other = ...
        local answers = process.listen("answer")
        process.send(other, "question", 7)
        return (answers:receive())
    """)
    checks.function("shows", "process.send((...), 'at', process.pid()) return process.pid()")
    checks.function("links", """
        local pid = process.spawn_linked_monitored("app:answers", "app:procs")
        process.terminate(pid)
        time.sleep("1h")
    """)
    checks.function("named", "return process.registry.register('mine') and process.registry.lookup('mine') == process.pid()")
    checks.function("raises", "local pid = process.spawn_linked('app:waits', 'app:procs', (...)) error('raised')")
    checks.process("waits", """
        process.set_options({trap_links = true})
        local event = process.events():receive()
        process.send((...), "down", event.kind .. " " .. event.from)
    """)
    checks.run("""
        local other = process.spawn("app:answers", "app:procs")
        check.eq("gets an answer", funcs.call("app:asks", other), 7)
        local at = process.listen("at")
        local pid = funcs.call("app:shows", process.pid())
        check.eq("told", at:receive(), pid)
        check.that("its own", pid:match("^{app:shows#lua.1|0x%x+}$"), pid)
        check.fail("over", "Internal", "process not found", process.monitor(pid))
        check.that("another", funcs.call("app:shows", process.pid()) ~= pid)
        check.fail("a link counts", "", "linked process failed", funcs.call("app:links"))
        check.eq("may have a name", funcs.call("app:named"), true)
        check.fail("the name goes with it", "NotFound", "", process.registry.lookup("mine"))
        local down = process.listen("down")
        check.fail("raised", "Internal", "raised", funcs.call("app:raises", process.pid()))
        check.that("links hear of it", down:receive():match("^pid.link.down {app:raises#lua.1|0x"))
    """)


def test_calls_within_calls(checks):
    """However deep, whoever waits, and whoever computes for long."""
    checks.function("down", """
        local levels = ...
        if levels == 0 then return 0 end
        if levels % 7 == 0 then time.sleep("1ms") end
        local below, err = funcs.call("app:down", levels - 1)
        if err then return nil, err end
        return below + 1
    """, "modules: [funcs, time], pool: {type: lazy, max_size: 100}")
    checks.function("computes", "local sum = 0 for i = 1, 20000000 do sum = sum + i end return sum")
    checks.function("outer", "return (funcs.call('app:computes')) + 1")
    checks.function("forever", "while true do end")
    checks.function("kills", "process.terminate((...)) return 'returned'")
    checks.process("suicidal", """
        local up = ...
        funcs.call("app:kills", process.pid())
        process.send(up, "after", "still there")
    """)
    checks.function("gone", "coroutine.running() kept = (kept or 0) + 1 return kept")
    checks.function("keeps", """
        seen = seen or {}
        local own = coroutine.running()
        local known = seen[own] ~= nil
        seen[own] = true
        return known
    """)
    checks.run("""
        check.eq("30 levels", funcs.call("app:down", 30), 30)
        check.eq("computing", funcs.call("app:outer"), 200000010000001)
        check.fail("endless", "Timeout", "", funcs.new():with_options({timeout = 200}):call("app:forever"))

        local events, after = process.events(), process.listen("after")
        local pid = process.spawn_monitored("app:suicidal", "app:procs", process.pid())
        local event = events:receive()
        check.eq("ended by its callee", {event.kind, event.from}, {process.event.EXIT, pid})
        local default = channel.select({after:case_receive(), default = true})
        check.eq("nothing of it ran after that", default.default, true)

        check.eq("state stays", {funcs.call("app:gone"), (funcs.call("app:gone"))}, {1, 2})
        funcs.call("app:keeps")
        check.eq("a coroutine is of one call", funcs.call("app:keeps"), false)
    """)
