"""Where the binary under test is and how patient to be with it."""
import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def path() -> Path:
    return Path(os.environ.get("TRIVIUM_BIN", REPOSITORY / "build/release/trivium")).resolve()


def patience(seconds: float) -> float:
    """A deadline: long enough that only a hang reaches it, longer still in sanitizer builds."""
    return seconds * float(os.environ.get("TRIVIUM_TEST_SLOWDOWN", "1"))


def environment(extra: dict | None = None) -> dict:
    """The caller's environment without what would change the runtime's behaviour."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("WIPPY_", "TRIVIUM_")) and k != "GOMEMLIMIT"}
    env["TZ"] = "UTC"
    env.update(extra or {})
    return env
