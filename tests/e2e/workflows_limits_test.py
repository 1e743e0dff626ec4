"""What bounds a workflow, and what becomes of one that goes beyond."""
import json

from harness import polling

START = """
local id, name, timeout = ...
local options = {["workflow.id"] = name, ["workflow.task_timeout"] = timeout}
local pid, err = process.with_options(options):spawn(id, "trivium:workflow_worker")
if err then return nil, err end
io.print(pid)
"""


def shown_until(app, name, reached):
    return polling.until(lambda: json.loads(app.run("workflow", "show", name, "--json").stdout), reached)


def test_code_that_never_waits_is_visible_and_goes_on_once_it_does(app):
    app.program(START, ("io",), "- {name: loop, kind: workflow.lua, source: file://loop.lua}")
    app.write({"src/loop.lua": "return {main = function() while true do end end}"})
    with app.start("run") as running:
        running.wait_for("runtime ready")
    assert app.main("app:loop", "l", "100ms").code == 0
    with app.start("run") as running:
        running.wait_for("computes for too long without waiting", timeout=120)
        run = shown_until(app, "l", lambda run: run["parked"])
    assert run["parked"].startswith("the workflow computes for more than 100ms without waiting: correct its code")
    assert "Parked" in app.run("workflow", "list").stdout
    app.write({"src/loop.lua": "return {main = function() return 1 end}"})
    with app.start("run") as running:
        running.wait_for("runtime ready")
        run = shown_until(app, "l", lambda run: run["status"] == "Completed")
    assert run["result"] == 1 and run["parked"] is None


def test_code_that_asks_for_more_than_a_history_holds_fails(app):
    """A loop that starts and stops a timer never waits, but each turn of it asks for one."""
    app.program(START, ("io",), "- {name: loop, kind: workflow.lua, source: file://loop.lua, modules: [time]}")
    app.write({"src/loop.lua": """
        local time = require("time")
        return {main = function()
          while true do time.timer("1h"):stop() end
        end}
    """})
    with app.start("run") as running:
        running.wait_for("runtime ready")
    assert app.main("app:loop", "l", "10m").code == 0
    with app.start("run") as running:
        running.wait_for("runtime ready")
        run = shown_until(app, "l", lambda run: run["status"] == "Failed")
    assert "reached its limit of 51200 events" in run["error"]["message"]
    assert run["events"] == 2  # nothing of what it asked for


def test_messages_that_were_not_received_go_on_with_the_next_run(checks):
    checks.unit(
        "workflow.lua",
        "sum",
        """
        return {main = function(round, sum)
          process.listen("next"):receive()
          if round == 1 then process.upgrade(nil, 2, 0) end
          local numbers = process.listen("number")
          for _ = 1, 3 do sum = sum + numbers:receive() end
          return sum
        end}
        """,
    )
    checks.run(
        """
        local pid = process.spawn("app:sum", "trivium:workflow_worker", 1, 0)
        process.monitor(pid)
        for _, n in ipairs({1, 20, 300}) do process.send(pid, "number", n) end
        process.send(pid, "next")
        process.send(pid, "next")
        check.eq("sum", process.events():receive().result.value, 321)
        """,
        timeout=120,
    )


def test_arguments_that_are_not_data(checks):
    checks.unit("workflow.lua", "echo", "return {main = function(a, b) return {type(a), b} end}")
    checks.unit(
        "workflow.lua",
        "mixed",
        """
        return {main = function()
          local list = {1, key = 2}
          local _, err = funcs.call("app:f", list)
          local cyclic = {} cyclic.self = cyclic
          local _, again = funcs.call("app:f", cyclic)
          local _, large = funcs.call("app:f", string.rep("x", 3 << 20))
          return {err:kind(), again:kind(), large:kind(), large:message()}
        end}
        """,
        "modules: [funcs]",
    )
    checks.function("f", "return 1", "modules: []")
    checks.run(
        """
        local value = process.exec("app:echo", "trivium:workflow_worker", print, 2)
        check.eq("a function arrives as nil", value, {"nil", 2})
        local answer, err = process.exec("app:mixed", "trivium:workflow_worker")
        check.eq("no error", err, nil)
        check.eq("large", answer[3], "Invalid")
        check.that("how large", answer[4]:find("larger than the limit", 1, true), answer[4])
        check.that("mixed", answer[1] ~= "" and answer[2] ~= "", answer)
        check.fail("at the start", "Invalid", "larger than the limit",
          process.spawn("app:echo", "trivium:workflow_worker", string.rep("x", 3 << 20)))
        """,
        timeout=120,
    )


