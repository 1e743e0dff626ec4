"""What workflows promise, with each provider; and what sharing a PostgreSQL database adds."""
import json
import signal
import textwrap
from collections import Counter

import pytest

from harness import polling
from harness.providers import PostgresProvider

STATUS_COMPLETED = 1

INDEX = """
    - {name: work, kind: function.lua, source: file://work.lua, method: run, modules: [logger]}
    - {name: flaky, kind: function.lua, source: file://work.lua, method: flaky, modules: [logger]}
    - {name: flow, kind: workflow.lua, source: file://flow.lua, modules: [funcs, time], meta: {workflow: {worker: jobs}}}
    - {name: part, kind: workflow.lua, source: file://part.lua, modules: [funcs], meta: {workflow: {worker: jobs}}}
    - {name: tick, kind: workflow.lua, source: file://tick.lua, meta: {workflow: {worker: jobs}}}
"""

FILES = {
    "work.lua": """
        local M = {}
        function M.run(flow, step)
          logger:info("ran " .. flow .. " " .. step)
          return step * 10
        end
        function M.flaky(attempt)
          return nil, errors.new({kind = "Unavailable", message = "not yet", retryable = true})
        end
        return M
    """,
    "flow.lua": """
        return {main = function(name)
          local go = process.listen("go")
          local sum = funcs.call("app:work", name, 1)
          time.sleep("20ms")
          local word = go:receive()
          sum = sum + funcs.call("app:work", name, 2)
          local part, err = process.exec("app:part", "app:jobs", name)
          if err then return nil, err end
          return name .. " " .. word .. " " .. (sum + part)
        end}
    """,
    "part.lua": """
        return {main = function(name)
          return funcs.call("app:work", name, 3)
        end}
    """,
    "tick.lua": """
        return {main = function()
          process.send("boss", "tick", 1)
        end}
    """,
}


def application(app, provider, main, entries="", modules=("io", "time", "workflow", "funcs")):
    listing = textwrap.dedent(INDEX).strip("\n") + "\n" + provider.entries.strip("\n") + "\n" + textwrap.dedent(entries)
    return app.program(main, modules, listing, {name: textwrap.dedent(text) for name, text in FILES.items()})


def ran(*logs):
    return Counter(tuple(line.split("ran ", 1)[1].split()[:2]) for log in logs for line in log.splitlines() if "ran " in line)


def check_completed(provider, names):
    """Each of these ran to its end, once, with each activity completed once."""
    runs, histories = provider.runs(), provider.histories()
    seen = Counter()
    for run, (workflow, kind, status) in runs.items():
        assert status == STATUS_COMPLETED, (workflow, kind, status)
        events = histories[run]
        assert [e["event_id"] for e in events] == list(range(1, len(events) + 1))
        scheduled = [e["event_id"] for e in events if e["event_type"] == "ActivityTaskScheduled"]
        done = [e["attributes"]["scheduled_event_id"] for e in events if e["event_type"] == "ActivityTaskCompleted"]
        assert sorted(done) == scheduled
        if kind == "app:flow":
            seen[workflow] += 1
            assert json.loads(events[-1]["attributes"]["result"][0]["data"]) == f"{workflow} now 60"
    assert seen == Counter(names)


# ---- each provider --------------------------------------------------------------------------------------------


def test_activities_timers_signals_and_children(app, provider):
    application(
        app,
        provider,
        """
        local pid = assert(process.with_options({["workflow.id"] = "one"}):spawn_monitored("app:flow", "app:jobs", "one"))
        process.send(pid, "go", "now")
        io.print(process.events():receive().result.value)
        io.print(pid)
        """,
    )
    result = app.main()
    assert (result.code, result.lines) == (0, ["one now 60", "{app:store@app:jobs|one}"]), result.stderr
    check_completed(provider, ["one"])


