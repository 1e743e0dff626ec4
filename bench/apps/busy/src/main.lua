local io = require("io")

return {main = function(count, hogs)
  local nanoseconds, err = process.exec("app:pinger", "app:procs", tonumber(count), tonumber(hogs))
  if err then return nil, err end
  io.print("busy_round_trip", nanoseconds, "ns")
end}
