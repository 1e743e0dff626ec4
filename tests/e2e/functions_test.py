"""Functions: calls, results, errors, values."""


def test_calls_and_their_errors(checks):
    checks.function("add", "local a, b = ... return a + b")
    checks.function("count", "return select('#', ...)")
    checks.function("fails", """
        local how = ...
        if how == "text" then return "dropped", "bad input" end
        if how == "empty" then return 1, "" end
        if how == "object" then
          return 1, errors.new({message = "m", kind = errors.CONFLICT, retryable = true, details = {a = 1, b = {c = "x"}}})
        end
        if how == "bare" then return nil, errors.new("bare") end
        if how == "raise" then error("raised") end
        if how == "raise0" then error("raised", 0) end
        if how == "raise object" then error(errors.new({message = "r", kind = errors.UNAVAILABLE, retryable = true, details = {k = "v"}})) end
        if how == "raise table" then error({}) end
        if how == "raise nil" then error() end
        if how == "runtime" then local t = nil; return t.x end
        if how == "coroutine" then
          coroutine.spawn(function() error("in a coroutine") end)
          time.sleep("1h")
        end
        if how == "handler" then
          xpcall(function() error("a") end, function() error("b") end)
          return "survived"
        end
        if how == "number" then return 7, 8 end
        if how == "false" then return 7, false end
        if how == "table" then return 7, {} end
        if how == "function" then return 7, print end
        if how == "third" then return 7, nil, "ignored" end
        if how == "nothing" then return end
    """)
    checks.unit("function.lua", "no_method", "return {other = function() end}", "method: main")
    checks.unit("function.lua", "only_function", "return function(a) return 'direct ' .. a end", "method: whatever")
    checks.unit("function.lua", "bad_chunk", "error('while loading')", "method: main")
    checks.unit("function.lua", "yields_in_chunk", "time.sleep('1ms') return {main = print}", "method: main, modules: [time]")
    checks.unit("function.lua", "chunk_is_nothing", "local x = 1", "method: main")
    checks.process("plain_process", "return 1")
    checks.run("""
        check.raises("no target", "bad argument", funcs.call)
        check.raises("target of a wrong type", "bad argument", funcs.call, {})
        check.fail("empty", "Invalid", "function ID required", funcs.call(""))
        check.fail("no namespace", "Invalid", "namespace required in function ID", funcs.call("add"))
        check.fail("no name", "Invalid", "name required in function ID", funcs.call("app:"))
        local v, err = funcs.call("app:absent", 1)
        check.fail("unknown", "NotFound", "no handler registered for target", v, err)
        check.eq("unknown: target", err:details().target, "app:absent")
        check.eq("unknown: retryable", err:retryable(), false)
        check.fail("no function", "NotFound", "no handler registered for target", funcs.call("app:procs"))
        check.fail("process without host", "NotFound", "no handler registered for target", funcs.call("app:plain_process"))

        check.eq("result", {funcs.call("app:add", 40, 2)}, {42})
        check.eq("two results", select("#", funcs.call("app:add", 1, 2)), 2)
        check.eq("trailing nils", funcs.call("app:count", 1, nil, nil), 3)
        check.eq("no arguments", funcs.call("app:count"), 0)
        check.eq("chunk that is a function", funcs.call("app:only_function", "x"), "direct x")

        local function failing(how) return funcs.call("app:fails", how) end
        v, err = failing("text")
        check.fail("text", "Internal", "bad input", v, err)
        check.eq("text: retryable", err:retryable(), false)
        v, err = failing("empty")
        check.fail("empty text", "Internal", "", v, err)
        v, err = failing("object")
        check.fail("object", "Conflict", "m", v, err)
        check.eq("object: retryable", err:retryable(), true)
        check.eq("object: details", err:details(), {a = 1, b = {c = "x"}})
        v, err = failing("bare")
        check.fail("object without kind", "Internal", "bare", v, err)
        v, err = failing("raise")
        check.fail("raised", "Internal", "app:fails:9: raised", v, err)
        check.eq("raised: retryable", err:retryable(), nil)
        check.eq("raised: message", err:message(), "app:fails:9: raised")
        v, err = failing("raise0")
        check.eq("raised without position", tostring(err), "raised")
        v, err = failing("raise object")
        check.fail("raised object", "Unavailable", "r", v, err)
        check.eq("raised object: retryable", err:retryable(), true)
        check.eq("raised object: details", err:details(), {k = "v"})
        check.fail("raised table", "Internal", "table", failing("raise table"))
        check.fail("raised nil", "Internal", "nil", failing("raise nil"))
        check.fail("runtime error", "Internal", "attempt to index a nil value", failing("runtime"))
        check.fail("error in a coroutine", "Internal", "in a coroutine", failing("coroutine"))
        check.eq("error in a handler", failing("handler"), "survived")
        for _, how in ipairs({"number", "false", "table", "function", "third"}) do
          check.eq("ignored second value: " .. how, {failing(how)}, {7})
        end
        check.eq("nothing", {failing("nothing")}, {})

        check.fail("method missing", "NotFound", 'method "main" not found in module', funcs.call("app:no_method"))
        check.fail("nothing returned", "NotFound", 'method "main" not found in module', funcs.call("app:chunk_is_nothing"))
        v, err = funcs.call("app:bad_chunk")
        check.fail("chunk raised", "Internal", "failed to execute script: app:bad_chunk:1: while loading", v, err)
        check.eq("chunk raised: retryable", err:retryable(), false)
        check.fail("chunk yields", "Internal", "can not yield from outside of a coroutine", funcs.call("app:yields_in_chunk"))
        -- An error is a string to whoever treats it as one.
        check.that("string functions take errors", string.find(err, "while loading"))
        check.that("concatenation", ("e: " .. err):find("while loading"))
    """)


