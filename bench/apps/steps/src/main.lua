local io = require("io")
local time = require("time")
local workflow = require("workflow")

local function sequence(count, step)
  local done, err = workflow.execute("app:sequence", count, step or "app:step")
  if err then error(err) end
  if done ~= count then error("the workflow did not take all its steps") end
end

local function steps_a_second(steps, start)
  return steps / time.now():sub(start):seconds()
end

return {main = function(steps, workflows, steps_each, alone)
  steps, workflows, steps_each = tonumber(steps), tonumber(workflows), tonumber(steps_each)
  sequence(10)

  local start = time.now()
  if alone then
    sequence(steps, alone)
    io.print("steps_local", steps_a_second(steps, start), "steps/s")
    return
  end
  sequence(steps)
  io.print("steps_sequential", steps_a_second(steps, start), "steps/s")

  start = time.now()
  local finished = channel.new(workflows)
  for _ = 1, workflows do
    coroutine.spawn(function()
      sequence(steps_each)
      finished:send(true)
    end)
  end
  for _ = 1, workflows do finished:receive() end
  io.print("steps_concurrent", steps_a_second(workflows * steps_each, start), "steps/s")
end}
