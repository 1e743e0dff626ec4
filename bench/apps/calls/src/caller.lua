local funcs = require("funcs")
local time = require("time")

local function calls(target, count)
  for i = 1, count do
    local sum, err = funcs.call(target, i, 1)
    if err then error(err) end
    if sum ~= i + 1 then error("add: wrong sum") end
  end
end

return {main = function(target, count)
  calls(target, count // 10)
  local start = time.now()
  calls(target, count)
  return time.now():sub(start):nanoseconds() / count
end}
