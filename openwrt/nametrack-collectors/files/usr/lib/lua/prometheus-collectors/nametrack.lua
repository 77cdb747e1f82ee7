-- nametrack for prometheus-node-exporter-lua: passes on what the agent says, labels escaped by it.
local ubus = require "ubus"

local function scrape()
  local bus = assert(ubus.connect(), "no ubus")
  local answer = bus:call("nametrack", "metrics", { format = "prometheus" })
  bus:close()
  assert(answer, "the agent of nametrack is not running") -- node_scrape_collector_success tells

  -- `output` is how exporters before 2020 write a line; the text ends with one.
  if out then out:write(answer.text) else output((answer.text:gsub("\n$", ""))) end
end

return { scrape = scrape }
