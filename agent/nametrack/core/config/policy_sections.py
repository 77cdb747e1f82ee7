"""The sections `policy`: which hosts go which way, and into which sets."""

from collections import namedtuple

from ... import ip
from .option_values import printable
from .policy_options import POLICY, POLICY_ROUTE, POLICY_SETS

# What only routes of our own can do, in the order of POLICY_ROUTE. interfaces: the ways out, the preferred first;
# action: route | bypass; fallback: main | block; check_address: text or None; failback_delay: seconds; clients: [(kind,
# text)] as policy_values.client has it; protos: "tcp", "udp"; ports: [(first, last)]
Steering = namedtuple(
    "Steering",
    (
        "interfaces",
        "action",
        "fallback",
        "keep_local",
        "check_address",
        "failback_delay",
        "clients",
        "protos",
        "ports",
    ),
)
# interface: None is possible for nftset and ipset only; set4, set6: "family table set" for nftset, a name for ipset,
# None if not given and for the other targets; hosts: names to look up; literals: addresses and prefixes; wildcards:
# what cannot be looked up, as `*.name`; files: paths of files that list more; lists: tuple of wire.host_list.HostList,
# what they list, once they were read; interface: the first of steering.interfaces. The last three are in the order that
# lists.py knows. written: Section.written of its hosts.
PolicyConfig = namedtuple(
    "PolicyConfig",
    (
        "name",
        "enabled",
        "interface",
        "target",
        "set4",
        "set6",
        "family",
        "retain",
        "wildcards",
        "files",
        "steering",
        "written",
        "hosts",
        "literals",
        "lists",
    ),
)

EVERYWHERE = ("0.0.0.0/0", "::/0")  # the hosts of a policy that takes all that its clients send


def reading(found, settings):
    """Read the sections `policy`, a step at a time; settings: {global option: value}.

    A generator, whose value is [PolicyConfig].
    """
    policies, names = [], set()
    for section in found:
        name = printable(section.name, 60)
        if name in names:
            section.reject("another policy has this name")
            continue
        names.add(name)
        policy = yield from _policy(section, name, settings)
        if policy is not None:
            policies.append(policy)
    return policies


def _policy(section, name, settings):
    values = yield from section.reading(POLICY, {"family": settings["family"], "retain": settings["retain"]})
    section.report_unknown([option.name for option in POLICY + POLICY_ROUTE] + ["set4", "set6"])
    steering = _steering(section, values)
    target = values["target"]
    sets = {"set4": None, "set6": None}
    if target in POLICY_SETS:
        sets = section.read(POLICY_SETS[target], {})
        if sets["set4"] is not None and sets["set4"] == sets["set6"]:
            # a set holds addresses of one family
            section.problem("option 'set6': the same set as set4; ignoring option")
            sets["set6"] = None
        if sets["set4"] is None and sets["set6"] is None:
            section.reject("target '%s' needs option 'set4' or 'set6'" % target)
    elif not values["interface"] and steering.action == "route":
        if steering.fallback == "block":  # as if none of its interfaces worked
            section.problem("no usable option 'interface': what goes to its addresses is dropped")
        else:
            section.reject("target '%s' needs option 'interface'" % target)
    wildcards, files, hosts, literals = yield from _split(section, values["host"], values["family"])
    if not section.usable:
        return None
    if not section.gives("host") and target in ("auto", "route") and _selects(steering):
        literals = [text for text in EVERYWHERE if values["family"] in ("any", "ipv%d" % ip.family(text))]
    elif not values["host"]:
        section.problem("no usable option 'host': nothing to steer")
    return PolicyConfig(
        name,
        values["enabled"],
        values["interface"][0] if values["interface"] else None,
        target,
        sets["set4"],
        sets["set6"],
        values["family"],
        values["retain"],
        wildcards,
        files,
        steering,
        section.written("host"),
        hosts,
        literals,
        (),
    )


def _steering(section, values):
    """The Steering of a policy; `values["target"]` becomes "route" where that is what `auto` must be."""
    found = section.read(POLICY_ROUTE, {"fallback": None})
    # Without these the policy would be about more than is meant: the section goes rather than the option.
    for name in ("client", "proto", "port"):
        if section.gives(name) and not found[name]:
            section.reject("no usable option '%s'" % name)
    if found["fallback"] is None:
        found["fallback"] = "main"
        if section.gives("fallback"):  # and `block` may be meant
            found["fallback"] = "block"
            section.problem("no usable option 'fallback'; using block")
    steering = Steering(values["interface"], *[found[option.name] for option in POLICY_ROUTE])
    needs = [name for name in ("client", "proto", "port") if found[name]]
    needs += ["action"] if steering.action == "bypass" else []
    needs += ["fallback"] if steering.fallback == "block" else []
    if values["target"] == "auto" and (needs or len(steering.interfaces) > 1):
        values["target"] = "route"
    elif values["target"] not in ("auto", "route"):
        if needs:
            section.reject("option '%s' needs target 'route'" % needs[0])
        elif len(steering.interfaces) > 1:
            section.problem("option 'interface': only target 'route' takes several; using %s" % steering.interfaces[0])
    return steering


def _selects(steering):
    return bool(steering.clients or steering.protos or steering.ports)


def _split(section, given, family):
    """`(wildcards, files, hosts, literals)`, the literals only of the family that may be used."""
    wildcards, files, hosts, literals = [], [], [], []
    for text in given:
        yield 1
        if text[0] == "*":
            wildcards.append(text)
        elif text[0] == "@":
            files.append(text[1:])
        elif ip.prefix(text) is None:
            hosts.append(text)
        elif family == "any" or family == "ipv%d" % ip.family(text):
            literals.append(text)
        else:
            section.problem("option 'host': '%s' is not %s, the family of the policy; ignoring it" % (text, family))
    return wildcards, files, hosts, literals
