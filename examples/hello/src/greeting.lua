local function greet(name: string): string
  return "Hello, " .. name .. "!"
end

return { greet = greet }
