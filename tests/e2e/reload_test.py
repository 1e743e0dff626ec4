"""trivium reload: entries of functions and processes change while the application runs."""
import json
import os
import re

import pytest

# A process on the terminal that does what lines of the standard input say, and prints what came of it.
DRIVER = """
    local io, funcs, time, contract = require("io"), require("funcs"), require("time"), require("contract")

    local function show(value, err)
      if err then return err:kind() .. ": " .. err:message() end
      return tostring(value)
    end

    local pending
    local commands = {
      call = function(id, argument) return show(funcs.call(id, argument)) end,
      begin = function(id) pending = funcs.async(id, "slow") return "begun" end,
      finish = function()
        local value = pending:response():receive()
        return value:data()
      end,
      spawn = function(id) return (show(process.spawn(id, "app:procs")):gsub("|.*", "")) end,
      where = function(id, host) return (show(process.spawn(id, host)):gsub("|.*", "")) end,
      ask = function(name)
        local answers = process.listen("answer")
        local sent, err = process.send(name, "ask", process.pid())
        if err then return show(nil, err) end
        local r = channel.select{ answers:case_receive(), time.after("2m"):case_receive() }
        return r.channel == answers and r.value or "no answer"
      end,
      tell = function(name, topic) return show(process.send(name, topic)) end,
      kill = function(name) return show(process.terminate(name)) end,
      greet = function()
        local greeter, err = contract.open("app:greeter_en")
        if err then return show(nil, err) end
        return show(greeter:hello())
      end,
    }

    local function main()
      while true do
        local line, err = io.readline()
        if err then return 0 end
        local words = {}
        for word in line:gmatch("%S+") do words[#words + 1] = word end
        io.print(line .. " => " .. commands[words[1]](words[2], words[3]))
      end
    end
    return {main = main}
"""

INDEX = """
    namespace: app
    entries:
      - {name: term, kind: terminal.host, lifecycle: {auto_start: true}}
      - {name: driver, kind: process.lua, source: file://driver.lua, modules: [io, funcs, time, contract]}
      - {name: driver.service, kind: process.service, process: driver, host: app:term, lifecycle: {auto_start: true}}
"""

FUNCTION = "- {name: fn, kind: function.lua, source: file://fn.lua, method: main, modules: [time]}"
HOST = "- {name: procs, kind: process.host, lifecycle: {auto_start: true}}"


class Live:
    """A running application whose entries a test changes."""

    def __init__(self, app, entries, files):
        self.app = app
        self.app.write({"src/driver.lua": DRIVER})
        self.change(entries, files)
        self.server = app.start("-c", "-v", "run")
        self.server.wait_for("runtime ready")

    def change(self, entries=None, files=None):
        if entries is not None:
            index = INDEX.replace("\n    ", "\n").lstrip("\n")
            self.app.write({"src/_index.yaml": index + "".join(f"  {entry}\n" for entry in entries)})
        self.app.write({f"src/{name}": text for name, text in (files or {}).items()})

    def reload(self):
        done = self.app.run("reload", "--json")
        assert done.code == 0, done.stderr
        result = json.loads(done.stdout)
        return {what: [id.removeprefix("app:") for id in result[what]] for what in ("created", "updated", "deleted") if result[what]}

    def refused(self):
        done = self.app.run("reload")
        assert done.code == 1 and done.stdout == "", done.stdout
        return done.stderr

    def hears(self, pattern):
        """Waits for such a line, wherever it is in the output."""
        if not any(re.search(pattern, line) for line in self.server.lines):
            self.server.wait_for(pattern)

    def say(self, line):
        self.server.write(line + "\n")
        found = self.server.wait_for(f"^{line} => (.*)$", timeout=150)
        return found.match.group(1)


@pytest.fixture
def live(app):
    started = []

    def start(entries, files=None):
        started.append(Live(app, entries, files or {}))
        return started[-1]

    yield start
    for one in started:
        one.server.__exit__()


def fn(version):
    return f"""
        local calls = 0
        return {{main = function(how)
          calls = calls + 1
          local me = process.pid():match("#lua%.%d+")
          if how == "slow" then
            process.registry.register("slow")
            print("slow call begins")
            process.listen("go"):receive()
          end
          return "{version} " .. me .. " " .. calls
        end}}
    """


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


def server_of(version, first=""):
    return f"""
        return {{main = function(how)
          {first}
          local asked, events = process.listen("ask"), process.events()
          print("server {version} " .. tostring(how) .. " " .. process.id())
          while true do
            local r = channel.select{{asked:case_receive(), events:case_receive()}}
            if r.channel == asked then process.send(r.value, "answer", "{version}") end
            if r.channel == events then
              local sources = r.value.sources and table.concat(r.value.sources, ",") or r.value.reason
              print("server {version} hears " .. r.value.kind .. " " .. sources)
              if r.value.kind == process.event.CANCEL then return end
              process.upgrade(nil, "upgraded")
            end
          end
        end}}
    """


NAMED = 'process.registry.register("server")'
UPGRADABLE = NAMED + " process.set_options({upgradable = true})"


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


def workers_of(app):
    hosts = json.loads(app.app.run("ps", "--json").stdout)["hosts"]
    return {host["id"]: host["workers"] for host in hosts}["app:procs"]


def host(fields):
    return "- {name: procs, kind: process.host, " + fields + "}"


