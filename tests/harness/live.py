"""A running application whose entries a test changes: see trivium reload."""
import json
import re

# A process on the terminal that does what lines of the standard input say, and prints what came of it.
DRIVER = """
    local io, funcs, time, contract = require("io"), require("funcs"), require("time"), require("contract")

    local function show(value, err)
      if err then return err:kind() .. ": " .. err:message() end
      return tostring(value)
    end

    local pending
    local commands = {
      call = function(id, argument) return show(funcs.call(id, argument)) end,
      begin = function(id) pending = funcs.async(id, "slow") return "begun" end,
      finish = function()
        local value = pending:response():receive()
        return value:data()
      end,
      spawn = function(id) return (show(process.spawn(id, "app:procs")):gsub("|.*", "")) end,
      where = function(id, host) return (show(process.spawn(id, host)):gsub("|.*", "")) end,
      ask = function(name)
        local answers = process.listen("answer")
        local sent, err = process.send(name, "ask", process.pid())
        if err then return show(nil, err) end
        local r = channel.select{ answers:case_receive(), time.after("2m"):case_receive() }
        return r.channel == answers and r.value or "no answer"
      end,
      tell = function(name, topic) return show(process.send(name, topic)) end,
      kill = function(name) return show(process.terminate(name)) end,
      greet = function()
        local greeter, err = contract.open("app:greeter_en")
        if err then return show(nil, err) end
        return show(greeter:hello())
      end,
    }

    local function main()
      while true do
        local line, err = io.readline()
        if err then return 0 end
        local words = {}
        for word in line:gmatch("%S+") do words[#words + 1] = word end
        io.print(line .. " => " .. commands[words[1]](words[2], words[3]))
      end
    end
    return {main = main}
"""

INDEX = """
    namespace: app
    entries:
      - {name: term, kind: terminal.host, lifecycle: {auto_start: true}}
      - {name: driver, kind: process.lua, source: file://driver.lua, modules: [io, funcs, time, contract]}
      - {name: driver.service, kind: process.service, process: driver, host: app:term, lifecycle: {auto_start: true}}
"""

FUNCTION = "- {name: fn, kind: function.lua, source: file://fn.lua, method: main, modules: [time]}"
HOST = "- {name: procs, kind: process.host, lifecycle: {auto_start: true}}"


class Live:
    """A running application whose entries a test changes."""

    def __init__(self, app, entries, files):
        self.app = app
        self.app.write({"src/driver.lua": DRIVER})
        self.change(entries, files)
        self.server = app.start("-c", "-v", "run")
        self.server.wait_for("runtime ready")

    def change(self, entries=None, files=None):
        if entries is not None:
            index = INDEX.replace("\n    ", "\n").lstrip("\n")
            self.app.write({"src/_index.yaml": index + "".join(f"  {entry}\n" for entry in entries)})
        self.app.write({f"src/{name}": text for name, text in (files or {}).items()})

    def reload(self):
        done = self.app.run("reload", "--json")
        assert done.code == 0, done.stderr
        result = json.loads(done.stdout)
        return {what: [id.removeprefix("app:") for id in result[what]] for what in ("created", "updated", "deleted") if result[what]}

    def refused(self):
        done = self.app.run("reload")
        assert done.code == 1 and done.stdout == "", done.stdout
        return done.stderr

    def hears(self, pattern):
        """Waits for such a line, wherever it is in the output."""
        if not any(re.search(pattern, line) for line in self.server.lines):
            self.server.wait_for(pattern)

    def say(self, line):
        self.server.write(line + "\n")
        found = self.server.wait_for(f"^{line} => (.*)$", timeout=150)
        return found.match.group(1)


def fn(version):
    return f"""
        local calls = 0
        return {{main = function(how)
          calls = calls + 1
          local me = process.pid():match("#lua%.%d+")
          if how == "slow" then
            process.registry.register("slow")
            print("slow call begins")
            process.listen("go"):receive()
          end
          return "{version} " .. me .. " " .. calls
        end}}
    """


def server_of(version, first=""):
    return f"""
        return {{main = function(how)
          {first}
          local asked, events = process.listen("ask"), process.events()
          print("server {version} " .. tostring(how) .. " " .. process.id())
          while true do
            local r = channel.select{{asked:case_receive(), events:case_receive()}}
            if r.channel == asked then process.send(r.value, "answer", "{version}") end
            if r.channel == events then
              local sources = r.value.sources and table.concat(r.value.sources, ",") or r.value.reason
              print("server {version} hears " .. r.value.kind .. " " .. sources)
              if r.value.kind == process.event.CANCEL then return end
              process.upgrade(nil, "upgraded")
            end
          end
        end}}
    """


NAMED = 'process.registry.register("server")'
UPGRADABLE = NAMED + " process.set_options({upgradable = true})"
