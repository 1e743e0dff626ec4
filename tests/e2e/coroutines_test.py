"""Coroutines made by hand, and what suspends inside them."""


def test_standard_coroutines(checks):
    checks.run("""
        local co = coroutine.create(function(a, b)
          local c = coroutine.yield(a + b)
          local d, e = coroutine.yield(c * 2)
          return d, e
        end)
        check.eq("status", coroutine.status(co), "suspended")
        check.eq("resume", {coroutine.resume(co, 1, 2)}, {true, 3})
        check.eq("resume", {coroutine.resume(co, 10)}, {true, 20})
        check.eq("return", {coroutine.resume(co, "d", nil, 5)}, {true, "d", nil})
        check.eq("dead", {coroutine.status(co), coroutine.resume(co)}, {"dead", false, "can not resume a dead thread"})
        local self
        co = coroutine.create(function() return coroutine.resume(self) end)
        self = co
        check.eq("itself", {coroutine.resume(co)}, {true, false, "can not resume a running thread"})
        local outer
        outer = coroutine.create(function()
          local inner = coroutine.create(function() return coroutine.status(outer), coroutine.resume(outer) end)
          return select(2, coroutine.resume(inner))
        end)
        check.eq("its resumer", {coroutine.resume(outer)}, {true, "normal", false, "can not resume a running thread"})
        check.eq("running", {type(coroutine.running()), coroutine.status(coroutine.running())}, {"thread", "running"})
        local gen = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
        local seen = {}
        for v in gen do seen[#seen + 1] = v end
        check.eq("wrap", seen, {1, 2, 3})
        check.raises("wrap of a dead one", "can not resume a dead thread", gen)
        local e = errors.new("object")
        local w = coroutine.wrap(function() error(e) end)
        local ok, got = pcall(w)
        check.that("errors unchanged", not ok and got == e)
        co = coroutine.create(function() error({code = 1}) end)
        local ok2, v = coroutine.resume(co)
        check.eq("error value", {ok2, v.code, coroutine.status(co)}, {false, 1, "dead"})
        check.raises("no function", "bad argument", coroutine.create, 5)
        check.raises("no coroutine", "bad argument", coroutine.resume, 5)
        -- Yield passes through pcall, metamethods and iterators.
        co = coroutine.wrap(function()
          local ok, v = pcall(function() return coroutine.yield("in pcall") end)
          local t = setmetatable({}, {__index = function(_, k) return coroutine.yield(k) end, __add = function() return coroutine.yield("add") end})
          local m, a = t.member, t + t
          for x in function(_, last) if not last then return coroutine.yield("iterator") end end do v = v .. x end
          return v .. m .. a
        end)
        check.eq("pcall", co(), "in pcall")
        check.eq("index", co("1"), "member")
        check.eq("add", co("2"), "add")
        check.eq("iterator", co("3"), "iterator")
        check.eq("all", co("4"), "1423")
        check.raises("under a C function", "attempt to yield across a C-call boundary", coroutine.wrap(function()
          table.sort({2, 1}, function() coroutine.yield() end)
        end))
        -- Nested deeply.
        local function nest(n) if n == 0 then return coroutine.yield("bottom") end return coroutine.wrap(nest)(n - 1) end
        check.eq("nested", coroutine.wrap(nest)(50), "bottom")
        local function runaway(n) return coroutine.wrap(runaway)(n + 1) end
        check.raises("runaway", "overflow", runaway, 1)
    """)


