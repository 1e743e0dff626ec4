"""workflow.on_query and workflow.query: asking a workflow about its state."""
import json

import pytest

ENTRIES = """
- {name: double, kind: function.lua, source: "return {double = function(n) return n * 2 end}", method: double}
- {name: job, kind: workflow.lua, source: file://job.lua, modules: [funcs, time, workflow]}
- {name: names, kind: workflow.lua, source: file://names.lua, modules: [workflow]}
- {name: plain, kind: workflow.lua, source: "return {main = function() return process.inbox():receive() end}"}
- {name: sleeps, kind: workflow.lua, source: file://sleeps.lua, modules: [time, workflow]}
- {name: caller, kind: workflow.lua, source: file://caller.lua, modules: [workflow]}
"""
FILES = {
    "job.lua": """
        return {main = function()
          local steps = {}
          workflow.on_query("steps", function(from) return {from = from, steps = steps, id = workflow.info().workflow_id} end)
          workflow.on_query("fails", function() return nil, errors.new({kind = "NotFound", message = "no such thing"}) end)
          workflow.on_query("raises", function() error("boom") end)
          workflow.on_query("changes", function() steps[#steps + 1] = "by a query" return #steps end)
          workflow.on_query("calls", function() local v, err = funcs.call("app:double", 1) return nil, err end)
          workflow.on_query("asyncs", function() return funcs.async("app:double", 1) end)
          workflow.on_query("sleeps", function() time.sleep("1s") return "slept" end)
          workflow.on_query("waits", function() process.listen("never"):receive() end)
          workflow.on_query("gives", function(what)
            local cyclic = {} cyclic.self = cyclic
            local shared = {1} for i = 1, 40 do shared = {shared, shared} end
            local answers = {mixed = {1, 2, a = 3}, cyclic = cyclic, large = ("x"):rep(3 << 20), shared = shared,
              class = setmetatable({a = 1, f = print}, {}), float = 2.0, failure = errors.new("text")}
            return answers[what]
          end)
          workflow.on_query("loops", function() while true do end end)
          local next_step = process.listen("step")
          while true do
            local step = next_step:receive()
            if step == "end" then return #steps end
            steps[#steps + 1] = funcs.call("app:double", step)
          end
        end}
    """,
    "sleeps.lua": """
        return {main = function()
          workflow.on_query("up", function() return "yes" end)
          time.sleep("1h")
        end}
    """,
    "names.lua": """
        return {main = function()
          local said = {}
          for i, name in ipairs({"state", "pid", "__stack_trace", "__open_sessions"}) do
            local done, err = workflow.on_query(name, function() return "mine" end)
            said[i] = tostring(done) .. " " .. err:kind() .. " " .. err:message()
          end
          return said
        end}
    """,
    "caller.lua": 'return {main = function(pid) local _, err = workflow.query(pid, "steps") return err:message() end}',
}
SPAWN = """
local function spawn(id, name, ...)
  local pid, err = process.with_options({["workflow.id"] = name}):spawn(id, "trivium:workflow_worker", ...)
  if err then error(err) end
  return pid
end
-- Asks until the answer is there: a workflow knows its queries after its first task, and a message is durable
-- before the workflow has received it.
local function ask(pid, name, wanted)
  while true do
    local value, err = workflow.query(pid, name, 7)
    if err and err:message() ~= "unknown query type: " .. name then error(err) end
    if value and #value.steps == wanted then return value end
    time.sleep("5ms")
  end
end
"""
MODULES = ("io", "funcs", "time", "workflow")


@pytest.fixture
def shop(checks):
    checks.entries(ENTRIES)
    checks._files.update(FILES)
    return checks


def run(shop, body):
    shop.build(SPAWN + body, MODULES)
    result = shop.app.run("run", "-x", "app:main", timeout=300)
    assert (result.code, result.stdout) == (0, "passed\n"), result.stdout + result.stderr


