local time = require("time")

return {main = function(milliseconds)
  local ticks = time.ticker(milliseconds .. "ms"):channel()
  while true do ticks:receive() end
end}
