"""Process groups: membership, broadcasts, monitors, limits, the scope as a service."""
import pytest

HELPERS = """
local pg = require("pg")
local function take(of)
  local r = channel.select({of:case_receive(), time.after("50s"):case_receive()})
  if r.channel ~= of then error("nothing came") end
  return r.value
end
local function nothing(of)
  return channel.select({of:case_receive(), default = true}).default == true
end
"""
SCOPE = "- {name: scope, kind: pg.scope, lifecycle: {auto_start: true}}"
MODULES = ("io", "funcs", "time", "ctx", "pg")


def run(checks, main, scope=SCOPE):
    checks.entries(scope)
    checks.build(HELPERS + main, modules=MODULES)
    result = checks.app.run("run", "-x", "app:main")
    assert (result.code, result.stdout) == (0, "passed\n"), result.stdout + result.stderr


def test_open_and_release(checks):
    checks.entries("- {name: stopped, kind: pg.scope}")
    checks.entries("- {name: other, kind: pg.scope, lifecycle: {auto_start: true}}")
    checks.function("call", """
        kept = kept or require("pg").open("app:scope")
        return {tostring(kept), select(2, kept:join("g"))}
    """, "modules: [pg], pool: {type: inline}")
    run(checks, """
        check.fail("no id", "Invalid", "resource id is required", pg.open(""))
        check.fail("unknown", "Internal", "failed to acquire pg scope: ", pg.open("app:absent"))
        check.fail("not running", "Internal", "failed to acquire pg scope: ", pg.open("app:stopped"))
        check.fail("something else", "Invalid", "resource is not a pg scope: app:procs", pg.open("app:procs"))
        check.raises("wrong type", "bad argument", pg.open, {})
        local g = pg.open("app:scope")
        check.eq("single", select("#", pg.open("app:scope")), 1)
        check.eq("tostring", tostring(g), "pg.Instance{app:scope}")
        g:join("mine")
        check.eq("release", {g:release()}, {true})
        check.eq("release again", {g:release()}, {true})
        check.eq("tostring", tostring(g), "pg.Instance{app:scope, released}")
        for _, method in ipairs({"join", "leave", "get_members", "get_local_members", "which_groups", "which_local_groups"}) do
          check.fail(method, "Invalid", "pg instance is released", g[method](g, "mine"))
        end
        check.fail("broadcast", "Invalid", "pg instance is released", g:broadcast("mine", "t"))
        local a, b, err = g:monitor("mine")
        check.eq("monitor", {a, b}, {})
        check.err("monitor", err, "Invalid", "pg instance is released")
        a, b, err = g:events()
        check.err("events", err, "Invalid", "pg instance is released")
        check.eq("the membership stays", pg.open("app:scope"):get_members("mine"), {process.pid()})
        check.eq("scopes are apart", pg.open("app:other"):which_groups(), {})
        local first = funcs.call("app:call")
        check.eq("of a call", first, {"pg.Instance{app:scope}"})
        local second = funcs.call("app:call")
        check.eq("not of the next", second[1], "pg.Instance{app:scope, released}")
        check.err("not of the next", second[2], "Invalid", "pg instance is released")
        check.eq("whose membership ended with it", pg.open("app:scope"):get_members("g"), {})
    """)


