"""trivium workflow …: looking at workflows and asking things of them, with the runtime up and down."""
import json
import re
import sqlite3

import pytest

from harness import polling

ENTRIES = """
- {name: double, kind: function.lua, source: file://steps.lua, method: double}
- {name: flaky, kind: function.lua, source: file://steps.lua, method: flaky}
- {name: order, kind: workflow.lua, source: file://order.lua, modules: [funcs, time, workflow]}
- {name: quick, kind: workflow.lua, source: "return {main = function(n) return n end}"}
"""
FILES = {
    "steps.lua": """
        local M = {}
        local tries = 0
        function M.double(n) return n * 2 end
        function M.flaky()
          tries = tries + 1
          if tries < 3 then error("not yet") end
          return "done"
        end
        return M
    """,
    "order.lua": """
        return {main = function(n)
          workflow.attrs({search = {tier = "gold", size = n}, memo = {note = "fragile"}})
          local a = funcs.call("app:double", n)
          time.sleep("1ms")
          local by = process.listen("approve"):receive()
          local b = funcs.call("app:double", a)
          return {total = b, by = by}
        end}
    """,
}
# Starts the order that is named, and says so.
START = """
local id, name, n = ...
local pid, err = process.with_options({["workflow.id"] = name}):spawn(id, "trivium:workflow_worker", tonumber(n))
if err then return nil, err end
io.print(pid)
"""


@pytest.fixture
def shop(app):
    return app.program(START, ("io",), ENTRIES, FILES)


def started(app, name="order-1", entry="app:order", n=4):
    assert app.main(entry, name, n).code == 0


def listed(app, *flags):
    result = app.run("workflow", "list", "--json", *flags)
    assert result.code == 0, result.stderr
    return json.loads(result.stdout)


def shown(app, name):
    result = app.run("workflow", "show", name, "--json")
    assert result.code == 0, result.stderr
    return json.loads(result.stdout)


def shown_until(app, name, reached):
    """What show tells about the workflow as soon as that is so."""
    return polling.until(lambda: shown(app, name), reached)


def ended(app, name):
    return shown_until(app, name, lambda run: run["status"] != "Running")


def until_waiting(app, name="order-1"):
    """Runs the application until the order has nothing to do but to wait for its message."""
    with app.start("run") as running:
        running.wait_for("runtime ready")
        shown_until(app, name, lambda run: run["events"] >= 17)


def test_nothing_yet(shop):
    assert shop.run("workflow", "list").stdout == "No workflows found\n"
    result = shop.run("workflow", "show", "order-1")
    assert (result.code, result.stdout) == (1, "")
    assert "no workflow or run has the ID order-1: nothing was ever started here" in result.stderr


def test_without_an_application(trivium):
    result = trivium("workflow", "list")
    assert result.code == 1 and "lock file not found" in result.stderr


def test_list_with_the_runtime_stopped(shop):
    started(shop, "order-1")
    started(shop, "quick-1", "app:quick", 7)
    table = shop.run("workflow", "list")
    assert table.lines[0].split() == ["WORKFLOW", "TYPE", "STATE", "STARTED", "TOOK", "OUTCOME"]
    assert [line.split()[0] for line in table.lines[1:]] == ["quick-1", "order-1"]
    assert table.lines[2].split()[1:3] == ["app:order", "Running"]
    runs = {run["workflow_id"]: run for run in listed(shop)}
    assert set(runs) == {"order-1", "quick-1"}
    assert runs["order-1"]["type"] == "app:order"
    assert runs["order-1"]["store"] == "trivium:workflow_store"


def test_list_filters(shop):
    started(shop, "order-1")
    started(shop, "order-2", n=5)
    started(shop, "quick-1", "app:quick")
    until_waiting(shop, "order-1")
    until_waiting(shop, "order-2")

    def ids(*flags):
        return {run["workflow_id"] for run in listed(shop, *flags)}

    assert ids("--status", "completed") == {"quick-1"}
    assert ids("--status", "running") == {"order-1", "order-2"}
    assert ids("--status", "parked") == set()
    assert ids("--type", "app:quick") == {"quick-1"}
    assert ids("--since", "10h") == {"order-1", "order-2", "quick-1"}
    assert ids("--until", "10h") == set()
    assert ids("--since", "2000-01-01", "--until", "2001-01-01 10:00:00") == set()
    assert ids("--attr", "tier=gold") == {"order-1", "order-2"}
    assert ids("--attr", "tier=gold", "--attr", "size=5") == {"order-2"}
    assert ids("--attr", "tier=tin") == set()
    assert len(listed(shop, "--limit", "2")) == 2
    assert "There are more" in shop.run("workflow", "list", "--limit", "2").stdout


