"""trivium workflow …, with each provider: what it shows, and what it asks of runtimes that are there or not."""
import json

import pytest

from harness import polling

ENTRIES = """
- {name: double, kind: function.lua, source: "return {double = function(n) return n * 2 end}", method: double}
- {name: order, kind: workflow.lua, source: file://order.lua, modules: [funcs, workflow], meta: {workflow: {worker: jobs}}}
"""
ORDER = """
    return {main = function(n)
      local state = "new"
      workflow.on_query("state_of", function(word) return word .. " " .. state end)
      workflow.attrs({search = {tier = "gold", size = n}})
      local a = funcs.call("app:double", n)
      state = "waiting"
      local canceled = process.events()
      local r = channel.select{process.listen("approve"):case_receive(), canceled:case_receive()}
      if r.channel == canceled then return {canceled = r.value.reason} end
      return {total = funcs.call("app:double", a), by = r.value}
    end}
"""
START = """
for _, name in ipairs({...}) do
  assert(process.with_options({["workflow.id"] = name}):spawn("app:order", "app:jobs", 4))
end
"""
WAITING = 10  # events of an order that waits for its approval, at least


@pytest.fixture
def shop(app, provider):
    app.program(START, ("io",), ENTRIES + provider.entries, {"order.lua": ORDER})
    return app


def cli(app, *words, code=0):
    result = app.run("workflow", *words, "--store", "app:store", timeout=120)
    assert result.code == code, result.stdout + result.stderr
    return result


def show(app, name):
    return json.loads(cli(app, "show", name, "--json").stdout)


def until(app, name, reached):
    return polling.until(lambda: show(app, name), reached)


def waiting(run):
    return run["events"] >= WAITING


def ended(run):
    return run["status"] != "Running"


def test_looking(shop):
    assert shop.main("one", "two").code == 0
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        until(shop, "one", waiting)
        until(shop, "two", waiting)
        up = cli(shop, "history", "one").stdout
    assert cli(shop, "history", "one").stdout.splitlines()[2:4] == up.splitlines()[2:4]
    assert "activity  app:double(4)" in up and "→ 8" in up
    runs = json.loads(cli(shop, "list", "--json", "--status", "running", "--attr", "size=4").stdout)
    assert sorted(run["workflow_id"] for run in runs) == ["one", "two"]
    assert json.loads(cli(shop, "list", "--json", "--attr", "size=5").stdout) == []
    assert json.loads(cli(shop, "list", "--json", "--type", "app:other").stdout) == []
    assert json.loads(cli(shop, "query", "one", "state_of", "it is", "--json").stdout) == "it is waiting"
    shop.write({"one.json": cli(shop, "export", "one").stdout})
    fits = shop.run("workflow", "replay", "one.json", timeout=120)
    assert fits.code == 0 and "fits" in fits.stdout, fits.stdout + fits.stderr


def test_asking_a_runtime_that_is_there(shop):
    assert shop.main("approved", "canceled", "terminated").code == 0
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        for name in ("approved", "canceled", "terminated"):
            until(shop, name, waiting)
        cli(shop, "signal", "approved", "approve", "Ana")
        cli(shop, "cancel", "canceled", "--reason", "too late")
        cli(shop, "terminate", "terminated")
        assert until(shop, "approved", ended)["status"] == "Completed"
        assert until(shop, "canceled", ended)["status"] == "Completed"
        assert until(shop, "terminated", ended)["status"] == "Terminated"
    table = cli(shop, "list").stdout
    assert '"total":16' in table and '"canceled":"too late"' in table
    over = cli(shop, "signal", "approved", "approve", code=1)
    assert "has ended (Completed): there is nothing to signal" in over.stderr


def test_asking_without_a_runtime(shop):
    assert shop.main("approved", "terminated").code == 0
    cli(shop, "signal", "approved", "approve", "Ana")
    cli(shop, "terminate", "terminated", "--reason", "tidy")
    assert show(shop, "terminated")["status"] == "Terminated"
    assert show(shop, "approved")["status"] == "Running"
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        assert until(shop, "approved", ended)["status"] == "Completed"


