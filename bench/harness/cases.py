"""What is measured against whom."""
from dataclasses import dataclass
from typing import Any

from .programs import CACHE, REPOSITORY, TRIVIUM, IdleMemory, OnPostgres, Printing, WholeProcess

RIVALS = REPOSITORY / "bench/rivals"
VENV_PYTHON = CACHE / "venv/bin/python"

CALLS = 200_000
MESSAGES = 200_000
SPAWNS = 100_000
IDLE = 100_000
STEPS, WORKFLOWS, STEPS_EACH = 300, 64, 10


@dataclass
class Metric:
    unit: str
    less_is_better: bool


@dataclass
class Case:
    name: str
    metrics: list[str]
    ours: Any
    rivals: dict[str, Any]


METRICS = {
    "startup": Metric("ms", True),
    "call": Metric("ns", True),
    "round_trip": Metric("ns", True),
    "spawn_exit": Metric("ns", True),
    "idle_memory": Metric("B", True),
    "idle_start": Metric("ns", True),
    "steps_sequential": Metric("steps/s", False),
    "steps_concurrent": Metric("steps/s", False),
    "postgres_sequential": Metric("steps/s", False),
    "postgres_concurrent": Metric("steps/s", False),
}


def trivium(*args):
    return [TRIVIUM, "run", "-x", "app:main", *args]


def erlang(function, *args):
    # compiled by rounds.prepare
    return ["erl", "-noshell", "-pa", CACHE / "erl", "-run", "actors", function, *args]


CASES = [
    Case(
        "startup",
        ["startup"],
        WholeProcess([TRIVIUM, "run", "-x", "app:hello"], app="hello"),
        {"node": WholeProcess(["node", "-e", "console.log(1)"])},
    ),
    Case(
        "calls",
        ["call"],
        Printing(trivium(CALLS), app="calls"),
        {"erlang gen_server": Printing(erlang("calls", CALLS))},
    ),
    Case(
        "messages",
        ["round_trip"],
        Printing(trivium(MESSAGES), app="messages"),
        {"erlang": Printing(erlang("messages", MESSAGES))},
    ),
    Case(
        "spawns",
        ["spawn_exit"],
        Printing(trivium(SPAWNS), app="spawns"),
        {"erlang": Printing(erlang("spawns", SPAWNS))},
    ),
    Case(
        "idle",
        ["idle_memory", "idle_start"],
        IdleMemory(trivium(IDLE), app="idle", count=IDLE),
        {"erlang": IdleMemory(erlang("idle", IDLE), count=IDLE)},
    ),
    Case(
        "steps",
        ["steps_sequential", "steps_concurrent"],
        Printing(trivium(STEPS, WORKFLOWS, STEPS_EACH), app="steps"),
        {
            "dbos sqlite": Printing([VENV_PYTHON, RIVALS / "dbos_steps.py", STEPS, WORKFLOWS, STEPS_EACH]),
            "sqlite commits": Printing(["/usr/bin/python3", RIVALS / "sqlite_commits.py", 2000]),
        },
    ),
    Case(
        "steps_postgres",
        ["postgres_sequential", "postgres_concurrent"],
        OnPostgres(trivium(STEPS, WORKFLOWS, STEPS_EACH), app="steps_postgres"),
        {"dbos postgres": OnPostgres([VENV_PYTHON, RIVALS / "dbos_steps.py", STEPS, WORKFLOWS, STEPS_EACH])},
    ),
]
