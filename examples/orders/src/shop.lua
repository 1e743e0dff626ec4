-- Starts the order, tells the workflow who carries the parcel, and waits for its end.
local log = logger:named("shop")

local function main(order_id: string)
  process.registry.register("shop")
  local events = process.events()
  local inbox = process.inbox()

  -- The name makes the start idempotent: after a restart it finds the workflow that runs already.
  local pid, err = process.with_options({}):with_name("order-" .. order_id)
    :spawn_monitored("app.orders:process", "trivium:workflow_worker", order_id)
  if err then return nil, err end
  log:info("order is in the works", { workflow = pid })

  local sent, send_err = process.send(pid, "courier", "Ana")
  if not sent then log:info("the order was finished before", { reason = send_err }) end

  while true do
    local r = channel.select{ events:case_receive(), inbox:case_receive() }
    if r.channel == inbox then
      log:info("the workflow says: " .. r.value:topic(), { order = r.value:payload():data() })
    elseif r.value.kind == process.event.CANCEL then
      return "closed"
    elseif r.value.kind == process.event.EXIT then
      if r.value.result.error then
        log:error("order failed", { error = r.value.result.error })
      else
        log:info("order finished", { result = r.value.result.value })
      end
    end
  end
end

return { main = main }