def test_membership(checks):
    checks.process("member", """
        local up = ...
        local g = require("pg").open("app:scope")
        g:join({"a", "b"})
        g:join("a")
        process.send(up, "up", process.pid())
        local m = process.inbox():receive()
        if m:topic() == "fail" then error("failed") end
        if m:topic() == "upgrade" then process.upgrade("app:upgraded", up) end
    """, "modules: [pg]")
    checks.process("upgraded", "process.send((...), 'up', process.pid()) process.inbox():receive()")
    run(checks, """
        local g, self = pg.open("app:scope"), process.pid()
        check.fail("no group", "Invalid", "group name is required", g:join(""))
        check.fail("no group in a table", "Invalid", "group name is required", g:join({"a", ""}))
        check.fail("no string", "Invalid", "group name (string) or groups table required", g:join(true))
        check.fail("nothing", "Invalid", "group name (string) or groups table required", g:leave())
        check.fail("empty table", "Invalid", "groups table must not be empty", g:join({}))
        check.fail("table without strings", "Invalid", "groups table must not be empty", g:leave({1, 2}))
        check.fail("members of nothing", "Invalid", "group name is required", g:get_members(""))
        check.raises("members of a table", "bad argument", g.get_members, g, {})
        check.raises("wrong receiver", "bad argument", g.join, {}, "a")
        check.eq("unknown group", {g:get_members("a")}, {{}})
        check.fail("not joined", "NotFound", "pg: process not joined in group", g:leave("a"))

        check.eq("join", {g:join("a")}, {true})
        check.eq("join again", {g:join("a")}, {true})
        check.eq("join several", {g:join({"b", "c", "b"})}, {true})
        check.eq("a slot for each join", g:get_members("a"), {self, self})
        check.eq("local", g:get_local_members("b"), {self, self})
        local up, exits = process.listen("up"), process.events()
        local other = process.spawn_monitored("app:member", "app:procs", self)
        take(up)
        check.eq("in the order of joins", g:get_members("a"), {self, self, other, other})
        check.eq("groups", g:which_groups(), {"a", "b", "c"})
        check.eq("local groups", g:which_local_groups(), {"a", "b", "c"})
        check.eq("leave", {g:leave("a")}, {true})
        check.eq("one join less", g:get_members("a"), {self, other, other})
        check.eq("leave several, one not joined", {g:leave({"c", "absent", "b"})}, {true})
        check.eq("left", {g:get_members("c"), g:get_members("b")}, {{}, {self, other}})
        check.eq("an empty group is none", g:which_groups(), {"a", "b"})
        check.fail("none of them joined", "NotFound", "pg: process not joined in group", g:leave({"c", "absent"}))
        g:leave("a")
        g:leave("b")
        -- Membership outlasts an upgrade and ends with the process, before anybody is surprised by it.
        process.send(other, "upgrade")
        check.eq("upgraded", take(up), other)
        check.eq("stays", g:get_members("a"), {other, other})
        process.send(other, "end")
        take(exits)
        for _, how in ipairs({"end", "fail", "terminate"}) do
          local sub = g:monitor("b")
          other = process.spawn_monitored("app:member", "app:procs", self)
          take(up)
          if how == "terminate" then process.terminate(other) else process.send(other, how) end
          take(sub:channel())
          check.eq("left by " .. how, take(sub:channel()).kind, "member.left")
          check.eq("gone after " .. how, g:get_members("b"), {})
          take(exits)
          sub:close()
        end
    """)


def test_broadcast(checks):
    checks.process("member", """
        local up, joins = ...
        local g = require("pg").open("app:scope")
        for i = 1, joins do g:join("room") end
        process.send(up, "up")
        local got = {}
        while true do
          local m = process.inbox():receive()
          if m:topic() == "end" then return got end
          got[#got + 1] = {m:topic(), m:from(), m:payload():data()}
        end
    """, "modules: [pg]")
    checks.process("broadcaster", """
        local g = require("pg").open("app:scope")
        for i = 1, 20 do g:broadcast("room", "t", i) end
    """, "modules: [pg]")
    run(checks, """
        local g, self = pg.open("app:scope"), process.pid()
        check.fail("no topic", "Invalid", "topic is required", g:broadcast("room", ""))
        check.fail("runtime topic", "Invalid", "cannot send to @ topics", g:broadcast("room", "@x"))
        check.fail("no group", "Invalid", "group name is required", g:broadcast("", "t"))
        check.eq("nobody there", {g:broadcast("room", "t", 1)}, {true})
        local up, exits = process.listen("up"), process.events()
        local one = process.spawn_monitored("app:member", "app:procs", self, 1)
        local two = process.spawn_monitored("app:member", "app:procs", self, 2)
        take(up)
        take(up)
        g:join("room")
        check.eq("broadcast", {g:broadcast("room", "t", "text")}, {true})
        check.eq("local", {g:broadcast_local("room", "u", {1})}, {true})
        local inbox = process.inbox()
        local m = take(inbox)
        check.eq("to oneself", {m:topic(), m:from(), m:payload():data()}, {"t", self, "text"})
        take(inbox)
        g:leave("room")
        g:broadcast("room", "t", "last")
        check.that("not any more", nothing(inbox))
        process.exec("app:broadcaster", "app:procs")
        process.send(one, "end")
        process.send(two, "end")
        local got = {}
        for i = 1, 2 do local e = take(exits) got[e.from] = e.result.value end
        check.eq("each once", {#got[one], got[one][1], got[one][2], got[one][3]}, {23, {"t", self, "text"}, {"u", self, {1}}, {"t", self, "last"}})
        check.eq("once for each join", {#got[two], got[two][1], got[two][2]}, {46, {"t", self, "text"}, {"t", self, "text"}})
        local ordered = true
        for i = 1, 20 do ordered = ordered and got[one][3 + i][3] == i end
        check.that("in the order of the calls, from a sender that is gone", ordered)
    """)


