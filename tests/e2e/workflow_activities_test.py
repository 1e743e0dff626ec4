"""Activities that take long, with each provider: heartbeats and cancellation."""
import json
import textwrap

import pytest

from harness import polling

ENTRIES = """
    - {name: slow, kind: function.lua, source: file://work.lua, method: slow, modules: [time]}
    - {name: endless, kind: function.lua, source: file://work.lua, method: endless, modules: [time]}
    - {name: listening, kind: function.lua, source: file://work.lua, method: listening, modules: [time]}
    - {name: beating, kind: workflow.lua, source: file://beating.lua, modules: [funcs], meta: {workflow: {worker: jobs}}}
    - {name: canceling, kind: workflow.lua, source: file://canceling.lua, modules: [funcs], meta: {workflow: {worker: jobs}}}
"""
FILES = {
    "work.lua": """
        local M = {}
        function M.slow() time.sleep("1s") return "done" end
        function M.endless(workflow)
          process.send(workflow, "begun")
          time.sleep("24h")
          return "slept"
        end
        function M.listening(workflow)
          local never = process.listen("never")
          process.send(workflow, "begun")
          return never:receive()
        end
        return M
    """,
    "beating.lua": """
        return {main = function()
          local once = funcs.new():with_options({["activity.heartbeat_timeout"] = "50ms",
            ["activity.retry_policy"] = {maximum_attempts = 1}})
          return once:call("app:slow")
        end}
    """,
    "canceling.lua": """
        return {main = function(id)
          local begun = process.listen("begun")
          local future = assert(funcs.async(id, process.pid()))
          begun:receive()
          assert(future:cancel())
          local value, err = future:result()
          local outcome = {tostring(value), err:kind(), err:message(), future:is_canceled()}
          process.listen("end"):receive()
          return outcome
        end}
    """,
}


@pytest.fixture
def shop(app, provider):
    def build(main):
        listing = textwrap.dedent(ENTRIES).strip("\n") + "\n" + provider.entries.strip("\n") + "\n"
        return app.program(main, ("io", "time"), listing, {name: textwrap.dedent(text) for name, text in FILES.items()})

    return build


def types(app, name):
    result = app.run("workflow", "history", name, "--events", "--json", "--store", "app:store")
    return [event["event_type"] for event in json.loads(result.stdout)] if result.code == 0 else []


def test_the_runtime_gives_signs_of_life_for_a_function(shop):
    app = shop('local value = assert(process.exec("app:beating", "app:jobs")) io.print(value)')
    result = app.main(timeout=120)
    assert (result.code, result.stdout) == (0, "done\n"), result.stderr


@pytest.mark.parametrize("function", ["endless", "listening"])
def test_cancellation_reaches_the_function(shop, function):
    outcome = "ActivityTaskCanceled"
    app = shop(
        f"""
        local pid = assert(process.with_options({{["workflow.id"] = "c"}}):spawn_monitored("app:canceling", "app:jobs", "app:{function}"))
        io.print("started")
        local exit = process.events():receive()
        io.print(table.concat({{exit.result.value[1], exit.result.value[2], exit.result.value[3], tostring(exit.result.value[4])}}, " "))
        """
    )
    with app.start("run", "-x", "app:main") as running:
        running.wait_for("started")
        found = polling.until(lambda: types(app, "c"), lambda found: outcome in found)
        assert found.index("ActivityTaskCancelRequested") < found.index(outcome)
        assert app.run("workflow", "signal", "c", "end", "--store", "app:store").code == 0
        running.wait_for("nil Canceled canceled true")
        assert running.wait(120) == 0
