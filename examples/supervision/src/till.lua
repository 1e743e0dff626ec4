-- Orders one piece after the other. When the store fails, the supervisor begins anew with both.
local function main()
  local events = process.events()
  local sold = process.listen("sold")
  while true do
    process.send("shop.store", "order")
    local r = channel.select{ events:case_receive(), sold:case_receive() }
    if r.channel == events then
      if r.value.kind == process.event.CANCEL then return end
    else
      logger:info("sold one", { left = r.value })
      time.sleep("200ms")
    end
  end
end

return { main = main }
