"""What is so of one address: the policy that takes it, what steers its packets, and what the kernel does with them."""

from collections import namedtuple

from ... import ip, routing
from ..routes.local import link_towards
from ..sets.lives import NAMED
from ..wording import duration
from . import mending
from .by_set import by_set
from .claim import Expected, Step, claim, claims_below, note
from .delivery import delivery

BY_RULES = "is in the set of %s, which names no interface: the rules that use the set decide which way its packets take"

# What is asked, and what was found out. client: address, None for the router itself; kernel: the KernelTold; peers:
# {name of a device: [Holder]} of tunnels; now: monotonic seconds
Case = namedtuple("Case", ("agent", "host", "client", "kernel", "peers", "now"))


def explain(case, address):
    """Return what is so of an address: `{"address", "device", "steps", "sentence", "advice", "fault"}`."""
    told = [each for each in case.kernel.told if each.address == address]
    found = claim(case.agent, address, case.host, case.client, case.kernel.ingress)
    steps, expected, ending = list(found.passed), Expected(None, None, told[0]), None
    if found.policy is None:
        ending = _nothing(case, address, steps)
    else:
        steps = [step if step.fault else note(step.text) for step in steps]  # it is not theirs: nothing is to be done
        steps.append(note(_named(found.policy, ip.key(address), case.now)))
        expected, ending = _steered(case, found.policy, told, steps)
    plain = expected.told
    if expected.device is None or plain.device == expected.device:
        unmarked = expected.device is None and expected.interface is not None
        steps.append(note(_leaves(plain, case.client, unmarked)))
    else:
        steps.append(_elsewhere(case, plain, expected.device))
    if expected.device is not None and plain.device == expected.device:
        steps.extend(delivery(case, plain, expected.interface))
        ending = "goes through %s as configured" % expected.interface
    return _summed(address, plain, steps, ending)


def _summed(address, told, steps, ending):
    """Sum up: the first fault, else the ending with the first hint that has an advice."""
    faults = [step for step in steps if step.fault]
    hints = [step for step in steps if step.advice and step.text]
    if faults:
        sentence = "%s: %s" % (address, faults[0].text)
    elif hints:
        sentence = "%s %s; %s" % (address, ending, hints[0].text)
    else:
        sentence = "%s %s" % (address, ending) if ending else steps[-1].text
    said = (faults or [step for step in steps if step.advice] or [note("")])[0]
    return {
        "address": address,
        "device": told.device or "",
        "steps": [step.text for step in steps if step.text],
        "sentence": sentence,
        "advice": said.advice,
        "fault": bool(faults),
    }


def _nothing(case, address, steps):
    """Add what can be done about an address that no policy takes; return what becomes of it, in words."""
    if steps:
        return "takes the normal way" if steps[0].advice else "takes the normal way: %s" % steps[0].text
    steps.append(note("no policy lists %s" % address))
    config = case.agent.config
    policies = [policy for policy in config.policies if policy.enabled and policy.steering.action == "route"]
    if not policies:
        return "takes the normal way: no policy lists it"
    domains, _, lists = case.agent.policies.patterns.names()
    if case.host == address and config.observe_from != "any" and (domains or lists):  # without them nothing is read
        advice = mending.option(case.agent, "global", "set", "observe_from", "any")
        steps.append(Step("", advice + "  # if a client was given it for a listed host by another DNS server", False))
        return "takes the normal way: no policy lists it, and DNS names it to this router for no listed host"
    steps.append(Step("", mending.option(case.agent, policies[0].name, "add_list", "host", case.host), False))
    return "takes the normal way: no policy lists it"


def _named(policy, key, now):
    life = policy.life(key, now)
    if life is None:
        return "%s lists a prefix that contains it" % policy.label
    if life == NAMED:
        return "%s lists it" % policy.label
    return "%s retains it for %s more: DNS stopped naming it" % (policy.label, duration(life))


def _steered(case, policy, told, steps):
    """Add how a policy steers; return `(Expected, ending)`, the ending in words, None for none."""
    nothing = Expected(None, None, told[0])
    steered = case.agent.routes.of(policy.config.name)
    if steered is not None:
        return _own_route(case, steered, told, steps)
    if policy.target is None:
        unread = "what %s steers by is not read yet" % policy.label, None
        why, advice = case.agent.policies.filling.missing(policy) or unread
        steps.append(Step(why, advice or mending.CHECK, True))
        return nothing, None
    expected = by_set(case, policy, told, steps)
    return expected, BY_RULES % policy.label if expected.interface == "" else None


def _own_route(case, steered, of_marks, steps):
    routes, told = case.agent.routes, of_marks[0]
    nothing = Expected(None, None, told)
    if routes.paused_until is not None:
        left = duration(max(1, routes.paused_until - case.now))
        text = "the policies are paused for another %s: packets take the normal way" % left
        steps.append(Step(text, "nametrack resume", True))
        return nothing, None
    if steered.steering.action == "bypass":
        return nothing, _bypassed(case, steered, told, steps)
    if steered.leaves:
        below = _left_to(case, told.address, steered.policy)
        becomes = "its packets take the normal way" if below is None else "%s has its packets" % below.label
        steps.append(_no_way(case.agent, steered, becomes))
        return (nothing, None) if below is None else _steered(case, below, of_marks, steps)
    way, family = None if steered.way is None else routes.way(steered.way), ip.family(told.address)
    if way is not None and told.device is None and not way.carries(family):
        return nothing, _refused(case, way, family, steps)
    network = _local_network(routes, steered, told.address)
    if network is not None:
        return nothing, _kept(case, steered, told.address, network, steps)
    if way is None:
        steps.append(_no_way(case.agent, steered, _blocked(case.agent, told)))
        return nothing, None
    state, _, reason = routes.standing(steered.name)
    written = state != "partial"
    text = "policy '%s' steers by own routes: %s" % (steered.name, reason)
    steps.append(Step(text, "" if written else mending.CHECK, not written))
    return Expected(way.device, way.name, told), None


