"""The page this runtime is made for: its three snippets as they stand there, and what it promises around them."""
import textwrap

import pytest

# As printed on the page.
CALL = 'local result = funcs.call("app.math:add", 2, 3)'
SPAWN = """local pid = process.spawn("app.workers:handler", "app:processes")
process.send(pid, "job", {task = "process_data"})"""
EXECUTE = """-- Esto puede ejecutarse por días, sobrevivir reinicios, y nunca perder progreso
workflow.execute("app.orders:process", order_id)"""

PAGE = {
    "src/math/_index.yaml": """
        namespace: app.math
        entries:
          - {name: add, kind: function.lua, source: "return {add = function(a, b) return a + b end}", method: add}
    """,
    "src/workers/_index.yaml": """
        namespace: app.workers
        entries:
          - {name: handler, kind: process.lua, source: file://handler.lua}
    """,
    "src/workers/handler.lua": """
        return {main = function()
          local jobs = process.listen("job")
          local done = 0
          while true do
            local job = jobs:receive()
            done = done + 1
            process.send("boss", "done", job.task .. " " .. done)
          end
        end}
    """,
    "src/orders/_index.yaml": """
        namespace: app.orders
        entries:
          - {name: process, kind: workflow.lua, source: file://process.lua, modules: [funcs]}
    """,
    "src/orders/process.lua": """
        return {main = function(order_id)
          process.send("boss", "order", order_id)
          return "order " .. order_id .. " costs " .. funcs.call("app.math:add", 40, 2)
        end}
    """,
}


@pytest.fixture
def page(app):
    """The application of the page; `program` writes app:main, which is known as boss, and more entries."""

    def program(body: str, entries: str = "", files=None):
        listing = "- {name: processes, kind: process.host, host: {workers: 2}, lifecycle: {auto_start: true}}\n"
        body = 'process.registry.register("boss")\nlocal inbox = process.inbox()\n' + body
        app.program(body, ("io", "funcs", "workflow", "time"), listing + textwrap.dedent(entries), files)
        return app.write(PAGE)

    return program


def test_three_snippets(page):
    app = page(
        f"""
{CALL}
io.print(result)
{SPAWN}
io.print(inbox:receive():payload():data())
local order_id = ...
{EXECUTE}
io.print(inbox:receive():topic())
io.print((workflow.execute("app.orders:process", order_id)))
"""
    )
    result = app.main("17")
    assert (result.code, result.stderr) == (0, "")
    assert result.lines == ["5", "process_data 1", "order", "order 17 costs 42"]


# ---- functions ------------------------------------------------------------------------------------------------


def test_function_keeps_nothing_between_calls(page):
    app = page(
        'for _ = 1, 3 do io.print((funcs.call("app:count"))) end',
        '- {name: count, kind: function.lua, method: run, source: "return {run = function() local n = 0 n = n + 1 return n end}"}',
    )
    assert app.main().lines == ["1", "1", "1"]


def test_caller_handles_the_failure_of_a_function(page):
    app = page(
        'local value, err = funcs.call("app:fail") io.print(tostring(value), err:message())',
        "- {name: fail, kind: function.lua, method: run, source: \"return {run = function() error('no stock', 0) end}\"}",
    )
    assert app.main().lines == ["nil\tno stock"]


def test_function_sends_messages_too(page):
    app = page(
        'funcs.call("app:tell", process.pid()) io.print(inbox:receive():topic())',
        "- {name: tell, kind: function.lua, method: run, source: \"return {run = function(pid) process.send(pid, 'news', 1) end}\"}",
    )
    assert app.main().lines == ["news"]


SLOW = """
    - {name: slow, kind: function.lua, method: run, modules: [time], source: file://slow.lua, pool: {type: static, workers: 1}}
    - {name: caller, kind: process.lua, modules: [funcs], source: file://caller.lua}
"""
SLOW_FILES = {
    "slow.lua": """
        return {run = function(wait)
          if wait then
            process.send("boss", "begun")
            time.sleep("1000h")
          end
          return "free"
        end}
    """,
    "caller.lua": """
        return {main = function(leave)
          if not leave then return funcs.call("app:slow", true) end
          funcs.async("app:slow", true)
          process.listen("leave"):receive()
        end}
    """,
}


