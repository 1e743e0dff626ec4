"""process.supervisor: strategies, intensity, nesting, children on request, stopping."""
import json
import re

import pytest

WORKER = """
    local function main(name, mode)
      local events = process.events()
      local orders = process.listen("do")
      print("up " .. name .. " " .. process.pid())
      while true do
        local r = channel.select{ events:case_receive(), orders:case_receive() }
        if r.channel == events then
          if r.value.kind == process.event.CANCEL then
            print("down " .. name .. ": " .. r.value.reason)
            if mode ~= "stubborn" then return "stopped" end
          end
        elseif r.value == "fail" then error("told to fail")
        elseif r.value == "refuse" then return nil, "refused"
        elseif r.value == "end" then return "done" end
      end
    end
    return {main = main}
"""

BOSS = """
    local supervisor = require("supervisor")
    local function main(...)
%s
    end
    return {main = main}
"""


def tree(app, supervisor, boss="", more=""):
    """app:top is a supervisor with these fields; app:boss runs Lua with the module as the last service."""
    index = f"""
namespace: app
entries:
  - {{name: procs, kind: process.host}}
  - {{name: worker, kind: process.lua, source: file://worker.lua, modules: [time]}}
  - {{name: boss, kind: process.lua, source: file://boss.lua, modules: [supervisor, time, json]}}
  - name: top
    kind: process.supervisor
    host: app:procs
    lifecycle: {{auto_start: true, restart: {{initial_delay: 1ms, jitter: -1}}}}
"""
    index += "".join("    " + line + "\n" for line in supervisor.strip("\n").splitlines())
    index += more
    if boss:
        index += """
  - name: boss.service
    kind: process.service
    process: boss
    host: app:procs
    lifecycle: {auto_start: true, depends_on: [app:top], restart: {max_attempts: 1}}
"""
    body = "\n".join("      " + line.strip() for line in boss.splitlines())
    app.write({"src/worker.lua": WORKER, "src/boss.lua": BOSS % body})
    (app.folder / "src/_index.yaml").write_text(index)
    return app


ABC = """
strategy: %s
children:
  - {id: a, process: worker, input: [a], name: a}
  - {id: b, process: worker, input: [b], name: b}
  - {id: c, process: worker, input: [c], name: c}
"""


def happenings(server):
    return [re.sub(r".*\b(up|down) (\w+).*", r"\1 \2", line) for line in server.lines if re.search(r"\b(up|down) \w+", line)]


@pytest.mark.parametrize(
    "strategy, expected",
    [
        ("one_for_one", ["up b"]),
        ("one_for_all", ["down c", "down a", "up a", "up b", "up c"]),
        ("rest_for_one", ["down c", "up b", "up c"]),
    ],
)
def test_strategies(app, strategy, expected):
    boss = """
      for _, name in ipairs({"a", "b", "c"}) do
        while not process.registry.lookup(name) do time.sleep("1ms") end
      end
      process.send("b", "do", "fail")
    """
    with tree(app, ABC % strategy, boss).start("-c", "run") as server:
        server.wait_for("child ended, restarting.*told to fail")
        wanted = [f"up {name}" for name in "abc"] + [h for h in expected if h.startswith("up")]
        while sorted(h for h in happenings(server) if h.startswith("up")) != sorted(wanted):
            server.wait_for(r"up \w")
        assert server.stop() == 0
        seen = happenings(server)
        # The children start side by side, each announces itself when it runs; so count, and check order of stops.
        assert sorted(seen[: 3 + len(expected)]) == sorted(["up a", "up b", "up c"] + expected)
        assert [h for h in seen if h.startswith("down")][-3:] == ["down c", "down b", "down a"]


def test_names_are_registered_again(app):
    boss = """
      local first = process.registry.lookup("a")
      process.send("a", "do", "fail")
      local second = first
      while second == first or not second do time.sleep("1ms") second = process.registry.lookup("a") end
      print("moved from " .. first .. " to " .. second)
    """
    with tree(app, ABC % "one_for_one", boss).start("-c", "run") as server:
        found = server.wait_for(r"moved from (\S+) to (\S+)").match
        assert found.group(1) != found.group(2)
        assert server.stop() == 0


