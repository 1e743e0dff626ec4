local funcs = require("funcs")

return {main = function(count, step)
  for i = 1, count do
    local next, err = funcs.call(step, i)
    if err then return nil, err end
    if next ~= i + 1 then return nil, "wrong step" end
  end
  return count
end}