@pytest.mark.parametrize(
    "flags, text",
    [
        (("--status", "compleeted"), "did you mean completed?"),
        (("--since", "yesterday"), "--since is neither a duration"),
        (("--attr", "gold"), "--attr takes NAME=VALUE"),
        (("--store", "app:nowhere"), "no workflow store app:nowhere"),
        (("more",), "usage: trivium workflow list"),
    ],
)
def test_list_mistakes(shop, flags, text):
    started(shop)
    result = shop.run("workflow", "list", *flags)
    assert result.code == 1 and text in result.stderr


def test_the_table_fits_the_terminal(shop):
    started(shop, "order-" + "x" * 100)
    wide = shop.run("workflow", "list")
    assert "order-" + "x" * 100 in wide.stdout
    narrow = shop.run("workflow", "list", env={"COLUMNS": "80"})
    assert all(len(line) <= 80 for line in narrow.lines)
    assert "…" in narrow.stdout


def test_show(shop):
    started(shop)
    until_waiting(shop)
    text = shop.run("workflow", "show", "order-1").stdout
    assert re.search(r"^State: +Running$", text, re.M)
    assert re.search(r"^PID: +\{trivium:workflow_store@trivium:workflow_worker\|order-1\}$", text, re.M)
    assert re.search(r'^Memo: +\{"note": "fragile"\}$', text, re.M)
    run = shown(shop, "order-1")
    assert run["search_attributes"] == {"tier": "gold", "size": 4}
    assert run["pending"] == {"activities": [], "children": [], "timers": [], "waiting_events": []}
    # All ways to name it.
    assert shown(shop, run["run_id"]) == run
    assert shown(shop, "{trivium:workflow_store@trivium:workflow_worker|order-1}") == run
    assert shown(shop, "order") == run


def test_ids_that_fit_nothing_or_too_much(shop):
    started(shop, "order-1")
    started(shop, "order-2")

    def error(*words):
        result = shop.run("workflow", *words)
        assert (result.code, result.stdout) == (1, "")
        return result.stderr

    assert "several IDs begin with order: order-1, order-2" in error("show", "order")
    assert "no workflow or run has the ID odrer-1: did you mean order-1" in error("show", "odrer-1")
    # What changes something wants the whole ID.
    assert "to terminate, give the whole of order-1, order-2" in error("terminate", "order-")
    assert "usage: trivium workflow show ID" in error("show")


def test_signal_with_the_runtime_stopped(shop):
    started(shop)
    result = shop.run("workflow", "signal", "order-1", "approve", "Ana")
    assert (result.code, result.stdout) == (0, "signaled order-1\n")
    assert [event["topic"] for event in shown(shop, "order-1")["pending"]["waiting_events"]] == ["approve"]
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        ended(shop, "order-1")
    assert shown(shop, "order-1")["result"] == {"total": 16, "by": "Ana"}


@pytest.mark.parametrize(
    "typed, value", [("Ana", "Ana"), ("5", 5), ("5 apples", "5 apples"), ('{"a": [1]}', {"a": [1]}), ("true", True), ("", "")]
)
def test_signal_with_the_runtime_up(shop, typed, value):
    started(shop)
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        assert shop.run("workflow", "signal", "order-1", "approve", typed).code == 0
        ended(shop, "order-1")
        assert shown(shop, "order-1")["result"]["by"] == value
        result = shop.run("workflow", "signal", "order-1", "approve")
        assert result.code == 1 and "has ended (Completed): there is nothing to signal" in result.stderr


@pytest.mark.parametrize("up", [False, True])
def test_terminate(shop, up):
    started(shop)

    def terminate():
        result = shop.run("workflow", "terminate", "order-1", "--reason", "no stock")
        assert (result.code, result.stdout) == (0, "terminated order-1\n")

    if up:
        with shop.start("run") as running:
            running.wait_for("runtime ready")
            terminate()
    else:
        terminate()
    run = shown(shop, "order-1")
    assert (run["status"], run["reason"]) == ("Terminated", "no stock")


