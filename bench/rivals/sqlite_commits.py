"""SQLite itself: one row a commit, as durable as a workflow's history (WAL, synchronous=FULL)."""
import sqlite3
import sys
import time

count = int(sys.argv[1])
db = sqlite3.connect("commits.sqlite", isolation_level=None)
db.execute("PRAGMA journal_mode=WAL")
db.execute("PRAGMA synchronous=FULL")
db.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, body BLOB)")
body = b"x" * 100


def commits(n):
    for _ in range(n):
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO events (body) VALUES (?)", (body,))
        db.execute("COMMIT")


commits(count // 10)
start = time.perf_counter()
commits(count)
rate = count / (time.perf_counter() - start)
print("steps_sequential", rate, "commits/s")
print("steps_concurrent", rate, "commits/s")  # one connection commits: more workflows are no faster
