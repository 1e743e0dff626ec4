"""What workflows are not meant for, with each provider: each has a clear error, and nothing is lost."""
import json
import sqlite3
import textwrap

import pytest

from harness import polling

ENTRIES = """
    - {name: note, kind: function.lua, source: "return {run = function(word) return word end}", method: run}
    - {name: flow, kind: workflow.lua, source: file://flow.lua, modules: [funcs, time, uuid, workflow], meta: {workflow: {worker: jobs}}}
"""
START = """
local name, how = ...
local pid = assert(process.with_options({["workflow.id"] = name}):spawn_monitored("app:flow", "app:jobs", how))
local event = process.events():receive()
if event.result.error then io.print(event.result.error:kind() .. ": " .. event.result.error:message()) return end
io.print((json.encode(event.result.value)))
"""


@pytest.fixture
def shop(app, provider):
    def build(flow, main=START):
        listing = textwrap.dedent(ENTRIES).strip("\n") + "\n" + provider.entries.strip("\n") + "\n"
        files = {"flow.lua": textwrap.dedent(flow)}
        return app.program(textwrap.dedent(main), ("io", "json", "time", "workflow"), listing, files)

    return build


def cli(app, *words, code=0):
    result = app.run("workflow", *words, "--store", "app:store", timeout=120)
    assert result.code == code, result.stdout + result.stderr
    return result


def until(app, name, reached):
    return polling.until(lambda: json.loads(cli(app, "show", name, "--json").stdout), reached)


def change(provider, statement):
    if provider.name == "sqlite":
        database = sqlite3.connect(provider.file)
        with database:
            database.execute(statement)
        database.close()
    else:
        provider.rows(statement + " RETURNING 1")


def test_modules_of_the_outside_world_are_not_there(shop):
    app = shop(
        """
        return {main = function()
          local found = {}
          for _, name in ipairs({"io", "env", "events", "logger", "activity", "nothing"}) do
            if pcall(require, name) then found[#found + 1] = name end
          end
          return {found, type(os.getenv), type(os.execute), type(os.remove)}
        end}
        """
    )
    result = app.main("m")
    assert result.lines == ['[[],"nil","nil","nil"]'], result.stdout + result.stderr


def test_clock_and_chance_are_the_same_in_every_replay(shop):
    app = shop(
        """
        return {main = function()
          local words = {}
          for key in pairs({a = 1, b = 2, c = 3, d = 4}) do words[#words + 1] = key end
          for _ = 1, 3 do
            words[#words + 1] = tostring(math.random(1000000)) .. os.time() .. time.now():unix() .. os.clock()
            words[#words + 1] = uuid.v4()
            words[#words + 1] = tostring({}) .. tostring(print)
            for _, word in ipairs(words) do funcs.call("app:note", word) end
          end
          return process.listen("end"):receive()
        end}
        """,
        """
        assert(process.with_options({["workflow.id"] = "w"}):spawn("app:flow", "app:jobs"))
        """,
    )
    assert app.main().code == 0
    with app.start("run") as running:
        running.wait_for("runtime ready")
        until(app, "w", lambda run: run["events"] > 100 and not run["pending"]["activities"])
        running.kill()
    for _ in range(2):  # other processes, other times, other addresses
        assert "fits" in cli(app, "replay", "--all").stdout
    with app.start("run") as running:
        running.wait_for("runtime ready")
        cli(app, "signal", "w", "end", "well")
        assert until(app, "w", lambda run: run["status"] == "Completed")["result"] == "well"


def test_a_history_has_its_limit(shop):
    app = shop(
        """
        return {main = function()
          while true do
            for _ = 1, 5000 do uuid.v4() end
            time.sleep("1ms")
          end
        end}
        """
    )
    result = app.run("run", "-v", "-x", "app:main", "w", timeout=300)
    assert len(result.lines) == 1 and "the workflow's history reached its limit of 51200 events" in result.lines[0]
    warned = [line for line in result.stderr.splitlines() if "continue as new (process.upgrade)" in line]
    assert len(warned) == 1, result.stderr


