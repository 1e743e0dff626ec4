"""Events, monitors and links."""
from harness.checks import TAKE


def test_exit_events(checks):
    checks.process("ends", """
        local how = ...
        if how == "value" then return {1, 2} end
        if how == "false" then return false end
        if how == "nil" then return nil end
        if how == "text" then return 1, "text" end
        if how == "error" then return 1, errors.new({message = "e", kind = errors.NOT_FOUND, retryable = true, details = {x = 1}}) end
        if how == "raise" then error("raised") end
        if how == "raise error" then error(errors.new({message = "e", kind = errors.NOT_FOUND})) end
        if how == "stuck" then channel.select({}) end
        if how == "wait" then process.inbox():receive() end
        if how == "busy" then while true do end end
        if how == "coroutine" then coroutine.spawn(function() error("inner") end) process.inbox():receive() end
        if how == "abandons" then coroutine.spawn(function() time.sleep("1h") end) return "left" end
        if how == "recursion" then local function f() return 1 + f() end return f() end
        if how == "c recursion" then local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k) return t[k .. "x"] end return t.x end
    """)
    checks.run(TAKE + """
        local events = process.events()
        check.that("one channel", events == process.events())
        local function exit(how)
          local pid = process.spawn_monitored("app:ends", "app:procs", how)
          local e = take(events)
          check.eq(how .. ": event", {e.kind, e.from, type(e.at), e.error}, {"pid.exit", pid, "number"})
          check.that(how .. ": at", e.at > 1600000000 and e.at == math.floor(e.at), e.at)
          return e.result, pid
        end
        check.eq("value", exit("value"), {value = {1, 2}})
        check.eq("false", exit("false"), {value = false})
        check.eq("nil", exit("nil"), {})
        check.eq("nothing", exit("nothing"), {})
        check.eq("abandons its coroutines", exit("abandons"), {value = "left"})
        local r = exit("text")
        check.err("text", r.error, "Internal", "text")
        check.eq("text: rest", {r.value, r.error:retryable()}, {nil, false})
        r = exit("error")
        check.err("error", r.error, "NotFound", "e")
        check.eq("error: rest", {r.error:retryable(), r.error:details()}, {true, {x = 1}})
        r = exit("raise")
        check.err("raised", r.error, "Internal", "app:ends:8: raised")
        check.eq("raised: retryable", r.error:retryable(), nil)
        check.err("raised error", exit("raise error").error, "NotFound", "e")
        check.err("deadlock", exit("stuck").error, "Internal", "deadlock: all coroutines blocked with no pending operations (threads=1)")
        check.err("coroutine", exit("coroutine").error, "Internal", "inner")
        check.err("recursion", exit("recursion").error, "Internal", "stack overflow")
        check.err("recursion through C", exit("c recursion").error, "Internal", "overflow")

        -- terminate.
        for _, how in ipairs({"wait", "busy"}) do
          local pid = process.spawn_monitored("app:ends", "app:procs", how)
          check.eq("terminate", {process.terminate(pid)}, {true})
          local e = take(events)
          check.eq("terminated", {e.kind, e.from}, {"pid.exit", pid})
          check.err("with", e.result.error, "Internal", "process terminated")
          check.eq("retryable", e.result.error:retryable(), nil)
          check.fail("terminate again", "Internal", "process not found", process.terminate(pid))
          check.fail("cancel it", "Internal", "process not found", process.cancel(pid))
        end
        check.fail("terminate nobody", "NotFound", "could not resolve", process.terminate("nobody"))
        check.fail("terminate nothing", "Invalid", "", process.terminate())
        check.eq("a terminal's process", {process.terminate(process.pid())}, {true})
    """)


def test_waiting_is_no_deadlock(checks):
    """What could be woken by something, or waits for a channel of its own, waits for ever."""
    checks.process("waits", """
        local up, how = ...
        process.send(up, "up", 1)
        if how == "channel" then channel.new():receive() end
        if how == "send" then channel.new():send(1) end
        if how == "select" then channel.select({channel.new():case_receive()}) end
        if how == "subscribed" then process.listen("x") channel.select({}) end
        if how == "timer" then time.after("1h") channel.select({}) end
        if how == "other coroutine" then coroutine.spawn(function() time.sleep("1h") end) channel.select({}) end
        if how == "call" then funcs.async("app:sleeps") channel.select({}) end
    """)
    checks.function("sleeps", "time.sleep('1h')")
    checks.process("passes", "return 1")
    checks.entries("- {name: single, kind: process.host, host: {workers: 1}, lifecycle: {auto_start: true}}")
    checks.run(TAKE + """
        local events, up = process.events(), process.listen("up")
        for _, how in ipairs({"channel", "send", "select", "subscribed", "timer", "other coroutine", "call"}) do
          local pid = process.spawn_monitored("app:waits", "app:single", process.pid(), how)
          take(up)
          process.exec("app:passes", "app:single")  -- after it, on the same worker
          process.terminate(pid)
          check.err(how, take(events).result.error, "Internal", "process terminated")
        end
    """)


