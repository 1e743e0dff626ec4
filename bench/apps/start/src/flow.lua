local funcs = require("funcs")

return {main = function(starter)
  return funcs.call("app:activity", starter)
end}
