"""Processes: spawning, exec, cancelling, names, upgrades."""
from harness.checks import TAKE


def test_spawn(checks):
    checks.process("args", "local reply = ... process.send(reply, 'args', select('#', ...), {select(2, ...)})")
    checks.process("reads", """
        local up = ...
        local m = process.listen("m", {message = true})
        local got = {}
        for i = 1, 3 do local x = m:receive() got[i] = {x:payload():data(), x:from()} end
        process.send(up, "got", got)
        process.listen("end"):receive()
    """)
    checks.process("bad_chunk", "x")
    checks._files["bad_chunk.lua"] = "error('while loading')"
    checks.unit("process.lua", "no_main", "return {other = print}")
    checks.unit("process.lua", "other_method", "return {serve = function() return 'served' end}", "method: serve")
    checks.unit("function.lua", "fn", "return {main = print}", "method: main")
    checks.process("nothing", "return")
    checks.entries("- {name: stopped, kind: process.host}")
    checks.run(TAKE + """
        local self = process.pid()
        check.fail("no arguments", "Invalid", "", process.spawn())
        check.fail("no host", "Invalid", "", process.spawn("app:args"))
        check.raises("wrong type", "bad argument", process.spawn, {}, "app:procs")
        local v, err = process.spawn("app:absent", "app:procs")
        check.fail("unknown entry", "NotFound", "factory not found", v, err)
        check.eq("factory_id", err:details().factory_id, "app:absent")
        check.fail("a function", "NotFound", "factory not found", process.spawn("app:fn", "app:procs"))
        v, err = process.spawn("app:args", "app:nowhere")
        check.fail("unknown host", "NotFound", "host not found", v, err)
        check.eq("host_id", err:details().host_id, "app:nowhere")
        check.fail("no host at all", "Internal", "host does not implement process.Host", process.spawn("app:args", "app:fn"))
        check.fail("host not started", "Unavailable", "host is not running", process.spawn("app:args", "app:stopped"))
        check.fail("chunk raises", "Internal", "failed to execute script: app:bad_chunk:1: while loading", process.spawn("app:bad_chunk", "app:procs"))
        check.fail("no method", "NotFound", 'method "main" not found in module', process.spawn_monitored("app:no_main", "app:procs"))
        check.fail("linked and monitored", "Internal", "failed to execute script", process.spawn_linked_monitored("app:bad_chunk", "app:procs"))
        check.eq("what never was does not end", channel.select({process.events():case_receive(), default = true}).default, true)
        check.eq("other method", process.exec("app:other_method", "app:procs"), "served")

        local args = process.listen("args")
        local pid = process.spawn("app:args", "app:procs", self, "x", nil, {1})
        check.that("pid", pid:match("^{app:procs|0x%x%x%x%x%x+}$"), pid)
        local count, rest = unpack(take(args))
        check.eq("arguments", {count, rest[1], rest[2] == nil, rest[3]}, {4, "x", true, {1}})

        local given = {1, {2}}
        process.spawn("app:args", "app:procs", self, given)
        given[2][1] = "changed"
        check.eq("arguments are copies", take(args)[2], {{1, {2}}})

        -- An instantly ending child is not missed.
        local events = process.events()
        for i = 1, 50 do
          pid = process.spawn_monitored("app:nothing", "app:procs")
          local e = take(events)
          if e.from ~= pid or e.kind ~= "pid.exit" or next(e.result) ~= nil then check.failed("instant exit", tostring(e.kind)) end
        end

        -- Builder.
        check.raises("with_context of no table", "bad argument", process.with_context, 1)
        check.raises("key that is no string", "", process.with_context, {[1] = 2})
        check.raises("options key that is no string", "", process.with_options, {[1] = 2})
        local b = process.with_options({whatever = 1})
        check.raises("empty name", "", function() b:with_name("") end)
        check.raises("runtime topic", "", function() b:with_message("@x") end)
        check.raises("no table", "bad argument", function() b:with_context("x") end)
        check.eq("non-string keys are skipped", type(b:with_context({[1] = 2, a = 1})), "userdata")
        local got = process.listen("got")
        local content = {"first"}
        local named = b:with_name("reader"):with_message("m", content):with_message("m", 2)
        content[1] = "changed"
        local owner = named:spawn("app:reads", "app:procs", self)
        process.send(owner, "m", 3)
        check.eq("queued first", take(got), {{{"first"}, ""}, {2, ""}, {3, self}})
        check.eq("name", process.registry.lookup("reader"), owner)
        -- Spawn or signal: the owner gets the messages, nothing is started, even for an unknown entry.
        check.eq("signal", {named:spawn("app:absent", "app:procs", self)}, {owner})
        check.fail("host is checked first", "NotFound", "host not found", named:spawn("app:reads", "app:nowhere"))
        check.eq("not monitored", {named:spawn_monitored("app:reads", "app:procs", self)}, {owner})
        check.eq("so it can be now", {process.monitor(owner)}, {true})
        process.send(owner, "end")
        check.eq("exit", take(events).from, owner)
        -- The builder itself was not changed by what was made of it.
        check.that("anonymous", b:spawn("app:nothing", "app:procs") ~= b:spawn("app:nothing", "app:procs"))
        -- Many in order of their spawns.
        local spawned = {}
        for i = 1, 20 do spawned[i] = process.spawn("app:args", "app:procs", self, i) end
        local seen = {}
        for i = 1, 20 do seen[take(args)[2][1]] = true end
        check.eq("all ran", #seen, 20)
        local sorted = true
        for i = 2, 20 do sorted = sorted and spawned[i - 1] < spawned[i] end
        check.that("PIDs ascend", sorted, spawned)
    """)


