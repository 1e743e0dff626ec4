local function main(workers_arg: string?, jobs_arg: string?)
  local workers = tonumber(workers_arg or "4")
  local jobs = tonumber(jobs_arg or "1000")
  local ready, results, events = process.listen("ready"), process.listen("result"), process.events()

  for _ = 1, workers do
    local _, err = process.spawn_monitored("app:worker", "app:processes", process.pid())
    if err then return nil, err end
  end

  -- Hand out one job at a time: a worker that is busy does not get another.
  local pids, sent, received, sum = {}, 0, 0, 0
  while received < jobs do
    local r = channel.select{ ready:case_receive(), results:case_receive() }
    local pid
    if r.channel == ready then
      pid = r.value
      pids[#pids + 1] = pid
    else
      pid = r.value.pid
      received = received + 1
      sum = sum + r.value.value
    end
    if sent < jobs then
      sent = sent + 1
      process.send(pid, "job", sent)
    end
  end

  for _, pid in ipairs(pids) do process.send(pid, "stop") end
  local share = {}
  for _ = 1, #pids do
    local event = events:receive()
    share[#share + 1] = event.result.value
  end
  io.print("sum of squares: " .. sum)
  io.print("jobs done by " .. #share .. " workers, " .. table.concat(share, " + "))
  return 0
end

return { main = main }