def test_waits_inside_coroutines(checks):
    checks.function("double", "time.sleep('1ms') return (...) * 2")
    checks.run("""
        -- A wait suspends the unit's coroutine, not the resume.
        local co = coroutine.create(function(x)
          local v = funcs.call("app:double", x)
          local y = coroutine.yield(v)
          time.sleep("1ms")
          return (funcs.call("app:double", y))
        end)
        check.eq("call", {coroutine.resume(co, 4)}, {true, 8})
        check.eq("and again", {coroutine.resume(co, 5)}, {true, 10})
        -- Through several levels, pcall in between.
        local w = coroutine.wrap(function()
          local inner = coroutine.wrap(function()
            local ok, v = pcall(function() time.sleep("1ms") return funcs.call("app:double", 3) end)
            coroutine.yield(ok, v)
            error("inner failed")
          end)
          local ok, v = inner()
          coroutine.yield(v)
          local ok2, e = pcall(inner)
          return tostring(e)
        end)
        check.eq("level 2", w(), 6)
        check.that("error after a wait", w():find("inner failed"))
        -- Channel operations.
        local c, out = channel.new(), channel.new(20)
        coroutine.spawn(coroutine.wrap and function()
          local producer = coroutine.wrap(function() for i = 1, 3 do c:send(i) coroutine.yield("p" .. i) end end)
          for i = 1, 3 do out:send(producer()) end
        end)
        local consumer = coroutine.wrap(function() for i = 1, 3 do coroutine.yield((c:receive())) end end)
        check.eq("received", {consumer(), consumer(), consumer()}, {1, 2, 3})
        check.eq("sent", {(out:receive()), (out:receive()), (out:receive())}, {"p1", "p2", "p3"})
        local s = coroutine.wrap(function() return channel.select({c:case_receive()}).value end)
        coroutine.spawn(function() c:send("selected") end)
        check.eq("select", s(), "selected")
        -- spawn inside a coroutine.
        local log = {}
        coroutine.wrap(function()
          coroutine.spawn(function() log[#log + 1] = "child" end)
          log[#log + 1] = "after"
        end)()
        check.eq("spawn", log, {"child", "after"})
        -- Others see a coroutine that waits as busy.
        local sleeper = coroutine.create(function() time.sleep("20ms") return "slept" end)
        local done = channel.new(1)
        coroutine.spawn(function() done:send({coroutine.resume(sleeper)}) end)
        check.eq("status", coroutine.status(sleeper), "normal")
        check.eq("resume", {coroutine.resume(sleeper)}, {false, "can not resume a running thread"})
        check.eq("slept", done:receive(), {true, "slept"})
        check.eq("then dead", coroutine.status(sleeper), "dead")
        -- The unit's own coroutines are not for resume.
        local gate = channel.new()
        local task = coroutine.spawn(function() gate:receive() end)
        check.eq("task", {coroutine.resume(task)}, {false, "can not resume a running thread"})
        gate:send(1)
        coroutine.yield()
        check.eq("ended task", {coroutine.resume(task)}, {false, "can not resume a dead thread"})
        -- Waits through pcall, metamethods and iterators; errors that come after a wait.
        local ok, e = pcall(function() time.sleep("1ms") error("late") end)
        check.that("pcall", not ok and tostring(e):find("late"))
        ok, e = xpcall(function() time.sleep("1ms") error("late") end, function(m) return "handled " .. tostring(m) end)
        check.that("xpcall", not ok and e:find("handled .*late"), e)
        local t = setmetatable({}, {__index = function(_, k) return (funcs.call("app:double", k)) end})
        check.eq("metamethod", t[21], 42)
        local sum = 0
        for v in function(_, last) last = (last or 0) + 1 if last <= 3 then return (funcs.call("app:double", last)) / 2 end end do sum = sum + v end
        check.eq("iterator", sum, 6.0)
        check.raises("sort", "attempt to yield across a C-call boundary", table.sort, {2, 1}, function() time.sleep("1ms") end)
        check.raises("gsub", "attempt to yield across a C-call boundary", string.gsub, "x", "x", function() time.sleep("1ms") end)
        local sorted = {3, 1, 2}
        table.sort(sorted)
        check.eq("which leaves things in order", sorted, {1, 2, 3})
        -- Many at once.
        local total, finished = 0, channel.new(100)
        for i = 1, 100 do
          coroutine.spawn(function()
            local doubled = coroutine.wrap(function() return (funcs.call("app:double", i)) end)()
            total = total + doubled
            finished:send(1)
          end)
        end
        for i = 1, 100 do finished:receive() end
        check.eq("many", total, 10100)
    """)


def test_top_level_code_cannot_wait(checks):
    for name, code in {
        "sleep": "time.sleep('1ms')", "spawn": "coroutine.spawn(function() end)", "receive": "channel.new():receive()",
        "call": "funcs.call('app:f')", "inbox": "process.inbox()", "send": "process.send(process.pid(), 'x')",
    }.items():
        checks.unit("process.lua", name, code + "\nreturn {main = function() end}", "modules: [time, funcs]")
    checks.unit("process.lua", "allowed", """
        local c = channel.new(1)
        c:send(1)
        local running = coroutine.running()
        local made = coroutine.wrap(function() coroutine.yield(5) end)()
        return {main = function() return {c:receive(), running == nil, made, tostring(time.now()) ~= ""} end}
    """, "modules: [time]")
    checks.run("""
        for _, name in ipairs({"sleep", "spawn", "receive", "call", "inbox", "send"}) do
          check.fail(name, "Internal", "can not yield from outside of a coroutine", process.spawn("app:" .. name, "app:procs"))
        end
        check.eq("allowed", process.exec("app:allowed", "app:procs"), {1, true, 5, true})
    """)
