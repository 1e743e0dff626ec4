"""Functions: calls, results, errors, values, context, options, futures, cancellation, pools."""
import pytest


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


def test_context(checks):
    checks.function("all", "return (ctx.all())")
    checks.function("nested", """
        local extra = ...
        local e = funcs.new()
        if extra then e = e:with_context(extra) end
        return (e:call("app:all"))
    """)
    checks.function("get", """
        local key = ...
        local v, err = ctx.get(key)
        if err then return {kind = err:kind(), message = err:message()} end
        return v
    """)
    checks.process("reports", "process.send((...), 'ctx', (ctx.all()))")
    checks.run("""
        check.eq("nothing set", ctx.all(), {})
        local base = funcs.new()
        local one = base:with_context({a = 1, s = "x"})
        local two = one:with_context({a = 2, [5] = "skipped"})
        check.eq("builder is immutable: base", base:call("app:all"), {})
        check.eq("builder is immutable: one", one:call("app:all"), {a = 1.0, s = "x"})
        check.eq("later wins", two:call("app:all"), {a = 2.0, s = "x"})
        check.eq("inherited", one:call("app:nested"), {a = 1.0, s = "x"})
        check.eq("overlaid", one:call("app:nested", {a = 9, b = true}), {a = 9.0, b = true, s = "x"})
        check.eq("the next call starts anew", base:call("app:nested"), {})
        check.eq("lists and maps", base:with_context({l = {1, 2}, m = {k = "v"}, e = {}}):call("app:all"),
                 {l = {1.0, 2.0}, m = {k = "v"}, e = {}})
        check.eq("get", one:call("app:get", "s"), "x")
        check.eq("get absent", one:call("app:get", "zz"), {kind = "NotFound", message = "key not found: zz"})
        check.eq("get empty", one:call("app:get", ""), {kind = "Invalid", message = "empty key"})
        check.raises("with_context of no table", "bad argument", function() base:with_context(1) end)
        check.raises("with_options of no table", "bad argument", function() base:with_options("x") end)
        check.raises("wrong receiver", "bad argument", function() base.call({}, "app:all") end)

        local inbox = process.listen("ctx")
        process.with_context({p = 1, q = {r = "s"}}):spawn("app:reports", "app:procs", process.pid())
        check.eq("of a process", inbox:receive(), {p = 1.0, q = {r = "s"}})
        process.spawn("app:reports", "app:procs", process.pid())
        check.eq("of a process without", inbox:receive(), {})
        process.with_context({p = 1}):with_context({q = 2}):exec("app:reports", "app:procs", process.pid())
        check.eq("merged, by exec", inbox:receive(), {p = 1.0, q = 2.0})
    """)


def test_timeout_option(checks):
    checks.function("sleeps", "process.send((...), 'up', process.pid()) time.sleep('1h') return 'late'")
    checks.function("spins", "while true do end")
    checks.function("outer", "return funcs.call('app:sleeps', (...))")
    checks.function("quick", "return 'in time'")
    checks.function("by_default", "time.sleep('1h')", "modules: [time], meta: {options: {timeout: 20}}")
    checks.run("""
        local short = funcs.new():with_options({timeout = 30})
        local up = process.listen("up")
        local v, err = short:call("app:sleeps", process.pid())
        check.fail("sleeping", "Timeout", "took longer than", v, err)
        check.fail("computing", "Timeout", "took longer than", short:call("app:spins"))
        check.eq("in time", {short:call("app:quick")}, {"in time"})
        check.fail("default of the entry", "Timeout", "", funcs.call("app:by_default"))
        up:receive()
        -- What the timed-out function called is cancelled as well.
        local events = process.events()
        local long = funcs.new():with_options({timeout = 300})
        local future = long:async("app:outer", process.pid())
        local inner = up:receive()
        check.eq("monitor", {process.monitor(inner)}, {true})
        local event = events:receive()
        check.eq("inner call ended", {event.kind, event.from}, {process.event.EXIT, inner})
        check.err("with", event.result.error, "Canceled", "context canceled")
        local late = future:response():receive()
        check.err("outer", late, "Timeout", "took longer than")
        for _, ignored in ipairs({0, -1, "x", {}}) do
          check.eq("no limit: " .. tostring(ignored), funcs.new():with_options({timeout = ignored}):call("app:quick"), "in time")
        end
        check.eq("other options are ignored", funcs.new():with_options({priority = 1, whatever = {}}):call("app:quick"), "in time")
    """)


