"""Failures that nobody hears of, and those by a limit, are said in the log."""
import re

import pytest


@pytest.fixture
def log(checks):
    """Runs a main program; the lines of the log about failures: "what entry: error"."""
    checks.app.write({".trivium.yaml": "lua:\n  memory_limit: 16MB\n"})
    checks.process("fails", "local how = ... if how then process.inbox():receive() end error('it failed')")
    checks.process("returns_error", "return nil, errors.new({message = 'as a result', kind = errors.CONFLICT})")
    checks.process("grows", "local t = {} while true do t[#t + 1] = string.rep('x', 1000) .. #t end")
    checks.function("grows.call", "local t = {} while true do t[#t + 1] = string.rep('x', 1000) .. #t end")
    checks.process("parent", "local child = ... process.spawn_linked(child, 'app:procs') process.events():receive()")
    checks.process("returns", "return 'well'")
    checks.process("waits", "process.inbox():receive()")
    checks.function("fails.call", "error('a call failed')")

    def run(main):
        result = checks.run("""
            local events = process.events()
            local function ended(pid)
              while process.send(pid, "x") do time.sleep("1ms") end
            end
        """ + main, "-v")
        found = []
        for line in result.stderr.splitlines():
            if said := re.search(r"(process|call) failed", line):
                entry = re.search(r'"?entry"?[=:]\s*"?([^",} ]+)', line)[1]
                found.append((said[1], entry, line))
        return found

    return run


def test_a_failure_nobody_hears_of(log):
    (one,) = log("""
        local pid = process.spawn("app:fails", "app:procs")
        ended(pid)
    """)
    assert one[:2] == ("process", "app:fails") and "it failed" in one[2] and "{app:procs|0x" in one[2]


def test_a_result_that_is_an_error(log):
    (one,) = log("ended(process.spawn('app:returns_error', 'app:procs'))")
    assert one[:2] == ("process", "app:returns_error") and "as a result" in one[2]


def test_failures_somebody_hears_of(log):
    assert log("""
        process.set_options({trap_links = true})
        process.spawn_monitored("app:fails", "app:procs")
        events:receive()
        process.spawn_linked("app:fails", "app:procs")
        events:receive()
        check.fail("exec", "Internal", "it failed", process.exec("app:fails", "app:procs"))
        check.fail("call", "Internal", "a call failed", funcs.call("app:fails.call"))
    """) == []


def test_ends_that_are_no_failures(log):
    assert log("""
        ended(process.spawn("app:returns", "app:procs"))
        local pid = process.spawn("app:waits", "app:procs")
        process.terminate(pid)
        ended(pid)
        -- This one is left to the shutdown.
        process.spawn("app:waits", "app:procs")
    """) == []


def test_a_link_that_only_passes_it_on_hears_nothing(log):
    said = log("""
        ended(process.spawn("app:parent", "app:procs", "app:fails"))
    """)
    assert sorted(entry for _, entry, _ in said) == ["app:fails", "app:parent"]
    assert any("linked process failed" in line for _, _, line in said)


def test_too_much_memory_is_said_even_if_somebody_hears(log):
    said = log("""
        process.spawn_monitored("app:grows", "app:procs")
        events:receive()
        check.that("fails", select(2, funcs.call("app:grows.call")))
    """)
    assert [(what, entry) for what, entry, _ in said] == [("process", "app:grows"), ("call", "app:grows.call")]
    assert all("memory" in line for _, _, line in said)


def test_many_failures_of_an_entry_are_said_once_a_second(log):
    said = log("""
        local pids = {}
        for i = 1, 200 do pids[i] = process.spawn("app:fails", "app:procs") end
        for i = 1, 200 do ended(pids[i]) end
    """)
    assert 1 <= len(said) < 100
