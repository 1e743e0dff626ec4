return {main = function(parent)
  local inbox = process.inbox()
  process.send(parent, "ready")
  inbox:receive()
end}
