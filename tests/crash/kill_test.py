"""kill -9 at any moment leaves a project that starts again."""
import signal


def test_starts_again_after_kill(app):
    app.write({"src/_index.yaml": "namespace: app\nentries:\n  - {name: procs, kind: process.host}\n"})
    for _ in range(3):
        with app.start("run") as server:
            server.wait_for("runtime ready")
            server.kill()
            assert server.wait() == -signal.SIGKILL
    with app.start("run") as server:
        server.wait_for("runtime ready")
        assert server.stop() == 0
