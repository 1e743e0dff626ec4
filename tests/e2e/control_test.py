"""The control socket, and the commands that use it."""
import json
import os
import re
import socket
import stat

import pytest

INDEX = """
    namespace: app
    entries:
      - {name: term, kind: terminal.host, lifecycle: {auto_start: true}}
      - {name: procs, kind: process.host, host: {workers: 1}, lifecycle: {auto_start: true}}
      - {name: sleeper, kind: process.lua, source: file://sleeper.lua}
      - {name: hello, kind: process.lua, source: file://hello.lua, modules: [io], meta: {command: {name: hello}}}
      - {name: double, kind: function.lua, source: file://double.lua, method: main}
      - {name: sleeper.service, kind: process.service, process: sleeper, host: app:procs, lifecycle: {auto_start: true}}
"""

FILES = {
    "src/_index.yaml": INDEX,
    "src/sleeper.lua": """
        return {main = function()
          process.registry.register("sleeper")
          local events = process.events()
          print("asleep")
          events:receive()
        end}
    """,
    "src/hello.lua": "return {main = function() io.print('hello') end}\n",
    "src/double.lua": "return {main = function(n) return n * 2 end}\n",
}


@pytest.fixture
def server(app):
    app.write(FILES)
    with app.start("-c", "-v", "run") as running:
        for _ in range(2):  # in either order
            running.wait_for("asleep|runtime ready")
        yield running


def ask(app, text):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(os.path.relpath(app.folder / ".trivium/control.sock"))
        connection.sendall(text.encode())
        with connection.makefile() as answers:
            return [json.loads(answers.readline()) for _ in range(text.count("\n"))]


def test_ps(app, server):
    rows = json.loads(app.run("ps", "--json").stdout)
    (process,) = [p for p in rows["processes"] if p["entry"] == "app:sleeper"]
    assert process["names"] == ["sleeper"] and process["host"] == "app:procs" and not process["call"]
    assert process["memory"] > 1000 and process["mailbox"] == 0 and process["restarts"] == 0
    assert {h["id"]: h["workers"] for h in rows["hosts"]}["app:procs"] == 1
    assert [f["id"] for f in rows["functions"]] == ["app:double"]
    table = app.run("ps").stdout
    assert re.search(r"^HOST +KIND +WORKERS +PROCESSES$", table, re.M)
    assert re.search(r"^\{app:procs\|0x\w+\} +app:sleeper .* sleeper$", table, re.M)


def test_from_another_folder(app, server, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    from harness.app import run

    assert "app:sleeper" in run(["ps", "-C", app.folder], elsewhere).stdout
    assert "app:sleeper.service" in run(["tree", "--dir", app.folder], elsewhere).stdout
    missing = run(["ps"], elsewhere)
    assert missing.code == 1 and "no runtime runs in " + str(elsewhere) in missing.stderr
    absent = run(["ps", "-C", "/no/such/folder"], elsewhere)
    assert absent.code == 1 and "there is no folder /no/such/folder" in absent.stderr


def test_tree_of_services(app, server):
    shown = app.run("tree").stdout
    assert re.search(r"^app:procs  process.host  running$", shown, re.M)
    assert re.search(r"^app:sleeper.service  process.service  running", shown, re.M)


def test_host_workers(app, server):
    grown = app.run("host", "workers", "app:procs", "6", "--json")
    assert grown.code == 0, grown.stderr
    answer = json.loads(grown.stdout)
    assert answer["workers"] == 6 and answer["threads"] >= 6
    hosts = json.loads(app.run("ps", "--json").stdout)["hosts"]
    assert {h["id"]: h["workers"] for h in hosts}["app:procs"] == 6
    assert "app:procs: 1 workers" in app.run("host", "workers", "app:procs", "1").stdout
    for arguments, message in [
        (["app:nothing", "2"], "there is no process host app:nothing"),
        (["app:term", "2"], "terminal host"),
        (["app:procs", "0"], "trivium host workers ns:name 4"),
        (["app:procs"], "trivium host workers ns:name 4"),
        (["app:procs", "9999"], "from 1 to 4096"),
    ]:
        refused = app.run("host", "workers", *arguments)
        assert refused.code == 1 and message in refused.stderr, refused.stderr


def test_protocol(app, server):
    path = app.folder / ".trivium/control.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    answers = ask(app, '{"verb":"status"}\n{"verb":"nothing"}\nno json\n{"verb":"ps","arguments":[]}\n{}\n')
    assert answers[0]["ok"] and answers[0]["result"]["pid"] == server.pid
    assert answers[1]["error"]["kind"] == "NotFound" and "status, ps, tree" in answers[1]["error"]["message"]
    assert [a["error"]["kind"] for a in answers[2:]] == ["Invalid"] * 3


def test_the_socket_goes_with_the_runtime(app):
    app.write(FILES)
    with app.start("-c", "run") as running:
        running.wait_for("runtime ready")
        assert (app.folder / ".trivium/control.sock").exists()
        assert running.stop() == 0
    assert not (app.folder / ".trivium/control.sock").exists()
    assert app.run("tree").code == 1


def test_a_dead_runtime_leaves_no_obstacle(app):
    app.write(FILES)
    with app.start("-c", "run") as first:
        first.wait_for("runtime ready")
        first.kill()
    assert (app.folder / ".trivium/control.sock").exists()
    assert "no runtime runs in" in app.run("ps").stderr
    with app.start("-c", "run") as second:
        second.wait_for("runtime ready")
        assert app.run("ps").code == 0
        assert second.stop() == 0


def test_a_second_runtime_leaves_the_first_alone(app, server):
    with app.start("-c", "-v", "run") as second:
        second.wait_for("no control socket.*another runtime listens there")
        second.wait_for("runtime ready")
        assert second.stop() == 0
    assert ask(app, '{"verb":"status"}\n')[0]["result"]["pid"] == server.pid


def test_one_process_opens_none(app):
    app.write(FILES)
    assert app.run("run", "hello").stdout == "hello\n"
    assert not (app.folder / ".trivium").exists()