def test_ids_that_nobody_has(shop):
    app = shop(
        "return {main = function() end}",
        """
        local nobody = "{app:store@app:jobs|nobody}"
        local function told(name, _, err) io.print(name .. " " .. err:kind() .. ": " .. err:message()) end
        told("send", process.send(nobody, "word", 1))
        told("cancel", process.cancel(nobody))
        told("terminate", process.terminate(nobody))
        told("query", workflow.query(nobody, "state"))
        told("update", workflow.update(nobody, "add"))
        told("spawn", process.spawn("app:nothing", "app:jobs"))
        told("execute", workflow.execute("app:nothing"))
        process.monitor(nobody)
        told("monitor", nil, process.events():receive().result.error)
        """,
    )
    result = app.main()
    lost = "workflow not found for ID: nobody"
    assert result.lines == [
        f"send NotFound: {lost}",
        f"cancel Internal: cancel failed: {lost}",
        f"terminate Internal: terminate failed: {lost}",
        f"query NotFound: {lost}",
        f"update NotFound: {lost}",
        "spawn NotFound: workflow app:nothing not found",
        "execute NotFound: no workflow entry app:nothing",
        f"monitor NotFound: {lost}",
    ], result.stderr


def test_a_workflow_hears_at_once_of_what_nobody_has(shop):
    app = shop(
        """
        return {main = function()
          local said = {}
          local function told(name, _, err) said[#said + 1] = name .. " " .. err:kind() .. ": " .. err:message() end
          told("send", process.send("{app:store@app:jobs|nobody}", "word", 1))
          told("process", process.send("{app:procs|0x00001}", "word", 1))
          told("host", process.send("{app:nothing|0x00001}", "word", 1))
          told("cancel", process.cancel("{app:store@app:jobs|nobody}"))
          told("spawn", process.spawn("app:nothing", "app:jobs"))
          told("spawn", process.spawn("app:nothing", ""))
          told("exec", process.exec("app:note", "app:jobs"))
          told("workflow.exec", workflow.exec("app:nothing"))
          told("execute", workflow.execute("app:nothing"))
          return said
        end}
        """,
        """
        for _, said in ipairs(process.exec("app:flow", "app:jobs")) do io.print(said) end
        """,
    )
    result = app.main()
    assert result.lines == [
        "send NotFound: unknown external workflow execution",
        "process NotFound: process not found",
        "host NotFound: host not found",
        "cancel Internal: cancel failed: unknown external workflow execution",
        "spawn NotFound: workflow app:nothing not found",
        "spawn NotFound: workflow app:nothing not found",
        "exec NotFound: workflow app:note not found",
        "workflow.exec NotFound: workflow exec failed: workflow app:nothing not found",
        "execute NotFound: workflow app:nothing not found",
    ], result.stdout + result.stderr


def test_pids_lead_to_the_provider_that_is_their_node(shop):
    app = shop(
        """
        return {main = function(how)
          if how == "wait" then return process.listen("end"):receive() end
          return process.with_options({
            ["workflow.id"] = "child", ["workflow.parent_close_policy"] = "abandon"
          }):spawn("app:flow", "other-queue", "wait")
        end}
        """,
        """
        local pid = assert(process.exec("app:flow", "app:jobs", "spawn"))
        io.print(pid)
        io.print(tostring(process.send(pid, "word", 1)), tostring(process.monitor(pid)))
        io.print(tostring(process.cancel(pid)), tostring(process.terminate(pid)))
        io.print(tostring(process.events():receive().result.error))
        for _, call in ipairs({process.send, process.cancel, process.terminate}) do
          local _, err = call("{no:such@app:jobs|child}", "word")
          io.print(err:kind() .. ": " .. err:message())
        end
        """,
    )
    result = app.main()
    assert result.lines == [
        "{app:store@other-queue|child}",
        "true\ttrue",
        "true\ttrue",
        "workflow terminated",
        "NotFound: node not found",
        "Internal: node not found",
        "Internal: node not found",
    ], result.stdout + result.stderr


