"""Channels: every row of core-modules chapter 3."""


def test_channels(checks):
    checks.run("""
        local function spawn(f) return coroutine.spawn(f) end
        local log
        local function note(x) log[#log + 1] = x end

        -- Construction.
        check.raises("size of a wrong type", "bad argument", channel.new, "x")
        check.raises("size of a wrong type", "bad argument", channel.new, {})
        local c = channel.new(-3)
        check.eq("type", type(c), "userdata")
        local t = {[c] = "key"}
        check.eq("a table key", t[c], "key")
        check.eq("negative is a rendezvous", channel.select({c:case_send(1), default = true}).default, true)

        -- Buffered.
        c = channel.new(2)
        check.eq("send", {c:send("a")}, {true})
        check.eq("send nil", {c:send()}, {true})
        check.eq("full", channel.select({c:case_send(1), default = true}).default, true)
        check.eq("receive", {c:receive()}, {"a", true})
        check.eq("receive nil", {c:receive()}, {nil, true})
        c:send(1) c:send(2)
        check.eq("close", select("#", c:close()), 0)
        check.eq("close again", select("#", c:close()), 0)
        check.raises("send on closed", "send on closed channel", function() c:send(1) end)
        check.eq("buffered values first", {c:receive()}, {1, true})
        check.eq("buffered values first", {c:receive()}, {2, true})
        check.eq("then closed", {c:receive()}, {nil, false})
        check.eq("for ever", {c:receive()}, {nil, false})
        check.raises("wrong receiver", "bad argument", function() c.receive({}) end)

        -- Rendezvous, both ways, in order.
        log = {}
        c = channel.new()
        spawn(function() note("r1 " .. tostring(c:receive())) end)
        spawn(function() note("r2 " .. tostring(c:receive())) end)
        c:send("x") note("sent x")
        c:send("y") note("sent y")
        coroutine.yield() coroutine.yield()
        check.eq("sender first, then receiver", log, {"sent x", "r1 x", "sent y", "r2 y"})
        log = {}
        spawn(function() c:send("a") note("a sent") end)
        spawn(function() c:send("b") note("b sent") end)
        note(c:receive()) note(c:receive())
        coroutine.yield()
        check.eq("receiver first, then sender", log, {"a", "a sent", "b", "b sent"})
        -- A sender blocked on a full buffer moves up.
        c = channel.new(1)
        c:send(1)
        log = {}
        spawn(function() note(c:send(2)) end)
        check.eq("oldest", {c:receive()}, {1, true})
        check.eq("moved up", {c:receive()}, {2, true})
        coroutine.yield()
        check.eq("the sender went on", log, {true})

        -- Close and who waits.
        c = channel.new()
        log = {}
        spawn(function() local v, ok = c:receive() note({v, ok}) end)
        spawn(function() local r = channel.select({c:case_receive()}) note({r.value, r.ok, r.channel == c}) end)
        c:close()
        note("closer")
        check.eq("in order, then the closer", log, {{nil, false}, {nil, false, true}, "closer"})
        c = channel.new()
        log = {}
        spawn(function() local v, e = c:send(1) note({v, tostring(e), e:kind()}) end)
        spawn(function() local v, e = channel.select({c:case_send(1)}) note({v, tostring(e)}) end)
        c:close()
        check.eq("senders", log, {{nil, "send on closed channel", ""}, {nil, "send on closed channel"}})
    """)


