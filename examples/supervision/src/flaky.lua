-- Fails at once: watch the runtime restart it three times and then give up.
local function main()
  time.sleep("10ms")
  logger:warn("about to fail")
  error("the disk is on fire")
end

return { main = main }