SHARED = "local t = {1} for i = 1, 40 do t = {t, t} end"  # forty tables, which as JSON are a terabyte


def test_tables_that_share_tables(checks):
    checks.unit("workflow.lua", "echo", "return {main = function(a) return a end}")
    checks.unit("workflow.lua", "result", f"return {{main = function() {SHARED} return t end}}")
    checks.unit(
        "workflow.lua",
        "activity",
        f"return {{main = function() {SHARED} return nil, select(2, funcs.call('app:f', t)) end}}",
        "modules: [funcs]",
    )
    checks.function("f", "return 1", "modules: []")
    checks.run(
        SHARED
        + """
        local worker, limit = "trivium:workflow_worker", "larger than the limit of 2097152"
        check.fail("at the start", "Invalid", limit, process.spawn("app:echo", worker, t))
        check.fail("as a result", "Invalid", limit, process.exec("app:result", worker))
        check.fail("for an activity", "Invalid", limit, process.exec("app:activity", worker))
        -- A class: its metatable is no part of the value.
        local class = {} class.__index = class
        check.eq("an object", process.exec("app:echo", worker, {setmetatable({a = 1}, class), class.none}), {{a = 1}})
        """,
        timeout=120,
    )


def test_an_upgrade_with_arguments_that_cannot_travel_raises(checks):
    flow = "return {{main = function() local t = {} t.self = t {} process.upgrade(nil, {}) return 'went on' end}}"
    checks.unit("workflow.lua", "cyclic", flow.format("{}", "", "t"))
    checks.unit("workflow.lua", "large", flow.format("{}", "", "('x'):rep(3 << 20)"))
    checks.unit(
        "workflow.lua",
        "catches",
        """
        return {main = function(again)
          if again then return again end
          local t = {} t.self = t
          local ok, err = pcall(process.upgrade, nil, t)
          if not ok then process.upgrade(nil, err:kind()) end
        end}
        """,
    )
    checks.run(
        """
        local worker = "trivium:workflow_worker"
        local what = "failed to encode the arguments of process.upgrade: "
        check.fail("cyclic", "Invalid", what .. "cannot encode recursively", process.exec("app:cyclic", worker))
        check.fail("large", "Invalid", what .. "a payload of 3145730 bytes is larger", process.exec("app:large", worker))
        check.eq("caught", process.exec("app:catches", worker), "Invalid")
        """,
        timeout=120,
    )