@pytest.mark.parametrize("leave", ["false", "true"], ids=["caller is terminated", "caller returns"])
def test_function_ends_with_its_caller(page, leave):
    # The function's only worker is free again, though the call it was taken by would last for weeks.
    app = page(
        f"""
        local pid = process.spawn_monitored("app:caller", "app:processes", {leave})
        inbox:receive()
        if {leave} then process.send(pid, "leave") else process.terminate(pid) end
        process.events():receive()
        io.print((funcs.call("app:slow", false)))
        """,
        SLOW,
        SLOW_FILES,
    )
    assert app.main().lines == ["free"]


# ---- processes ------------------------------------------------------------------------------------------------


def test_process_keeps_its_state_across_messages(page):
    app = page(
        f"""
{SPAWN}
process.send(pid, "job", {{task = "second"}})
process.send(pid, "job", {{task = "third"}})
for _ = 1, 3 do
  local message = inbox:receive()
  io.print(tostring(message:from() == pid), message:payload():data())
end
io.print(tostring(process.spawn("app.workers:handler", "app:processes") ~= pid))
"""
    )
    assert app.main().lines == ["true\tprocess_data 1", "true\tsecond 2", "true\tthird 3", "true"]


def test_each_process_has_a_state_of_its_own(page):
    app = page(
        """
        local counter = function() return process.spawn("app:counter", "app:processes") end
        local a, b = counter(), counter()
        for _, pid in ipairs({a, a, b, a}) do
          process.send(pid, "add", 1)
          io.print(inbox:receive():payload():data())
        end
        """,
        "- {name: counter, kind: process.lua, source: file://counter.lua}",
        {
            "counter.lua": """
                return {main = function()
                  local adds, total = process.listen("add"), 0
                  while true do
                    total = total + adds:receive()
                    process.send("boss", "total", total)
                  end
                end}
            """
        },
    )
    assert app.main().lines == ["1", "2", "1", "3"]


def test_process_goes_on_after_its_spawner(page):
    app = page(
        """
        local spawner = process.spawn("app:spawner", "app:processes")
        local message = inbox:receive()
        io.print(message:topic(), tostring(message:from() ~= spawner))
        """,
        """
        - {name: spawner, kind: process.lua, source: file://spawner.lua}
        - {name: child, kind: process.lua, source: file://child.lua}
        """,
        {
            "spawner.lua": 'return {main = function() process.spawn("app:child", "app:processes", process.pid()) end}',
            "child.lua": """
                return {main = function(spawner)
                  -- Fails when the spawner has ended already.
                  if process.monitor(spawner) then process.events():receive() end
                  process.send("boss", "still here", 1)
                end}
            """,
        },
    )
    assert app.main().lines == ["still here\ttrue"]


def test_linked_process_ends_with_the_other(page):
    app = page(
        """
        local pid = process.spawn_monitored("app:parent", "app:processes")
        io.print(process.events():receive().result.error:message())
        """,
        """
        - {name: parent, kind: process.lua, source: file://parent.lua}
        - {name: child, kind: process.lua, source: "return {main = function() error('broken') end}"}
        """,
        {
            "parent.lua": """
                return {main = function()
                  process.spawn_linked("app:child", "app:processes")
                  process.inbox():receive()
                end}
            """
        },
    )
    assert "linked process failed" in app.main().stdout


def test_thousands_of_processes_on_two_workers(page):
    app = page(
        """
        local pids = {}
        for i = 1, 3000 do pids[i] = process.spawn("app:echo", "app:processes") end
        for i, pid in ipairs(pids) do process.send(pid, "number", i) end
        local sum = 0
        for _ = 1, 3000 do sum = sum + inbox:receive():payload():data() end
        io.print(sum)
        """,
        "- {name: echo, kind: process.lua, source: file://echo.lua}",
        {"echo.lua": 'return {main = function() process.send("boss", "n", (process.listen("number"):receive())) end}'},
    )
    assert app.main().lines == ["4501500"]


# ---- workflows ------------------------------------------------------------------------------------------------

