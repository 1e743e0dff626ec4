return {main = function(pinger)
  local pings = process.listen("ping")
  while true do
    process.send(pinger, "pong", (pings:receive()))
  end
end}
