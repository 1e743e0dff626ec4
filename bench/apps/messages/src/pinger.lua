local time = require("time")

local function round_trips(echo, pongs, count)
  for i = 1, count do
    process.send(echo, "ping", {n = i, text = "hello"})
    local answer = pongs:receive()
    if answer.n ~= i then error("wrong answer") end
  end
end

return {main = function(count)
  local pongs = process.listen("pong")
  local echo, err = process.spawn("app:echo", "app:procs", process.pid())
  if err then error(err) end
  round_trips(echo, pongs, count // 10)
  local start = time.now()
  round_trips(echo, pongs, count)
  local nanoseconds = time.now():sub(start):nanoseconds() / count
  process.terminate(echo)
  return nanoseconds
end}
