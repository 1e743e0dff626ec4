local io = require("io")
local time = require("time")

local worker = "trivium:workflow_worker"

local function start(id, ...)
  local name = id:gsub("app:", "")
  local pid, err = process.with_options({ ["workflow.id"] = name }):spawn_monitored(id, worker, ...)
  if err then error(err) end
  return pid
end

return { main = function()
  local events = process.events()
  local names = {}
  for _, id in ipairs({ "app:activities", "app:parent", "app:recorded", "app:chain" }) do
    start(id, 0)
    local exit = events:receive()
    if exit.result.error then return nil, exit.result.error end
    names[#names + 1] = (id:gsub("app:", ""))
  end
  local pid = start("app:messages")
  for _, word in ipairs({ "a", "b", "stop" }) do
    process.send(pid, "word", word)
    time.sleep("50ms")
  end
  events:receive()
  start("app:open")
  io.print(table.concat(names, " ") .. " messages spawned open")
end }
