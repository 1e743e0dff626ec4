local function main(name: string?)
  local text, err = funcs.call("app:greeting", name or "world")
  if err then return nil, err end
  io.print(text)
  return 0
end

return { main = main }
