"""What a configuration can be made of, as values for programs: peers and VPN interfaces of the network, no keys."""

from ...element import own_name
from ..sets.targets import chosen_by_auto


def choices(config, known, exists, services):
    """`{"peers", "interfaces", "networks"}` of a core.config.Config, as docs/bus.md has it.

    `known`: names of the interfaces that netifd has. `exists`: function that says of a SetName whether the set exists
    now. `services`: those that make sets, as core.events.ServicesRead has them; None: not known yet.
    """
    names = [name for name in sorted(config.interfaces) if config.interfaces[name].is_vpn()]
    return {
        "peers": [_peer(peer) for peer in config.network_peers],
        "interfaces": [_interface(name, exists, services) for name in names],
        "networks": sorted(set(config.interfaces) | set(known)),
    }


def _peer(peer):
    return {
        "interface": peer.interface,
        "public_key": peer.public_key,
        "description": peer.description,
        "endpoint_host": peer.endpoint_host or "",
    }


def _interface(name, exists, services):
    shown = {"name": name, "target": None, "set4": None, "set6": None}
    target = chosen_by_auto(name, exists, services)
    if target is not None:
        shown["target"] = target.name
        for family in target.sets:
            shown["set%d" % family] = own_name(target.sets[family])
    return shown
