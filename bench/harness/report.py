"""Medians, ratios, and how they are printed."""
import os
import platform
import statistics

from .cases import METRICS, Case
from .rounds import OURS


def rows(case: Case, metrics: list[str], samples) -> list[dict]:
    """A row for each metric and rival. `ratio` says how many times better ours is: above 1, ours is ahead."""
    found = []
    for name in metrics:
        ours = samples.get(OURS, {}).get(name)
        for rival in case.rivals or {"-": None}:
            theirs = samples.get(rival, {}).get(name)
            if theirs is None and rival in samples:
                continue  # this rival has no such figure
            found.append(_row(name, rival, ours, theirs))
    return found


def _row(name, rival, ours, theirs) -> dict:
    metric = METRICS[name]
    our_median = statistics.median(ours) if ours else None
    their_median = statistics.median(theirs) if theirs else None
    ratio = None
    if our_median and their_median:
        ratio = their_median / our_median if metric.less_is_better else our_median / their_median
    return {
        "name": name,
        "ours": our_median,
        "unit": metric.unit,
        "rival": rival,
        "theirs": their_median,
        "ratio": ratio,
        "less_is_better": metric.less_is_better,
        "samples": {"ours": ours or [], "theirs": theirs or []},
    }


def _figure(value) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}"


def line(row: dict) -> str:
    ratio = "-" if row["ratio"] is None else f"x{row['ratio']:.2f}"
    return (
        f"{row['name']:<18}{_figure(row['ours']):>12} {row['unit']:<8}"
        f"{row['rival']:<18}{_figure(row['theirs']):>12}  {ratio}"
    )


def machine() -> dict:
    return {"cpus": os.cpu_count(), "kernel": platform.release(), "machine": platform.machine()}
