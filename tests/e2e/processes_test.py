"""Processes: identity, messages, spawning, events, monitors, links, names, exec, upgrade, scheduling."""
import re
import contextlib
import signal
import subprocess

HELPERS = """
local function take(channel_of)
  local r = channel.select({channel_of:case_receive(), time.after("20s"):case_receive()})
  if r.channel ~= channel_of then error("nothing came") end
  return r.value
end
"""


def test_send_and_receive(checks):
    checks.process("echo", """
        local inbox = process.inbox()
        while true do
          local m = inbox:receive()
          if m:topic() == "stop" then return "stopped" end
          local payload = m:payload()
          process.send(m:from(), "echo:" .. m:topic(), payload and payload.data and payload:data())
        end
    """)
    checks.process("ends", "return 1")
    checks.run(HELPERS + """
        local self = process.pid()
        check.fail("no arguments", "Invalid", "", process.send())
        check.fail("no topic", "Invalid", "", process.send(self))
        check.fail("runtime topic", "Invalid", "cannot send to @ topics", process.send(self, "@x"))
        check.fail("no such name", "NotFound", "could not resolve 'nobody' as PID or registered name", process.send("nobody", "x"))
        check.fail("no such host", "NotFound", "host not found", process.send("{app:nowhere|0x00001}", "x"))
        check.fail("no such process", "NotFound", "process not found", process.send("{app:procs|0xfffff}", "x"))
        check.raises("wrong type", "bad argument", process.send, {}, "x")
        check.raises("wrong topic", "bad argument", process.send, self, {})

        local echo = process.spawn("app:echo", "app:procs")
        local inbox = process.inbox()
        check.that("inbox is one channel", inbox == process.inbox())
        check.eq("sent", {process.send(echo, "a", {1, k = "v"})}, {true})
        local m = take(inbox)
        check.eq("message", {m:topic(), m:from(), m:payload():data()}, {"echo:a", echo, {1, k = "v"}})
        check.eq("payload again", m:payload():data(), {1, k = "v"})
        check.eq("tostring", tostring(m), "process.Message{topic=echo:a}")

        -- None, one and several payloads; to oneself.
        process.send(self, "none")
        process.send(self, "nil", nil)
        process.send(self, "one", 1)
        process.send(self, "two", 1, {2}, "three")
        m = take(inbox)
        check.eq("none", {m:topic(), m:payload()}, {"none"})
        m = take(inbox)
        check.that("nil is a payload", m:payload() ~= nil and m:payload():data() == nil)
        m = take(inbox)
        check.eq("one", m:payload():data(), 1)
        m = take(inbox)
        check.eq("several", {#m:payload(), m:payload()[1]:data(), m:payload()[2]:data(), m:payload()[3]:data()}, {3, 1, {2}, "three"})
        process.send(self, "")
        check.eq("empty topic", take(inbox):topic(), "")
        process.send(self, 5, 6)
        check.eq("a number as topic", take(inbox):topic(), "5")

        -- Raw values of a listener.
        local raw = process.listen("raw")
        check.that("listener is one channel", raw == process.listen("raw"))
        process.send(self, "raw")
        process.send(self, "raw", "v")
        process.send(self, "raw", nil)
        process.send(self, "raw", 1, 2)
        check.eq("none", {raw:receive()}, {nil, true})
        check.eq("value", {raw:receive()}, {"v", true})
        check.eq("nil", {raw:receive()}, {nil, true})
        check.eq("several", {raw:receive()}, {{1, 2}, true})
        check.that("upgrade to messages", process.listen("raw", {message = true}) == raw)
        process.send(self, "raw", 9)
        check.eq("as message", take(raw):payload():data(), 9)
        check.fail("empty topic", "Invalid", "topic cannot be empty", process.listen(""))
        check.fail("runtime topic", "Invalid", "cannot listen to @ topics", process.listen("@pid"))

        -- Order of one sender, across channels of one receiver.
        for i = 1, 1000 do process.send(self, "seq", i) end
        local seq, ordered = process.listen("seq"), true
        for i = 1, 1000 do ordered = ordered and seq:receive() == i end
        check.that("in order", ordered)

        local exit = process.events()
        local short = process.spawn_monitored("app:ends", "app:procs")
        take(exit)
        check.fail("ended", "NotFound", "process not found", process.send(short, "x"))
        process.send(echo, "stop")
    """)