def test_workers_of_a_host(live):
    app = live([host("host: {workers: 1}, lifecycle: {auto_start: true}"), "- {name: server, kind: process.lua, source: file://server.lua}"],
               {"server.lua": server_of("the", NAMED)})
    app.say("spawn app:server")
    app.server.wait_for("server the nil")
    assert workers_of(app) == 1
    server = app.app.read("src/_index.yaml")
    app.app.write({"src/_index.yaml": server.replace("workers: 1", "workers: 2")})
    assert app.reload() == {"updated": ["procs"]}
    assert workers_of(app) == min(2, os.cpu_count())
    assert app.say("ask server") == "the"  # nothing has happened to it
    app.app.write({"src/_index.yaml": server.replace("host: {workers: 1}", "host: {workers: 1, queue_size: 7}")})
    assert "host.queue_size of a host cannot change while the host runs" in app.refused()
    app.app.write({"src/_index.yaml": server.replace("auto_start: true}}\n  - {name: server", "auto_start: true, stop_timeout: 1s}}\n  - {name: server")})
    assert "lifecycle of a host cannot change while the host runs" in app.refused()
    assert workers_of(app) == min(2, os.cpu_count())
    app.app.write({"src/_index.yaml": server})
    app.reload()
    assert workers_of(app) == 1 and app.say("ask server") == "the"


def test_hosts_come_and_go(live):
    server = "- {name: server, kind: process.lua, source: file://server.lua}"
    app = live([server], {"server.lua": server_of("the", NAMED)})
    assert app.say("where app:server app:procs") == "NotFound: host not found"
    app.change([server, HOST])
    assert app.reload() == {"created": ["procs"]}
    while (answer := app.say("where app:server app:procs")) == "Unavailable: host is not running":
        pass  # it starts after the command has returned
    assert answer == "{app:procs"
    app.hears("server the nil")
    app.change([server])
    assert app.reload() == {"deleted": ["procs"]}
    app.server.wait_for("server the hears pid.cancel scheduler shutdown")
    app.server.wait_for("service removed")
    assert app.say("where app:server app:procs") == "NotFound: host not found"


def test_those_elsewhere_hear_what_a_host_ended(live):
    """Its time is over, and what has not ended by itself is ended."""
    entries = [
        HOST,
        "- {name: watcher, kind: process.lua, source: file://watcher.lua}",
        "- {name: deaf, kind: process.lua, source: file://deaf.lua, modules: [time]}",
        "- {name: other, kind: process.host, lifecycle: {auto_start: true, stop_timeout: 50ms}}",
    ]
    app = live(entries, {
        "deaf.lua": "return {main = function() print('deaf sleeps') time.sleep('1h') end}",
        "watcher.lua": """
            return {main = function()
              process.set_options({trap_links = true})
              local events = process.events()
              local pid = process.spawn_linked_monitored("app:deaf", "app:other")
              while true do
                local e = events:receive()
                local from = e.from == pid and "it" or "another"
                print("heard " .. e.kind .. " of " .. from .. ": " .. e.result.error:kind() .. " " .. e.result.error:message())
              end
            end}
        """,
    })
    app.say("spawn app:watcher")
    app.hears("deaf sleeps")
    app.change(entries[:-1])
    assert app.reload() == {"deleted": ["other"]}
    app.hears("heard pid.exit of it: Canceled context canceled")
    app.hears("heard pid.link.down of it: Canceled context canceled")
    app.hears("service removed")


def test_services_come_change_and_go(live):
    def service(word):
        return [HOST, "- {name: server, kind: process.lua, source: file://server.lua}",
                "- {name: server.service, kind: process.service, process: server, host: app:procs, input: [" + word
                + "], lifecycle: {auto_start: true, restart: {initial_delay: 1ms}}}"]

    app = live(service("one")[:2], {"server.lua": server_of("the", NAMED)})
    app.change(service("one"))
    assert app.reload() == {"created": ["server.service"]}
    app.server.wait_for("server the one")
    app.change(service("two"))
    assert app.reload() == {"updated": ["server.service"]}
    assert app.say("ask server") == "the"  # by the same process
    app.say("kill server")
    app.server.wait_for("server the two")
    app.change(service("two")[:1] + service("two")[2:])
    assert "there is no entry app:server" in app.refused()
    app.change(service("two")[:2])
    assert app.reload() == {"deleted": ["server.service"]}
    app.server.wait_for("server the hears pid.cancel service stopping")
    app.server.wait_for("service removed")


def test_supervisors_take_their_new_shape_when_they_start_again(live):
    def tree(*children):
        listed = ", ".join(f"{{id: {c}, process: server, input: [{c}]}}" for c in children)
        return [HOST, "- {name: server, kind: process.lua, source: file://server.lua}",
                "- {name: top, kind: process.supervisor, host: app:procs, max_restarts: 0, children: [" + listed
                + "], lifecycle: {auto_start: true, restart: {initial_delay: 1ms}}}"]

    app = live(tree("a"), {"server.lua": server_of("child", 'process.registry.register(how)')})
    app.hears("server child a")
    app.change(tree("a", "b"))
    assert app.reload() == {"updated": ["top"]}
    assert app.say("ask b") == "NotFound: could not resolve 'b' as PID or registered name"
    assert app.say("kill a") == "true"  # more than it may: the supervisor fails and is started again
    app.server.wait_for("server child b")
    app.change(tree("a")[:2])
    assert app.reload() == {"deleted": ["top"]}
    app.server.wait_for("service removed")
    assert "app:top" not in app.app.run("tree").stdout


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
