local time = require("time")

return {main = function(count)
  local ready = process.listen("ready")
  local me = process.pid()
  local start = time.now()
  for _ = 1, count do
    local _, err = process.spawn("app:sleeper", "app:procs", me)
    if err then error(err) end
  end
  for _ = 1, count do ready:receive() end
  return time.now():sub(start):nanoseconds() / count
end}
