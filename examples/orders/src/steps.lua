-- The steps of an order, each a function of its own entry.
local log = logger:named("orders")

local M = {}

function M.price(order_id: string): number
  log:info("step: price", { order = order_id })
  return 49.90
end

function M.reserve(order_id: string)
  log:info("step: reserve stock", { order = order_id })
end

function M.charge(order_id: string, amount: number): string
  log:info("step: charge card", { order = order_id, amount = amount })
  return "receipt-" .. order_id
end

function M.ship(order_id: string): string
  log:info("step: ship", { order = order_id })
  return "parcel-" .. order_id
end

return M
