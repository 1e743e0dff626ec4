-- Ordinary code. It may run for days: every call, the sleep and the message are recorded, and after a
-- crash it goes on where it stopped.
local function process_order(order_id: string)
  local total, err = funcs.call("app.orders:price", order_id)
  if err then return nil, err end

  local _, reserve_err = funcs.call("app.orders:reserve", order_id)
  if reserve_err then return nil, reserve_err end

  local receipt, charge_err = funcs.call("app.orders:charge", order_id, total)
  if charge_err then return nil, charge_err end
  process.send("shop", "charged", order_id)

  time.sleep("3s") -- a durable timer: it also runs while the runtime is down

  local courier = process.listen("courier"):receive() -- a message from outside: a signal

  local parcel, ship_err = funcs.call("app.orders:ship", order_id)
  if ship_err then return nil, ship_err end

  return { order = order_id, total = total, receipt = receipt, parcel = parcel, courier = courier }
end

return { main = process_order }