def test_select(checks):
    checks.run("""
        check.raises("no table", "bad argument", channel.select, 5)
        check.raises("default of a wrong type", "bad argument", channel.select, {}, 5)
        local a, b, full = channel.new(1), channel.new(1), channel.new(0)
        local r = channel.select({a:case_receive(), default = true})
        check.eq("default", {r.default, r.ok, r.channel, r.value}, {true, true})
        check.eq("default as an argument", channel.select({a:case_receive()}, true).default, true)
        check.eq("empty with default", channel.select({}, true).default, true)
        check.eq("bare channels are skipped", channel.select({a, 5, "x", default = true}).default, true)
        b:send("b")
        a:send("a")
        r = channel.select({b:case_receive(), a:case_receive()})
        check.eq("first ready", {r.value, r.ok, r.channel == b, r.default}, {"b", true, true})
        r = channel.select({b:case_receive(), a:case_receive()})
        check.eq("only ready", r.value, "a")
        r = channel.select({full:case_send(1), a:case_send("sent")})
        check.eq("send", {r.value, r.ok, r.channel == a}, {"sent", true, true})
        check.eq("arrived", a:receive(), "sent")
        r = channel.select({nil, b:case_send(1), default = true})
        check.eq("holes", r.value, 1)
        r = channel.select({named = b:case_receive()})
        check.eq("named", r.value, 1)
        check.eq("default must be true", channel.select({a:case_send(2), default = false}).value, 2)
        a:receive()
        a:send(nil)
        r = channel.select({a:case_receive()})
        check.eq("nil value", {r.value, r.ok}, {nil, true})
        local x = channel.new()
        x:close()
        r = channel.select({x:case_receive()})
        check.eq("closed", {r.value, r.ok, r.channel == x}, {nil, false, true})
        check.eq("send to closed is never ready", channel.select({x:case_send(1), default = true}).default, true)

        -- Waiting: the first event decides, the other registrations go.
        local c, d = channel.new(), channel.new()
        local got = channel.new(10)
        coroutine.spawn(function()
          for i = 1, 3 do
            local s = channel.select({c:case_receive(), d:case_receive()})
            got:send({s.channel == c and "c" or "d", s.value})
          end
        end)
        d:send(1) c:send(2) d:send(3)
        check.eq("one by one", {got:receive(), true, got:receive(), true, got:receive()}, {{"d", 1}, true, {"c", 2}, true, {"d", 3}, true})
        check.eq("nobody waits any more", channel.select({c:case_send(9), default = true}).default, true)
        -- Arrival counts, not whether it is a receive or a select.
        coroutine.spawn(function() got:send({"select", channel.select({c:case_receive()}).value}) end)
        coroutine.spawn(function() got:send({"receive", (c:receive())}) end)
        c:send("first") c:send("second")
        check.eq("order", {(got:receive()), (got:receive())}, {{"select", "first"}, {"receive", "second"}})
        -- Two selects meet.
        coroutine.spawn(function() got:send(channel.select({c:case_send("from select"), d:case_receive()}).value) end)
        check.eq("select and select", channel.select({d:case_receive(), c:case_receive()}).value, "from select")
        check.eq("both", got:receive(), "from select")
        -- A fresh table each.
        a:send(1)
        local case = a:case_receive()
        local r1 = channel.select({case})
        a:send(2)
        local r2 = channel.select({case})
        check.eq("cases can be used again", {r1.value, r2.value, r1 ~= r2}, {1, 2, true})
        -- With many channels.
        local cases, many = {}, {}
        for i = 1, 300 do many[i] = channel.new(1) cases[i] = many[i]:case_receive() end
        many[297]:send("far")
        check.eq("many", channel.select(cases).value, "far")
    """)


def test_order_of_coroutines(checks):
    checks.run("""
        local log = {}
        local function note(x) log[#log + 1] = x end
        -- The new coroutine runs up to its first wait before spawn returns.
        note("before")
        coroutine.spawn(function() note("child") coroutine.yield() note("child again") end)
        note("after")
        coroutine.yield()
        check.eq("spawn", log, {"before", "child", "after", "child again"})
        -- Those that can run already go first.
        log = {}
        coroutine.spawn(function() note("1") coroutine.yield() note("1 again") end)
        coroutine.spawn(function() note("2") end)
        note("main")
        coroutine.yield()
        check.eq("batches", log, {"1", "1 again", "2", "main"})
        -- Buffered operations do not switch.
        log = {}
        local c = channel.new(5)
        coroutine.spawn(function() coroutine.yield() note("other") end)
        c:send(1) c:send(2) note(c:receive()) channel.select({c:case_receive()}) c:close() note("main")
        coroutine.yield()
        check.eq("no switch", log, {1, "main", "other"})
        -- The same every time.
        local function run()
          local out, done = {}, channel.new(10)
          for i = 1, 10 do
            coroutine.spawn(function()
              for k = 1, 3 do out[#out + 1] = i * 10 + k coroutine.yield() end
              done:send(i)
            end)
          end
          for i = 1, 10 do done:receive() end
          return table.concat(out, ",")
        end
        check.eq("deterministic", run(), run())
        -- spawn's arguments and results.
        check.raises("no function", "bad argument", coroutine.spawn, 5)
        check.raises("a native function", "bad argument", coroutine.spawn, print)
        local count
        local thread = coroutine.spawn(function(...) count = select("#", ...) return 1, "ignored" end, 1, 2)
        check.eq("thread", {type(thread), count}, {"thread", 0})
    """)
