-- A supervisor in twenty lines: start, watch, start again.
local function main()
  local events = process.events()
  for attempt = 1, 5 do
    local pid, err = process.spawn_monitored("app:worker", "app:processes", attempt)
    if err then return nil, err end
    local event = events:receive()
    if event.kind == process.event.CANCEL then return 0 end
    if event.result.error then
      io.print("worker failed: " .. event.result.error:message())
    else
      io.print(event.result.value)
      return 0
    end
  end
  return nil, "the worker kept failing"
end

return { main = main }
