"""Workflows that sleep are not in memory, and come back for whatever happens to them: with each provider."""
import json
import textwrap

import pytest

from harness import polling

MANY = 2000
CACHED = 10

INDEX = """
    - {name: sleeper, kind: workflow.lua, source: file://sleeper.lua, modules: [time, workflow], meta: {workflow: {worker: jobs, code: pinned}}}
    - {name: parent, kind: workflow.lua, source: file://parent.lua, meta: {workflow: {worker: jobs}}}
    - {name: trier, kind: workflow.lua, source: file://trier.lua, modules: [funcs], meta: {workflow: {worker: jobs}}}
    - {name: flaky, kind: function.lua, source: file://flaky.lua, method: main, modules: [activity]}
    - {name: starter, kind: process.lua, source: file://starter.lua, modules: [logger]}
    - name: starter.service
      kind: process.service
      process: starter
      host: app:procs
      input: [%d]
      lifecycle: {auto_start: true}
"""

FILES = {
    "sleeper.lua": """
        return {main = function(how_long)
          local said = "nothing"
          workflow.on_query("said", function() return said end)
          workflow.on_update("say", function(word) said = word return "heard " .. word end)
          local go, timer = process.listen("go"), time.after(how_long)
          local woken = channel.select {go:case_receive(), timer:case_receive()}
          if woken.channel == go then return "told " .. woken.value end
          return "slept"
        end}
    """,
    "parent.lua": """
        return {main = function(id)
          local result, err = process.with_options({["workflow.id"] = id}):exec("app:sleeper", "app:jobs", "1h")
          if err then return nil, err end
          return "child " .. result
        end}
    """,
    "trier.lua": """
        return {main = function(interval)
          return funcs.new():with_options({["activity.retry_policy"] = {
            initial_interval = interval, maximum_interval = interval, maximum_attempts = 2}}):call("app:flaky")
        end}
    """,
    "flaky.lua": """
        return {main = function()
          local attempt = activity.info().attempt
          if attempt == 1 then error("not yet") end
          return "attempt " .. attempt
        end}
    """,
    # Starts what is not there yet.
    "starter.lua": """
        local function start(id, entry, ...)
          assert(process.with_options({["workflow.id"] = id, ["workflow.id_reuse_policy"] = "reject_duplicate"}):spawn(entry, "app:jobs", ...))
        end
        return {main = function(many)
          start("parent", "app:parent", "child")
          for i = 1, 5 do start("brief" .. i, "app:sleeper", "12s") end
          for i = 1, 5 do start("again" .. i, "app:trier", "12s") end
          for i = 1, 100 do start("later" .. i, "app:trier", "1h") end
          local tickets, done = channel.new(100), channel.new(0)
          for _ = 1, 100 do
            coroutine.spawn(function()
              while true do
                local i, more = tickets:receive()
                if not more then break end
                start("s" .. i, "app:sleeper", "1h")
              end
              done:send(true)
            end)
          end
          for i = 1, many do tickets:send(i) end
          tickets:close()
          for _ = 1, 100 do done:receive() end
          logger:info("all are started")
          process.events():receive()
        end}
    """,
}


class Runtime:
    def __init__(self, app, provider):
        self.app = app
        self.provider = provider

    def start(self):
        return self.app.start("-c", "run")

    def in_memory(self):
        (worker,) = json.loads(self.app.run("ps", "--json", timeout=120).stdout)["workflows"]
        return worker["runs"]

    def workflow(self, verb, *args):
        return self.app.run("workflow", verb, *args, "--store", "app:store", timeout=120)

    def answer(self, *args):
        result = self.workflow(*args, "--json")
        assert result.code == 0, result.stderr
        return json.loads(result.stdout)

    def status(self, name):
        return json.loads(self.workflow("show", name, "--json").stdout)["status"]

    def until(self, condition):
        polling.until(condition)

    def outcome(self, name):
        self.until(lambda: self.status(name) != "Running")
        events = json.loads(self.workflow("history", name, "--events", "--json").stdout)
        last = events[-1]
        if "result" in last["attributes"]:
            return json.loads(last["attributes"]["result"][0]["data"])
        return last["event_type"]


@pytest.fixture
def runtime(app, provider):
    entries = provider.entries.replace(
        "provider: store}", "provider: store, worker_options: {cached_workflows: %d}}" % CACHED
    )
    listing = textwrap.dedent(INDEX % MANY).strip("\n") + "\n" + entries.strip("\n") + "\n"
    app.program("", (), listing, {name: textwrap.dedent(text) for name, text in FILES.items()})
    return Runtime(app, provider)


def all_sleep(runtime):
    runtime.until(lambda: runtime.in_memory() <= CACHED)


def test_they_are_not_in_memory_and_come_back(runtime):
    with runtime.start() as server:
        server.wait_for("all are started", timeout=300)
        all_sleep(runtime)
        assert runtime.workflow("signal", "s1", "go", "now").code == 0
        assert runtime.outcome("s1") == "told now"
        assert runtime.answer("query", "s2", "said") == "nothing"
        assert runtime.answer("update", "s2", "say", "hello") == "heard hello"
        assert runtime.answer("query", "s2", "said") == "hello"
        assert runtime.workflow("terminate", "s3").code == 0
        assert runtime.outcome("s3") == "WorkflowExecutionTerminated"
        assert runtime.workflow("cancel", "s4").code == 0
        assert "WorkflowExecutionCancelRequested" in runtime.workflow("history", "s4", "--events", "--json").stdout
        assert runtime.workflow("signal", "child", "go", "early").code == 0
        assert runtime.outcome("parent") == "child told early"
        for i in range(1, 6):
            assert runtime.outcome(f"brief{i}") == "slept"
            assert runtime.outcome(f"again{i}") == "attempt 2"
        all_sleep(runtime)


def test_a_restart_loads_none_of_them(runtime):
    with runtime.start() as server:
        server.wait_for("all are started", timeout=300)
        all_sleep(runtime)
        server.kill()
        server.wait()
    sleeper = runtime.app.read("src/sleeper.lua")
    runtime.app.write({"src/sleeper.lua": sleeper + "\n-- newer\n"})
    with runtime.start() as server:
        server.wait_for("all are started", timeout=300)
        assert runtime.in_memory() <= CACHED + 11  # those that are due soon
        assert runtime.workflow("migrate", "s1").stdout == "moved: s1\n"
        assert runtime.workflow("signal", "s1", "go", "again").code == 0
        assert runtime.outcome("s1") == "told again"
        for i in range(1, 6):
            assert runtime.outcome(f"brief{i}") == "slept"
            assert runtime.outcome(f"again{i}") == "attempt 2"
        assert runtime.workflow("signal", "child", "go", "late").code == 0
        assert runtime.outcome("parent") == "child told late"
        all_sleep(runtime)
