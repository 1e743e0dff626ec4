"""Mistakes in an application: each one is named with its place, nothing of the application is started."""
import os
import re
import textwrap

import pytest

# Below every broken entry: a service that must never start.
SERVICE = """
    namespace: app
    entries:
      - {name: term, kind: terminal.host, lifecycle: {auto_start: true}}
      - {name: procs, kind: process.host, lifecycle: {auto_start: true}}
      - {name: ticker, kind: process.lua, source: "return function() print('ticking') end"}
      - {name: ticker.service, kind: process.service, process: ticker, host: procs, lifecycle: {auto_start: true}}
"""
CAPTION = re.compile(r"Error: \d+ problems? found:")


def entries(text: str) -> str:
    return "namespace: bad\nentries:\n" + textwrap.indent(textwrap.dedent(text).strip("\n"), "  ") + "\n"


def refused(app, *args):
    """Runs; it must end with 1 and one error text and without having started anything. Returns the error text."""
    result = app.run(*(args or ("run",)))
    assert result.code == 1, result
    assert result.stdout == ""
    assert result.stderr.count("Error: ") == 1
    for trace in ("starting service", "is starting", "ticking", "runtime ready"):
        assert trace not in result.stderr
    return result.stderr[result.stderr.index("Error: ") :]


def problems(text: str) -> list[str]:
    """The problems of an error text; those of several lines are one."""
    assert CAPTION.match(text), text
    found: list[str] = []
    for line in text.splitlines()[1:]:
        if line.startswith("   "):
            found[-1] += "\n" + line.strip()
        else:
            found.append(line.strip())
    assert text.startswith(f"Error: {len(found)} problem")
    return found


@pytest.fixture
def bad(app):
    """Writes bad/_index.yaml with these entries beside a sound application; gives the one problem of it."""

    def check(text: str, files=None) -> str:
        app.write({"src/_index.yaml": SERVICE, **{f"src/bad/{k}": v for k, v in (files or {}).items()}})
        app.write({"src/bad/_index.yaml": entries(text)})
        found = problems(refused(app))
        assert len(found) == 1, found
        return found[0]

    return check


