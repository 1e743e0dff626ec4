"""Contracts: definitions, bindings, the contract module."""
import pytest

DEFINITIONS = """
- name: greeter
  kind: contract.definition
  methods:
    - name: hello
      description: Says hello
      input_schemas: [{format: "application/schema+json", definition: {type: object}}]
      output_schemas: [{format: "application/schema+json"}]
    - {name: where}
- name: counter
  kind: contract.definition
  methods: [{name: hello_async}]
- name: english
  kind: contract.binding
  contracts:
    - contract: app:greeter
      default: true
      context_required: [locale, mood]
      methods: {hello: app:hello, where: where}
    - contract: app:counter
      methods: {hello_async: app:hello}
- name: french
  kind: contract.binding
  contracts:
    - {contract: "app:greeter", methods: {hello: "app:fails", where: "app:absent"}}
"""


def with_functions(checks):
    checks.function("hello", "local name = ... return {name = name, n = select('#', ...), ctx = (ctx.all())}")
    checks.function("where", "return 'where:' .. tostring((...))")
    checks.function("fails", "return nil, errors.new({message = 'no', kind = errors.CONFLICT, retryable = true, details = {a = 1}})")
    return checks.entries(DEFINITIONS)


@pytest.fixture
def contracts(checks):
    build = checks.build
    checks.build = lambda main: build(main, modules=("io", "funcs", "time", "ctx", "contract"))
    return with_functions(checks)


def test_looking_at_contracts(contracts):
    contracts.run("""
        local greeter, err = contract.get("app:greeter")
        check.eq("no error", err, nil)
        check.eq("id", greeter:id(), "app:greeter")
        check.eq("methods", greeter:methods(), {
          {name = "hello", description = "Says hello",
           input_schemas = {{format = "application/schema+json", definition = {type = "object"}}},
           output_schemas = {{format = "application/schema+json"}}},
          {name = "where", description = ""}})
        check.eq("method", {greeter:method("where")}, {{name = "where", description = ""}})
        check.fail("no such method", "NotFound", "method 'nope' not found", greeter:method("nope"))
        check.eq("implementations", {greeter:implementations()}, {{"app:english", "app:french"}})
        check.eq("find", {contract.find_implementations("app:greeter")}, {{"app:english", "app:french"}})
        check.eq("find: one", {contract.find_implementations("app:counter")}, {{"app:english"}})
        check.eq("find: unknown", {contract.find_implementations("app:nope")}, {{}})
        check.fail("unknown", "NotFound", "contract definition 'app:nope' not found", contract.get("app:nope"))
        check.fail("no definition", "NotFound", "contract definition 'app:english' not found", contract.get("app:english"))
        check.raises("id of a wrong type", "bad argument", contract.get, {})
        check.raises("wrong receiver", "bad argument", function() greeter.methods({}) end)
    """)


