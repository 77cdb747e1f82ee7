"""The options of the sections `policy`, as tables: options.py says how to read them."""

from .option_values import address, boolean, choice, interface_or_link, seconds
from .options import Option, family
from .policy_values import client, ipset, nft_set, policy_host, ports

target = choice(("auto", "route", "pbr", "vpn-policy-routing", "nftset", "ipset"))

# set4 and set6 mean different things to different targets: core.config reads them a second time
POLICY = (
    Option("enabled", boolean, True, False),
    Option("interface", interface_or_link, [], True),
    Option("target", target, "auto", False),
    Option("family", family, "any", False),
    Option("retain", seconds(0, 31536000), 86400, False),
    Option("host", policy_host, [], True),
)

# what only routes of our own can do
POLICY_ROUTE = (
    Option("action", choice(("route", "bypass")), "route", False),
    Option("fallback", choice(("main", "block")), "main", False),
    Option("keep_local", boolean, True, False),
    Option("check_address", address, None, False),
    Option("failback_delay", seconds(0, 86400), 60, False),
    Option("client", client, [], True),
    Option("proto", choice(("tcp", "udp")), [], True),
    Option("port", ports, [], True),
)

POLICY_SETS = {
    "nftset": (Option("set4", nft_set, None, False), Option("set6", nft_set, None, False)),
    "ipset": (Option("set4", ipset, None, False), Option("set6", ipset, None, False)),
}