def test_queries_from_a_process(shop):
    run(
        shop,
        """
        local pid = spawn("app:job", "j")
        process.send(pid, "step", 1)
        process.send(pid, "step", 2)
        local value = ask(pid, "steps", 2)
        check.eq("answer", value, {from = 7, steps = {2, 4}, id = "j"})
        check.fail("error", "NotFound", "no such thing", workflow.query(pid, "fails"))
        local _, err = workflow.query(pid, "raises")
        check.err("raised", err, "Internal", "boom")
        check.fail("unknown", "NotFound", "unknown query type: nothing", workflow.query(pid, "nothing"))
        check.fail("a call", "Invalid", "cannot be used by a query handler", workflow.query(pid, "calls"))
        check.fail("a call without waiting", "Invalid", "cannot be used by a query handler", workflow.query(pid, "asyncs"))
        check.fail("a sleep", "Invalid", "time.sleep cannot be used by a query handler", workflow.query(pid, "sleeps"))
        check.fail("a wait", "Invalid", "a query handler must not wait", workflow.query(pid, "waits"))
        -- What a handler does to the state is gone with the answer.
        check.eq("first", workflow.query(pid, "changes"), 3)
        check.eq("second", workflow.query(pid, "changes"), 3)
        check.eq("unchanged", ask(pid, "steps", 2).steps, {2, 4})
        -- Every workflow answers these.
        check.eq("pid", workflow.query(pid, "pid"), "j")
        check.eq("state", workflow.query(pid, "state"), {})
        check.eq("trace", workflow.query(pid, "__stack_trace"), "Workflow: app:job")
        -- By registered name, and after the end.
        process.registry.register("the job", pid)
        check.eq("by name", workflow.query("the job", "pid"), "j")
        process.send(pid, "step", "end")
        process.monitor(pid)
        check.eq("goes on as if nothing was", process.events():receive().result.value, 2)
        check.eq("closed", workflow.query(pid, "steps", 1).steps, {2, 4})
        """,
    )


def test_what_crosses_follows_the_rules_of_payloads(shop):
    run(
        shop,
        """
        local pid = spawn("app:job", "j")
        ask(pid, "steps", 0)
        check.fail("mixed", "Internal", "failed to encode the answer: cannot encode mixed-key table", workflow.query(pid, "gives", "mixed"))
        check.fail("cyclic", "Internal", "recursively nested tables", workflow.query(pid, "gives", "cyclic"))
        check.fail("large", "Invalid", "larger than the limit of 2097152", workflow.query(pid, "gives", "large"))
        check.fail("shared", "Invalid", "larger than the limit of 2097152", workflow.query(pid, "gives", "shared"))
        check.eq("an object", workflow.query(pid, "gives", "class"), {a = 1})
        check.eq("an error is its text", workflow.query(pid, "gives", "failure"), "text")
        check.eq("a float", workflow.query(pid, "gives", "float"), 2)
        local nothing, err = workflow.query(pid, "gives")
        check.eq("nothing", {nothing, err}, {})
        local cyclic = {} cyclic.self = cyclic
        check.fail("mixed argument", "Internal", "cannot encode mixed-key table", workflow.query(pid, "gives", {1, a = 2}))
        check.fail("cyclic argument", "Internal", "recursively nested tables", workflow.query(pid, "gives", cyclic))
        check.fail("large argument", "Invalid", "larger than the limit", workflow.query(pid, "gives", ("x"):rep(3 << 20)))
        check.eq("of nil", workflow.query(pid, "steps", nil, 1).from, nil)
        """,
    )
    for what, message in (
        ("mixed", "failed to encode the answer: cannot encode mixed-key table"),
        ("cyclic", "recursively nested tables"),
        ("shared", "larger than the limit of 2097152"),
    ):
        result = shop.app.run("workflow", "query", "j", "gives", what)
        assert result.code != 0 and message in result.stderr, result
    assert shop.app.run("workflow", "query", "j", "gives", "class").stdout == '{"a": 1, "f": null}\n'


