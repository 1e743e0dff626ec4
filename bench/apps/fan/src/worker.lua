return {main = function(parent)
  local work = process.listen("work")
  process.send(parent, "done", 0)
  while true do
    process.send(parent, "done", (work:receive()))
  end
end}
