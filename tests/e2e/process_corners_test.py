"""Rules of processes that show only when several things meet."""
from harness.checks import TAKE


def test_a_trap_counts_when_the_failure_is_looked_at(checks):
    """Not when it was sent: taken away before that, it does not protect."""
    checks.process("partner", "process.inbox():receive() error('failed')")
    checks.process("untraps", """
        local up, partner, passes = ...
        process.set_options({trap_links = true})
        process.link(partner)
        process.send(up, "up", process.pid())
        -- The partner fails while this computes, and computing is not interrupted by that.
        while process.registry.lookup("partner is gone") == nil do end
        process.set_options({trap_links = false})
        process.events():receive()
        return "survived"
    """)
    checks.entries("- {name: single, kind: process.host, lifecycle: {auto_start: true}}")
    checks.run(TAKE + """
        local up, events = process.listen("up"), process.events()
        local partner = process.spawn_monitored("app:partner", "app:procs")
        local pid = process.spawn_monitored("app:untraps", "app:single", process.pid(), partner)
        take(up)
        process.send(partner, "fail")
        check.eq("the partner", take(events).from, partner)
        process.registry.register("partner is gone")
        local e = take(events)
        check.eq("who", e.from, pid)
        check.err("not protected", e.result.error, "", "linked process failed")
    """)


def test_arguments_keep_their_number(checks):
    checks.process("counts", "return select('#', ...)")
    checks.process("upgrades", "process.upgrade('app:counts', nil, 1, nil, nil)")
    checks.process("spawned", "process.send((...), 'n', select('#', ...))")
    checks.run(TAKE + """
        local n, inbox = process.listen("n"), process.inbox()
        check.eq("exec", process.exec("app:counts", "app:procs", 1, nil, nil), 3)
        check.eq("exec with nothing", process.exec("app:counts", "app:procs"), 0)
        check.eq("upgrade", process.exec("app:upgrades", "app:procs"), 4)
        process.spawn("app:spawned", "app:procs", process.pid(), nil, nil)
        check.eq("spawn", take(n), 3)
        process.with_context({}):spawn("app:spawned", "app:procs", process.pid(), nil)
        check.eq("of a builder", take(n), 2)
        process.send(process.pid(), "t", 1, nil, nil)
        check.eq("message", #take(inbox):payload(), 3)
    """)


def test_a_name_is_taken_only_by_what_starts(checks):
    checks.unit("process.lua", "broken", "error('while loading')")
    checks.unit("process.lua", "no_main", "return {}")
    checks.process("waits", "process.inbox():receive()")
    checks.run("""
        local named = process.with_options({}):with_name("n"):with_message("m", 1)
        for _, entry in ipairs({"app:broken", "app:no_main", "app:absent"}) do
          local pid, err = named:spawn(entry, "app:procs")
          check.eq(entry, {pid, type(err)}, {nil, "userdata"})
          check.fail(entry, "NotFound", "name not registered", process.registry.lookup("n"))
        end
        local pid = named:spawn("app:waits", "app:procs")
        check.eq("then free for another", process.registry.lookup("n"), pid)
    """)


def test_nothing_of_the_old_code_reaches_the_new(checks):
    """Timers, calls in flight and coroutines of the one before an upgrade, which any coroutine may ask for."""
    checks.function("late", "process.send('boss', 'late', process.pid()) process.listen('go'):receive() return 'late'")
    checks.process("old", """
        local ticker = time.ticker("1ms")
        local future = funcs.async("app:late")
        coroutine.spawn(function() while true do time.sleep("1ms") process.send("boss", "old", 1) end end)
        process.listen("other")
        process.send(process.pid(), "kept", 1)
        coroutine.spawn(function()
          process.listen("upgrade"):receive()
          process.upgrade("app:new")
        end)
        channel.new():receive()
    """)
    checks.process("new", """
        local inbox, got = process.inbox(), {}
        process.send("boss", "new", process.pid())
        while true do
          local m = inbox:receive()
          if m:topic() == "end" then return got end
          got[#got + 1] = m:topic()
        end
    """)
    checks.run(TAKE + """
        process.registry.register("boss")
        local late, new, old, events = process.listen("late"), process.listen("new"), process.listen("old"), process.events()
        local pid = process.spawn_monitored("app:old", "app:procs")
        local call = take(late)
        process.monitor(call)
        process.send(pid, "upgrade")
        check.eq("by a coroutine", take(new), pid)
        process.send(call, "go")
        -- The call lives as long as its process; its result is nobody's any more.
        check.eq("the call ends", take(events).result, {value = "late"})
        for i = 1, 20 do time.sleep("1ms") end
        process.send(pid, "end")
        check.eq("only what was not taken", take(events).result, {value = {"kept"}})
    """)


def test_all_count_from_one_number(checks):
    checks.function("call", "return process.pid()")
    checks.process("process", "return process.pid()")
    checks.run("""
        local function number(pid) return tonumber(pid:match("|0x(%x+)}$"), 16) end
        local last = number(process.pid())
        local hosts = {}
        for i = 1, 10 do
          local pid = i % 2 == 0 and funcs.call("app:call") or process.exec("app:process", "app:procs")
          hosts[pid:match("^{(.-)|")] = true
          check.that("never twice, and upwards", number(pid) > last, {last, pid})
          last = number(pid)
        end
        check.eq("both kinds", hosts, {["app:call#lua.1"] = true, ["app:procs"] = true})
    """)
