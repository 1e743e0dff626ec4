"""The language as programs see it through the binary: types, libraries, what is and is not there, logs, exit codes."""
import json
import re

import pytest

GEO = """
    type Point = {x: number, y: number @min(0)}
    type Path = {Point}

    local M = {}
    function M.far(p: Point): number
      return (p.x ^ 2 + p.y ^ 2) ^ 0.5
    end
    function M.fail(message: string)
      error(message)
    end
    M.Point = Point
    return M
"""
LIBRARY = "- {name: geo, kind: library.lua, source: file://geo.lua}"


def with_geo(app, body, modules=("io",)):
    """app:main with the library app:geo as geo."""
    app.program(body, modules, LIBRARY, {"geo.lua": GEO})
    index = app.read("src/_index.yaml").replace("source: file://main.lua,", "source: file://main.lua, imports: {geo: app:geo},")
    return app.write({"src/_index.yaml": index})


def printed(app, *args):
    result = app.main(*args)
    assert (result.code, result.stderr) == (0, ""), result
    return result.lines


# ---- types ----------------------------------------------------------------------------------------------------


def test_annotations_and_casts_are_erased(app):
    app.program(
        """
        local n: number, label: string? = 4, nil
        local function pair<T>(a: T, b: T): (T, T) return a, b end
        local function rest(first: string, ...: any): (string, {any}) return first, {...} end
        local row = {label = "five" :: any, f = function(self, k: integer): integer return k * 2 end}
        local double = row:f(3) as number
        local sum = n + row:f(4) :: number
        io.print(double, sum, (row.label as string):upper(), -n as integer, row.label!)
        io.print(pair(1, 2) as any)
        local first, others = rest("a", "b", "c")
        io.print(first, #others)
        for i: integer = 1, 2 do io.write(i, " ") end
        goto done
        ::done::
        io.print(2 ^ 53, 10 / 2, 7 // 2, 1e21, 0.1 + 0.2)
        """
    )
    assert printed(app) == [
        "6\t12\tFIVE\t-4\tfive",
        "1\t2",
        "a\t2",
        "1 2 5".replace("5", "9007199254740992\t5\t3\t1e+21\t0.30000000000000004"),
    ]


def test_types_are_values(app):
    app.program(
        """
        type Level = "low" | "high" | 3
        type Job = {id: string @min_len(2) @pattern("^[a-z]+$"), level?: Level, tags: {string}, size: integer @max(9)}
        local good = {id = "ab", tags = {}, size = 2.0, extra = true}
        io.print(tostring(Job(good) == good), type(Job), tostring(Job), Job:kind())
        for _, bad in ipairs({
          {id = "a", tags = {}, size = 1},
          {id = "A1", tags = {}, size = 1},
          {id = "ab", tags = {"x", 5}, size = 1},
          {id = "ab", tags = {}, size = 10},
          {id = "ab", tags = {}, size = 1, level = "middle"},
          {id = "ab", size = 1},
        }) do
          local value, err = Job:is(bad)
          io.print(tostring(value), err:kind(), err:message())
        end
        io.print(tostring(pcall(Job, 5)), select(2, pcall(Job, 5)))
        io.print(string("text"), select(2, pcall(function() return string(5) end)), tostring(integer:is(3.0)))
        """
    )
    lines = printed(app)
    assert lines[0] == "true\ttype\tJob\trecord"
    assert lines[1] == "nil\tInvalid\tid: length below minimum"
    assert lines[2] == "nil\tInvalid\tid: pattern mismatch"
    assert lines[3] == "nil\tInvalid\ttags[2]: expected string, got number"
    assert lines[4] == "nil\tInvalid\tsize: value above maximum"
    assert lines[5].startswith("nil\tInvalid\tlevel: expected ")
    assert lines[6] == "nil\tInvalid\ttags: required field missing"
    assert lines[7].startswith("false") and lines[7].endswith("expected Job, got number")
    assert lines[8].startswith("text\t") and "expected string, got number" in lines[8]


def test_types_of_a_library(app):
    with_geo(
        app,
        """
        local geo = require("geo")
        type Named = {name: string, at: geo.Point, way?: geo.Path}
        local p: geo.Point = {x = 3, y = 4}
        io.print(geo.far(p), tostring(geo.Point:is(p) == p))
        io.print(select(2, Named:is({name = "a", at = {x = 1, y = -1}})):message())
        io.print(select(2, Named:is({name = "a", at = p, way = {p, {x = "1", y = 1}}})):message())
        io.print(tostring(Named:is({name = "a", at = p, way = {p, p}}) ~= nil))
        """,
    )
    assert printed(app) == ["5\ttrue", "at.y: value below minimum", "way[2].x: expected number, got string", "true"]


