-- Hands out what it has and fails when there is nothing left.
local function main(stock: integer)
  local events = process.events()
  local orders = process.listen("order", { message = true })
  logger:info("store opens", { stock = stock })
  while true do
    local r = channel.select{ events:case_receive(), orders:case_receive() }
    if r.channel == events then
      if r.value.kind == process.event.CANCEL then return end
    else
      if stock == 0 then error("nothing left") end
      stock = stock - 1
      process.send(r.value:from(), "sold", stock)
    end
  end
end

return { main = main }
