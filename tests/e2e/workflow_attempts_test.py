"""Attempts of activities, with each provider: when they begin, how many at once, and signs of life."""
import json
import textwrap

import pytest

from harness import polling

ENTRIES = """
    - {name: hold, kind: function.lua, source: file://work.lua, method: hold, modules: [time], pool: {type: inline}}
    - {name: count, kind: function.lua, source: file://work.lua, method: count, modules: [time]}
    - {name: pages, kind: function.lua, source: file://work.lua, method: pages, modules: [activity, time]}
    - {name: silent, kind: function.lua, source: file://work.lua, method: silent, modules: [activity, time]}
    - {name: tidy, kind: function.lua, source: file://work.lua, method: tidy, modules: [activity, time]}
    - {name: about, kind: function.lua, source: file://work.lua, method: about, modules: [activity, json]}
    - {name: chatty, kind: function.lua, source: file://work.lua, method: chatty, modules: [activity]}
    - {name: acted, kind: process.lua, source: file://acted.lua, modules: [activity], meta: {default_host: procs}}
    - {name: double, kind: function.lua, source: file://work.lua, method: double, meta: {activity: {local: true}}}
    - {name: loop, kind: workflow.lua, source: file://loop.lua, modules: [funcs], meta: {workflow: {worker: jobs}}}
    - {name: one, kind: workflow.lua, source: file://one.lua, modules: [funcs], meta: {workflow: {worker: jobs}}}
    - {name: many, kind: workflow.lua, source: file://many.lua, modules: [funcs], meta: {workflow: {worker: jobs}}}
    - {name: canceling, kind: workflow.lua, source: file://canceling.lua, modules: [funcs], meta: {workflow: {worker: jobs}}}
"""
FILES = {
    "work.lua": """
        local M = {}
        function M.hold(workflow)
          process.send(workflow, "held")
          process.listen("never"):receive()
        end
        function M.count(workflow)
          process.send(workflow, "began")
          process.inbox():receive()
        end
        -- Works page by page, and goes on where the attempt before was.
        function M.pages(workflow, stop_at)
          local from = activity.info().heartbeat_details or 0
          for page = from + 1, 5 do
            assert(activity.heartbeat(page))
            if page == stop_at and activity.info().attempt == 1 then
              process.send(workflow, "at")
              process.listen("never"):receive()
            end
          end
          return {from, activity.info().attempt}
        end
        function M.silent()
          assert(activity.heartbeat())
          if activity.info().attempt == 1 then process.listen("never"):receive() end
          return "attempt " .. activity.info().attempt
        end
        function M.tidy(workflow)
          assert(activity.heartbeat())
          process.send(workflow, "began")
          while true do
            local _, err = activity.heartbeat()
            if err then
              process.send(workflow, "tidied", err:kind())
              return nil, err
            end
            time.sleep("5ms")
          end
        end
        function M.chatty()
          local _, err = activity.heartbeat({text = string.rep("x", 2 * 1024 * 1024)})
          return err:kind() .. ": " .. err:message()
        end
        function M.double(number) return number * 2 end
        function M.about()
          local i = activity.info()
          return {i.workflow_id, i.workflow_type, i.activity_id, i.activity_type, i.attempt,
            i.started_at >= i.scheduled_at, i.deadline - i.started_at, i.heartbeat_details == nil}
        end
        return M
    """,
    "acted.lua": """
        return {main = function(word) return word .. " by attempt " .. activity.info().attempt end}
    """,
    "loop.lua": """
        return {main = function(count, options)
          local sum = 0
          for i = 1, count do sum = sum + funcs.new():with_options(options):call("app:double", i) end
          return sum
        end}
    """,
    "one.lua": """
        return {main = function(id, options, ...)
          local value, err = funcs.new():with_options(options):call(id, ...)
          if err then return {err:kind(), err:details().timeout_type, err:details()._retry_state} end
          return value
        end}
    """,
    "many.lua": """
        return {main = function(id, count)
          local began = process.listen("began")
          for _ = 1, count do assert(funcs.async(id, process.pid())) end
          local seen = 0
          while true do
            began:receive()
            seen = seen + 1
            process.send("watcher", "began", seen)
          end
        end}
    """,
    "canceling.lua": """
        return {main = function(id)
          local began, tidied = process.listen("began"), process.listen("tidied")
          local future = assert(funcs.async(id, process.pid()))
          began:receive()
          assert(future:cancel())
          return tidied:receive()
        end}
    """,
}


@pytest.fixture
def shop(app, provider):
    def build(main, worker="", entries=""):
        stores = provider.entries.strip("\n")
        if worker:
            stores = stores.replace("provider: store}", f"provider: store, worker_options: {{{worker}}}}}")
        listing = textwrap.dedent(ENTRIES).strip("\n") + "\n" + stores + "\n" + entries
        files = {name: textwrap.dedent(text) for name, text in FILES.items()}
        return app.program(textwrap.dedent(main), ("io", "json", "time", "activity", "funcs"), listing, files)

    return build


