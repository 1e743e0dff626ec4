"""trivium reload: entries of functions and processes change while the application runs."""
import json

from harness.live import FUNCTION, HOST, NAMED, UPGRADABLE, fn, server_of


def test_new_calls_take_the_new_code_and_those_in_flight_keep_theirs(live):
    app = live([FUNCTION], {"fn.lua": fn("old")})
    assert app.say("call app:fn") == "old #lua.1 1"
    assert app.say("call app:fn x") == "old #lua.1 2"
    app.say("begin app:fn")
    app.server.wait_for("slow call begins")
    app.change(files={"fn.lua": fn("new")})
    assert app.reload() == {"updated": ["fn"]}
    assert app.say("call app:fn") == "new #lua.2 1"
    assert app.say("tell slow go") == "true"
    assert app.say("finish") == "old #lua.1 3"
    assert app.reload() == {}
    assert app.say("call app:fn x") == "new #lua.2 2"


def test_functions_come_and_go(live):
    app = live([FUNCTION], {"fn.lua": fn("old"), "other.lua": "return {main = function() return 'other' end}"})
    app.say("begin app:fn")
    app.server.wait_for("slow call begins")
    app.change(["- {name: other, kind: function.lua, source: file://other.lua, method: main}"])
    assert app.reload() == {"created": ["other"], "deleted": ["fn"]}
    assert app.say("call app:other") == "other"
    assert app.say("call app:fn").startswith("NotFound: no handler registered for target")
    app.say("tell slow go")
    assert app.say("finish") == "old #lua.1 1"
    shown = app.app.run("reload")
    assert (shown.code, shown.stdout) == (0, "nothing changed\n")


def test_settings_of_a_function_make_a_new_generation(live):
    app = live([FUNCTION], {"fn.lua": fn("same")})
    app.change(["- {name: fn, kind: function.lua, source: file://fn.lua, method: main, modules: [time], pool: {size: 1}}"])
    assert app.reload() == {"updated": ["fn"]}
    assert app.say("call app:fn") == "same #lua.2 1"
    # Where it stands in the file is no change.
    app.change(["- {name: first, kind: registry.entry}", "- {name: fn, kind: function.lua, source: file://fn.lua, method: main, modules: [time], pool: {size: 1}}"])
    assert app.reload() == {"created": ["first"]}
    assert app.say("call app:fn x") == "same #lua.2 2"


def test_a_library_takes_along_all_that_import_it(live):
    entries = [
        "- {name: low, kind: library.lua, source: file://low.lua}",
        "- {name: high, kind: library.lua, source: file://high.lua, imports: {low: app:low}}",
        "- {name: user, kind: function.lua, source: file://user.lua, method: main, imports: {high: app:high}}",
        "- {name: other, kind: function.lua, source: file://other.lua, method: main}",
    ]
    app = live(entries, {
        "low.lua": "return {word = 'one'}",
        "high.lua": "local low = require('low')\nreturn {word = function() return low.word end}",
        "user.lua": "local n, high = 0, require('high')\nreturn {main = function() n = n + 1 return high.word() .. n end}",
        "other.lua": "local n = 0\nreturn {main = function() n = n + 1 return n end}",
    })
    assert [app.say("call app:user"), app.say("call app:other")] == ["one1", "1"]
    app.change(files={"low.lua": "return {word = 'two'}"})
    assert app.reload() == {"updated": ["low"]}
    assert [app.say("call app:user"), app.say("call app:other x")] == ["two1", "2"]
    app.change(entries[1:])
    assert "there is no entry app:low" in app.refused()
    assert app.say("call app:user x") == "two2"


def test_processes_keep_their_code_and_new_ones_take_the_new(live):
    app = live([HOST, "- {name: server, kind: process.lua, source: file://server.lua}"], {"server.lua": server_of("old", NAMED)})
    assert app.say("spawn app:server") == "{app:procs"
    app.server.wait_for("server old nil app:server")
    app.change(files={"server.lua": server_of("new")})
    assert app.reload() == {"updated": ["server"]}
    assert app.say("ask server") == "old"
    app.say("spawn app:server")
    app.server.wait_for("server new nil app:server")
    app.change([HOST])
    assert app.reload() == {"deleted": ["server"]}
    assert app.say("spawn app:server").startswith("NotFound: factory not found")
    assert app.say("ask server") == "old"


