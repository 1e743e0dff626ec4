-- Recorded histories belong to this code: `trivium run record`, then `trivium workflow export` of each id.
-- Here: every way to end, and what becomes of children, other workflows, activities and updates.
local funcs = require("funcs")
local time = require("time")
local workflow = require("workflow")

local worker = "trivium:workflow_worker"
local function pid_of(id) return "{trivium:workflow_store@" .. worker .. "|" .. id .. "}" end

local first = 0 -- a test makes it 1: every history must notice
local function begin()
  if first > 0 then time.sleep("1h") end
end

local M = {}

function M.failed()
  begin()
  time.sleep("1ms")
  return nil, errors.new({ kind = "NotFound", message = "nothing here", details = { order = 7 } })
end

function M.late()
  begin()
  process.inbox():receive()
end

function M.terminated()
  begin()
  process.inbox():receive()
end

function M.canceled()
  begin()
  local events = process.events()
  local timer = time.timer("24h")
  local event = events:receive()
  timer:stop()
  time.sleep("1ms")
  return { event.kind, event.reason }
end

function M.activities()
  begin()
  local function with(options) return funcs.new():with_options(options) end
  local once = { maximum_attempts = 1 }
  local kinds = {}
  local function note(_, err) kinds[#kinds + 1] = err and err:kind() or "none" end
  note(with({ ["activity.start_to_close_timeout"] = "5ms", ["activity.retry_policy"] = once }):call("app:wait"))
  note(with({ ["activity.retry_policy"] = once }):call("app:fail"))
  local future = funcs.async("app:wait")
  time.sleep("5ms")
  future:cancel()
  time.sleep("50ms")
  return kinds
end

function M.updated()
  begin()
  local sum = 0
  workflow.on_update("add", function(n)
    if n == 0 then return nil, "nothing to add" end
    time.sleep("1ms")
    sum = sum + n
    return sum
  end, { validator = function(n) if n < 0 then return nil, "only more" end end })
  process.listen("end"):receive()
  return sum
end

-- Starts children that end in every way, and writes to others.
function M.family()
  begin()
  local ends = {}
  local function child(id, options)
    options["workflow.id"] = options["workflow.id"] or ("child-" .. id)
    local pid, err = process.with_options(options):spawn("app:" .. id, worker)
    ends[#ends + 1] = err and err:kind() or "started"
    return pid
  end
  local events = process.events()
  child("failed", {})
  child("late", { ["workflow.run_timeout"] = "5ms" })
  local canceled = child("canceled", {})
  child("terminated", {})
  child("failed", { ["workflow.id"] = "taken" })
  local _, refused = process.cancel(canceled, "enough")
  ends[#ends + 1] = refused and refused:kind() or "canceled"
  _, refused = process.cancel(pid_of("nobody"), "enough")
  ends[#ends + 1] = refused and refused:kind() or "canceled"
  _, refused = process.send(pid_of("listener"), "end")
  ends[#ends + 1] = refused and refused:kind() or "sent"
  for _ = 1, 4 do
    local event = events:receive()
    local err = event.result and event.result.error
    ends[#ends + 1] = err and err:kind() or "completed"
  end
  return #ends
end

-- Its history was written by hand, as a server leaves it: with attempts of workflow tasks that failed.
function M.foreign()
  begin()
  time.sleep("1ms")
  return "done"
end

return M
