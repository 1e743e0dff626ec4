local io = require("io")

return {main = function(count)
  local nanoseconds, err = process.exec("app:pinger", "app:procs", tonumber(count))
  if err then return nil, err end
  io.print("round_trip", nanoseconds, "ns")
end}