def test_who_asked_for_it_hears_that_its_code_is_outdated(live):
    entries = [
        HOST,
        "- {name: words, kind: library.lua, source: file://words.lua}",
        "- {name: more, kind: library.lua, source: file://more.lua}",
        "- {name: server, kind: process.lua, source: file://server.lua, imports: {words: app:words}}",
    ]
    app = live(entries, {
        "words.lua": "return 'words'", "more.lua": "return 'more'", "server.lua": server_of("old", UPGRADABLE),
    })
    app.say("spawn app:server")
    app.server.wait_for("server old nil app:server")
    app.change(files={"more.lua": "return 'much more'"})
    assert app.reload() == {"updated": ["more"]}  # of no interest to it
    app.change(files={"words.lua": "return 'other words'", "server.lua": server_of("new", UPGRADABLE)})
    assert app.reload() == {"updated": ["server", "words"]}
    app.server.wait_for("server old hears pid.outdated app:server,app:words")
    app.server.wait_for("server new upgraded app:server")
    assert app.say("ask server") == "new"
    app.change(files={"words.lua": "return 'last words'"})
    app.reload()
    app.server.wait_for("server new hears pid.outdated app:server,app:words")


def test_contracts(live):
    def entries(methods, bound):
        return ["- {name: greeter, kind: contract.definition, methods: [" + methods + "]}",
                "- {name: greeter_en, kind: contract.binding, contracts: [{contract: app:greeter, methods: {" + bound + "}}]}",
                FUNCTION, "- {name: fn2, kind: function.lua, source: file://fn2.lua, method: main}"]

    app = live(entries("{name: hello}", "hello: app:fn2"), {
        "fn.lua": "return {main = function() return 'from fn' end}", "fn2.lua": "return {main = function() return 'from fn2' end}",
    })
    assert app.say("greet") == "from fn2"
    app.change(entries("{name: hello}", "hello: app:fn"))
    assert app.reload() == {"updated": ["greeter_en"]}
    assert app.say("greet") == "from fn"
    app.change(entries("{name: hello}, {name: bye}", "hello: app:fn"))
    assert "bye" in app.refused()
    app.change(entries("{name: hello}", "hello: app:fn")[1:])
    assert "app:greeter" in app.refused()
    assert app.say("greet") == "from fn"


def test_variables(live):
    def variable(value):
        return [f"- {{name: word, kind: env.variable, variable: WORD, storage: app:words, default: {value}}}",
                "- {name: words, kind: env.storage.memory}",
                "- {name: fn, kind: function.lua, source: file://fn.lua, method: main, modules: [env]}"]

    app = live(variable("one"), {"fn.lua": "return {main = function() return (env.get('WORD')) end}"})
    assert app.say("call app:fn") == "one"
    app.change(variable("two"))
    assert app.reload() == {"updated": ["word"]}
    assert app.say("call app:fn x") == "two"


def test_the_event_bus_tells_of_it(live):
    listener = "- {name: listener, kind: process.lua, source: file://listener.lua, modules: [events]}"
    app = live([HOST, listener, FUNCTION], {
        "fn.lua": fn("old"),
        "listener.lua": """
            return {main = function()
              local changes = events.subscribe("registry"):channel()
              print("listening")
              while true do
                local e = changes:receive()
                print("heard " .. e.kind .. " " .. e.path .. " " .. e.data.id.ns .. " " .. e.data.id.name .. " " .. e.data.kind)
              end
            end}
        """,
    })
    app.say("spawn app:listener")
    app.hears("listening")
    app.change([HOST, listener, "- {name: other, kind: registry.entry}", FUNCTION], {"fn.lua": fn("new")})
    app.reload()
    app.hears("heard entry.create app:other app other registry.entry")
    app.hears("heard entry.update app:fn app fn function.lua")
    app.change([HOST, listener])
    app.reload()
    app.hears("heard entry.delete app:fn app fn function.lua")


