local time = require("time")

-- Asks one of all that wait.
local function ask(pid)
  local answers = process.listen("here")
  process.send(pid, "there?")
  answers:receive()
end

return {main = function(count)
  local ready = process.listen("ready")
  local me = process.pid()
  local asked
  local start = time.now()
  for i = 1, count do
    local pid, err = process.spawn("app:sleeper", "app:procs", me)
    if err then error(err) end
    if i == count // 3 then asked = pid end
  end
  for _ = 1, count do ready:receive() end
  local took = time.now():sub(start):nanoseconds() / count
  ask(asked)
  return took
end}
