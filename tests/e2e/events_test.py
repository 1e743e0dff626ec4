"""The event bus: patterns, order, data, subscriptions and their end, the runtime's own events."""

HELPERS = """
local events = require("events")
local function take(of)
  local r = channel.select({of:case_receive(), time.after("50s"):case_receive()})
  if r.channel ~= of then error("nothing came") end
  return r.value, r.ok
end
local function nothing(of)
  return channel.select({of:case_receive(), default = true}).default == true
end
"""
MODULES = ("io", "funcs", "time", "ctx", "events")


def run(checks, main):
    checks.build(HELPERS + main, modules=MODULES)
    result = checks.app.run("run", "-x", "app:main")
    assert (result.code, result.stdout) == (0, "passed\n"), result.stdout + result.stderr


def test_subscribe_and_send(checks):
    run(checks, """
        check.fail("no pattern", "Invalid", "system pattern is required", events.subscribe(""))
        check.fail("no system", "Invalid", "system is required", events.send("", "k", "p"))
        check.fail("no kind", "Invalid", "kind is required", events.send("s", "", "p"))
        check.fail("no path", "Invalid", "path is required", events.send("s", "k", ""))
        check.raises("wrong type", "bad argument", events.subscribe, {})
        check.raises("wrong type", "bad argument", events.send, "s", "k", {})
        check.eq("nobody listens", {events.send("s", "k", "p")}, {true})

        local sub = events.subscribe("orders")
        check.that("one channel", sub:channel() == sub:channel())
        check.that("nothing is kept for those who come later", nothing(sub:channel()))
        check.eq("send", {events.send("orders", "new", "/1", {n = 1, f = 1.5, list = {1, 2}})}, {true})
        check.eq("event", take(sub:channel()), {system = "orders", kind = "new", path = "/1", data = {n = 1, f = 1.5, list = {1, 2}}})
        events.send("orders", "new", "/2")
        check.eq("no data", take(sub:channel()), {system = "orders", kind = "new", path = "/2"})

        -- Data become plain.
        events.send("orders", "new", "/3", {[1] = "a", k = "lost"})
        check.eq("an array loses its keys", take(sub:channel()).data, {"a"})
        events.send("orders", "new", "/3", {[true] = 1})
        check.eq("keys become text", take(sub:channel()).data, {["true"] = 1})
        events.send("orders", "new", "/3", "text")
        check.eq("text", take(sub:channel()).data, "text")
        events.send("orders", "new", "/3", {f = print})
        check.eq("functions become text", type(take(sub:channel()).data.f), "string")
        local shared = {n = 1}
        events.send("orders", "new", "/3", shared)
        shared.n = 2
        check.eq("copied when sent", take(sub:channel()).data.n, 1)

        check.eq("close", {sub:close()}, {true})
        check.eq("close again", {sub:close()}, {true})
        check.eq("closed", {sub:channel():receive()}, {nil, false})
        events.send("orders", "new", "/4")
        check.eq("and nothing comes", {sub:channel():receive()}, {nil, false})
        check.that("not in the inbox either", nothing(process.inbox()))

        -- Whoever waits hears of the end.
        sub = events.subscribe("orders")
        local woken = channel.new(1)
        coroutine.spawn(function() woken:send({sub:channel():receive()}) end)
        sub:close()
        check.eq("woken", take(woken), {nil, false})
    """)


def test_patterns(checks):
    run(checks, """
        local function kinds(system, kind)
          local sub = events.subscribe(system, kind)
          for _, s in ipairs({"order", "order.item", "orders", "payment"}) do
            for _, k in ipairs({"new", "new.big", "*", "gone"}) do events.send(s, k, "p") end
          end
          events.send("end", "end", "p")
          local seen = {}
          while true do
            local r = channel.select({sub:channel():case_receive(), default = true})
            if r.default then break end
            seen[#seen + 1] = r.value.system .. "/" .. r.value.kind
          end
          sub:close()
          return #seen, table.concat(seen, " ")
        end
        check.eq("everything", (kinds("*")), 17)
        check.eq("everything of any kind", (kinds("*", "*")), 17)
        check.eq("everything of nil kind", (kinds("*", nil)), 17)
        check.eq("everything of empty kind", (kinds("*", "")), 17)
        check.eq("a system", {kinds("order")}, {4, "order/new order/new.big order/* order/gone"})
        check.eq("exact", {kinds("order", "new")}, {1, "order/new"})
        check.eq("prefix", (kinds("order*")), 12)
        check.eq("prefix with dot", {kinds("order.*", "new*")}, {2, "order.item/new order.item/new.big"})
        check.eq("no alternatives", (kinds("order|payment")), 0)
        check.eq("a star elsewhere is a letter", (kinds("*der")), 0)
        check.eq("two stars", (kinds("**")), 0)
    """)


