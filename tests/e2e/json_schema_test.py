"""json.validate and json.validate_string."""
import json
from pathlib import Path

import pytest

SUITE = Path("/usr/share/json-schema-test-suite/tests")  # of the package json-schema-test-suite

# Where those drafts say otherwise than the one that is followed, or need other documents.
OTHERWISE = [
    "/format: ",  # describes, is not checked
    "/refRemote: ",
    "remote ref, containing refs itself",
    "/definitions: ",  # the metaschema
    "ref overrides any sibling keywords",
    "draft4/ref: Recursive references between schemas",  # id without $
]


def program(cases: list[tuple[str, str, str, bool]]) -> str:
    """Lua that reports every case whose verdict is not the expected one."""
    lines = ["local failures = {}", "local function case(name, schema, data, valid)",
             "  local ok, err = json.validate_string(schema, data)",
             "  if ok ~= valid then failures[#failures + 1] = name .. ': ' .. tostring(err) end", "end"]
    for name, schema, data, valid in cases:
        lines.append(f"case({lua(name)}, {lua(schema)}, {lua(data)}, {str(valid).lower()})")
    return "\n".join([*lines, "io.print(#failures == 0 and 'all as expected' or table.concat(failures, '\\n'))"])


def lua(text: str) -> str:
    return "[====[" + text + "]====]"


def cases_of(file: Path, otherwise) -> list[tuple[str, str, str, bool]]:
    found = []
    for group in json.loads(file.read_text()):
        for case in group["tests"]:
            name = f"{file.parent.name}/{file.stem}: {group['description']}: {case['description']}"
            if not any(text in name for text in otherwise):
                found.append((name, json.dumps(group["schema"]), json.dumps(case["data"]), case["valid"]))
    return found


@pytest.mark.parametrize("draft", ["draft7", "draft6", "draft4"])
def test_the_suite_of_older_drafts(app, draft):
    files = sorted((SUITE / draft).glob("*.json"))
    assert files, f"{SUITE} is not there: apt install json-schema-test-suite"
    cases = [case for file in files for case in cases_of(file, OTHERWISE)]
    assert len(cases) > 250
    app.program(program(cases), modules=("io", "json"))
    assert app.main().stdout.strip() == "all as expected"


