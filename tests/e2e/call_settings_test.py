"""What goes with a call: context, time limits, retries."""


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
        -- As plain data: a list loses its other keys, keys become text, and so do functions.
        local plain = base:with_context({l = {1, 2, x = 3}, f = print, m = {[true] = 1}}):call("app:all")
        check.eq("list", plain.l, {1.0, 2.0})
        check.eq("function", type(plain.f), "string")
        check.eq("keys", plain.m, {["true"] = 1.0})
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
        local replaced = short:with_options({}):async("app:sleeps", process.pid())
        up:receive()
        check.fail("still limited", "Timeout", "took longer than", short:call("app:spins"))
        check.eq("options are replaced as a whole", {replaced:is_complete(), replaced:result()}, {false})
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


def test_the_code_of_a_file_runs_in_the_first_call(checks):
    build = checks.build
    checks.build = lambda main: build(main, modules=("io", "funcs", "security"))
    checks.unit("function.lua", "first", """
        local seen = {ctx = (ctx.all()), actor = security.actor() and security.actor():id() or "nobody"}
        return {main = function() return seen end}
    """, "method: main, modules: [ctx, security], pool: {type: inline}")
    checks.run("""
        local ada = funcs.new():with_actor(security.new_actor("ada")):with_context({k = 1})
        check.eq("in its context", ada:call("app:first"), {ctx = {k = 1.0}, actor = "ada"})
        check.eq("once", funcs.call("app:first"), {ctx = {k = 1.0}, actor = "ada"})
    """)


def test_networks(checks):
    checks.function("same", "return ...")
    checks.function("by_default", "return 1", "meta: {options: {network: 'app:none'}}")
    checks.process("job", "return 'done'", "meta: {default_host: 'app:procs'}")
    checks.run("""
        local text = "network: service not found"
        local abroad, home = {network = "app:none"}, {network = ""}
        check.fail("call", "NotFound", text, funcs.new():with_options(abroad):call("app:same", 1))
        check.fail("of the entry", "NotFound", text, funcs.call("app:by_default"))
        check.eq("overridden", {funcs.new():with_options(home):call("app:by_default")}, {1})
        local f = funcs.new():with_options(abroad):async("app:same")
        check.err("later", f:response():receive(), "NotFound", text)
        check.fail("a process called", "NotFound", text, funcs.new():with_options(abroad):call("app:job"))
        check.fail("spawn", "NotFound", text, process.with_options(abroad):spawn("app:job", "app:procs"))
        check.fail("exec", "Internal", "exec failed: " .. text, process.with_options(abroad):exec("app:job", "app:procs"))
        check.eq("none named", {process.with_options(home):exec("app:job", "app:procs")}, {"done"})
    """)
