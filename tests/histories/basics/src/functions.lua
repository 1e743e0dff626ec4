local M = {}

function M.double(n) return n * 2 end

function M.refuse()
  return nil, errors.new({ kind = "NotFound", message = "no such order", details = { order = 7 } })
end

return M
