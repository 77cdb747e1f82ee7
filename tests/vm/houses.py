"""Two houses inside a virtual machine: network namespaces, and between them WireGuard as the kernel has it.

                     internet: DNS at 192.0.2.53
            198.51.100.1/24 │            │ 203.0.113.1/24
            2001:db8:a::1   │            │ 2001:db8:b::1
                        wan │            │ wan
                     ┌──────┴──────┐ ┌───┴─────────┐
                     │ home        │ │ beach       │
                     │ .10         │ │ .20         │
                     │ wghome      ◄═╪═ wg0        │ home.dyn.test:51820
                     │ 10.9.0.1    │ │ 10.9.0.2    │
                     └─────────────┘ └─────────────┘

The beach has a firewall that drops what it did not ask for, as a NAT does: so it must find home.
"""

import itertools

HOME = "home.dyn.test"
PORT = 51820
DNS = "192.0.2.53"
COUNTER = itertools.count(1)

BUILD = """
set -e
for name in internet home beach; do
    ip netns add $name
    ip -n $name link set lo up
done
ip -n internet addr add 192.0.2.53/32 dev lo
for house in home beach; do
    ip link add wan netns $house type veth peer name to-$house netns internet
    ip -n internet link set to-$house up
    ip -n $house link set wan up
done
ip -n internet addr add 198.51.100.1/24 dev to-home
ip -n internet addr add 2001:db8:a::1/64 dev to-home nodad
ip -n internet addr add 203.0.113.1/24 dev to-beach
ip -n internet addr add 2001:db8:b::1/64 dev to-beach nodad
ip netns exec internet sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
ip -n home addr add 198.51.100.10/24 dev wan
ip -n home addr add 2001:db8:a::10/64 dev wan nodad
ip -n home route add default via 198.51.100.1
ip -n home route add default via 2001:db8:a::1
ip -n beach addr add 203.0.113.20/24 dev wan
ip -n beach addr add 2001:db8:b::20/64 dev wan nodad
ip -n beach route add default via 203.0.113.1
ip -n beach route add default via 2001:db8:b::1
ip netns exec beach nft -f - <<RULES
table inet lab_fw {
    chain input {
        type filter hook input priority 0;
        iifname "wan" ct state established,related accept
        iifname "wan" meta l4proto 58 accept
        iifname "wan" drop
    }
}
RULES
for pair in home:wghome beach:wg0; do
    house=${pair%:*} device=${pair#*:}
    ip -n $house link add $device type wireguard
    wg genkey >/run/$house.key
    wg pubkey </run/$house.key >/run/$house.pub
    ip netns exec $house wg set $device private-key /run/$house.key
done
ip netns exec home wg set wghome listen-port 51820 peer $(cat /run/beach.pub) allowed-ips 10.9.0.2/32
ip netns exec beach wg set wg0 peer $(cat /run/home.pub) allowed-ips 10.9.0.1/32 persistent-keepalive 5
ip -n home addr add 10.9.0.1/24 dev wghome
ip -n beach addr add 10.9.0.2/24 dev wg0
ip -n home link set wghome up
ip -n beach link set wg0 up
"""

CLEAR = """
for pid in $(ip netns pids internet) $(ip netns pids home) $(ip netns pids beach); do kill -9 $pid; done
for name in internet home beach; do ip netns delete $name; done
rm -rf /run/agent /run/zone
true
"""

# A reply within a second: `ping` of busybox waits no shorter time.
WORKS = "ip netns exec beach ping -c 1 -W 1 10.9.0.1 >/dev/null"

# The number of the agent's process; `$!` would be that of the shell around it.
AGENT = r"ps | sed -n 's/^ *\([0-9]*\) .*[s]tart.py run.*/\1/p'"


