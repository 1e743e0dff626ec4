"""Configuration: files, profiles, variables, flags, overrides, placeholders in entries, storages of variables."""
import pytest

SHOW = """
    local env = require("env")
    return {main = function(...)
      local out = {}
      for _, name in ipairs({...}) do out[#out + 1] = tostring((env.get(name))) end
      io.print(table.concat(out, " "))
    end}
"""
ENTRIES = """
    namespace: app
    entries:
      - {name: term, kind: terminal.host, lifecycle: {auto_start: true}}
      - {name: show, kind: process.lua, source: file://show.lua, modules: [io, env]}
      - {name: fixed, kind: env.storage.static, values: {a: static}}
      - {name: a, kind: env.variable, storage: app:fixed, variable: a}
      - {name: b, kind: env.variable, storage: app:fixed, variable: b, default: none}
"""


@pytest.fixture
def project(app):
    return app.write({"src/_index.yaml": ENTRIES, "src/show.lua": SHOW})


def shown(app, *flags, names=("a", "b"), before=(), env=None):
    """What app:show prints when run with these flags."""
    result = app.run(*before, "run", *flags, "-x", "app:show", *names, env=env)
    assert (result.code, result.stderr) == (0, ""), result
    return result.stdout.strip()


def test_defaults_without_a_file(project):
    assert shown(project) == "static none"


def test_file_and_its_older_name(project):
    project.write({".wippy.yaml": "override: {'app:b:default': old}\n"})
    assert shown(project) == "static old"
    project.write({".trivium.yaml": "version: '1.0'\noverride: {'app:b:default': new}\n"})
    assert shown(project) == "static new"


def test_named_files_replace_the_default_and_later_ones_win(project):
    project.write(
        {
            ".trivium.yaml": "override: {'app:b:default': unread}\n",
            "one.yaml": "override: {'app:b:default': one, 'app:a:default': one}\n",
            "two.yaml": "override:\n  app:fixed:values:\n    a: two\n",
        }
    )
    assert shown(project, before=("--config", "one.yaml", "--config", "two.yaml")) == "two one"


def test_profiles(project):
    project.write(
        {
            ".trivium.yaml": """
                override: {"app:b:default": base}
                profiles:
                  staging: {override: {"app:b:default": staging, "app:fixed:values.a": staging}}
                  night: {override: {"app:b:default": night}}
            """
        }
    )
    assert shown(project) == "static base"
    assert shown(project, "--profile", "staging") == "staging staging"
    assert shown(project, "--profile", "staging", "--profile", "night") == "staging night"
    result = project.run("run", "--profile", "stagin", "-x", "app:show")
    assert result.code == 1
    assert "stagin" in result.stderr and "staging" in result.stderr


def test_variables_and_the_environment_in_files(project):
    project.write(
        {
            ".trivium.yaml": """
                vars: {stage: dev, name: "${stage}-shop"}
                override:
                  app:b:default: "${name} ${env:REGION|nowhere} $${kept}"
            """
        }
    )
    assert shown(project, names=("b",)) == "dev-shop nowhere ${kept}"
    assert shown(project, names=("b",), env={"REGION": "eu"}) == "dev-shop eu ${kept}"
    assert shown(project, "--set", "vars.stage=test", names=("b",)) == "test-shop nowhere ${kept}"


def test_order_of_layers(project):
    project.write({".trivium.yaml": "override: {'app:b:default': file}\nprofiles: {p: {override: {'app:b:default': profile}}}\n"})
    assert shown(project, "--profile", "p", names=("b",)) == "profile"
    assert shown(project, "--profile", "p", "-o", "app:b:default=flag", names=("b",)) == "flag"


@pytest.mark.parametrize(
    "flags, a, b",
    [
        (["-o", "app:fixed:values.a=x"], "x", "none"),
        (["-o", "app:fixed:values.a=x,app:b:default=y"], "x", "y"),
        (["-o", "app:fixed:values.a=x", "--override", "app:b:default=y"], "x", "y"),
        (["-o", '"app:fixed:values.a=x,y"'], "x,y", "none"),
        (["-o", "app:fixed:values.a=x=y"], "x=y", "none"),
        (["-o", "app:fixed:data.values.a=x"], "x", "none"),
    ],
)
def test_overrides_by_flag(project, flags, a, b):
    assert shown(project, *flags) == f"{a} {b}"


def test_override_of_meta_and_kind(project):
    result = project.run("registry", "show", "app:show", "--json")
    assert '"meta":{}' in result.stdout.replace(" ", "").replace("\n", "") or "command" not in result.stdout
    named = project.run("run", "-o", "app:show:meta.command.name=show", "show", "a")
    assert (named.code, named.stdout) == (0, "static\n")
    memory = shown(project, "-o", "app:fixed:kind=env.storage.memory")
    assert memory == "nil none"


def test_disabled_entries(project):
    project.write({".trivium.yaml": "disable: {entries: ['app:a', 'app:b']}\n"})
    assert shown(project) == "nil nil"
    project.write({".trivium.yaml": "disable: {namespaces: ['app.**']}\n"})
    assert project.run("run", "-x", "app:show").code == 1


def test_set_level_of_the_log(app):
    app.program('print("seen") io.print("done")')
    quiet = app.run("-v", "run", "--set", "logmanager.min_level=1", "-x", "app:main")
    assert (quiet.stdout, "seen" in quiet.stderr) == ("done\n", False)
    assert "seen" in app.run("-v", "run", "-x", "app:main").stderr


