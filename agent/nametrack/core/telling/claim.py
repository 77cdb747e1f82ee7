"""Which policy takes an address for a client, and why others that list it do not."""

from collections import namedtuple

from ... import ip
from ..routes.clients import MAC
from ..routes.local import link_towards
from . import mending

# text: what is so; advice: what to do about it, "" for nothing; fault: whether packets go, or end, otherwise than
# configured because of it
Step = namedtuple("Step", ("text", "advice", "fault"))

# policy: the Policy that takes the address, None for none; passed: [Step] about those before it that list it too
Claim = namedtuple("Claim", ("policy", "passed"))

# How packets are to leave. device: the name of the link, None if nothing says so; interface: its name in netifd, alone
# if packets may have a mark that leads nowhere, "" if no option says where a mark is to lead;
# told: the Told that packets are of, by their mark
Expected = namedtuple("Expected", ("device", "interface", "told"))


def note(text):
    """Return a Step that is as it should be."""
    return Step(text, "", False)


def ingress(agent, client):
    """Return the name of the device that a client's packets come in through by the main table, None if it is unknown.

    It is for the question to the kernel, which then tells by itself.
    """
    view = agent.routes.installation.view if client and agent.routes.steered else None
    if view is None:
        return None
    number = link_towards(view.main, ip.key(client))
    names = [link.name for link in view.links if link.number == number]
    return names[0] if names else None


def claim(agent, address, host, client, device):
    """Return the Claim on an address that was asked for as `host`.

    client: None for the router's own packets; device: the name of that which its packets come in through, None if it
    is unknown.
    """
    key, passed = ip.key(address), []
    for config in agent.config.policies:
        policy = agent.policies.policies.get(config.name)
        if policy is None:
            if not config.enabled and (host in config.hosts or address in config.literals):
                advice = mending.option(agent, config.name, "set", "enabled", "1")
                passed.append(Step("policy '%s' lists it, but is disabled" % config.name, advice, False))
            continue
        if not _has(policy, key):
            if host in policy.hosts:
                passed.append(_not_yet(agent, policy, address, host))
            continue
        step = _not_for(agent, policy, client, device)
        if step is None:
            return Claim(policy, passed)
        passed.append(step)
    return Claim(None, passed)


def claims_below(case, address, policy):
    """Yield the policies after another one that take the address for the client of an explanation.Case."""
    key, after, agent = ip.key(address), False, case.agent
    for config in agent.config.policies:
        other = agent.policies.policies.get(config.name)
        if after and other is not None and _has(other, key):
            if _not_for(agent, other, case.client, case.kernel.ingress) is None:
                yield other
        after = after or other is policy


def _has(policy, key):
    """Return whether the policy wants the address, or one of its prefixes that holds it."""
    return any(policy.wants(each) for each in [key] + [each for each in policy.literals.wide if ip.holds(each, key)])


def _not_yet(agent, policy, address, host):
    """Return the Step about a listed name whose address is another one than the policy knows."""
    text = "%s lists %s, but DNS did not name %s to nametrack" % (policy.label, host, address)
    return Step(text, "nametrack refresh %s" % host, policy.config.family in ("any", "ipv%d" % ip.family(address)))


def _not_for(agent, policy, client, device):
    """Return the Step that says why a policy is not about the packets of a client, None if it is."""
    steered = agent.routes.of(policy.config.name)
    clients = [] if steered is None else steered.selector.clients
    if not clients:
        return None
    if client is None:
        text = "%s lists it, but it is only for some clients, not for the router itself" % policy.label
        return note(text)
    if any(_is_of(agent, each, client, device) for each in clients):
        return None
    text = "%s lists it, but it is not for the client %s" % (policy.label, client)
    if any(each.kind == MAC for each in clients):
        text = "%s lists it, but none of its clients is known to have the address %s" % (policy.label, client)
    return Step(text, mending.option(agent, policy.config.name, "add_list", "client", client), False)


def _is_of(agent, each, client, device):
    """Return whether packets of a client are those of a selector.Client; without a device an interface may be it."""
    if each.kind == MAC:
        return ip.key(client) in [ip.key(address) for address in agent.routes.addresses_of(each.value)]
    if each.kind == "prefix":
        return ip.holds(ip.key(each.value), ip.key(client))
    return device is None or device == (agent.interfaces.device(each.value) or each.value)
