"""Actors and scopes: who sets them, who inherits them, and that nobody keeps another's."""
import pytest

WHO = """
    local a, s = security.actor(), security.scope()
    local who = (a and a:id() or "nobody") .. (s and " scoped" or "")
    if s and s:contains("app:readers") then who = who .. " reader" end
"""
ALL = "modules: [funcs, time, ctx, security, contract]"


@pytest.fixture
def units(checks):
    build = checks.build
    checks.build = lambda main: build(main, modules=("io", "funcs", "time", "ctx", "security", "contract"))
    checks.function("who", WHO + "return who", ALL)
    checks.function("nested", "return (funcs.call('app:who'))", ALL)
    checks.function("other", """
        local e = funcs.new():with_actor(security.new_actor("inner"))
        return {inner = (e:call("app:who")), after = (funcs.call("app:who")), own = security.actor():id()}
    """, ALL)
    checks.process("reports", WHO + "process.send((...), 'who', who) return who", ALL)
    return checks


def test_actors_and_scopes(units):
    units.run("""
        check.eq("nobody", {security.actor() == nil, security.scope() == nil}, {true, true})
        local meta = {role = "admin", tags = {"a", "b"}, n = 1}
        local ada = security.new_actor("ada", meta)
        meta.role = "changed"
        check.eq("id", ada:id(), "ada")
        check.eq("meta is a copy", ada:meta(), {role = "admin", tags = {"a", "b"}, n = 1})
        ada:meta().role = "changed"
        check.eq("each time", ada:meta().role, "admin")
        check.eq("without meta", security.new_actor("bare"):meta(), {})
        check.eq("an empty id is one", security.new_actor(""):id(), "")
        check.raises("no id", "bad argument", security.new_actor)
        check.raises("meta of a wrong type", "bad argument", security.new_actor, "x", 1)
        local empty = security.new_scope()
        check.eq("contains", empty:contains("app:readers"), false)
        check.eq("as a pair", empty:contains({"app", "readers"}), false)
        check.raises("contains no such thing", "bad argument", function() empty:contains({}) end)
        check.eq("text", {tostring(ada), tostring(empty)}, {"security.Actor{ada}", "security.Scope{}"})
        check.raises("scopes of a list only", "bad argument", security.new_scope, 1)
        check.raises("no policies yet", "not supported", security.can, "read", "x")
        check.raises("methods check their object", "bad argument", function() ada.id(empty) end)
        check.eq("objects stay where they are", funcs.call("app:who", ada), "nobody")
    """)


def test_calls(units):
    units.run("""
        local base = funcs.new()
        local ada = base:with_actor(security.new_actor("ada", {n = 1}))
        local both = ada:with_scope(security.new_scope())
        local bob = both:with_actor(security.new_actor("bob"))
        check.eq("none", base:call("app:who"), "nobody")
        check.eq("actor", ada:call("app:who"), "ada")
        check.eq("and scope", both:call("app:who"), "ada scoped")
        check.eq("replaced", bob:call("app:who"), "bob scoped")
        check.eq("with values", bob:with_context({a = 1}):call("app:who"), "bob scoped")
        check.eq("later", both:async("app:who"):response():receive():data(), "ada scoped")
        check.eq("inherited", both:call("app:nested"), "ada scoped")
        check.eq("overridden below, and only there", ada:call("app:other"), {inner = "inner", after = "ada", own = "ada"})
        check.eq("the caller is who it was", security.actor() == nil, true)
        for name, method in pairs({actor = base.with_actor, scope = base.with_scope}) do
          check.raises("nil " .. name, "bad argument", method, base, nil)
          check.raises("no " .. name, "bad argument", method, base, "ada")
          check.raises("a table for " .. name, "bad argument", method, base, {})
        end
        check.raises("a scope for an actor", "bad argument", function() base:with_actor(security.new_scope()) end)
        check.raises("an actor for a scope", "bad argument", function() base:with_scope(security.new_actor("x")) end)
    """)


def test_a_worker_keeps_nobody(units):
    """One worker serves calls of many; what one of them was, the next is not."""
    units.unit("function.lua", "one", """
        return {main = function(how)
    """ + WHO + """
          if how == "fail" then error("failed") end
          if how == "sleep" then time.sleep("1h") end
          if how == "spawn" then coroutine.spawn(function() time.sleep("1h") end) end
          return who .. (ctx.all().tenant or "")
        end}
    """, "method: main, modules: [security, time, ctx], pool: {type: inline}")
    units.run("""
        local ada = funcs.new():with_actor(security.new_actor("ada")):with_scope(security.new_scope()):with_context({tenant = " of acme"})
        local hurried = ada:with_options({timeout = 20})
        for round = 1, 20 do
          check.eq("ada", ada:call("app:one"), "ada scoped of acme")
          check.eq("the next", funcs.call("app:one"), "nobody")
          check.that("fails", select(2, ada:call("app:one", "fail")))
          check.eq("after a failure", funcs.call("app:one"), "nobody")
          check.eq("leaves a coroutine", ada:call("app:one", "spawn"), "ada scoped of acme")
          check.eq("after that", funcs.call("app:one"), "nobody")
        end
        check.fail("cancelled", "Timeout", "", hurried:call("app:one", "sleep"))
        check.eq("after a cancelled call", funcs.call("app:one"), "nobody")
        -- Many callers at once.
        local done = channel.new(40)
        for i = 1, 40 do
          coroutine.spawn(function()
            local name = "actor" .. i
            local got = funcs.new():with_actor(security.new_actor(name)):call("app:one")
            done:send(got == name)
          end)
        end
        for i = 1, 40 do check.eq("its own", done:receive(), true) end
    """)


