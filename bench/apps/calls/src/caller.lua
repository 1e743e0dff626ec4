local funcs = require("funcs")
local time = require("time")

local function calls(count)
  for i = 1, count do
    local sum, err = funcs.call("app:add", i, 1)
    if err then error(err) end
    if sum ~= i + 1 then error("add: wrong sum") end
  end
end

return {main = function(count)
  calls(count // 10)
  local start = time.now()
  calls(count)
  return time.now():sub(start):nanoseconds() / count
end}