def test_monitors(checks):
    checks.process("waits", "local m = process.inbox():receive() return m:topic()")
    checks.process("reports", "process.send((...), 'up', process.pid()) process.inbox():receive()")
    checks.process("watches", """
        local target, up = ...
        process.monitor(target)
        process.send(up, "up", 1)
        if select("#", ...) > 2 then return end
        local e = process.events():receive()
        process.send(up, "saw", e.from)
    """)
    checks.run(TAKE + """
        local events, up, saw = process.events(), process.listen("up"), process.listen("saw")
        check.fail("nothing", "Invalid", "", process.monitor())
        for _, name in ipairs({"monitor", "unmonitor", "link", "unlink", "cancel", "terminate"}) do
          check.fail(name .. " nothing", "Invalid", "", process[name]())
          check.fail(name .. " nobody", "NotFound", "could not resolve 'nobody'", process[name]("nobody"))
        end
        check.fail("dead", "Internal", "process not found", process.monitor("{app:procs|0xfffff}"))
        for _, name in ipairs({"monitor", "cancel", "terminate"}) do
          check.fail(name .. " elsewhere", "Internal", "host not found", process[name]("{app:nowhere|0xfffff}"))
          check.fail(name .. " far away", "Internal", "node not found", process[name]("{far@app:procs|0xfffff}"))
          check.fail(name .. " a call", "Internal", "process not found", process[name]("{app:f#lua.1|0xfffff}"))
        end
        for _, name in ipairs({"unmonitor", "unlink"}) do
          check.eq(name .. " elsewhere", {process[name]("{app:nowhere|0xfffff}")}, {true})
        end
        check.eq("self", {process.monitor(process.pid())}, {true})
        local pid = process.spawn("app:waits", "app:procs")
        check.eq("alive", {process.monitor(pid)}, {true})
        check.fail("twice", "Internal", "already monitoring pid", process.monitor(pid))
        process.spawn("app:watches", "app:procs", pid, process.pid())
        process.spawn("app:watches", "app:procs", pid, process.pid(), "and goes")
        take(up)
        take(up)
        process.send(pid, "bye")
        check.eq("exit", take(events).result, {value = "bye"})
        check.eq("every watcher", take(saw), pid)
        check.fail("afterwards", "Internal", "process not found", process.monitor(pid))
        check.eq("unmonitor of the dead", {process.unmonitor(pid)}, {true})
        pid = process.spawn_monitored("app:waits", "app:procs")
        check.fail("spawned with one", "Internal", "already monitoring pid", process.monitor(pid))
        check.eq("unmonitor", {process.unmonitor(pid)}, {true})
        check.eq("unmonitor again", {process.unmonitor(pid)}, {true})
        -- An exit that is in the mailbox already stays there; whoever executed it hears of it last.
        local executed = channel.new(1)
        coroutine.spawn(function() executed:send({process.exec("app:reports", "app:procs", process.pid())}) end)
        local reported = take(up)
        process.monitor(reported)
        process.send(reported, "go")
        executed:receive()
        check.eq("unmonitor too late", {process.unmonitor(reported)}, {true})
        check.eq("it stays", take(events).from, reported)
        process.registry.register("watched", pid)
        check.eq("by name", {process.monitor("watched")}, {true})
        process.unmonitor("watched")
        local other = process.spawn_monitored("app:waits", "app:procs")
        process.send(pid, "x")
        process.send(other, "y")
        check.eq("no exit after unmonitor", take(events).from, other)
    """)


