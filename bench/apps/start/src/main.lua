local io = require("io")
local time = require("time")
local workflow = require("workflow")

-- Microseconds from the start of a workflow until its first activity runs.
local function start_to_activity(running, me)
  local finished = channel.new(1)
  local start = time.now()
  coroutine.spawn(function()
    local _, err = workflow.execute("app:flow", me)
    finished:send(err or true)
  end)
  running:receive()
  local took = time.now():sub(start):nanoseconds() / 1000
  local outcome = finished:receive()
  if outcome ~= true then error(outcome) end
  return took
end

return {main = function(count)
  count = tonumber(count)
  local running, me = process.listen("running"), process.pid()
  for _ = 1, count // 10 do start_to_activity(running, me) end
  local times = {}
  for i = 1, count do times[i] = start_to_activity(running, me) end
  table.sort(times)
  io.print("start_to_activity", times[count // 2], "us")
end}
