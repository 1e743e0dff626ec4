"""Histories of earlier days, run through today's runtime: tests/histories has applications and what they exported.

A folder that stops fitting is a change of how workflows are replayed: runs that are open somewhere would be parked.
"""
import json
import re
import shutil

import pytest

from harness import binary

FOLDER = binary.REPOSITORY / "tests/histories"
APPLICATIONS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", APPLICATIONS)
def test_still_replays(app, name):
    shutil.copytree(FOLDER / name, app.folder, dirs_exist_ok=True)
    files = sorted(path.name for path in app.folder.glob("*.json"))
    assert files
    result = app.run("workflow", "replay", *files, timeout=300)
    assert (result.code, result.stderr) == (0, ""), result.stdout
    assert len(result.lines) == len(files)
    assert not (app.folder / ".trivium").exists()  # nothing was opened or written


@pytest.mark.parametrize("name", APPLICATIONS)
def test_would_notice_a_change(app, name):
    """The same application whose workflows all begin with one more timer."""
    shutil.copytree(FOLDER / name, app.folder, dirs_exist_ok=True)
    source = app.folder / "src/workflows.lua"
    source.write_text(source.read_text().replace("local first = 0", "local first = 1"))
    files = sorted(path.name for path in app.folder.glob("*.json"))
    result = app.run("workflow", "replay", *files, timeout=300)
    assert result.code == 1
    assert sum("does not fit" in line for line in result.lines) == len(files), result.stdout


# What no history of ours can have: nothing asks for these, or they are no events of a history.
NEVER = {
    "WorkflowExecutionCanceled",
    "ChildWorkflowExecutionCanceled",
    "TimerCanceled",
    "WorkflowExecutionUpdateAdmitted",
    "WorkflowExecutionOptionsUpdated",
}


def test_every_type_of_event_is_among_them():
    source = (binary.REPOSITORY / "src/units/workflows/event.cc").read_text()
    known = set(re.findall(r'EventType::\w+, "(\w+)"', source))
    assert len(known) > 40
    kept = {
        event["event_type"] for file in FOLDER.glob("*/*.json") for event in json.loads(file.read_text())["events"]
    }
    assert known - kept == NEVER, "a new type of event: record a history that has it"


def test_the_steps_of_a_family(app):
    """What history draws of children, cancellations and messages, and why some came to nothing."""
    shutil.copytree(FOLDER / "endings/src", app.folder / "src")
    assert app.run("run", "record", timeout=120).code == 0
    drawn = app.run("workflow", "history", "family").stdout
    assert [line.split()[1:3] for line in drawn.splitlines()[3:-1]] == [
        ["workflow", "app:failed"],
        ["workflow", "app:late"],
        ["workflow", "app:canceled"],
        ["workflow", "app:terminated"],
        ["workflow", "app:failed"],
        ["cancel", "child-canceled"],
        ["cancel", "nobody"],
        ["send", "end"],
    ]
    for outcome in ("timed out", "terminated", "a workflow with this id is open", "no open workflow has this id"):
        assert outcome in drawn, drawn
