local io = require("io")

-- The terminal host has one worker; the work is measured on an ordinary process host.
return {main = function(count)
  local nanoseconds, err = process.exec("app:caller", "app:procs", tonumber(count))
  if err then return nil, err end
  io.print("call", nanoseconds, "ns")
end}