def test_one_process_for_a_name_however_many_want_it(checks):
    checks.process("owner", """
        local got, orders = {}, process.listen("order")
        for i = 1, 20 do got[i] = orders:receive() end
        table.sort(got)
        return got
    """)
    checks.process("wants", """
        local up, n = ...
        local pid, err = process.with_options({}):with_name("owner"):with_message("order", n):spawn("app:owner", "app:procs")
        process.send(up, "pid", pid or err)
    """)
    checks.run(TAKE + """
        local pids, events = process.listen("pid"), process.events()
        for round = 1, 5 do
          for i = 1, 20 do process.spawn("app:wants", "app:procs", process.pid(), i) end
          local first = take(pids)
          for i = 2, 20 do check.eq("the same for all", take(pids), first) end
          -- It has ended, or does so now.
          if process.monitor(first) then
            check.eq("every message, once", #take(events).result.value, 20)
          end
        end
    """)


def test_exec(checks):
    checks.process("job", """
        local how = ...
        if how == "value" then return {a = 1} end
        if how == "error" then return nil, errors.new({message = "no", kind = errors.CONFLICT, retryable = true, details = {d = 1}}) end
        if how == "raise" then error("raised") end
        if how == "text" then return 1, "text" end
        if how == "wait" then
          process.send((select(2, ...)), "up", process.pid())
          process.inbox():receive()
          process.send((select(2, ...)), "ended", "yes")
        end
    """)
    checks.process("executes", "return process.exec('app:job', 'app:procs', 'wait', (...))")
    checks.run(TAKE + """
        check.eq("value", {process.exec("app:job", "app:procs", "value")}, {{a = 1}})
        check.eq("nothing", {process.exec("app:job", "app:procs")}, {})
        local v, err = process.exec("app:job", "app:procs", "error")
        check.fail("error", "Conflict", "no", v, err)
        check.eq("error: rest", {err:retryable(), err:details()}, {true, {d = 1}})
        check.fail("raised", "Internal", "app:job:5: raised", process.exec("app:job", "app:procs", "raise"))
        check.fail("text", "Internal", "text", process.exec("app:job", "app:procs", "text"))
        check.fail("no host", "Invalid", "", process.exec("app:job"))
        check.fail("empty id", "Invalid", "process ID required", process.exec("", "app:procs"))
        check.fail("bad id", "Invalid", "invalid process ID format (namespace:name required)", process.exec("job", "app:procs"))
        check.fail("empty host", "Invalid", "host ID required", process.exec("app:job", ""))
        check.fail("unknown", "Internal", "exec failed: factory not found", process.exec("app:absent", "app:procs"))
        check.fail("unknown host", "Internal", "exec failed: host not found", process.exec("app:job", "app:nowhere"))
        local up, ended, events = process.listen("up"), process.listen("ended"), process.events()
        -- A terminated child.
        local done = channel.new(1)
        coroutine.spawn(function() done:send({process.exec("app:job", "app:procs", "wait", process.pid())}) end)
        process.terminate(take(up))
        local got = done:receive()
        check.err("terminated", got[2], "Internal", "process terminated")
        -- The child outlives its caller.
        local caller = process.spawn_monitored("app:executes", "app:procs", process.pid())
        local child = take(up)
        process.terminate(caller)
        check.eq("caller ended", take(events).from, caller)
        process.send(child, "go")
        check.eq("child went on", take(ended), "yes")
    """)


