"""A PostgreSQL server of a test's own, see harness/postgres-server."""
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from . import binary

SCRIPT = Path(__file__).with_name("postgres-server")


class Postgres:
    """Runs in a folder of its own and is gone with the test. `durable`: waits for the disk as a real one does."""

    def __init__(self, durable: bool = False):
        # A socket's path must be short.
        self.folder = Path(tempfile.mkdtemp(prefix="trivium_pg_", dir="/var/tmp" if durable else "/tmp"))
        self._settings = [] if durable else ["-c", "fsync=off"]
        self._process = None
        subprocess.run([SCRIPT, "init", self.folder], check=True)
        self.start()

    @property
    def dsn(self) -> str:
        return f"host={self.folder} user=trivium dbname=trivium"

    @property
    def url(self) -> str:
        return f"postgresql://trivium@/trivium?host={self.folder}"

    def start(self) -> None:
        deadline = time.monotonic() + binary.patience(120)
        log = (self.folder / "log").open("ab")
        while time.monotonic() < deadline:
            self._process = subprocess.Popen([SCRIPT, "run", self.folder, *self._settings], stdout=log, stderr=log)
            # What is left of one that was killed may keep it from starting: then it ends and is started again.
            while self._process.poll() is None:
                if subprocess.run(["pg_isready", "-q", "-h", self.folder, "-d", self.dsn], check=False).returncode == 0:
                    return
                time.sleep(0.02)
        raise AssertionError("PostgreSQL does not start:\n" + (self.folder / "log").read_text()[-2000:])

    def kill(self) -> None:
        """As with kill -9, its children too."""
        subprocess.run([SCRIPT, "kill", str(self._process.pid)], check=False)
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        self.kill()
        self.start()

    def rows(self, query: str) -> list[list[str]]:
        done = subprocess.run(
            ["psql", "-XAtq", "-F", "\x1f", "-R", "\x1e", "-d", self.dsn, "-c", f"SET search_path = trivium; {query}"],
            capture_output=True,
            text=True,
            check=True,
        )
        text = done.stdout.rstrip("\n")
        return [row.split("\x1f") for row in text.split("\x1e")] if text else []

    @contextmanager
    def locked(self, table: str):
        """While it is, nobody writes to the table or locks rows of it; everybody can read."""
        statement = f"BEGIN; LOCK TABLE trivium.{table} IN EXCLUSIVE MODE; SELECT 'locked';"
        holder = subprocess.Popen(
            ["psql", "-XAtq", "-d", self.dsn], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        try:
            holder.stdin.write(statement + "\n")
            assert holder.stdout.readline() == "locked\n"
            yield
        finally:
            holder.kill()
            holder.wait()

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
