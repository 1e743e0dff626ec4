"""The users' guides: their programs run and print what they say, and every other piece of Lua in them parses."""
import re
import textwrap

import pytest

from harness import binary

DOCS = binary.REPOSITORY / "docs"
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.M | re.S)
RUN = re.compile(r"^    \$ trivium (run .*)\n((?:    .*\n)*)", re.M)


def blocks(text, language):
    return [textwrap.dedent(body) for _, lang, body in BLOCK.findall(text) if lang == language]


def files(text):
    """Those that name their file in the first line."""
    named = {}
    for comment, language in (("#", "yaml"), ("--", "lua")):
        for body in blocks(text, language):
            first = re.match(rf"{comment} (src/\S+)\n", body)
            if first:
                named.setdefault(first.group(1), body)
    return named


@pytest.mark.parametrize("guide", ["functions.md", "processes.md"])
def test_the_program_of_a_guide(app, guide):
    text = (DOCS / guide).read_text()
    app.write(files(text))
    command, expected = RUN.search(text).groups()
    result = app.run(*command.split())
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout == textwrap.dedent(expected)


def with_lua():
    return sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md") if blocks(path.read_text(), "lua"))


@pytest.mark.parametrize("guide", with_lua())
def test_pieces_of_lua_parse(app, guide):
    # "function f() ... end" stands for a body that does not matter.
    pieces = [piece.replace("... end", "end") for piece in blocks((DOCS / guide).read_text(), "lua")]
    entries = "namespace: guide\nentries:\n"
    for i, piece in enumerate(pieces):
        entries += f"  - {{name: piece{i}, kind: library.lua, source: file://piece{i}.lua}}\n"
        app.write({f"src/piece{i}.lua": piece})
    app.write({"src/_index.yaml": entries})
    result = app.run("lint", "--code", "P0001", "--no-color")
    assert result.code == 0, result.stdout


def test_the_index_says_which_modules_are_declared(app):
    rows = re.findall(r"^\| (\[.*?) \|.*\| (yes|no) \|$", (DOCS / "README.md").read_text(), re.M)
    said = {name: declared for names, declared in rows for name in re.findall(r"\[(\w+)\]\(modules/", names)}
    assert said.pop("io") == "yes"  # which the program itself declares
    app.program(f"""
        for _, name in ipairs({{{", ".join(f'"{name}"' for name in said)}}}) do
          io.print(name .. " " .. (pcall(require, name) and "no" or "yes"))
        end
    """)
    result = app.main()
    assert dict(line.split() for line in result.lines) == said, result.stderr