def test_coroutines_take_turns_with_what_they_ask_for(app, provider):
    """A request without an outcome gives way to the other coroutines, and counts even if the workflow ends at once."""
    turns = """
        local funcs = require("funcs")
        local time = require("time")
        local requests = {
          after = function() time.after("1h") end,
          ticker = function() time.ticker("1h"):stop() end,
          async = function() funcs.async("app:work", "one", 1) end,
          refused = function() assert(not funcs.new():with_options({["activity.id"] = 7}):async("app:work")) end,
          monitor = function() assert(not process.monitor("somebody")) end,
        }
        return {main = function(what)
          local log, gate, done = {}, channel.new(0), channel.new(2)
          for _, name in ipairs({"A", "B"}) do
            coroutine.spawn(function()
              gate:receive()
              log[#log + 1] = name .. 1
              requests[what]()
              log[#log + 1] = name .. 2
              done:send(true)
            end)
          end
          gate:close()
          log[#log + 1] = "M"
          done:receive()
          done:receive()
          funcs.async("app:work", "two", 2)
          return table.concat(log, " ")
        end}
    """
    application(
        app,
        provider,
        """
        for _, what in ipairs({"after", "ticker", "async", "refused", "monitor"}) do
          io.print(what, (process.exec("app:turns", "app:jobs", what)))
        end
        """,
        "- {name: turns, kind: workflow.lua, source: file://turns.lua, modules: [funcs, time], meta: {workflow: {worker: jobs}}}",
    ).write({"src/turns.lua": turns})
    result = app.main()
    assert result.code == 0, result.stderr
    assert result.lines == [f"{what}\tA1 B1 M A2 B2" for what in ["after", "ticker", "async", "refused", "monitor"]]
    for events in provider.histories().values():
        assert [event["event_type"] for event in events[-2:]] == ["ActivityTaskScheduled", "WorkflowExecutionCompleted"]


def test_workflows_of_two_providers_talk(app, provider):
    application(
        app,
        provider,
        """
        local far = assert(process.spawn("app:far", "app:others"))
        io.print((process.exec("app:near", "app:jobs", far)))
        """,
        """
        - {name: other_store, kind: workflow.sqlite, file: other.db}
        - {name: others, kind: workflow.worker, provider: other_store}
        - {name: near, kind: workflow.lua, source: file://talk.lua, method: near, meta: {workflow: {worker: jobs}}}
        - {name: far, kind: workflow.lua, source: file://talk.lua, method: far, meta: {workflow: {worker: others}}}
        """,
    ).write(
        {
            "src/talk.lua": """
            local M = {}
            function M.near(far)
              local answers = process.listen("answer")
              assert(process.send(far, "question", 1))
              local _, lost = process.send("{app:nothing@app:others|x}", "question", 1)
              return answers:receive() .. ", " .. lost:kind() .. ": " .. lost:message()
            end
            function M.far()
              local message = process.listen("question", {message = true}):receive()
              assert(process.send(message:from(), "answer", message:payload():data() + 41))
            end
            return M
            """
        }
    )
    result = app.main()
    assert result.lines == ["42, NotFound: node not found"], result.stdout + result.stderr


def test_starts_are_safe_to_repeat_and_ids_are_respected(app, provider):
    application(
        app,
        provider,
        """
        local strict = process.with_options({["workflow.id"] = "one", ["workflow.id_conflict_policy"] = "fail",
          ["workflow.execution_error_when_already_started"] = true})
        local pid = assert(process.with_options({["workflow.id"] = "one"}):spawn("app:flow", "app:jobs", "one"))
        io.print(tostring(process.with_options({["workflow.id"] = "one"}):spawn("app:flow", "app:jobs", "one") == pid))
        local _, err = strict:spawn("app:flow", "app:jobs", "one")
        io.print(err:kind())
        io.print(tostring(process.terminate(pid)))
        local _, gone = process.send(pid, "go", "now")
        io.print(gone:kind())
        """,
    )
    result = app.main()
    assert (result.code, result.lines) == (0, ["true", "AlreadyExists", "true", "NotFound"]), result.stderr


def test_cron_runs_again_and_again(app, provider):
    application(
        app,
        provider,
        """
        process.registry.register("boss")
        local inbox = process.inbox()
        assert(process.with_options({["workflow.id"] = "c", ["workflow.cron_schedule"] = "@every 1s"}):spawn("app:tick", "app:jobs"))
        for _ = 1, 2 do io.print(inbox:receive():topic()) end
        """,
    )
    result = app.main()
    assert (result.code, result.lines) == (0, ["tick", "tick"]), result.stderr


