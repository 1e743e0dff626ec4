"""workflow.on_update and workflow.update: asking a workflow for something it may refuse."""
import json
import re
import textwrap

import pytest

INDEX = """
    - {name: double, kind: function.lua, source: file://work.lua, method: double, modules: [logger]}
    - {name: cart, kind: workflow.lua, source: file://cart.lua, modules: [funcs, time, workflow], meta: {workflow: {worker: jobs}}}
    - {name: hand, kind: workflow.lua, source: file://hand.lua, modules: [funcs, time], meta: {workflow: {worker: jobs}}}
    - {name: plain, kind: workflow.lua, source: "return {main = function() return process.listen('end'):receive() end}", meta: {workflow: {worker: jobs}}}
"""
FILES = {
    "work.lua": """
        return {double = function(n)
          logger:info("doubling " .. n)
          return n * 2
        end}
    """,
    "cart.lua": """
        return {main = function(_, hold)
          local items, sum, seen = {}, 0, 0
          workflow.on_query("items", function() return {items = items, sum = sum} end)
          assert(workflow.on_update("add", function(name, count)
            sum = sum + funcs.call("app:double", count)
            items[#items + 1] = name
            return {name = name, size = #items}
          end, {validator = function(name, count)
            seen = seen + 1
            if type(name) ~= "string" then return nil, errors.new({kind = "Invalid", message = "an item has a name"}) end
            if count < 1 then return false end
            if count > 100 then error(errors.new({kind = "RateLimited", message = "too many", retryable = true})) end
          end}))
          workflow.on_update("fails", function(how)
            if how == "text" then return nil, "no luck" end
            if how == "raise" then error(errors.new({kind = "NotFound", message = "nothing there"})) end
            return nil, errors.new({kind = "Conflict", message = "not now", retryable = true})
          end)
          workflow.on_update("slow", function() time.sleep("1h") return "never" end)
          workflow.on_update("held", function() process.listen("release"):receive() items[1] = "kept" return "released" end)
          workflow.on_update("seen", function() return seen end)
          workflow.on_update("void", function() end)
          workflow.on_update("waits", function() return 1 end, {validator = function() time.sleep("1ms") end})
          workflow.on_update("close", function() coroutine.spawn(function() process.send(process.pid(), "end") end) return "closing" end)
          if hold then time.sleep(hold) end
          process.listen("end"):receive()
          return {items = items, sum = sum}
        end}
    """,
    # By messages alone.
    "hand.lua": """
        return {main = function()
          local requests = process.listen("do", {message = true})
          local log = {}
          local function note(word, value, err) log[#log + 1] = word .. " " .. tostring(value) .. " " .. tostring(err) end
          while true do
            local request = requests:receive()
            local what = request:payload():data()
            local from = request:from()
            if what == "refuse" then
              process.send(from, "nak", "no thanks")
            elseif what == "ignore" then
              log[#log + 1] = "never seen"
            elseif what == "log" then
              process.send(from, "ack")
              process.send(from, "ok", log)
            elseif what == "end" then
              process.send(from, "ack")
              process.send(from, "ok", "bye")
              return log
            else
              note("early ok", process.send(from, "ok", 1))
              note("odd", process.send(from, "maybe"))
              note("ack", process.send(from, "ack"))
              note("again", process.send(from, "ack"))
              note("late nak", process.send(from, "nak"))
              if what == "fail" then
                note("error", process.send(from, "error", "it broke"))
              else
                note("ok", process.send(from, "ok", {got = funcs.call("app:double", 4)}))
              end
              note("after", process.send(from, "ok"))
              note("nobody", process.send("{update|nobody}", "ack"))
            end
          end
        end}
    """,
}
HELPERS = """
local function start(id, name, ...)
  return assert(process.with_options({["workflow.id"] = name}):spawn(id, "app:jobs", ...))
end
"""


@pytest.fixture
def shop(checks, provider):
    checks.entries(textwrap.dedent(INDEX).strip("\n") + "\n" + provider.entries.strip("\n") + "\n")
    checks._files.update({name: textwrap.dedent(text) for name, text in FILES.items()})
    return checks


def run(shop, body):
    shop.build(HELPERS + body, ("io", "funcs", "time", "workflow"))
    result = shop.app.run("run", "-x", "app:main", timeout=300)
    assert (result.code, result.stdout) == (0, "passed\n"), result.stdout + result.stderr


def cli(app, verb, *words):
    return app.run("workflow", verb, *words, "--store", "app:store", timeout=120)


def history(app, workflow):
    result = cli(app, "history", workflow, "--events", "--json")
    assert result.code == 0, result.stderr
    return json.loads(result.stdout)


def types(events):
    return [event["event_type"] for event in events]


