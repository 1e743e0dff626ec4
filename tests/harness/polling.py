"""Waiting for what nothing tells of: looking again and again."""
import time

from . import binary


def until(look, reached=bool, seconds: float = 120):
    """What `look` finds, as soon as that is `reached`; fails with what it found last."""
    deadline = time.monotonic() + binary.patience(seconds)
    while not reached(found := look()):
        assert time.monotonic() < deadline, f"it never came to that, but stayed at {found!r}"
        time.sleep(0.02)  # what is waited for needs the processor as well
    return found
