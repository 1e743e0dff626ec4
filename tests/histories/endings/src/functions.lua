local M = {}

function M.wait() process.listen("never"):receive() end

function M.fail() error("not today") end

return M
