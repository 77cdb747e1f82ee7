"""What `check` finds on a machine that is no OpenWrt router: what else sets endpoints there, and its nameservers."""

from ... import ip
from . import findings

ADVICE = {
    "config_saved": "remove SaveConfig from the file, or list the peer with its endpoint_host in nametrack.conf",
    "managed_elsewhere": "let one program make the interface; the other's file for it can go",
    "nameserver_in_tunnel": "name one outside of the tunnel, as your router: list fallback_nameserver '192.168.1.1'",
    "nameserver_local": "name one to ask past it, as your router: list fallback_nameserver '192.168.1.1'",
}
# The advice that is for a router, as it is for such a machine.
ELSEWHERE = {
    "not_loaded": "systemctl reload nametrack",
    "disabled": "write option enabled '1' in /etc/nametrack.conf, then systemctl restart nametrack",
    "no_keepalive": "add PersistentKeepalive = 25 to the peer, so that a dead tunnel is noticed without traffic",
    "endpoint_in_allowed_ips": "take the address out of AllowedIPs, or set FwMark and a rule for it",
    "watchdog_also_active": "remove the line: nametrack does the same, sooner",
}


def fitted(found):
    """Return findings with the advice that fits such a machine."""
    fit = []
    for one in found:
        code = one["code"]
        if code in ELSEWHERE and one["advice"] == findings.ADVICE[code]:
            one = dict(one)
            one["advice"] = ELSEWHERE[code]
        fit.append(one)
    return fit


def machine_findings(agent):
    """Return the findings about the machine of an agent and its configuration."""
    machine, config = agent.files.machine, agent.config
    return _saved(machine, config) + _timers(machine) + _managed(machine, config) + _nameservers(machine, config)


def _finding(code, severity, subject, text, advice=None):
    return findings.finding(code, severity, subject, text, advice or ADVICE[code])


def _saved(machine, config):
    followed = [peer.interface for peer in config.peers]
    text = "SaveConfig: when wg-quick stops the interface, it writes the endpoint's address in place of the name"
    return [_finding("config_saved", "warning", name, text) for name in machine.saving if name in followed]


def _timers(machine):
    advice = "systemctl disable --now %s: nametrack does the same, sooner"
    return [_finding("watchdog_also_active", "warning", "systemd", name, advice % name) for name in machine.timers]


def _managed(machine, config):
    found, said = [], set()
    for peer in config.peers:
        program = machine.managers.get(peer.interface)
        if program is not None and peer.interface not in said:
            said.add(peer.interface)
            text = "%s makes this interface too: when it does, it sets its own endpoint, which nametrack then corrects"
            found.append(_finding("managed_elsewhere", "info", peer.interface, text % program))
    return found


def _nameservers(machine, config):
    """Nameservers that cannot help a dead tunnel: all lie in it, or all that is known is a resolver with a cache."""
    others = machine.learnt + [server for kind, server in config.fallbacks if kind == "address"]
    known = [server.partition("#")[0].partition("@")[0] for server in config.nameservers + others]
    tunnels = [_tunnel_of(address, machine, config) for address in known]
    if known and None not in tunnels:
        text = "every known nameserver is reached through this tunnel: while it is dead, its name cannot be looked up"
        return [_finding("nameserver_in_tunnel", "warning", tunnels[0], text)]
    if known and all(address.startswith("127.") or address == "::1" for address in known):
        text = "the only known nameserver is on this machine: what its cache holds cannot be passed by"
        return [_finding("nameserver_local", "info", "nameserver %s" % known[0], text)]
    return []


def _tunnel_of(address, machine, config):
    """Return the interface of the followed tunnel that an address is reached through, None if there is none.

    Of a full tunnel that is not known: the local network is reached past it. There, the nameservers count that
    wg-quick sets together with the tunnel.
    """
    number = ip.number(address)
    for peer in config.peers:
        set_with_it = [ip.canonical(text) for text in machine.tunnel_nameservers.get(peer.interface, [])]
        for prefix in peer.allowed_ips:
            family, first, last = ip.span(prefix)
            if family == ip.family(address) and first <= number <= last:
                if address in set_with_it or not prefix.endswith("/0"):
                    return peer.interface
    return None
