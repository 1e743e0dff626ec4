"""The crypto module: in functions and processes, while code is loaded, and in workflows, which see the same again."""
import json
import textwrap

import pytest

from harness import polling

# Everything random, as text; bytes with zeros and without any encoding among them.
RANDOM = r"""
    local function draw()
      local key = crypto.random.bytes(32)
      local sealed = crypto.encrypt.aes("a\0\xff\n", key, "beside")
      local boxed = crypto.encrypt.chacha20("", key)
      local drawn = {
        bytes = crypto.random.bytes(300), large = crypto.random.bytes(1 << 20):sub(-30),
        word = crypto.random.string(40), odd = crypto.random.string(40, "\0\xff\n\x80<"), id = crypto.random.uuid(),
        key = key, sealed = sealed, boxed = boxed,
      }
      assert(crypto.decrypt.aes(sealed, key, "beside") == "a\0\xff\n")
      assert(crypto.decrypt.chacha20(boxed, key) == "")
      for name, value in pairs(drawn) do drawn[name] = base64.encode(value) end
      return drawn
    end
"""


# ---- functions and processes ----------------------------------------------------------------------------------


def test_the_whole_module(checks):
    checks.unit("library.lua", "keys", """
        local key = crypto.random.bytes(32)
        return {
          length = #key, word = crypto.random.string(8), id = crypto.random.uuid(),
          sealed = crypto.encrypt.aes("loaded", key), key = key,
          slow = crypto.pbkdf2("Password", "NaCl", 80000, 8),
        }
    """, "modules: [crypto]")
    checks.function("load", "return {keys.length, #keys.word, #keys.id, crypto.decrypt.aes(keys.sealed, keys.key)}",
                    "modules: [crypto], imports: {keys: app:keys}")
    checks.function("slow", "return crypto.pbkdf2('Password', 'NaCl', ...) == keys.slow",
                    "modules: [crypto], imports: {keys: app:keys}")
    checks.function("draws", RANDOM + "local a, b = draw(), draw() for k in pairs(a) do assert(a[k] ~= b[k], k) end return b",
                    "modules: [crypto, base64]")
    checks.run("""
        check.eq("while loading", funcs.call("app:load"), {32, 8, 36, "loaded"})
        check.eq("slow and slow", funcs.call("app:slow", 80000, 8), true)
        local drawn = funcs.call("app:draws")
        check.that("drawn", #drawn.bytes == 400 and #drawn.id == 48, drawn)
    """)


def test_a_token_from_one_function_to_another(checks):
    checks.function("issue", """
        return crypto.jwt.encode({sub = (...), exp = os.time() + 3600, _header = {kid = "k1"}}, "secret", "HS512")
    """, "modules: [crypto]")
    checks.function("read", "return crypto.jwt.verify((...), 'secret', 'HS512')", "modules: [crypto]")
    checks.run("""
        local token = funcs.call("app:issue", "ada")
        check.eq("claims", funcs.call("app:read", token).sub, "ada")
        check.fail("changed", "Internal", "signature does not fit", funcs.call("app:read", token:sub(1, -3) .. "AA"))
        check.fail("no token", "Internal", "three parts", funcs.call("app:read", "token"))
    """)


# ---- workflows ------------------------------------------------------------------------------------------------

ENTRIES = """
    - {name: note, kind: function.lua, source: "return {run = function(...) return ... end}", method: run}
    - {name: flow, kind: workflow.lua, source: file://flow.lua, modules: [base64, crypto, funcs, time, workflow], meta: {workflow: {worker: jobs}}}
"""


@pytest.fixture
def flow(app, provider):
    def build(body, main):
        listing = textwrap.dedent(ENTRIES).strip("\n") + "\n" + provider.entries.strip("\n") + "\n"
        return app.program(main, ("io", "json", "workflow"), listing, {"flow.lua": textwrap.dedent(body)})

    return build


def cli(app, *words):
    result = app.run("workflow", *words, "--store", "app:store", timeout=120)
    assert result.code == 0, result.stdout + result.stderr
    return result


def until(app, name, reached):
    return polling.until(lambda: json.loads(cli(app, "show", name, "--json").stdout), reached)


