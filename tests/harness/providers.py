"""The providers of workflows, so that one test can be run with each."""
import json
import sqlite3
import textwrap

WORKER = "app:jobs"


class Provider:
    """`entries` go into the application's index: a store, and the worker app:jobs on it.

    Workflows name it by  meta: {workflow: {worker: jobs}}.
    """

    entries = ""

    def rows(self, query: str) -> list[list[str]]:
        """What a query of the tables gives, as texts."""
        raise NotImplementedError

    def runs(self) -> dict[str, tuple[str, str, int]]:
        """{run id: (workflow id, type, status)}"""
        found = self.rows("SELECT run_id, workflow_id, type, status FROM runs")
        return {run: (workflow, kind, int(status)) for run, workflow, kind, status in found}

    batches = "SELECT run_id, events FROM history ORDER BY run_id, first_event_id"

    def histories(self) -> dict[str, list[dict]]:
        """{run id: events}"""
        histories: dict[str, list[dict]] = {}
        for run, text in self.rows(self.batches):
            histories.setdefault(run, []).extend(json.loads(text))
        return histories


class Sqlite(Provider):
    name = "sqlite"
    batches = "SELECT run_id, events FROM history JOIN runs ON number = place >> 32 ORDER BY place"
    entries = textwrap.dedent(
        """
        - {name: store, kind: workflow.sqlite}
        - {name: jobs, kind: workflow.worker, provider: store}
        """
    )

    def __init__(self, app):
        self.file = app.folder / ".trivium/workflows.db"

    def rows(self, query):
        database = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)
        try:
            return [[str(cell) for cell in row] for row in database.execute(query)]
        finally:
            database.close()


class PostgresProvider(Provider):
    name = "postgres"

    def __init__(self, server, lease="600ms"):
        self.server = server
        self.entries = textwrap.dedent(
            f"""
            - {{name: store, kind: workflow.postgres, dsn: "{server.url}", lease: {lease}}}
            - {{name: jobs, kind: workflow.worker, provider: store}}
            """
        )

    def rows(self, query):
        return self.server.rows(query)
