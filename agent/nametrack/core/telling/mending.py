"""The lines that mend what `why` finds: to be pasted into the router's shell; on another machine, what to edit."""

from ... import ip, routing
from ..names.rrset import BLOCKED, NODATA, NXDOMAIN, REBIND

LAST_OF_OURS = 999  # the preference of the last rule of ours
# what a change of an option is called where it is made by hand
_BY_HAND = {"set": "set option %s '%s'", "add_list": "add list %s '%s'", "del_list": "remove list %s '%s'"}
_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@[]"
CHECK = "nametrack check"
CORRECT = "correct %s, then %s"
UNKNOWN = "check that the nameserver can be reached and knows the name: "
# What is to be done about a name without an address, by the status of the negative answer; a line for nslookup follows.
_UNRESOLVED = {
    NXDOMAIN: "check the spelling, and that the name has not lapsed: ",
    NODATA: "check that the name has an address record: ",
    BLOCKED: "allow the name in the filter of your resolver (as adblock), or of the nameservers behind it: ",
}
_PRIVATE = (
    "uci add_list dhcp.@dnsmasq[0].rebind_domain='%s'; uci commit dhcp; /etc/init.d/dnsmasq restart; "
    "nametrack refresh %s  # if the name is meant to have a private address"
)


def reload(agent):
    """Return what has the agent read its configuration again."""
    return "/etc/init.d/nametrack reload" if agent.files.machine is None else "systemctl reload nametrack"


def correct(agent, path):
    """Return what is to be done about what makes no sense in a file."""
    return CORRECT % (path, reload(agent))


def option(agent, section, verb, name, value):
    """Return what changes an option of /etc/config/nametrack; verb: "set", "add_list" or "del_list"."""
    if agent.files.machine is not None:
        words = _BY_HAND[verb] % (name, value)
        return "systemctl reload nametrack  # first %s in section '%s' of nametrack.conf" % (words, section)
    if not _is_plain(section):
        return CHECK
    words = (verb, section, name, value)
    return "uci %s nametrack.%s.%s='%s'; uci commit nametrack; /etc/init.d/nametrack reload" % words


def route_instead(agent, policy):
    """Return what has a policy steered by routes of our own, None for one without a way out."""
    if policy.config.interface is None:
        return None
    return option(agent, policy.config.name, "set", "target", "route") + "  # or add the rule that is missing"


def start(agent, interface):
    """Return what starts an interface, which sets its peers up anew."""
    if agent.files.machine is not None:
        return "wg-quick down %s; wg-quick up %s" % (interface, interface)
    if is_disabled(agent, interface):
        return "uci set network.%s.disabled='0'; uci commit network; /etc/init.d/network reload" % interface
    return "ifup %s" % interface


def is_disabled(agent, interface):
    """Return whether a section of /etc/config/network says so: then netifd does not know the interface."""
    return interface in agent.config.interfaces and agent.config.interfaces[interface].disabled


def bring(agent, interface):
    """Return what brings a way that does not exist: its start, or its right name if no file names it."""
    if interface in agent.config.interfaces or interface in agent.interfaces.known:
        return start(agent, interface)
    return correct(agent, agent.config.origin.nametrack)


def give(agent, peer, prefix):
    """Return what adds an allowed IP to a NetworkPeer."""
    return _allowed_ip(agent, peer, "add_list", prefix)


def take(agent, peer, prefix):
    """Return what takes an allowed IP from a NetworkPeer."""
    return _allowed_ip(agent, peer, "del_list", prefix)


def whole_family(agent, interface, family):
    """Return what gives a tunnel all addresses of a family: the peer with all of the other one, else the first one.

    None if a peer has them, for it would lose them, or if there is no peer.
    """
    everything, other = ("0.0.0.0/0", "::/0") if family == 4 else ("::/0", "0.0.0.0/0")
    peers = [peer for peer in agent.config.network_peers if peer.interface == interface and not peer.disabled]
    if not peers or any(everything in peer.allowed_ips for peer in peers):
        return None
    peer = ([peer for peer in peers if other in peer.allowed_ips] + peers)[0]
    return give(agent, peer, everything) + "  # %s needs an IPv%d address, too" % (interface, family)


def keepalive(agent, interface, public_key):
    """Return what has a peer of /etc/config/network send keepalives, None for a peer that is not there."""
    for peer in agent.config.network_peers:
        if (peer.interface, peer.public_key) == (interface, public_key) and agent.files.machine is None:
            if _is_plain(peer.section):
                line = "uci set network.%s.persistent_keepalive='25'; uci commit network; %s; " % (
                    peer.section,
                    start(agent, interface),
                )
                return line + "/etc/init.d/nametrack reload  # a dead tunnel is noticed without traffic"
    return None


def host_route(agent, interface):
    """Return what has netifd keep a tunnel's own packets out of it; None on another machine."""
    if agent.files.machine is not None:
        return None
    line = "uci delete network.%s.nohostroute; uci commit network; ifup %s; /etc/init.d/nametrack reload"
    return line % (interface, interface)


def restart_resolver(agent, server):
    """Return what starts the router's own nameserver again, with `; ` after it; nothing for another one."""
    address, _, port = server.partition("#")
    own = agent.files.machine is None and not port and (address.startswith("127.") or address == "::1")
    return "/etc/init.d/dnsmasq restart; " if own else ""