@pytest.mark.parametrize(
    "entry, says",
    [
        pytest.param(
            "- {name: one, kind: proces.lua, source: 'return 1'}",
            "src/bad/_index.yaml:3: entry bad:one: field kind: no handler for kind proces.lua (did you mean process.lua?)",
            id="unknown kind",
        ),
        pytest.param(
            "- {name: one, kind: process.host,\n   host: {workers: many}}",
            "src/bad/_index.yaml:4: entry bad:one: field host.workers: must be an integer, not the string \"many\"",
            id="text for a number",
        ),
        pytest.param(
            "- {name: one, kind: process.host,\n   host: {workers: 0}}",
            "src/bad/_index.yaml:4: entry bad:one: field host.workers: must be at least 1, not 0",
            id="number out of range",
        ),
        pytest.param(
            "- {name: one, kind: process.host,\n   host: {workers: 1.5}}",
            "src/bad/_index.yaml:4: entry bad:one: field host.workers: must be an integer, not the number 1.5",
            id="fraction for an integer",
        ),
        pytest.param(
            "- name: one\n  kind: terminal.host\n  hide_logs: 'yes'",
            'src/bad/_index.yaml:5: entry bad:one: field hide_logs: must be a boolean, not the string "yes" '
            "(write true or false, without quotes)",
            id="text for a boolean",
        ),
        pytest.param(
            "- name: one\n  kind: process.lua\n  source: 5",
            "src/bad/_index.yaml:5: entry bad:one: field source: must be a string, not the integer 5",
            id="number for a text",
        ),
        pytest.param(
            "- name: one\n  kind: process.lua\n  source: return 1\n  modules: json",
            "src/bad/_index.yaml:6: entry bad:one: field modules: must be a list",
            id="text for a list",
        ),
        pytest.param(
            "- name: one\n  kind: process.lua\n  source: return 1\n  modules: [json, 7]",
            "src/bad/_index.yaml:6: entry bad:one: field modules[1]: must be a string, not the integer 7",
            id="number in a list of texts",
        ),
        pytest.param(
            "- name: one\n  kind: process.lua\n  source: return 1\n  imports: [lib]",
            "src/bad/_index.yaml:6: entry bad:one: field imports: must be a map, not a list (write alias: namespace:name)",
            id="list for a map",
        ),
        pytest.param(
            "- {name: one, kind: function.lua, source: 'return 1'}",
            "src/bad/_index.yaml:3: entry bad:one: field method: is required",
            id="required field absent",
        ),
        pytest.param(
            "- {name: one, kind: library.lua}",
            "src/bad/_index.yaml:3: entry bad:one: field source: is required (write file://name.lua or the program itself)",
            id="no source",
        ),
        pytest.param(
            "- {name: one, kind: function.lua, source: 'return 1', method: m, pool: {type: stattic}}",
            "src/bad/_index.yaml:3: entry bad:one: field pool.type: ",
            id="not one of the choices",
        ),
        pytest.param(
            "- name: one\n  kind: process.host\n  lifecycle:\n    start_timeout: 10 seconds",
            'src/bad/_index.yaml:6: entry bad:one: field lifecycle.start_timeout: "10 seconds" is not a duration '
            "(write numbers with units, like 250ms, 10s or 1h30m)",
            id="invalid duration",
        ),
        pytest.param(
            "- name: one\n  kind: process.lua\n  source: file://wroker.lua",
            "src/bad/_index.yaml:5: entry bad:one: field source: failed to read file src/bad/wroker.lua: "
            "No such file or directory (did you mean worker.lua?)",
            id="missing file",
        ),
        pytest.param(
            "- name: one\n  kind: process.lua\n  source: file://../../secret.lua",
            "src/bad/_index.yaml:5: entry bad:one: field source: path traversal detected in file path: ",
            id="file outside of the source tree",
        ),
        pytest.param(
            "- name: one\n  kind: process.service\n  process: app:tickr\n  host: app:procs",
            "src/bad/_index.yaml:5: entry bad:one: field process: there is no entry app:tickr (did you mean app:ticker?)",
            id="bad reference",
        ),
        pytest.param(
            "- name: one\n  kind: process.service\n  process: app:ticker\n  host: app:ticker",
            "src/bad/_index.yaml:6: entry bad:one: field host: app:ticker is a process.lua",
            id="reference of the wrong kind",
        ),
        pytest.param(
            "- name: one\n  kind: process.service\n  process: app:ticker",
            "src/bad/_index.yaml:3: entry bad:one: field host: is required",
            id="missing host",
        ),
        pytest.param(
            "- name: one\n  kind: process.host\n  lifecycle: {requires: [app:proc]}",
            "src/bad/_index.yaml:5: entry bad:one: field lifecycle.requires[0]: there is no entry app:proc (did you mean app:procs?)",
            id="requirement absent",
        ),
        pytest.param(
            "- name: one\n  kind: process.lua\n  source: return 1\n  imports:\n    json: json\n    text: app:texts",
            "src/bad/_index.yaml:8: entry bad:one: field imports.text: there is no entry app:texts",
            id="import of nothing",
        ),
        pytest.param(
            "- name: one\n  kind: process.lua\n  source: return 1\n  modules: [tiem]",
            "src/bad/_index.yaml:6: entry bad:one: field modules[0]: there is no module tiem (did you mean time?)",
            id="unknown module",
        ),
        pytest.param(
            "- name: one\n  kind: process.lua\n  source: return 1\n  modules: ['app:lib']",
            'src/bad/_index.yaml:6: entry bad:one: field modules[0]: "app:lib" has a namespace, modules have none '
            "(entries are named under imports, as alias: namespace:name)",
            id="entry among the modules",
        ),
        pytest.param(
            "- name: one\n  kind: process.lua\n  kind: function.lua\n  source: return 1",
            "src/bad/_index.yaml:5:",
            id="duplicate key",
        ),
        pytest.param("- name: one\n  kind: [unclosed", "src/bad/_index.yaml:", id="invalid YAML"),
        pytest.param(
            "- name: one\n  kind: workflow.lua\n  source: return 1\n  meta:\n    workflow: true",
            "src/bad/_index.yaml:7: entry bad:one: field meta.workflow: must be a map, not a boolean",
            id="workflow block that is none",
        ),
        pytest.param(
            "- name: one\n  kind: workflow.lua\n  source: return 1\n  meta:\n    workflow:\n      worker: 5",
            "src/bad/_index.yaml:8: entry bad:one: field meta.workflow.worker: must be a string, not an integer "
            "(leave it out to run on the built-in worker)",
            id="worker that is no id",
        ),
        pytest.param(
            "- name: one\n  kind: workflow.lua\n  source: return 1\n  meta:\n    temporal: {workflow: {worker: ''}}",
            "src/bad/_index.yaml:7: entry bad:one: field meta.temporal.workflow.worker: must not be empty",
            id="empty worker",
        ),
        pytest.param(
            "- name: one\n  kind: workflow.lua\n  source: return 1\n  meta: {workflow: {name: ''}}",
            "src/bad/_index.yaml:6: entry bad:one: field meta.workflow.name: must not be empty "
            "(leave it out for the id of the entry)",
            id="empty type of a workflow",
        ),
        pytest.param(
            "- name: one\n  kind: workflow.lua\n  source: return 1\n  meta: {workflow: {name: 5}}",
            "src/bad/_index.yaml:6: entry bad:one: field meta.workflow.name: must be a string, not an integer",
            id="type of a workflow that is no text",
        ),
        pytest.param(
            "- name: one\n  kind: function.lua\n  source: return 1\n  method: m\n  meta:\n    options:\n"
            '      "activity.start_to_close_timeout": "zz"',
            "src/bad/_index.yaml:8: entry bad:one: field meta.options: "
            'activity.start_to_close_timeout is not a duration: "zz"',
            id="option of an activity",
        ),
        pytest.param("- {kind: process.host}", "src/bad/_index.yaml:3:5: entry[0].name: name is required", id="no name"),
        pytest.param("- {name: one}", "src/bad/_index.yaml:3: entry bad:one: field kind: is required", id="no kind"),
    ],
)
def test_one_mistake(bad, entry, says):
    found = bad(entry, {"worker.lua": "return 1\n"})
    assert found.startswith(says)
    assert "\n" not in found


