"""Deployments under open workflows, with each provider: none is lost, whatever the new code looks like."""
import json
import textwrap
from collections import Counter

from harness import polling

MANY = 200

INDEX = """
- {name: work, kind: function.lua, source: file://work.lua, method: run}
- {name: words, kind: library.lua, source: file://words.lua}
- {name: flow, kind: workflow.lua, source: file://flow.lua, modules: [funcs, time], imports: {words: app:words}, meta: {workflow: {worker: jobs, code: MODE}}}
- {name: boss, kind: process.service, process: app:starter, host: app:procs, lifecycle: {auto_start: true}}
- {name: starter, kind: process.lua, source: file://starter.lua, modules: [logger]}
"""
WORK = "return {run = function(step) return step .. ' done by the first' end}"
WORDS = "return {of = function(text) return 'first ' .. text end}"
FLOW = """
    local words = require("words")
    return {main = function(name)
      local go = process.listen("go")
      local first = funcs.call("app:work", "one")
      local word = go:receive()
      local second = funcs.call("app:work", "two")
      return {first, second, words.of(word)}
    end}
"""
# Another activity at the front.
INCOMPATIBLE = FLOW.replace('local first', 'funcs.call("app:work", "zero") local first')
# Other activities only where no run has been yet.
COMPATIBLE = FLOW.replace('"two"', '"three"').replace("words.of(word)", "words.of(word) .. '!'")
STARTER = """
    return {main = function()
      for i = 1, MANY do
        assert(process.with_options({["workflow.id"] = "f" .. i}):spawn("app:flow", "app:jobs", "f" .. i))
      end
      logger:info("all are there")
      process.events():receive()
    end}
""".replace("MANY", str(MANY))
GO = """
    return {main = function()
      for i = 1, MANY do
        assert(process.send("{app:store@app:jobs|f" .. i .. "}", "go", "word"))
      end
      logger:info("all were told")
      process.events():receive()
    end}
""".replace("MANY", str(MANY))
IDLE = "return {main = function() process.events():receive() end}"


def text(lua):
    return textwrap.dedent(lua)


def deploy(app, provider, mode="auto", flow=FLOW, starter=STARTER, words=WORDS, work=WORK):
    index = INDEX.replace("MODE", mode).strip("\n") + "\n" + provider.entries.strip("\n") + "\n"
    files = {"work.lua": work, "words.lua": words, "flow.lua": text(flow), "starter.lua": text(starter)}
    return app.program("", ("io",), index, files)


def listed(app, *flags):
    result = app.run("workflow", "list", "--json", "--limit", str(MANY * 2), *flags)
    assert result.code == 0, result.stderr
    return json.loads(result.stdout)


def until(app, reached):
    """The runs, once that is so."""
    return polling.until(lambda: listed(app), reached, 300)


def all_waiting(runs):
    return len(runs) == MANY and all(run["events"] == 10 for run in runs)


def begin(app, provider, mode="auto"):
    """So many workflows that wait for their message."""
    deploy(app, provider, mode)
    with app.start("run") as running:
        running.wait_for("all are there", timeout=120)
        return {run["workflow_id"]: run["code"]["hash"] for run in until(app, all_waiting)}


def finish(app):
    """Runs the application until all have ended; what they returned, and the log."""
    with app.start("run") as running:
        running.wait_for("runtime ready", timeout=120)
        runs = until(app, lambda runs: all(run["status"] != "Running" for run in runs))
        running.stop(timeout=120)
        log = running.stdout + running.stderr
    assert {run["status"] for run in runs} == {"Completed"} and len(runs) == MANY
    assert len({run["workflow_id"] for run in runs}) == MANY
    return {tuple(run["result"]) for run in runs}, log


NEW_WORK = WORK.replace("first", "second")
NEW_WORDS = WORDS.replace("first", "second")


def test_incompatible_code_under_many_sleeping_workflows(app, provider):
    hashes = begin(app, provider)
    assert len(set(hashes.values())) == 1
    deploy(app, provider, flow=INCOMPATIBLE, starter=GO, words=NEW_WORDS, work=NEW_WORK)
    results, log = finish(app)
    # Their own workflow code and libraries, today's activities.
    assert results == {("one done by the first", "two done by the second", "first word")}
    assert log.count("a workflow stays on the code it has") == MANY
    assert all(run["code"]["hash"] == hashes[run["workflow_id"]] for run in listed(app))


def test_compatible_code_takes_over_many_sleeping_workflows(app, provider):
    hashes = begin(app, provider)
    deploy(app, provider, flow=COMPATIBLE, starter=GO, words=NEW_WORDS)
    results, log = finish(app)
    assert results == {("one done by the first", "three done by the first", "second word!")}
    assert "stays on the code" not in log
    assert not {run["code"]["hash"] for run in listed(app)} & set(hashes.values())