def test_restart_rules(app):
    children = """
children:
  - {id: p, process: worker, input: [p], name: p}
  - {id: t, process: worker, input: [t], name: t, restart: transient}
  - {id: x, process: worker, input: [x], name: x, restart: temporary}
max_restarts: 100
"""
    boss = """
      local function row(id)
        for _, child in ipairs(supervisor.which_children("app:top")) do
          if child.id == id then return child end
        end
      end
      local function order(id, what, want, restarts)
        process.send(id, "do", what)
        while true do
          local child = row(id)
          if child.state == want and child.restarts == restarts then break end
          time.sleep("1ms")
        end
        print(id .. " after " .. what .. ": " .. want)
      end
      order("p", "end", "running", 1)
      order("p", "fail", "running", 2)
      order("t", "fail", "running", 1)
      order("t", "refuse", "running", 2)
      order("t", "end", "exited", 2)
      order("x", "fail", "failed", 0)
      print("all as it should be")
    """
    with tree(app, children, boss).start("-c", "run") as server:
        server.wait_for("all as it should be", timeout=60)
        assert server.stop() == 0


def test_too_many_restarts_fail_the_service(app):
    children = """
max_restarts: 2
period: 1h
children:
  - {id: a, process: worker, input: [a], name: a}
  - {id: bad, process: crash}
"""
    more = """
  - {name: crash, kind: process.lua, source: file://crash.lua}
"""
    tree(app, children, more=more).write({"src/crash.lua": "return {main = function() error('no disk') end}\n"})
    with app.start("-c", "run") as server:
        server.wait_for("child ended, restarting.*no disk")
        server.wait_for("child ended, restarting.*no disk")
        server.wait_for("supervisor failed.*more than 2 restarts in 1h.*of child bad.*no disk")
        server.wait_for("service app:top is failed")
        server.wait_for("service app:top is starting.*attempt 2")
        server.wait_for("supervisor failed")
        server.stop()


NESTED = """
max_restarts: %d
period: 1h
children:
  - {id: first, process: worker, input: [first], name: first}
  - id: inner
    supervisor:
      strategy: one_for_all
      max_restarts: 0
      children:
        - {id: a, process: worker, input: [a], name: a}
        - {id: b, process: worker, input: [b], name: b}
"""


def test_a_supervisor_below_escalates(app):
    boss = """
      while not process.registry.lookup("b") do time.sleep("1ms") end
      process.send("a", "do", "fail")
    """
    with tree(app, NESTED % 5, boss).start("-c", "run") as server:
        server.wait_for(r"supervisor failed.*app:top/inner")
        server.wait_for("child ended, restarting.*inner")
        while happenings(server).count("up a") < 2 or happenings(server).count("up b") < 2:
            server.wait_for("up [ab]")
        assert happenings(server).count("up first") == 1
        assert server.stop() == 0
        assert [h for h in happenings(server) if h.startswith("down")][-3:] == ["down b", "down a", "down first"]


def test_escalation_reaches_the_service(app):
    boss = """
      while not process.registry.lookup("b") do time.sleep("1ms") end
      process.send("a", "do", "fail")
    """
    with tree(app, NESTED % 0, boss).start("-c", "run") as server:
        server.wait_for(r"supervisor failed.*app:top/inner")
        server.wait_for(r"supervisor failed.*of child inner")
        server.wait_for("service app:top is failed")
        server.wait_for("attempt 2")
        server.stop()


def test_supervisors_as_entries(app):
    more = """
  - name: workers
    kind: process.supervisor
    host: app:procs
    children: [{id: a, process: worker, input: [a]}]
"""
    boss = """
      for _, child in ipairs(supervisor.which_children("app:workers")) do print(child.id .. " is a child of workers") end
      for _, child in ipairs(supervisor.which_children("app:top")) do print(child.id .. " is a " .. child.type) end
    """
    with tree(app, "children: [app:workers]", boss, more).start("-c", "run") as server:
        server.wait_for("a is a child of workers")
        server.wait_for("workers is a supervisor")
        assert server.stop() == 0
        assert happenings(server) == ["up a", "down a"]


