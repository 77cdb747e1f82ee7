"""Which policy takes an address for a client, and why others that list it do not."""

from collections import namedtuple

from ... import ip
from . import mending

# text: what is so; advice: what to do about it, "" for nothing; fault: whether packets go, or end, otherwise than
# configured because of it
Step = namedtuple("Step", ("text", "advice", "fault"))

# policy: the Policy that takes the address, None for none; passed: [Step] about those before it that list it too
Claim = namedtuple("Claim", ("policy", "passed"))


def note(text):
    """Return a Step that is as it should be."""
    return Step(text, "", False)


def claim(agent, address, host, client):
    """Return the Claim on an address that was asked for as `host`; client: None for the router's own packets."""
    key, passed = ip.key(address), []
    for config in agent.config.policies:
        policy = agent.policies.policies.get(config.name)
        if policy is None:
            if not config.enabled and (host in config.hosts or address in config.literals):
                advice = mending.option(agent, config.name, "set", "enabled", "1")
                passed.append(Step("policy '%s' lists it, but is disabled" % config.name, advice, False))
            continue
        if not any(policy.wants(each) for each in _containing(policy, key)):
            if host in policy.hosts:
                passed.append(_not_yet(agent, policy, address, host))
            continue
        step = _not_for(agent, policy, client)
        if step is None:
            return Claim(policy, passed)
        passed.append(step)
    return Claim(None, passed)


def next_claim(agent, address, policy):
    """Return the first policy after another one that lists the address, None for none."""
    key, after = ip.key(address), False
    for config in agent.config.policies:
        other = agent.policies.policies.get(config.name)
        if after and other is not None and any(other.wants(each) for each in _containing(other, key)):
            return other
        after = after or other is policy
    return None


def _containing(policy, key):
    """Return the key of the address, and those of the policy's prefixes that hold it."""
    return [key] + [each for each in policy.literals.wide if ip.holds(each, key)]


def _not_yet(agent, policy, address, host):
    """Return the Step about a listed name whose address is another one than the policy knows."""
    text = "%s lists %s, but DNS did not name %s to nametrack" % (policy.label, host, address)
    return Step(text, "nametrack refresh %s" % host, policy.config.family in ("any", "ipv%d" % ip.family(address)))


def _not_for(agent, policy, client):
    """Return the Step that says why a policy is not about the packets of a client, None if it is."""
    steered = agent.routes.of(policy.config.name)
    clients = [] if steered is None else steered.selector.clients
    if not clients:
        return None
    if client is None:
        text = "%s lists it, but it is only for some clients, not for the router itself" % policy.label
        return note(text)
    for each in clients:
        if each.kind != "prefix":
            return None  # an interface or a hardware address: the kernel's rule decides, and its answer is shown
        if ip.holds(ip.key(each.value), ip.key(client)):
            return None
    text = "%s lists it, but it is not for the client %s" % (policy.label, client)
    return Step(text, mending.option(agent, policy.config.name, "add_list", "client", client), False)
