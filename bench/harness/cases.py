"""What is measured against whom."""
import os
from dataclasses import dataclass
from typing import Any

from .programs import CACHE, REPOSITORY, TRIVIUM, Asleep, IdleMemory, OnPostgres, Printing, Replay, UsedCpu, WholeProcess

RIVALS = REPOSITORY / "bench/rivals"
VENV_PYTHON = CACHE / "venv/bin/python"

CALLS = 200_000
MESSAGES = 200_000
SPAWNS = 100_000
IDLE, MILLION = 100_000, 1_000_000
FAN, FAN_MESSAGES = 100_000, 1_000_000
BUSY, HOGS = 500, len(os.sched_getaffinity(0))
TICKERS, TICKING_SECONDS = 10_000, 10
STEPS, WORKFLOWS, STEPS_EACH = 300, 64, 50
LOCAL_STEPS = 1000
STARTS = 200
ASLEEP, WOKEN = 100_000, 100


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
    group: str = ""  # a name for several cases
    slow: bool = False  # takes minutes: measured once, and only where it or its group is named


METRICS = {
    "startup": Metric("ms", True),
    "call": Metric("ns", True),
    "call_lazy": Metric("ns", True),
    "round_trip": Metric("ns", True),
    "fan_message": Metric("ns", True),
    "fan_spawn": Metric("ns", True),
    "spawn_exit": Metric("ns", True),
    "idle_memory": Metric("B", True),
    "idle_start": Metric("ns", True),
    "million_memory": Metric("B", True),
    "million_start": Metric("ns", True),
    "busy_round_trip": Metric("ns", True),
    "tickers_cpu": Metric("ms/s", True),
    "fan_message_10k": Metric("ns", True),
    "fan_spawn_10k": Metric("ns", True),
    "fan_message_100k": Metric("ns", True),
    "fan_spawn_100k": Metric("ns", True),
    "steps_sequential": Metric("steps/s", False),
    "steps_concurrent": Metric("steps/s", False),
    "steps_local": Metric("steps/s", False),
    "start_to_activity": Metric("us", True),
    "replay_rate": Metric("events/s", False),
    "replay_linear": Metric("x", True),  # cost of an event in a five times longer history
    "asleep_start": Metric("ns", True),
    "asleep_memory": Metric("B", True),
    "asleep_wake": Metric("ms", True),
    "asleep_wake_worst": Metric("ms", True),
    "postgres_sequential": Metric("steps/s", False),
    "postgres_concurrent": Metric("steps/s", False),
}


def trivium(*args):
    return [TRIVIUM, "run", "-x", "app:main", *args]


def erlang(function, *args, flags=()):
    # compiled by rounds.prepare
    return ["erl", *flags, "-noshell", "-pa", CACHE / "erl", "-run", "actors", function, *args]


CASES = [
    Case(
        "startup",
        ["startup"],
        WholeProcess([TRIVIUM, "run", "-x", "app:hello"], app="hello"),
        {"node": WholeProcess(["node", "-e", "console.log(1)"])},
    ),
    Case(
        "calls",
        ["call", "call_lazy"],
        Printing(trivium(CALLS), app="calls"),
        {"erlang gen_server": Printing(erlang("calls", CALLS))},
        group="functions",
    ),
    Case(
        "messages",
        ["round_trip"],
        Printing(trivium(MESSAGES), app="messages"),
        {"erlang": Printing(erlang("messages", MESSAGES))},
        group="processes",
    ),
    Case(
        "fan",
        ["fan_message", "fan_spawn"],
        Printing(trivium(FAN, FAN_MESSAGES), app="fan"),
        {"erlang": Printing(erlang("fan", FAN, FAN_MESSAGES))},
        group="processes",
    ),
    Case(
        "spawns",
        ["spawn_exit"],
        Printing(trivium(SPAWNS), app="spawns"),
        {"erlang": Printing(erlang("spawns", SPAWNS))},
        group="processes",
    ),
    Case(
        "idle",
        ["idle_memory", "idle_start"],
        IdleMemory(trivium(IDLE), app="idle", count=IDLE),
        {"erlang": IdleMemory(erlang("idle", IDLE), count=IDLE)},
        group="processes",
    ),
    Case(
        "million",
        ["million_memory", "million_start"],
        IdleMemory(trivium(MILLION), app="idle", count=MILLION, prefix="million"),
        {"erlang": IdleMemory(erlang("idle", MILLION, flags=["+P", 2 * MILLION]), count=MILLION, prefix="million")},
        group="processes",
        slow=True,
    ),
    Case(
        "busy",
        ["busy_round_trip"],
        Printing(trivium(BUSY, HOGS), app="busy"),
        {"erlang": Printing(erlang("busy", BUSY, HOGS))},
        group="processes",
    ),
    Case(
        "tickers",
        ["tickers_cpu"],
        UsedCpu(trivium(TICKERS, TICKING_SECONDS), app="tickers", metric="tickers_cpu"),
        {"erlang": UsedCpu(erlang("tickers", TICKERS, TICKING_SECONDS), metric="tickers_cpu")},
        group="processes",
    ),
    *(
        Case(
            f"growth_{name}",
            [f"fan_message_{name}", f"fan_spawn_{name}"],
            Printing(trivium(processes, FAN_MESSAGES, f"_{name}"), app="fan"),
            {"itself, 1k": Printing(trivium(1000, FAN_MESSAGES, f"_{name}"), app="fan")},
            group="processes",
        )
        for name, processes in (("10k", 10_000), ("100k", 100_000))
    ),
    Case(
        "steps",
        ["steps_sequential", "steps_concurrent"],
        Printing(trivium(STEPS, WORKFLOWS, STEPS_EACH), app="steps"),
        {
            "dbos sqlite": Printing([VENV_PYTHON, RIVALS / "dbos_steps.py", STEPS, WORKFLOWS, STEPS_EACH]),
            "sqlite commits": Printing(["/usr/bin/python3", RIVALS / "sqlite_commits.py", 2000]),
        },
        group="workflows",
    ),
    Case(
        "steps_local",
        ["steps_local"],
        Printing(trivium(LOCAL_STEPS, WORKFLOWS, STEPS_EACH, "app:local_step"), app="steps"),
        {"itself, ordinary ones": Printing(trivium(LOCAL_STEPS, WORKFLOWS, STEPS_EACH, "app:step"), app="steps")},
        group="workflows",
    ),
    Case(
        "start",
        ["start_to_activity"],
        Printing(trivium(STARTS), app="start"),
        {"temporal, Go SDK": Printing([CACHE / "temporal_start", CACHE / "temporal", STARTS])},
        group="workflows",
    ),
    Case(
        "replay",
        ["replay_rate", "replay_linear"],
        Replay(steps=(160, 1600, 8000)),
        {},
        group="workflows",
    ),
    Case(
        "asleep",
        ["asleep_start", "asleep_memory", "asleep_wake", "asleep_wake_worst"],
        Asleep(trivium(ASLEEP, WOKEN), app="asleep", count=ASLEEP),
        {},
        group="workflows",
    ),
    Case(
        "steps_postgres",
        ["postgres_sequential", "postgres_concurrent"],
        OnPostgres(trivium(STEPS, WORKFLOWS, STEPS_EACH), app="steps_postgres"),
        {"dbos postgres": OnPostgres([VENV_PYTHON, RIVALS / "dbos_steps.py", STEPS, WORKFLOWS, STEPS_EACH])},
        group="workflows",
    ),
]