def test_answers_errors_and_refusals(shop, provider):
    run(
        shop,
        """
        local pid = start("app:cart", "c")
        check.eq("answer", workflow.update(pid, "add", "tea", 3), {name = "tea", size = 1})
        check.eq("next", workflow.update(pid, "add", "cup", 1), {name = "cup", size = 2})
        check.fail("refused", "Invalid", "an item has a name", workflow.update(pid, "add", 5, 5))
        check.fail("refused plainly", "", "update rejected", workflow.update(pid, "add", "tea", 0))
        local _, err = workflow.update(pid, "add", "tea", 101)
        check.err("refused by an error", err, "RateLimited", "too many")
        check.eq("its flag", err:retryable(), true)
        -- What a validator saw of a refused update is gone with it: two of them were accepted.
        check.eq("no trace", workflow.update(pid, "seen"), 2)
        check.fail("text", "Internal", "no luck", workflow.update(pid, "fails", "text"))
        check.fail("raised", "NotFound", "nothing there", workflow.update(pid, "fails", "raise"))
        check.fail("returned", "Conflict", "not now", workflow.update(pid, "fails"))
        check.eq("nothing", workflow.update(pid, "void"), nil)
        check.fail("unknown", "NotFound", "no handler", workflow.update(pid, "other"))
        check.fail("validator waits", "NotFound", "validator waits", workflow.update(pid, "waits"))
        check.eq("state", workflow.query(pid, "items"), {items = {"tea", "cup"}, sum = 8})
        process.registry.register("cart", pid)
        check.eq("by name", workflow.update("cart", "add", "pot", 1).size, 3)
        process.monitor(pid)
        process.send(pid, "end")
        check.eq("result", process.events():receive().result.value.sum, 10)
        check.fail("closed", "NotFound", "workflow execution already completed", workflow.update(pid, "void"))
        """,
    )
    names = types(history(shop.app, "c"))
    assert names.count("WorkflowExecutionUpdateAccepted") == names.count("WorkflowExecutionUpdateCompleted") == 8
    assert "WorkflowExecutionUpdateAdmitted" not in names
    # Once more from the first line: every recorded update comes where it came.
    replayed = cli(shop.app, "query", "c", "items")
    assert json.loads(replayed.stdout) == {"items": ["tea", "cup", "pot"], "sum": 10}, replayed.stderr
    exported = cli(shop.app, "export", "c")
    shop.app.write({"c.json": exported.stdout})
    fits = shop.app.run("workflow", "replay", "c.json")
    assert fits.code == 0, fits.stdout + fits.stderr
    assert provider.rows("SELECT count(*) FROM operations") == [["0"]]
    assert provider.rows("SELECT count(*) FROM inbound") == [["0"]]


def test_refusals_write_no_history(shop):
    run(
        shop,
        """
        local pid = start("app:cart", "c")
        workflow.update(pid, "void")
        local before = workflow.query(pid, "items")
        for i = 1, 5 do check.fail("refused", "", "update rejected", workflow.update(pid, "add", "tea", 0)) end
        """,
    )
    names = types(history(shop.app, "c"))
    assert names.count("WorkflowExecutionUpdateAccepted") == 1
    assert names.count("WorkflowTaskCompleted") <= 2  # the start, and the one update unless it came with it


def test_updates_by_hand(shop):
    run(
        shop,
        """
        local pid = start("app:hand", "h")
        check.fail("refused", "", "no thanks", workflow.update(pid, "do", "refuse"))
        check.fail("ignored", "NotFound", "did not take up update do", workflow.update(pid, "do", "ignore"))
        check.eq("done", workflow.update(pid, "do", "it"), {got = 8})
        check.fail("failed", "", "it broke", workflow.update(pid, "do", "fail"))
        local log = workflow.update(pid, "do", "log")
        check.eq("the answers' own answers", log, {
          "early ok nil update not accepted (state: pending)",
          "odd nil unknown update response: maybe (expected ack/nak/ok/error)",
          "ack true nil",
          "again nil update already accepted",
          "late nak nil update already accepted",
          "ok true nil",
          "after nil update not accepted (state: completed)",
          "nobody nil unknown update: nobody",
          "early ok nil update not accepted (state: pending)",
          "odd nil unknown update response: maybe (expected ack/nak/ok/error)",
          "ack true nil",
          "again nil update already accepted",
          "late nak nil update already accepted",
          "error true nil",
          "after nil update not accepted (state: completed)",
          "nobody nil unknown update: nobody",
        })
        check.eq("with the end", workflow.update(pid, "do", "end"), "bye")
        """,
    )


def test_many_at_once_in_one_order(shop):
    run(
        shop,
        """
        local pid = start("app:cart", "c")
        local answers = channel.new(20)
        for i = 1, 20 do
          coroutine.spawn(function() answers:send((workflow.update(pid, "add", "item" .. i, i % 5))) end)
        end
        local sizes, refused = {}, 0
        for i = 1, 20 do
          local answer = answers:receive()
          if answer then sizes[answer.size] = true else refused = refused + 1 end
        end
        check.eq("accepted", #sizes, 16)
        check.eq("refused", refused, 4)
        process.monitor(pid)
        process.send(pid, "end")
        check.eq("all there", #process.events():receive().result.value.items, 16)
        """,
    )
    exported = cli(shop.app, "export", "c")
    shop.app.write({"c.json": exported.stdout})
    fits = shop.app.run("workflow", "replay", "c.json")
    assert fits.code == 0, fits.stdout + fits.stderr