def test_goes_on_after_kill(app, provider):
    application(
        app,
        provider,
        """
        local word = ...
        local pid = assert(process.with_options({["workflow.id"] = "one"}):spawn_monitored("app:flow", "app:jobs", "one"))
        if word then process.send(pid, "go", word) end
        io.print(process.events():receive().result.value)
        """,
    )
    with app.start("run", "-v", "-x", "app:main") as first:
        first.wait_for("ran one 1")
        polling.until(lambda: any("TimerFired" in json.dumps(events) for events in provider.histories().values()))
        first.kill()
        first.wait()
        log = first.stderr
    again = app.run("run", "-v", "-x", "app:main", "now")
    assert again.lines == ["one now 60"], again.stderr
    assert ran(log, again.stderr) == {("one", "1"): 1, ("one", "2"): 1, ("one", "3"): 1}
    check_completed(provider, ["one"])


def test_an_orderly_stop_leaves_work_to_the_next_at_once(app, provider):
    application(
        app,
        provider,
        """
        local word = ...
        local pid = assert(process.with_options({["workflow.id"] = "one"}):spawn_monitored("app:flow", "app:jobs", "one"))
        io.print("started")
        if word then process.send(pid, "go", word) end
        local event = process.events():receive()
        if event.result then io.print(event.result.value) end
        """,
    )
    with app.start("run", "-x", "app:main") as first:
        first.wait_for("started")
        first.stop()
    again = app.main("now")
    assert again.lines == ["started", "one now 60"], again.stderr


# ---- several runtimes on one database ---------------------------------------------------------------------------

FLOWS = 12

# Starts, signals or waits for the flows, in this order of the arguments.
DRIVER = (
    """
    local flows = %d
    local pids = {}
    for _, what in ipairs({...}) do
      if what == "start" then
        for i = 1, flows do
          pids[i] = assert(process.with_options({["workflow.id"] = "f" .. i}):spawn_monitored("app:flow", "app:jobs", "f" .. i))
        end
      elseif what == "send" then
        for i = 1, flows do assert(process.send(pids[i], "go", "now")) end
      elseif what == "wait" then
        local events = process.events()
        for _ = 1, flows do
          local event = events:receive()
          if event.kind ~= process.event.EXIT then return end
          if event.result.error then io.print("failed", event.result.error:message()) end
        end
      elseif what == "stay" then
        local events = process.events()
        repeat until events:receive().kind == process.event.CANCEL  -- not the end of a flow it started
        return
      end
      io.print("done " .. what)
    end
    """
    % FLOWS
)
NAMES = [f"f{i}" for i in range(1, FLOWS + 1)]


@pytest.fixture
def share(app, postgres):
    """The application above on a PostgreSQL database: share(lease="1s").start("send", …)"""

    def made(**options):
        provider = PostgresProvider(postgres, **options)
        application(app, provider, DRIVER)
        provider.start = lambda *what: app.start("run", "-v", "-x", "app:main", *what)
        return provider

    return made


@pytest.fixture
def shared(share):
    return share()


def owners(provider):
    return {owner for (owner,) in provider.rows("SELECT DISTINCT owner FROM runs WHERE status = 0")}


def runtimes(provider):
    return {runtime for (runtime,) in provider.rows("SELECT id FROM runtimes")}


def test_messages_and_ends_reach_other_runtimes(shared):
    with shared.start("start", "stay") as first, shared.start("stay") as second:
        first.wait_for("done start")
        second.wait_for("runtime ready|INFO")
        with shared.start("start", "send", "wait") as third:  # finds those of the first
            third.wait_for("done wait", timeout=120)
        assert ran(first.stderr)[("f1", "1")] == 1
    check_completed(shared, NAMES)


def test_another_takes_over_from_one_that_was_killed(shared):
    with shared.start("start", "stay") as first:
        first.wait_for("done start")
        with shared.start("start", "stay") as second:
            second.wait_for("done start")
            first.kill()
            first.wait()
        with shared.start("start", "send", "wait") as third:
            third.wait_for("done wait", timeout=120)
    check_completed(shared, NAMES)