def test_monitors(checks):
    checks.process("member", """
        local up = ...
        local g = require("pg").open("app:scope")
        g:join({"a", "b", "a"})
        process.send(up, "up", process.pid())
        process.inbox():receive()
    """, "modules: [pg]")
    run(checks, """
        local g, self = pg.open("app:scope"), process.pid()
        g:join("a")
        local sub, members = g:monitor("a")
        check.eq("members now", members, {self})
        check.eq("tostring", tostring(sub), "pg.Subscription{}")
        local ch = sub:channel()
        check.that("one channel", ch == sub:channel())
        local everything, groups = g:events()
        check.eq("all groups now", groups, {a = {self}})
        local empty_sub, empty = g:monitor("nobody")
        check.eq("of an empty group", empty, {})
        check.that("nothing yet", nothing(ch))
        g:join({"b", "a", "a"})
        check.eq("joined", take(ch), {system = "pg", kind = "member.joined", path = "a", data = {Group = "a", PIDs = {self, self}}})
        check.that("one event for a group", nothing(ch))
        local seen = {}
        for i = 1, 2 do local e = take(everything:channel()) seen[e.path] = #e.data.PIDs end
        check.eq("every group", seen, {a = 2, b = 1})
        g:leave("a")
        check.eq("left", take(ch), {system = "pg", kind = "member.left", path = "a", data = {Group = "a", PIDs = {self}}})
        take(everything:channel())
        local up, exits = process.listen("up"), process.events()
        local other = process.spawn_monitored("app:member", "app:procs", self)
        take(up)
        check.eq("another", take(ch).data.PIDs, {other, other})
        process.send(other, "end")
        check.eq("its exit", take(ch), {system = "pg", kind = "member.left", path = "a", data = {Group = "a", PIDs = {other, other}}})
        take(exits)
        -- Without flush what came stays readable.
        g:join("a")
        g:join("a")
        time.sleep("1ms")
        check.eq("close", {sub:close()}, {true})
        check.eq("close again", {sub:close()}, {true})
        check.eq("still readable", {take(ch).kind, take(ch).kind}, {"member.joined", "member.joined"})
        check.eq("then closed", {ch:receive()}, {nil, false})
        time.sleep("1ms")
        check.eq("flush", {everything:close({flush = true})}, {true})
        check.eq("discarded", {everything:channel():receive()}, {nil, false})
        g:join("a")
        check.that("nothing to the inbox", nothing(process.inbox()))
        check.that("nor to others", nothing(empty_sub:channel()))
    """)