def test_calls(contracts):
    contracts.run("""
        local it, err = contract.open("app:english?locale=en&mood=1.5&n=3&on=true&e=")
        check.eq("opened", err, nil)
        check.eq("result", {it:where("here")}, {"where:here"})
        check.eq("arguments and scope", {it:hello("you", nil)},
                 {{name = "you", n = 2, ctx = {locale = "en", mood = 1.5, n = 3.0, on = true, e = ""}}})
        check.eq("any first argument is skipped", it.where("skipped", "taken"), "where:taken")
        check.eq("no method", it.nope, nil)
        check.raises("calling it", "nil value", function() it:nope() end)
        check.eq("no number", it[1], nil)
        -- The suffix is always the asynchronous form.
        local future, err = it:where_async("later")
        check.eq("future: no error", err, nil)
        check.eq("future", future:response():receive():data(), "where:later")
        check.eq("future of a method named like one", it:hello_async_async("x"):response():receive():data().name, "x")

        local french = contract.open("app:french")
        local v, err = french:hello()
        check.fail("error of the function", "Conflict", "no", v, err)
        check.eq("error: rest", {err:retryable(), err:details()}, {true, {a = 1}})
        check.fail("no such function", "NotFound", "no handler registered for target", french:where())
        future = french:where_async()
        check.err("no such function, later", future:response():receive(), "NotFound", "no handler registered")

        check.eq("is", {contract.is(it, "app:greeter"), contract.is(it, "app:counter"), contract.is(french, "app:counter")},
                 {true, true, false})
        check.eq("is: another object", contract.is(funcs.new(), "app:greeter"), false)
        check.raises("is: no object", "bad argument", contract.is, "app:english", "app:greeter")
        check.eq("an instance stays where it is", funcs.call("app:where", it), "where:nil")
        check.eq("text", tostring(it), "contract.Instance{}")

        check.fail("unknown binding", "NotFound", "contract binding 'app:nope' not found", contract.open("app:nope?a=1"))
        check.fail("a definition is none", "NotFound", "contract binding 'app:greeter' not found", contract.open("app:greeter"))
        check.fail("bad query", "Invalid", "invalid query", contract.open("app:english?a=%zz"))
        check.fail("empty", "Invalid", "", contract.open(""))
        check.raises("wrong type", "bad argument", contract.open, {})
        check.raises("wrong scope", "bad argument", contract.open, "app:english", 1)
    """)


def test_scope_and_what_is_required(contracts):
    contracts.function("inside", """
        local contract = require("contract")
        return (contract.open("app:english", {mood = "own"}):hello())
    """, "modules: [contract]")
    contracts.run("""
        local bare = contract.open("app:english")
        local v, err = bare:hello()
        check.fail("missing", "Invalid", "missing required context keys: [locale, mood]", v, err)
        check.eq("details", err:details(), {missing_keys = {"locale", "mood"}})
        check.eq("retryable", err:retryable(), false)
        check.fail("asynchronously", "Invalid", "missing required context keys", bare:hello_async())
        check.fail("one of them", "Invalid", "keys: [locale]", contract.open("app:english?mood=x"):where())
        check.eq("another contract of the binding requires nothing", bare:hello_async_async("x"):response():receive():data().name, "x")
        -- The caller's own values count, and the scope lies over them.
        v = funcs.new():with_context({locale = "en", mood = "caller's", more = 1}):call("app:inside")
        check.eq("of the caller", v.ctx, {locale = "en", mood = "own", more = 1.0})

        local function ctx_of(it) return it:hello("x").ctx end
        check.eq("a table over the query", ctx_of(contract.open("app:english?locale=en&mood=1", {mood = 2})), {locale = "en", mood = 2.0})
        check.eq("first of several", ctx_of(contract.open("app:english?locale=a&locale=b&mood=")), {locale = "a", mood = ""})
        local greeter = contract.get("app:greeter")
        local with = greeter:with_context({locale = "w", mood = "w"})
        check.eq("default binding", ctx_of(with:open()), {locale = "w", mood = "w"})
        check.eq("merged", ctx_of(with:with_context({mood = "v"}):open(nil)), {locale = "w", mood = "v"})
        check.eq("over the query", ctx_of(with:open("app:english?locale=q&q=1")), {locale = "w", mood = "w", q = 1.0})
        check.eq("the table last, without an id too", ctx_of(with:open(nil, {mood = "t"})), {locale = "w", mood = "t"})
        check.fail("the builder did not change", "Invalid", "missing required", greeter:open():hello())
        check.fail("no default", "NotFound", "no default binding for contract 'app:counter'", contract.get("app:counter"):open())
        check.fail("unknown", "NotFound", "contract binding 'app:nope' not found", greeter:open("app:nope"))
        check.raises("context of a wrong type", "bad argument", function() greeter:with_context(1) end)
        check.raises("options of a wrong type", "bad argument", function() greeter:with_options(1) end)
    """)


