"""Who is cancelled with whom."""


def test_cancellation_reaches_three_levels(checks):
    checks.function("level3", "process.send((...), 'up', process.pid()) time.sleep('1h')")
    checks.function("level2", "process.send((...), 'up', process.pid()) return funcs.call('app:level3', (...))")
    checks.function("level1", "process.send((...), 'up', process.pid()) return funcs.call('app:level2', (...))")
    checks.function("spins", "process.send((...), 'up', process.pid()) while true do pcall(function() while true do end end) end")
    checks.function("retries", """
        process.send((...), 'up', process.pid())
        return funcs.new():with_options({retry = {max_attempts = 9, initial_delay = 3600000}}):call('app:unavailable')
    """)
    checks.function("unavailable", "return nil, errors.new({message = 'u', kind = errors.UNAVAILABLE, retryable = true})")
    checks.function("starts_async", """
        process.send((...), 'up', process.pid())
        funcs.async('app:level3', (...))
        return 'returned'
    """)
    checks.process("root", """
        local how, reply, target = ...
        if how == "async" then
          local f = funcs.async(target, reply)
        elseif how == "call" then
          coroutine.spawn(function() funcs.call(target, reply) end)
        else
          process.send(reply, "value", (funcs.call(target, reply)))
        end
        local message = process.inbox():receive()
        if message:topic() == "fail" then error("failed") end
        return "ended"
    """)
    checks.run("""
        local up, events = process.listen("up"), process.events()
        local function expect_canceled(name, pids)
          local left = {}
          for _, pid in ipairs(pids) do left[pid] = true end
          for _ = 1, #pids do
            local event = events:receive()
            check.that(name .. ": which", left[event.from], event)
            left[event.from] = nil
            check.err(name, event.result.error, "Canceled", "context canceled")
          end
        end
        for _, how in ipairs({"call", "async"}) do
          for _, ending in ipairs({"return", "fail", "terminate"}) do
            local root = process.spawn("app:root", "app:procs", how, process.pid(), "app:level1")
            local pids = {(up:receive()), (up:receive()), (up:receive())}
            for _, pid in ipairs(pids) do process.monitor(pid) end
            if ending == "terminate" then
              process.terminate(root)
            else
              process.send(root, ending)
            end
            expect_canceled(how .. ", " .. ending, pids)
          end
        end
        -- Who watches both hears of the root first.
        local first = process.spawn_monitored("app:root", "app:procs", "call", process.pid(), "app:level3")
        local below = up:receive()
        process.monitor(below)
        process.send(first, "return")
        check.eq("the root, then its calls", {events:receive().from, events:receive().from}, {first, below})
        -- Code that computes, and swallows errors, stops as well.
        local root = process.spawn("app:root", "app:procs", "call", process.pid(), "app:spins")
        local pid = up:receive()
        process.monitor(pid)
        process.terminate(root)
        expect_canceled("computing", {pid})
        -- So does the wait between two attempts.
        root = process.spawn("app:root", "app:procs", "call", process.pid(), "app:retries")
        pid = up:receive()
        process.monitor(pid)
        process.terminate(root)
        expect_canceled("retrying", {pid})
        -- process.cancel of the root is only an event.
        root = process.spawn("app:root", "app:procs", "call", process.pid(), "app:level3")
        pid = up:receive()
        process.monitor(pid)
        process.cancel(root)
        check.eq("alive after cancel", {process.send(pid, "x")}, {true})
        -- process.cancel of a function: only an event too.
        check.eq("cancel of a call", {process.cancel(pid)}, {true})
        check.eq("alive after that", {process.send(pid, "x")}, {true})
        check.fail("terminate of a call", "Internal", "host does not implement process.Host", process.terminate(pid))
        process.terminate(root)
        expect_canceled("at last", {pid})
        -- What a function started asynchronously outlives its return, not the root.
        local values = process.listen("value")
        root = process.spawn("app:root", "app:procs", "wait", process.pid(), "app:starts_async")
        up:receive()
        pid = up:receive()
        check.eq("returned", values:receive(), "returned")
        process.monitor(pid)
        check.eq("alive after the return", {process.send(pid, "x")}, {true})
        process.send(root, "return")
        expect_canceled("with the root", {pid})
    """)


def test_cancellation_reaches_a_query_that_does_not_end(checks):
    checks.unit("workflow.lua", "flow", """
        local workflow, time = require("workflow"), require("time")
        return {main = function()
          workflow.on_query("endless", function() while true do end end)
          time.sleep("1h")
        end}
    """, "modules: [workflow, time]")
    checks.function("asks", """
        process.send((...), "up", process.pid())
        return require("workflow").query(select(2, ...), "endless")
    """, "modules: [workflow]")
    checks.process("root", """
        local reply, id = ...
        coroutine.spawn(function() funcs.call("app:asks", reply, id) end)
        process.inbox():receive()
    """)
    checks.run("""
        local up, events = process.listen("up"), process.events()
        local id = process.spawn("app:flow", "trivium:workflow_worker")
        local root = process.spawn("app:root", "app:procs", process.pid(), id)
        local asks = up:receive()
        process.monitor(asks)
        process.send(root, "end")
        local event = events:receive()
        check.eq("who", event.from, asks)
        check.err("how", event.result.error, "Canceled", "context canceled")
        process.terminate(id)
    """)
