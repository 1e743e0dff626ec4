local io = require("io")

-- The harness reads the memory of this operating system process, then answers with a line.
local function phase(name)
  io.print("phase " .. name)
  io.readline()
end

return {main = function(count, seconds)
  local _, err = process.exec("app:parent", "app:procs", tonumber(count), "3s")
  if err then return nil, err end
  phase("begin")
  _, err = process.exec("app:parent", "app:procs", 0, seconds .. "s")
  if err then return nil, err end
  phase("end")
end}
