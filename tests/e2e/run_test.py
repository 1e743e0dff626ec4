"""trivium run: named commands, exec, and how a process's result becomes the exit status."""
import signal

import pytest

COMMANDS = """
    namespace: app
    entries:
      - {name: term, kind: terminal.host, lifecycle: {auto_start: true}}
      - name: migrate
        kind: process.lua
        source: file://migrate.lua
        modules: [io]
        meta: {command: {name: migrate, short: Apply schema}}
"""
MIGRATE = """
    local io = require("io")
    return {main = function(...) io.print("migrating", ...) end}
"""


@pytest.fixture
def commands(app):
    return app.write({"src/_index.yaml": COMMANDS, "src/migrate.lua": MIGRATE})


def test_list(commands):
    result = commands.run("run", "list")
    assert result.code == 0
    assert result.stdout == (
        "Available commands:\n\n  migrate  Apply schema  (app:migrate)\n\nRun with: trivium run <command>\n"
    )


def test_list_without_commands(app):
    result = app.write({"src/_index.yaml": "namespace: app\nentries: []\n"}).run("run", "list")
    assert result.code == 0
    assert "No commands found." in result.stdout


def test_list_needs_a_project(trivium):
    result = trivium("run", "list")
    assert result.code == 1
    assert "lock file not found" in result.stderr


def test_named_command(commands):
    result = commands.run("run", "migrate", "up", "3")
    assert (result.code, result.stdout, result.stderr) == (0, "migrating\tup\t3\n", "")


def test_unknown_command(commands):
    result = commands.run("run", "migrat")
    assert result.code == 1
    assert 'command "migrat" not found (did you mean migrate?)' in result.stderr
    assert "Use 'trivium run list' to see available commands" in result.stderr


def test_bare_name_with_exec(commands):
    assert commands.run("run", "-x", "migrate").stdout == "migrating\n"


@pytest.mark.parametrize(
    "body, code, stdout",
    [
        ("", 0, ""),
        ("return nil", 0, ""),
        ("return 0", 0, ""),
        ("return 3", 3, ""),
        ("return 2.9", 2, ""),
        ("return -1", 255, ""),
        ("return 256", 0, ""),
        ("return 0/0", 1, ""),
        ("return 2^40", 1, ""),
        ("return true", 0, ""),
        ("return false", 1, ""),
        ('return "done"', 0, "done\n"),
        ('return ""', 0, ""),
        ("return {}", 0, ""),
        ("return 4, nil", 4, ""),
        ("return 4, {}", 4, ""),
    ],
)
def test_result_becomes_exit_status(app, body, code, stdout):
    result = app.program(body).main()
    assert (result.code, result.stdout, result.stderr) == (code, stdout, "")


@pytest.mark.parametrize("body", ['return nil, "bad input"', 'return true, "bad input"'])
def test_string_as_second_result_is_a_failure(app, body):
    result = app.program(body).main()
    assert (result.code, result.stdout, result.stderr) == (1, "", "bad input\n")


def test_error_object_as_second_result_is_a_failure(app):
    body = 'return nil, errors.new({message = "no such order", kind = errors.NOT_FOUND})'
    result = app.program(body).main()
    assert (result.code, result.stdout) == (1, "")
    assert "no such order" in result.stderr


def test_raised_error_names_entry_and_line(app):
    result = app.program('error("broken")').main()
    assert (result.code, result.stdout) == (1, "")
    assert "app:main:4: broken" in result.stderr


def test_arguments_are_strings(app):
    body = """
        for i, value in ipairs({...}) do io.print(i, type(value), value) end
        io.print(#io.args())
    """
    result = app.program(body).main("2", "x y", "--", "--flag", "")
    assert result.lines[:2] == ["1\tstring\t2", "2\tstring\tx y"]
    assert "string\t--flag" in result.stdout


def test_print_is_a_log_record_and_so_invisible(app):
    result = app.program('print("for the log") io.print("for the user")').main()
    assert (result.stdout, result.stderr) == ("for the user\n", "")


def test_verbose_shows_log_records_on_stderr(app):
    result = app.program('print("for the log")').run("-v", "run", "-x", "app:main")
    assert "for the log" in result.stderr


def test_standard_input(app):
    result = app.program("io.print((io.readline())) io.print((io.readline()))").main(stdin="one\ntwo\n")
    assert result.lines == ["one", "two"]


@pytest.mark.parametrize("spec", ["app:", ":main", "app:absent"])
def test_exec_of_something_absent(app, spec):
    result = app.program("").run("run", "-x", spec)
    assert result.code == 1
    assert result.stderr.strip() != ""


def test_exec_without_terminal_host(app):
    app.write({"src/_index.yaml": "namespace: app\nentries:\n  - {name: m, kind: process.lua, source: 'return 1'}\n"})
    result = app.run("run", "-x", "app:m")
    assert result.code == 1
    assert "no terminal.host found in registry" in result.stderr


def test_error_in_top_level_code(app):
    app.program("")
    app.write({"src/main.lua": 'error("while loading")\n'})
    result = app.main()
    assert result.code == 1
    assert "failed to start process on host" in result.stderr
    assert "while loading" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_shuts_down_cleanly(app, number):
    app.write({"src/_index.yaml": "namespace: app\nentries:\n  - {name: procs, kind: process.host}\n"})
    with app.start("run") as server:
        server.wait_for("runtime ready")
        server.signal(number)
        server.wait_for("received shutdown signal")
        assert server.wait() == 0


def test_runs_without_any_project_until_stopped(app):
    with app.start("run") as server:
        server.wait_for("runtime ready")
        assert server.stop() == 0


def test_service_is_started_and_asked_to_stop(app):
    app.write(
        {
            "src/_index.yaml": """
                namespace: app
                entries:
                  - {name: procs, kind: process.host, lifecycle: {auto_start: true}}
                  - {name: ticker, kind: process.lua, source: file://ticker.lua}
                  - {name: ticker.service, kind: process.service, process: ticker, host: app:procs,
                     input: [eu], lifecycle: {auto_start: true}}
            """,
            "src/ticker.lua": """
                return {main = function(region)
                  local events = process.events()
                  print("serving " .. region)
                  local event = events:receive()
                  print("asked to stop: " .. event.kind .. ", " .. event.reason)
                end}
            """,
        }
    )
    with app.start("run") as server:
        server.wait_for("serving eu")
        server.signal(signal.SIGTERM)
        server.wait_for(r"asked to stop: pid\.cancel, service stopping")
        assert server.wait() == 0


@pytest.mark.parametrize("spawn", ["spawn", "spawn_linked_monitored"])
def test_the_first_process_that_ends_on_a_terminal_decides(app, spawn):
    app.program(f"""
        local pid, err = process.{spawn}("app:helper", "app:term")
        if err then return nil, err end
        process.listen("never"):receive()
    """, entries="- {name: helper, kind: process.lua, source: 'return {main = function() return 7 end}'}")
    result = app.main()
    assert (result.code, result.stdout, result.stderr) == (7, "", "")