def test_the_end_of_the_workflow_ends_the_wait(shop):
    run(
        shop,
        """
        local pid = start("app:cart", "c")
        local done = channel.new(1)
        local function slow() done:send(select(2, workflow.update(pid, "slow"))) end
        coroutine.spawn(slow)
        workflow.update(pid, "void")
        process.send(pid, "end")
        check.err("ended", done:receive(), "Canceled", "the workflow ended before it answered the update")
        pid = start("app:plain", "p")
        check.fail("no handlers at all", "NotFound", "no handler", workflow.update(pid, "add"))
        coroutine.spawn(slow)
        pid = start("app:cart", "t")
        coroutine.spawn(slow)
        workflow.update(pid, "void")
        process.terminate(pid)
        """,
    )


def test_mistakes(shop):
    run(
        shop,
        """
        check.fail("name", "NotFound", "could not resolve 'nobody' as PID or registered name", workflow.update("nobody", "x"))
        check.fail("process", "NotFound", "no workflow has the PID " .. process.pid(), workflow.update(process.pid(), "x"))
        check.fail("id", "NotFound", "workflow not found for ID: nobody", workflow.update("{app:store@app:jobs|nobody}", "x"))
        check.fail("empty", "Invalid", "update name required", workflow.update("{app:store@app:jobs|nobody}", ""))
        check.fail("outside", "Invalid", "workflow.on_update only available in workflow context",
          workflow.on_update("x", function() end))
        check.raises("no function", "bad argument #2", workflow.on_update, "x", 5)
        check.raises("no validator", "validator must be a function", workflow.on_update, "x", function() end, {validator = 1})
        """,
    )


def test_an_update_before_the_first_task_finds_its_handler(shop):
    run(
        shop,
        """
        for i = 1, 20 do
          local pid = start("app:cart", "c" .. i)
          check.eq("at once", workflow.update(pid, "add", "tea", 1).size, 1)
        end
        """,
    )


def test_accepted_updates_survive_a_crash(shop):
    app = shop.app
    shop.build(HELPERS + 'local pid = start("app:cart", "c") io.print("ready") io.print(workflow.update(pid, "held"))', ("io", "time", "workflow"))
    with app.start("run", "-x", "app:main") as running:
        running.wait_for("ready")
        while "WorkflowExecutionUpdateAccepted" not in types(history(app, "c")):
            pass
        running.kill()
    assert "WorkflowExecutionUpdateCompleted" not in types(history(app, "c"))
    # The caller died with the runtime; what was accepted is carried out all the same.
    run(
        shop,
        """
        local pid = "{app:store@app:jobs|c}"
        process.send(pid, "release")
        while #workflow.query(pid, "items").items == 0 do time.sleep("5ms") end
        process.monitor(pid)
        process.send(pid, "end")
        process.events():receive()
        """,
    )
    events = history(app, "c")
    completed = [e for e in events if e["event_type"] == "WorkflowExecutionUpdateCompleted"]
    assert [json.loads(e["attributes"]["outcome"]["success"][0]["data"]) for e in completed] == ["released"]


def test_from_the_command_line(shop, provider):
    app = shop.app
    run(shop, 'start("app:cart", "c")')
    nobody = cli(app, "update", "c", "add", "tea", "1")
    assert (nobody.code, nobody.stdout) == (1, "") and "start the application first" in nobody.stderr
    with app.start("run") as running:
        running.wait_for("runtime ready")
        answer = cli(app, "update", "c", "add", "tea", "2")
        assert (answer.code, json.loads(answer.stdout or "null")) == (0, {"name": "tea", "size": 1}), answer.stderr
        refused = cli(app, "update", "c", "add", "5", "5")
        assert (refused.code, refused.stdout) == (1, "") and "an item has a name" in refused.stderr
        unknown = cli(app, "update", "c", "nothing")
        assert unknown.code == 1 and "did not take up update nothing" in unknown.stderr
        with app.start("workflow", "update", "c", "slow", "--store", "app:store") as waiting:
            while "slow" not in json.dumps(history(app, "c")):
                pass
            assert cli(app, "terminate", "c").code == 0
            assert waiting.wait(120) == 1
        assert "the workflow ended before it answered" in waiting.stderr
    over = cli(app, "update", "c", "add")
    assert over.code == 1 and "has ended (Terminated)" in over.stderr
    lines = cli(app, "history", "c").stdout
    assert re.search(r'update +add\("tea", 2\).*"size":1', lines), lines
    assert "usage: trivium workflow update ID NAME" in cli(app, "update", "c").stderr
    assert provider.rows("SELECT count(*) FROM operations") == [["0"]]
