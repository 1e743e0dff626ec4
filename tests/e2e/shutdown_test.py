"""How a runtime ends."""
import signal


def test_processes_that_only_wait_for_messages_do_not_delay_the_end(app):
    """Nobody can send to them any more, so there is nothing to wait the ten seconds of the host for."""
    app.program(
        """
        local pid, err = process.spawn("app:idle", "app:procs")
        if err then return nil, err end
        process.send(pid, "hello")
        return 0
        """,
        entries="- {name: idle, kind: process.lua, source: file://idle.lua}",
        files={"idle.lua": "return {main = function() local inbox = process.inbox() while true do inbox:receive() end end}"},
    )
    # The run is given less than the host's stop_timeout; it would be killed and fail.
    assert app.main(timeout=9).code == 0


def test_one_request_heard_twice_is_one_request(app):
    """Wrappers signal the program and then its group: that must not turn into a forced exit."""
    app.program("return 0")
    with app.start("run") as runtime:
        runtime.wait_for("runtime ready")
        runtime.signal(signal.SIGTERM)
        runtime.signal(signal.SIGTERM)
        assert runtime.wait() == 0
    assert "ERROR" not in runtime.stderr
