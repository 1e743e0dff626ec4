local function main(attempt: integer)
  if attempt < 3 then error("attempt " .. attempt .. " failed") end
  return "done at attempt " .. attempt
end

return { main = main }