def deploy_what_parks(shop):
    """Order "one" waits, for the newest code alone, which does not fit its history."""
    index = (shop.folder / "src/_index.yaml").read_text()
    shop.write({"src/_index.yaml": index.replace("{worker: jobs}", "{worker: jobs, code: latest}")})
    assert shop.main("one").code == 0
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        until(shop, "one", waiting)
    shop.write({"src/order.lua": 'return {main = function() process.listen("approve"):receive() end}'})
    cli(shop, "signal", "one", "approve", "Ana")


def test_a_parked_run_tries_again(shop):
    deploy_what_parks(shop)
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        assert "TMPRL1100" in until(shop, "one", lambda run: run.get("parked"))["parked"]
        cli(shop, "retry", "one")
    shop.write({"src/order.lua": ORDER})
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        assert until(shop, "one", ended)["status"] == "Completed"


def test_an_update_is_waited_for_as_long_as_is_said(shop):
    shop.write({"src/order.lua": """
        return {main = function()
          workflow.on_update("slow", function() process.listen("go"):receive() return "slowly" end)
          process.listen("never"):receive()
        end}
    """})
    assert shop.main("one").code == 0
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        late = cli(shop, "update", "one", "slow", "--timeout", "300ms", code=1)
        assert "did not answer update slow within 300ms; it may still carry it out" in late.stderr
        wrong = cli(shop, "update", "one", "slow", "--timeout", "soon", code=1)
        assert "--timeout is no duration like 5s" in wrong.stderr
        cli(shop, "signal", "one", "go")
        cli(shop, "terminate", "one")


def test_an_update_of_a_parked_workflow_says_so(shop):
    deploy_what_parks(shop)
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        until(shop, "one", lambda run: run.get("parked"))
        told = cli(shop, "update", "one", "anything", code=1)
        assert "the workflow cannot go on: [TMPRL1100]" in told.stderr, told.stderr


def test_a_start_for_a_queue_that_nobody_serves_waits_visibly(shop, provider):
    shop.write({"src/main.lua": (shop.folder / "src/main.lua").read_text().replace(
        '["workflow.id"] = name', '["workflow.id"] = name, ["workflow.task_queue"] = "elsewhere"')})
    assert shop.main("one").code == 0
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        if provider.name == "sqlite":
            reason = until(shop, "one", lambda run: run["parked"])["parked"]
            assert "task queue elsewhere, which no worker of this store serves: app:jobs serves app:jobs" in reason
        else:
            waits = "for a runtime that serves task queue elsewhere"
            assert waits in cli(shop, "show", "one").stdout
            assert "waits " + waits in cli(shop, "list").stdout
            assert [run["waiting"] for run in json.loads(cli(shop, "list", "--json").stdout)] == [waits]
        assert show(shop, "one")["events"] == 1
    # A worker of that queue takes it up.
    index = (shop.folder / "src/_index.yaml").read_text()
    shop.write({"src/_index.yaml": index.replace("provider: store}", "provider: store, task_queue: elsewhere}")})
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        until(shop, "one", waiting)


def test_a_run_whose_runtime_is_gone_says_who_is_missing(shop, provider):
    if provider.name == "sqlite":
        pytest.skip("a worker there serves all task queues")
    assert shop.main("one").code == 0
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        until(shop, "one", waiting)
        assert show(shop, "one")["waiting"] is None
        running.kill()
    # The runtime that had it has left nothing but a lease that ends, and the queue has another name now.
    index = (shop.folder / "src/_index.yaml").read_text()
    shop.write({"src/_index.yaml": index.replace("provider: store}", "provider: store, task_queue: renamed}")})
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        waits = "for a runtime that serves task queue app:jobs"
        assert until(shop, "one", lambda run: run["waiting"])["waiting"] == waits
        assert "waits " + waits in cli(shop, "list").stdout
        told = cli(shop, "update", "one", "anything", "--timeout", "2m", code=1)
        assert "no runtime has the workflow: none serves task queue app:jobs" in told.stderr


def test_what_was_moved_stays_so_while_the_runtime_has_other_code(shop):
    """The command line has the code of its folder, the runtime what it started with."""
    first = (shop.folder / "src/order.lua").read_text()
    assert shop.main("one").code == 0
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        until(shop, "one", waiting)
        shop.write({"src/order.lua": first.replace("by = r.value", "by = r.value .. ' again'")})
        assert cli(shop, "migrate", "one").stdout == "moved: one\n"
        cli(shop, "signal", "one", "approve", "ann")
        run = until(shop, "one", ended)
    assert run["result"] == {"total": 16, "by": "ann again"}


