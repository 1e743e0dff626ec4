local io = require("io")
local time = require("time")
local workflow = require("workflow")

local worker = "trivium:workflow_worker"

local function start(id, options)
  options = options or {}
  options["workflow.id"] = options["workflow.id"] or id
  local pid, err = process.with_options(options):spawn_monitored("app:" .. id, worker)
  if err then error(err) end
  return pid
end

return { main = function()
  local events = process.events()
  for _, id in ipairs({ "failed", "activities" }) do
    start(id)
    events:receive()
  end
  start("late", { ["workflow.run_timeout"] = "20ms" })
  events:receive()
  local terminated = start("terminated")
  time.sleep("50ms")
  process.terminate(terminated)
  events:receive()
  local canceled = start("canceled")
  time.sleep("50ms")
  process.cancel(canceled, "enough")
  events:receive()
  local updated = start("updated")
  workflow.update(updated, "add", 2)
  workflow.update(updated, "add", -1)
  workflow.update(updated, "add", 0)
  workflow.update(updated, "add", 3)
  process.send(updated, "end")
  events:receive()
  local taken = start("terminated", { ["workflow.id"] = "taken" })
  local listener = start("updated", { ["workflow.id"] = "listener" })
  start("family")
  time.sleep("300ms")
  process.terminate("{trivium:workflow_store@" .. worker .. "|child-terminated}")
  local open = 2
  while open > 0 do
    local from = events:receive().from
    if from ~= taken then open = open - 1 end
  end
  process.terminate(taken)
  local foreign = start("foreign")
  repeat until events:receive().from == foreign
  io.print("failed activities late terminated canceled updated listener family")
end }