def test_children_on_request(app):
    boss = """
      local function eq(got, want) if got ~= want then error(tostring(got) .. " is not " .. tostring(want)) end end
      local pid, err = supervisor.start_child("app:top", {id = "one", input = {"one"}, name = "one"})
      eq(err, nil)
      eq(process.registry.lookup("one"), pid)
      local _, again = supervisor.start_child("app:top", {id = "one"})
      eq(again:kind(), "AlreadyExists")
      local other = supervisor.start_child("app:top", {input = {"two"}, restart = "temporary"})
      local count = supervisor.count_children("app:top")
      eq(count.specs, 2) eq(count.active, 2) eq(count.workers, 2) eq(count.supervisors, 0)
      local _, full = supervisor.start_child("app:top", {input = {"three"}})
      eq(full:kind(), "RateLimited")
      local _, unknown = supervisor.start_child("app:top", {inputs = {}})
      eq(unknown:message(), 'field inputs: a child has no such field, did you mean input?')
      local _, wrong = supervisor.start_child("app:top", {restart = "always"})
      eq(wrong:kind(), "Invalid")
      eq(supervisor.terminate_child("app:top", other), true)
      eq(supervisor.count_children("app:top").specs, 1)
      eq(supervisor.terminate_child("app:top", "one"), true)
      eq(#supervisor.which_children("app:top"), 0)
      eq(process.registry.lookup("one"), nil)
      local _, gone = supervisor.stop_child("app:top", "one")
      eq(gone:kind(), "NotFound")
      local _, nobody = supervisor.which_children("app:nobody")
      eq(nobody:kind(), "NotFound")
      local _, missing = supervisor.start_child("app:top", {process = "app:nothing"})
      eq(missing:kind(), "NotFound")
      eq(#supervisor.which_children("app:top"), 0)
      local _, malformed = supervisor.start_child("top")
      eq(malformed:kind(), "Invalid")
      print("all as it should be")
    """
    fields = "dynamic: {process: worker, max_children: 2}"
    with tree(app, fields, boss).start("-c", "run") as server:
        server.wait_for("all as it should be")
        assert server.stop() == 0


def test_terminate_and_restart_a_child(app):
    boss = """
      local function state() return supervisor.which_children("app:top")[2].state end
      supervisor.terminate_child("app:top", "b")
      print("b is " .. state())
      local pid, err = supervisor.restart_child("app:top", "b")
      print("b is " .. state() .. " as " .. pid)
      local _, running = supervisor.restart_child("app:top", "b")
      print("then " .. running:kind())
      local _, refused = supervisor.start_child("app:top", {process = "app:worker"})
      print("and " .. refused:message())
    """
    with tree(app, ABC % "one_for_all", boss).start("-c", "run") as server:
        server.wait_for("b is stopped")
        server.wait_for("b is running as {app:procs")
        server.wait_for("then AlreadyExists")
        server.wait_for("and supervisor app:top takes no children on request")
        assert server.stop() == 0
        assert happenings(server).count("up a") == 1


def test_a_stubborn_child_is_killed_after_its_grace(app):
    children = """
children:
  - {id: a, process: worker, input: [a]}
  - {id: b, process: worker, input: [b, stubborn], shutdown: 50ms}
  - {id: c, process: worker, input: [c], shutdown: kill}
"""
    with tree(app, children).start("-c", "run") as server:
        for _ in range(3):
            server.wait_for(r"up \w")
        assert server.stop() == 0
        assert [h for h in happenings(server) if h.startswith("down")] == ["down b", "down a"]


def test_a_child_that_does_not_listen_ends_at_once(app):
    more = """
  - {name: deaf, kind: process.lua, source: file://deaf.lua}
"""
    tree(app, "children: [{id: d, process: deaf, shutdown: infinity}]", more=more)
    app.write({"src/deaf.lua": "return {main = function() print('up deaf') process.inbox():receive() end}\n"})
    with app.start("-c", "run") as server:
        server.wait_for("up deaf")
        assert server.stop() == 0