def test_retry(checks):
    checks.unit("function.lua", "flaky", """
        local calls = 0
        return {main = function(succeed_at, kind, retryable, how)
          calls = calls + 1
          if calls >= succeed_at then
            local made = calls
            calls = 0
            return {calls = made, pid = process.pid()}
          end
          if how == "text" then return nil, "text" end
          if how == "raise" then error("raised") end
          if how == "report" then process.send(kind, "attempt", process.pid()) kind = nil end
          return nil, errors.new({message = "not yet", kind = kind or errors.UNAVAILABLE, retryable = retryable, details = {n = calls}})
        end}
    """, "method: main, pool: {type: inline}")
    checks.function("always", "return nil, errors.new({message = 'never', kind = errors.RATE_LIMITED, retryable = true})",
                    "meta: {options: {retry: {max_attempts: 2, initial_delay: 1}}}")
    checks.run("""
        local function with(retry)
          return funcs.new():with_options({retry = retry})
        end
        local fast = {max_attempts = 4, initial_delay = 1, jitter = 0}
        local v, err = with(fast):call("app:flaky", 3)
        check.eq("third attempt", v and v.calls, 3)
        v, err = with({max_attempts = 2, initial_delay = "1ms"}):call("app:flaky", 3, errors.TIMEOUT, true)
        check.fail("attempts exhausted", "Timeout", "not yet", v, err)
        check.eq("the last error", err:details(), {n = 2})
        check.eq("go on", with(fast):call("app:flaky", 1).calls, 3)
        -- One attempt only.
        local function once(name, retry, ...)
          local v, err = with(retry):call("app:flaky", 2, ...)
          check.eq(name, v, nil)
          check.eq(name .. ": next", funcs.call("app:flaky", 2).calls, 2)
        end
        once("no max_attempts", {initial_delay = 1})
        once("max_attempts 1", {max_attempts = 1, initial_delay = 1})
        once("not retryable", fast, errors.UNAVAILABLE, false)
        once("not retryable though listed", {max_attempts = 3, initial_delay = 1, retry_kinds = {"Unavailable"}}, errors.UNAVAILABLE, false)
        once("Invalid", fast, errors.INVALID, true)
        once("PermissionDenied", fast, errors.PERMISSION_DENIED, true)
        once("Internal", fast, errors.INTERNAL, true)
        once("text", fast, nil, nil, "text")
        once("raised", fast, nil, nil, "raise")
        once("skipped kind", {max_attempts = 3, initial_delay = 1, skip_kinds = "Unavailable", retry_kinds = {"Unavailable"}}, errors.UNAVAILABLE, true)
        once("kind not listed", {max_attempts = 3, initial_delay = 1, retry_kinds = {"Conflict"}}, errors.UNAVAILABLE, true)
        for _, kind in ipairs({"NotFound", "AlreadyExists", "Unavailable", "Canceled", "Conflict", "Timeout", "RateLimited"}) do
          check.eq("retried: " .. kind, with(fast):call("app:flaky", 2, kind, true).calls, 2)
        end
        check.eq("listed Internal", with({max_attempts = 3, initial_delay = 1, retry_kinds = "Internal"}):call("app:flaky", 2, nil, nil, "raise").calls, 2)
        -- Every attempt is a call of its own.
        local attempts = process.listen("attempt")
        v = with(fast):call("app:flaky", 2, process.pid(), nil, "report")
        check.that("another PID", v.pid ~= attempts:receive())
        -- Defaults of the entry; giving retry replaces the whole map.
        check.fail("entry default", "RateLimited", "never", funcs.call("app:always"))
        check.fail("replaced", "RateLimited", "never", with({}):call("app:always"))
        -- Futures wait for the last attempt.
        local future = with(fast):async("app:flaky", 3)
        check.eq("future", future:response():receive():data().calls, 3)
        -- The time limit holds for all attempts together.
        v, err = funcs.new():with_options({timeout = 50, retry = {max_attempts = 1000000, initial_delay = 1, jitter = 0, max_delay = 5}})
            :call("app:flaky", 1000000)
        check.fail("limit", "Timeout", "took longer than", v, err)
    """)


