"""Why packets to a host take the way they take: what DNS says, which policy wants it, and what the kernel does.

The kernel is asked, not our own belief: an address is shown with the interface that its packets leave through now. Each
address ends in one sentence, and the answer in that of the first address that goes another way than configured.
"""

from collections import namedtuple

from ... import ip
from ...element import own_name
from ..actions import AskKernel, Reply
from ..wording import duration

MOST = 8  # addresses of one host that are explained

# What the kernel does with packets to an address. mark: the firewall mark that they carry, 0 for none; device: the name
# of the interface that they leave through, None if they are dropped; table: the routing table that decided, 0 for not
# known; source: the address that the router sends from, None for not known; problem: why they are dropped, or None
Told = namedtuple("Told", ("address", "mark", "device", "table", "source", "problem"))

# text: what is so; advice: what to do if that is not what the configuration says, None if it is
Step = namedtuple("Step", ("text", "advice"))


class Whys:
    """The questions that are open, each until the kernel has answered."""

    def __init__(self):
        self._open = {}  # id -> (host, client)

    def begin(self, agent, event, now):
        """Return the actions for a WhyAsked: the kernel is asked, or first DNS."""
        self._open[event.id] = (event.host, event.client)
        addresses = [event.host] if ip.canonical(event.host) else _known(agent, event.host)
        if addresses:
            return [self._ask(event.id, addresses)]
        return agent.look_up(event.id, event.host, now)

    def looked_up(self, reply):
        """Return what comes of a Reply about a name: the next question if it was asked for one of ours, else itself."""
        if reply.id not in self._open:
            return reply
        if reply.values["addresses"]:
            return self._ask(reply.id, reply.values["addresses"])
        asked = self._open.pop(reply.id)
        sentence = "%s has no address: %s" % (asked[0], reply.values["reason"])
        return Reply(reply.id, _answer(asked, None, [], sentence, "correct the name, or the nameserver"))

    def _ask(self, number, addresses):
        """Return the action that asks the kernel, or the Reply if a client can send to none of the addresses."""
        host, client = self._open[number]
        found = [each for each in addresses if client is None or ip.family(each) == ip.family(client)]
        if found:
            return AskKernel(number, found[:MOST], client)
        del self._open[number]
        sentence = "%s has no IPv%d address that %s can send to" % (host, ip.family(client), client)
        return Reply(number, _answer((host, client), None, [], sentence, ""))

    def told(self, agent, event, now):
        """Return the Reply that explains what the kernel told."""
        host, client = self._open.pop(event.id)
        found = []
        for address in _each(event.told):
            found.append(explain(agent, address, client, [t for t in event.told if t.address == address], now))
        waiting = [] if ip.canonical(host) else agent.policies.patterns.owners(host)
        if waiting and not any(host in policy.hosts for policy in waiting):
            return Reply(event.id, _answer((host, client), event.ingress, found, *_unseen(host, waiting)))
        wrong = [each for each in found if each["advice"]]
        first = (wrong or found)[0]
        return Reply(event.id, _answer((host, client), event.ingress, found, first["sentence"], first["advice"]))

    def failed(self, action, reason):
        """Return the Reply if the kernel could not be asked."""
        asked = self._open.pop(action.id)
        return Reply(action.id, _answer(asked, None, [], "the kernel could not be asked: %s" % reason, ""))


def explain(agent, address, client, told, now):
    """Return what is so of one address: `{"address", "device", "steps", "sentence", "advice"}`.

    told: [Told] about it, the one without a mark first.
    """
    key, plain = ip.key(address), told[0]
    steps, expected = [], None
    policy = _policy_of(agent, key, client, steps)
    if policy is None:
        steps.append(Step("no policy lists %s" % address, None))
        sentence = "%s takes the normal way: no policy lists it" % address
    else:
        steps.append(Step(_named(policy, key, now), None))
        expected, marked = _steering(agent, policy, key, told, steps)
        plain = marked or plain
        sentence = None
        refused = None if plain.device is not None else _refused(agent, policy, key)
        if refused is not None:
            expected, sentence = None, "%s: %s" % (address, refused)
    if expected is None or plain.device == expected:
        steps.append(Step(_leaves(plain, client), None))
    else:
        advice = "nametrack check; then see which rule or route comes first: ip rule; ip route get %s" % address
        steps.append(Step("%s, although %s is configured" % (_leaves(plain, client), expected), advice))
    if expected is not None and plain.device == expected:
        steps.append(_peer(agent, expected, address))
        sentence = "%s goes through %s as configured" % (address, expected)
    wrong = [step for step in steps if step.advice]
    if wrong:
        sentence = "%s: %s" % (address, wrong[0].text)
    return {
        "address": address,
        "device": plain.device or "",
        "steps": [step.text for step in steps],
        "sentence": sentence or steps[-1].text,
        "advice": wrong[0].advice if wrong else "",
    }


def _answer(asked, ingress, addresses, sentence, advice):
    """What a Reply says about the host and client `asked`, `(host, client)`."""
    host, client = asked
    return {
        "host": host,
        "client": client or "",
        "ingress": ingress or "",
        "addresses": addresses,
        "sentence": sentence,
        "advice": advice,
        "as_configured": not advice,
    }


def _unseen(host, policies):
    """Return `(sentence, advice)` of a name that policies want and no client asked for yet."""
    names = ", ".join([policy.label for policy in policies])
    sentence = "%s wants %s, but no client asked this router for it yet" % (names, host)
    return sentence, "ask for it on a client: nslookup %s; if that changes nothing: nametrack check" % host


def _known(agent, host):
    """Return the addresses that a followed name has now, and those that policies retain of it."""
    found = []
    for policy in agent.policies.policies.values():
        if host in policy.hosts:
            found.extend([ip.element(key) for key in policy.hosts[host].keys()])
    return _unique(found)


