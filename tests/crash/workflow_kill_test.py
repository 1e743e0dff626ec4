"""kill -9 at random instants of many workflows: nothing is lost, no completed activity runs again. With each
provider; and with several runtimes on one PostgreSQL server, where some are paused and the server dies too.

TRIVIUM_KILLS sets how often (50), TRIVIUM_SEED repeats a run; the seed is printed.
"""
import json
import os
import random
import re
import signal
import textwrap
import time
from collections import Counter

from harness.providers import PostgresProvider

FLOWS = 24
STEPS = 6

INDEX = """
namespace: app
entries:
  - {name: procs, kind: process.host, lifecycle: {auto_start: true}}
  - {name: work, kind: function.lua, source: file://work.lua, method: run, modules: [logger, time]}
  - {name: flow, kind: workflow.lua, source: file://flow.lua, modules: [funcs, time, uuid], meta: {workflow: {worker: jobs}}}
  - {name: part, kind: workflow.lua, source: file://part.lua, modules: [funcs], meta: {workflow: {worker: jobs}}}
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
""".replace("workflow_part(name)", 'process.exec("app:part", "app:jobs", name)')

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
    local pid, err = spawner:with_name(name):spawn_monitored("app:flow", "app:jobs", name, %d)
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


def write(app, provider, generation):
    app.write(
        {
            "src/_index.yaml": INDEX % (generation, FLOWS) + textwrap.indent(provider.entries, "  "),
            "src/work.lua": WORK,
            "src/flow.lua": FLOW,
            "src/part.lua": PART,
            "src/starter.lua": STARTER % STEPS,
        }
    )


class Histories:
    """All histories as they stand in the store."""

    def __init__(self, provider):
        self.runs = provider.runs()
        self.events = {run: [] for run in self.runs}
        for run, events in provider.histories().items():
            if run in self.events:  # another runtime may have started it since
                self.events[run] += events

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


def check_only_longer(before, after):
    for run, events in before.events.items():
        assert after.events[run][: len(events)] == events, f"the history of {run} changed"


def check_after_kill(before, after, log):
    check_only_longer(before, after)
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


def draw_seed():
    kills = int(os.environ.get("TRIVIUM_KILLS", "50"))
    seed = int(os.environ.get("TRIVIUM_SEED", str(random.SystemRandom().randrange(1 << 32))))
    print(f"TRIVIUM_SEED={seed} TRIVIUM_KILLS={kills}")
    return kills, random.Random(seed)


def finish(app, provider, generations, before):
    """Lets everything come to its end, whoever was never started, too."""
    for last in range(generations):
        write(app, provider, last)
        with app.start("run") as runtime:
            runtime.wait_for("all finished", timeout=300)
            assert runtime.stop() == 0
            log = runtime.stderr
        after = Histories(provider)
        check_after_kill(before, after, log)
        before = after
    check_final(before, generations)


def test_nothing_is_lost_and_nothing_runs_twice(app, provider):
    kills, chance = draw_seed()
    before = None
    generation = 0
    for kill in range(kills):
        generation = kill // 5  # old flows go on while new ones start
        write(app, provider, generation)
        with app.start("run") as runtime:
            runtime.wait_for("runtime ready", timeout=120)
            time.sleep(chance.random() * chance.choice([0.01, 0.05, 0.2]))
            runtime.kill()
            runtime.wait()
            log = runtime.stderr
        after = Histories(provider)
        if before is not None:
            check_after_kill(before, after, log)
        before = after
    finish(app, provider, generation + 1, before)


LEASE = 0.6  # seconds


class Runtime:
    """One of several: killed and started again, or stopped for longer than its lease and continued."""

    def __init__(self, app):
        self.app = app
        self.start()

    def start(self):
        self.running = self.app.start("run").__enter__()
        self.running.wait_for("runtime ready", timeout=300)

    def kill(self):
        self.running.kill()
        self.running.__exit__()

    def pause(self, seconds):
        self.running.signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.running.signal(signal.SIGCONT)


def test_runtimes_that_share_a_database_lose_nothing(app, postgres):
    kills, chance = draw_seed()
    provider = PostgresProvider(postgres, lease=f"{int(LEASE * 1000)}ms")
    write(app, provider, 0)
    runtimes = [Runtime(app) for _ in range(3)]
    before = Histories(provider)
    generation = 0
    for kill in range(kills):
        generation = kill // 10
        write(app, provider, generation)
        time.sleep(chance.random() * chance.choice([0.01, 0.1, 0.5]))
        victim = chance.choice(runtimes[: chance.choice([2, 3])])
        what = chance.choices(["kill", "pause", "server"], [6, 3, 1])[0]
        if what == "kill":
            victim.kill()
            victim.start()
        elif what == "pause":
            victim.pause(LEASE * chance.choice([0.5, 1.5, 3]))
        else:
            postgres.restart()
        after = Histories(provider)
        check_only_longer(before, after)
        before = after
    for runtime in runtimes:
        runtime.kill()
    finish(app, provider, generation + 1, Histories(provider))
