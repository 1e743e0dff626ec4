"""Activities that a runtime with another application carries out, on a PostgreSQL database that both use."""
import json
import textwrap
from signal import SIGTERM

import pytest

from harness import polling
from harness.app import App
from harness.providers import PostgresProvider

HOME = """
    - {name: flow, kind: workflow.lua, source: file://flow.lua, modules: [funcs], meta: {workflow: {worker: jobs}}}
    - {name: both, kind: workflow.lua, source: file://both.lua, modules: [funcs], meta: {workflow: {worker: jobs}}}
    - {name: canceling, kind: workflow.lua, source: file://canceling.lua, modules: [funcs], meta: {workflow: {worker: jobs}}}
"""
HOME_FILES = {
    "flow.lua": """
        return {main = function(id, options)
          options["activity.task_queue"] = "far"
          local value, err = funcs.new():with_options(options):call(id, process.pid())
          if err then return {err:kind(), err:message()} end
          return value
        end}
    """,
    "canceling.lua": """
        return {main = function(id, options)
          options["activity.task_queue"] = "far"
          local go = process.listen("go")
          local future = assert(funcs.new():with_options(options):async(id, process.pid()))
          go:receive()
          assert(future:cancel())
          local _, err = future:result()
          process.listen("end"):receive()
          return {err:kind(), future:is_canceled()}
        end}
    """,
}
HOME_FILES["both.lua"] = """
    return {main = function(id)
      local there = funcs.new():with_options({["activity.task_queue"] = "far"})
      local go = process.listen("go")
      assert(there:async(id, process.pid()))
      go:receive()
      there:call("app:about")
      return "all"
    end}
"""
# Starts a workflow with an id, or finds it, and waits for its end.
HOME_MAIN = """
    local workflow, id, options = ...
    local pid = assert(process.with_options({["workflow.id"] = "w"}):spawn_monitored(workflow, "app:jobs", id, json.decode(options or "{}")))
    io.print("waits")
    local exit = process.events():receive()
    if exit.kind == process.event.EXIT then io.print("end " .. json.encode(exit.result.value)) end
"""

FAR = """
    - {name: about, kind: function.lua, source: file://work.lua, method: about, modules: [activity]}
    - {name: flaky, kind: function.lua, source: file://work.lua, method: flaky, modules: [activity]}
    - {name: held, kind: function.lua, source: file://work.lua, method: held, modules: [activity, logger]}
    - {name: nap, kind: function.lua, source: file://work.lua, method: nap, modules: [logger, time]}
    - {name: tidy, kind: function.lua, source: file://work.lua, method: tidy, modules: [activity, logger, time]}
"""
FAR_FILES = {
    "work.lua": """
        local M = {}
        function M.about(workflow)
          local info = activity.info()
          return {info.task_queue, info.activity_type, info.workflow_id, info.workflow_type, info.attempt, workflow}
        end
        function M.flaky()
          local info = activity.info()
          if info.attempt == 2 then return "after " .. info.heartbeat_details end
          assert(activity.heartbeat("half of it"))
          return nil, errors.new({kind = "Unavailable", message = "not yet", retryable = true})
        end
        -- Its first attempt waits for a word.
        function M.held()
          local attempt = activity.info().attempt
          local go = process.listen("go")
          assert(activity.heartbeat("held"))
          process.registry.register("held")
          logger:info("begun " .. attempt)
          if attempt > 1 then return "attempt " .. attempt end
          return go:receive()
        end
        function M.nap()
          logger:info("begun")
          time.sleep("1s")
          return "whole"
        end
        function M.tidy()
          local attempt = activity.info().attempt
          assert(activity.heartbeat("working"))
          logger:info("begun " .. attempt)
          while true do
            time.sleep("10ms")
            local _, err = activity.heartbeat("working")
            if err then
              logger:info("tidied " .. err:kind())
              return nil, err
            end
          end
        end
        return M
    """,
}
# Hands what it reads to the function that waits.
FAR_MAIN = """
    coroutine.spawn(function()
      for line in io.readline do process.send("held", "go", line) end
    end)
    local events = process.events()
    io.print("serves")
    repeat until events:receive().kind == process.event.CANCEL
"""


