"""How the set that a policy fills steers packets to an address, as far as that is known."""

from ... import ip
from ...element import own_name
from . import mending
from .claim import Expected, Step, note

LEADS = "a rule leads packets with mark 0x%x to %s"


def by_set(case, policy, told, steps):
    """Add what is so of the set that a policy fills; return the Expected."""
    agent, key, nothing = case.agent, ip.key(told[0].address), Expected(None, None, told[0])
    name = policy.sets().get(ip.key_family(key))
    kernel_set = agent.policies.sets.by_name.get(name)
    if kernel_set is None or not kernel_set.holds(key):
        steps.append(_not_in_set(agent, policy, kernel_set, key))
        return nothing
    steps.append(note("set '%s' contains it" % own_name(name)))
    unused = agent.policies.filling.unused(policy)
    if unused is not None:
        advice = unused[1] or mending.route_instead(agent, policy) or mending.CHECK
        steps.append(Step(unused[0], advice, True))
        return nothing
    interface = policy.config.interface
    if interface is None:
        leading = [each for each in told[1:] if each.device not in (None, told[0].device)]
        steps.extend([note(LEADS % (each.mark, each.device)) for each in leading])
        return Expected(None, "", told[0])
    if interface in agent.interfaces.known and agent.interfaces.device(interface) is None:
        steps.append(Step("%s is down" % interface, mending.start(agent, interface), True))
        return Expected(None, interface, told[0])
    device = agent.interfaces.device(interface) or interface
    for each in told[1:]:
        if each.device == device:
            steps.append(note(LEADS % (each.mark, device)))
            if policy.target.service and case.client is None:
                text = "%s marks what clients send: the router's own packets take the normal way"
                steps.append(note(text % policy.target.service))
            return Expected(device, interface, each)
    if told[0].device == device:
        return Expected(device, interface, told[0])
    text = "set '%s' contains it, but no rule leads marked packets to %s" % (own_name(name), device)
    service = policy.target.service
    advice = "/etc/init.d/%s restart" % service if service else mending.route_instead(agent, policy)
    steps.append(Step(text, advice, True))
    return Expected(None, interface, told[0])


def _not_in_set(agent, policy, kernel_set, key):
    """The Step about an address that the set of its policy does not hold."""
    if kernel_set is None or not kernel_set.exists:
        missing = agent.policies.filling.missing(policy)
        if missing is not None:
            return Step(missing[0], missing[1], True)
        text = "%s makes no set for IPv%d" % (policy.target.name, ip.key_family(key))
        if policy.target.service is None:
            return Step("%s has no set for IPv%d" % (policy.label, ip.key_family(key)), mending.CHECK, True)
        advice = "uci set %s.config.ipv6_enabled='1'; uci commit %s; /etc/init.d/%s restart"
        return Step(text, advice % ((policy.target.service,) * 3), True)
    text = "the set of %s does not contain it" % policy.label
    if ip.element(key) in agent.policies.filling.left_out(policy):
        return Step("%s: it is an endpoint of the tunnel itself" % text, mending.CHECK, True)
    trouble = kernel_set.trouble
    return Step(text if trouble is None else "%s: it %s" % (text, trouble[1]), mending.CHECK, True)