def test_options_and_cancellation(contracts):
    contracts.unit("function.lua", "flaky", """
        local calls = 0
        return {main = function(succeed_at)
          calls = calls + 1
          if calls < succeed_at then return nil, errors.new({message = "not yet", kind = errors.UNAVAILABLE}) end
          local made = calls
          calls = 0
          return made
        end}
    """, "method: main, pool: {size: 1}")
    contracts.function("sleeps", "process.send((...), 'up', process.pid()) time.sleep('1h')")
    contracts.process("opens", """
        local contract = require("contract")
        local reply = ...
        coroutine.spawn(function() contract.open("app:worker"):sleep(reply) end)
        process.inbox():receive()
    """, "modules: [contract]")
    contracts.entries("""
        - {name: work, kind: contract.definition, methods: [{name: flaky}, {name: sleep}]}
        - name: worker
          kind: contract.binding
          contracts: [{contract: "app:work", default: true, methods: {flaky: flaky, sleep: sleeps}}]
    """)
    contracts.run("""
        local retry = {retry = {max_attempts = 3, initial_delay = 1}}
        check.eq("options of the instance", contract.open("app:worker", nil, retry):flaky(3), 3)
        local work = contract.get("app:work")
        check.eq("options of the contract", work:with_options(retry):open():flaky(2), 2)
        check.fail("replaced", "Unavailable", "not yet", work:with_options(retry):with_options({}):open():flaky(2))
        check.eq("reset", work:open():flaky(1), 2)

        local up, events = process.listen("up"), process.events()
        local root = process.spawn("app:opens", "app:procs", process.pid())
        local call = up:receive()
        process.monitor(call)
        process.send(root, "end")
        check.err("cancelled with its root", events:receive().result.error, "Canceled", "context canceled")
    """)


ORDERS = """
- name: orders
  kind: contract.definition
  validate_arguments: true
  methods:
    - name: place
      input_schemas:
        - format: application/schema+json
          definition:
            type: object
            required: [item, pieces]
            properties:
              item: {type: string}
              pieces: {type: integer, minimum: 1}
              notes: {type: array, items: {type: string}}
        - {format: text/plain, definition: anything}
        - {format: application/schema+json, definition: '{"type": ["string", "null"]}'}
    - {name: free}
- name: described
  kind: contract.definition
  methods: [{name: place, input_schemas: [{format: application/schema+json, definition: {type: object}}]}]
- name: shop
  kind: contract.binding
  contracts:
    - {contract: "app:orders", methods: {place: "app:echo", free: "app:echo"}}
- name: lax
  kind: contract.binding
  contracts:
    - {contract: "app:described", methods: {place: "app:echo"}}
"""


def test_arguments_are_held_against_the_schema(contracts):
    contracts.entries(ORDERS)
    contracts.function("echo", "return {n = select('#', ...), first = (...)}")
    contracts.run("""
        local shop = contract.open("app:shop")
        check.eq("fits", {shop:place({item = "fig", pieces = 2})}, {{n = 1, first = {item = "fig", pieces = 2}}})
        check.eq("an empty list is one", (shop:place({item = "fig", pieces = 1.0, notes = {}})).n, 1)
        local function refused(name, text, ...)
          local v, err = shop:place(...)
          check.fail(name, "Invalid", "method place of app:orders: " .. text, v, err)
          check.eq(name .. ": retryable", err:retryable(), false)
          v, err = shop:place_async(...)
          check.fail(name .. ", asynchronously", "Invalid", text, v, err)
          return err:details()
        end
        refused("member", "argument 1.pieces must be at least 1", {item = "fig", pieces = 0})
        check.eq("details", refused("item", "argument 1.notes[2] must be a string, is an integer", {item = "fig", pieces = 1, notes = {"a", 2}}),
                 {contract = "app:orders", method = "place", argument = 1, path = "notes[2]", problem = "must be a string, is an integer"})
        refused("lacks", "argument 1 lacks the member pieces", {item = "fig"})
        refused("type", "argument 1 must be a map, is a string", "fig")
        refused("absent", "argument 1 must be a map, is null")
        refused("third", "argument 3 must be null or a string, is a boolean", {item = "fig", pieces = 1}, 1, true)
        refused("no JSON", "argument 1 cannot encode mixed-key table", {item = "fig", pieces = 1, 2})
        check.eq("others are not looked at", (shop:place({item = "fig", pieces = 1}, print, "x", 4)).n, 4)
        check.eq("without a schema", (shop:free(1, {}, print)).n, 3)
        -- Unless the definition wants it, schemas only describe.
        check.eq("described", {contract.open("app:lax"):place("text")}, {{n = 1, first = "text"}})
    """)