def test_a_child_that_cannot_start(app):
    more = """
  - {name: broken, kind: process.lua, source: file://broken.lua}
"""
    tree(app, "children: [{id: a, process: worker, input: [a]}, {id: z, process: broken}]", more=more)
    app.write({"src/broken.lua": "error('bad chunk')\n"})
    with app.start("-c", "run") as server:
        server.wait_for("child did not start.*bad chunk")
        server.wait_for("service app:top is (exited|failed).*child z")
        assert server.stop() == 0


@pytest.mark.parametrize(
    "fields, message",
    [
        ("strategy: one_for_al\nchildren: []", "field strategy: must be one_for_one, one_for_all or rest_for_one"),
        ("max_restart: 3\nchildren: []", "field max_restart: there is no such field.*did you mean max_restarts"),
        ("period: soon\nchildren: []", "field period"),
        ("strategy: one_for_one", "field children: is required"),
        ("children: worker", "field children: must be a list"),
        ("children: [nothing]", r"field children\[0\]: there is no entry app:nothing"),
        ("children: [procs]", r"field children\[0\]: app:procs is a process.host"),
        ("children: [{id: x}]", r"field children\[0\]: names neither a process nor a supervisor"),
        ("children: [worker, worker]", r"field children\[1\]: there are two children with the id worker"),
        ("children: [{process: worker, restart: often}]", r"field children\[0\].restart: must be permanent"),
        ("children: [{process: worker, shutdown: fast}]", r"field children\[0\].shutdown: must be a duration, kill or infinity"),
        ("children: [{process: worker, hots: procs}]", r"field children\[0\].hots: there is no such field.*did you mean host"),
        ("children: [{supervisor: {children: [worker]}}]", r"field children\[0\].id: is required"),
        ("children: [{id: s, supervisor: {children: [worker], strategy: x}}]", r"field children\[0\].supervisor.strategy: must be"),
        ("children: [top]", "supervisors contain each other: app:top -> app:top"),
        ("strategy: one_for_all\ndynamic: true", "field dynamic: children on request need strategy one_for_one"),
    ],
)
def test_mistakes(app, fields, message):
    result = tree(app, fields).run("run")
    assert result.code == 1
    text = result.stdout + result.stderr
    assert re.search(r"src/_index.yaml:\d+: entry app:top: " + message, text) or re.search(message, text), text
    assert re.search(message, text), text


def test_a_process_without_a_host(app):
    app.write({
        "src/_index.yaml": """
            namespace: app
            entries:
              - {name: worker, kind: process.lua, source: file://worker.lua}
              - {name: top, kind: process.supervisor, children: [worker]}
        """,
        "src/worker.lua": "return {main = function() end}\n",
    })
    result = app.run("run")
    assert result.code == 1
    assert "no host is given for this process" in result.stderr


# --- from outside ------------------------------------------------------------------------------------------


def test_tree_and_ps(app):
    boss = "process.events():receive()"
    with tree(app, NESTED % 5, boss).start("-c", "run") as server:
        for _ in range(3):
            server.wait_for(r"up (first|a|b)")
        shown = app.run("tree")
        assert shown.code == 0, shown.stderr
        assert re.search(r"app:top  process.supervisor  running  one_for_one, at most 5 restarts in 1h", shown.stdout)
        assert re.search(r"^├─ first  app:worker  \{app:procs\|0x\w+\}  running$", shown.stdout, re.M)
        assert re.search(r"^└─ inner  running  one_for_all$", shown.stdout, re.M)
        assert re.search(r"^   ├─ a  app:worker", shown.stdout, re.M)
        assert re.search(r"^   └─ b  app:worker", shown.stdout, re.M)
        rows = json.loads(app.run("ps", "--json").stdout)
        by_name = {name: p for p in rows["processes"] for name in p["names"]}
        assert by_name["a"]["entry"] == "app:worker"
        assert by_name["a"]["memory"] > 1000
        assert by_name["a"]["state"] in ("waiting", "running")
        assert [h["id"] for h in rows["hosts"]] == ["app:procs"]
        table = app.run("ps").stdout
        assert re.search(r"^\{app:procs\|0x\w+\} +app:worker +waiting .* a$", table, re.M), table
        assert server.stop() == 0