def without_task(agent, words):
    """Return what removes the scheduled tasks with these words in this order; None on another machine."""
    if agent.files.machine is not None:
        return None
    return "crontab -l | grep -v '%s' | crontab -; /etc/init.d/nametrack reload" % ".*".join(words)


def make_set(kernel_set):
    """Return what makes the set that a policy fills, if it is not there."""
    name, family = kernel_set.name, kernel_set.use.family
    wide = any([policy.literals.wide for policy in kernel_set.use.sources])
    if name.kind == "ipset":
        kind = "hash:net" if wide else "hash:ip"
        made = "ipset create %s %s family %s timeout 0" % (name.name, kind, "inet" if family == 4 else "inet6")
    else:
        spec = (name.family, name.table)
        made = "nft add table %s %s; " % spec + "nft add set %s %s %s" % (spec + (name.name,))
        made += " '{ type ipv%d_addr; flags %stimeout; }'" % (family, "interval, " if wide else "")
    return made + "  # until the firewall is restarted: to keep it, see `config ipset` in /etc/config/firewall"


def without_endpoint(agent, policies, endpoints):
    """Return what takes an endpoint out of the policies that lead into its tunnel, None if nothing lists it by itself.

    endpoints: texts of addresses.
    """
    for policy in policies:
        found = sorted(policy.hosts)
        found = [host for host in found if any(ip.element(key) in endpoints for key in policy.hosts[host].named)]
        for value in found + [text for text in policy.config.literals if text in endpoints]:
            text = policy.config.written.get(value, value)
            if text is None or value in policy.seen or any(_has(each, value) for each in policy.config.lists):
                return None  # no `list` has it alone
            return option(agent, policy.config.name, "del_list", "host", text)
    return None


def _has(found, value):
    """Whether a file of hosts lists a value."""
    return value in found.hosts or value in found.elements


def _allowed_ip(agent, peer, verb, prefix):
    again = start(agent, peer.interface)
    if agent.files.machine is not None:
        words = "add %s to" if verb == "add_list" else "remove %s from"
        words = words % prefix + " AllowedIPs of the peer in the file of %s" % peer.interface
        return "%s  # first %s" % (again, words)
    if not _is_plain(peer.section):
        return again
    if verb == "del_list":
        prefix = peer.written.get(prefix, prefix)
    if prefix is None:
        return "take it out of section '%s' of %s, then %s" % (peer.section, agent.config.origin.network, again)
    line = "uci %s network.%s.allowed_ips='%s'; uci commit network; %s; /etc/init.d/nametrack reload"
    return line % (verb, peer.section, prefix, again)


def loose(device):
    """Return what has the kernel accept replies that come in through a device, whatever route leads back."""
    name = device.replace(".", "/")
    return "echo net.ipv4.conf.%s.rp_filter=2 >>/etc/sysctl.conf; sysctl -p" % name


def unresolved(host, status, server):
    """Return what is to be done about a name without an address.

    status: of the negative answer, None if there was none; server: the nameserver that is asked, as in SendQuery.
    """
    if status == REBIND:
        return _PRIVATE % (host, host)
    return (_UNRESOLVED.get(status, UNKNOWN) + "nslookup %s %s%s" % ((host,) + asked(server))).strip()


def ask_again(agent, host, server):
    """Return what mends a silent nameserver, if it is the router's own, and has the name asked again."""
    own = restart_resolver(agent, server)
    if own:
        return "%snametrack refresh %s" % (own, host)
    return "nslookup %s %s  # does it run, and can it be reached?" % (host, asked(server)[0])


def asked(server):
    """Return `(address, port)` of a nameserver, as in SendQuery, in the words of nslookup; port: "" for the usual one.

    The device is part of an address that is one of its link.
    """
    server, _, device = server.partition("@")
    address, _, port = server.partition("#")
    link = "%" + device if device and address.startswith("fe80:") else ""
    return address + link, " port " + port if port else ""


def behind(rule):
    """Return what puts a rule of another program behind ours."""
    ip_words = "ip -6" if rule.family == 6 else "ip"
    words = _words(rule)
    if words is None:
        return "%s rule show pref %d  # give it a preference above %d" % (ip_words, rule.preference, LAST_OF_OURS)
    later = LAST_OF_OURS + 1 + min(rule.preference, 30000)
    line = "%s rule add pref %d %s && %s rule del pref %d" % (ip_words, later, words, ip_words, rule.preference)
    return line + "  # a `config rule` of /etc/config/network: set its priority to %d" % later


def _words(rule):
    """Return a rule in the words of `ip rule`, None if it is not among the simple ones."""
    match = rule.match
    complex_ones = (match.oif, match.mark, match.transport, match.sports, match.dports)
    if match.others or rule.action != routing.LOOKUP or rule.suppress is not None:
        return None
    if any(each is not None for each in complex_ones):
        return None
    found = [("from", match.source or "all"), ("to", match.destination), ("iif", match.iif), ("lookup", rule.argument)]
    return " ".join(["%s %s" % pair for pair in found if pair[1] is not None])


def single(address):
    """Return the prefix that holds one address only."""
    return "%s/%d" % (address, ip.V4_BITS if ip.family(address) == 4 else ip.V6_BITS)


def _is_plain(name):
    """Whether a section's name can stand in a line of shell as it is."""
    return all(c in _PLAIN for c in name)