def test_what_a_parent_waits_for(shop):
    shop.write({
        "src/_index.yaml": (shop.folder / "src/_index.yaml").read_text().rstrip("\n")
        + "\n  - {name: parent, kind: workflow.lua, source: file://parent.lua, meta: {workflow: {worker: jobs}}}\n",
        "src/parent.lua": """
            return {main = function()
              return process.with_options({["workflow.id"] = "one", ["workflow.start_delay"] = "2h"}):exec("app:order", "app:jobs", 1)
            end}
        """,
        "src/main.lua": """
            return {main = function()
              assert(process.with_options({["workflow.id"] = "parent"}):spawn("app:parent", "app:jobs"))
            end}
        """,
    })
    assert shop.main().code == 0
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        parent = until(shop, "parent", lambda run: run["pending"]["children"])
        assert [child["workflow_id"] for child in parent["pending"]["children"]] == ["one"]
        assert "one (app:order), Running" in cli(shop, "show", "parent").stdout


def test_a_start_that_is_delayed_says_when_it_begins(shop):
    shop.write({"src/main.lua": (shop.folder / "src/main.lua").read_text().replace(
        '["workflow.id"] = name', '["workflow.id"] = name, ["workflow.start_delay"] = "2h"')})
    assert shop.main("one").code == 0
    text = cli(shop, "show", "one").stdout
    assert "Begins:      in 1h59m" in text or "Begins:      in 2h" in text, text
    run = show(shop, "one")
    assert run["begins"] > run["started"] and run["pid"] == "{app:store@app:jobs|one}"


def test_flags_that_choose_go_with_all(shop):
    for words in (("migrate", "one", "--type", "app:order"), ("replay", "one.json", "--own-code"),
                  ("replay", "one.json", "--status", "parked")):
        assert "flags that choose among workflows go with --all" in cli(shop, *words, code=1).stderr
    assert shop.main("one").code == 0
    assert cli(shop, "migrate", "--all", "--type", "app:nothing").stdout == "No workflows found\n"
    told = cli(shop, "list", "--status", "strange", code=1).stderr
    assert "it has parked, old, running, completed" in told


def test_every_history_of_a_store_is_replayed_at_once(shop):
    assert shop.main("one", "two").code == 0
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        until(shop, "one", waiting)
        until(shop, "two", waiting)
    assert sorted(line.split()[1] for line in cli(shop, "replay", "--all").lines) == ["one", "two"]
    shop.write({"src/order.lua": 'return {main = function() process.listen("approve"):receive() end}'})
    changed = json.loads(cli(shop, "replay", "--all", "--json", "--attr", "size=4", code=1).stdout)
    assert [(run["store"], run["deterministic"]) for run in changed] == [("app:store", False)] * 2
    assert "No workflows found" in cli(shop, "replay", "--all", "--attr", "size=5").stdout
    own = json.loads(cli(shop, "replay", "--all", "--own-code", "--json").stdout)
    assert [run["deterministic"] for run in own] == [True, True]


def test_summaries_are_shown_with_the_steps(shop):
    shop.write({"src/order.lua": """
        return {main = function(n)
          local doubled = funcs.new():with_options({["activity.summary"] = "twice as much"})
          return doubled:call("app:double", n)
        end}
    """})
    main = (shop.folder / "src/main.lua").read_text()
    shop.write({"src/main.lua": main.replace(
        '["workflow.id"] = name', '["workflow.id"] = name, ["workflow.summary"] = "an order", ["workflow.details"] = "of tea"')})
    assert shop.main("one").code == 0
    with shop.start("run") as running:
        running.wait_for("runtime ready")
        until(shop, "one", ended)
    drawn = cli(shop, "history", "one").stdout
    assert "app:order(4) · an order" in drawn and "app:double(4) · twice as much" in drawn, drawn
    steps = json.loads(cli(shop, "history", "one", "--json").stdout)["steps"]
    assert [step.get("summary") for step in steps] == ["an order", "twice as much", None]