@pytest.fixture
def home(app, postgres):
    """The application with the workflows: home.start("app:flow", "app:about")"""
    return Home(app, postgres)


@pytest.fixture
def far(tmp_path, postgres):
    """The one that serves the task queue "far": far.start()"""
    made = Far(tmp_path / "far", postgres)
    yield made
    made.app.close()


class Home:
    def __init__(self, app, server):
        self.app = app
        self.provider = PostgresProvider(server)
        listing = textwrap.dedent(HOME).strip("\n") + "\n" + self.provider.entries.strip("\n") + "\n"
        app.program(HOME_MAIN, ("io", "json"), listing, {name: textwrap.dedent(text) for name, text in HOME_FILES.items()})

    def start(self, workflow, function, **options):
        return self.app.start("run", "-v", "-x", "app:main", workflow, function, json.dumps(options))

    def run(self, workflow, function, options=None):
        result = self.app.main(workflow, function, json.dumps(options or {}), timeout=120)
        assert result.code == 0, result.stderr
        return json.loads(result.lines[-1].removeprefix("end "))

    def show(self, *flags):
        return self.app.run("workflow", "show", "w", "--store", "app:store", *flags).stdout

    def events(self):
        return [event["event_type"] for events in self.provider.histories().values() for event in events]

    def left_over(self):
        return self.provider.rows("SELECT count(*) FROM attempts") != [["0"]]


class Far:
    def __init__(self, folder, server):
        folder.mkdir()
        self.app = App(folder)
        provider = PostgresProvider(server)
        worker = "provider: store, task_queue: far, worker_options: {worker_stop_timeout: 100ms}}"
        provider.entries = provider.entries.replace("provider: store}", worker)
        listing = textwrap.dedent(FAR).strip("\n") + "\n" + provider.entries.strip("\n") + "\n"
        files = {name: textwrap.dedent(text) for name, text in FAR_FILES.items()}
        self.app.program(FAR_MAIN, ("io", "time"), listing, files)

    def start(self):
        return self.app.start("run", "-v", "-x", "app:main")

    def patient(self, more=""):
        index = self.app.read("src/_index.yaml")
        options = "worker_stop_timeout: 600s" + (f", {more}" if more else "")
        self.app.write({"src/_index.yaml": index.replace("worker_stop_timeout: 100ms", options)})


def tell(running, word):
    running.process.stdin.write(f"{word}\n".encode())
    running.process.stdin.flush()


def test_the_result_of_a_function_that_only_another_application_has(home, far):
    with far.start() as serving:
        serving.wait_for("serves")
        value = home.run("app:flow", "app:about")
        assert value == ["far", "app:about", "w", "app:flow", 1, "{app:store@app:jobs|w}"]
    assert not home.left_over()


def test_a_failed_attempt_is_tried_again_and_knows_how_far_the_one_before_was(home, far):
    with far.start() as serving:
        serving.wait_for("serves")
        assert home.run("app:flow", "app:flaky", {"activity.retry_policy": {"initial_interval": "10ms"}}) == "after half of it"


def test_a_function_that_nobody_there_has(home, far):
    with far.start() as serving:
        serving.wait_for("serves")
        kind, message = home.run("app:flow", "app:nothing", {"activity.retry_policy": {"maximum_attempts": 1}})
        assert kind == "NotFound"
        assert "unable to find activityType=app:nothing" in message and "app:about" in message


def test_a_queue_that_nobody_serves_yet(home, far):
    with home.start("app:flow", "app:held") as owner:
        owner.wait_for("waits")
        polling.until(lambda: "app:held, attempt 1, waits for a worker of task queue far" in home.show())
        assert json.loads(home.show("--json"))["pending"]["activities"][0]["taken_by"] is None
        with far.start() as serving:
            serving.wait_for("begun 1", timeout=120)
            shown = home.show()
            assert f"process {serving.pid} of task queue far" in shown and '"held"' in shown, shown
            taker = json.loads(home.show("--json"))["pending"]["activities"][0]["taken_by"]
            assert taker.endswith(f"process {serving.pid}")
            tell(serving, "went")
            owner.wait_for('end "went"', timeout=120)


