"""process.service: input, restarts, stopping."""
import pytest


def service(app, body, lifecycle="", source=None):
    app.write(
        {
            "src/_index.yaml": f"""
                namespace: app
                entries:
                  - {{name: procs, kind: process.host}}
                  - {{name: job, kind: process.lua, source: file://job.lua, modules: [time]}}
                  - {{name: job.service, kind: process.service, process: job, host: app:procs,
                     input: [7, [1, 2], {{k: v}}],
                     lifecycle: {{auto_start: true, restart: {{initial_delay: 1ms, max_delay: 1ms, max_attempts: 3}}{lifecycle}}}}}
            """,
            "src/job.lua": source or "return {main = function(n, list, map)\n" + body + "\nend}\n",
        }
    )
    return app.start("-c", "-v", "run")


def test_input(app):
    with service(app, "print('input ' .. n .. ' ' .. #list .. ' ' .. list[2] .. ' ' .. map.k) process.events():receive()") as server:
        server.wait_for("input 7 2 2 v")
        assert server.stop() is not None


@pytest.mark.parametrize(
    "ending",
    ["return", "return 5", "return nil, 'text'", "return nil, errors.new({message = 'm', retryable = false})",
     "error(errors.new({message = 'm', retryable = false}))"],
)
def test_not_started_again(app, ending):
    with service(app, f"print('job begins') {ending}") as server:
        server.wait_for("job begins")
        server.wait_for("exited")
        assert server.stop() == 0
        assert sum("job begins" in line for line in server.lines) == 1


@pytest.mark.parametrize(
    "ending",
    ["error('text')", "return nil, errors.new({message = 'm', retryable = true})", "return nil, errors.new('m')",
     "local t = nil; return t.x", "channel.select({})", "process.terminate(process.pid())"],
)
def test_started_again(app, ending):
    with service(app, f"print('run of ' .. process.pid()) time.sleep('1ms') {ending}") as server:
        first = server.wait_for(r"run of (\{app:procs\|0x\w+\})").match.group(1)
        second = server.wait_for(r"run of (\{app:procs\|0x\w+\})").match.group(1)
        assert first != second
        server.stop()


def test_gives_up_after_max_attempts(app):
    with service(app, "print('run') error('text')") as server:
        server.wait_for("run")
        server.wait_for("attempt 3")
        server.stop()
        assert not any("attempt 4" in line for line in server.lines)


def test_bad_chunk_is_not_tried_again(app):
    with service(app, "", source="error('while loading')") as server:
        server.wait_for("while loading")
        server.stop()


def test_stop_asks_and_waits(app):
    body = """
        print("up")
        local event = process.events():receive()
        print("asked by " .. event.from .. ": " .. event.reason)
        time.sleep("20ms")
        print("cleaned up")
    """
    with service(app, body) as server:
        server.wait_for("up")
        assert server.stop() == 0
        output = server.stdout + server.stderr
        assert "service stopping" in output
        assert "asked by {node:control|0x" in output
        assert "cleaned up" in output


def test_stubborn_service_is_ended(app):
    with service(app, "print('up') process.inbox():receive()", ", stop_timeout: 20ms") as server:
        server.wait_for("up")
        server.stop(timeout=20)
