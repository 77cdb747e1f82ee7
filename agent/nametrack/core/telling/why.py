"""Why packets to a host take the way they take: what DNS says, which policy wants it, and what the kernel does.

The kernel is asked, not our own belief: an address is shown with the interface that its packets leave through now, and
with the peer that takes them by the tunnel's own table. Each address ends in one sentence, and the answer in that of
the first address that goes another way than configured.
"""

from ... import ip
from ..actions import AskKernel, Packets, ReadAllowed, Reply
from . import mending
from .claim import claim, ingress
from .explanation import Case, explain

MOST = 8  # addresses of one host that are explained


class _Question:
    """One WhyAsked, until it is answered."""

    def __init__(self, host, client):
        self.host = host
        self.client = client
        self.kernel = None  # the KernelTold
        self.peers = {}  # name of a device -> [Holder], None if it is no tunnel of WireGuard
        self.waits = []  # names of the devices whose peers are still to be read


class Whys:
    """The questions that are open."""

    def __init__(self):
        self._open = {}  # id -> _Question

    def begin(self, agent, event, now):
        """Return the actions for a WhyAsked: the kernel is asked, or first DNS."""
        self._open[event.id] = _Question(event.host, event.client)
        addresses = [event.host] if ip.canonical(event.host) else _known(agent, event.host)
        if addresses:
            return [self._ask(agent, event.id, addresses)]
        return agent.look_up(event.id, event.host, now)

    def looked_up(self, agent, reply):
        """Return what comes of a Reply about a name: the next question if it was asked for one of ours, else itself."""
        if reply.id not in self._open:
            return reply
        if reply.values["addresses"]:
            return self._ask(agent, reply.id, reply.values["addresses"])
        question = self._open.pop(reply.id)
        sentence = "%s has no address: %s" % (question.host, reply.values["reason"])
        return Reply(reply.id, _answer(question, [], sentence, _lookup_advice(agent, question.host)))

    def _ask(self, agent, number, addresses):
        """Return the action that asks the kernel, or the Reply if a client can send to none of the addresses."""
        question = self._open[number]
        client = question.client
        found = [each for each in addresses if client is None or ip.family(each) == ip.family(client)]
        if found:
            packets = [_packets(agent, each, question) for each in found[:MOST]]
            marks = any(policy.sets() for policy in agent.policies.policies.values())
            return AskKernel(number, packets, client, marks)
        del self._open[number]
        sentence = "%s has no IPv%d address that %s can send to" % (question.host, ip.family(client), client)
        return Reply(number, _answer(question, [], sentence, ""))

    def told(self, agent, event, now):
        """Return what comes of a KernelTold: the peers of the tunnels are read, or the question is answered."""
        question = self._open[event.id]
        question.kernel = event
        ways = _ways(agent)
        question.waits = _unique([told.device for told in event.told if told.device in ways])
        if question.waits:
            return [ReadAllowed(event.id, device) for device in question.waits]
        return [self._reply(agent, event.id, now)]

    def allowed_read(self, agent, event, now):
        """Return what comes of an AllowedRead."""
        return self._peers_known(agent, event, event.peers, now)

    def not_read(self, agent, action, now):
        """Return what comes of a ReadAllowed that failed: the device is no tunnel of WireGuard."""
        return self._peers_known(agent, action, None, now)

    def _peers_known(self, agent, about, peers, now):
        question = self._open.get(about.id)
        if question is None or about.interface not in question.waits:
            return []
        question.peers[about.interface] = peers
        question.waits.remove(about.interface)
        return [] if question.waits else [self._reply(agent, about.id, now)]

    def _reply(self, agent, number, now):
        """Return the Reply that explains what the kernel told."""
        question = self._open.pop(number)
        case = Case(agent, question.host, question.client, question.kernel, question.peers, now)
        found = [explain(case, address) for address in _unique([told.address for told in question.kernel.told])]
        waiting = [] if ip.canonical(question.host) else agent.policies.patterns.owners(question.host)
        if waiting and not any(question.host in policy.hosts for policy in waiting):
            return Reply(number, _answer(question, found, *_unseen(question.host, waiting)))
        faults = [each for each in found if each["fault"]]
        hints = [each for each in found if each["advice"]]
        first = (faults or hints or found)[0]
        return Reply(number, _answer(question, found, first["sentence"], first["advice"], first["fault"]))

    def failed(self, action, reason):
        """Return the Reply if the kernel could not be asked."""
        question = self._open.pop(action.id)
        return Reply(action.id, _answer(question, [], "the kernel could not be asked: %s" % reason, ""))


def _answer(question, addresses, sentence, advice, fault=True):
    """Return what a Reply says; addresses: what is so of each."""
    shown = []
    for each in addresses:
        each = dict(each)
        del each["fault"]
        shown.append(each)
    return {
        "host": question.host,
        "client": question.client or "",
        "ingress": (question.kernel.ingress if question.kernel else None) or "",
        "addresses": shown,
        "sentence": sentence,
        "advice": advice,
        "as_configured": not fault,
    }


def _lookup_advice(agent, host):
    """Return what to do about a name without an address."""
    for key in agent.resolver.names:
        name = agent.resolver.names[key]
        if name.host == host:
            status, server = name.withheld(sorted(name.questions)), key[1][0] if key[1] else "127.0.0.1"
            return mending.unresolved(host, status, server) if status else mending.ask_again(agent, host, server)
    servers = agent.config.nameservers
    address = mending.asked(servers[0])[0] if servers else "127.0.0.1"
    return "nslookup %s %s  # does it know the name?" % (host, address)


def _unseen(host, policies):
    """Return `(sentence, advice)` of a name that policies want and no client asked for yet."""
    names = ", ".join([policy.label for policy in policies])
    sentence = "%s wants %s, but no client asked this router for it yet" % (names, host)
    return sentence, "nslookup %s  # on a client; if that changes nothing: nametrack check" % host


def _packets(agent, address, question):
    """Return the Packets to ask about: those that the policy selects which takes the address."""
    device = ingress(agent, question.client)
    policy = claim(agent, address, question.host, question.client, device).policy
    steered = None if policy is None else agent.routes.of(policy.config.name)
    if steered is None:
        return Packets(address, 0, 0)
    selector = steered.selector
    transport = selector.transports[0] if selector.transports else 0
    return Packets(address, transport, selector.ports[0][0] if selector.ports else 0)


def _ways(agent):
    """Return the names of the devices that policies lead to."""
    found = []
    for policy in agent.policies.policies.values():
        for name in policy.config.steering.interfaces:
            found.append(agent.interfaces.device(name) or name)
    return found


def _known(agent, host):
    """Return the addresses that a followed name has now, and those that policies retain of it."""
    found = []
    for policy in agent.policies.policies.values():
        if host in policy.hosts:
            found.extend([ip.element(key) for key in policy.hosts[host].keys()])
    return _unique(found)


def _unique(values):
    found = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
