local io = require("io")

-- The names of the two figures end in `suffix`.
return {main = function(processes, messages, suffix)
  local found, err = process.exec("app:parent", "app:procs", tonumber(processes), tonumber(messages))
  if err then return nil, err end
  io.print("fan_spawn" .. (suffix or ""), found.spawn, "ns")
  io.print("fan_message" .. (suffix or ""), found.message, "ns")
end}
