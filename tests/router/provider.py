"""What a router in a folder has around it: a provider, two VPN servers and a client, in namespaces of their own.

pc 192.168.1.100 ── br-lan  router  wan0 ── isp0  provider    answers for everything in 198.51.100.0/24
   2001:db8:2::100                  nttest  ══ home           and counts what came by which device
                                    ntother ══ cabin
"""

import json
import subprocess

FAR = ("198.51.100.7", "2001:db8:99::7")  # what the policy lists
OTHER = ("198.51.100.8", "2001:db8:99::8")  # what it does not
MOVED = ("198.51.100.9", "2001:db8:99::9")  # where a listed name may move
SEEN = """
table inet seen {
	chain in {
		type filter hook prerouting priority -300;
%s	}
}
"""
# Names: those of the VPN servers, and of what the policy lists.
HOSTS = """
203.0.113.9 home.example.net
203.0.113.10 cabin.example.net
%s far.example.net
%s far.example.net
"""
# Some datagrams a second to each address, from the moment on at which there is a way.
SENDER = """
import itertools, socket, sys, time
for address in itertools.cycle(sys.argv[1:]):
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.sendto(b"x", (address, 9))
        except OSError:
            pass
    time.sleep(0.01)
"""


class Space:
    """A host: a network of its own, and a /run for the sockets of its programs."""

    def __init__(self):
        mounts = "mount --make-rprivate /; mount -t tmpfs none /run; mkdir -p /run/wireguard; ip link set lo up"
        command = ["unshare", "--net", "--mount", "sh", "-c", f"{mounts}; echo; exec sleep 1000000"]
        self._holder = subprocess.Popen(command, stdout=subprocess.PIPE)
        self._holder.stdout.readline()
        self._started = []
        self.pid = str(self._holder.pid)

    def run(self, command, data=None):
        """Runs a line of shell, which must end well; what it printed."""
        done = subprocess.run(self._here(["sh", "-ec", command]), input=data, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self, *command):
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._started.append(subprocess.Popen(self._here(command), **quiet))
        return self._started[-1]

    def close(self):
        for process in [*self._started, self._holder]:
            process.kill()
            process.wait()

    def _here(self, command):
        return ["nsenter", "--target", self.pid, "--net", "--mount", *command]


class Provider:
    """The two namespaces around a router; `cables` connects them to one that boots."""

    def __init__(self):
        self.isp, self.pc = Space(), Space()
        self.isp.run("; ".join(f"ip route add local {net} dev lo" for net in ("198.51.100.0/24", "2001:db8:99::/48")))
        self.isp.run("echo 1 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad")
        self.dns = None
        self.answer(FAR)
        self.keys = {name: key() for name in ("home", "cabin", "nttest", "ntother")}
        lines = []
        for device in ("isp0", "home", "cabin"):
            for name, addresses in (("far", FAR), ("other", OTHER), ("moved", MOVED)):
                for word, address in zip(("ip", "ip6"), addresses, strict=True):
                    lines.append(f'\t\tiifname "{device}" {word} daddr {address} counter comment "{device} {name}"\n')
        self.isp.run("nft -f -", SEEN % "".join(lines))
        for name, ours, port, net in (
            ("home", "nttest", 51820, "10.9.0"),
            ("cabin", "ntother", 51821, "10.8.0"),
        ):
            self.isp.start("wireguard-go", "-f", name)
            self.isp.run(f"until [ -S /run/wireguard/{name}.sock ]; do sleep 0.05; done")
            allowed = f"{net}.2/32,fd00:{net.split('.')[1]}::2/128"
            words = f"listen-port {port} private-key /dev/stdin peer {self.keys[ours][1]} allowed-ips {allowed}"
            self.isp.run(f"wg set {name} {words}", self.keys[name][0])
            self.isp.run(f"ip addr add {net}.1/24 dev {name}; ip addr add fd00:{net.split('.')[1]}::1/64 dev {name}")
            self.isp.run(f"ip link set {name} up")

    def cables(self, init):
        """Lays the cables to a router that boots, by the pid of its process 1."""
        for there, space, here in (("wan0", self.isp, "isp0"), ("br-lan", self.pc, "eth0")):
            space.run(f"ip link del {here} 2>/dev/null || :")  # that of a router without power may still be going
            space.run(f"ip link add {here} type veth peer name {there} netns {init}; ip link set {here} up")
        for address in ("203.0.113.1/24", "203.0.113.9/32", "203.0.113.10/32", "2001:db8:1::1/64"):
            self.isp.run(f"ip addr add {address} dev isp0")
        self.isp.run("ip -6 route add 2001:db8:2::/64 via 2001:db8:1::2")
        self.pc.run("ip addr add 192.168.1.100/24 dev eth0; ip addr add 2001:db8:2::100/64 dev eth0 nodad")
        self.pc.run("ip route add default via 192.168.1.1; ip -6 route add default via 2001:db8:2::1")

    def answer(self, far):
        """DNS says from now on where far.example.net is."""
        self.silence()
        self.isp.run("cat >/run/hosts", HOSTS % far)
        words = "--conf-file=/dev/null --no-resolv --no-hosts --addn-hosts=/run/hosts --local-ttl=5 --pid-file="
        self.dns = self.isp.start("dnsmasq", "-k", *words.split())

    def silence(self):
        """DNS is down."""
        if self.dns is not None:
            self.dns.kill()
            self.dns.wait()

    def send(self):
        """The client sends to all addresses from now on."""
        self.pc.start("python3", "-c", SENDER, *FAR, *OTHER, *MOVED)

    def seen(self, device, name):
        """How many packets came by a device to what is far, or other: [of IPv4, of IPv6]."""
        listed = json.loads(self.isp.run("nft -j list chain inet seen in"))["nftables"]
        rules = [each["rule"] for each in listed if "rule" in each]
        mine = [rule for rule in rules if rule["comment"] == f"{device} {name}"]
        return [part["counter"]["packets"] for rule in mine for part in rule["expr"] if "counter" in part]

    def close(self):
        self.isp.close()
        self.pc.close()


def key():
    """`(private, public)` of WireGuard."""
    private = subprocess.run(["wg", "genkey"], check=True, capture_output=True, text=True).stdout
    public = subprocess.run(["wg", "pubkey"], input=private, check=True, capture_output=True, text=True).stdout
    return private, public.strip()
