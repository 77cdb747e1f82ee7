"""What becomes of packets that leave through the right interface: the peer that takes them, firewall, replies."""

from ... import ip
from . import mending
from .claim import Step, note
from .forwarding import lack, zone_of


def delivery(case, told, interface):
    """Return [Step] about packets that leave as a Told says, through an interface, by its name in netifd.

    case: an explanation.Case.
    """
    steps = _peer(case, told, interface) + _firewall(case, told, interface)
    if told.back is not None:
        text = "the kernel drops the replies that come in through %s: its reverse path filter is strict" % told.device
        steps.append(Step(text, mending.loose(told.device), True))
    return steps


def _peer(case, told, interface):
    """[Step] about which peer of a tunnel takes the address, as the tunnel itself has it."""
    holders, address = case.peers.get(told.device), told.address
    if holders is None:
        return [note("%s is no WireGuard interface" % told.device)]
    found = []
    for holder in holders:
        for prefix in holder.allowed_ips:
            if ip.holds(ip.key(prefix), ip.key(address)):
                found.append((_size(prefix), prefix, holder))
    found.sort(key=lambda each: each[0])
    configured = _configured(case.agent, interface, address)
    if not found:
        return [_not_taken(case.agent, told, interface, configured)]
    _, prefix, holder = found[0]
    name = _name(case.agent, interface, holder.public_key)
    step = _other_peer(case.agent, interface, found, configured)
    if step is not None:
        return [step]
    return [note("peer %s of %s takes it by its allowed IPs, %s" % (name, told.device, prefix))]


def _not_taken(agent, told, interface, configured):
    text = "no peer of %s has allowed IPs that contain %s: WireGuard drops its packets" % (told.device, told.address)
    if configured:
        text += "; %s has them, but %s was not started since" % (agent.config.origin.network, interface)
        return Step(text, mending.start(agent, interface), True)
    peers = [p for p in agent.config.network_peers if p.interface == interface and not p.disabled]
    advice = mending.give(agent, peers[0], mending.single(told.address)) if peers else mending.CHECK
    return Step(text, advice, True)


def _other_peer(agent, interface, found, configured):
    """The Step about a peer that takes what another one was to get, None if that is not so.

    found: [(size, prefix, Holder)], the one that takes it first; configured: [(prefix, NetworkPeer)].
    """
    _, prefix, holder = found[0]
    name = _name(agent, interface, holder.public_key)
    equal = [peer for other, peer in configured if other == prefix and peer.public_key != holder.public_key]
    if equal:
        other = _name(agent, interface, equal[0].public_key)
        text = "peer %s of %s takes it by %s, which peer %s claims too: only the one that was set last gets it"
        return Step(text % (name, interface, prefix, other), _taken_from(agent, holder, prefix, configured), True)
    wider = [each for each in found[1:] if each[2].last_handshake and each[2] is not holder]
    if holder.last_handshake or not wider:
        return None
    other = _name(agent, interface, wider[0][2].public_key)
    text = "peer %s of %s takes it by the longer prefix %s, and never replied; peer %s would take it by %s"
    advice = _taken_from(agent, holder, prefix, configured)
    return Step(text % (name, interface, prefix, other, wider[0][1]), advice, True)


def _taken_from(agent, holder, prefix, configured):
    """The advice that takes a prefix from a Holder: from its section, or what the file says is set up anew."""
    for other, peer in configured:
        if other == prefix and peer.public_key == holder.public_key:
            return mending.take(agent, peer, prefix)
    return mending.start(agent, configured[0][1].interface) if configured else mending.CHECK


def _configured(agent, interface, address):
    """[(prefix, NetworkPeer)] of those that are to take an address."""
    found = []
    for peer in agent.config.network_peers:
        if peer.interface == interface and not peer.disabled:
            found.extend([(p, peer) for p in peer.allowed_ips if ip.holds(ip.key(p), ip.key(address))])
    return found


def _size(prefix):
    _, first, last = ip.span(prefix)
    return last - first


def _name(agent, interface, public_key):
    for peer in agent.config.network_peers:
        if peer.interface == interface and peer.public_key == public_key and peer.description:
            return "'%s'" % peer.description
    return "'%s...'" % public_key[:12]


def _firewall(case, told, interface):
    """[Step] of what the firewall's configuration lacks for the packets of a client."""
    wall, ingress = case.agent.files.firewall, case.kernel.ingress
    if wall is None or ingress is None or case.client is None:
        return []
    source = zone_of(case.agent, ingress, ingress)
    if source is None:
        return []
    lacks = lack(case.agent, source, interface, told.device, [ip.family(told.address)])
    return [] if lacks is None else [Step(lacks.text, lacks.advice, not lacks.masquerades)]