def signal(home, topic):
    assert home.app.run("workflow", "signal", "w", topic, "--store", "app:store").code == 0


def test_a_cancellation_reaches_a_function_that_gives_signs_of_life(home, far):
    with far.start() as serving:
        with home.start("app:canceling", "app:tidy", **{"activity.heartbeat_timeout": "60s"}) as owner:
            serving.wait_for("begun 1", timeout=120)
            signal(home, "go")
            serving.wait_for("tidied Canceled", timeout=120)
            polling.until(lambda: "ActivityTaskCanceled" in home.events())
            signal(home, "end")
            owner.wait_for(r'end \["Canceled",true\]', timeout=120)


def test_a_cancellation_stops_a_function_that_waits(home, far):
    with far.start() as serving:
        with home.start("app:canceling", "app:held") as owner:
            serving.wait_for("begun 1", timeout=120)
            signal(home, "go")
            polling.until(lambda: "ActivityTaskCanceled" in home.events())
            assert not home.left_over()
            signal(home, "end")
            owner.wait_for(r'end \["Canceled",true\]', timeout=120)


def test_another_attempt_follows_when_its_runtime_is_killed(home, far):
    with home.start("app:flow", "app:held") as owner:
        with far.start() as first:
            first.wait_for("begun 1", timeout=120)
            first.kill()
            first.wait()
        with far.start() as second:
            second.wait_for("begun 2", timeout=120)
            owner.wait_for('end "attempt 2"', timeout=120)


def test_the_only_attempt_is_not_repeated_when_its_runtime_is_killed(home, far):
    with home.start("app:flow", "app:held", **{"activity.retry_policy": {"maximum_attempts": 1}}) as owner:
        with far.start() as first:
            first.wait_for("begun 1", timeout=120)
            first.kill()
            first.wait()
        with far.start() as second:
            owner.wait_for(r'end \["Timeout"', timeout=120)
            assert "begun" not in second.stderr


def test_a_successor_of_the_workflows_runtime_goes_on_with_what_is_carried_out(home, far):
    only_once = {"activity.retry_policy": {"maximum_attempts": 1}}
    with far.start() as serving:
        with home.start("app:flow", "app:held", **only_once) as first:
            serving.wait_for("begun 1", timeout=120)
            first.kill()
            first.wait()
        with home.start("app:flow", "app:held", **only_once) as second:
            second.wait_for("waits", timeout=120)
            tell(serving, "went")
            second.wait_for('end "went"', timeout=120)
        assert serving.stderr.count("begun") == 1


class Asleep:
    """A workflow that waits for an attempt, at the runtime that has it after its first one was killed."""

    def __init__(self, home, serving, **options):
        self.home = home
        with home.start("app:flow", "app:held", **options) as first:
            serving.wait_for("begun 1", timeout=120)
            first.kill()
            first.wait()

    def start(self):
        return self.home.app.start("run", "-v")

    def noted(self):
        return self.home.provider.rows("SELECT count(*) FROM timers WHERE started_event_id < -1") == [["1"]]

    def until_asleep(self, server):
        server.wait_for("runtime ready", timeout=120)
        polling.until(lambda: self.noted() and self._in_memory() == 0)

    def _in_memory(self):
        (worker,) = json.loads(self.home.app.run("ps", "--json").stdout)["workflows"]
        return worker["runs"]

    def result(self):
        polling.until(lambda: json.loads(self.home.show("--json"))["status"] != "Running")
        shown = self.home.app.run("workflow", "history", "w", "--events", "--json", "--store", "app:store").stdout
        assert not self.home.left_over() and not self.noted()
        return json.loads(json.loads(shown)[-1]["attributes"]["result"][0]["data"])


def test_a_workflow_that_waits_for_another_queue_is_not_in_memory(home, far):
    with far.start() as serving:
        workflow = Asleep(home, serving)
        with workflow.start() as second:
            workflow.until_asleep(second)
            signal(home, "hello")
            polling.until(lambda: "WorkflowExecutionSignaled" in home.events())
            tell(serving, "went")
            assert workflow.result() == "went"
        assert serving.stderr.count("begun") == 1