def test_a_call_that_gets_no_worker_in_time_ends(shop):
    app = shop(
        """
        local first = assert(process.spawn("app:one", "app:jobs", "app:hold", {}, process.pid()))
        process.listen("held"):receive()
        io.print((json.encode(process.exec("app:one", "app:jobs", "app:hold",
          {["activity.schedule_to_start_timeout"] = "50ms"}, process.pid()))))
        """
    )
    result = app.main(timeout=120)
    assert result.lines == ['["Timeout","schedule_to_start","NonRetryableFailure"]'], result.stderr


def test_a_queue_that_nobody_serves_is_waited_for_visibly(shop):
    app = shop(
        """
        local waiting = {["activity.task_queue"] = "elsewhere"}
        assert(process.with_options({["workflow.id"] = "w"}):spawn("app:one", "app:jobs", "app:about", waiting))
        waiting["activity.schedule_to_start_timeout"] = "50ms"
        io.print((json.encode(process.exec("app:one", "app:jobs", "app:about", waiting))))
        """
    )
    result = app.main(timeout=120)
    assert result.lines == ['["Timeout","schedule_to_start","NonRetryableFailure"]'], result.stderr
    shown = app.run("workflow", "show", "w", "--store", "app:store")
    assert "app:about, attempt 1, waits for a worker of task queue elsewhere" in shown.stdout, shown.stdout
    machine = json.loads(app.run("workflow", "show", "w", "--json", "--store", "app:store").stdout)
    assert machine["pending"]["activities"][0]["task_queue"] == "elsewhere"


def test_only_so_many_run_at_once(shop):
    app = shop(
        """
        process.registry.register("watcher")
        local began = process.listen("began")
        assert(process.spawn("app:many", "app:jobs", "app:count", 3))
        io.print((began:receive()))
        io.print((began:receive()))
        local late = process.exec("app:one", "app:jobs", "app:about", {["activity.schedule_to_start_timeout"] = "50ms"})
        io.print(late[2])
        """,
        worker="max_concurrent_activity_execution_size: 2",
    )
    result = app.main(timeout=120)
    assert result.lines == ["1", "2", "schedule_to_start"], result.stderr


def test_local_ones_are_committed_together(shop, provider):
    app = shop(
        """
        io.print((process.exec("app:loop", "app:jobs", 200, {})))
        io.print((process.exec("app:loop", "app:jobs", 200, {["activity.local"] = false})))
        """
    )
    result = app.main(timeout=240)
    assert result.lines == ["40200", "40200"], result.stderr
    local, ordinary = sorted(provider.histories().values(), key=lambda events: events[0]["event_time"])
    assert [event["event_type"] for event in local] == [event["event_type"] for event in ordinary]
    # a commit is a batch of the history
    assert int(provider.rows("SELECT count(*) FROM history")[0][0]) < 200 + 100


def test_workflows_take_turns_where_only_so_many_tasks_may_run_at_once(shop):
    app = shop(
        """
        local done = channel.new(20)
        for i = 1, 20 do
          coroutine.spawn(function() done:send((process.exec("app:loop", "app:jobs", i, {["activity.local"] = i % 2 == 0}))) end)
        end
        local sum = 0
        for _ = 1, 20 do sum = sum + done:receive() end
        io.print(sum)
        """,
        worker="max_concurrent_workflow_task_execution_size: 1",
    )
    result = app.main(timeout=240)
    assert result.lines == [str(sum(i * (i + 1) for i in range(1, 21)))], result.stderr


def test_what_a_function_knows_about_its_activity(shop):
    app = shop(
        """
        local options = {["workflow.id"] = "w"}
        local pid = assert(process.with_options(options):spawn_monitored("app:one", "app:jobs", "app:about",
          {["activity.id"] = "a", ["activity.start_to_close_timeout"] = "30s"}))
        io.print((json.encode(process.events():receive().result.value)))
        io.print((process.exec("app:one", "app:jobs", "app:acted", {}, "called")))
        """
    )
    result = app.main(timeout=120)
    assert result.lines == ['["w","app:one","a","app:about",1,true,30,true]', "called by attempt 1"], result.stderr


def test_details_are_as_small_as_other_values(shop):
    app = shop(
        """
        io.print((process.exec("app:one", "app:jobs", "app:chatty", {})))
        """
    )
    result = app.main(timeout=120)
    assert result.lines == ["Invalid: details of 2097163 bytes are larger than the limit of 2097152"], result.stderr


