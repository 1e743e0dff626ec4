local io = require("io")

return { main = function(prefix)
  local events = process.events()
  for _, name in ipairs({ "timers", "calls", "refusals", "left" }) do
    local options = { ["workflow.id"] = (prefix or "") .. name }
    local _, err = process.with_options(options):spawn_monitored("app:" .. name, "trivium:workflow_worker")
    if err then return nil, err end
    local exit = events:receive()
    if exit.result.error then return nil, exit.result.error end
    io.print(name .. ": " .. tostring(exit.result.value))
  end
end }
