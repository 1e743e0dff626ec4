"""A project folder and runs of the binary in it."""
import subprocess
import textwrap
from dataclasses import dataclass
from pathlib import Path

from . import binary
from .running import Running


@dataclass
class Result:
    code: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[str]:
        return self.stdout.splitlines()


def run(args, cwd: Path, stdin: str = "", env=None, timeout: float = 60) -> Result:
    done = subprocess.run(
        [str(binary.path()), *map(str, args)],
        cwd=cwd,
        env=binary.environment(env),
        input=stdin.encode(),
        capture_output=True,
        timeout=binary.patience(timeout),
        start_new_session=True,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


class App:
    """A folder of its own, empty at first."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._running: list[Running] = []

    def write(self, files: dict[str, str]) -> "App":
        """Writes files by relative path; their text may be indented with the test."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip("\n"))
        return self

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def program(self, main: str, modules=("io",), entries: str = "", files: dict[str, str] | None = None) -> "App":
        """An application whose terminal process app:main runs `main` with the arguments as `...`.

        The listed modules are locals of it. app:procs is a process host. `entries` are further items of the
        entries list, `files` further files under src/.
        """
        requires = "".join(f'local {name} = require("{name}")\n' for name in modules)
        index = textwrap.dedent(
            f"""
            namespace: app
            entries:
              - {{name: term, kind: terminal.host, lifecycle: {{auto_start: true}}}}
              - {{name: procs, kind: process.host, lifecycle: {{auto_start: true}}}}
              - {{name: main, kind: process.lua, source: file://main.lua, modules: [{", ".join(modules)}]}}
            """
        ).lstrip("\n")
        index += textwrap.indent(textwrap.dedent(entries).strip("\n"), "  ") + "\n"
        body = textwrap.dedent(main).strip("\n")
        self.write({f"src/{name}": text for name, text in (files or {}).items()})
        (self.folder / "src").mkdir(exist_ok=True)
        (self.folder / "src/_index.yaml").write_text(index)
        (self.folder / "src/main.lua").write_text(f"{requires}\nreturn {{main = function(...)\n{body}\nend}}\n")
        return self

    def run(self, *args, stdin: str = "", env=None, timeout: float = 60) -> Result:
        return run(args, self.folder, stdin, env, timeout)

    def main(self, *args, stdin: str = "", env=None, timeout: float = 60) -> Result:
        """Runs app:main with these arguments."""
        return self.run("run", "-x", "app:main", *args, stdin=stdin, env=env, timeout=timeout)

    def start(self, *args, env=None) -> Running:
        """Runs in the background. Use it as a context; whatever still runs at the end of the test is killed."""
        running = Running(args, self.folder, env)
        self._running.append(running)
        return running

    def close(self) -> None:
        for running in self._running:
            running.__exit__()
