"""Sleeping, timers and tickers."""


def test_waits(checks):
    checks.function("leaves", "time.after('1ms') time.ticker('1ms') time.timer('1ms') return 'left'")
    checks.run("""
        -- sleep.
        check.eq("sleep returns nothing", select("#", time.sleep("1ms")), 0)
        check.eq("not positive", {select("#", time.sleep(0)), select("#", time.sleep(-5)), select("#", time.sleep("-1s"))}, {0, 0, 0})
        check.fail("bad text", "Invalid", "", time.sleep("soon"))
        check.fail("bad type", "Invalid", "", time.sleep({}))
        local begun = time.now()
        time.sleep(20 * time.MILLISECOND)
        check.that("not early", time.now():sub(begun):milliseconds() >= 20)
        time.sleep(time.parse_duration("1ms"))
        -- Only the calling coroutine.
        local order, done = {}, channel.new(3)
        for _, ms in ipairs({30, 10, 20}) do
          coroutine.spawn(function() time.sleep(ms .. "ms") order[#order + 1] = ms done:send(1) end)
        end
        for i = 1, 3 do done:receive() end
        check.eq("in order of their ends", order, {10, 20, 30})

        -- after.
        check.fail("after: not positive", "Invalid", "time.after: duration must be > 0", time.after(0))
        check.fail("after: bad", "Invalid", "", time.after("x"))
        local c = time.after("1ms")
        local t, ok = c:receive()
        check.eq("fires", {type(t), ok, type(t:unix())}, {"userdata", true, "number"})
        check.eq("then closed", {c:receive()}, {nil, false})
        check.eq("ready for ever", channel.select({c:case_receive()}).ok, false)
        c = time.after("1ms")
        time.sleep("10ms")
        check.eq("kept until read", select(2, c:receive()), true)
        check.eq("timeout pattern", channel.select({process.inbox():case_receive(), time.after("5ms"):case_receive()}).ok, true)

        -- timer.
        check.fail("timer: not positive", "Invalid", "time.timer: duration must be > 0", time.timer(-1))
        local timer = time.timer("1h")
        check.that("one channel", timer:response() == timer:channel())
        local woken = channel.new(1)
        coroutine.spawn(function() woken:send({timer:response():receive()}) end)
        check.eq("stop", timer:stop(), true)
        check.eq("wakes who waits", woken:receive(), {nil, false})
        check.eq("stop again", timer:stop(), false)
        check.eq("reset of a stopped one", timer:reset("1ms"), false)
        timer = time.timer("1h")
        check.eq("reset", timer:reset("1ms"), true)
        check.eq("fires", select(2, timer:response():receive()), true)
        check.eq("stop of a fired one", timer:stop(), false)
        check.eq("reset of a fired one", timer:reset("1ms"), false)
        check.raises("reset to nothing", "", function() time.timer("1h"):reset(0) end)
        check.raises("reset to rubbish", "", function() time.timer("1h"):reset("x") end)
        timer = time.timer("1ms")
        time.sleep("10ms")
        timer:stop()
        check.eq("delivered before the stop", select(2, timer:response():receive()), true)
        check.eq("then closed", {timer:response():receive()}, {nil, false})
        timer = time.timer("1ms")
        timer:reset("20ms")
        begun = time.now()
        timer:response():receive()
        check.eq("only once", {timer:response():receive()}, {nil, false})

        -- ticker.
        check.fail("ticker: not positive", "Invalid", "time.ticker: duration must be > 0", time.ticker("0s"))
        local ticker = time.ticker("2ms")
        local last
        for i = 1, 5 do
          local tick, tick_ok = ticker:channel():receive()
          check.that("tick", tick_ok and (not last or tick:after(last)))
          last = tick
        end
        time.sleep("60ms")
        check.eq("stop", ticker:stop(), true)
        check.eq("stop again", ticker:stop(), true)
        local buffered = 0
        while select(2, ticker:response():receive()) do buffered = buffered + 1 end
        check.eq("at most 16 wait", buffered, 16)
        check.eq("closed", {ticker:response():receive()}, {nil, false})
        check.raises("a ticker has no reset", "", function() ticker:reset("1ms") end)

        -- What a call leaves behind disturbs nobody.
        for i = 1, 5 do check.eq("call", funcs.call("app:leaves"), "left") end
        time.sleep("5ms")
        check.eq("inbox stays empty", channel.select({process.inbox():case_receive(), default = true}).default, true)
        -- Many.
        local fired, all = 0, channel.new(500)
        for i = 1, 500 do
          coroutine.spawn(function() time.after((i % 7 + 1) .. "ms"):receive() all:send(1) end)
        end
        for i = 1, 500 do all:receive() fired = fired + 1 end
        check.eq("all fired", fired, 500)
    """)