def _kept(case, steered, address, network, steps):
    """Add that a local network keeps its way, and how not if it is what the policy lists; return the ending."""
    text, key, wide = "it is in the local network %s" % network, ip.key(address), steered.policy.literals.wide
    if steered.policy.life(key, case.now) is None and not any(ip.holds(ip.key(network), each) for each in wide):
        steps.append(note(text))  # all that a client sends, for example: its own network is not to be led away
        return "keeps its way: %s" % text
    steps.append(Step(text, mending.option(case.agent, steered.name, "set", "keep_local", "0"), False))
    return "keeps its way"


def _local_network(routes, steered, address):
    if not routes.installation.is_known():
        return None
    ways = {name: routes.way(name) for name in steered.steering.interfaces}
    return steered.local_network(ways, routes.installation.view, ip.key(address))


def _bypassed(case, steered, told, steps):
    """Add a fault if a policy below has what bypasses it; return the ending."""
    below, by = list(claims_below(case, told.address, steered.policy)), "policy '%s' lets it bypass " % steered.name
    for policy in below:
        if _has_it(case.agent.routes, policy, told):
            state, _, reason = case.agent.routes.standing(steered.name)
            text = by + "%s, which has it all the same" % policy.label
            steps.append(Step(text if state == "current" else "%s: %s" % (text, reason), mending.CHECK, True))
            break
    return "takes the normal way: " + by + (below[0].label if below else "the policies below")


def _has_it(routes, policy, told):
    """Whether packets go as a policy below a bypass has them go, and not as the main table alone would."""
    steered = routes.of(policy.config.name)
    if steered is None or not routes.installation.is_known():
        return False
    device = None if steered.way is None else routes.way(steered.way).device
    view = routes.installation.view
    normal = link_towards(view.main, ip.key(told.address))
    names = [link.name for link in view.links if link.number == normal]
    return told.device == device and told.device not in names and (device is not None or steered.blocks)


def _left_to(case, address, policy):
    """Return the policy that has what one without a way leaves to those below; None if none does."""
    for below in claims_below(case, address, policy):
        steered = case.agent.routes.of(below.config.name)
        if steered is None or not steered.leaves:
            return below
    return None


def _blocked(agent, told):
    """Return in words whether packets that are to be blocked are, as a Told says."""
    if told.device is None:
        return "its packets are blocked"
    if told.address in agent.peers.endpoints():
        return "its packets are blocked, but for those to an endpoint of a tunnel"
    return "its packets are to be blocked, and are not"


def _no_way(agent, steered, becomes):
    """Return the Step about a policy without a way; becomes: what becomes of its packets, in words."""
    ways = [agent.routes.way(name) for name in steered.steering.interfaces]
    text = "no way out of policy '%s' works (%s), so that %s" % (steered.name, steered.reasons(ways), becomes)
    if not ways:
        return Step(text, mending.CHECK, True)
    advice = "nametrack status" if ways[0].link else mending.bring(agent, ways[0].name)
    return Step(text, advice, True)


def _refused(case, way, family, steps):
    """Add that own routes refuse a family that the way cannot carry; return the ending."""
    ending = "is refused on purpose: %s carries no IPv%d" % (way.name, family)
    if any(ip.family(each.address) != family for each in case.kernel.told) or ip.canonical(case.host):
        return ending + ", and clients use IPv%d" % (10 - family)
    text = "%s has IPv%d addresses only, and %s carries no IPv%d" % (case.host, family, way.name, family)
    steps.append(Step(text, mending.whole_family(case.agent, way.name, family) or mending.CHECK, True))
    return ending


def _elsewhere(case, told, device):
    """The Step about packets that leave by another device than configured, with the rule that is to blame."""
    text = "%s, although %s is configured" % (_leaves(told, case.client), device)
    for rule in case.kernel.rules:
        if rule.protocol == routing.PROTOCOL:
            break
        if rule.family == ip.family(told.address) and _decides(rule, told, case):
            text += ": rule %d of another program comes first" % rule.preference
            return Step(text, mending.behind(rule), True)
    advice = "nametrack check  # then see which rule or route comes first: ip rule; ip route get %s" % told.address
    return Step(text, advice, True)


def _decides(rule, told, case):
    """Whether a rule may have decided about packets as a Told says."""
    if rule.preference == 0 or rule.match.mark is not None:
        return False
    if rule.action == routing.LOOKUP and (told.device is None or rule.argument != told.table):
        return False
    if rule.action in (routing.GOTO, routing.NOP):
        return False
    for prefix, address in ((rule.match.destination, told.address), (rule.match.source, case.client)):
        if prefix is not None and (address is None or not ip.holds(ip.key(prefix), ip.key(address))):
            return False
    return rule.match.iif in (None, case.kernel.ingress or "lo")


def _leaves(told, client, unmarked=False):
    whose = "the router's packets" if client is None else "packets of %s" % client
    if told.mark and client is None:
        whose = "packets with mark 0x%x" % told.mark
    elif unmarked:
        whose += " without a mark"
    if told.device is None:
        return "the kernel drops %s (%s)" % (whose, told.problem)
    by = " (table %d)" % told.table if told.table else ""
    return "the kernel sends %s through %s%s" % (whose, told.device, by)
