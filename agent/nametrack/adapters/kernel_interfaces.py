"""The interfaces of a machine without netifd, as the kernel tells them: those with a default route lead out."""

from .. import compat, compat_files, ip
from ..core import events as on
from ..wire import resolv_conf, rtnetlink
from ..wire.netifd import Interface
from .netlink import hear, listen

ROUTES4, ROUTES6 = "/proc/net/route", "/proc/net/ipv6_route"
DEVICES = "/sys/class/net/"
# Where the nameservers are that the networks told, past a resolver of the machine's own and past what a tunnel set:
# those of systemd-resolved and of NetworkManager. Else what programs ask.
LEARNT = ("/run/systemd/resolve/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf")
RESOLV_CONF = "/etc/resolv.conf"

_GROUPS = rtnetlink.LINKS | rtnetlink.ADDRESSES
_LINKS = (rtnetlink.NEW_LINK, rtnetlink.DELETE_LINK)
_DATAGRAM = 8192
_AT_ONCE = 64  # notifications that are read in one round
_LATER = 3  # seconds after a change until it is looked at again: routes and resolv.conf follow addresses
_REGULARLY = 60  # seconds: resolv.conf may change alone
_ANY4, _ANY6 = "00000000", 32 * "0"


class KernelInterfaces:
    """Carries out ReadInterfaces in netifd's place; hands in that something changed.

    changed: function that is called when the network may have changed: files that depend on it are read again.
    """

    def __init__(self, poller, emit, changed):
        self._poller = poller
        self._emit = emit
        self._changed = changed
        self._news = None  # link_news.LinkNews
        self._socket = None

    def start(self):
        """Hear from the kernel what changes, and have the interfaces read for the first time."""
        from .link_news import LinkNews  # the configuration, which needs the nameservers, is read without

        self._news = LinkNews()
        # if that is refused, they are looked at regularly only
        self._socket = listen(self._poller, rtnetlink.PROTOCOL, _GROUPS, self._readable)
        self._poller.call_at(("links",), compat.monotonic() + _REGULARLY, self._look)
        self._emit(on.BusConnected("kernel"))

    def read(self, action):
        """Carry out ReadInterfaces."""
        self._tell()

    def add_host_route(self, address, interface, done):
        """Call `done(problem)`: there is no netifd that could add a route."""
        done("there is no netifd")

    def _readable(self, mask):
        news = []

        def take(message):
            of = self._news.of_link if message.type in _LINKS else self._news.of_address
            if of(message):
                news.append(message.type)

        if hear(self._socket, _DATAGRAM, _AT_ONCE, take) or news:
            self._emit(on.InterfaceUpdated("kernel"))
            self._poller.call_at(("links",), compat.monotonic() + _LATER, self._followed)

    def _followed(self):
        """What follows from a change has come about."""
        self._emit(on.InterfaceUpdated("kernel"))
        self._poller.call_at(("links",), compat.monotonic() + _REGULARLY, self._look)

    def _look(self):
        """Nothing says that anything changed: so no change is announced, and what is read counts if it is new."""
        self._tell()
        self._poller.call_at(("links",), compat.monotonic() + _REGULARLY, self._look)

    def _tell(self):
        self._emit(on.InterfacesRead(interfaces()))
        self._changed()


def interfaces():
    """Return the Interfaces that have a default route, the nameservers with the preferred one of their family."""
    metrics = {}  # device -> {4: metric, 6: metric}
    for device, metric in _defaults4(_lines(ROUTES4)):
        _keep(metrics.setdefault(device, {}), 4, metric)
    for device, metric in _defaults6(_lines(ROUTES6)):
        _keep(metrics.setdefault(device, {}), 6, metric)
    devices = [device for device in sorted(metrics) if not _is_tunnel(device)]
    servers = {}  # device -> nameservers
    for server in learnt_nameservers():
        address, _, zone = server.partition("@")
        family = ip.family(address)
        asked = [device for device in devices if family in metrics[device]] if not zone else [zone]
        known = sorted([(metrics[device].get(family, 0), device) for device in asked if device in devices])
        if known:
            servers.setdefault(known[0][1], []).append(address)
    return [
        Interface(device, True, "", device, servers.get(device, []), metrics[device].get(4), metrics[device].get(6), [])
        for device in devices
    ]


def nameservers():
    """Return the nameservers that the programs of this machine ask, `address` or `address@device`."""
    return resolv_conf.nameservers("\n".join(_lines(RESOLV_CONF)))


def learnt_nameservers():
    """Return the nameservers that the networks told, in the same way, without those on this machine itself."""
    for path in LEARNT + (RESOLV_CONF,):
        found = [a for a in resolv_conf.nameservers("\n".join(_lines(path))) if not a.startswith("127.") and a != "::1"]
        if found:
            return found
    return []


def _keep(metrics, family, metric):
    metrics[family] = min(metric, metrics.get(family, metric))


def _defaults4(lines):
    # Iface Destination Gateway Flags RefCnt Use Metric Mask …, of the main table (net/ipv4/fib_trie.c)
    for line in lines[1:]:
        words = line.split()
        if len(words) > 7 and words[1] == _ANY4 and words[7] == _ANY4 and words[6].isdigit():
            yield words[0], int(words[6])


def _defaults6(lines):
    # destination, its length, source, its length, next hop, metric, …, flags, device (net/ipv6/route.c): of all tables
    for line in lines:
        words = line.split()
        if len(words) > 9 and words[0] == _ANY6 and words[1] == "00" and words[9] != "lo":
            yield words[9], int(words[5], 16)


def _is_tunnel(device):
    folder = DEVICES + device
    return compat_files.exists(folder + "/tun_flags") or "DEVTYPE=wireguard" in _lines(folder + "/uevent")


def _lines(path):
    try:
        return compat.decode(compat_files.read_file(path)).split("\n")
    except (OSError, MemoryError):
        return []