def test_one_that_was_paused_past_its_lease_writes_nothing_more(shared):
    with shared.start("start", "stay") as first:
        first.wait_for("done start")
        before = owners(shared)
        assert len(before) == 1
        first.signal(signal.SIGSTOP)
        try:
            with shared.start("start", "stay") as second:
                second.wait_for("done start")
                polling.until(lambda: not runtimes(shared) & before)  # the lease is over: whoever needs a run takes it
                first.signal(signal.SIGCONT)
                first.wait_for("gave no sign of life", timeout=120)
                with shared.start("start", "send", "wait") as third:
                    third.wait_for("done wait", timeout=120)
        finally:
            first.signal(signal.SIGCONT)
    check_completed(shared, NAMES)


def test_the_server_may_be_killed_and_restarted(share):
    shared = share(lease="60s")
    with shared.start("start", "stay") as first:
        first.wait_for("done start")
        polling.until(lambda: len(ran(first.stderr)) == FLOWS)
        shared.server.kill()
        first.wait_for("workflows wait", timeout=120)
        shared.server.start()
        with shared.start("start", "send", "wait") as second:
            second.wait_for("done wait", timeout=120)
        # It kept its workflows: nobody takes them while nobody could renew a lease.
        assert ran(first.stderr) == {(name, step): 1 for name in NAMES for step in "123"}
    check_completed(shared, NAMES)


def test_workers_of_one_database_share_the_work_by_task_queue(app, postgres):
    provider = PostgresProvider(postgres)
    application(
        app,
        provider,
        """
        io.print((workflow.execute("app:here")))
        io.print((workflow.execute("app:there")))
        """,
        entries="""
        - {name: others, kind: workflow.worker, provider: store, task_queue: others}
        - {name: here, kind: workflow.lua, source: file://where.lua, modules: [workflow], meta: {workflow: {worker: jobs}}}
        - {name: there, kind: workflow.lua, source: file://where.lua, modules: [workflow], meta: {workflow: {worker: others}}}
        """,
    )
    app.write({"src/where.lua": 'return {main = function() return workflow.info().task_queue end}\n'})
    result = app.main()
    assert result.lines == ["app:jobs", "others"], result.stderr


def test_an_update_is_carried_out_by_the_runtime_that_has_the_workflow(app, postgres):
    provider = PostgresProvider(postgres)
    application(
        app,
        provider,
        """
        if ... == "keep" then
          local pid = assert(process.with_options({["workflow.id"] = "k"}):spawn_monitored("app:keeper", "app:jobs"))
          io.print("keeps")
          process.events():receive()
          return
        end
        local pid = "{app:store@app:jobs|k}"
        io.print((workflow.update(pid, "add", 2)))
        io.print((workflow.update(pid, "add", 3)))
        local _, refused = workflow.update(pid, "add", -1)
        io.print(refused:message())
        local _, unknown = workflow.update(pid, "nothing")
        io.print(unknown:kind())
        process.send(pid, "end")
        local _, gone = workflow.update("{app:store@app:jobs|unknown}", "add", 1)
        io.print(gone:kind())
        """,
        entries="""
        - {name: keeper, kind: workflow.lua, source: file://keeper.lua, modules: [workflow, funcs], meta: {workflow: {worker: jobs}}}
        """,
    )
    app.write(
        {
            "src/keeper.lua": """
                return {main = function()
                  local sum = 0
                  workflow.on_update("add", function(n) sum = sum + n return sum end,
                    {validator = function(n) if n < 0 then return nil, "only more" end end})
                  process.listen("end"):receive()
                end}
            """
        }
    )
    with app.start("run", "-x", "app:main", "keep") as keeper:
        keeper.wait_for("keeps")
        before = owners(provider)
        other = app.main("ask", timeout=120)
        assert other.lines == ["2", "5", "only more", "NotFound", "NotFound"], other.stderr
        assert len(before) == 1
        assert keeper.wait(120) == 0
    assert provider.rows("SELECT count(*) FROM operations") == [["0"]]


# ---- configuration ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields, problem",
    [
        ("", "name the database either by dsn or by host and database"),
        ('dsn: "host=x", database: y', "name the database either by dsn or by host and database"),
        ('dsn: "hots=x"', 'invalid connection option "hots"'),
        ("host: x, database: y, schema: 'no such'", "schema must be a name"),
        ("host: x, database: y, port: 70000", "port"),
        ("host: x, database: y, lease: 1ms", "lease"),
    ],
)
def test_mistakes_in_the_entry_are_shown_with_their_place(app, fields, problem):
    comma = ", " if fields else ""
    app.program("", (), f"- {{name: store, kind: workflow.postgres{comma}{fields}}}\n")
    result = app.run("run", "-x", "app:main")
    assert result.code != 0
    assert problem in result.stderr and "_index.yaml" in result.stderr and "app:store" in result.stderr, result.stderr