# What the draft that is followed has beyond those: (schema, [what fits], [what does not]).
RECENT = [
    ({"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False}, [[], ["a"], ["a", 1]], [["a", "b"], ["a", 1, 2]]),
    ({"prefixItems": [{"const": 1}], "items": {"type": "string"}}, [[1, "a", "b"]], [[1, 2]]),
    ({"contains": {"const": 1}, "minContains": 2, "maxContains": 3}, [[1, 1], [1, 2, 1, 1]], [[1], [1, 1, 1, 1], []]),
    ({"contains": {"const": 1}, "minContains": 0}, [[], [2]], []),
    ({"dependentRequired": {"a": ["b", "c"]}}, [{}, {"b": 1}, {"a": 1, "b": 1, "c": 1}], [{"a": 1}, {"a": 1, "b": 1}]),
    ({"dependentSchemas": {"a": {"required": ["b"]}}}, [{}, {"a": 1, "b": 1}], [{"a": 1}]),
    ({"$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}, "n": {"type": "integer"}}, "required": ["n"]}},
      "$ref": "#/$defs/node"}, [{"n": 1}, {"n": 1, "next": {"n": 2}}], [{"n": 1, "next": {}}, {}]),
    ({"$ref": "#/$defs/a", "maxLength": 2, "$defs": {"a": {"type": "string"}}}, ["ab"], ["abc", 1]),
    ({"$ref": "#name", "$defs": {"a": {"$anchor": "name", "type": "null"}}}, [None], [1]),
    ({"$ref": "item", "$id": "http://example.com/root", "$defs": {"a": {"$id": "item", "type": "null"}}}, [None], [1]),
    ({"$ref": "/x/y#z", "$id": "http://example.com/root", "$defs": {"a": {"$id": "/x/y", "$defs": {"b": {"$anchor": "z", "const": 1}}}}}, [1], [2]),
    ({"$ref": "#/$defs/a%25b~1c~0d", "$defs": {"a%b/c~d": {"const": 1}}}, [1], [2]),
    ({"$ref": "#/elsewhere/0", "elsewhere": [{"const": 1}]}, [1], [2]),
    ({"$dynamicRef": "#it", "$defs": {"a": {"$dynamicAnchor": "it", "const": 1}}}, [1], [2]),
    ({"properties": {"a": True}, "unevaluatedProperties": False}, [{"a": 1}, {}], [{"b": 1}]),
    ({"allOf": [{"properties": {"a": True}}], "unevaluatedProperties": False}, [{"a": 1}], [{"a": 1, "b": 1}]),
    ({"anyOf": [{"properties": {"a": True}, "required": ["a"]}, {"properties": {"b": True}, "required": ["b"]}],
      "unevaluatedProperties": False}, [{"a": 1}, {"a": 1, "b": 1}], [{"a": 1, "c": 1}]),
    ({"if": {"properties": {"k": {"const": 1}}, "required": ["k"]}, "then": {"properties": {"a": True}}, "else": {"properties": {"b": True}},
      "unevaluatedProperties": False}, [{"k": 1, "a": 1}, {"b": 1}], [{"k": 1, "b": 1}, {"a": 1, "k": 2}]),
    ({"unevaluatedProperties": {"type": "integer"}, "patternProperties": {"^x": True}}, [{"x": "s", "y": 1}], [{"y": "s"}]),
    ({"not": {"properties": {"a": True}, "required": ["a"]}, "unevaluatedProperties": False}, [{}], [{"b": 1}]),
    ({"prefixItems": [True], "unevaluatedItems": False}, [[1], []], [[1, 2]]),
    ({"contains": {"const": 1}, "unevaluatedItems": {"const": 2}}, [[1, 2, 1]], [[1, 3]]),
    ({"$ref": "#/$defs/a", "unevaluatedProperties": False, "$defs": {"a": {"properties": {"a": True}}}}, [{"a": 1}], [{"b": 1}]),
    ({"type": ["integer", "null"]}, [1, 1.0, None, 9007199254740993], [1.5, "1", False]),
    ({"maximum": 9007199254740992}, [9007199254740992], [9007199254740993]),
    ({"multipleOf": 0.01}, [0.07, 1, 19.99], [0.075]),
    ({"minLength": 2, "maxLength": 3}, ["äö", "日本語"], ["ä", "äöüß"]),
    ({"pattern": "^\\u00e4+\\d$"}, ["ää1"], ["a1", "ää1\n"]),
    ({"enum": [{"a": [1, 2.0]}, "x", None]}, [{"a": [1.0, 2]}, "x", None], [{"a": [2, 1]}, "y", False]),
    ({"uniqueItems": True}, [[1, "1", True, [1], {"a": 1, "b": 2}]], [[1, 1.0], [{"a": 1, "b": 2}, {"b": 2, "a": 1}]]),
    ({"format": "email", "title": "t", "deprecated": True, "default": 1, "x-own": {"type": "nonsense"}}, ["no email"], []),
]


def test_the_draft_that_is_followed(app):
    cases = [(json.dumps(schema) + " " + json.dumps(data), json.dumps(schema), json.dumps(data), valid)
             for schema, fits, others in RECENT
             for data, valid in [*((one, True) for one in fits), *((one, False) for one in others)]]
    app.program(program(cases), modules=("io", "json"))
    assert app.main().stdout.strip() == "all as expected"


def test_what_it_says(checks):
    build = checks.build
    checks.build = lambda main: build(main, modules=("io", "json"))
    checks.run("""
        local function refuses(name, text, ...)
          local ok, err = json.validate(...)
          check.eq(name .. ": verdict", ok, false)
          check.err(name, err, "Invalid", text)
          check.eq(name .. ": retryable", err:retryable(), false)
        end
        local person = {type = "object", required = {"name"}, properties = {
          name = {type = "string", minLength = 1},
          tags = {type = "array", items = {type = "string"}},
          address = {properties = {zip = {type = "string", pattern = "^[0-9]{5}$"}}},
        }, additionalProperties = false}
        check.eq("fits", {json.validate(person, {name = "Ada", tags = {"a"}, address = {zip = "12345"}})}, {true})
        check.eq("as text", {json.validate(json.encode(person), {name = "Ada"})}, {true})
        refuses("type", "data must be a map, is a string", person, "x")
        refuses("required", "data lacks the member name", person, {other = 1})
        refuses("generic part", "evaluation failed", person, {other = 1})
        refuses("member", "data.name must have at least 1 characters", person, {name = ""})
        refuses("item", "data.tags[2] must be a string, is an integer", person, {name = "a", tags = {"a", 1}})
        refuses("deep", "data.address.zip must match the pattern ^[0-9]{5}$", person, {name = "a", address = {zip = "x"}})
        refuses("additional", "data.extra must not be there", person, {name = "a", extra = 1})
        refuses("forms", "data fits none of the forms it may have", {anyOf = {{type = "string"}, {type = "null"}}}, 1)
        refuses("several forms", "data fits more than one of the forms", {oneOf = {{type = "integer"}, {type = "number"}}}, 1)
        refuses("values", "data is none of the values it may have", {enum = {1, 2}}, 3)
        refuses("types", "must be a number or a string, is a boolean", {type = {"string", "number"}}, true)
        refuses("limits", "data must be at least 3", {minimum = 3}, 2)
        refuses("exclusive", "data must be less than 3.5", {exclusiveMaximum = 3.5}, 3.5)

        -- Tables that are empty are lists and maps.
        for _, kind in ipairs({"object", "array"}) do
          check.eq("empty " .. kind, {json.validate({type = kind}, {})}, {true})
          check.eq("inside " .. kind, {json.validate({properties = {t = {type = kind}}}, {t = {}})}, {true})
        end
        refuses("what was a map is one", "must be a list, is a map", {type = "array"}, json.decode("{}"))
        check.eq("empty: constant", {json.validate({const = json.decode("{}")}, {})}, {true})
        check.eq("text knows", (json.validate_string({type = "object"}, "[]")), false)

        refuses("no schema", "schema is required", nil, 1)
        refuses("wrong schema", "schema must be a string or table", 1, 1)
        refuses("no data", "data is required", {})
        refuses("bad text", "failed to compile schema", "{", 1)
        refuses("bad schema", "failed to compile schema: schema #: a schema must be a map, true or false", "1", 1)
        refuses("bad keyword", "schema #/properties/a/type: must name types", {properties = {a = {type = "text"}}}, {})
        refuses("bad count", "#/minLength: must be a whole number", {minLength = -1}, "")
        refuses("bad pattern", "#/pattern: the pattern cannot be used", {pattern = "("}, "")
        refuses("look-around", "the pattern cannot be used", {pattern = "(?=a)"}, "")
        refuses("no such part", "there is no #/$defs/x in this document", {["$ref"] = "#/$defs/x"}, 1)
        refuses("another document", "there is no http://example.com/s in this document", {["$ref"] = "http://example.com/s"}, 1)
        refuses("data that is no JSON", "mixed-key", {}, {1, a = 2})
        check.eq("function values are null", {json.validate({type = "null"}, print)}, {true})

        local ok, err = json.validate_string({}, 1)
        check.err("no text", err, "Invalid", "data must be a JSON string")
        ok, err = json.validate_string({})
        check.err("no data", err, "Invalid", "data is required")
        ok, err = json.validate_string({}, "{")
        check.err("malformed data", err, "Invalid", "json")
        check.eq("null", {json.validate_string({type = "null"}, "null")}, {true})

        check.eq("an empty schema", {json.validate({properties = {a = {}}, items = {}}, {a = 1})}, {true})

        -- Neither endless nor excessive schemas hold anybody up.
        refuses("endless", "too long", {["$ref"] = "#"}, 1)
        local defs = {d0 = {type = "string"}}
        for i = 1, 60 do
          local below = {["$ref"] = "#/$defs/d" .. i - 1}
          defs["d" .. i] = {allOf = {{["not"] = below}, {["not"] = below}, {["not"] = {["not"] = below}}}}
        end
        defs.wide = {["$ref"] = "#/$defs/d60"}
        local ok, err = json.validate({["$defs"] = defs, anyOf = {{["$ref"] = "#/$defs/wide"}, {["$ref"] = "#/$defs/wide"}}}, 1)
        check.eq("excessive: ends", ok, false)
        -- More schemas than are kept.
        for i = 1, 250 do check.eq("many", {json.validate({const = i}, i)}, {true}) end
    """)
