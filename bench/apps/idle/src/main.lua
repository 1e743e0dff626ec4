local io = require("io")

-- The harness reads the memory of this operating system process, then answers with a line.
local function phase(name)
  io.print("phase " .. name)
  io.readline()
end

return {main = function(count)
  phase("base")
  local nanoseconds, err = process.exec("app:parent", "app:procs", tonumber(count))
  if err then return nil, err end
  io.print("idle_start", nanoseconds, "ns")
  phase("idle")
end}
