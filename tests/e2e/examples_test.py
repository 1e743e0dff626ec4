"""The examples do what their READMEs say."""
import re
import shutil
import subprocess

import pytest

from harness import binary

EXAMPLES = binary.REPOSITORY / "examples"


@pytest.fixture
def example(app):
    """Copies an example, so that running it leaves nothing in the repository."""

    def copy(name):
        shutil.copytree(EXAMPLES / name, app.folder, dirs_exist_ok=True)
        return app

    return copy


def test_hello(example):
    app = example("hello")
    for args, text in [
        (["run", "hello"], "Hello, world!\n"),
        (["run", "hello", "Ada"], "Hello, Ada!\n"),
        (["run", "-x", "app:hello", "Ada"], "Hello, Ada!\n"),
    ]:
        result = app.run(*args)
        assert (result.code, result.stdout, result.stderr) == (0, text, "")
    assert "hello  Greet somebody  (app:hello)" in app.run("run", "list").stdout


def test_orders():
    done = subprocess.run(
        ["bash", str(EXAMPLES / "orders/demo.sh")],
        env=binary.environment({"TRIVIUM_BIN": str(binary.path())}),
        capture_output=True,
        text=True,
        timeout=binary.patience(90),
        start_new_session=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    before, after = done.stdout.split("==> kill -9")
    assert "step: price" in before and "step: reserve stock" in before and "step: charge card" in before
    assert "step: ship" not in before
    assert "step: ship" in after and "step: price" not in after.split("==> how often")[0]
    assert "order finished" in after and '"courier": "Ana"' in after
    assert re.findall(r"^    (price|reserve stock|charge card|ship) +(\d+)$", after, re.M) == [
        ("price", "1"),
        ("reserve stock", "1"),
        ("charge card", "1"),
        ("ship", "1"),
    ]
    assert done.stdout.endswith("==> every step ran exactly once\n")


def test_supervision_by_the_runtime(example):
    with example("supervision").start("run") as server:
        for _ in range(4):
            server.wait_for("about to fail")
            server.wait_for(r"ERROR.*app:flaky\.service.*the disk is on fire")
        assert server.stop() == 0
        assert server.stderr.count("about to fail") == 4


def test_supervision_by_a_tree(example):
    app = example("supervision")
    with app.start("run") as server:
        server.wait_for("child ended, restarting.*nothing left")
        server.wait_for("store opens")
        shown = app.run("tree")
        assert shown.code == 0 and "├─ store  app:store" in shown.stdout and "└─ till  app:till" in shown.stdout
        assert server.stop() == 0


def test_supervision_by_a_program(example):
    result = example("supervision").run("run", "supervise")
    assert result.code == 0
    assert result.lines == [
        "worker failed: app:worker:2: attempt 1 failed",
        "worker failed: app:worker:2: attempt 2 failed",
        "done at attempt 3",
    ]


@pytest.mark.parametrize("args, workers, jobs", [([], 4, 1000), (["100", "50000"], 100, 50000)])
def test_worker_pool(example, args, workers, jobs):
    result = example("worker-pool").run("run", "sum", *args)
    assert result.code == 0, result
    assert result.lines[0] == f"sum of squares: {jobs * (jobs + 1) * (2 * jobs + 1) // 6}"
    shares = re.fullmatch(rf"jobs done by {workers} workers, (.*)", result.lines[1])
    assert sum(int(share) for share in shares[1].split(" + ")) == jobs


@pytest.mark.parametrize("name", sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir()))
def test_lint_has_nothing_to_say(example, name):
    result = example(name).run("lint")
    assert result.code == 0
    assert result.stdout.startswith("No issues found")