@pytest.mark.parametrize("entries, message", [
    ("""
- name: c
  kind: contract.definition
  validate_arguments: true
  methods: [{name: a, input_schemas: [{format: application/schema+json}, {format: application/schema+json, definition: {type: thing}}]}]
     """, "field methods[0].input_schemas[1].definition: schema #/type: must name types"),
    ("- {name: c, kind: contract.definition, methods: [], validate_arguments: 1}", "field validate_arguments: must be a boolean"),
    ("- {name: c, kind: contract.definition, methods: [{description: x}]}", "field methods[0].name: is required"),
    ("- {name: c, kind: contract.definition, methods: [{name: a}, {name: a}]}",
     "field methods[1].name: there is a method a already"),
    ("- {name: c, kind: contract.definition, methods: [{name: a, input_schemas: [{definition: {}}]}]}",
     "field methods[0].input_schemas[0].format: is required"),
    ("- {name: c, kind: contract.definition, methods: [a]}", "field methods[0]: must be a map"),
    ("- {name: c, kind: contract.definition, methods: {a: 1}}", "field methods: must be a list"),
    ("- {name: b, kind: contract.binding}", "field contracts: must name at least one contract"),
    ("- {name: b, kind: contract.binding, contracts: [{methods: {}}]}", "field contracts[0].contract: is required"),
    ("- {name: b, kind: contract.binding, contracts: [{contract: 'app:nope'}]}",
     "field contracts[0].contract: there is no entry app:nope"),
    ("- {name: b, kind: contract.binding, contracts: [{contract: nope}]}", '"nope" needs a namespace'),
    ("- {name: b, kind: contract.binding, contracts: [{contract: 'app:procs'}]}",
     "app:procs is a process.host, not a contract.definition"),
    ("""
- {name: c, kind: contract.definition, methods: [{name: a}, {name: b}]}
- {name: b, kind: contract.binding, contracts: [{contract: 'app:c', methods: {a: 'app:f'}}]}
     """, "field contracts[0].methods: does not bind method b of app:c"),
    ("""
- {name: c, kind: contract.definition, methods: [{name: a}]}
- {name: b, kind: contract.binding, contracts: [{contract: 'app:c', methods: {a: 'app:f', z: 'app:f'}}]}
     """, "field contracts[0].methods.z: app:c has no method z"),
    ("""
- {name: c, kind: contract.definition, methods: []}
- {name: b1, kind: contract.binding, contracts: [{contract: 'app:c', default: true}]}
- {name: b2, kind: contract.binding, contracts: [{contract: 'app:c', default: true}]}
     """, "app:c has the default binding app:b1 already"),
    ("""
- {name: c, kind: contract.definition, methods: []}
- {name: b, kind: contract.binding, contracts: [{contract: 'app:c'}, {contract: 'app:c'}]}
     """, "field contracts[1].contract: app:c is bound already"),
    ("""
- {name: c, kind: contract.definition, methods: [{name: a}]}
- {name: b, kind: contract.binding, contracts: [{contract: 'app:c', default: 1, context_required: [1], methods: {a: 1}}]}
     """, "must be true or false"),
])
def test_mistakes_in_entries(app, entries, message):
    app.program("return 0", entries=entries)
    result = app.main()
    assert result.code == 1
    assert message in result.stderr