def test_mistakes(shop):
    run(
        shop,
        """
        check.fail("name", "NotFound", "could not resolve 'nobody' as PID or registered name", workflow.query("nobody", "x"))
        check.fail("process", "NotFound", "no workflow has the PID " .. process.pid(), workflow.query(process.pid(), "x"))
        local pid = "{trivium:workflow_store@trivium:workflow_worker|nobody}"
        check.fail("id", "NotFound", "workflow not found for ID: nobody", workflow.query(pid, "x"))
        check.fail("empty", "Invalid", "query name required", workflow.query(pid, ""))
        check.fail("outside", "Invalid", "workflow.on_query only available in workflow context",
          workflow.on_query("x", function() end))
        check.raises("no function", "bad argument #2", workflow.on_query, "x", 5)
        for i, said in ipairs(process.exec("app:names", "trivium:workflow_worker")) do
          local name = ({"state", "pid", "__stack_trace", "__open_sessions"})[i]
          check.eq(name, said, "nil Invalid every workflow answers the query " .. name .. " by itself: the handler needs another name")
        end
        local job = spawn("app:job", "j")
        local message = process.exec("app:caller", "trivium:workflow_worker", job)
        check.that("inside", message:find("workflow.query cannot run in a workflow", 1, true), message)
        """,
    )


def test_before_the_first_task(shop):
    run(
        shop,
        """
        local pid = process.with_options({["workflow.id"] = "later", ["workflow.start_delay"] = "24h"}):spawn("app:job", "trivium:workflow_worker")
        check.eq("as it will begin", workflow.query(pid, "steps", 7), {from = 7, steps = {}, id = "later"})
        check.fail("unknown", "NotFound", "unknown query type: nothing", workflow.query(pid, "nothing"))
        local delayed = process.with_options({["workflow.start_delay"] = "24h"}):spawn("app:sleeps", "trivium:workflow_worker")
        check.eq("its first task asks for a timer", workflow.query(delayed, "up"), "yes")
        for i = 1, 20 do
          check.eq("at once", workflow.query(spawn("app:job", "j" .. i), "steps", i).from, i)
        end
        """,
    )
    events = json.loads(shop.app.run("workflow", "history", "later", "--events", "--json").stdout)
    assert [event["event_type"] for event in events] == ["WorkflowExecutionStarted"]
    asked = shop.app.run("workflow", "query", "later", "steps", "5", "--json")
    assert (asked.code, json.loads(asked.stdout)["from"]) == (0, 5)


def test_no_history_is_written(shop):
    run(
        shop,
        """
        local pid = spawn("app:job", "j")
        process.send(pid, "step", 1)
        ask(pid, "steps", 1)
        """,
    )
    before = json.loads(shop.app.run("workflow", "history", "j", "--events", "--json").stdout)
    asked = shop.app.run("workflow", "query", "j", "steps", "5", "--json")
    assert (asked.code, json.loads(asked.stdout)) == (0, {"from": 5, "steps": [2], "id": "j"})
    after = json.loads(shop.app.run("workflow", "history", "j", "--events", "--json").stdout)
    assert before == after


def test_from_the_command_line(shop):
    run(shop, 'local pid = spawn("app:job", "j") process.send(pid, "step", 1) ask(pid, "steps", 1)')
    app = shop.app
    with app.start("run") as running:
        running.wait_for("runtime ready")
        assert json.loads(app.run("workflow", "query", "j", "steps", "text").stdout)["from"] == "text"
    for name, text in [("nothing", "unknown query type: nothing"), ("fails", "no such thing"), ("waits", "must not wait")]:
        result = app.run("workflow", "query", "j", name)
        assert (result.code, result.stdout) == (1, "") and text in result.stderr
    result = app.run("workflow", "query", "j", "loops", timeout=200)
    assert result.code == 1 and "computes for too long" in result.stderr
    assert "usage: trivium workflow query ID NAME" in app.run("workflow", "query", "j").stderr
    # Code that does not fit cannot answer; that which the run is on can, unless it is not wanted any more.
    app.write({"src/job.lua": 'return {main = function() funcs.call("app:other") end}'})
    assert json.loads(app.run("workflow", "query", "j", "steps", "text").stdout)["from"] == "text"
    index = app.read("src/_index.yaml")
    app.write({"src/_index.yaml": index.replace("source: file://job.lua,", "source: file://job.lua, meta: {workflow: {code: latest}},")})
    result = app.run("workflow", "query", "j", "steps")
    assert result.code == 1 and "the workflow cannot be asked: [TMPRL1100]" in result.stderr