def test_types_reach_through_a_library_of_a_library(app):
    with_geo(app, 'local maps = require("maps") type Trip = {from: maps.Place} io.print(select(2, Trip:is({from = {at = {x = 1}}})):message())')
    index = app.read("src/_index.yaml").replace("imports: {geo: app:geo}", "imports: {maps: app:maps}")
    index += "  - {name: maps, kind: library.lua, source: file://maps.lua, imports: {geo: app:geo}}\n"
    app.write({"src/_index.yaml": index, "src/maps.lua": 'local geo = require("geo")\ntype Place = {at: geo.Point}\nreturn {}\n'})
    assert printed(app) == ["from.at.y: required field missing"]


# ---- lines ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, line, message",
    [
        ("local a: number = 1\ntype T = {\n  x: number,\n}\nerror('late')", 8, "late"),
        ("local t: {string}? = nil\n\nreturn t.x", 6, "attempt to index a nil value"),
        ("local s: string = 'a'\nreturn s + 1", 5, "attempt to add a 'string' with a 'number'"),
        ("assert(false, 'no')", 4, "no"),
    ],
)
def test_errors_name_the_line_as_written(app, body, line, message):
    result = app.program(body).main()
    assert result.code == 1
    assert re.search(rf"^app:main:{line}: .*{re.escape(message)}", result.stderr, re.M)


def test_error_in_a_library_names_the_library(app):
    with_geo(app, 'geo.fail("from below")')
    result = app.main()
    assert result.code == 1
    assert result.stderr == "app:geo:9: from below\n"


def test_stack_of_an_error(app):
    with_geo(
        app,
        """
        local function inner() error(errors.new("deep")) end
        local ok, err = pcall(inner)
        io.print(tostring(ok), err:message(), tostring(err:stack()))
        """,
    )
    lines = "\n".join(printed(app))
    assert lines.startswith("false\tdeep\t")
    assert "app:main:4" in lines


# ---- require --------------------------------------------------------------------------------------------------


def test_require_finds_what_is_declared_and_ambient(app):
    with_geo(
        app,
        """
        io.print(tostring(require("geo") == geo), tostring(require("geo") == require("geo")), tostring(require("io") == io))
        for _, name in ipairs({"string", "table", "math", "process", "channel", "errors", "coroutine", "os"}) do
          assert(require(name) == _G[name], name)
        end
        for _, name in ipairs({"json", "app:geo", "./geo", "geo.lua", "nothing"}) do
          io.print(select(2, pcall(require, name)):match("module '.-' not found"))
        end
        json = "mine"
        io.print(require("json"))
        """,
    )
    assert printed(app) == [
        "true\ttrue\ttrue",
        "module 'json' not found",
        "module 'app:geo' not found",
        "module './geo' not found",
        "module 'geo.lua' not found",
        "module 'nothing' not found",
        "mine",
    ]


def test_libraries_share_globals_and_what_they_declare(app):
    app.program(
        "io.print(shared, type(require('json').encode), require('low').n, tostring(require('low') == mid.low))",
        ("io",),
        """
        - {name: low, kind: library.lua, source: "shared = 'set by low' return {n = 1}", modules: [json]}
        - {name: mid, kind: library.lua, source: "return {low = require('low')}", imports: {low: app:low}}
        """,
    )
    index = app.read("src/_index.yaml").replace("source: file://main.lua,", "source: file://main.lua, imports: {mid: app:mid},")
    app.write({"src/_index.yaml": index})
    assert printed(app) == ["set by low\tfunction\t1\ttrue"]


def test_library_that_fails_to_load(app):
    with_geo(app, "return 0")
    app.write({"src/geo.lua": "local t = nil\nreturn t.x\n"})
    result = app.main()
    assert result.code == 1
    assert "failed to load dependency geo: " in result.stderr and "app:geo:2: " in result.stderr


def test_waiting_while_loading_raises(app):
    app.program("", ("time",))
    app.write({"src/main.lua": 'time.sleep("1ms")\nreturn {main = function() end}\n'})
    result = app.main()
    assert result.code == 1
    assert "app:main:1: " in result.stderr and "yield" in result.stderr


# ---- sandbox --------------------------------------------------------------------------------------------------