def test_who_ends_leaves_last(checks):
    """Watchers and links hear of an end before its groups do; a call that is cancelled leaves as well."""
    checks.process("member", """
        process.set_options({trap_links = true})
        pg.open("app:scope"):join("a")
        process.send((...), "up", process.pid())
        process.inbox():receive()
        error("failed")
    """, "modules: [pg]")
    checks.function("call", """
        process.registry.register("call")
        pg.open("app:scope"):join("a")
        process.send((...), "up", process.pid())
        process.inbox():receive()
    """, "modules: [pg]")
    checks.process("calls", "funcs.call('app:call', (...))", "modules: [funcs]")
    run(checks, """
        process.set_options({trap_links = true})
        local g, up, events = pg.open("app:scope"), process.listen("up"), process.events()
        local changes = g:monitor("a"):channel()
        local pid = process.spawn_linked_monitored("app:member", "app:procs", process.pid())
        take(up)
        take(changes)
        process.send(pid, "fail")
        local order = {}
        for i = 1, 3 do
          order[i] = channel.select({changes:case_receive(), events:case_receive()}).value.kind
        end
        check.eq("order", order, {"pid.exit", "pid.link.down", "member.left"})

        local caller = process.spawn("app:calls", "app:procs", process.pid())
        local call = take(up)
        process.monitor(call)
        take(changes)
        process.terminate(caller)
        local exit = take(events)
        check.eq("cancelled", {exit.from, exit.result.error:kind()}, {call, "Canceled"})
        check.fail("its name", "NotFound", "name not registered", process.registry.lookup("call"))
        check.eq("its groups", take(changes).data.PIDs, {call})
    """)


def test_a_full_monitor_loses_nothing(checks):
    run(checks, """
        local g = pg.open("app:scope")
        local sub = g:monitor("a")
        for i = 1, 50 do g:join("a") g:leave("a") end
        local ordered = true
        for i = 1, 50 do ordered = ordered and take(sub:channel()).kind == "member.joined" and take(sub:channel()).kind == "member.left" end
        check.that("in order", ordered)
        for i = 1, 50 do g:join("a") end
        time.sleep("1ms")
        sub:close()
        for i = 1, 4 do take(sub:channel()) end
        check.eq("the buffer is what stays", {sub:channel():receive()}, {nil, false})
    """, "- {name: scope, kind: pg.scope, monitor_buffer: 4, lifecycle: {auto_start: true}}")


def test_limits(checks):
    run(checks, """
        local g = pg.open("app:scope")
        g:join({"a", "a"})
        local v, err = g:join({"b", "c"})
        check.fail("groups", "RateLimited", "pg: maximum number of groups reached", v, err)
        check.eq("retryable", err:retryable(), true)
        check.eq("nothing was joined", g:which_groups(), {"a"})
        check.fail("members", "RateLimited", "pg: maximum members per group reached", g:join({"a", "b", "a"}))
        check.eq("nothing was joined", {#g:get_members("a"), g:which_groups()}, {2, {"a"}})
        check.eq("what fits", {g:join({"b", "a"})}, {true})
        g:leave("b")
        check.eq("a place is free again", {g:join("c")}, {true})
    """, "- {name: scope, kind: pg.scope, max_groups: 2, max_members_per_group: 3, lifecycle: {auto_start: true}}")


@pytest.mark.parametrize("field", ["max_groups: -1", "monitor_buffer: 0", "protocol_timeout: soon", "max_retries: x"])
def test_wrong_fields_are_refused(app, field):
    app.program("return 0", entries="- {name: scope, kind: pg.scope, %s}" % field)
    result = app.main()
    assert result.code == 1
    assert field.split(":")[0] in result.stderr


def test_memberships_outlast_an_upgrade(checks):
    build = checks.build
    checks.build = lambda main: build(main, modules=("io", "time", "pg"))
    checks.entries("- {name: groups, kind: pg.scope, lifecycle: {auto_start: true}}")
    checks.process("old", """
        pg.open("app:groups"):join("g")
        process.send((...), "up", "old")
        process.listen("go"):receive()
        process.upgrade("app:new", ...)
    """, "modules: [pg]")
    checks.process("new", "process.send((...), 'up', 'new') process.listen('end'):receive()", "modules: [pg]")
    checks.run("""
        local up, groups = process.listen("up"), pg.open("app:groups")
        local pid = process.spawn_monitored("app:old", "app:procs", process.pid())
        check.eq("joined", up:receive(), "old")
        process.send(pid, "go")
        check.eq("upgraded", up:receive(), "new")
        check.eq("still a member", groups:get_members("g"), {pid})
        process.send(pid, "end")
        process.events():receive()
    """)
