"""Every history that a test produced is replayed, twice, on the code it was made with."""
import json


def check(app) -> None:
    for _ in range(2):
        replayed = _told(app, "replay", "--all", "--own-code")
        misfits = [run for run in replayed or () if not run["deterministic"]]
        if not misfits:
            continue
        parked = {run["workflow_id"] for run in _told(app, "list", "--status", "parked", "--limit", "1000000")}
        # A run that is parked says why by itself; code that a test took out of the store cannot be run.
        misfits = [
            run
            for run in misfits
            if run["workflow_id"] not in parked and "the store does not have the code" not in run["message"]
        ]
        assert not misfits, f"histories that do not replay: {misfits}"


def _told(app, *words):
    """Nothing where there is no workflow store, or where the test left an application that does not load."""
    index = app.folder / "src/_index.yaml"
    if not index.exists() or "workflow" not in index.read_text():
        return None
    result = app.run("workflow", *words, "--json", timeout=300)
    return json.loads(result.stdout) if result.stdout.startswith("[") else None