def test_routing(checks):
    checks.run(HELPERS + """
        local self = process.pid()
        -- Messages wait for who wants them: decided when handed over, not when sent.
        process.send(self, "late", 1)
        process.send(self, "other", 2)
        local late = process.listen("late")
        check.eq("earlier than its listener", take(late), 1)
        local inbox = process.inbox()
        check.eq("the rest goes to the inbox", take(inbox):topic(), "other")

        -- Inbox and events are examined in the order of the mailbox, whatever the order of the cases.
        local events = process.events()
        process.send(self, "m", 1)
        process.cancel(self, "why")
        process.send(self, "m", 2)
        local order = {}
        for i = 1, 3 do
          local r = channel.select({events:case_receive(), inbox:case_receive()})
          order[i] = r.channel == events and r.value.kind or r.value:payload():data()
        end
        check.eq("mailbox order", order, {1, "pid.cancel", 2})

        -- A busy listener does not delay a cancellation.
        local busy = process.listen("busy")
        process.send(self, "busy", 1)
        process.cancel(self)
        process.send(self, "busy", 2)
        order = {}
        for i = 1, 3 do
          local r = channel.select({busy:case_receive(), events:case_receive()})
          order[i] = r.channel == events and "cancel" or r.value
        end
        check.eq("listener and events", order, {1, "cancel", 2})

        -- A select with default sees what waits.
        local nothing = channel.select({inbox:case_receive(), events:case_receive(), default = true})
        check.eq("nothing there", nothing.default, true)
        process.send(self, "now", 1)
        time.sleep("1ms")
        check.eq("something there", channel.select({inbox:case_receive(), default = true}).default, nil)

        -- unlisten.
        process.send(self, "late", "a")
        process.send(self, "late", "b")
        time.sleep("1ms")
        check.eq("unlisten", {process.unlisten(late)}, {true})
        check.eq("one was handed over already", {late:receive()}, {"a", true})
        check.eq("then closed", {late:receive()}, {nil, false})
        check.eq("the rest falls to the inbox", take(inbox):payload():data(), "b")
        local v, err = process.unlisten(late)
        check.eq("again", v, false)
        check.err("again", err, "NotFound", "channel not found")
        check.raises("no channel", "bad argument", process.unlisten, {})
        check.that("a new channel", process.listen("late") ~= late)
        local woken = channel.new(1)
        local third = process.listen("third")
        coroutine.spawn(function() woken:send({third:receive()}) end)
        process.unlisten(third)
        check.eq("wakes a receiver", {woken:receive()}, {{nil, false}, true})
        check.eq("the inbox too", {process.unlisten(inbox)}, {true})
        check.that("and opens again", process.inbox() ~= inbox)
        inbox = process.inbox()

        -- Several receivers: in the order they began to wait.
        local got = channel.new(10)
        local work = process.listen("work")
        for i = 1, 3 do coroutine.spawn(function() got:send({i, work:receive()}) end) end
        for i = 1, 3 do process.send(self, "work", "w" .. i) end
        for i = 1, 3 do check.eq("receiver " .. i, take(got), {i, "w" .. i, true}) end

        -- A channel nobody reads holds back nothing.
        local idle = process.listen("idle")
        for i = 1, 10 do process.send(self, "idle", i) end
        process.send(self, "work", "past the idle ones")
        check.eq("not held back", take(work), "past the idle ones")
        for i = 1, 10 do check.eq("idle in order", take(idle), i) end

        -- "inbox" is an ordinary topic.
        process.send(self, "inbox", "x")
        check.eq("topic inbox", take(inbox):topic(), "inbox")

        -- subscribe with a channel of one's own.
        local own = channel.new(2)
        check.that("subscribe", subscribe("own", own) == own)
        check.that("again", subscribe("own", own) == own)
        check.fail("taken", "AlreadyExists", 'topic "own" already subscribed', subscribe("own", channel.new(1)))
        for i = 1, 6 do process.send(self, "own", i) end
        time.sleep("1ms")
        local seen = {}
        for i = 1, 3 do seen[i] = take(own) end
        process.send(self, "own", 7)
        time.sleep("1ms")
        for i = 4, 7 do seen[i] = take(own) end
        check.eq("own channel in order", seen, {1, 2, 3, 4, 5, 6, 7})
        check.eq("unsubscribe", {unsubscribe(own)}, {true})
        check.eq("closed", {own:receive()}, {nil, false})
        v, err = unsubscribe(own)
        check.eq("unsubscribe again", v, false)
        check.err("unsubscribe again", err, "NotFound", "")
        process.send(self, "own", 8)
        check.eq("inbox again", take(inbox):payload():data(), 8)
        -- An unbuffered channel of one's own.
        local rendezvous = channel.new()
        subscribe("meet", rendezvous)
        process.send(self, "meet", 1)
        process.send(self, "meet", 2)
        check.eq("rendezvous", {take(rendezvous), take(rendezvous)}, {1, 2})
    """)


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
    checks.run(HELPERS + """
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
        check.eq("other method", process.exec("app:other_method", "app:procs"), "served")

        local args = process.listen("args")
        local pid = process.spawn("app:args", "app:procs", self, "x", nil, {1})
        check.that("pid", pid:match("^{app:procs|0x%x%x%x%x%x+}$"), pid)
        local count, rest = unpack(take(args))
        check.eq("arguments", {count, rest[1], rest[2] == nil, rest[3]}, {4, "x", true, {1}})

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
    checks.run(HELPERS + """
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
    checks.run(HELPERS + """
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
    checks.run(HELPERS + """
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


def test_monitors(checks):
    checks.process("waits", "local m = process.inbox():receive() return m:topic()")
    checks.process("watches", """
        local target, up = ...
        process.monitor(target)
        process.send(up, "up", 1)
        if select("#", ...) > 2 then return end
        local e = process.events():receive()
        process.send(up, "saw", e.from)
    """)
    checks.run(HELPERS + """
        local events, up, saw = process.events(), process.listen("up"), process.listen("saw")
        check.fail("nothing", "Invalid", "", process.monitor())
        check.fail("nobody", "NotFound", "could not resolve 'nobody'", process.monitor("nobody"))
        check.fail("dead", "Internal", "process not found", process.monitor("{app:procs|0xfffff}"))
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
    checks.run(HELPERS + """
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


def test_names(checks):
    checks.process("named", """
        local name, up = ...
        process.registry.register(name)
        process.registry.register(name .. "2")
        process.send(up, "up", process.pid())
        process.inbox():receive()
    """)
    checks.run(HELPERS + """
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
    checks.run(HELPERS + """
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


def test_looking_without_waiting(checks):
    """A select with a default sees what is in the mailbox, however long nothing else waits."""
    checks.process("sends", "local to = ... for i = 1, 100 do process.send(to, 'n', i) end")
    checks.process("fails", "error('failed')")
    checks.process("polls", """
        local inbox, spins = process.inbox(), 0
        local child = process.spawn_linked("app:fails", "app:procs")
        -- A broken link waits for the end of the computation, and so do messages behind it.
        while spins < 100000 do
          channel.select({inbox:case_receive(), default = true})
          spins = spins + 1
        end
        process.send((...), "spun", spins)
        time.sleep("1h")
    """)
    checks.run(HELPERS + """
        local inbox = process.inbox()
        process.send(process.pid(), "now", 1)
        local r = channel.select({inbox:case_receive(), default = true})
        check.eq("at once", r.value and r.value:payload():data(), 1)
        process.cancel(process.pid())
        check.eq("events too", channel.select({process.events():case_receive(), default = true}).value.kind, "pid.cancel")
        local numbers = process.listen("n")
        process.spawn("app:sends", "app:procs", process.pid())
        local next_one = 1
        repeat
          local n = channel.select({numbers:case_receive(), default = true})
          if not n.default then
            if n.value ~= next_one then check.failed("order", n.value) end
            next_one = next_one + 1
          end
        until next_one > 100
        local spun, events = process.listen("spun"), process.events()
        local pid = process.spawn_monitored("app:polls", "app:procs", process.pid())
        check.eq("not pre-empted by its link", take(spun), 100000)
        check.err("but ended when it waits", take(events).result.error, "", "linked process failed")
    """)


def test_channels_with_several_topics(checks):
    checks.run(HELPERS + """
        local self, own, inbox = process.pid(), channel.new(1), process.inbox()
        check.fail("no topic", "Invalid", "topic cannot be empty", subscribe("", own))
        check.fail("a listener's channel", "Invalid", "", subscribe("a", process.listen("other")))
        check.fail("the inbox", "Invalid", "", subscribe("a", inbox))
        subscribe("a", own)
        subscribe("b", own)
        for i = 1, 6 do process.send(self, i % 2 == 0 and "a" or "b", i) end
        for i = 1, 6 do check.eq("in order over its topics", take(own), i) end
        check.fail("each topic is taken", "AlreadyExists", "", subscribe("b", channel.new(1)))
        for i = 1, 4 do process.send(self, i % 2 == 0 and "a" or "b", i) end
        check.eq("unsubscribe", {unsubscribe(own)}, {true})
        local rest = {}
        while true do
          local v, ok = own:receive()
          if not ok then break end
          rest[#rest + 1] = v
        end
        for i = #rest + 1, 4 do check.eq("the rest goes to the inbox", take(inbox):payload():data(), i) end
        check.that("both topics are free", subscribe("b", channel.new(1)) ~= nil and subscribe("a", channel.new(1)) ~= nil)
        -- A channel the code closed gets nothing more.
        local closed = process.listen("closed")
        process.send(self, "closed", 1)
        closed:close()
        check.eq("closed", {closed:receive()}, {nil, false})
    """)


def test_many_other_messages_wait(checks):
    """Requests and replies on topics of their own, while a long backlog keeps its order."""
    checks.process("answers", """
        local inbox = process.inbox()
        while true do
          local m = inbox:receive()
          if m:topic() == "stop" then return end
          process.send(m:from(), m:payload():data(), m:topic())
        end
    """)
    checks.run(HELPERS + """
        local self, server = process.pid(), process.spawn("app:answers", "app:procs")
        for i = 1, 5000 do process.send(self, "backlog" .. i % 7, i) end
        for i = 1, 300 do
          local reply = process.listen("reply" .. i)
          process.send(server, "request", "reply" .. i)
          if take(reply) ~= "request" then check.failed("reply", i) end
          process.unlisten(reply)
        end
        process.send(server, "stop")
        local third = process.listen("backlog3")
        for i = 3, 5000, 7 do if take(third) ~= i then check.failed("listener", i) end end
        local inbox, ordered = process.inbox(), true
        for i = 1, 5000 do
          if i % 7 ~= 3 then ordered = ordered and take(inbox):payload():data() == i end
        end
        check.that("the inbox in order", ordered)
    """)


def test_last_words(checks):
    """What a process sent before it ended comes before the news of its end."""
    checks.process("talks", """
        local to, how = ...
        for i = 1, 20 do process.send(to, "word", i) end
        if how == "fail" then error("failed") end
        return "done"
    """)
    checks.run(HELPERS + """
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
    checks.run(HELPERS + """
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
    checks.run(HELPERS + """
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
    checks.run(HELPERS + """
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
