"""A trivium process in the background."""
import os
import re
import signal
import subprocess
import threading
import time

from . import binary


class Line(str):
    """A line of output; `stream` is "out" or "err", `match` what wait_for found in it."""

    stream: str = ""
    match: re.Match | None = None


class Running:
    """Reads both streams as they come, so that waiting for a line needs no polling and no sleep."""

    def __init__(self, args, cwd, env=None):
        self.process = subprocess.Popen(
            [str(binary.path()), *map(str, args)],
            cwd=cwd,
            env=binary.environment(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # a signal for the terminal's group must not reach it by accident
        )
        self._changed = threading.Condition()
        self._lines: list[Line] = []
        self._open_streams = 2
        self._seen = 0  # lines that wait_for has passed
        self._readers = [
            threading.Thread(target=self._read, args=(stream, name), daemon=True)
            for stream, name in ((self.process.stdout, "out"), (self.process.stderr, "err"))
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream, name):
        for raw in stream:
            line = Line(raw.decode("utf-8", "replace").rstrip("\n"))
            line.stream = name
            with self._changed:
                self._lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._open_streams -= 1
            self._changed.notify_all()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def lines(self) -> list[Line]:
        with self._changed:
            return list(self._lines)

    @property
    def stdout(self) -> str:
        return "".join(line + "\n" for line in self.lines if line.stream == "out")

    @property
    def stderr(self) -> str:
        return "".join(line + "\n" for line in self.lines if line.stream == "err")

    def wait_for(self, pattern: str, stream: str | None = None, timeout: float = 30) -> Line:
        """The next line, after the one found last, that matches; fails at the end of output or the deadline."""
        regex = re.compile(pattern)
        deadline = time.monotonic() + binary.patience(timeout)
        with self._changed:
            while True:
                while self._seen < len(self._lines):
                    line = self._lines[self._seen]
                    self._seen += 1
                    found = regex.search(line)
                    if found and stream in (None, line.stream):
                        line.match = found
                        return line
                left = deadline - time.monotonic()
                if self._open_streams == 0:
                    self._fail(f"output ended (exit code {self.process.poll()}) before a line like {pattern!r}")
                if left <= 0:
                    self._fail(f"no line like {pattern!r} in {binary.patience(timeout):.0f} s")
                self._changed.wait(left)

    def _fail(self, why: str):
        output = "\n".join(f"  {line.stream}| {line}" for line in self._lines[-60:])
        raise AssertionError(f"{why}; output so far:\n{output}")

    def write(self, text: str) -> None:
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def close_stdin(self) -> None:
        self.process.stdin.close()

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """kill -9, the children too, and wait until it is gone."""
        os.killpg(self.process.pid, signal.SIGKILL)  # a group of its own, see start_new_session
        self.process.wait()

    def wait(self, timeout: float = 30) -> int:
        """The exit code, with all output read. Negative: killed by that signal."""
        try:
            code = self.process.wait(binary.patience(timeout))
        except subprocess.TimeoutExpired:
            with self._changed:
                self._fail(f"still running after {binary.patience(timeout):.0f} s")
        for reader in self._readers:
            reader.join(binary.patience(5))
        return code

    def stop(self, timeout: float = 30) -> int:
        """SIGTERM and the exit code of an orderly shutdown."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()
        if not self.process.stdin.closed:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
        for reader, stream in zip(self._readers, (self.process.stdout, self.process.stderr)):
            reader.join(binary.patience(5))
            if not reader.is_alive():  # a child that outlived it may still hold the pipe
                stream.close()
