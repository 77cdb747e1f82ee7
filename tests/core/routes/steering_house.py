"""A house whose agent steers by routes of its own: a core, a kernel, and a clock that the test moves."""

from fakes import FakeKernel
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.wire import uci
from nametrack.wire.dns import Answer

KEYS = ["%s%s=" % (letter * 42, "A") for letter in "ABCD"]
NETWORK = """
config interface 'wg0'
	option proto 'wireguard'
config wireguard_wg0
	option public_key '%s'
	option endpoint_host 'home.dyn.test'
	list allowed_ips '0.0.0.0/0'
	list allowed_ips '::/0'
config interface 'wg1'
	option proto 'wireguard'
config wireguard_wg1
	option public_key '%s'
	option endpoint_host 'other.dyn.test'
	list allowed_ips '0.0.0.0/0'
	list allowed_ips '::/0'
""" % (
    KEYS[0],
    KEYS[1],
)
HOSTS = {"work.test": (["192.0.2.1", "192.0.2.2"], ["2001:db8::1"])}


class House:
    """`config`: of /etc/config/nametrack; two tunnels, wg0 and wg1, an uplink wan and a network of clients, br-lan."""

    silent = False  # whether no tunnel tells its port

    def __init__(self, config, network=NETWORK, hosts=None):
        self.agent = Agent()
        self.kernel = FakeKernel()
        self.routing = self.kernel.routing
        self.network = network
        self.hosts = hosts or HOSTS
        self.now = 0
        self.said = []  # texts of the Notify and Log actions
        self.probed = []  # interfaces
        self.echoes = []  # (when, device, address) of every SendEcho
        self.echoing = ["wg0", "wg1"]  # devices that echoes come back through
        self.marked = None  # (devices, bit) of the last MarkInbound
        self.written = []  # every routing.Change
        self.routing.link("wan", "203.0.113.20/24", "2001:db8:b::20/64", direct=False)
        self.routing.default("wan", "203.0.113.1")
        self.routing.default("wan", "2001:db8:b::1")
        self.routing.link("br-lan", "192.168.1.1/24", "fd00:1::1/64", direct=False)
        self.tunnel("wg0", KEYS[0], "10.9.0.2/24", "fd00:9::2/64")
        self.tunnel("wg1", KEYS[1], "10.8.0.2/24", "fd00:8::2/64")
        self.configure(config)

    def tunnel(self, name, key, *addresses):
        self.routing.link(name, *addresses)
        peer = self.kernel.peer(name, key)
        peer.update({"address": "198.51.100.1", "port": 51820, "handshake": 1795400000})

    def configure(self, config):
        sections, problems = uci.parse(config)
        network, more = uci.parse(self.network)
        self.config = configuration.build(sections, network, [p.text for p in problems + more])
        self.handle(on.ConfigLoaded(self.config))

    def handle(self, event):
        self.order(self.agent.handle(event, self.now))
        self.wait(0)

    def touched(self):
        """The kernel tells of links and rules."""
        self.handle(on.RoutingTouched("kernel"))
        self.wait(0.3)

    def wait(self, seconds):
        end = self.now + seconds
        while self.agent.next_timer() is not None and self.agent.next_timer() <= end:
            self.now = max(self.now, self.agent.next_timer())
            self.order(self.agent.handle_timer(self.now))
        self.now = end

    def order(self, actions):
        waiting = list(actions)
        while waiting:
            action = waiting.pop(0)
            if isinstance(action, (do.Notify, do.Log)):
                self.said.append(do.text(action))
            if isinstance(action, do.Probe):
                self.probed.append(action.interface)
            if isinstance(action, do.ReadTunnel) and self.silent:
                continue
            if isinstance(action, do.SendEcho):
                self.echoes.append((self.now, action.interface, action.address))
                if action.interface in self.echoing:
                    waiting = self.agent.handle(on.EchoReplied(action.interface, action.address), self.now) + waiting
            if isinstance(action, do.MarkInbound):
                self.marked = (list(action.devices), action.bit)
            if isinstance(action, do.ChangeRouting):
                self.written += action.changes
            event = self.answer(action) if isinstance(action, do.SendQuery) else self.kernel.perform(action, self.now)
            if event is not None:
                waiting = self.agent.handle(event, self.now) + waiting

    def answer(self, action):
        values = self.hosts.get(action.name, ([], []))[action.rtype == 28]
        return on.QueryAnswered(action.id, Answer("found" if values else "nodata", values, 300, None, "", ()))

    def way(self, address, *who, **how):
        return self.routing.way(address, *who, **how)

    def ours(self):
        """What of ours the kernel has: counts of rules, nexthops and routes."""
        rules = [rule for rule in self.routing.rules if rule.protocol == 190]
        return len(rules), len(self.routing.nexthops), sum([len(table) for table in self.routing.routes.values()])