# ---- placeholders ---------------------------------------------------------------------------------------------

PLACED = """
    namespace: app
    entries:
      - {name: os, kind: env.storage.os}
      - {name: workers, kind: env.variable, storage: app:os, variable: WORKERS, default: "3"}
      - {name: who, kind: env.variable, storage: app:os, variable: WHO}
      - {name: procs, kind: process.host, host: {workers: "${env:WORKERS}"}, lifecycle: {auto_start: true}}
      - {name: greeter, kind: process.lua, source: "return {main = function(...) print(table.concat({...}, '|')) end}"}
      - name: greeter.service
        kind: process.service
        process: greeter
        host: procs
        input: ["hello ${env:WHO|world}", "${WHO|nobody}", "$${WHO}", "${lower|x}", "${env:app:workers}"]
        lifecycle: {auto_start: true}
"""


@pytest.mark.parametrize(
    "env, line",
    [
        ({}, "hello world|nobody|${WHO}|${lower|x}|3"),
        ({"WHO": "Ada", "WORKERS": "2"}, "hello Ada|Ada|${WHO}|${lower|x}|2"),
        ({"WHO": ""}, "hello world|nobody|${WHO}|${lower|x}|3"),
    ],
)
def test_placeholders_in_entries(app, env, line):
    app.write({"src/_index.yaml": PLACED})
    with app.start("run", env=env) as server:
        assert line in server.wait_for("hello")
        assert server.stop() == 0
    assert "${env:WORKERS}" in app.run("registry", "show", "app:procs").stdout  # values stay out of the registry


@pytest.mark.parametrize(
    "env, old, new, says",
    [
        ({"WORKERS": "many"}, "", "", "src/_index.yaml:6: entry app:procs: field host.workers: "),
        ({}, "${WHO|nobody}", "${env:WHO}", "src/_index.yaml:12: entry app:greeter.service: field input"),
        ({}, "${WHO|nobody}", "${env:WOH}", "src/_index.yaml:12: entry app:greeter.service: field input"),
    ],
    ids=["no number", "not set", "not declared"],
)
def test_placeholder_that_cannot_be_filled(app, env, old, new, says):
    app.write({"src/_index.yaml": PLACED.replace(old, new) if old else PLACED})
    result = app.run("run", env=env)
    assert result.code == 1
    assert says in result.stderr
    assert "starting service" not in result.stderr


def test_program_text_is_no_place_for_placeholders(app):
    app.program('io.print("${env:NOTHING} ${X|y}")')
    assert app.main().stdout == "${env:NOTHING} ${X|y}\n"


# ---- storages -------------------------------------------------------------------------------------------------


def test_storage_file_is_written_and_read_again(app):
    app.program(
        """
        local name, value = ...
        if value then io.print(tostring(env.set(name, value))) end
        io.print(tostring((env.get(name))))
        """,
        ("io", "env"),
        """
        - {name: file, kind: env.storage.file, file_path: data/settings.env, auto_create: true}
        - {name: color, kind: env.variable, storage: "app:file", variable: COLOR}
        - {name: size, kind: env.variable, storage: "app:file", variable: SIZE, readonly: true, default: "9"}
        """,
    )
    assert app.main("COLOR").lines == ["nil"]
    assert app.main("COLOR", "blue").lines == ["true", "blue"]
    assert app.main("COLOR").lines == ["blue"]
    assert app.main("SIZE", "3").lines == ["nil", "9"]
    app.write({"data/settings.env": "# ours\nSIZE=4\nCOLOR=red  # for now\n"})
    assert app.main("COLOR", "green").lines == ["true", "green"]
    assert "# ours\nSIZE=4\n" in app.read("data/settings.env") and "# for now" in app.read("data/settings.env")
    assert app.main("SIZE").lines == ["4"]


def test_storages_in_a_row(app):
    app.program(
        """
        for _, name in ipairs({"ONE", "TWO", "app:three"}) do io.print(name, tostring((env.get(name)))) end
        io.print(tostring(env.set("TWO", "changed")), tostring((env.get("TWO"))))
        local _, err = env.set("ONLY_OS", "x")
        io.print(err:kind())
        local _, missing = env.get("FOUR")
        io.print(missing:kind())
        """,
        ("io", "env"),
        """
        - {name: os, kind: env.storage.os}
        - {name: memory, kind: env.storage.memory}
        - {name: fixed, kind: env.storage.static, values: {TWO: static, "app:three": by id}}
        - {name: all, kind: env.storage.router, storages: [memory, app:os, app:fixed]}
        - {name: one, kind: env.variable, storage: "app:all", variable: ONE}
        - {name: two, kind: env.variable, storage: "app:all", variable: TWO}
        - {name: three, kind: env.variable, storage: "app:all"}
        - {name: only_os, kind: env.variable, storage: "app:os", variable: ONLY_OS}
        """,
    )
    result = app.main(env={"ONE": "from outside"})
    assert result.lines == ["ONE\tfrom outside", "TWO\tstatic", "app:three\tby id", "true\tchanged", "PermissionDenied", "NotFound"]


def test_variable_with_a_bad_storage_is_reported(app):
    app.program("", entries="- {name: v, kind: env.variable, storage: nowhere, variable: V}")
    result = app.main()
    assert result.code == 1
    assert "entry app:v: field storage: " in result.stderr