def test_order_overflow_and_overlap(checks):
    checks.process("sender", """
        local events = require("events")
        local name, count = ...
        for i = 1, count do events.send("load", name, "p", i) end
    """, "modules: [events]")
    run(checks, """
        local sub = events.subscribe("load")
        local second = events.subscribe("load", "own")
        for i = 1, 500 do events.send("load", "own", "p", i) end
        local ordered = true
        for i = 1, 500 do ordered = ordered and take(sub:channel()).data == i end
        check.that("none is lost behind a full channel", ordered)
        ordered = true
        for i = 1, 500 do ordered = ordered and take(second:channel()).data == i end
        check.that("each subscription delivers", ordered)

        -- Other messages are not held up, and a cancellation keeps its place.
        for i = 1, 100 do events.send("load", "own", "p", i) end
        process.send(process.pid(), "past")
        check.eq("past the events", process.listen("past"):receive(), nil)
        for i = 1, 100 do take(sub:channel()) take(second:channel()) end

        -- Senders that end at once, each in its own order.
        local ends = process.events()
        for i = 1, 10 do process.spawn_monitored("app:sender", "app:procs", "s" .. i, 50) end
        for i = 1, 10 do take(ends) end
        local last = {}
        for i = 1, 500 do
          local e = take(sub:channel())
          if e.data ~= (last[e.kind] or 0) + 1 then check.failed("order of " .. e.kind, tostring(e.data)) end
          last[e.kind] = e.data
        end
        check.that("all came", nothing(sub:channel()))
        -- Up to 64 stay readable after the end.
        for i = 1, 100 do events.send("load", "own", "p", i) end
        time.sleep("1ms")
        second:close()
        for i = 1, 64 do check.eq("readable", take(second:channel()).data, i) end
        check.eq("and no more", {second:channel():receive()}, {nil, false})
    """)


def test_subscriptions_end_with_their_process(checks):
    checks.process("subscriber", """
        local events = require("events")
        local up, how = ...
        local sub = events.subscribe("news")
        process.send(up, "up", process.pid())
        local e = sub:channel():receive()
        if how == "upgrade" then process.upgrade("app:upgraded", up) end
        return e.path
    """, "modules: [events]")
    checks.process("upgraded", """
        local up = ...
        process.send(up, "up", "upgraded")
        return process.inbox():receive():topic()
    """, "modules: [events]")
    checks.function("call", """
        local events = require("events")
        kept = kept or events.subscribe("news")
        local seen = channel.select({kept:channel():case_receive(), default = true})
        return {kept:close(), seen.default == true or seen.ok == false}
    """, "modules: [events], pool: {type: inline}")
    run(checks, """
        local up, exits = process.listen("up"), process.events()
        for i = 1, 20 do
          local pid = process.spawn_monitored("app:subscriber", "app:procs", process.pid())
          take(up)
          events.send("news", "k", "first")
          events.send("news", "k", "second")
          check.eq("heard", take(exits).result, {value = "first"})
        end
        local pid = process.spawn_monitored("app:subscriber", "app:procs", process.pid(), "upgrade")
        take(up)
        events.send("news", "k", "first")
        check.eq("upgraded", take(up), "upgraded")
        events.send("news", "k", "second")
        process.send(pid, "message")
        check.eq("nothing of the old subscription", take(exits).result, {value = "message"})
        check.eq("of a call", {funcs.call("app:call")}, {{true, true}})
        events.send("news", "k", "between")
        check.eq("of the next call", {funcs.call("app:call")}, {{true, true}})
    """)


def test_the_runtimes_own_events(checks):
    checks.process("short", "process.inbox():receive() return 1")
    checks.process("service_job", "process.events():receive()")
    checks.entries("- {name: service, kind: process.service, process: service_job, host: app:procs}")
    run(checks, """
        local all = events.subscribe("process")
        local pid = process.spawn("app:short", "app:procs")
        local e = take(all:channel())
        check.eq("started", {e.kind, e.path, e.data.entry}, {"started", pid, "app:short"})
        process.send(pid, "end")
        e = take(all:channel())
        check.eq("ended", {e.kind, e.path, e.data.entry, e.data.error}, {"ended", pid, "app:short"})
        pid = process.spawn("app:short", "app:procs")
        process.terminate(pid)
        take(all:channel())
        check.eq("with an error", take(all:channel()).data.error, "process terminated")
    """)


def test_updates_of_services(app):
    app.write(
        {
            "src/_index.yaml": """
                namespace: app
                entries:
                  - {name: procs, kind: process.host, lifecycle: {auto_start: true}}
                  - {name: watcher, kind: process.lua, source: file://watcher.lua, modules: [events]}
                  - {name: watch, kind: process.service, process: watcher, host: app:procs, lifecycle: {auto_start: true}}
                  - {name: job, kind: process.service, process: named, host: app:procs,
                     lifecycle: {auto_start: true, requires: [app:watch]}}
                  - {name: named, kind: process.lua, source: file://named.lua, modules: [time]}
            """,
            # Ends once there is somebody to see it.
            "src/named.lua": """
                local time = require("time")
                return {main = function()
                  while not process.registry.lookup("watcher") do time.sleep("5ms") end
                end}
            """,
            "src/watcher.lua": """
                return {main = function()
                  local sub = events.subscribe("supervisor", "service.update")
                  process.registry.register("watcher")
                  while true do
                    local e = sub:channel():receive()
                    print("update of " .. e.path .. " " .. e.data.status)
                    if e.path == "app:job" and e.data.status == "exited" then return end
                  end
                end}
            """,
        }
    )
    app.write({"src/watcher.lua": 'local events = require("events")\n' + app.read("src/watcher.lua")})
    with app.start("-c", "run") as server:
        server.wait_for("update of app:job exited")
        server.stop()