def test_futures(checks):
    checks.function("value", "return (...)")
    checks.function("fails", "return nil, errors.new({message = 'no', kind = errors.CONFLICT, details = {a = 1}})")
    checks.function("waits", """
        process.send((...), "up", process.pid())
        local inbox = process.inbox()
        return inbox:receive():payload():data()
    """)
    checks.run("""
        local f, err = funcs.async("app:value", 42)
        check.eq("no error", err, nil)
        local channel_of = f:response()
        check.that("one channel", channel_of == f:channel() and channel_of == f:response())
        local p, ok = channel_of:receive()
        check.eq("payload", {p:data(), ok, p:get_format()}, {42, true, "lua/any"})
        check.eq("then closed", {channel_of:receive()}, {nil, false})
        check.eq("complete", {f:is_complete(), f:is_canceled()}, {true, false})
        local r, rerr = f:result()
        check.that("the same payload", r == p and rerr == nil)
        check.eq("read again", {r:data(), r:data()}, {42, 42})
        check.eq("error()", {f:error()}, {nil, false})
        check.that("tostring", #tostring(f) > 0)

        f = funcs.async("app:value", nil)
        p, ok = f:response():receive()
        check.eq("nil result", {type(p), ok, p:data() == nil}, {"userdata", true, true})
        check.eq("nil result, then", {f:response():receive()}, {nil, false})

        f = funcs.async("app:fails")
        local e, eok = f:response():receive()
        check.err("failure is a value", e, "Conflict", "no")
        check.eq("with ok", eok, true)
        check.eq("then closed too", {f:response():receive()}, {nil, false})
        check.fail("result of a failure", "Conflict", "no", f:result())
        local wrapped, failed = f:error()
        check.err("error() of a failure", wrapped, "Internal", "async call failed: no")
        check.eq("failed", failed, true)
        check.eq("wrapped: retryable", wrapped:retryable(), false)

        f, err = funcs.async("app:absent")
        check.that("an unknown target comes through the future", f ~= nil and err == nil)
        check.err("as value", (f:response():receive()), "NotFound", "no handler registered")
        check.fail("bad target at once", "Invalid", "function ID required", funcs.async(""))
        check.fail("bad target at once", "Invalid", "namespace required", funcs.async("x"))

        local up = process.listen("up")
        f = funcs.async("app:waits", process.pid())
        check.eq("pending", {f:is_complete(), f:is_canceled(), f:result()}, {false, false})
        check.eq("pending error", {f:error()}, {nil, false})
        local callee = up:receive()
        check.eq("cancel", {f:cancel()}, {true})
        check.eq("canceled", {f:is_canceled(), f:is_complete()}, {true, false})
        check.fail("result", "Canceled", "canceled", f:result())
        check.eq("channel", {f:response():receive()}, {nil, false})
        check.eq("again", {f:cancel()}, {true})
        -- The callee goes on.
        local events = process.events()
        process.monitor(callee)
        check.eq("alive", {process.send(callee, "go", "done")}, {true})
        local exit = events:receive()
        check.eq("ran to its end", exit.result, {value = "done"})
        check.eq("result ignored", {f:is_complete(), f:response():receive()}, {false, nil, false})

        -- A waiting receiver is woken by cancel.
        f = funcs.async("app:waits", process.pid())
        local done = channel.new(1)
        coroutine.spawn(function() done:send({f:response():receive()}) end)
        f:cancel()
        check.eq("woken", done:receive(), {nil, false})
        process.send(up:receive(), "go", 1)

        -- Cancelled after completion.
        f = funcs.async("app:value", 5)
        f:response():receive()
        f:cancel()
        check.fail("completed, then cancelled", "Canceled", "canceled", f:result())
        -- Not received from, the channel keeps the value.
        f = funcs.async("app:value", 6)
        while not f:is_complete() do time.sleep("1ms") end
        check.eq("result first", f:result():data(), 6)
        check.eq("then the channel", f:response():receive():data(), 6)

        -- Many at once, in a select with a timer.
        local futures = {}
        for i = 1, 200 do futures[i] = funcs.async("app:value", i) end
        local sum, limit = 0, time.after("30s")
        for i = 1, 200 do
          local got = channel.select({futures[i]:response():case_receive(), limit:case_receive()})
          sum = sum + got.value:data()
        end
        check.eq("all came", sum, 20100)
        check.raises("wrong receiver", "bad argument", function() f.result({}) end)
    """)


