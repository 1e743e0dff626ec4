import pytest

from harness import app as app_module
from harness import binary
from harness import checks as checks_module
from harness import histories
from harness import live as live_module
from harness import ports
from harness import postgres as postgres_module
from harness import providers


def pytest_report_header():
    return f"binary under test: {binary.path()}"


@pytest.fixture
def app(tmp_path):
    """An empty project folder: write files into it, run the binary in it."""
    project = app_module.App(tmp_path)
    yield project
    project.close()
    histories.check(project)


@pytest.fixture
def checks(app):
    """A program of many checks in one run, see harness/checks.py."""
    return checks_module.Checks(app)


@pytest.fixture
def live(app):
    """live(entries, files): a running application whose entries change, see harness/live.py."""
    return lambda entries, files=None: live_module.Live(app, entries, files or {})


@pytest.fixture
def trivium(tmp_path):
    """Runs the binary in an empty folder: trivium("version", "--short").code"""

    def run(*args, **options):
        return app_module.run(args, tmp_path, **options)

    return run


@pytest.fixture
def port():
    """A free TCP port of 127.0.0.1 for a server under test."""
    return ports.free_port()


@pytest.fixture
def postgres():
    """A PostgreSQL server of its own."""
    server = postgres_module.Postgres()
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgres"])
def provider(request, app):
    """Each provider of workflows in turn, see harness/providers.py."""
    if request.param == "sqlite":
        yield providers.Sqlite(app)
        return
    yield providers.PostgresProvider(request.getfixturevalue("postgres"))
    app.close()
    histories.check(app)  # while the server is there