def test_processes(units):
    units.function("spawns", """
        local how, to = ...
        if how == "exec" then return (process.exec("app:reports", "app:procs", to)) end
        process[how]("app:reports", "app:procs", to)
        return true
    """, ALL)
    units.run("""
        local seen = process.listen("who")
        local me = process.pid()
        local ada, scope = security.new_actor("ada"), security.new_scope()
        local spawner = process.with_context({}):with_actor(ada)
        local both = spawner:with_scope(scope)
        local function spawned(s, how)
          s[how or "spawn"](s, "app:reports", "app:procs", me)
          return seen:receive()
        end
        check.eq("actor", spawned(spawner), "ada")
        check.eq("and scope", spawned(both), "ada scoped")
        check.eq("options do not change that", spawned(both:with_options({}):with_context({a = 1})), "ada scoped")
        check.eq("exec", {(both:exec("app:reports", "app:procs", me)), (seen:receive())}, {"ada scoped", "ada scoped"})
        check.eq("the maker has none", spawned(process.with_context({})), "nobody")
        process.spawn("app:reports", "app:procs", me)
        check.eq("nor do others", seen:receive(), "nobody")
        local as_ada = funcs.new():with_actor(ada):with_scope(scope)
        for _, how in ipairs({"spawn", "spawn_monitored", "spawn_linked", "spawn_linked_monitored", "exec"}) do
          as_ada:call("app:spawns", how, me)
          check.eq("inherited by " .. how, seen:receive(), "ada scoped")
        end
        for name, method in pairs({actor = spawner.with_actor, scope = spawner.with_scope}) do
          check.raises("nil " .. name, "bad argument", method, spawner, nil)
          check.raises("no " .. name, "bad argument", method, spawner, "ada")
        end
    """)


def test_contracts(units):
    units.entries("""
        - {name: named, kind: contract.definition, methods: [{name: who}, {name: nested}]}
        - name: bound
          kind: contract.binding
          contracts: [{contract: "app:named", default: true, methods: {who: who, nested: nested}}]
    """)
    units.run("""
        local named = contract.get("app:named")
        local ada = named:with_actor(security.new_actor("ada"))
        local both = ada:with_scope(security.new_scope()):with_context({a = 1})
        check.eq("nobody", named:open():who(), "nobody")
        check.eq("actor", ada:open():who(), "ada")
        check.eq("and scope, of a named binding", both:open("app:bound?x=1"):nested(), "ada scoped")
        check.eq("later", both:open():who_async():response():receive():data(), "ada scoped")
        check.eq("each instance its own", {named:open():who(), ada:open():who()}, {"nobody", "ada"})
        for name, method in pairs({actor = named.with_actor, scope = named.with_scope}) do
          check.raises("nil " .. name, "bad argument", method, named, nil)
          check.raises("no " .. name, "bad argument", method, named, {})
        end
    """)


def test_services_have_what_their_entry_says(app):
    app.write({
        "src/_index.yaml": """
            namespace: app
            entries:
              - {name: procs, kind: process.host, lifecycle: {auto_start: true}}
              - {name: one, kind: process.lua, source: file://one.lua, modules: [security, funcs]}
              - {name: who, kind: function.lua, source: file://who.lua, method: main, modules: [security]}
              - {name: readers, kind: registry.entry}
              - name: known
                kind: process.service
                process: one
                host: app:procs
                lifecycle: {auto_start: true, security: {actor: {id: keeper, meta: {shift: 2}}, policies: [app:readers]}}
              - {name: unknown, kind: process.service, process: one, host: app:procs, lifecycle: {auto_start: true}}
        """,
        "src/who.lua": f"return {{main = function()\n{WHO}\nreturn who end}}\n",
        "src/one.lua": """
            return {main = function()
              local a = security.actor()
              print("service: " .. funcs.call("app:who") .. (a and " " .. math.floor(a:meta().shift) or ""))
              process.events():receive()
            end}
        """,
    })
    with app.start("-c", "run") as server:
        said = {server.wait_for("service: (keeper scoped reader 2|nobody)").match[1] for _ in range(2)}
        assert said == {"keeper scoped reader 2", "nobody"}
        assert server.stop() == 0


def test_workflows(units, provider):
    """An actor goes with the start of a workflow into its activities, its children and what these spawn."""
    units.entries(provider.entries)
    units.entries("""
        - {name: parent, kind: workflow.lua, source: file://parent.lua, modules: [funcs], meta: {workflow: {worker: jobs}}}
        - {name: child, kind: workflow.lua, source: file://child.lua, modules: [funcs], meta: {workflow: {worker: jobs}}}
    """)
    units._files.update({
        "parent.lua": """
            return {main = function(to)
              local own = funcs.call("app:nested")
              local below = process.exec("app:child", "app:jobs")
              return own .. ", " .. below
            end}
        """,
        "child.lua": "return {main = function() return (funcs.call('app:who')) end}",
    })
    units.run("""
        local ada = process.with_context({}):with_actor(security.new_actor("ada", {n = 1}))
        check.eq("ada", {ada:exec("app:parent", "app:jobs")}, {"ada, ada"})
        check.eq("nobody", {process.exec("app:parent", "app:jobs")}, {"nobody, nobody"})
    """)