# What is wrong with a memo or search attributes, as `bad`: the fields, and what is said of them.
BAD_FIELDS = """
local cyclic = {} cyclic.self = cyclic
local bad = {
  {"memo", {k = {1, 2, a = 3}}, 'memo field "k": cannot encode mixed-key table'},
  {"memo", {k = {[1] = 1, [3] = 3}}, 'memo field "k": cannot encode sparse array'},
  {"memo", {k = cyclic}, 'memo field "k": cannot encode recursively nested tables'},
  {"memo", {k = string.rep("x", 3 << 20)}, 'memo field "k": cannot encode to JSON: the text is larger than 2097152'},
  {"search", {k = {"a", "b", x = "c"}}, 'search attribute "k": cannot encode mixed-key table'},
  {"search", {k = print}, 'search attribute "k": unsupported value type function'},
  {"search", {k = {print}}, 'search attribute "k": unsupported value type'},
  {"search", {k = {}}, 'search attribute "k": unsupported value type'},
  {"search", {k = 0 / 0}, 'search attribute "k" must be a finite number, got NaN'},
  {"search", {k = -1 / 0}, 'search attribute "k" must be a finite number, got infinity'},
  {"search", {k = string.rep("x", 3 << 20)}, 'search attribute "k": cannot encode to JSON: the text is larger than'},
}
"""
BAD_OPTIONS = """
local said = {}
for i, case in ipairs(bad) do
  local name = "workflow." .. (case[1] == "search" and "search_attributes" or case[1])
  local pid, err = process.with_options({[name] = case[2]}):spawn("app:none", "trivium:workflow_worker")
  local right = pid == nil and tostring(err):find(case[3], 1, true) and err:kind() == "Invalid"
  if not right then said[#said + 1] = i .. ": " .. tostring(err) end
end
"""


def test_memo_and_search_attributes_follow_the_rules_of_payloads(checks):
    checks.unit("workflow.lua", "none", "return {main = function() end}")
    checks.unit("workflow.lua", "parent", f"return {{main = function() {BAD_FIELDS}{BAD_OPTIONS} return said end}}")
    checks.unit(
        "workflow.lua",
        "attrs",
        "return {main = function()"
        + BAD_FIELDS
        + """
          local said = {}
          for i, case in ipairs(bad) do
            local done, err = workflow.attrs({[case[1]] = case[2]})
            local right = done == nil and tostring(err):find(case[3], 1, true) and err:kind() == "Invalid"
            if not right then said[#said + 1] = i .. ": " .. tostring(err) end
          end
          assert(workflow.attrs({memo = {f = print, list = {1, print}, deep = {a = {b = true}}, 7}, search = {tags = {"x"}}}))
          return said
        end}
        """,
        "modules: [workflow]",
    )
    checks.run(
        BAD_FIELDS
        + BAD_OPTIONS
        + """
        check.eq("from a process", said, {})
        check.eq("from a workflow", process.exec("app:parent", "trivium:workflow_worker"), {})
        local attrs = process.with_options({["workflow.id"] = "a", ["workflow.memo"] = {start = {1, {}, x = nil}, done = print}})
        check.eq("by attrs", attrs:exec("app:attrs", "trivium:workflow_worker"), {})
        """,
        timeout=120,
    )
    memo = json.loads(checks.app.run("workflow", "show", "a", "--json").stdout)["memo"]
    assert memo == {"start": [1, []], "done": None, "f": None, "list": [1, None], "deep": {"a": {"b": True}}}


def test_ended_runs_are_kept_as_long_as_the_provider_says(app):
    app.program(
        START.replace('"trivium:workflow_worker"', '"app:jobs"'),
        ("io",),
        """
        - {name: store, kind: workflow.sqlite, file: data/jobs.db, retention: 0s}
        - {name: jobs, kind: workflow.worker, provider: "app:store"}
        - {name: quick, kind: workflow.lua, source: "return {main = function() end}", meta: {workflow: {worker: jobs}}}
        - {name: wait, kind: workflow.lua, source: file://wait.lua, meta: {workflow: {worker: jobs}}}
        """,
        {"wait.lua": "return {main = function() process.inbox():receive() end}"},
    )
    assert app.main("app:quick", "q").code == 0
    assert app.main("app:wait", "w").code == 0

    def ids():
        return {run["workflow_id"] for run in json.loads(app.run("workflow", "list", "--json").stdout)}

    with app.start("run"):  # removed soon after the start at the latest
        polling.until(ids, lambda found: found == {"w"})


def test_retention_must_be_a_duration(app):
    app.program("", (), '- {name: store, kind: workflow.sqlite, file: data/jobs.db, retention: "a week"}')
    result = app.run("lint")
    assert result.code == 1 and "retention" in result.stdout + result.stderr