ABSENT = """load loadstring loadfile dofile collectgarbage rawlen getfenv setfenv module newproxy debug utf8
    os.execute os.getenv os.exit os.remove os.rename os.tmpname os.setlocale string.unknown package.loaded package.preload""".split()


def test_what_is_not_there(app):
    checks = " ".join(f"io.print('{name}', type({name}))" for name in ABSENT)
    assert printed(app.program(checks)) == [f"{name}\tnil" for name in ABSENT]
    result = app.program("print(io)", ("json",)).run("-v", "run", "-x", "app:main")
    assert "nil" in result.stderr or "INFO" in result.stderr


@pytest.mark.parametrize("change", ["string.shout = 1", "rawset(math, 'pi', 3)", "table.insert(json, 1)", "json.encode = 1"])
def test_libraries_are_read_only(app, change):
    result = app.program(change, ("io", "json")).main()
    assert result.code == 1
    assert "Immutable table" in result.stderr


def test_each_process_has_globals_of_its_own(app):
    app.program(
        """
        mine = 1
        io.print(tostring((process.exec("app:other", "app:procs"))), tostring(theirs))
        """,
        entries="- {name: other, kind: process.lua, source: 'return function() theirs = 2 return tostring(mine) end'}",
    )
    assert printed(app) == ["nil\tnil"]


def test_recursion_and_memory_end_in_errors(app):
    app.program("local function f() return 1 + f() end local ok, err = pcall(f) io.print(tostring(ok), err)")
    assert "stack overflow" in "\n".join(printed(app))
    result = app.program("local t = {} while true do t[#t + 1] = ('x'):rep(1 << 20) .. #t end").main()
    assert result.code == 1
    assert "memory" in result.stderr


# ---- modules --------------------------------------------------------------------------------------------------


def test_small_modules(app):
    app.program(
        """
        io.print((json.encode({name = "Ada", tags = {"a", "b"}, n = 2.0, none = {}})))
        io.print(json.decode('{"a": [1, 2.5, "x", true]}').a[2], select(2, json.decode("{")):kind())
        local id = uuid.v4()
        io.print(#id, uuid.version(id), uuid.version((uuid.v7())), tostring(uuid.validate("no")))
        io.print((uuid.v5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com")))
        local d = time.parse_duration("1h30m")
        io.print(d:minutes(), tostring(d), time.date(2024, 2, 29, 12, 0, 0, 0, time.utc):format_rfc3339())
        io.print((base64.encode("hello")), (base64.decode("aGVsbG8=")), (hash.sha256("")))
        io.print((funcs.new():with_context({user = "ada"}):call("app:who")), tostring((ctx.get("user"))))
        io.eprint("to stderr")
        io.print(table.concat(io.args(), ","))
        """,
        ("io", "json", "uuid", "time", "base64", "hash", "funcs", "ctx"),
        "- {name: who, kind: function.lua, method: run, modules: [ctx], source: \"return {run = function() return (ctx.get('user')) end}\"}",
    )
    result = app.main("x", "y")
    assert result.code == 0, result
    assert result.stderr == "to stderr\n"
    assert result.lines == [
        '{"n":2,"name":"Ada","none":[],"tags":["a","b"]}',
        "2.5\tInternal",
        "36\t4\t7\tfalse",
        "2ed6657d-e927-568b-95e1-2665a8aea6a2",
        "90\t1h30m0s\t2024-02-29T12:00:00Z",
        "aGVsbG8=\thello\te3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "ada\tnil",
        "x,y",
    ]


def test_identifiers_can_be_made_where_nothing_can_wait(app):
    app.program(
        """
        io.print(#ids.one, #ids.two)
        local sorted
        table.sort({1, 2}, function() sorted = uuid.v4() end)
        io.print(#sorted)
        """,
        ("io", "uuid"),
        "- {name: ids, kind: library.lua, source: \"return {one = uuid.v4(), two = uuid.v7()}\", modules: [uuid]}",
    )
    index = app.read("src/_index.yaml").replace("modules: [io, uuid]}", "modules: [io, uuid], imports: {ids: app:ids}}")
    assert app.write({"src/_index.yaml": index}).main().lines == ["36\t36", "36"]


def test_unimplemented_module_fails_where_it_is_used(app):
    result = app.program("io.print('before') sql.get('app:db')", ("io", "sql")).main()
    assert (result.code, result.stdout) == (1, "before\n")
    assert "module 'sql' is not supported" in result.stderr


# ---- logs -----------------------------------------------------------------------------------------------------

