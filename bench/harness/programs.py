"""The ways a program under measurement is run. Each `run()` gives {metric: value} of one run.

A program prints lines "name value unit". A line "phase NAME" says that it waits for a line of input: its memory
and the processor time it has used are read then, which is how bytes per idle process are measured from outside.
"""
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CACHE = REPOSITORY / ".cache/bench"
TRIVIUM = Path(os.environ.get("TRIVIUM_BIN", REPOSITORY / "build/release/trivium")).resolve()

DEADLINE = 300  # seconds; only a hang reaches it


class Unavailable(Exception):
    """The program is not installed or did not work; the reason is the text."""


def fresh_folder(name: str) -> Path:
    """An empty working folder on the repository's own disk: /tmp may be memory, and commits free there."""
    folder = CACHE / "work" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def resident_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise Unavailable("its memory could not be read")


def cpu_seconds(pid: int) -> float:
    """Processor time of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Printing:
    """A program that prints its figures."""

    args: list
    app: str | None = None  # copied into the working folder: an application in bench/apps

    def run(self, label: str) -> dict[str, float]:
        folder = fresh_folder(label)
        if self.app:
            shutil.copytree(REPOSITORY / "bench/apps" / self.app, folder, dirs_exist_ok=True)
        errors = folder / "stderr.log"
        try:
            with errors.open("wb") as stderr, subprocess.Popen(
                [str(a) for a in self.args],
                cwd=folder,
                env={**os.environ, **self.environment()},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            ) as process:
                figures = self._read(process)
        except FileNotFoundError as missing:
            raise Unavailable(f"{missing.filename} is not there") from missing
        if process.returncode != 0:
            said = (errors.read_text(errors="replace").strip().splitlines() or ["no message"])[-1]
            raise Unavailable(f"exit status {process.returncode}: {said}")
        return figures

    def environment(self) -> dict[str, str]:
        return {}

    def _read(self, process) -> dict[str, float]:
        figures = {}
        watchdog = _kill_after(process, DEADLINE)
        for line in process.stdout:
            words = line.split()
            if len(words) == 2 and words[0] == "phase":
                figures[f"memory at {words[1]}"] = resident_bytes(process.pid)
                figures[f"cpu at {words[1]}"] = cpu_seconds(process.pid)
                figures[f"time at {words[1]}"] = time.monotonic()
                process.stdin.write("\n")
                process.stdin.flush()
            elif len(words) == 3:
                figures[words[0]] = float(words[1])
        process.wait()
        watchdog.cancel()
        return figures


def _kill_after(process, seconds):
    import threading

    watchdog = threading.Timer(seconds, process.kill)
    watchdog.daemon = True
    watchdog.start()
    return watchdog


@dataclass
class OnPostgres(Printing):
    """With a PostgreSQL server of its own, new and empty, as Debian's package configures it; BENCH_POSTGRES names it."""

    def run(self, label: str) -> dict[str, float]:
        script = REPOSITORY / "tests/harness/postgres-server"
        # On disk, and short: it holds the server's socket.
        self.server = Path(tempfile.mkdtemp(prefix="trivium_bench_", dir="/var/tmp"))
        try:
            if subprocess.run([script, "init", self.server], check=False).returncode != 0:
                raise Unavailable("PostgreSQL is not installed")
            with (self.server / "log").open("wb") as log:
                process = subprocess.Popen([script, "run", self.server, "-c", "shared_buffers=128MB"], stderr=log)
            try:
                while subprocess.run(["pg_isready", "-q", "-h", self.server], check=False).returncode != 0:
                    if process.poll() is not None:
                        raise Unavailable("PostgreSQL does not start")
                    time.sleep(0.05)
                return super().run(label)
            finally:
                process.terminate()
                process.wait()
        finally:
            shutil.rmtree(self.server, ignore_errors=True)

    def environment(self) -> dict[str, str]:
        return {"BENCH_POSTGRES": f"postgresql://trivium@/trivium?host={self.server}"}