def test_cancellation_reaches_three_levels(checks):
    checks.function("level3", "process.send((...), 'up', process.pid()) time.sleep('1h')")
    checks.function("level2", "process.send((...), 'up', process.pid()) return funcs.call('app:level3', (...))")
    checks.function("level1", "process.send((...), 'up', process.pid()) return funcs.call('app:level2', (...))")
    checks.function("spins", "process.send((...), 'up', process.pid()) while true do pcall(function() while true do end end) end")
    checks.function("retries", """
        process.send((...), 'up', process.pid())
        return funcs.new():with_options({retry = {max_attempts = 9, initial_delay = 3600000}}):call('app:unavailable')
    """)
    checks.function("unavailable", "return nil, errors.new({message = 'u', kind = errors.UNAVAILABLE, retryable = true})")
    checks.function("starts_async", """
        process.send((...), 'up', process.pid())
        funcs.async('app:level3', (...))
        return 'returned'
    """)
    checks.process("root", """
        local how, reply, target = ...
        if how == "async" then
          local f = funcs.async(target, reply)
        elseif how == "call" then
          coroutine.spawn(function() funcs.call(target, reply) end)
        else
          process.send(reply, "value", (funcs.call(target, reply)))
        end
        local message = process.inbox():receive()
        if message:topic() == "fail" then error("failed") end
        return "ended"
    """)
    checks.run("""
        local up, events = process.listen("up"), process.events()
        local function expect_canceled(name, pids)
          local left = {}
          for _, pid in ipairs(pids) do left[pid] = true end
          for _ = 1, #pids do
            local event = events:receive()
            check.that(name .. ": which", left[event.from], event)
            left[event.from] = nil
            check.err(name, event.result.error, "Canceled", "context canceled")
          end
        end
        for _, how in ipairs({"call", "async"}) do
          for _, ending in ipairs({"return", "fail", "terminate"}) do
            local root = process.spawn("app:root", "app:procs", how, process.pid(), "app:level1")
            local pids = {(up:receive()), (up:receive()), (up:receive())}
            for _, pid in ipairs(pids) do process.monitor(pid) end
            if ending == "terminate" then
              process.terminate(root)
            else
              process.send(root, ending)
            end
            expect_canceled(how .. ", " .. ending, pids)
          end
        end
        -- Code that computes, and swallows errors, stops as well.
        local root = process.spawn("app:root", "app:procs", "call", process.pid(), "app:spins")
        local pid = up:receive()
        process.monitor(pid)
        process.terminate(root)
        expect_canceled("computing", {pid})
        -- So does the wait between two attempts.
        root = process.spawn("app:root", "app:procs", "call", process.pid(), "app:retries")
        pid = up:receive()
        process.monitor(pid)
        process.terminate(root)
        expect_canceled("retrying", {pid})
        -- process.cancel of the root is only an event.
        root = process.spawn("app:root", "app:procs", "call", process.pid(), "app:level3")
        pid = up:receive()
        process.monitor(pid)
        process.cancel(root)
        check.eq("alive after cancel", {process.send(pid, "x")}, {true})
        -- process.cancel of a function: only an event too.
        check.eq("cancel of a call", {process.cancel(pid)}, {true})
        check.eq("alive after that", {process.send(pid, "x")}, {true})
        check.fail("terminate of a call", "Internal", "host does not implement process.Host", process.terminate(pid))
        process.terminate(root)
        expect_canceled("at last", {pid})
        -- What a function started asynchronously outlives its return, not the root.
        local values = process.listen("value")
        root = process.spawn("app:root", "app:procs", "wait", process.pid(), "app:starts_async")
        up:receive()
        pid = up:receive()
        check.eq("returned", values:receive(), "returned")
        process.monitor(pid)
        check.eq("alive after the return", {process.send(pid, "x")}, {true})
        process.send(root, "return")
        expect_canceled("with the root", {pid})
    """)


