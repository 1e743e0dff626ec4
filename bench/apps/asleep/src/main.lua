local io = require("io")
local time = require("time")

local AT_ONCE = 500

local function start(count)
  local pids, tickets, done = {}, channel.new(AT_ONCE), channel.new(0)
  for _ = 1, AT_ONCE do
    coroutine.spawn(function()
      while true do
        local _, more = tickets:receive()
        if not more then break end
        local pid = assert(process.spawn("app:sleeper", "trivium:workflow_worker"))
        pids[#pids + 1] = pid
      end
      done:send(true)
    end)
  end
  for _ = 1, count do tickets:send(true) end
  tickets:close()
  for _ = 1, AT_ONCE do done:receive() end
  return pids
end

return {main = function(count, woken)
  count, woken = tonumber(count), tonumber(woken)
  local awake = process.listen("awake")
  start(10)
  io.print("phase base")
  io.readline()

  local since = time.now()
  local pids = start(count)
  io.print("asleep_start", time.now():sub(since):seconds() * 1e9 / count, "ns")
  time.sleep("5s")  -- the first tasks of the last ones
  io.print("phase asleep")
  io.readline()

  local times = {}
  for i = 1, woken do  -- those that were evicted first
    since = time.now()
    process.send(pids[i], "wake", process.pid())
    awake:receive()
    times[i] = time.now():sub(since):seconds() * 1000
  end
  table.sort(times)
  io.print("asleep_wake", times[(woken + 1) // 2], "ms")
  io.print("asleep_wake_worst", times[woken], "ms")
end}
