local time = require("time")

local function lives(events, count)
  for _ = 1, count do
    local child, err = process.spawn_monitored("app:child", "app:procs")
    if err then error(err) end
    local event = events:receive()
    if event.kind ~= process.event.EXIT or event.from ~= child then error("not the exit of the child") end
  end
end

return {main = function(count)
  local events = process.events()
  lives(events, count // 10)
  local start = time.now()
  lives(events, count)
  return time.now():sub(start):nanoseconds() / count
end}