def test_a_process_without_a_default_host_is_no_activity(shop):
    app = shop(
        """
        return {main = function()
          local _, err = funcs.call("app:main")
          return {err:kind(), err:retryable(), err:message()}
        end}
        """,
        """
        io.print((json.encode(process.exec("app:flow", "app:jobs"))))
        """,
    )
    result = app.main()
    assert result.lines == ['["NotFound",false,"no handler registered for target app:main"]'], result.stdout + result.stderr


def test_an_asynchronous_call_that_cannot_be_made_has_no_future(shop):
    app = shop(
        """
        return {main = function()
          local long = funcs.new():with_options({["activity.start_to_close_timeout"] = "zz"})
          local future, err = long:async("app:note", 1)
          local other, mixed = funcs.async("app:note", {1, 2, word = "x"})
          return {tostring(future), err:message(), tostring(other), mixed:message(), workflow.info().history_length}
        end}
        """,
        """
        for _, said in ipairs(process.exec("app:flow", "app:jobs")) do io.print(said) end
        """,
    )
    result = app.main()
    assert result.lines == [
        "nil",
        'invalid temporal activity options for app:note: activity.start_to_close_timeout is not a duration: "zz"',
        "nil",
        "cannot encode mixed-key table: keys must be either all strings or 1..n",
        "3",
    ], result.stdout + result.stderr


def test_functions_that_are_not_there_are_told_once(shop):
    app = shop(
        """
        return {main = function()
          local patient = funcs.new():with_options({
            ["activity.retry_policy"] = {maximum_attempts = 3, initial_interval = "1ms"}
          })
          local _, err = patient:call("app:none")
          return err:message()
        end}
        """,
        """
        local message = process.exec("app:flow", "app:jobs")
        io.print((message:gsub("^.*Supported types: ", "")))
        """,
    )
    result = app.run("run", "-v", "-x", "app:main")
    assert result.lines == ["[app:note]"], result.stdout + result.stderr
    told = [line for line in result.stderr.splitlines() if "a workflow calls a function that is not there" in line]
    assert len(told) == 1 and "app:none" in told[0], result.stderr


WAITING = """
    return {main = function()
      funcs.call("app:note", "begun")
      return process.listen("end"):receive()
    end}
"""


def asleep(shop):
    app = shop(WAITING, 'assert(process.with_options({["workflow.id"] = "w"}):spawn("app:flow", "app:jobs"))')
    assert app.main().code == 0
    with app.start("run") as running:
        running.wait_for("runtime ready")
        until(app, "w", lambda run: run["events"] >= 10)
    return app


def test_a_history_of_a_newer_runtime_waits_for_one(shop, provider):
    app = asleep(shop)
    change(provider, "UPDATE history SET events = replace(events, 'ActivityTaskStarted', 'ActivityTaskForeseen')")
    with app.start("run") as running:
        running.wait_for("runtime ready")
        cli(app, "signal", "w", "end", "late")
        assert "ActivityTaskForeseen" in until(app, "w", lambda run: run["parked"])["parked"]
    assert "Parked" in cli(app, "list").stdout
    change(provider, "UPDATE history SET events = replace(events, 'ActivityTaskForeseen', 'ActivityTaskStarted')")
    with app.start("run") as running:
        running.wait_for("runtime ready")
        assert until(app, "w", lambda run: run["status"] == "Completed")["result"] == "late"


def test_a_store_of_a_newer_runtime_is_left_alone(shop, provider):
    app = asleep(shop)
    ((version,),) = provider.rows("SELECT value FROM meta WHERE key = 'schema_version'")
    change(provider, "UPDATE meta SET value = '999' WHERE key = 'schema_version'")
    for refused in (app.run("run", "-x", "app:main"), cli(app, "list", code=1)):
        assert refused.code != 0 and "has schema version 999" in refused.stderr, refused.stderr
    change(provider, f"UPDATE meta SET value = '{version}' WHERE key = 'schema_version'")
    with app.start("run") as running:
        running.wait_for("runtime ready")
        cli(app, "signal", "w", "end", "kept")
        assert until(app, "w", lambda run: run["status"] == "Completed")["result"] == "kept"