@dataclass
class IdleMemory(Printing):
    """Adds bytes per idle process from the memory at the phases "base" and "idle". With a prefix the figures have
    names of their own: prefix_memory, prefix_start."""

    count: int = 1
    prefix: str = "idle"

    def run(self, label: str) -> dict[str, float]:
        figures = super().run(label)
        try:
            grown = figures["memory at idle"] - figures["memory at base"]
        except KeyError as phase:
            raise Unavailable(f"no {phase}") from None
        return {f"{self.prefix}_memory": grown / self.count, f"{self.prefix}_start": figures["idle_start"]}


@dataclass
class UsedCpu(Printing):
    """Milliseconds of processor time a second between the phases "begin" and "end"."""

    metric: str = ""

    def run(self, label: str) -> dict[str, float]:
        figures = super().run(label)
        try:
            used = figures["cpu at end"] - figures["cpu at begin"]
            return {self.metric: 1000 * used / (figures["time at end"] - figures["time at begin"])}
        except KeyError as phase:
            raise Unavailable(f"no {phase}") from None


@dataclass
class Asleep(Printing):
    """Adds bytes per sleeping workflow from the memory at the phases "base" and "asleep"."""

    count: int = 1

    def run(self, label: str) -> dict[str, float]:
        figures = super().run(label)
        grown = figures["memory at asleep"] - figures["memory at base"]
        return {**figures, "asleep_memory": grown / self.count}


@dataclass
class Replay:
    """Events a second of `trivium workflow replay`, from the times of a short and a long history: start-up is in both."""

    steps: tuple[int, int, int]  # a workflow of so many steps: short, long, and five times as long
    repeat: int = 5

    def run(self, label: str) -> dict[str, float]:
        short, long, longest = (self._replayed(f"{label}-{steps}", steps) for steps in self.steps)
        rate = (long[0] - short[0]) / (long[1] - short[1])
        rate_of_longest = (longest[0] - long[0]) / (longest[1] - long[1])
        return {"replay_rate": rate, "replay_linear": rate / rate_of_longest}

    def _replayed(self, label: str, steps: int) -> tuple[int, float]:
        """The history's events, and the median seconds to replay it."""
        folder = fresh_folder(label)
        shutil.copytree(REPOSITORY / "bench/apps/steps", folder, dirs_exist_ok=True)

        def trivium(*args) -> str:
            done = subprocess.run(
                [str(TRIVIUM), *map(str, args)], cwd=folder, capture_output=True, text=True, timeout=DEADLINE, check=False
            )
            if done.returncode != 0:
                raise Unavailable(done.stderr.strip())
            return done.stdout

        trivium("run", "-x", "app:main", steps, 0, 1)
        run = max(json.loads(trivium("workflow", "list", "--json")), key=lambda run: run["events"])
        (folder / "history.json").write_text(trivium("workflow", "export", run["workflow_id"]))
        times = []
        for _ in range(self.repeat):
            start = time.perf_counter()
            trivium("workflow", "replay", "history.json")
            times.append(time.perf_counter() - start)
        return run["events"], statistics.median(times)


@dataclass
class WholeProcess:
    """Milliseconds from start to exit, the median of many."""

    args: list
    app: str | None = None
    metric: str = "startup"
    repeat: int = 20

    def run(self, label: str) -> dict[str, float]:
        folder = fresh_folder(label)
        if self.app:
            shutil.copytree(REPOSITORY / "bench/apps" / self.app, folder, dirs_exist_ok=True)
        args = [str(a) for a in self.args]
        times = []
        for _ in range(self.repeat):
            start = time.perf_counter()
            try:
                done = subprocess.run(args, cwd=folder, capture_output=True, timeout=DEADLINE, check=False)
            except FileNotFoundError as missing:
                raise Unavailable(f"{missing.filename} is not there") from missing
            times.append((time.perf_counter() - start) * 1000)
            if done.returncode != 0 or not done.stdout.strip():
                said = (done.stderr.decode(errors="replace").strip().splitlines() or ["no output"])[-1]
                raise Unavailable(f"exit status {done.returncode}: {said}")
        return {self.metric: statistics.median(times)}
