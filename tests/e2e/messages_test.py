"""Messages: sending, routing, channels and their order."""
from harness.checks import TAKE


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
    checks.run(TAKE + """
        local self = process.pid()
        check.fail("no arguments", "Invalid", "", process.send())
        check.fail("no topic", "Invalid", "", process.send(self))
        check.fail("runtime topic", "Invalid", "cannot send to @ topics", process.send(self, "@x"))
        check.fail("no such name", "NotFound", "could not resolve 'nobody' as PID or registered name", process.send("nobody", "x"))
        check.fail("no such host", "NotFound", "host not found", process.send("{app:nowhere|0x00001}", "x"))
        check.fail("no such process", "NotFound", "process not found", process.send("{app:procs|0xfffff}", "x"))
        check.fail("no such node", "NotFound", "node not found", process.send("{other@app:procs|0x00001}", "x"))
        check.fail("nobody of another node", "NotFound", "node not found", process.send((self:gsub("{", "{other@")), "x"))
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
        check.that("and not back", process.listen("raw") == raw)
        process.send(self, "raw", 10)
        check.eq("still a message", take(raw):payload():data(), 10)
        -- Copied when it is sent.
        local content = {v = 1, inner = {2}}
        process.send(self, "raw", content)
        content.inner[1] = "changed"
        check.eq("a copy", take(raw):payload():data(), {v = 1, inner = {2}})
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
    checks.run(TAKE + """
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

        check.eq("the events too", {process.unlisten(events)}, {true})
        check.that("and open again", process.events() ~= events)

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
        check.that("any topic", subscribe("@own", channel.new(1)) ~= nil)
        -- An unbuffered channel of one's own.
        local rendezvous = channel.new()
        subscribe("meet", rendezvous)
        process.send(self, "meet", 1)
        process.send(self, "meet", 2)
        check.eq("rendezvous", {take(rendezvous), take(rendezvous)}, {1, 2})
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
    checks.run(TAKE + """
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
    checks.run(TAKE + """
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
    checks.run(TAKE + """
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
