"""Error objects and how errors travel."""


def test_error_objects(checks):
    checks.run("""
        check.eq("kinds", {errors.NOT_FOUND, errors.ALREADY_EXISTS, errors.INVALID, errors.PERMISSION_DENIED, errors.UNAVAILABLE,
                           errors.INTERNAL, errors.CANCELED, errors.CONFLICT, errors.TIMEOUT, errors.RATE_LIMITED, errors.UNKNOWN},
                 {"NotFound", "AlreadyExists", "Invalid", "PermissionDenied", "Unavailable", "Internal", "Canceled", "Conflict",
                  "Timeout", "RateLimited", ""})
        local e = errors.new("m")
        check.eq("plain", {e:kind(), e:message(), e:retryable() == nil, e:details() == nil, tostring(e), type(e)}, {"", "m", true, true, "m", "userdata"})
        check.eq("second argument", errors.new("NotFound", "x"):message(), "NotFound")
        e = errors.new({message = "m", kind = "Mine", retryable = false, details = {a = 1, n = {b = true, 5}, [1] = "lost", f = print}})
        check.eq("kind", {e:kind(), e:retryable()}, {"Mine", false})
        local d = e:details()
        check.eq("details", {d.a, d.n, d[1], type(d.f)}, {1, {b = true}, nil, "string"})
        d.a = 2
        check.eq("fresh details", e:details().a, 1)
        check.eq("empty details", errors.new({message = "m", details = {}}):details(), nil)
        e = errors.new({message = "m", kind = 5, retryable = "x", details = "y"})
        check.eq("wrong types are ignored", {e:kind(), e:retryable() == nil, e:details() == nil}, {"", true, true})
        check.raises("no message", "message field is required", errors.new, {})
        check.raises("message of a wrong type", "message must be a string", errors.new, {message = 5})
        check.raises("neither", "expected string or table", errors.new, true)
        local cycle = {}
        cycle.self = cycle
        check.eq("cyclic details", type(errors.new({message = "m", details = cycle})), "userdata")

        -- As text.
        e = errors.new({message = "boom", kind = errors.CONFLICT})
        check.eq("concatenation", {"a " .. e, e .. " b", e .. 5, e .. e}, {"a boom", "boom b", "boom5", "boomboom"})
        check.eq("string functions", {string.find(e, "oo"), string.upper(e), string.len(e)}, {2, "BOOM", 4})
        check.eq("identity", {e == e, e == errors.new("boom")}, {true, false})
        check.that("no fields", type(e.kind) == "function" and e.nothing == nil)
        check.raises("immutable", "", function() e.kind = 1 end)
        check.raises("no order", "", function() return e < e end)
        check.raises("no arithmetic", "", function() return e + 1 end)
        check.that("assert raises an error object as it is", select(2, pcall(assert, nil, e)) == e)

        -- wrap.
        local w1 = errors.wrap(errors.new({message = "boom", kind = "K", retryable = true, details = {x = 1}}), "a")
        local w2 = errors.wrap(w1, "b")
        local w3 = errors.wrap(w2, "c")
        check.eq("messages", {tostring(w1), tostring(w2), tostring(w3)}, {"boom", "a: boom", "b: a: boom"})
        check.eq("kept", {w2:kind(), w2:retryable(), w2:details()}, {"K", true, {x = 1}})
        check.that("context in the stack", w1:stack():find("a", 1, true) and w2:stack():find("b", 1, true))
        local s = errors.wrap("text", "c")
        check.eq("a string", {s:kind(), tostring(s)}, {"", "text"})
        check.eq("context that is an error", tostring(errors.wrap(errors.wrap("x", errors.new("ctx")), "y")), "ctx: x")
        check.raises("of nil", "", errors.wrap, nil, "x")
        check.raises("without context", "", errors.wrap, "x")

        check.eq("is", {errors.is(w1, "K"), errors.is(w1, "Other"), errors.is(nil, "K"), errors.is("K", "K"), errors.is({}, "")},
                 {true, false, false, false, false})
        check.eq("is unknown", errors.is(errors.new("x"), errors.UNKNOWN), true)
        local stack = errors.call_stack(e)
        check.that("call_stack", stack and stack.thread and #stack.frames >= 1, stack)
        local frame = stack.frames[1]
        check.eq("frame", {type(frame.level), frame.level, type(frame.source), type(frame.line), type(frame.name), type(frame.type)},
                 {"number", 0, "string", "number", "string", "string"})
        check.eq("no stack", {errors.call_stack("x"), errors.call_stack(nil)}, {})
        check.that("stack", e:stack():find("app:main:%d+"), e:stack())
    """)


def test_raising(checks):
    checks.unit("library.lua", "lib", """
        local lib = {}
        function lib.fail() error("in the library") end
        function lib.level2() error("for the caller", 2) end
        return lib
    """)
    checks.process("raiser", "lib.fail()", "imports: {lib: app:lib}")
    checks.process("blames", "lib.level2()", "imports: {lib: app:lib}")
    checks.process("late", "time.sleep('1ms')\nlocal t = nil\nreturn t.x", "modules: [time]")
    checks.run("""
        local ok, e = pcall(error, "text", 0)
        check.eq("level 0", {ok, e}, {false, "text"})
        ok, e = pcall(function() error("text") end)
        check.that("prefix", e:match("^app:main:%d+: text$"), e)
        local object = errors.new("o")
        ok, e = pcall(error, object)
        check.that("the same object", e == object)
        ok, e = pcall(error, {1})
        check.eq("any value", e, {1})
        ok, e = pcall(error)
        check.eq("nil", {ok, e}, {false})
        ok, e = pcall(function() local x = nil; return x.y end)
        check.that("runtime errors are strings", type(e) == "string" and e:match("^app:main:%d+: attempt to index"), e)
        ok, e = pcall(assert, false, "message")
        check.that("assert", tostring(e):find("message"), e)
        check.that("assert passes values", select("#", assert(1, 2, 3)) == 3)
        -- Errors in handlers end somewhere.
        ok, e = xpcall(function() error("a") end, function() error("b") end)
        check.eq("handler fails", ok, false)
        ok, e = xpcall(function() error("a") end, function(m) return {handled = m} end)
        check.that("handler's value", e.handled:find("a"), e)
        local function deep() return 1 + deep() end
        ok, e = pcall(deep)
        check.that("stack overflow is an error", not ok and tostring(e):find("stack overflow"), e)
        ok, e = xpcall(deep, function(m) return "H" .. tostring(m) end)
        check.that("handled too", not ok and tostring(e):find("overflow"), e)
        ok, e = pcall(function() local function tail(n) if n == 0 then return "ended" end return tail(n - 1) end return tail(1000000) end)
        check.eq("tail calls do not grow", e, "ended")
        ok, e = pcall(string.rep, "x", -1)
        check.eq("harmless", {ok, e}, {true, ""})
        ok, e = pcall(string.rep, "x", 1 << 40)
        check.eq("too large", ok, false)
        local t = setmetatable({}, {__tostring = function() error("in tostring") end})
        check.raises("in __tostring", "in tostring", tostring, t)
        check.err("library code shows the library", select(2, process.exec("app:raiser", "app:procs")), "Internal", "app:lib:2: in the library")
        check.err("level 2 the caller", select(2, process.exec("app:blames", "app:procs")), "Internal", "app:blames:2: for the caller")
        check.err("after a wait", select(2, process.exec("app:late", "app:procs")), "Internal", "app:late:4: attempt to index a nil value")
    """)