def test_workflows_change_with_a_new_start(live):
    entries = [
        "- {name: words, kind: library.lua, source: file://words.lua}",
        "- {name: flow, kind: workflow.lua, source: file://flow.lua, imports: {words: app:words}}",
        FUNCTION,
    ]
    app = live(entries, {"words.lua": "return 1", "flow.lua": "return {main = function() return require('words') end}", "fn.lua": fn("old")})
    app.change(files={"words.lua": "return 2", "fn.lua": fn("new")})
    assert "what the workflow imports cannot change while the application runs" in app.refused()
    app.change(files={"words.lua": "return 1", "flow.lua": "return {main = function() end}"})
    assert "an entry of kind workflow.lua cannot be changed while the application runs" in app.refused()
    assert app.say("call app:fn") == "old #lua.1 1"


def test_all_or_nothing(live):
    app = live([FUNCTION], {"fn.lua": fn("old")})
    bad = "- {name: bad, kind: function.lua, source: file://bad.lua, method: main}"
    app.change([FUNCTION, bad], {"fn.lua": fn("new"), "bad.lua": "return {\n  main = = 1}\n"})
    refusal = app.refused()
    assert "src/bad.lua:2" in refusal and "app:bad" in refusal
    assert app.say("call app:fn") == "old #lua.1 1"
    app.change([FUNCTION.replace("function.lua", "process.lua")])
    assert "the kind of an entry cannot change from function.lua to process.lua" in app.refused()
    app.change([FUNCTION, "- {name: groups, kind: pg.scope}"])
    assert "an entry of kind pg.scope cannot be created while the application runs" in app.refused()
    assert app.say("call app:fn x") == "old #lua.1 2"


def test_while_everything_is_in_use(live):
    """Nothing fails, and nobody ever meets older code than before."""
    def versions(n):
        return {"fn.lua": f"return {{main = function() return {n} end}}",
                "version.lua": f"return {n}",
                "job.lua": "local version = require('version')\nreturn {main = function() return version end}"}

    app = live([
        HOST,
        FUNCTION,
        "- {name: version, kind: library.lua, source: file://version.lua}",
        "- {name: job, kind: process.lua, source: file://job.lua, imports: {version: app:version}}",
        "- {name: user, kind: process.lua, source: file://user.lua, modules: [funcs]}",
    ], versions(0) | {
        "user.lua": """
            local function newest(last, version, err)
              if err then error(err) end
              if version < last then error("met " .. version .. " after " .. last) end
              return version
            end
            return {main = function()
              local stop, fn, job = process.listen("stop"), 0, 0
              process.registry.register(process.pid():match("0x%x+"))
              while channel.select{stop:case_receive(), default = true}.default do
                fn = newest(fn, funcs.call("app:fn"))
                job = newest(job, process.exec("app:job", "app:procs"))
                fn = newest(fn, funcs.call("app:fn"))
              end
              -- It may have had no turn since the last reload.
              fn = newest(fn, funcs.call("app:fn"))
              job = newest(job, process.exec("app:job", "app:procs"))
              print("user saw " .. fn .. " and " .. job)
            end}
        """,
    })
    for _ in range(4):
        app.say("spawn app:user")
    for n in range(1, 16):
        app.change(files=versions(n))
        assert app.reload() == {"updated": ["fn", "version"]}
    names = [p["names"][0] for p in json.loads(app.app.run("ps", "--json").stdout)["processes"] if p["entry"] == "app:user"]
    assert len(names) == 4
    for name in names:
        assert app.say(f"tell {name} stop") == "true"
    while sum("user saw 15 and 15" in line for line in app.server.lines) < 4:
        app.server.wait_for("user saw 15 and 15")


def test_without_a_runtime(app):
    done = app.run("reload")
    assert done.code == 1 and "no runtime runs in" in done.stderr