def test_what_was_drawn_is_the_same_after_a_crash(flow, provider):
    app = flow(
        RANDOM
        + """
        return {main = function()
          local drawn = draw()
          local noted = funcs.call("app:note", drawn)
          local ended = process.listen("end"):receive()
          local known = {}
          for name, value in pairs(drawn) do
            assert(noted[name] == value, name)
            known[#known + 1] = name
          end
          table.sort(known)
          return ended .. ": " .. table.concat(known, " ")
        end}
        """,
        """
        assert(process.with_options({["workflow.id"] = "w"}):spawn("app:flow", "app:jobs"))
        """,
    )
    assert app.main().code == 0
    with app.start("run") as running:
        running.wait_for("runtime ready")
        until(app, "w", lambda run: run["events"] > 15 and not run["pending"]["activities"])
        running.kill()
    with app.start("run") as running:
        running.wait_for("runtime ready")
        cli(app, "signal", "w", "end", "well")
        shown = until(app, "w", lambda run: run["status"] == "Completed")
        assert shown["result"] == "well: boxed bytes id key large odd sealed word"
    (events,) = provider.histories().values()
    markers = [e["attributes"]["details"] for e in events if e["event_type"] == "MarkerRecorded"]
    assert [marker["side-effect-id"][0]["data"] for marker in markers] == [str(i) for i in range(1, 9)]
    binary = {"key": "binary/plain", "sealed": "binary/plain", "boxed": "binary/plain", "bytes": "binary/plain",
              "large": "binary/plain", "word": "json/plain", "odd": "binary/plain", "id": "json/plain"}
    assert [marker["data"][0]["encoding"] for marker in markers] == list(binary.values())


def test_tokens_and_keys_are_decided_by_the_workflow(flow):
    """Its time says whether a token has expired, on a replay long afterwards too. A query may compute as well."""
    app = flow(
        """
        return {main = function()
          workflow.on_query("key", function() return base64.encode(crypto.pbkdf2("Password", "NaCl", 80000, 3)) end)
          workflow.on_query("draw", function() local _, err = crypto.random.bytes(4) return nil, err end)
          local now = time.now():unix_nano() / 1e9
          local token = crypto.jwt.encode({sub = "ada", exp = now + 0.02}, "secret")
          local seen = {crypto.jwt.verify(token, "secret").sub}
          time.sleep("50ms")
          local _, err = crypto.jwt.verify(token, "secret")
          seen[2] = err:message()
          seen[3] = base64.encode(crypto.pbkdf2("Password", "NaCl", 80000, 3))
          seen[4] = table.concat(funcs.call("app:note", seen), ", ")
          process.listen("end"):receive()
          return seen[4] == table.concat(seen, ", ", 1, 3) and seen[4]
        end}
        """,
        """
        local pid = assert(process.with_options({["workflow.id"] = "w"}):spawn_monitored("app:flow", "app:jobs"))
        io.print((workflow.query(pid, "key")))
        io.print((select(2, workflow.query(pid, "draw"))))
        process.send(pid, "end")
        io.print(process.events():receive().result.value)
        """,
    )
    result = app.main()
    assert result.lines == [
        "TdzY",
        "side effect cannot be used by a query handler",
        "ada, invalid token: it has expired, TdzY",
    ], result.stdout + result.stderr


def test_a_workflow_cannot_keep_more_than_a_payload(flow):
    app = flow(
        """
        return {main = function()
          local key = ("k"):rep(32)
          local _, err = crypto.encrypt.aes(("x"):rep(2 << 20), key)
          local fits = crypto.encrypt.aes(("x"):rep((2 << 20) - 28), key)
          return {err:kind(), err:message(), #crypto.decrypt.aes(fits, key), (select(2, pcall(table.sort, {1, 2}, crypto.random.uuid)))}
        end}
        """,
        'io.print((json.encode((process.exec("app:flow", "app:jobs")))))',
    )
    result = app.main()
    assert json.loads(result.stdout) == [
        "Invalid",
        "a value of 2097180 bytes is larger than the limit of 2097152",
        (2 << 20) - 28,
        "attempt to yield across a C-call boundary",
    ], result.stderr


def test_nothing_is_drawn_while_a_workflow_is_loaded(flow):
    app = flow(
        "local id = crypto.random.uuid() return {main = function() return id end}",
        'local _, err = process.exec("app:flow", "app:jobs") io.print(err:message())',
    )
    result = app.main()
    assert "can not yield from outside of a coroutine" in result.stdout, result.stderr
