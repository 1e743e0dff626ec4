"""kill -9 at random instants of many workflows: nothing is lost, no completed activity runs again.

TRIVIUM_KILLS sets how often (50), TRIVIUM_SEED repeats a run; the seed is printed.
"""
import json
import os
import random
import re
import sqlite3
import time
from collections import Counter

FLOWS = 24
STEPS = 6

INDEX = """
namespace: app
entries:
  - {name: procs, kind: process.host, lifecycle: {auto_start: true}}
  - {name: work, kind: function.lua, source: file://work.lua, method: run, modules: [logger, time]}
  - {name: flow, kind: workflow.lua, source: file://flow.lua, modules: [funcs, time, uuid]}
  - {name: part, kind: workflow.lua, source: file://part.lua, modules: [funcs]}
  - {name: starter, kind: process.lua, source: file://starter.lua, modules: [logger]}
  - name: starter.service
    kind: process.service
    process: starter
    host: app:procs
    input: [%d, %d]
    lifecycle: {auto_start: true}
"""

WORK = """
return {run = function(flow, step, pause)
  logger:info("ran " .. flow .. " step " .. step)
  time.sleep(pause)
  return step * 10
end}
"""

FLOW = """
return {main = function(name, steps)
  local sum, id = 0, uuid.v4()
  local go = process.listen("go")
  for step = 1, steps do
    local value, err = funcs.call("app:work", name, step, (step % 3) .. "ms")
    if err then return nil, err end
    sum = sum + value
    if step == 2 then go:receive() end
    if step == 4 then time.sleep("15ms") end
  end
  local part, err = workflow_part(name)
  if err then return nil, err end
  return {name = name, sum = sum + part, id = id, again = id}
end}
""".replace("workflow_part(name)", 'process.exec("app:part", "trivium:workflow_worker", name)')

PART = """
return {main = function(name)
  return funcs.call("app:work", name, 100, "1ms")
end}
"""

STARTER = """
return {main = function(generation, flows)
  local events = process.events()
  local spawner = process.with_options({["workflow.id_reuse_policy"] = "reject_duplicate"})
  local open = 0
  for i = 1, flows do
    local name = "g" .. generation .. "-" .. i
    local pid, err = spawner:with_name(name):spawn_monitored("app:flow", "trivium:workflow_worker", name, %d)
    if err then return nil, err end
    open = open + 1
    process.send(pid, "go")
  end
  logger:info("all started")
  while open > 0 do
    local event = events:receive()
    if event.kind == process.event.CANCEL then return "canceled" end
    if event.kind == process.event.EXIT then
      if event.result.error then logger:error("flow failed", {from = event.from, error = event.result.error}) end
      open = open - 1
    end
  end
  logger:info("all finished")
  events:receive()
end}
"""


def write(app, generation):
    app.write(
        {
            "src/_index.yaml": INDEX % (generation, FLOWS),
            "src/work.lua": WORK,
            "src/flow.lua": FLOW,
            "src/part.lua": PART,
            "src/starter.lua": STARTER % STEPS,
        }
    )


class Histories:
    """All histories as they stand in the store's file."""

    def __init__(self, app):
        database = sqlite3.connect(f"file:{app.folder}/.trivium/workflows.db?mode=ro", uri=True)
        self.runs = {
            run: (workflow, kind, status)
            for run, workflow, kind, status in database.execute("SELECT run_id, workflow_id, type, status FROM runs")
        }
        self.events = {run: [] for run in self.runs}
        for run, text in database.execute("SELECT run_id, events FROM history ORDER BY run_id, first_event_id"):
            self.events[run] += json.loads(text)
        database.close()

    def completed_activities(self):
        done = set()
        for run, events in self.events.items():
            inputs = {e["event_id"]: e["attributes"]["input"] for e in events if e["event_type"] == "ActivityTaskScheduled"}
            for event in events:
                if event["event_type"] == "ActivityTaskCompleted":
                    arguments = inputs[event["attributes"]["scheduled_event_id"]]
                    done.add((json.loads(arguments[0]["data"]), json.loads(arguments[1]["data"])))
        return done


def ran(log):
    return Counter((flow, int(step)) for flow, step in re.findall(r"ran (\S+) step (\d+)", log))


def check_after_kill(before, after, log):
    for run, events in before.events.items():
        assert after.events[run][: len(events)] == events, f"the history of {run} changed"
    again = before.completed_activities() & set(ran(log))
    assert not again, f"completed activities ran again: {again}"


def check_final(histories, generations):
    done = Counter()
    for run, (workflow, kind, status) in histories.runs.items():
        events = histories.events[run]
        assert [e["event_id"] for e in events] == list(range(1, len(events) + 1)), f"gaps in {workflow}"
        assert events[-1]["event_type"] == "WorkflowExecutionCompleted", (workflow, events[-1])
        closes = [e for e in events if e["event_type"].startswith("WorkflowExecution") and e["event_type"] not in (
            "WorkflowExecutionStarted", "WorkflowExecutionSignaled")]
        assert len(closes) == 1, f"{workflow} closed more than once"
        scheduled = [e["event_id"] for e in events if e["event_type"] == "ActivityTaskScheduled"]
        completed = [e["attributes"]["scheduled_event_id"] for e in events if e["event_type"] == "ActivityTaskCompleted"]
        assert sorted(completed) == scheduled, f"{workflow}: an activity completed not exactly once"
        started = {e["attributes"]["timer_id"]: e for e in events if e["event_type"] == "TimerStarted"}
        for event in events:
            if event["event_type"] == "TimerFired":
                timer = started[event["attributes"]["timer_id"]]
                late = event["event_time"] - timer["event_time"] - timer["attributes"]["start_to_fire_timeout"]
                assert late >= 0, f"a timer of {workflow} fired early"
        if kind == "app:flow":
            result = json.loads(events[-1]["attributes"]["result"][0]["data"])
            assert result["name"] == workflow
            assert result["sum"] == 10 * STEPS * (STEPS + 1) // 2 + 1000
            assert result["id"] == result["again"]
            done[workflow] += 1
    expected = {f"g{g}-{i}" for g in range(generations) for i in range(1, FLOWS + 1)}
    assert set(done) == expected
    assert set(done.values()) == {1}, "a workflow ran twice"


def test_nothing_is_lost_and_nothing_runs_twice(app):
    kills = int(os.environ.get("TRIVIUM_KILLS", "50"))
    seed = int(os.environ.get("TRIVIUM_SEED", str(random.SystemRandom().randrange(1 << 32))))
    print(f"TRIVIUM_SEED={seed} TRIVIUM_KILLS={kills}")
    chance = random.Random(seed)
    before = None
    generation = 0
    for kill in range(kills):
        generation = kill // 5  # old flows go on while new ones start
        write(app, generation)
        with app.start("run") as runtime:
            runtime.wait_for("runtime ready")
            time.sleep(chance.random() * chance.choice([0.01, 0.05, 0.2]))
            runtime.kill()
            runtime.wait()
            log = runtime.stderr
        after = Histories(app)
        if before is not None:
            check_after_kill(before, after, log)
        before = after
    for last in range(generation + 1):  # whoever was never started, is now
        write(app, last)
        with app.start("run") as runtime:
            runtime.wait_for("all finished")
            assert runtime.stop() == 0
            log = runtime.stderr
        after = Histories(app)
        check_after_kill(before, after, log)
        before = after
    check_final(before, generation + 1)
