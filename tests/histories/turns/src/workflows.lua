-- What coroutines ask for one beside the other. Recorded twice: before-*.json by runtimes in which a coroutine went on
-- before its timer or asynchronous call had its turn, the others since. Each goes on as it began.
local funcs = require("funcs")
local time = require("time")

local first = 0 -- a test makes it 1: every history must notice
local function begin()
  if first > 0 then time.sleep("1h") end
end

-- One coroutine asks for `what` and wakes another, which calls e; a third calls b.
local function beside(what)
  begin()
  local order, gate, wake, done = {}, channel.new(0), channel.new(1), channel.new(3)
  local function call(name)
    order[#order + 1] = name
    funcs.call("app:" .. name)
    done:send(true)
  end
  coroutine.spawn(function()
    gate:receive()
    what()
    wake:send(true)
    done:send(true)
  end)
  coroutine.spawn(function()
    gate:receive()
    call("b")
  end)
  coroutine.spawn(function()
    wake:receive()
    call("e")
  end)
  gate:close()
  for _ = 1, 3 do done:receive() end
  return table.concat(order)
end

local M = {}

function M.timers()
  return beside(function() time.after("1h") end)
end

function M.calls()
  return beside(function() funcs.async("app:a") end)
end

function M.refusals()
  return beside(function() process.monitor("nobody") end)
end

-- Ends with a call that nobody waits for.
function M.left()
  begin()
  funcs.call("app:a")
  funcs.async("app:b")
  return "left"
end

return M