def test_unknown_fields_are_no_mistake(app):
    app.program("return 3", entries="- {name: x, kind: process.host, host: {max_processes: many}, colour: red}")
    assert app.main().code == 3


def test_workflows_of_a_worker_have_names_of_their_own(app):
    app.program("return 3", entries="""
      - {name: one, kind: workflow.lua, source: "return {main = function() end}", meta: {workflow: {name: sum}}}
      - {name: two, kind: workflow.lua, source: "return {main = function() end}", meta: {workflow: {name: sum}}}
      - {name: zero, kind: workflow.lua, source: "return {main = function() end}", meta: {workflow: {name: "app:one2"}}}
      - {name: one2, kind: workflow.lua, source: "return {main = function() end}"}
    """)
    result = app.main()
    assert result.code != 0
    assert (
        'src/_index.yaml:7: entry app:two: field meta.workflow.name: "sum" is the name of app:one (src/_index.yaml:6) already'
        in result.stderr
    )
    assert (
        'entry app:zero: field meta.workflow.name: "app:one2" is the name of app:one2 (src/_index.yaml:9) already' in result.stderr
    )


# ---- several entries ------------------------------------------------------------------------------------------


def test_duplicate_id_names_both_places(app):
    app.write(
        {
            "src/_index.yaml": SERVICE,
            "src/more/_index.yaml": "namespace: app\nentries:\n  - {name: procs, kind: process.host}\n",
        }
    )
    assert problems(refused(app)) == [
        "src/more/_index.yaml:3: entry app:procs: the id is already taken by the entry at src/_index.yaml:4 "
        "(rename or remove one of them)"
    ]


@pytest.mark.parametrize("field", ["requires", "depends_on"])
def test_cycle_of_requirements(bad, field):
    found = bad(
        f"""
        - {{name: one, kind: process.host, lifecycle: {{auto_start: true, {field}: [two]}}}}
        - {{name: two, kind: process.host, lifecycle: {{{field}: [bad:three]}}}}
        - {{name: three, kind: process.host, lifecycle: {{{field}: [one]}}}}
        """
    )
    assert found.startswith("src/bad/_index.yaml:")
    assert f"lifecycle.{field}" in found
    assert "bad:one -> bad:" in found and "bad:two" in found and "bad:three" in found and "cycle" in found