LOGGING = """
    local log = logger:named("shop"):with({region = "eu"})
    log:info("accepted", {order = 7, items = {1, 2}, vip = true, nothing = nil})
    log:debug("hidden")
    log:warn("careful")
    log:error("failed", {error = errors.new("no stock")})
    print("plain", 1, true, nil)
    print("two\\nlines")
"""


def test_plain_log(app):
    result = app.program(LOGGING, ("logger",)).run("run", "-x", "app:main")
    assert result.stderr == "" and result.stdout == ""
    result = app.run("-v", "run", "-x", "app:main")
    assert result.stdout == ""
    lines = [line for line in result.stderr.splitlines() if "app:main:" in line]
    time = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    assert re.fullmatch(
        time + r'\tINFO\tshop\taccepted\t\{"region": "eu", "order": 7, "items": \[1, 2\], "vip": true, '
        r'"location": "app:main:5", "pid": "\{app:term\|0x[0-9a-f]+\}"\}',
        lines[0],
    ) or sorted(json.loads(lines[0].split("\t")[4])) == ["items", "location", "order", "pid", "region", "vip"]
    assert [line.split("\t")[1] for line in lines] == ["INFO", "DEBUG", "WARN", "ERROR", "INFO", "INFO"]
    assert json.loads(lines[3].split("\t")[4])["error"] == "no stock"
    assert re.match(time + r"\tINFO\tplain 1 true nil\t\{", lines[4])  # no name, no column for it
    assert "\ttwo\\nlines\t" in lines[5]


def test_json_log(app):
    app.program(LOGGING, ("logger",)).write({".trivium.yaml": "logger: {encoding: json}\n"})
    result = app.run("-v", "run", "-x", "app:main")
    assert result.stderr == ""
    records = [json.loads(line) for line in result.stdout.splitlines()]
    accepted = next(record for record in records if record["msg"] == "accepted")
    assert (accepted["level"], accepted["logger"], accepted["region"], accepted["items"]) == ("info", "shop", "eu", [1, 2])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:?\d\d)", accepted["ts"])
    assert any(record["msg"] == "two\nlines" for record in records)
    assert all("logger" not in record for record in records if record["msg"] == "two\nlines")


def test_console_log(app):
    result = app.program(LOGGING, ("logger",)).run("-c", "run", "-x", "app:main")
    lines = result.stdout.splitlines()
    assert any(re.match(r" *\d+\.\d\ds\tINFO \tshop        \taccepted\t\{", line) for line in lines), lines
    assert any(re.match(r" *\d+\.\d\ds\tERROR\tshop", line) for line in lines)
    assert "\x1b" not in result.stdout
    assert "hidden" not in result.stdout


def test_silent(app):
    app.program("return 3")
    app.write({"src/more.yaml": "namespace: m\nentries:\n  - {name: s, kind: process.lua, source: 'return function() print(1) end'}\n"})
    for flags in (["-s"], ["-s", "-v"], ["--silent"]):
        result = app.run(*flags, "run", "-x", "app:main")
        assert (result.code, result.stdout, result.stderr) == (3, "", "")


# ---- exit codes (those of a result are in run_test.py) ----------------------------------------------------------


def test_errors_in_a_console_have_no_prefix(app):
    app.write({"src/_index.yaml": "namespace: a\nentries:\n  - {name: x, kind: nothing}\n"})
    assert app.run("-c", "run").stderr.startswith("1 problem found:")
    assert app.run("run").stderr.startswith("Error: 1 problem found:")


@pytest.mark.parametrize("body, text", [('error("a: a: b", 0)', "a: b\n"), ('error(errors.new("e"))', "e\n"), ('error({})', "table: ")])
def test_text_of_a_failure(app, body, text):
    result = app.program(body).main()
    assert (result.code, result.stdout) == (1, "")
    assert result.stderr.startswith(text) and result.stderr.count("\n") == 1


def test_error_in_a_spawned_coroutine_fails_the_process(app):
    result = app.program('coroutine.spawn(function() error("aside") end) channel.new():receive()').main()
    assert result.code == 1
    assert "app:main:4: aside" in result.stderr


def test_named_process_on_a_terminal_ends_the_runtime(app):
    app.program("return 0")
    app.write({"src/_index.yaml": app.read("src/_index.yaml") + "  - {name: s, kind: process.service, process: main, host: term, lifecycle: {auto_start: true}}\n"})
    app.write({"src/main.lua": "return function() return 9 end\n"})
    assert app.run("run").code == 9
