-- Recorded histories belong to this code: `trivium run record`, then `trivium workflow export` of each id.
local funcs = require("funcs")
local time = require("time")
local uuid = require("uuid")
local workflow = require("workflow")

local first = 0 -- a test makes it 1: every history must notice
local function begin()
  if first > 0 then time.sleep("1h") end
end

local M = {}

function M.activities(n)
  begin()
  local a = funcs.call("app:double", n)
  local pending = {}
  for i = 1, 5 do pending[i] = funcs.async("app:double", i) end
  for i = 1, 5 do a = a + pending[i]:response():receive():data() end
  local once = funcs.new():with_options({ ["activity.retry_policy"] = { maximum_attempts = 1 }, ["activity.id"] = "mine" })
  local _, err = once:call("app:refuse")
  time.sleep("2ms")
  return { sum = a, kind = err:kind(), order = err:details().order }
end

function M.messages()
  begin()
  local words = process.listen("word")
  local text = ""
  local ticker = time.ticker("5ms")
  for _ = 1, 2 do ticker:channel():receive() end
  ticker:stop()
  while true do
    local r = channel.select({ words:case_receive(), time.after("10h"):case_receive() })
    if r.value == "stop" then return text end
    text = text .. r.value
  end
end

function M.child(n)
  begin()
  return funcs.call("app:double", n)
end

function M.parent()
  begin()
  local result = process.exec("app:child", "trivium:workflow_worker", 4)
  local pid = process.with_options({ ["workflow.id"] = "spawned" }):spawn("app:child", "trivium:workflow_worker", 5)
  local exit = process.events():receive()
  local sent = process.send("{trivium:workflow_store@trivium:workflow_worker|nobody}", "word", 1)
  return { result, exit.from == pid, exit.result.value, sent }
end

function M.recorded()
  begin()
  local id = uuid.v4()
  local version = workflow.version("change", -1, 2)
  workflow.attrs({ search = { tier = "gold" }, memo = { id = id } })
  local order = {}
  for key in pairs({ one = 1, two = 2, three = 3, four = 4 }) do order[#order + 1] = key end
  for _, key in ipairs(order) do funcs.call("app:double", #key + math.random(100)) end
  local done = channel.new(2)
  for i = 1, 2 do
    coroutine.spawn(function()
      uuid.v4()
      done:send(funcs.call("app:double", i))
    end)
  end
  return { version, done:receive() + done:receive(), workflow.info().history_length }
end

function M.chain(n)
  begin()
  time.sleep("1ms")
  if n < 2 then process.upgrade(nil, n + 1) end
  return n
end

function M.open()
  begin()
  funcs.call("app:double", 1)
  return process.inbox():receive()
end

return M