def test_outside_of_an_activity_there_is_none(shop):
    app = shop(
        """
        for _, name in ipairs({"info", "heartbeat"}) do
          local value, err = activity[name]()
          io.print(tostring(value), err:kind(), err:message())
        end
        local _, err = funcs.call("app:silent")
        io.print(err:message())
        """
    )
    result = app.main(timeout=120)
    assert result.code == 0, result.stderr
    assert [line.split("works")[0].split() for line in result.lines[:2]] == [
        ["nil", "Invalid", "activity.info"],
        ["nil", "Invalid", "activity.heartbeat"],
    ]
    assert "this call is not an activity" in result.lines[2]


def test_a_function_that_falls_silent_is_tried_again(shop):
    app = shop(
        """
        io.print((process.exec("app:one", "app:jobs", "app:silent",
          {["activity.heartbeat_timeout"] = "200ms", ["activity.retry_policy"] = {initial_interval = "1ms"}})))
        """
    )
    result = app.main(timeout=120)
    # A slow machine may find more of them silent.
    assert len(result.lines) == 1 and result.lines[0].startswith("attempt "), result.stderr
    assert result.lines[0] != "attempt 1"


def test_silence_of_the_last_attempt_is_the_end(shop):
    app = shop(
        """
        io.print((json.encode(process.exec("app:one", "app:jobs", "app:silent",
          {["activity.heartbeat_timeout"] = "50ms", ["activity.retry_policy"] = {maximum_attempts = 1}}))))
        """
    )
    result = app.main(timeout=120)
    assert result.lines == ['["Timeout","heartbeat","MaximumAttemptsReached"]'], result.stderr


def test_the_next_attempt_after_a_crash_knows_the_details(shop, provider):
    app = shop(
        """
        local options = process.with_options({["workflow.id"] = "w"})
        local pid = assert(options:spawn_monitored("app:one", "app:jobs", "app:pages", {}, process.pid(), 3))
        local at, events = process.listen("at"), process.events()
        local got = channel.select({at:case_receive(), events:case_receive()})
        if got.channel == at then
          io.print("stuck")
          process.listen("never"):receive()
        end
        io.print((json.encode(got.value.result.value)))
        """,
        worker="default_heartbeat_throttle_interval: 1ms",
    )
    with app.start("run", "-x", "app:main") as running:
        running.wait_for("stuck")
        wait_for_details(provider)
        running.kill()
    result = app.main(timeout=120)
    assert result.lines == ["[3,2]"], result.stderr


def wait_for_details(provider):
    polling.until(lambda: str(provider.rows("SELECT heartbeat FROM activities")), lambda found: '"3"' in found)


def test_cancellation_comes_with_the_answer_to_a_sign_of_life(shop):
    app = shop(
        """
        local pid = assert(process.spawn_monitored("app:canceling", "app:jobs", "app:tidy"))
        io.print(process.events():receive().result.value)
        """,
        entries="",
    )
    app.write(
        {
            "src/_index.yaml": app.read("src/_index.yaml").replace(
                "method: tidy, modules: [activity, time]}",
                'method: tidy, modules: [activity, time], meta: {options: {"activity.heartbeat_timeout": 60s}}}',
            )
        }
    )
    result = app.main(timeout=120)
    assert result.lines == ["Canceled"], result.stderr


def test_a_stop_waits_for_what_runs_if_it_is_told_to(shop, provider):
    app = shop(
        """
        assert(process.with_options({["workflow.id"] = "w"}):spawn("app:one", "app:jobs", "app:count", {}, process.pid()))
        process.listen("began"):receive()
        io.print("began")
        process.events():receive()
        """,
        worker="worker_stop_timeout: 60s",
    )
    text = app.read("src/work.lua").replace("process.inbox():receive()", 'time.sleep("300ms") return "whole"')
    app.write({"src/work.lua": text})
    with app.start("run", "-x", "app:main") as running:
        running.wait_for("began")
        running.stop(120)
    (events,) = provider.histories().values()
    names = [event["event_type"] for event in events]
    assert "ActivityTaskCompleted" in names, names


def test_the_module_is_not_for_workflows(app):
    app.program("", (), "- {name: w, kind: workflow.lua, source: 'return {main = function() end}', modules: [activity]}")
    result = app.run("run", "-x", "app:main")
    assert result.code != 0 and "activity" in result.stderr, result.stderr


@pytest.mark.parametrize(
    "options, says",
    [
        ("worker_activities_per_second: -1", "worker_options.worker_activities_per_second must not be negative"),
        ("worker_stop_timeout: soon", "worker_options.worker_stop_timeout"),
        ("max_concurrent_activity_execution_size: many", "worker_options.max_concurrent_activity_execution_size"),
    ],
)
def test_mistakes_in_the_options_of_a_worker(app, options, says):
    app.program(
        "",
        (),
        f"""
        - {{name: store, kind: workflow.sqlite}}
        - {{name: jobs, kind: workflow.worker, provider: store, worker_options: {{{options}}}}}
        """,
    )
    result = app.run("run", "-x", "app:main")
    assert result.code != 0 and says in result.stderr, result.stderr