def test_functions_are_actors(checks):
    checks.function("who", "return {pid = process.pid(), id = process.id()}")
    checks.function("converses", """
        local up = ...
        process.registry.register("conversation")
        process.send(up, "up", process.pid())
        local message = process.inbox():receive()
        return {from = message:from(), body = message:payload():data()}
    """)
    checks.function("traps", "process.set_options({trap_links = true}) return process.get_options().trap_links",
                    "pool: {type: inline}")
    checks.function("trapping", "return process.get_options().trap_links", "pool: {type: inline}")
    checks.unit("function.lua", "sets_then_reads", """
        return {main = function(set)
          local before = process.get_options().trap_links
          if set then process.set_options({trap_links = true}) end
          return before
        end}
    """, "method: main, pool: {type: inline}")
    checks.function("links", """
        local child = process.spawn_linked("app:waits", "app:procs", (...))
        local events = process.events()
        return select(2, ...) and error("failed") or child
    """)
    checks.process("waits", "process.send((...), 'child', process.pid()) process.inbox():receive() return 'done'")
    checks.function("upgrades", "process.upgrade() return 'not reached'")
    checks.function("events_of_call", "process.send((...), 'up', process.pid()) local e = process.events():receive() return e.kind .. ':' .. e.reason")
    checks.run("""
        local a, b = funcs.call("app:who"), funcs.call("app:who")
        check.that("a PID of its own", a.pid ~= b.pid, a)
        check.that("shape", a.pid:match("^{app:who#lua%.%d+|0x%x%x%x%x%x+}$"), a.pid)
        check.eq("id", a.id, "app:who")
        check.eq("own id", process.id(), "app:main")
        check.that("own pid", process.pid():match("^{app:term|0x%x+}$"), process.pid())
        check.fail("gone", "NotFound", "process not found", process.send(a.pid, "x"))

        local up, events = process.listen("up"), process.events()
        local f = funcs.async("app:converses", process.pid())
        local pid = up:receive()
        check.eq("name", process.registry.lookup("conversation"), pid)
        process.monitor(pid)
        process.send("conversation", "hello", "you")
        check.eq("conversation", f:response():receive():data(), {from = process.pid(), body = "you"})
        check.eq("exit", events:receive().result, {value = {from = process.pid(), body = "you"}})
        check.fail("name released", "NotFound", "name not registered", process.registry.lookup("conversation"))

        check.eq("options", funcs.call("app:sets_then_reads", true), false)
        check.eq("options do not leak into the next call", funcs.call("app:sets_then_reads"), false)

        local children = process.listen("child")
        local child = funcs.call("app:links", process.pid())
        check.eq("child", children:receive(), child)
        check.eq("lives on after the return", {process.send(child, "go")}, {true})
        funcs.call("app:links", process.pid(), true)
        -- Whether the monitor comes before or after the end, the child is gone.
        child = children:receive()
        if process.monitor(child) then
          check.err("taken down", events:receive().result.error, "", "linked process failed")
        end
        check.eq("upgrade", {funcs.call("app:upgrades")}, {})
        f = funcs.async("app:events_of_call", process.pid())
        process.cancel(up:receive(), "because")
        check.eq("cancel is an event", f:response():receive():data(), "pid.cancel:because")
    """)


