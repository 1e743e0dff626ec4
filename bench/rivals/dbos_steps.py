"""DBOS: durable steps, one after another and of many workflows at once. On SQLite, or where BENCH_POSTGRES says."""
import os
import sys
import time

from dbos import DBOS

POSTGRES = os.environ.get("BENCH_POSTGRES")

DBOS(
    config={
        "name": "bench",
        "system_database_url": POSTGRES or "sqlite:///steps.sqlite",
        "run_admin_server": False,
        "log_level": "ERROR",
    }
)


@DBOS.step()
def step(i):
    return i + 1


@DBOS.workflow()
def sequence(count):
    for i in range(count):
        step(i)
    return count


def main(steps, workflows, steps_each):
    DBOS.launch()
    prefix = "postgres" if POSTGRES else "steps"
    sequence(10)

    start = time.perf_counter()
    sequence(steps)
    print(f"{prefix}_sequential", steps / (time.perf_counter() - start), "steps/s")

    start = time.perf_counter()
    handles = [DBOS.start_workflow(sequence, steps_each) for _ in range(workflows)]
    for handle in handles:
        handle.get_result()
    print(f"{prefix}_concurrent", workflows * steps_each / (time.perf_counter() - start), "steps/s")
    DBOS.destroy()


main(*map(int, sys.argv[1:]))
