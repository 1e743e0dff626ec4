return {main = function(parent)
  local inbox = process.inbox()
  process.send(parent, "ready")
  while true do
    process.send(inbox:receive():from(), "here")
  end
end}
