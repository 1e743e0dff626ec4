local time = require("time")

local function round_trip(echo, pongs, i)
  process.send(echo, "ping", {n = i, text = "hello"})
  if pongs:receive().n ~= i then error("wrong answer") end
end

-- The time that 99 of 100 round trips stay below, with a process on every worker that never waits.
return {main = function(count, hogs)
  local pongs = process.listen("pong")
  local echo, err = process.spawn("app:echo", "app:procs", process.pid())
  if err then error(err) end
  local running = {}
  for i = 1, hogs do running[i] = process.spawn("app:hog", "app:procs") end
  time.sleep("500ms")  -- until all workers are taken
  for i = 1, count // 10 do round_trip(echo, pongs, i) end
  local took = {}
  for i = 1, count do
    local start = time.now()
    round_trip(echo, pongs, i)
    took[i] = time.now():sub(start):nanoseconds()
  end
  for _, hog in ipairs(running) do process.terminate(hog) end
  process.terminate(echo)
  table.sort(took)
  return took[math.ceil(count * 0.99)]
end}
