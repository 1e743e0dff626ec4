-- Sleeps for a month, unless somebody wakes it.
return {main = function()
  local wake = process.listen("wake")
  local month = time.after("720h")
  local woken = channel.select {wake:case_receive(), month:case_receive()}
  if woken.channel == wake then process.send(woken.value, "awake") end
end}
