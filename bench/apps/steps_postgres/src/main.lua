local io = require("io")
local time = require("time")
local workflow = require("workflow")

local function sequence(count)
  local done, err = workflow.execute("app:sequence", count)
  if err then error(err) end
  if done ~= count then error("the workflow did not take all its steps") end
end

local function steps_a_second(steps, start)
  return steps / time.now():sub(start):seconds()
end

return {main = function(steps, workflows, steps_each)
  steps, workflows, steps_each = tonumber(steps), tonumber(workflows), tonumber(steps_each)
  sequence(10)

  local start = time.now()
  sequence(steps)
  io.print("postgres_sequential", steps_a_second(steps, start), "steps/s")

  start = time.now()
  local finished = channel.new(workflows)
  for _ = 1, workflows do
    coroutine.spawn(function()
      sequence(steps_each)
      finished:send(true)
    end)
  end
  for _ = 1, workflows do finished:receive() end
  io.print("postgres_concurrent", steps_a_second(workflows * steps_each, start), "steps/s")
end}