def test_cancel(checks):
    checks.process("deaf", "process.inbox():receive() return 'undisturbed'")
    checks.process("hears", """
        local up = ...
        local events = process.events()
        process.send(up, "up", 1)
        local e = events:receive()
        return e
    """)
    checks.process("late", """
        local up = ...
        process.send(up, "up", 1)
        process.listen("go"):receive()
        local events, got = process.events(), {}
        for i = 1, 3 do got[i] = events:receive().reason end
        return got
    """)
    checks.process("terminates_itself", """
        local up = ...
        coroutine.spawn(function() time.sleep("1ms") process.send(up, "late", "coroutine") end)
        coroutine.spawn(function() coroutine.yield() process.send(up, "late", "yielded") end)
        process.terminate(process.pid())
        process.send(up, "late", "main")
    """)
    checks.run(TAKE + """
        local events, up = process.events(), process.listen("up")
        local pid = process.spawn_monitored("app:hears", "app:procs", process.pid())
        take(up)
        check.eq("cancel", {process.cancel(pid)}, {true})
        local e = take(events).result.value
        check.eq("event", {e.kind, e.from, e.reason, type(e.at)}, {"pid.cancel", process.pid(), "", "number"})
        pid = process.spawn_monitored("app:hears", "app:procs", process.pid())
        process.cancel(pid, "reason")
        check.eq("reason", take(events).result.value.reason, "reason")
        take(up)
        check.raises("explicit nil", "bad argument", process.cancel, pid, nil)
        pid = process.spawn_monitored("app:deaf", "app:procs")
        process.cancel(pid)
        process.send(pid, "go")
        check.eq("ignored for ever", take(events).result, {value = "undisturbed"})
        pid = process.spawn_monitored("app:late", "app:procs", process.pid())
        take(up)
        for i = 1, 3 do process.cancel(pid, "r" .. i) end
        process.send(pid, "go")
        check.eq("queued", take(events).result.value, {"r1", "r2", "r3"})
        local late = process.listen("late")
        pid = process.spawn_monitored("app:terminates_itself", "app:procs", process.pid())
        check.err("itself", take(events).result.error, "Internal", "process terminated")
        check.eq("ran no further", channel.select({late:case_receive(), default = true}).default, true)
    """)


def test_names(checks):
    checks.process("named", """
        local name, up = ...
        process.registry.register(name)
        process.registry.register(name .. "2")
        process.send(up, "up", process.pid())
        process.inbox():receive()
    """)
    checks.run(TAKE + """
        local r, self = process.registry, process.pid()
        check.eq("constants", {r.LOCAL, r.EVENTUAL, r.CONSISTENT, r.STRONG}, {0, 1, 2, 3})
        check.fail("absent", "NotFound", "name not registered", r.lookup("n"))
        check.eq("register", {r.register("n")}, {true})
        check.eq("again", {r.register("n")}, {true})
        check.eq("lookup", {r.lookup("n")}, {self})
        check.eq("send by name", {process.send("n", "t", 1)}, {true})
        check.eq("arrives", take(process.inbox()):topic(), "t")
        check.fail("taken", "AlreadyExists", "name already registered", r.register("n", "{app:procs|0x00fff}"))
        check.eq("for another, alive or not", {r.register("o", "{app:procs|0x00fff}")}, {true})
        check.eq("whose", r.lookup("o"), "{app:procs|0x00fff}")
        check.eq("anybody unregisters", {r.unregister("o")}, {true})
        check.eq("unregister again", {r.unregister("o")}, {false})
        check.fail("pid of a wrong type", "Invalid", "pid must be a string", r.register("x", 5))
        check.fail("no pid", "Invalid", "invalid pid: nope", r.register("x", "nope"))
        check.fail("scope of a wrong type", "Invalid", "", r.register("x", nil, "local"))
        check.eq("local scope", {r.register("x", nil, r.LOCAL)}, {true})
        check.fail("eventual", "Internal", "eventual registry not available", r.register("x", nil, r.EVENTUAL))
        check.fail("consistent", "Internal", "global registry not available", r.register("x", nil, r.CONSISTENT))
        check.fail("strong", "Internal", "global registry not available", r.unregister("x", r.STRONG))
        check.raises("no name", "bad argument", r.lookup)

        -- Names are free before the exit is heard.
        local events, up = process.events(), process.listen("up")
        for i = 1, 20 do
          local pid = process.spawn_monitored("app:named", "app:procs", "w", self)
          take(up)
          check.eq("owner", {r.lookup("w"), r.lookup("w2")}, {pid, pid})
          process.send(pid, "go")
          take(events)
          check.eq("free", {r.register("w"), r.unregister("w")}, {true, true})
          check.fail("free too", "NotFound", "", r.lookup("w2"))
        end
        -- The order of names and PIDs: something like a PID always resolves.
        check.fail("like a PID", "NotFound", "host not found", process.send("{x|y}", "t"))
        check.raises("read-only", "attempt to modify", function() process.pid = nil end)
        check.raises("read-only", "attempt to modify", function() r.lookup = nil end)
        check.eq("events", process.event, {CANCEL = "pid.cancel", EXIT = "pid.exit", LINK_DOWN = "pid.link.down", OUTDATED = "pid.outdated"})
    """)


