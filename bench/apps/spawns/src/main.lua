local io = require("io")

return {main = function(count)
  local nanoseconds, err = process.exec("app:parent", "app:procs", tonumber(count))
  if err then return nil, err end
  io.print("spawn_exit", nanoseconds, "ns")
end}
