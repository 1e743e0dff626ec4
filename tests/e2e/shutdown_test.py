"""How a runtime ends."""

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
