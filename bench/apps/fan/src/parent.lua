local time = require("time")

local function receive(done, count)
  for _ = 1, count do done:receive() end
end

-- A message to every worker and one back from each.
local function fan(workers, done)
  for i = 1, #workers do process.send(workers[i], "work", i) end
  receive(done, #workers)
end

-- Nanoseconds for each process and, sent or received, for each message.
return {main = function(processes, messages)
  local done = process.listen("done")
  local me = process.pid()
  local workers = {}
  local start = time.now()
  for i = 1, processes do
    local pid, err = process.spawn("app:worker", "app:procs", me)
    if err then error(err) end
    workers[i] = pid
  end
  receive(done, processes)
  local spawned = time.now():sub(start):nanoseconds()
  fan(workers, done)
  local rounds = math.max(1, messages // (2 * processes))
  start = time.now()
  for _ = 1, rounds do fan(workers, done) end
  local fanned = time.now():sub(start):nanoseconds()
  return {spawn = spawned / processes, message = fanned / (2 * processes * rounds)}
end}
