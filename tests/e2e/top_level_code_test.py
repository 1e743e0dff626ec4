"""Top-level code that does not end: it gets its slices like any other and can be stopped."""

ENTRIES = """
- {name: single, kind: process.host, host: {workers: 1}, lifecycle: {auto_start: true}}
- {name: echo, kind: process.lua, source: file://echo.lua}
- {name: idle, kind: process.lua, source: file://idle.lua}
- {name: loops, kind: process.lua, source: file://loops.lua}
- {name: pcalls, kind: process.lua, source: file://pcalls.lua}
- {name: starter, kind: process.lua, source: file://starter.lua}
- {name: fn, kind: function.lua, method: main, source: file://loops.lua}
"""

FILES = {
    "echo.lua": """
        return {main = function()
          local inbox = process.inbox()
          while true do
            local m = inbox:receive()
            process.send(m:from(), "echo", m:payload():data())
          end
        end}
    """,
    "idle.lua": """
        return {main = function()
          local m = process.inbox():receive()
          process.upgrade(m:payload():data())
        end}
    """,
    "loops.lua": "while true do end return {main = function() end}",
    "pcalls.lua": "while true do pcall(function() while true do end end) end return {main = function() end}",
    "starter.lua": """
        return {main = function(up, entry)
          process.send(up, "starting")
          local pid, err = process.spawn(entry, "app:single")
          process.send(up, "spawned", pid)
        end}
    """,
}

ANSWERS = """
        local function take(ch)
          local r = channel.select({ch:case_receive(), time.after("60s"):case_receive()})
          if r.channel ~= ch then error("nothing came") end
          return r.value
        end
        local me, echoes = process.pid(), process.listen("echo")
        local echo = process.spawn("app:echo", "app:single")
        local function goes_on(what)
          for i = 1, 5 do
            process.send(echo, "say", what .. i)
            if take(echoes) ~= what .. i then error("wrong echo") end
          end
        end
        goes_on("before")
    """


def program(app, body, modules=("time", "funcs")):
    return app.program(ANSWERS + body, modules=modules, entries=ENTRIES, files=FILES)


def test_an_upgrade_to_code_that_loops_can_be_terminated(app):
    program(app, """
        local events = process.events()
        for _, entry in ipairs({"app:loops", "app:pcalls"}) do
          local pid = process.spawn_monitored("app:idle", "app:single")
          process.send(pid, "become", entry)
          goes_on(entry)
          local ok, err = process.terminate(pid)
          if not ok then return nil, err end
          local exit = take(events)
          if exit.from ~= pid or exit.result.error:message() ~= "process terminated" then
            error("ended otherwise: " .. tostring(exit.result.error))
          end
          goes_on("after")
        end
        return 0
    """)
    result = app.main(timeout=120)
    assert result.code == 0, result.stdout + result.stderr


def test_a_spawn_of_code_that_loops_ends_with_its_spawner(app):
    program(app, """
        local starting, spawned = process.listen("starting"), process.listen("spawned")
        local events = process.events()
        for _, host in ipairs({"app:single", "app:procs"}) do
          local starter = process.spawn_monitored("app:starter", host, me, "app:loops")
          take(starting)
          goes_on(host)
          process.terminate(starter)
          if take(events).from ~= starter then error("not the starter") end
          goes_on("after")
        end
        return 0
    """)
    # What loops must be gone: a host that stops would wait for it.
    result = app.main(timeout=120)
    assert result.code == 0, result.stdout + result.stderr


def test_a_call_of_code_that_loops_ends_at_its_limit(app):
    program(app, """
        local v, err = funcs.new():with_options({timeout = 100}):call("app:fn")
        if v ~= nil or err:kind() ~= errors.TIMEOUT then error("no timeout: " .. tostring(err)) end
        goes_on("after")
        return 0
    """)
    result = app.main(timeout=120)
    assert result.code == 0, result.stdout + result.stderr


def test_exec_of_code_that_loops_ends_by_a_signal(app):
    program(app, "return 0")
    app.write({"src/loops.lua": "print('looping') while true do end"})
    with app.start("-c", "run", "-x", "app:loops") as runtime:
        runtime.wait_for("looping")
        assert runtime.stop(timeout=120) == 1  # interrupted


def test_a_service_that_loops_while_it_starts_does_not_hold_up_the_end(app):
    app.write({
        "src/_index.yaml": """
            namespace: app
            entries:
              - {name: single, kind: process.host, host: {workers: 1}, lifecycle: {auto_start: true}}
              - {name: loops, kind: process.lua, source: file://loops.lua}
              - {name: says, kind: process.lua, source: file://says.lua}
              - {name: looping, kind: process.service, process: app:loops, host: app:single, lifecycle: {auto_start: true, start_timeout: 600s}}
              - {name: saying, kind: process.service, process: app:says, host: app:single, lifecycle: {auto_start: true}}
        """,
        "src/loops.lua": FILES["loops.lua"],
        "src/says.lua": "return {main = function() print('going on') process.events():receive() end}",
    })
    with app.start("run") as runtime:
        runtime.wait_for("going on")
        assert runtime.stop(timeout=120) == 0