def test_links(checks):
    checks.process("link", """
        -- Links to the next in the list, reports, waits.
        local up, how, next_one = ...
        if how == "trap" then process.set_options({trap_links = true}) end
        if next_one then process.link(next_one) end
        local events = process.events()
        process.send(up, "up", process.pid())
        while true do
          local r = channel.select({process.inbox():case_receive(), events:case_receive()})
          if r.channel == events then
            process.send(up, "event", r.value.kind, r.value.from, r.value.result and r.value.result.error)
          elseif r.value:topic() == "fail" then
            error("failed")
          elseif r.value:topic() == "untrap" then
            process.set_options({trap_links = false})
          else
            return r.value:topic()
          end
        end
    """)
    checks.process("sleeps", "process.send((...), 'up', process.pid()) time.sleep('1h')")
    checks.process("calls", "process.send((...), 'up', process.pid()) funcs.call('app:sleeps_too')")
    checks.function("sleeps_too", "time.sleep('1h')")
    checks.process("parent", """
        local up, how = ...
        if how ~= "trap" then
          coroutine.spawn(function() end)
        else
          process.set_options({trap_links = true})
        end
        local child = process.spawn_linked("app:link", "app:procs", up)
        process.send(up, "parent", process.pid(), child)
        local r = channel.select({process.inbox():case_receive(), process.events():case_receive()})
        if type(r.value) == "table" then process.send(up, "event", r.value.kind, r.value.from, r.value.result.error) return "trapped" end
        if r.value:topic() == "fail" then error("parent failed") end
        return "normal"
    """)
    checks.process("instant", "error('at once')")
    checks.process("parent_of_instant", """
        process.set_options({trap_links = true})
        local events = process.events()
        local pid = process.spawn_linked_monitored('app:instant', 'app:procs')
        local a, b = events:receive(), events:receive()
        return {a.kind, b.kind, a.from == pid and b.from == pid}
    """)
    checks.run(TAKE + """
        local self, events, up, seen = process.pid(), process.events(), process.listen("up"), process.listen("event")
        local function start(how, next_one)
          process.spawn_monitored("app:link", "app:procs", self, how, next_one)
          return take(up)
        end
        check.fail("nothing", "Invalid", "", process.link())
        check.fail("dead", "Internal", "pid not registered", process.link("{app:procs|0xfffff}"))
        check.fail("dead function", "Internal", "pid not registered", process.link("{app:f#lua.1|0xfffff}"))
        check.fail("nobody", "NotFound", "could not resolve", process.link("nobody"))
        check.eq("self", {process.link(self)}, {true})
        check.eq("unlink of the dead", {process.unlink("{app:procs|0xfffff}")}, {true})

        -- A chain collapses, each dies once.
        local a = start("plain")
        local b = start("plain", a)
        local c = start("plain", b)
        process.send(a, "fail")
        local ended = {}
        for i = 1, 3 do
          local e = take(events)
          ended[e.from] = e.result.error
        end
        check.err("a", ended[a], "Internal", "failed")
        check.err("b", ended[b], "", "linked process failed")
        check.err("c", ended[c], "", "linked process failed")
        check.eq("retryable", ended[c]:retryable(), nil)
        -- A trap in the middle stops it.
        a = start("plain")
        b = start("trap", a)
        c = start("plain", b)
        process.send(a, "fail")
        check.eq("exit", take(events).from, a)
        local e = take(seen)
        check.eq("trapped", {e[1], e[2]}, {"pid.link.down", a})
        check.err("with", e[3], "Internal", "failed")
        check.eq("alive", {process.send(c, "bye"), process.send(b, "bye")}, {true, true})
        check.eq("normal exits", {take(events).result.value, take(events).result.value}, {"bye", "bye"})
        -- A normal exit and a terminated one.
        a = start("plain")
        b = start("trap", a)
        process.send(a, "bye")
        check.eq("normal", take(events).result, {value = "bye"})
        process.send(b, "bye")
        check.eq("partner unaffected", take(events).result, {value = "bye"})
        a = start("plain")
        b = start("trap", a)
        process.terminate(a)
        take(events)
        e = take(seen)
        check.err("terminated", e[3], "Internal", "process terminated")
        check.eq("link is gone", {process.unlink(a)}, {true})
        process.send(b, "untrap")
        process.send(b, "bye")
        check.eq("lives without trap", take(events).result, {value = "bye"})
        -- unlink by either side.
        a = start("plain")
        b = start("plain", a)
        check.eq("link twice is one link", {process.send(b, "bye")}, {true})
        take(events)
        process.terminate(a)
        take(events)
        -- Whatever it waits for.
        for _, entry in ipairs({"app:sleeps", "app:calls"}) do
          a = process.spawn_monitored(entry, "app:procs", self)
          take(up)
          process.set_options({trap_links = true})
          check.eq("link", {process.link(a)}, {true})
          check.eq("again", {process.link(a)}, {true})
          check.eq("unlink", {process.unlink(a)}, {true})
          check.eq("unlink again", {process.unlink(a)}, {true})
          b = start("plain", a)
          process.send(b, "fail")
          take(events)
          e = take(events)
          check.err("while waiting", e.result.error, "", "linked process failed")
        end
        -- Parent and child.
        local parents = process.listen("parent")
        local function family(how)
          process.spawn_monitored("app:parent", "app:procs", self, how)
          local pair = take(parents)
          check.eq("child", take(up), pair[2])
          process.monitor(pair[2])
          return pair[1], pair[2]
        end
        local parent, child = family()
        process.send(child, "fail")
        local first, second = take(events), take(events)
        check.eq("child, then parent", {first.from, second.from}, {child, parent})
        check.err("parent", second.result.error, "", "linked process failed")
        parent, child = family()
        process.send(parent, "fail")
        first, second = take(events), take(events)
        check.eq("parent, then child", {first.from, second.from}, {parent, child})
        parent, child = family()
        process.send(parent, "bye")
        check.eq("parent returns", take(events).result, {value = "normal"})
        check.eq("child lives", {process.send(child, "bye")}, {true})
        check.eq("and ends", take(events).from, child)
        parent, child = family("trap")
        process.send(child, "fail")
        first, second = take(events), take(events)
        check.eq("trapped", {second.result.value or first.result.value}, {"trapped"})
        check.eq("exit first, then link down", process.exec("app:parent_of_instant", "app:procs"), {"pid.exit", "pid.link.down", true})
        -- Options.
        check.eq("get", process.get_options(), {trap_links = true, upgradable = false})
        local function refused(name, text, options)
          local ok, err = process.set_options(options)
          check.eq(name, ok, false)
          check.err(name, err, "Invalid", text)
        end
        refused("no table", "options parameter must be a table", 5)
        refused("no boolean", "trap_links must be a boolean", {trap_links = 1})
        refused("unknown", "option other is not supported", {other = true, trap_links = false})
        check.eq("valid keys count", process.get_options().trap_links, false)
        check.eq("other keys are skipped", {process.set_options({[1] = true, upgradable = true})}, {true})
        check.eq("get", process.get_options(), {trap_links = false, upgradable = true})
    """)