def test_cancel_is_an_event_of_the_workflow(app):
    app.program(
        START,
        ("io",),
        "- {name: wait, kind: workflow.lua, source: file://wait.lua}",
        {"wait.lua": "return {main = function() return process.events():receive().reason end}"},
    )
    started(app, "w", "app:wait")
    assert app.run("workflow", "cancel", "w", "--reason", "too late").code == 0
    with app.start("run") as running:
        running.wait_for("runtime ready")
        ended(app, "w")
    assert shown(app, "w")["result"] == "too late"


# ---- history ----------------------------------------------------------------------------------------------------


def test_history_draws_the_steps(shop):
    started(shop)
    until_waiting(shop)
    shop.run("workflow", "signal", "order-1", "approve", "Ana")
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        ended(shop, "order-1")
    result = shop.run("workflow", "history", "order-1", env={"COLUMNS": "110"})
    assert result.code == 0
    steps = [line.split()[1:3] for line in result.lines[2:]]
    assert steps == [
        ["start", "app:order(4)"],
        ["attributes", "size,"],
        ["memo", "note"],
        ["activity", "app:double(4)"],
        ["timer", "1.0ms"],
        ["message", 'approve("Ana")'],
        ["activity", "app:double(8)"],
        ["end", "Completed"],
    ]
    assert "━" in result.lines[5] and "→ 8" in result.lines[5]
    assert all(len(line) <= 110 for line in result.lines[2:])
    data = json.loads(shop.run("workflow", "history", "order-1", "--json").stdout)
    activity = data["steps"][3]
    assert (activity["kind"], activity["outcome"]) == ("activity", 8)
    assert activity["attempts"] >= 1  # the runtime may have been stopped during the first
    events = json.loads(shop.run("workflow", "history", "order-1", "--events", "--json").stdout)
    assert [event["event_id"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["event_type"] == "WorkflowExecutionCompleted"
    assert shop.run("workflow", "history", "order-1", "--events").lines[2].split() == ["EVENT", "TIME", "TYPE", "ATTRIBUTES"]


def test_history_shows_retries_and_what_is_open(app):
    app.program(
        START,
        ("io",),
        """
        - {name: flaky, kind: function.lua, source: file://steps.lua, method: flaky}
        - {name: double, kind: function.lua, source: file://steps.lua, method: double}
        - {name: try, kind: workflow.lua, source: file://try.lua, modules: [funcs]}
        """,
        {
            "steps.lua": FILES["steps.lua"],
            "try.lua": """
                return {main = function()
                  local soon = funcs.new():with_options({["activity.retry_policy"] = {initial_interval = "1ms"}})
                  soon:call("app:flaky")
                  local _, err = soon:call("app:none")
                end}
            """,
        },
    )
    started(app, "t", "app:try")
    with app.start("run") as running:
        running.wait_for("runtime ready")
        shown_until(
            app,
            "t",
            lambda run: any(one["function"] == "app:none" and one["attempt"] > 1 for one in run["pending"]["activities"]),
        )
        steps = json.loads(app.run("workflow", "history", "t", "--json").stdout)["steps"]
        assert steps[1]["text"] == "app:flaky" and steps[1]["attempts"] >= 3
        assert steps[2]["end"] is None and "unable to find activityType=app:none" in steps[2]["failure"]
        drawn = app.run("workflow", "history", "t").stdout
        assert " attempts" in drawn and "╌" in drawn


def test_history_shows_what_was_abandoned_up_to_the_end(app):
    app.program(
        START,
        ("io",),
        """
        - {name: waits, kind: workflow.lua, source: "return {main = function() process.listen('go'):receive() end}"}
        - {name: leaves, kind: workflow.lua, source: file://leaves.lua, modules: [time]}
        """,
        {
            "leaves.lua": """
                return {main = function()
                  time.after("1h")
                  process.spawn("app:waits", "trivium:workflow_worker")
                  time.sleep("1ms")
                  return "gone"
                end}
            """,
        },
    )
    started(app, "l", "app:leaves")
    with app.start("run") as running:
        running.wait_for("runtime ready")
        shown_until(app, "l", lambda run: run["status"] == "Completed")
    steps = json.loads(app.run("workflow", "history", "l", "--json").stdout)["steps"]
    end = steps[-1]
    assert [(step["kind"], step["end"] == end["end"]) for step in steps if step.get("abandoned")] == [
        ("timer", True),
        ("workflow", True),
    ]
    drawn = app.run("workflow", "history", "l").lines
    assert [line.split()[1] for line in drawn if line.endswith("abandoned")] == ["timer", "workflow"]
    assert not any(line.endswith("open") for line in drawn), drawn


# ---- parked -----------------------------------------------------------------------------------------------------

OTHER_ORDER = FILES["order.lua"].replace('funcs.call("app:double", n)', 'funcs.call("app:triple", n)')


def set_code(app, mode):
    """How the order chooses its code after a deployment."""
    index = app.read("src/_index.yaml")
    meta = "modules: [funcs, time, workflow], meta: {workflow: {code: %s}}}" % mode
    app.write({"src/_index.yaml": index.replace("modules: [funcs, time, workflow]}", meta)})


def park(app):
    set_code(app, "latest")
    started(app)
    until_waiting(app)
    app.write({"src/order.lua": OTHER_ORDER})
    assert app.run("workflow", "signal", "order-1", "approve", "Ana").code == 0
    with app.start("run") as running:
        running.wait_for("a workflow cannot go on")
        shown_until(app, "order-1", lambda run: run["parked"])


def put_right(shop):
    """The code that fits is back: order-1, which was parked, goes on to its end."""
    shop.write({"src/order.lua": FILES["order.lua"]})
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        ended(shop, "order-1")
    assert shown(shop, "order-1")["result"] == {"total": 16, "by": "Ana"}


def test_parked_runs_are_visible_and_tried_again(shop):
    park(shop)
    assert {run["workflow_id"] for run in listed(shop, "--status", "parked")} == {"order-1"}
    line = shop.run("workflow", "list").lines[1]
    assert "Parked" in line and "it asks for activity app:triple" in line
    assert "Parked:" in shop.run("workflow", "show", "order-1").stdout
    # Still wrong: tried again, and parked again.
    with shop.start("run") as running:
        running.wait_for("a workflow cannot go on")
        shown_until(shop, "order-1", lambda run: run["parked"])
        assert shop.run("workflow", "retry", "order-1").stdout == "tries again: order-1\n"
        running.wait_for("a workflow cannot go on")
    put_right(shop)


def test_retry_of_what_is_not_parked(shop):
    started(shop)
    result = shop.run("workflow", "retry", "order-1")
    assert result.code == 1 and "workflow order-1 is not parked" in result.stderr
    assert shop.run("workflow", "retry", "--all").stdout == "No workflow is parked\n"


# ---- code -------------------------------------------------------------------------------------------------------


def test_an_entry_that_went_away_leaves_its_runs_their_code(shop):
    started(shop)
    until_waiting(shop)
    index = shop.read("src/_index.yaml")
    shop.write({"src/_index.yaml": index.replace("- {name: order,", "- {name: renamed,"), "src/order.lua": OTHER_ORDER})
    assert shop.run("workflow", "signal", "order-1", "approve", "Ana").code == 0
    with shop.start("run") as running:
        running.wait_for("the application has no entry for app:order")
        ended(shop, "order-1")
    assert shown(shop, "order-1")["result"] == {"total": 16, "by": "Ana"}
    # New ones cannot be started.
    assert "app:order not found" in shop.main("app:order", "order-2", 1).stderr


def test_the_last_workflow_entry_that_went_away(shop):
    started(shop)
    until_waiting(shop)
    kept = [line for line in shop.read("src/_index.yaml").splitlines() if "workflow.lua" not in line]
    shop.write({"src/_index.yaml": "\n".join(kept) + "\n"})
    assert shop.run("workflow", "signal", "order-1", "approve", "Ana").code == 0
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        ended(shop, "order-1")
    assert shown(shop, "order-1")["result"] == {"total": 16, "by": "Ana"}


def test_an_old_run_on_code_the_store_does_not_have(shop):
    """Such as one that was begun before runs recorded their code."""
    started(shop)
    until_waiting(shop)
    database = sqlite3.connect(shop.folder / ".trivium/workflows.db")
    database.execute("DELETE FROM sources")
    database.commit()
    database.close()
    shop.write({"src/order.lua": OTHER_ORDER})
    assert shop.run("workflow", "signal", "order-1", "approve", "Ana").code == 0
    with shop.start("run") as running:
        running.wait_for("the store does not have the code it is on")
        parked = shown_until(shop, "order-1", lambda run: run["parked"])["parked"]
    assert "it asks for activity app:triple" in parked
    put_right(shop)


def test_a_wrong_mode_is_named(shop):
    set_code(shop, "newest")
    result = shop.run("lint")
    assert result.code == 1 and "meta.workflow.code must be auto, pinned or latest" in result.stdout + result.stderr


def test_migrate_is_refused_where_it_cannot_be(shop):
    assert "usage: trivium workflow migrate ID, or migrate --all" in shop.run("workflow", "migrate").stderr
    assert shop.run("workflow", "migrate", "--all").stdout == "No workflows found\n"
    started(shop)
    until_waiting(shop)
    assert shop.run("workflow", "migrate", "order-1").stdout == "runs on the newest code: order-1\n"
    shop.write({"src/order.lua": OTHER_ORDER})
    result = shop.run("workflow", "migrate", "order-1")
    assert result.code == 1 and result.stdout.startswith("stays: order-1: [TMPRL1100]")
    assert shop.run("workflow", "terminate", "order-1").code == 0
    result = shop.run("workflow", "migrate", "order-1")
    assert result.code == 1 and "has ended (Terminated)" in result.stderr


# ---- export and replay ------------------------------------------------------------------------------------------


def export(app, name, file):
    result = app.run("workflow", "export", name)
    assert result.code == 0, result.stderr
    (app.folder / file).write_text(result.stdout)
    return json.loads(result.stdout)


def test_export_and_replay(shop):
    started(shop)
    until_waiting(shop)
    data = export(shop, "order-1", "open.json")
    assert (data["workflow_id"], data["type"]) == ("order-1", "app:order")
    events = json.loads(shop.run("workflow", "history", "order-1", "--events", "--json").stdout)
    assert data["events"] == events
    shop.run("workflow", "signal", "order-1", "approve", "Ana")
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        ended(shop, "order-1")
    export(shop, "order-1", "closed.json")
    result = shop.run("workflow", "replay", "open.json", "closed.json")
    assert (result.code, result.stderr) == (0, "")
    assert result.lines[0] == "open.json: order-1 (app:order) fits: " + str(len(events)) + " events"
    assert result.lines[1].startswith("closed.json: order-1 (app:order) fits")
    # Nothing of it ran for real.
    assert len(listed(shop)) == 1


@pytest.mark.parametrize(
    "old, new, expected, actual",
    [
        ('funcs.call("app:double", n)', 'funcs.call("app:triple", n)', "activity app:double 7 (event 7,", "activity app:triple 7"),
        ('local a = funcs.call("app:double", n)', "local a = n", "activity app:double 7 (event 7,", "timer 7"),
        ('return {total = b, by = by}', 'time.sleep("1s")', "completion of the workflow", "timer"),
        ('time.sleep("1ms")', 'time.sleep("1ms") funcs.async("app:double", 1)', "nothing more", "activity app:double"),
        ('return {total = b, by = by}', 'error("no")', "completion of the workflow", "failure of the workflow"),
        ('return {total = b, by = by}', 'process.listen("x"):receive()', "completion of the workflow", "nothing more"),
    ],
)
def test_replay_names_where_the_code_leaves_the_history(shop, old, new, expected, actual):
    started(shop)
    until_waiting(shop)
    shop.run("workflow", "signal", "order-1", "approve", "Ana")
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        ended(shop, "order-1")
    export(shop, "order-1", "h.json")
    assert old in FILES["order.lua"]
    shop.write({"src/order.lua": FILES["order.lua"].replace(old, new)})
    result = shop.run("workflow", "replay", "h.json", "--json")
    (outcome,) = json.loads(result.stdout)
    assert (result.code, outcome["deterministic"]) == (1, False)
    assert expected in outcome["expected"] and actual in outcome["actual"]
    assert outcome["event_id"] > 0
    text = shop.run("workflow", "replay", "h.json").stdout
    assert "h.json: order-1 (app:order) does not fit\n" in text and "  actual:   " + outcome["actual"] in text


def test_replay_of_code_that_never_ends(shop):
    started(shop)
    until_waiting(shop)
    export(shop, "order-1", "h.json")
    shop.write({"src/order.lua": "return {main = function() while true do end end}"})
    result = shop.run("workflow", "replay", "h.json", timeout=120)
    assert result.code == 1 and "computes for too long" in result.stdout


@pytest.mark.parametrize(
    "text, why",
    [
        ("[]", "it is not a JSON object"),
        ("{", "this is no exported history"),
        ('{"format": "x"}', 'its format is "x"'),
        ('{"format": "trivium.history/1", "events": []}', "does not begin with WorkflowExecutionStarted"),
    ],
)
def test_replay_of_other_files(shop, text, why):
    shop.write({"h.json": text})
    result = shop.run("workflow", "replay", "h.json")
    assert (result.code, result.stdout) == (1, "")
    assert "h.json: this is no exported history" in result.stderr and why in result.stderr


def test_replay_of_a_type_that_is_not_there(shop):
    started(shop)
    until_waiting(shop)
    export(shop, "order-1", "h.json")
    shop.write({"src/_index.yaml": shop.read("src/_index.yaml").replace("name: order,", "name: renamed,")})
    result = shop.run("workflow", "replay", "h.json")
    assert result.code == 1 and "unable to find workflow type: app:order" in result.stdout


# ---- stores -----------------------------------------------------------------------------------------------------


def test_stores_of_entries(app):
    app.program(
        START.replace('"trivium:workflow_worker"', '"app:jobs"'),
        ("io",),
        """
        - {name: store, kind: workflow.sqlite, file: "data/jobs.db"}
        - {name: jobs, kind: workflow.worker, provider: "app:store"}
        - {name: wait, kind: workflow.lua, source: file://wait.lua, meta: {workflow: {worker: jobs}}}
        """,
        {"wait.lua": "return {main = function() return process.inbox():receive():topic() end}"},
    )
    started(app, "w", "app:wait")
    assert [run["store"] for run in listed(app)] == ["app:store"]
    assert [run["workflow_id"] for run in listed(app, "--store", "app:store")] == ["w"]
    assert [run["workflow_id"] for run in listed(app, "--store", "data/jobs.db")] == ["w"]
    assert "did you mean app:store" in app.run("workflow", "list", "--store", "app:stoer").stderr


SHARED_FILE = """
- {name: store, kind: workflow.sqlite}
- {name: jobs, kind: workflow.worker, provider: "app:store"}
- {name: wait, kind: workflow.lua, source: file://wait.lua, meta: {workflow: {worker: jobs}}}
- {name: free, kind: workflow.lua, source: file://wait.lua}
"""
WAIT = {"wait.lua": "return {main = function() return process.inbox():receive():topic() end}"}


def test_a_worker_declared_on_the_default_file_serves_what_names_none(app):
    app.program(START.replace('"trivium:workflow_worker"', '"app:jobs"'), ("io",), SHARED_FILE, WAIT)
    started(app, "w", "app:wait")
    started(app, "f", "app:free")  # the file exists by now
    app.program(START, ("io",), SHARED_FILE, WAIT)
    started(app, "g", "app:free")  # by the name of the built-in worker
    assert {(run["workflow_id"], run["store"]) for run in listed(app)} == {(i, "app:store") for i in "wfg"}


def test_a_file_has_one_worker(app):
    app.program(
        "",
        (),
        """
        - {name: one, kind: workflow.sqlite, file: data/jobs.db}
        - {name: two, kind: workflow.sqlite, file: ./data/../data/jobs.db}
        - {name: a, kind: workflow.worker, provider: one}
        - {name: b, kind: workflow.worker, provider: two}
        """,
    )
    result = app.run("run", "-x", "app:main")
    assert result.code == 1 and "data/jobs.db is served by app:a already" in result.stderr, result.stderr
    assert "app:b" in result.stderr and "_index.yaml" in result.stderr, result.stderr


def test_a_reader_takes_nothing_from_a_runtime(shop):
    started(shop)
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        second = shop.run("run")
        assert second.code == 1 and f"is in use by process {running.pid} (" in second.stderr
        assert shop.run("workflow", "list").code == 0