def test_values_are_copied(checks):
    checks.function("same", "return ...")
    checks.function("mutates", "local t = ... t.x = 2 t.inner.y = 3 return t")
    checks.function("inspect", """
        local t = ...
        if t.what == "shared" then return t.a == t.b and t.a ~= nil end
        if t.what == "cycle" then return t.self == t and t.list[1] == t end
        if t.what == "holes" then return {n = #t.list, first = t.list[1], third = t.list[3], second = t.list[2] == nil} end
    """)
    checks.function("two", "local a, b = ... return a ~= b and a.v == 1 and b.v == 1")
    checks.function("kinds", """
        local t = ...
        local got = {}
        for k, v in pairs(t) do got[#got + 1] = tostring(k) .. ":" .. type(v) end
        table.sort(got)
        return table.concat(got, " ")
    """)
    checks.function("has_method", "local o = ... return getmetatable(o) ~= nil and o.fallback")
    checks.function("result_with_function", "return {a = 1, f = function() end}")
    result = checks.run("""
        local function same(v) return funcs.call("app:same", v) end
        for _, v in ipairs({1, 1.5, -0.0, 2^53, math.maxinteger or 9007199254740993, math.mininteger or 1, "", "a\\0b\\255", true, false}) do
          check.eq("scalar " .. tostring(v), same(v), v)
        end
        check.eq("1/-0.0", 1 / same(-0.0), -math.huge)
        check.eq("inf", same(math.huge), math.huge)
        local nan = same(0/0)
        check.that("nan", nan ~= nan, nan)
        check.eq("integer stays", string.format("%d", same(3)), "3")
        check.eq("nested", same({1, {2, {3}}, k = {x = "y"}}), {1, {2, {3}}, k = {x = "y"}})
        check.eq("keys", same({[true] = 1, [1.5] = 2, [-1] = 3, [0] = 4}), {[true] = 1, [1.5] = 2, [-1] = 3, [0] = 4})
        check.eq("long string", #same(string.rep("x", 3000000)), 3000000)
        local long = {}
        for i = 1, 20000 do long[i] = i end
        check.eq("long list", same(long), long)

        local t = {x = 1, inner = {y = 1}}
        check.eq("mutated there", funcs.call("app:mutates", t), {x = 2, inner = {y = 3}})
        check.eq("not here", t, {x = 1, inner = {y = 1}})
        local shared = {}
        check.eq("shared", funcs.call("app:inspect", {what = "shared", a = shared, b = shared}), true)
        local cycle = {what = "cycle", list = {}}
        cycle.self, cycle.list[1] = cycle, cycle
        check.eq("cycle", funcs.call("app:inspect", cycle), true)
        check.eq("holes", funcs.call("app:inspect", {what = "holes", list = {1, nil, 3}}),
                 {n = 3, first = 1, third = 3, second = true})
        local v = {v = 1}
        check.eq("not shared between arguments", funcs.call("app:two", v, v), true)
        check.eq("metatable", funcs.call("app:has_method", setmetatable({}, {__index = {fallback = "f"}})), "f")

        local e = same(errors.new({message = "m", kind = "Mine", retryable = true, details = {d = 1}}))
        check.err("error object", e, "Mine", "m")
        check.eq("error object: rest", {e:retryable(), e:details()}, {true, {d = 1}})

        -- What cannot cross becomes nil.
        check.eq("channel", same(channel.new()), nil)
        check.eq("function", same(print), nil)
        check.eq("thread", same(coroutine.create(function() end)), nil)
        check.eq("time", same(time.now()), nil)
        check.eq("inside", funcs.call("app:kinds", {f = print, c = channel.new(), n = 1, l = {1}}), "l:table n:number")
        check.eq("result", funcs.call("app:result_with_function"), {a = 1})
        -- Too deep is cut rather than fatal.
        local deep = {}
        local at = deep
        for i = 1, 5000 do at.next = {} at = at.next end
        check.that("deep", type(same(deep)) == "table")
    """, "-v")
    dropped = [line for line in result.stderr.splitlines() if "arrives as nil" in line]
    assert any('"app:main"' in line and "call of app:same" in line for line in dropped), result.stderr
    assert any("app:result_with_function" in line and ".f" in line for line in dropped), result.stderr


def test_frozen_tables_cross_like_others(checks):
    checks.function("same", "return ...")
    checks.run("""
        local freeze = table.freeze or table.immutable
        if freeze then
          local t = freeze({1, 2, nil, 4, k = "v", inner = freeze({5})})
          check.eq("list", {funcs.call("app:same", t)}, {{1, 2, nil, 4, k = "v", inner = {5}}})
          local back = funcs.call("app:same", t)
          back.k = "w"
          check.eq("the copy is no longer frozen", back.k, "w")
          local v = funcs.new():with_context(freeze({a = freeze({1, 2})})):call("app:same", 1)
          check.eq("context", v, 1)
          local e = errors.new({message = "m", details = freeze({a = freeze({b = 1})})})
          check.eq("details", e:details(), {a = {b = 1}})
          local r = channel.select(freeze({default = true, channel.new(1):case_send(7)}))
          check.eq("select", r.value, 7)
        end
    """)
