"""trivium reload: hosts, services and supervisors change while the application runs."""
import json
import os

from harness.live import HOST, NAMED, server_of


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
    assert workers_of(app) == min(2, len(os.sched_getaffinity(0)))
    assert app.say("ask server") == "the"  # nothing has happened to it
    app.app.write({"src/_index.yaml": server.replace("host: {workers: 1}", "host: {workers: 1, queue_size: 7}")})
    assert "host.queue_size of a host cannot change while the host runs" in app.refused()
    app.app.write({"src/_index.yaml": server.replace("auto_start: true}}\n  - {name: server", "auto_start: true, stop_timeout: 1s}}\n  - {name: server")})
    assert "lifecycle of a host cannot change while the host runs" in app.refused()
    assert workers_of(app) == min(2, len(os.sched_getaffinity(0)))
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