def test_upgrade(checks):
    checks.process("v1", """
        local up, how = ...
        process.registry.register("service")
        process.set_options({trap_links = true, upgradable = true})
        local ignored = process.listen("buffered")
        coroutine.spawn(function() time.sleep("1ms") end)
        funcs.async("app:slow", up)
        process.send(up, "up", process.pid())
        process.listen("upgrade"):receive()
        process.upgrade(how, up, "argument")
        process.send(up, "up", "not reached")
    """)
    checks.process("v2", """
        local up, argument = ...
        local after = process.exec("app:nothing", "app:procs")
        process.send(up, "state", {
          pid = process.pid(), id = process.id(), argument = argument, options = process.get_options(),
          name = process.registry.lookup("service"), after = after, ctx = (ctx.all()),
          message = process.listen("kept"):receive(), event = process.events():receive().kind,
        })
        process.inbox():receive()
        return "v2 done"
    """)
    checks.process("nothing", "return 'nothing'")
    checks.function("slow", "process.listen('go'):receive() return 'slow'")
    checks.unit("process.lua", "broken", "error('broken chunk')")
    checks.run(TAKE + """
        local self, up, state, events = process.pid(), process.listen("up"), process.listen("state"), process.events()
        local pid = process.with_context({k = "v"}):spawn_monitored("app:v1", "app:procs", self, "app:v2")
        check.eq("up", take(up), pid)
        process.send(pid, "kept", "message")
        process.cancel(pid)
        process.send(pid, "upgrade")
        check.eq("state", take(state), {
          pid = pid, id = "app:v2", argument = "argument", options = {trap_links = false, upgradable = false},
          name = pid, after = "nothing", ctx = {k = "v"}, message = "message", event = "pid.cancel"})
        process.send(pid, "go")
        check.eq("the monitor stayed", take(events).result, {value = "v2 done"})
        for how, text in pairs({["app:absent"] = "upgrade: create failed: ", ["app:slow"] = "upgrade: create failed: ",
                                ["app:broken"] = "upgrade: init failed: "}) do
          pid = process.spawn_monitored("app:v1", "app:procs", self, how)
          take(up)
          process.send(pid, "upgrade")
          local e = take(events)
          check.err("failed: " .. how, e.result.error, "Internal", text)
        end
    """)


def test_an_upgrade_to_the_same_entry(checks):
    checks.process("again", """
        local up, n = ...
        process.send(up, "up", process.pid(), process.id(), n)
        process.listen("go"):receive()
        -- No id, an empty one, and what is no id.
        if n == 1 then process.upgrade(nil, up, 2) end
        if n == 2 then process.upgrade("", up, 3) end
        if n == 3 then process.upgrade(5, up, 4) end
        return n
    """)
    checks.run(TAKE + """
        local up, events = process.listen("up"), process.events()
        local pid = process.spawn_monitored("app:again", "app:procs", process.pid(), 1)
        for i = 1, 4 do
          check.eq("incarnation " .. i, take(up), {pid, "app:again", i})
          process.send(pid, "go")
        end
        check.eq("ended once", take(events).result, {value = 4})
    """)


def test_a_lifecycle_on_a_process_is_ignored(checks):
    checks.process("lives", "print('it ran')", "lifecycle: {auto_start: true}, host: 'app:procs'")
    assert "it ran" not in checks.run("process.exec('app:absent', 'app:procs')", "-v").stderr