def test_cycle_of_imports(bad):
    found = bad(
        """
        - {name: one, kind: library.lua, source: "return {}", imports: {two: bad:two}}
        - {name: two, kind: library.lua, source: "return {}", imports: {one: bad:one}}
        """
    )
    assert found.startswith("src/bad/_index.yaml:3: entry bad:one: field imports.two: imports form a cycle: ")
    assert "bad:one -> bad:two -> bad:one" in found


def test_alias_with_two_meanings(bad):
    found = bad(
        """
        - {name: a, kind: library.lua, source: "return 1"}
        - {name: b, kind: library.lua, source: "return 2", imports: {util: bad:a}}
        - name: main
          kind: process.lua
          source: return function() end
          imports: {util: bad:b}
        """
    )
    assert found.startswith("src/bad/_index.yaml:8: entry bad:main: field imports.util: ")
    assert "alias 'util' collision" in found and "bad:a" in found and "bad:b" in found


def test_several_mistakes_in_several_files(app):
    app.write(
        {
            "src/_index.yaml": SERVICE,
            "src/a/_index.yaml": "namespace: a\nentries:\n  - {name: x, kind: proces.host}\n  - {name: y, kind: library.lua}\n",
            "src/b/_index.yml": "namespace: b\nentries:\n  - {name: x, kind: process.service, process: app:ticker, host: procs}\n",
            "src/c/app.json": '{"namespace": "c",\n "entries": [{"name": "x", "kind": "process.host", "host": {"workers": "2"}}]}\n',
            "src/d/_index.yaml": "namespace: d\nentries:\n  - {name: x, kind: function.lua, method: f, source: file://x.lua}\n",
            "src/d/x.lua": "return {f = function() retrun 1 end}\n",
        }
    )
    found = problems(refused(app))
    assert [line.split(": entry")[0] for line in found] == [
        "src/a/_index.yaml:3",
        "src/a/_index.yaml:4",
        "src/b/_index.yml:3",
        "src/c/app.json:2",
        "src/d/x.lua:1:31",
    ]


def test_lenient_starts_without_the_broken_entries(app):
    app.write({"src/_index.yaml": SERVICE, "src/bad/_index.yaml": entries("- {name: one, kind: proces.host}")})
    with app.start("run", "--lenient") as server:
        warning = server.wait_for("WARN")
        assert "src/bad/_index.yaml:3" in warning and "bad:one" in warning and "did you mean process.host?" in warning
        server.wait_for("ticking")
        assert server.stop() == 0


def test_lenient_starts_without_the_broken_program(app):
    app.write({"src/_index.yaml": SERVICE, "src/bad/_index.yaml": entries("- {name: one, kind: process.lua, source: 'retrun 1'}")})
    with app.start("run", "--lenient") as server:
        warning = server.wait_for("WARN")
        assert "src/bad/_index.yaml:3" in warning and "bad:one" in warning
        server.wait_for("ticking")
        assert server.stop() == 0


def test_lenient_takes_the_last_of_two(app):
    app.program("return 3")
    app.write({"src/z/_index.yaml": "namespace: app\nentries:\n  - {name: main, kind: process.lua, source: 'return function() return 4 end'}\n"})
    assert app.main().code == 1
    assert app.run("run", "--lenient", "-x", "app:main").code == 4


# ---- Lua ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["function.lua", "process.lua", "workflow.lua", "library.lua"])
def test_syntax_error(bad, kind):
    found = bad(
        f"- {{name: one, kind: {kind}, source: file://one.lua, method: main}}",
        {"one.lua": "local M = {}\n\nfunction M.main(n: number)\n  if n > 5 return n end\nend\n\nreturn M\n"},
    )
    lines = found.split("\n")
    assert lines[0].startswith("src/bad/one.lua:4:12: entry bad:one: field source: ")
    assert "'then'" in lines[0] and "return" in lines[0]
    assert lines[1:] == ["if n > 5 return n end", "^^^^^^"]