class Houses:
    """Built when entered, in a machine that others may have used before."""

    def __init__(self, machine):
        self.machine = machine
        self.records = {HOME: ["198.51.100.10"]}
        self.ttl = 2

    def __enter__(self):
        self.machine.status(CLEAR + "2>/dev/null")
        self.machine.run(BUILD)
        self.home_key = self.machine.run("cat /run/home.pub").strip()
        self.name()
        self.machine.run(
            f"ip netns exec internet micropython /usr/lib/guest/nameserver.py {DNS} /run/zone >/run/asked 2>&1 &"
        )
        return self

    def __exit__(self, *_):
        self.machine.status(CLEAR)

    def name(self, **records):
        """What the zone says from now on, besides what it said: host (with _ for .) -> addresses."""
        self.records.update({host.replace("_", "."): addresses for host, addresses in records.items()})
        lines = [f"{host} {address} {self.ttl}\n" for host, found in self.records.items() for address in found]
        self.machine.write("/run/zone.new", "".join(lines))
        self.machine.run("mv /run/zone.new /run/zone")

    def move(self, address):
        """Home gets another address of its WAN, and tells its zone; the old one is nobody's."""
        self.machine.run(
            f"ip -n home addr del {self.records[HOME][0]}/24 dev wan && ip -n home addr add {address}/24 dev wan"
            " && ip -n home route add default via 198.51.100.1"
        )
        self.name(**{HOME.replace(".", "_"): [address]})

    def beach(self, script, seconds=60):
        """The output of a command on the beach's router."""
        return self.machine.run(f"ip netns exec beach {script}", seconds)

    def endpoint(self):
        """The endpoint that the beach has for home, as wg shows it."""
        return self.beach("wg show wg0 endpoints").split()[1]

    def wait_for_endpoint(self, address, seconds=20):
        wanted = f"{address}:{PORT}"
        self.machine.wait_for(
            f'[ "$(ip netns exec beach wg show wg0 endpoints | cut -f 2)" = {wanted} ]',
            seconds,
            lambda: f"endpoint {wanted}, not {self.endpoint()}; the log:\n{self.log()}",
        )

    def wait_for_tunnel(self, seconds=20):
        self.machine.wait_for(WORKS, seconds, lambda: f"the tunnel; the log:\n{self.log()}")

    # The agent, on the beach's router

    def start(self, nametrack="", network=None, observe=()):
        """Starts the agent with sections of /etc/config/nametrack and of /etc/config/network, as text.

        `observe`: devices on which it reads the answers that clients get.
        """
        if network is None:
            network = f"""
config wireguard_wg0
	option public_key '{self.home_key}'
	option endpoint_host '{HOME}'
	option endpoint_port '{PORT}'
	option persistent_keepalive '5'
	list allowed_ips '0.0.0.0/0'
	list allowed_ips '::/0'
"""
        settings = f"""
config nametrack 'global'
	list nameserver '{DNS}'
	option min_ttl '1'
	option peer_interval '2'
	option log_level 'debug'
{"".join(f"	list observe '{device}'" for device in observe)}
{nametrack}"""
        self.machine.write("/run/agent/config/nametrack", settings)
        self.machine.write("/run/agent/config/network", network)
        self.machine.run("mkdir -p /run/agent/state")
        self.machine.run(
            "NAMETRACK_LIB=/usr/lib/nametrack ip netns exec beach nametrack run --ubus none"
            " --config-dir /run/agent/config --state-dir /run/agent/state --run-dir /run/agent/run"
            " >/run/agent/log 2>&1 &"
        )

    def stop(self):
        """SIGTERM to the agent, which must end."""
        self.machine.run(f"kill $({AGENT})")
        self.machine.wait_for(f'[ -z "$({AGENT})" ]', 10, "the agent to end")

    def log(self):
        """The last lines of the agent's log."""
        return self.machine.status("tail -n 40 /run/agent/log")[1]

    def script(self, text):
        """What a script that uses an adapter prints, on the beach's router; driver.py's names are known to it."""
        prologue = "import sys\nsys.path[:0] = ['/usr/lib/nametrack', '/usr/lib/guest']\nfrom driver import *\n"
        self.machine.write("/run/script.py", prologue + text)
        return self.beach("micropython -X heapsize=8M /run/script.py").splitlines()
