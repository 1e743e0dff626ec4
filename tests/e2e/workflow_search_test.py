"""Search attributes of every type, with each provider: how they are given, kept and looked for."""
import json
import textwrap

import pytest

ENTRIES = """
    - {name: kept, kind: workflow.lua, source: file://kept.lua, modules: [workflow, time], meta: {workflow: {worker: jobs}}}
"""
FILES = {
    "kept.lua": """
        return {main = function(how)
          if how == "none" then return "nothing" end
          if how == "later" then
            assert(workflow.attrs({search = {due = time.date(2026, 3, 1, 12, 0, 0, 0, time.utc), size = 7}}))
          end
          local ok, err = workflow.attrs({search = {wrong = {datetime = "tomorrow"}}})
          local _, nested = workflow.attrs({search = {wrong = {a = {1}}}})
          return {tostring(ok), err:kind(), err:message(), nested:message()}
        end}
    """,
}
START = """
local function start(name, attributes, how)
  local options = {["workflow.id"] = name, ["workflow.search_attributes"] = attributes}
  local pid = assert(process.with_options(options):spawn_monitored("app:kept", "app:jobs", how))
  return process.events():receive().result.value
end
start("a", {tier = "gold", size = 3, ratio = 0.5, rush = true, tags = {"red", "blue"},
  due = time.date(2026, 1, 31, 9, 0, 0, 0, time.utc)}, "none")
start("b", {tier = "tin", size = 12, ratio = 2.5, rush = false, tags = {"green"},
  due = {datetime = "2026-02-28T10:00:00+01:00"}}, "none")
io.print((json.encode(start("c", nil, "later"))))
local _, err = process.with_options({["workflow.search_attributes"] = {due = {datetime = "soon"}}}):spawn("app:kept", "app:jobs")
io.print(err:kind(), err:message())
"""


@pytest.fixture
def shop(app, provider):
    listing = textwrap.dedent(ENTRIES).strip("\n") + "\n" + provider.entries.strip("\n") + "\n"
    files = {name: textwrap.dedent(text) for name, text in FILES.items()}
    app.program(START, ("io", "time", "json"), listing, files)
    result = app.main(timeout=120)
    assert result.code == 0, result.stderr
    app.said = result.lines
    return app


def ids(app, *conditions):
    flags = [word for condition in conditions for word in ("--attr", condition)]
    result = app.run("workflow", "list", "--json", "--store", "app:store", *flags)
    assert result.code == 0, result.stderr
    return "".join(sorted(run["workflow_id"] for run in json.loads(result.stdout)))


def test_times_are_kept_as_times(shop):
    runs = json.loads(shop.run("workflow", "list", "--json", "--store", "app:store").stdout)
    due = {run["workflow_id"]: run["search_attributes"]["due"] for run in runs}
    assert due == {"a": "2026-01-31T09:00:00Z", "b": "2026-02-28T09:00:00Z", "c": "2026-03-01T12:00:00Z"}
    started = json.loads(shop.run("workflow", "history", "a", "--events", "--json", "--store", "app:store").stdout)[0]
    types = {name: payload["type"] for name, payload in started["attributes"]["search_attributes"].items()}
    assert types == {
        "tier": "Keyword",
        "size": "Int",
        "ratio": "Double",
        "rush": "Bool",
        "tags": "KeywordList",
        "due": "Datetime",
    }


def test_what_is_no_time_is_refused(shop):
    refused = 'search attribute "wrong": "tomorrow" is no time as in 2026-01-31T09:00:00Z (RFC 3339)'
    assert json.loads(shop.said[0])[:3] == ["nil", "Invalid", refused]
    assert 'search attribute "wrong": unsupported value type' in json.loads(shop.said[0])[3]
    assert shop.said[1].startswith("Invalid") and '"soon" is no time' in shop.said[1]


CONDITIONS = [
    ("tier=gold", "a"),
    ("tier!=gold", "b"),
    ("tier>gold", "b"),
    ("size=7", "c"),
    ("size<7", "a"),
    ("size<=7", "ac"),
    ("size>=7", "bc"),
    ("size>many", ""),
    ("ratio>0.5", "b"),
    ("rush=true", "a"),
    ("rush!=true", "b"),
    ("tags=blue", "a"),
    ("tags!=blue", "b"),
    ("due<2026-02-28", "a"),
    ("due>2026-02-01", "bc"),
    ("due>=2026-02-28T09:00:00Z", "bc"),
    ("due=2026-02-28T09:00:00Z", "b"),
    ("due>2000000h", "abc"),
    ("due>+2000000h", ""),
    ("nothing!=1", ""),
]


def test_conditions(shop):
    assert {condition: ids(shop, condition) for condition, _ in CONDITIONS} == dict(CONDITIONS)


def test_several_conditions_must_all_hold(shop):
    assert ids(shop, "due>2026-01-01", "due<2026-03-01", "size>3") == "b"


def test_mistakes_in_conditions(shop):
    for condition in ("tier", "=gold", "tier!gold"):
        result = shop.run("workflow", "list", "--store", "app:store", "--attr", condition)
        assert result.code == 1 and "--attr takes NAME=VALUE" in result.stderr, result.stderr