def test_syntax_error_in_the_index_file(bad):
    found = bad("- name: one\n  kind: process.lua\n  source: |\n    local a = 1\n    local = 2\n")
    assert found.startswith("src/bad/_index.yaml:7:")
    assert "local = 2" in found


def test_error_of_the_compiler_behind_the_parser_names_the_line(bad):
    found = bad("- {name: one, kind: process.lua, source: file://one.lua}", {"one.lua": "local a = 1\ngoto nowhere\n"})
    assert found.startswith("src/bad/one.lua:2")
    assert "nowhere" in found


def test_two_broken_files_are_both_shown(app):
    app.write({"src/_index.yaml": SERVICE, "src/bad/a.lua": "x =\n", "src/bad/b.lua": "local x\nend\n"})
    app.write(
        {
            "src/bad/_index.yaml": entries(
                "- {name: a, kind: process.lua, source: file://a.lua}\n- {name: b, kind: process.lua, source: file://b.lua}"
            )
        }
    )
    found = problems(refused(app))
    assert [line.split(": entry")[0] for line in found] == ["src/bad/a.lua:2:1", "src/bad/b.lua:2:1"]


def test_process_without_its_method(app):
    app.program("", files={"main.lua": ""})
    app.write({"src/main.lua": "return {mian = function() end}\n"})
    result = app.main()
    assert result.code == 1
    assert 'failed to start process on host: app:main: ' in result.stderr
    assert 'method "main" not found' in result.stderr


def test_function_without_its_method(app):
    app.program(
        'local value, err = funcs.call("app:f") io.print(value, err:kind(), err:message()) return 0',
        modules=("io", "funcs"),
        entries='- {name: f, kind: function.lua, method: run, source: "return {walk = function() end}"}',
    )
    result = app.main()
    assert result.code == 0
    assert "NotFound" in result.stdout
    assert 'method "run" not found' in result.stdout


def test_module_that_workflows_may_not_use(bad):
    found = bad("- name: flow\n  kind: workflow.lua\n  source: return function() end\n  modules: [time, env]")
    assert found.startswith("src/bad/_index.yaml:6: entry bad:flow: field modules[1]: ")
    assert "'env'" in found and "does not have any allowed class" in found


def test_module_that_workflows_may_not_use_through_a_library(bad):
    found = bad(
        """
        - {name: settings, kind: library.lua, source: "return require('env')", modules: [env]}
        - {name: util, kind: library.lua, source: "return {}", imports: {settings: bad:settings}}
        - name: flow
          kind: workflow.lua
          source: return function() end
          imports: {util: bad:util}
        """
    )
    assert "entry bad:flow" in found
    assert "'env'" in found and "does not have any allowed class" in found
    assert "bad:settings" in found  # who brought it


# ---- command line, configuration ------------------------------------------------------------------------------


def test_override_of_an_entry_that_is_not_there(app):
    app.write({"src/_index.yaml": SERVICE})
    assert problems(refused(app, "run", "-o", "app:prosc:host.workers=2")) == [
        "-o app:prosc:host.workers=2: override app:prosc:host.workers: there is no entry app:prosc (did you mean app:procs?)"
    ]


def test_override_in_the_configuration(app):
    app.write({"src/_index.yaml": SERVICE, ".trivium.yaml": 'version: "1.0"\noverride:\n  app:prosc:host.workers: 2\n'})
    assert problems(refused(app))[0].startswith(".trivium.yaml:3:3: override app:prosc:host.workers: there is no entry")


def test_override_with_a_wrong_value(app):
    app.write({"src/_index.yaml": SERVICE})
    found = problems(refused(app, "run", "-o", "app:procs:host.workers=few"))
    assert len(found) == 1
    assert "entry app:procs: field host.workers: must be an integer, not the string" in found[0]
    assert found[0].startswith("-o app:procs:host.workers=few: ")


@pytest.mark.parametrize("flag", ["app:procs=2", "app:procs:=2", "app:procs:x", ":procs:x=1"])
def test_override_that_is_none(app, flag):
    app.write({"src/_index.yaml": SERVICE})
    assert "invalid override" in refused(app, "run", "-o", flag)


@pytest.mark.parametrize("flag", ["shutdown", "shutdown=1", ".timeout=1", "shutdown.=1"])
def test_set_that_is_none(app, flag):
    app.write({"src/_index.yaml": SERVICE})
    text = refused(app, "run", "--set", flag)
    assert "--set" in text and flag in text


