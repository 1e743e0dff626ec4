"""Futures of calls, in every state."""


def test_futures(checks):
    checks.function("value", "return (...)")
    checks.function("fails", "return nil, errors.new({message = 'no', kind = errors.CONFLICT, details = {a = 1}})")
    checks.function("waits", """
        process.send((...), "up", process.pid())
        local inbox = process.inbox()
        return inbox:receive():payload():data()
    """)
    checks.run("""
        local f, err = funcs.async("app:value", 42)
        check.eq("no error", err, nil)
        local channel_of = f:response()
        check.that("one channel", channel_of == f:channel() and channel_of == f:response())
        local p, ok = channel_of:receive()
        check.eq("payload", {p:data(), ok, p:get_format()}, {42, true, "lua/any"})
        check.eq("then closed", {channel_of:receive()}, {nil, false})
        check.eq("complete", {f:is_complete(), f:is_canceled()}, {true, false})
        local r, rerr = f:result()
        check.that("the same payload", r == p and rerr == nil)
        check.eq("read again", {r:data(), r:data()}, {42, 42})
        check.eq("error()", {f:error()}, {nil, false})
        check.that("tostring", #tostring(f) > 0)

        f = funcs.async("app:value", nil)
        p, ok = f:response():receive()
        check.eq("nil result", {type(p), ok, p:data() == nil}, {"userdata", true, true})
        check.eq("nil result, then", {f:response():receive()}, {nil, false})

        f = funcs.async("app:fails")
        local e, eok = f:response():receive()
        check.err("failure is a value", e, "Conflict", "no")
        check.eq("with ok", eok, true)
        check.eq("then closed too", {f:response():receive()}, {nil, false})
        check.fail("result of a failure", "Conflict", "no", f:result())
        local wrapped, failed = f:error()
        check.err("error() of a failure", wrapped, "Internal", "async call failed: no")
        check.eq("failed", failed, true)
        check.eq("wrapped: retryable", wrapped:retryable(), false)

        f, err = funcs.async("app:absent")
        check.that("an unknown target comes through the future", f ~= nil and err == nil)
        check.err("as value", (f:response():receive()), "NotFound", "no handler registered")
        check.fail("bad target at once", "Invalid", "function ID required", funcs.async(""))
        check.fail("bad target at once", "Invalid", "namespace required", funcs.async("x"))

        local up = process.listen("up")
        f = funcs.async("app:waits", process.pid())
        check.eq("pending", {f:is_complete(), f:is_canceled(), f:result()}, {false, false})
        check.eq("pending error", {f:error()}, {nil, false})
        local callee = up:receive()
        check.eq("cancel", {f:cancel()}, {true})
        check.eq("canceled", {f:is_canceled(), f:is_complete()}, {true, false})
        check.fail("result", "Canceled", "canceled", f:result())
        check.eq("channel", {f:response():receive()}, {nil, false})
        check.eq("again", {f:cancel()}, {true})
        -- The callee goes on.
        local events = process.events()
        process.monitor(callee)
        check.eq("alive", {process.send(callee, "go", "done")}, {true})
        local exit = events:receive()
        check.eq("ran to its end", exit.result, {value = "done"})
        check.eq("result ignored", {f:is_complete(), f:response():receive()}, {false, nil, false})

        -- A waiting receiver is woken by cancel.
        f = funcs.async("app:waits", process.pid())
        local done = channel.new(1)
        coroutine.spawn(function() done:send({f:response():receive()}) end)
        f:cancel()
        check.eq("woken", done:receive(), {nil, false})
        process.send(up:receive(), "go", 1)

        -- Cancelled after completion.
        f = funcs.async("app:value", 5)
        f:response():receive()
        f:cancel()
        check.fail("completed, then cancelled", "Canceled", "canceled", f:result())
        -- Not received from, the channel keeps the value.
        f = funcs.async("app:value", 6)
        while not f:is_complete() do time.sleep("1ms") end
        check.eq("result first", f:result():data(), 6)
        check.eq("then the channel", f:response():receive():data(), 6)

        -- What comes for a cancelled one never reaches the inbox.
        f = funcs.async("app:value", "late")
        f:cancel()
        for i = 1, 20 do funcs.call("app:value", i) end
        check.eq("nothing in the inbox", channel.select({process.inbox():case_receive(), default = true}).default, true)

        -- Many at once, in a select with a timer.
        local futures = {}
        for i = 1, 200 do futures[i] = funcs.async("app:value", i) end
        local sum, limit = 0, time.after("30s")
        for i = 1, 200 do
          local got = channel.select({futures[i]:response():case_receive(), limit:case_receive()})
          sum = sum + got.value:data()
        end
        check.eq("all came", sum, 20100)
        check.raises("wrong receiver", "bad argument", function() f.result({}) end)
    """)


def test_futures_that_nobody_keeps(checks):
    """They are collected at any time, also while their results are unpacked."""
    checks.function("many", """
        local tables = {}
        for i = 1, 200 do tables[i] = {i} end
        return tables
    """)
    checks.run("""
        local received, open = 0, 0
        for round = 1, 40 do
          for i = 1, 30 do funcs.async("app:many") end
          local channel_of = funcs.async("app:many"):response()
          open = open + 1
          coroutine.spawn(function()
            if #channel_of:receive():data() == 200 then received = received + 1 end
            open = open - 1
          end)
          time.sleep("2ms")
        end
        while open > 0 do time.sleep("1ms") end
        check.eq("all results", received, 40)
    """)