def test_last_words(checks):
    """What a process sent before it ended comes before the news of its end."""
    checks.process("talks", """
        local to, how = ...
        for i = 1, 20 do process.send(to, "word", i) end
        if how == "fail" then error("failed") end
        return "done"
    """)
    checks.run(TAKE + """
        process.set_options({trap_links = true})
        local self, inbox, events = process.pid(), process.inbox(), process.events()
        for _, how in ipairs({"return", "fail"}) do
          for round = 1, 10 do
            local pid = process.spawn_linked_monitored("app:talks", "app:procs", self, how)
            local seen = {}
            for i = 1, how == "fail" and 22 or 21 do
              local r = channel.select({events:case_receive(), inbox:case_receive()})
              seen[i] = r.channel == events and r.value.kind or r.value:payload():data()
            end
            for i = 1, 20 do if seen[i] ~= i then check.failed(how, tostring(seen[i])) end end
            check.eq("exit", {seen[21], seen[22]}, {"pid.exit", how == "fail" and "pid.link.down" or nil})
          end
        end
    """)


def test_relations_outlast_an_upgrade(checks):
    checks.process("old", """
        local up, partner = ...
        process.monitor(partner)
        process.link(partner)
        process.send(up, "up", process.pid())
        process.listen("upgrade"):receive()
        process.upgrade("app:new", up)
    """)
    checks.process("new", """
        local up = ...
        process.set_options({trap_links = true})
        local events = process.events()
        process.send(up, "up", process.pid())
        local exit, down = events:receive(), events:receive()
        process.send(up, "heard", exit.kind, down.kind)
        error("failed")
    """)
    checks.process("partner", "process.inbox():receive() error('partner failed')")
    checks.run(TAKE + """
        local self, events, up, heard = process.pid(), process.events(), process.listen("up"), process.listen("heard")
        process.set_options({trap_links = true})
        local partner = process.spawn("app:partner", "app:procs")
        local pid = process.spawn_linked_monitored("app:old", "app:procs", self, partner)
        take(up)
        process.send(pid, "upgrade")
        check.eq("the same PID", take(up), pid)
        process.send(partner, "fail")
        check.eq("its monitor and its link", take(heard), {"pid.exit", "pid.link.down"})
        check.eq("those on it", {take(events).kind, take(events).kind}, {"pid.exit", "pid.link.down"})
    """)
