"""Runs the sides of a case in turn, so that a slow minute of the machine hits all of them."""
import shutil
import subprocess
import sys

from .programs import CACHE, Unavailable
from .cases import RIVALS, Case

OURS = "trivium"


def prepare() -> None:
    """Compiles the Erlang rival when its source is newer."""
    source, folder = RIVALS / "actors.erl", CACHE / "erl"
    beam = folder / "actors.beam"
    if shutil.which("erlc") is None or (beam.exists() and beam.stat().st_mtime > source.stat().st_mtime):
        return
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["erlc", "-o", folder, source], check=True)


def measure(case: Case, rounds: int) -> dict[str, dict[str, list[float]]]:
    """{side: {metric: a value per round}}; a side that does not work is left out, with a word on stderr."""
    prepare()
    sides = {OURS: case.ours, **case.rivals}
    samples = {side: {} for side in sides}
    for _ in range(rounds):
        for side in list(sides):
            try:
                figures = sides[side].run(f"{case.name}-{side.replace(' ', '-')}")
            except Unavailable as reason:
                print(f"bench: {case.name}: {side}: {reason}", file=sys.stderr)
                del sides[side], samples[side]
                continue
            for metric, value in figures.items():
                samples[side].setdefault(metric, []).append(value)
    return samples
