return {run = function(starter)
  process.send(starter, "running")
end}
