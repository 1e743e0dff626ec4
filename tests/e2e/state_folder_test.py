"""Where workflows are kept cannot be used: one clear error, and nothing that was accepted is lost."""
import errno
import subprocess

import pytest

APP = {
    "src/_index.yaml": """
        namespace: app
        entries:
          - {name: term, kind: terminal.host, lifecycle: {auto_start: true}}
          - {name: procs, kind: process.host, lifecycle: {auto_start: true}}
          - {name: step, kind: function.lua, source: file://step.lua, method: run}
          - {name: steps, kind: workflow.lua, source: file://steps.lua, modules: [funcs, time]}
          - {name: starter, kind: process.lua, source: file://starter.lua}
          - {name: starter.service, kind: process.service, process: starter, host: procs, lifecycle: {auto_start: true}}
          - {name: plain, kind: process.lua, source: "return {main = function() io.print('plain') end}", modules: [io]}
          - {name: durable, kind: process.lua, source: file://durable.lua, modules: [io, workflow]}
          - {name: taken, kind: process.lua, source: file://taken.lua, modules: [io, workflow]}
    """,
    "src/step.lua": 'return {run = function(i) print("step " .. i .. ".") return i end}',
    "src/steps.lua": """
        return {main = function(count)
          local sum = 0
          for i = 1, count do
            sum = sum + funcs.call("app:step", i)
            time.sleep("20ms")
          end
          return sum
        end}
    """,
    "src/starter.lua": """
        return {main = function()
          local pid, err = process.with_options({}):with_name("steps"):spawn_monitored("app:steps", "trivium:workflow_worker", 100)
          if err then print("not started: " .. err) return end
          local event = process.events():receive()
          if event.kind == process.event.EXIT then
            print("ended: " .. tostring(event.result.error or event.result.value))
          end
        end}
    """,
    "src/taken.lua": """
        return {main = function()
          local function told(_, err) io.print(err:kind() .. " " .. tostring(err:retryable())) end
          told(workflow.execute("app:steps", 1))
          told(process.spawn("app:steps", "trivium:workflow_worker", 1))
          told(process.send("{trivium:workflow_worker|steps}", "word"))
          told(process.send("{trivium:workflow_store@trivium:workflow_worker|steps}", "word"))
        end}
    """,
    "src/durable.lua": """
        return {main = function()
          local value, err = workflow.execute("app:steps", 1)
          if err then return nil, err end
          io.print(value)
        end}
    """,
}


def check_refused(result, *says):
    assert result.code == 1
    assert result.stdout == ""
    assert result.stderr.count("Error: ") == 1
    for text in says:
        assert text in result.stderr
    for trace in ("starting service", "runtime ready", "step 1."):
        assert trace not in result.stderr


@pytest.fixture
def disk(app):
    """A small file system of its own under the state folder; options of mount."""
    folder = app.folder / ".trivium"
    folder.mkdir()
    mounted = []

    def mount(options):
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
        if done.returncode != 0:
            pytest.skip("mounting is not allowed here")
        mounted.append(folder)
        return folder

    yield mount
    app.close()
    for path in mounted:
        subprocess.run(["umount", path], check=True)


def fill(folder):
    """Takes all the space that is left."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as out:
        try:
            while True:
                out.write(b"\0" * 4096)
        except OSError as error:
            assert error.errno == errno.ENOSPC
    return filler


def test_file_in_the_place_of_the_folder(app):
    app.write({**APP, ".trivium": "not a folder\n"})
    check_refused(app.run("run"), ".trivium", "workflows.db")
    assert app.read(".trivium") == "not a folder\n"


def test_read_only_folder(app, disk):
    app.write(APP)
    disk("ro,size=1m")
    check_refused(app.run("run"), ".trivium/workflows.db", "Read-only file system")


def test_no_database(app):
    app.write({**APP, ".trivium/workflows.db": "this is a text, and long enough to be seen as none\n" * 100})
    before = app.read(".trivium/workflows.db")
    check_refused(app.run("run"), ".trivium/workflows.db", "not a database")
    assert app.read(".trivium/workflows.db") == before


def test_folder_in_use_by_another_runtime(app):
    app.write(APP)
    with app.start("run") as first:
        first.wait_for("step 1.")
        check_refused(app.run("run"), ".trivium/workflows.db is in use by process", f" {first.pid} ")
        plain = app.run("run", "-x", "app:plain", "-o", "app:starter.service:lifecycle.auto_start=false")
        assert (plain.code, plain.stdout, plain.stderr) == (0, "plain\n", "")
        durable = app.run("run", "-x", "app:durable", "-o", "app:starter.service:lifecycle.auto_start=false")
        assert durable.code == 1
        assert f"in use by process {first.pid} " in durable.stderr
        taken = app.run("run", "-x", "app:taken", "-o", "app:starter.service:lifecycle.auto_start=false")
        assert taken.lines == ["Conflict false"] * 4, taken.stdout + taken.stderr
        first.wait_for("ended: 5050")
        assert first.stop() == 0
    assert app.run("run", "-x", "app:durable", "-o", "app:starter.service:lifecycle.auto_start=false").stdout == "1\n"


def test_no_workflows_no_folder(app):
    app.program("return 3")
    app.write({".trivium": "not a folder\n"})
    assert app.main().code == 3


def test_full_disk_at_the_start(app, disk):
    app.write(APP)
    filler = fill(disk("size=8m"))
    check_refused(app.run("run"), ".trivium/workflows.db", "full")
    filler.unlink()
    with app.start("run") as server:
        server.wait_for("ended: 5050")
        assert server.stop() == 0


@pytest.mark.parametrize("restart", [True, False], ids=["space after a restart", "space while it runs"])
def test_disk_fills_up(app, disk, restart):
    app.write(APP)
    folder = disk("size=8m")
    with app.start("run") as server:
        server.wait_for(r"step 10\.")
        filler = fill(folder)
        complaint = server.wait_for("ERROR")
        assert "full" in complaint and "workflow" in complaint
        assert server.process.poll() is None
        if restart:
            assert server.stop() == 0
            assert server.stderr.count("ERROR") == 1
        filler.unlink()
        if not restart:
            server.wait_for("ended: 5050")
            assert server.stop() == 0
            assert server.stderr.count("workflows wait: ") == server.stderr.count("workflows go on: ") == 1
    if not restart:
        return
    with app.start("run") as server:
        server.wait_for("ended: 5050")
        assert server.stop() == 0
        assert "step 9." not in server.stderr  # durable before the disk was full
