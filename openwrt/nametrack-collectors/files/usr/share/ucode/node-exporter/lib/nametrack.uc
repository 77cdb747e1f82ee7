// nametrack for prometheus-node-exporter-ucode: passes on what the agent says, labels escaped by it.
const answer = ubus.call("nametrack", "metrics", { format: "prometheus" });

if (!answer)
	return false; // the agent is not running: node_scrape_collector_success tells

if ("uhttpd" in global)
	global.uhttpd.send(answer.text);
else
	print(answer.text);