def test_pools(checks):
    source = """
        local calls = 0
        seen = seen or {}
        local channel_of_module = channel.new(1)
        return {main = function(what, a)
          calls = calls + 1
          if what == "count" then return calls end
          if what == "wait" then
            process.send(a, "up", process.pid())
            process.inbox():receive()
            return calls
          end
          if what == "fail" then error("failed") end
          if what == "leave" then
            -- A coroutine left behind on a channel that survives.
            coroutine.spawn(function() channel_of_module:receive() end)
            return "left"
          end
          if what == "use" then
            channel_of_module:send(1)
            return (channel_of_module:receive())
          end
          if what == "leave select" then
            coroutine.spawn(function() channel.select({channel_of_module:case_receive(), channel.new():case_receive()}) end)
            return "left"
          end
          if what == "recurse" then return (funcs.new():with_options({timeout = 100}):call("app:inline", "count")) end
        end}
    """
    checks.unit("function.lua", "inline", source, "method: main, modules: [funcs], pool: {size: 1}")
    checks.unit("function.lua", "static", source, "method: main, modules: [funcs], pool: {type: static, workers: 2}")
    checks.unit("function.lua", "lazy", source, "method: main, modules: [funcs], pool: {type: lazy, max_size: 3}")
    checks.unit("function.lua", "adaptive", source, "method: main, modules: [funcs], pool: {type: adaptive, max_size: 2}")
    checks.run("""
        check.eq("state is kept", {funcs.call("app:inline", "count"), funcs.call("app:inline", "count")}, {1, 2})
        check.eq("state is kept", funcs.call("app:inline", "count"), 3)
        funcs.call("app:inline", "fail")
        check.eq("also after a failure", funcs.call("app:inline", "count"), 5)
        check.eq("leaves a receiver", funcs.call("app:inline", "leave"), "left")
        check.eq("which is gone", funcs.call("app:inline", "use"), 1)
        check.eq("leaves a select", funcs.call("app:inline", "leave select"), "left")
        check.eq("which is gone too", funcs.call("app:inline", "use"), 1)
        check.fail("a call of itself waits for itself", "Timeout", "",
                   funcs.new():with_options({timeout = 50}):call("app:inline", "recurse"))

        local up = process.listen("up")
        for pool, most in pairs({inline = 1, static = 2, lazy = 3, adaptive = 2}) do
          local futures = {}
          for i = 1, most + 2 do futures[i] = funcs.async("app:" .. pool, "wait", process.pid()) end
          local running = {}
          for i = 1, most do running[i] = up:receive() end
          time.sleep("5ms")
          local more = channel.select({up:case_receive(), default = true})
          check.eq(pool .. ": no more than there may be", more.default, true)
          for _, pid in ipairs(running) do process.send(pid, "go") end
          for i = 1, 2 do process.send(up:receive(), "go") end
          for i = 1, most + 2 do check.that(pool .. ": all served", futures[i]:response():receive():data() >= 1) end
        end
        -- Those that wait are served in their order.
        local order = {}
        local first = funcs.async("app:inline", "wait", process.pid())
        local pid = up:receive()
        local done = channel.new(10)
        for i = 1, 5 do
          coroutine.spawn(function() funcs.call("app:inline", "count") done:send(i) end)
        end
        process.send(pid, "go")
        for i = 1, 5 do order[i] = done:receive() end
        check.eq("first come first served", order, {1, 2, 3, 4, 5})
        -- A cancelled call leaves the queue.
        first = funcs.async("app:inline", "wait", process.pid())
        pid = up:receive()
        check.fail("limit while queued", "Timeout", "", funcs.new():with_options({timeout = 20}):call("app:inline", "count"))
        process.send(pid, "go")
        check.that("the pool goes on", funcs.call("app:inline", "count") > 0)
    """)


