local io = require("io")

return {main = function()
  io.print(1)
end}