@pytest.mark.parametrize(
    "config, says",
    [
        ("version: '2.0'\n", ".trivium.yaml:1"),
        ("version: '1.0'\nlogger: json\n", ".trivium.yaml:2"),
        ("logger: {encoding: json\n", ".trivium.yaml:"),
        ("logger: {encoding: json}\nlogger: {encoding: json}\n", ".trivium.yaml:2"),
        ("override:\n  app:procs: 1\n", ".trivium.yaml:2"),
        ("shutdown:\n  timeout: ${env:NO_SUCH_VARIABLE}\n", ".trivium.yaml:2"),
        ("vars: {a: '${b}'}\nshutdown: {timeout: '${a}'}\n", ".trivium.yaml:1"),
        ("disable:\n  entries: [procs]\n", ".trivium.yaml:2"),
    ],
)
def test_broken_configuration(app, config, says):
    app.write({"src/_index.yaml": SERVICE, ".trivium.yaml": config})
    assert says in refused(app)


def test_broken_lock_file(app):
    app.write({"src/_index.yaml": SERVICE, "trivium.lock": "directories: {src: ./src}\nmodules: [{name: acme}]\n"})
    assert "trivium.lock:2" in refused(app)


def test_missing_replacement(app):
    lock = "directories: {src: ./src}\nreplacements: [{from: acme/tools, to: ../tools}]\n"
    app.write({"src/_index.yaml": SERVICE, "trivium.lock": lock})
    text = refused(app)
    assert "trivium.lock:2" in text and 'replacement path "../tools" does not exist' in text


# ---- hosts ----------------------------------------------------------------------------------------------------


def test_spawn_on_a_host_that_is_not_there(app):
    app.program(
        'local pid, err = process.spawn("app:main", "app:prosc") io.print(pid, err:kind(), err:message(), err:details().host_id)', modules=("io",)
    )
    result = app.main()
    assert result.code == 0
    assert result.stdout == "\tNotFound\thost not found\tapp:prosc\n"


def test_exec_on_a_host_that_is_not_there(app):
    result = app.program("").run("run", "-x", "app:main", "--host", "app:trem")
    assert result.code == 1
    assert "host app:trem not found (did you mean app:term?)" in result.stderr


def test_two_terminal_hosts(app):
    app.program("return 5", entries="- {name: other, kind: terminal.host}")
    result = app.main()
    assert result.code == 1
    assert "multiple terminal hosts found (app:other, app:term), use --host to specify" in result.stderr
    assert app.run("run", "-x", "app:main", "--host", "app:other").code == 5


@pytest.mark.parametrize(
    "entry, why",
    [
        ("{name: twice, kind: env.variable, storage: app.env:kept, variable: TAKEN}", "the name TAKEN belongs to app.env:first already"),
        ("{name: named, kind: env.variable, storage: app.env:kept, variable: NO-NAME}", "is no name of a variable"),
        ("{name: lost, kind: env.variable, storage: app.env:absent, variable: LOST}", "app.env:absent"),
        ("{name: routes, kind: env.storage.router, storages: [app.env:routes]}", "leads back to this router"),
    ],
)
def test_mistakes_in_variables_stop_the_start_unless_lenient(app, entry, why):
    app.program(
        """
        local known, unknown = env.get("TAKEN"), select(2, env.get("LOST"))
        io.print(known, unknown:kind())
        return 0
        """,
        modules=("io", "env"),
    )
    app.write({
        "src/env/_index.yaml": f"""
            namespace: app.env
            entries:
              - {{name: kept, kind: env.storage.static, values: {{TAKEN: value}}}}
              - {{name: first, kind: env.variable, storage: app.env:kept, variable: TAKEN}}
              - {entry}
        """
    })
    found = problems(refused(app))
    assert len(found) == 1 and why in found[0] and "src/env/_index.yaml:5" in found[0], found
    # What is wrong is left out; a variable without a value is no mistake but an answer at run time.
    result = app.run("--lenient", "run", "-x", "app:main")
    assert (result.code, result.stdout) == (0, "value\tNotFound\n"), result