def test_the_entry_goes_away_under_many_sleeping_workflows(app, provider):
    begin(app, provider)
    deploy(app, provider, starter=GO, words=NEW_WORDS)
    index = app.read("src/_index.yaml")
    app.write({"src/_index.yaml": index.replace("{name: flow,", "{name: other,")})
    results, _ = finish(app)
    assert results == {("one done by the first", "two done by the first", "first word")}


def test_killed_again_and_again_while_code_changes(app, provider):
    begin(app, provider)
    variants = [INCOMPATIBLE, COMPATIBLE, INCOMPATIBLE.replace("zero", "naught"), FLOW]
    for life in range(6):
        # Those that have ended meanwhile cannot be told again.
        deploy(app, provider, flow=variants[life % len(variants)], starter=GO.replace("assert(", "tostring("))
        with app.start("run") as running:
            running.wait_for("runtime ready", timeout=120)
            # Somewhere in the middle of what follows from the messages.
            before = sum(run["events"] for run in listed(app))
            until(
                app,
                lambda runs: all(run["status"] == "Completed" for run in runs)
                or sum(run["events"] for run in runs) >= before + 40,
            )
            running.kill()
    runs = until_ended(app)
    assert Counter(run["status"] for run in runs) == {"Completed": MANY}
    for run in runs:
        assert run["result"][0] == "one done by the first" and run["result"][2].startswith("first word")


def until_ended(app):
    with app.start("run") as running:
        running.wait_for("runtime ready", timeout=120)
        return until(app, lambda runs: all(run["status"] != "Running" for run in runs))


def test_pinned_ones_are_marked_and_migrated(app, provider):
    begin(app, provider, "pinned")
    deploy(app, provider, "pinned", flow=COMPATIBLE, starter=GO.replace('"go"', '"else"'), words=NEW_WORDS)
    with app.start("run") as running:
        running.wait_for("all were told", timeout=120)
        until(app, lambda runs: all(run["code"]["stays"] == "its entry says code: pinned" for run in runs))
    assert len(listed(app, "--status", "old")) == MANY
    table = app.run("workflow", "list", "--limit", "1")
    assert "Old code" in table.lines[1] and "its entry says code: pinned" in table.lines[1]
    assert ", not the newest: its entry says code: pinned" in app.run("workflow", "show", "f1").stdout
    # One without a runtime, nothing at all in a dry run, the others with one.
    assert app.run("workflow", "migrate", "f1", "--dry-run").stdout == "fits: f1\n"
    assert app.run("workflow", "migrate", "f1").stdout == "moved: f1\n"
    assert app.run("workflow", "migrate", "f1").stdout == "runs on the newest code: f1\n"
    fits = json.loads(app.run("workflow", "migrate", "--all", "--type", "app:flow", "--dry-run", "--json", timeout=300).stdout)
    assert Counter(one["outcome"] for one in fits) == {"fits": MANY - 1}
    deploy(app, provider, "pinned", flow=COMPATIBLE, starter=IDLE, words=NEW_WORDS)
    with app.start("run") as running:
        running.wait_for("runtime ready", timeout=120)
        for name in ["f2", "f3"]:
            assert app.run("workflow", "migrate", name).stdout == f"moved: {name}\n"
    assert Counter(run["code"]["stays"] for run in listed(app)) == {None: 3, "its entry says code: pinned": MANY - 3}
    moved = app.run("workflow", "migrate", "--all", "--status", "old", timeout=300)
    assert moved.code == 0 and len(moved.lines) == MANY - 3
    deploy(app, provider, "pinned", flow=COMPATIBLE, starter=GO, words=NEW_WORDS)
    results, log = finish(app)
    assert results == {("one done by the first", "three done by the first", "second word!")}
    assert "stays on the code" not in log


def test_parked_ones_are_migrated_to_code_that_fits(app, provider):
    begin(app, provider, "latest")
    deploy(app, provider, "latest", flow=INCOMPATIBLE, starter=GO)
    with app.start("run") as running:
        until(app, lambda runs: all(run["parked"] for run in runs))
        # The code that fits is in this directory, while the runtime still has the other.
        deploy(app, provider, "latest", flow=COMPATIBLE, starter=GO)
        assert app.run("workflow", "migrate", "f1").stdout == "moved: f1\n"
    deploy(app, provider, "latest", flow=INCOMPATIBLE, starter=GO)
    stay = app.run("workflow", "migrate", "--all", "--status", "parked", timeout=300)
    assert stay.code == 1 and all(line.startswith("stays: ") for line in stay.lines) and len(stay.lines) >= MANY - 1
    deploy(app, provider, "latest", flow=COMPATIBLE, starter=IDLE)
    moved = app.run("workflow", "migrate", "--all", "--status", "parked", timeout=300)
    assert moved.code == 0 and set(line.split()[0] for line in moved.lines) == {"moved:"}
    assert listed(app, "--status", "parked") == []
    results, _ = finish(app)
    assert results == {("one done by the first", "three done by the first", "first word!")}
