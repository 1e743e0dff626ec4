-- Takes jobs until it is told to stop; keeps how many it did in a plain local.
local function main(boss: string)
  local jobs = process.listen("job")
  local stop = process.listen("stop")
  local done = 0
  process.send(boss, "ready", process.pid())
  while true do
    local r = channel.select{ jobs:case_receive(), stop:case_receive() }
    if r.channel == stop then return done end
    done = done + 1
    process.send(boss, "result", { pid = process.pid(), value = r.value * r.value })
  end
end

return { main = main }