def _each(told):
    return _unique([each.address for each in told])


def _unique(values):
    found = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


def _policy_of(agent, key, client, steps):
    """Return the first policy that wants an address and is about the client; say of those that are passed over."""
    for config in agent.config.policies:
        policy = agent.policies.policies.get(config.name)
        if policy is None or not any(policy.wants(each) for each in _containing(policy, key)):
            continue
        problem = _not_for(agent, policy, client)
        if problem is None:
            return policy
        steps.append(Step("%s lists it, but %s" % (policy.label, problem), None))
    return None


def _containing(policy, key):
    """Return the key of the address, and those of the policy's prefixes that hold it."""
    first, last = ip.bounds(key)
    wide = [each for each in policy.literals.keys if ip.is_wide(each) and ip.key_family(each) == ip.key_family(key)]
    return [key] + [each for each in wide if ip.bounds(each)[0] <= first and last <= ip.bounds(each)[1]]


def _not_for(agent, policy, client):
    """Return why a policy is not about the packets of a client, None if it is."""
    steered = agent.routes.of(policy.config.name)
    clients = [] if steered is None else steered.selector.clients
    if not clients:
        return None
    if client is None:
        return "it is only for some clients, not for the router itself"
    first, last = ip.bounds(ip.key(client))
    for each in clients:
        if each.kind != "prefix":
            return None  # an interface or a hardware address: the kernel's rule decides, and its answer is shown
        bounds = ip.bounds(ip.key(each.value))
        if ip.family(each.value) == ip.family(client) and bounds[0] <= first and last <= bounds[1]:
            return None
    return "it is not for the client %s" % client


def _named(policy, key, now):
    life = policy.life(key, now)
    if life is None:
        return "%s lists a prefix that contains it" % policy.label
    if life < 0:
        return "%s lists it" % policy.label
    return "%s retains it for %s more: DNS stopped naming it" % (policy.label, duration(life))


def _steering(agent, policy, key, told, steps):
    """Return `(expected interface, Told that shows it)` of a policy; None for what is not known."""
    steered = agent.routes.of(policy.config.name)
    if steered is not None:
        return _own_route(agent, steered, steps), None
    target = policy.target
    if target is None:
        steps.append(Step("%s has no target: nothing takes its addresses" % policy.label, "nametrack check"))
        return None, None
    return _set(agent, policy, key, told, steps)


def _own_route(agent, steered, steps):
    state, reason = agent.routes.standing(steered.name)
    steps.append(Step("policy '%s' steers by own routes: %s" % (steered.name, reason), None))
    if steered.way is None:
        if steered.steering.action == "route":
            steps.append(Step("no way out of policy '%s' works" % steered.name, "nametrack status"))
        return None
    if state == "partial":
        steps.append(Step("the routes of policy '%s' are not written yet" % steered.name, "nametrack check"))
    return agent.routes.way(steered.way).device


def _refused(agent, policy, key):
    """Return why own routes refuse an address on purpose, None if they do not."""
    steered, family = agent.routes.of(policy.config.name), ip.key_family(key)
    if steered is None or steered.way is None or agent.routes.way(steered.way).carries(family):
        return None
    return "%s carries no IPv%d, so that nametrack refuses it, and clients use IPv%d" % (
        steered.way,
        family,
        10 - family,
    )


def _set(agent, policy, key, told, steps):
    name = policy.sets().get(ip.key_family(key))
    kernel_set = agent.policies.sets.by_name.get(name)
    if kernel_set is None or not kernel_set.holds(key):
        steps.append(Step("the set of %s does not contain it" % policy.label, "nametrack check"))
        return None, None
    interface = policy.config.interface
    device = None if interface is None else agent.interfaces.device(interface) or interface
    steps.append(Step("set '%s' contains it" % own_name(name), None))
    if device is None:
        return None, None
    for each in told[1:]:
        if each.device == device:
            steps.append(Step("a rule leads packets with mark 0x%x to %s" % (each.mark, device), None))
            return device, each
    if told[0].device == device:
        return device, told[0]
    advice = "see what `ip rule` and `ip route show table all dev %s` say" % device
    steps.append(Step("no rule leads marked packets to %s" % device, advice))
    return device, None


def _leaves(told, client):
    whose = "the router's packets" if client is None else "packets of %s" % client
    if told.device is None:
        return "the kernel drops %s (%s)" % (whose, told.problem)
    by = " (table %d)" % told.table if told.table else ""
    return "the kernel sends %s through %s%s" % (whose, told.device, by)


def _peer(agent, device, address):
    """Return the Step that says which peer of a tunnel takes the address, by /etc/config/network.

    WireGuard drops what no peer claims.
    """
    peers = [p for p in agent.config.network_peers if p.interface == device and not p.disabled]
    if not peers:
        return Step("%s is no WireGuard interface of the configuration" % device, None)
    first, last = ip.bounds(ip.key(address))
    best = None
    for peer in peers:
        for prefix in peer.allowed_ips:
            low, high = ip.bounds(ip.key(prefix))
            if ip.family(prefix) == ip.family(address) and low <= first and last <= high:
                if best is None or high - low < best[0]:
                    best = (high - low, peer, prefix)
    if best is None:
        text = "no peer of %s has allowed IPs that contain %s: WireGuard drops its packets" % (device, address)
        advice = "add the address to allowed_ips of a peer in /etc/config/network, then: ifup %s" % device
        return Step(text, advice)
    name = best[1].description or best[1].public_key[:12] + "..."
    return Step("peer '%s' of %s takes it by its allowed IPs, %s" % (name, device, best[2]), None)
