"""Commands and flags that need no application."""
import re

import pytest


def test_version_short_is_only_the_version(trivium):
    result = trivium("version", "--short")
    assert result.code == 0
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*\n", result.stdout)
    assert result.stderr == ""


def test_version_names_the_program(trivium):
    short = trivium("version", "--short").stdout.strip()
    result = trivium("version")
    assert result.code == 0
    assert short in result.stdout


@pytest.mark.parametrize("args", [[], ["--help"], ["-h"]])
def test_help(trivium, args):
    result = trivium(*args)
    assert result.code == 0
    for command in ("run", "init", "version", "registry", "lint"):
        assert command in result.stdout


@pytest.mark.parametrize("command", ["run", "version", "init", "registry"])
def test_help_of_a_command(trivium, command):
    result = trivium(command, "--help")
    assert result.code == 0
    assert command in result.stdout


@pytest.mark.parametrize("args", [["no-such-command"], ["--no-such-flag"], ["run", "--no-such-flag"], ["--config"]])
def test_wrong_usage(trivium, args):
    result = trivium(*args)
    assert result.code == 1
    assert result.stderr.strip() != ""


@pytest.mark.parametrize("command", ["add", "install", "update", "pack", "publish", "search", "auth", "readme"])
def test_commands_of_the_hub_are_rejected(trivium, command):
    result = trivium(command)
    assert result.code == 1
    assert f"Error: '{command}' is not supported by this runtime" in result.stderr


@pytest.mark.parametrize("name", ["thing.wapp", "acme/tools", "acme/tools@1.2.0"])
def test_packs_are_rejected(trivium, name):
    result = trivium("run", name)
    assert result.code == 1
    assert "Error: packs and hub modules are not supported" in result.stderr


def test_missing_config_file_is_an_error(trivium):
    result = trivium("--config", "absent.yaml", "run", "-x", "a:b")
    assert result.code == 1
    assert "absent.yaml" in result.stderr


def test_init_writes_the_lock_file(app):
    result = app.run("init")
    assert result.code == 0
    assert app.read("wippy.lock") == "directories:\n    modules: .wippy\n    src: ./src\n"
    assert (app.folder / "wippy.lock").stat().st_mode & 0o777 == 0o600
    assert not (app.folder / "src").exists()


def test_init_keeps_modules_and_replacements(app):
    app.write({"wippy.lock": "directories: {src: ./old}\nmodules: [{name: acme/tools, version: 1.2.0}]\n"})
    assert app.run("init", "-d", "./code").code == 0
    assert "src: ./code" in app.read("wippy.lock")
    assert "acme/tools" in app.read("wippy.lock")
