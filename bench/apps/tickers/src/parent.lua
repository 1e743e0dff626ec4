local time = require("time")

-- Starts `count` processes that tick every 0.5 to 3 seconds and lets `duration` pass.
return {main = function(count, duration)
  for i = 1, count do
    local _, err = process.spawn("app:ticking", "app:procs", 500 + i * 7919 % 2501)
    if err then error(err) end
  end
  time.sleep(duration)
end}