def test_a_process_called_like_a_function_has_the_options_of_a_call(checks):
    checks.process("flaky", """
        local up, failures = ...
        process.send(up, "attempt", process.pid())
        if process.registry.lookup("third") then return "done" end
        if process.registry.lookup("second") then process.registry.register("third", up) end
        process.registry.register("second", up)
        return nil, errors.new({message = "not yet", kind = errors.UNAVAILABLE})
    """, "meta: {default_host: 'app:procs', options: {retry: {max_attempts: 5, initial_delay: 1}}}")
    checks.process("waits", """
        local up = ...
        process.send(up, "up", process.pid())
        local event = process.events():receive()
        process.send(up, "event", event.kind .. " " .. event.reason)
    """, "meta: {default_host: 'app:procs'}")
    checks.unit("process.lua", "broken", "error('no code', 0)", "meta: {default_host: 'app:procs'}")
    checks.function("leaves", "funcs.async('app:waits', (...)) return 'left'")
    checks.run("""
        local me = process.pid()
        local up, event, attempt = process.listen("up"), process.listen("event"), process.listen("attempt")
        local function retried(max)
          return funcs.new():with_options({retry = {max_attempts = max, initial_delay = 1}})
        end
        check.fail("attempts used up", "Unavailable", "not yet", retried(2):call("app:flaky", me))
        local first = attempt:receive()
        check.that("another process", attempt:receive() ~= first)
        check.eq("retry of the entry", funcs.call("app:flaky", me), "done")

        check.fail("limit", "Timeout", "call of app:waits took longer than 100ms",
                   funcs.new():with_options({timeout = 100}):call("app:waits", me))
        up:receive()
        check.eq("asked to stop", event:receive(), "pid.cancel call took too long")
        check.fail("cannot start", "Internal", "failed to start process: failed to execute script: no code",
                   funcs.call("app:broken"))

        -- The function that called it returned: it goes on until the root of the call ends.
        check.eq("returned", funcs.call("app:leaves", me), "left")
        local pid = up:receive()
        check.eq("not cancelled", {process.monitor(pid)}, {true})
        process.cancel(pid, "asked")
        check.eq("by hand", event:receive(), "pid.cancel asked")
    """)


def test_process_called_like_a_function(checks):
    checks.process("job", """
        local how, up = ...
        if how == "fail" then return nil, errors.new({message = "no", kind = errors.CONFLICT}) end
        if how == "wait" then
          process.send(up, "up", process.pid())
          local event = process.events():receive()
          process.send(up, "event", event.kind .. " " .. event.reason)
          return
        end
        return {how = how, pid = process.pid(), ctx = (ctx.all())}
    """, "modules: [ctx], meta: {default_host: 'app:procs'}")
    checks.process("other", "return 'other'", "meta: {options: {default_host: 'app:procs'}}")
    checks.process("lost", "return 1", "meta: {default_host: 'app:nowhere'}")
    checks.function("caller", "return funcs.call('app:job', 'wait', (...))")
    checks.run("""
        local v, err = funcs.new():with_context({a = 1}):call("app:job", "x")
        check.eq("value", {v.how, v.ctx}, {"x", {a = 1.0}})
        check.that("a process", v.pid:match("^{app:procs|0x"), v.pid)
        check.fail("error", "Conflict", "no", funcs.call("app:job", "fail"))
        check.eq("options.default_host", funcs.call("app:other"), "other")
        check.eq("async", funcs.async("app:other"):response():receive():data(), "other")
        check.fail("cannot start", "Internal", "failed to start process", funcs.call("app:lost"))
        local up, event = process.listen("up"), process.listen("event")
        check.fail("limit", "Timeout", "", funcs.new():with_options({timeout = 100}):call("app:caller", process.pid()))
        up:receive()
        check.eq("told", event:receive(), "pid.cancel caller context canceled")
    """)
