local io = require("io")

-- The terminal host has one worker; the work is measured on an ordinary process host.
return {main = function(count)
  for name, target in pairs({call = "app:add", call_lazy = "app:add_lazy"}) do
    local nanoseconds, err = process.exec("app:caller", "app:procs", target, tonumber(count))
    if err then return nil, err end
    io.print(name, nanoseconds, "ns")
  end
end}