DURABLE = {
    "src/_index.yaml": """
        namespace: app
        entries:
          - {name: processes, kind: process.host, lifecycle: {auto_start: true}}
          - {name: os, kind: env.storage.os}
          - {name: phase, kind: env.variable, storage: app:os, variable: PHASE}
          - {name: step, kind: function.lua, source: file://step.lua, method: run}
          - {name: order, kind: workflow.lua, source: file://order.lua, modules: [funcs, time]}
          - {name: shop, kind: process.lua, source: file://shop.lua, modules: [env]}
          - {name: shop.service, kind: process.service, process: shop, host: processes, lifecycle: {auto_start: true}}
    """,
    "src/step.lua": 'return {run = function(name) print("step " .. name) return name end}',
    "src/order.lua": """
        return {main = function(id)
          local first = funcs.call("app:step", "one")
          local before = time.now()
          time.sleep("300ms")
          local slept = time.now():sub(before):milliseconds() >= 300
          funcs.call("app:step", "parked")
          local go = process.listen("go"):receive()
          local second = funcs.call("app:step", "two")
          return table.concat({id, first, go, second, tostring(slept)}, " ")
        end}
    """,
    "src/shop.lua": """
        return {main = function()
          local pid = process.with_options({}):with_name("order-1"):spawn_monitored("app:order", "trivium:workflow_worker", "1")
          if env.get("PHASE") == "two" then process.send(pid, "go", "went") end
          local event = process.events():receive()
          if event.kind == process.event.EXIT then
            print("the order ended: " .. tostring(event.result.error or event.result.value))
          end
        end}
    """,
}


def test_workflow_survives_kill(app):
    app.write(DURABLE)
    with app.start("run", env={"PHASE": "one"}) as server:
        server.wait_for("step one")
        server.wait_for("step parked")
        server.kill()
    with app.start("run", env={"PHASE": "one"}) as server:  # nobody tells it to go on: it waits again
        server.wait_for("runtime ready")
        server.kill()
        # "step parked" may be seen again: the kill can come before its result is on disk
        assert "step one" not in server.stderr and "step two" not in server.stderr
    with app.start("run", env={"PHASE": "two"}) as server:
        server.wait_for("step two")
        server.wait_for("the order ended: 1 one went two true")
        assert "step one" not in server.stderr
        assert server.stop() == 0


def test_activity_is_tried_again(page):
    app = page(
        'io.print((workflow.execute("app:patient")))',
        """
        - {name: flaky, kind: function.lua, method: run, source: file://flaky.lua, pool: {type: static, workers: 1}}
        - {name: patient, kind: workflow.lua, source: file://patient.lua, modules: [funcs]}
        """,
        {
            "flaky.lua": """
                local attempts = 0
                return {run = function()
                  attempts = attempts + 1
                  if attempts < 2 then error("not yet") end
                  return "attempt " .. attempts
                end}
            """,
            "patient.lua": 'return {main = function() return (funcs.call("app:flaky")) end}',
        },
    )
    assert app.main().lines == ["attempt 2"]


# ---- the same code, everywhere --------------------------------------------------------------------------------


def test_sleep_in_all_three_units(page):
    nap = """
        return {main = function(unit)
          local before = time.now()
          time.sleep("20ms")
          return unit .. (time.now():sub(before):milliseconds() >= 20 and " slept" or " did not sleep")
        end}
    """
    app = page(
        """
        io.print((funcs.call("app:function", "function")))
        io.print((process.exec("app:process", "app:processes", "process")))
        io.print((workflow.execute("app:workflow", "workflow")))
        """,
        """
        - {name: function, kind: function.lua, method: main, source: file://nap.lua, modules: [time]}
        - {name: process, kind: process.lua, source: file://nap.lua, modules: [time]}
        - {name: workflow, kind: workflow.lua, source: file://nap.lua, modules: [time]}
        """,
        {"nap.lua": nap},
    )
    assert app.main().lines == ["function slept", "process slept", "workflow slept"]


def test_sleeping_function_holds_its_worker_and_sleeping_process_does_not(page):
    app = page(
        """
        local first = funcs.async("app:nap", "20ms", "first")
        local second = funcs.async("app:nap", "0s", "second")   -- waits for the only worker
        for _ = 1, 2 do io.print(inbox:receive():payload():data()) end
        process.spawn("app:sleeper", "app:single", "1000h", "never")
        process.spawn("app:sleeper", "app:single", "0s", "meanwhile")
        io.print(inbox:receive():payload():data())
        """,
        """
        - {name: single, kind: process.host, host: {workers: 1}, lifecycle: {auto_start: true, stop_timeout: 50ms}}
        - {name: nap, kind: function.lua, method: main, source: file://nap.lua, modules: [time], pool: {type: static, workers: 1}}
        - {name: sleeper, kind: process.lua, source: file://nap.lua, modules: [time]}
        """,
        {
            "nap.lua": """
                return {main = function(duration, text)
                  if duration ~= "0s" then time.sleep(duration) end
                  process.send("boss", "awake", text)
                end}
            """
        },
    )
    assert app.main().lines == ["first", "second", "meanwhile"]