def test_a_database_that_cannot_be_reached_is_a_clear_error(app):
    app.program(
        "",
        (),
        """
        - {name: os, kind: env.storage.os}
        - {name: database, kind: env.variable, storage: "app:os", variable: NAME_OF_DATABASE}
        - {name: store, kind: workflow.postgres, host: /tmp/no-server-here, database: "${env:NAME_OF_DATABASE}"}
        - {name: jobs, kind: workflow.worker, provider: store}
        """,
    )
    result = app.run("run", "-x", "app:main", env={"NAME_OF_DATABASE": "shop"})
    assert result.code != 0
    assert "is the server running there?" in result.stderr and "/shop" in result.stderr, result.stderr


# ---- connections ----------------------------------------------------------------------------------------------------


def test_what_the_database_refuses_for_good_parks_the_workflow(app, postgres):
    provider = PostgresProvider(postgres)
    application(app, provider, """
        assert(process.with_options({["workflow.id"] = "w"}):spawn("app:parent", "app:jobs"))
    """, entries="""
        - {name: parent, kind: workflow.lua, source: file://parent.lua, meta: {workflow: {worker: jobs}}}
    """)
    app.write({"src/parent.lua": """
        return {main = function()
          process.listen("go"):receive()
          process.with_options({["workflow.id"] = "unwanted"}):exec("app:tick", "app:jobs")
          return "done"
        end}
    """})

    def run_until(reached):
        return polling.until(lambda: json.loads(app.run("workflow", "show", "w", "--store", "app:store", "--json").stdout), reached)

    assert app.main().code == 0
    postgres.rows("ALTER TABLE runs ADD CONSTRAINT wanted CHECK (workflow_id <> 'unwanted')")
    with app.start("run") as running:
        running.wait_for("runtime ready")
        assert app.run("workflow", "signal", "w", "go", "--store", "app:store").code == 0
        parked = run_until(lambda run: run["parked"])["parked"]
        assert parked.startswith("the store refuses what the workflow does: ") and '"wanted"' in parked, parked
        assert running.stderr.count("a workflow cannot go on") == 1
        postgres.rows("ALTER TABLE runs DROP CONSTRAINT wanted")
        assert app.run("workflow", "retry", "w", "--store", "app:store").code == 0
        assert run_until(lambda run: run["status"] == "Completed")["result"] == "done"


def test_queries_do_not_wait_for_the_connection_that_writes(app, postgres):
    provider = PostgresProvider(postgres, lease="600s")
    application(
        app,
        provider,
        """
        local pid = assert(process.with_options({["workflow.id"] = "k"}):spawn("app:keeper", "app:jobs"))
        while workflow.query(pid, "word") ~= "kept" do time.sleep("10ms") end
        for n = 1, 1000000 do
          local word, err = workflow.query(pid, "word")
          io.print(n .. " " .. tostring(word or err))
          time.sleep("20ms")
        end
        """,
        entries="""
        - {name: keeper, kind: workflow.lua, source: file://keeper.lua, modules: [workflow, funcs], meta: {workflow: {worker: jobs}}}
        """,
    )
    app.write(
        {
            "src/keeper.lua": """
                return {main = function()
                  local word = "new"
                  workflow.on_query("word", function() return word end)
                  funcs.call("app:work", "k", 1)
                  word = "kept"
                  process.listen("end"):receive()
                end}
            """
        }
    )
    with app.start("run", "-x", "app:main") as running:
        running.wait_for("1 kept", timeout=120)
        with postgres.locked("runtimes"):
            asked = len(running.lines)  # the writer shows its life every second, and waits
            running.wait_for(f"{asked + 200} kept", timeout=120)


def test_the_size_of_the_pool_is_checked(app):
    app.program("", (), '- {name: store, kind: workflow.postgres, dsn: "host=x", pool_size: 0}\n')
    result = app.run("run", "-x", "app:main")
    assert result.code != 0 and "pool_size" in result.stderr, result.stderr