def test_what_nobody_was_there_to_hear_wakes_it(home, far):
    with far.start() as serving:
        workflow = Asleep(home, serving)
        with workflow.start() as second:
            workflow.until_asleep(second)
            second.kill()
            second.wait()
        tell(serving, "went")
        polling.until(lambda: home.provider.rows("SELECT outcome <> '' FROM attempts") == [["t"]])
        with workflow.start():
            assert workflow.result() == "went"
        assert serving.stderr.count("begun") == 1


def test_it_sleeps_on_when_another_runtime_follows(home, far):
    with far.start() as serving:
        workflow = Asleep(home, serving)
        for _ in range(2):
            with workflow.start() as server:
                workflow.until_asleep(server)
                server.kill()
                server.wait()
        with workflow.start() as last:
            workflow.until_asleep(last)
            tell(serving, "went")
            assert workflow.result() == "went"


def test_it_comes_back_when_the_runtime_of_the_other_queue_is_killed(home, far):
    with far.start() as serving:
        workflow = Asleep(home, serving)
        with workflow.start() as server:
            workflow.until_asleep(server)
            serving.kill()
            serving.wait()
            with far.start() as other:
                other.wait_for("begun 2", timeout=120)
                assert workflow.result() == "attempt 2"


def test_it_comes_back_when_the_time_of_the_attempt_is_over(home, far):
    options = {"activity.start_to_close_timeout": "20s", "activity.retry_policy": {"maximum_attempts": 1}}
    with far.start() as serving:
        workflow = Asleep(home, serving, **options)
        with workflow.start() as server:
            polling.until(lambda: workflow.noted() or not home.left_over())  # a slow machine may be too late
            server.kill()
            server.wait()
        with workflow.start():
            assert workflow.result()[0] == "Timeout"
        assert serving.stderr.count("begun") == 1


def test_an_orderly_stop_leaves_what_waits_to_others(home, far):
    """What runs is cancelled, and tried again where the queue is served then."""
    with home.start("app:flow", "app:held") as owner:
        with far.start() as first:
            first.wait_for("begun 1", timeout=120)
            first.stop()
        with far.start() as second:
            second.wait_for("begun 2", timeout=120)
            owner.wait_for('end "attempt 2"', timeout=120)


def test_an_orderly_stop_may_wait_for_what_runs(home, far):
    far.patient()
    with home.start("app:flow", "app:nap") as owner:
        with far.start() as serving:
            serving.wait_for("begun", timeout=120)
            serving.stop(120)
            assert serving.stderr.count("begun") == 1
        owner.wait_for('end "whole"', timeout=120)
    assert home.events().count("ActivityTaskCompleted") == 1


def test_while_it_stops_others_have_what_it_has_taken_and_not_begun(home, far):
    far.patient("worker_activities_per_second: 0.001")  # so that the second waits
    with home.start("app:both", "app:held") as owner:
        with far.start() as first:
            first.wait_for("begun 1", timeout=120)
            signal(home, "go")
            polling.until(lambda: home.provider.rows("SELECT count(*) FROM attempts WHERE taker <> ''") == [["2"]])
            first.signal(SIGTERM)
            with far.start():
                owner.wait_for('end "all"', timeout=120)
            first.kill()


def test_two_workers_of_one_runtime(app, postgres):
    provider = PostgresProvider(postgres)
    listing = provider.entries.strip("\n") + textwrap.dedent(
        """
        - {name: others, kind: workflow.worker, provider: store, task_queue: others}
        - {name: where, kind: function.lua, source: file://where.lua, method: main, modules: [activity]}
        - {name: flow, kind: workflow.lua, source: file://flow.lua, modules: [funcs], meta: {workflow: {worker: jobs}}}
        """
    )
    files = {
        "where.lua": "return {main = function() return activity.info().task_queue end}\n",
        "flow.lua": textwrap.dedent(
            """
            return {main = function()
              local there = funcs.new():with_options({["activity.task_queue"] = "others"})
              return funcs.call("app:where") .. " " .. there:call("app:where")
            end}
            """
        ),
    }
    app.program('io.print((process.exec("app:flow", "app:jobs")))', ("io",), listing, files)
    result = app.main(timeout=120)
    assert result.lines == ["app:jobs others"], result.stderr
