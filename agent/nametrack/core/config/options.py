"""The options of /etc/config/nametrack and those of /etc/config/network that matter to it, as tables.

Those of policies are in policy_options.py: many a router has none.
"""

from collections import namedtuple

from .option_values import (
    address,
    anything,
    boolean,
    choice,
    device,
    device_or_interface,
    endpoint_host,
    fallback_nameserver,
    followed_host,
    interface,
    keepalive,
    mark_mask,
    nameserver,
    number,
    package_file,
    port,
    prefix,
    public_key,
    seconds,
    wg_quick_folder,
)

# default: the value, None if leaving the option out is the best that can be done, REQUIRED where the section
# means nothing without it; many: a UCI list
Option = namedtuple("Option", ("name", "parse", "default", "many"))
REQUIRED = "the section means nothing without it"

family = choice(("any", "ipv4", "ipv6"))

GLOBAL = (
    Option("enabled", boolean, True, False),
    Option("log_level", choice(("error", "warning", "info", "debug")), "info", False),
    Option("track_peers", choice(("all", "listed")), "all", False),
    Option("family", family, "any", False),
    Option("nameserver", nameserver, ["127.0.0.1"], True),
    Option("fallback_nameserver", fallback_nameserver, [("interface", "wan")], True),
    Option("min_ttl", seconds(1, 86400), 10, False),
    Option("max_ttl", seconds(1, 604800), 3600, False),  # a week: RFC 8767 section 4
    Option("retain", seconds(0, 31536000), 86400, False),
    Option("peer_interval", seconds(1, 3600), 5, False),
    Option("suspect_time", seconds(1, 3600), 2, False),
    Option("stall_timeout", seconds(5, 3600), 15, False),
    Option("probe", boolean, False, False),
    Option("probe_interval", seconds(5, 3600), 25, False),
    Option("handshake_timeout", seconds(5, 600), 10, False),  # 5: WireGuard's REKEY_TIMEOUT, one attempt
    Option("authoritative", boolean, True, False),
    Option("flush_conntrack", boolean, True, False),
    Option("observe", device_or_interface, ["lan"], True),
    Option("observe_from", choice(("router", "any")), "router", False),
    Option("hold", boolean, True, False),
    Option("observe_time", seconds(60, 31536000), 604800, False),
    Option("wg_quick", wg_quick_folder, "/etc/wireguard", False),
    Option("table", number(256, 1000, "a number of a routing table"), 900, False),
    Option("fwmark_mask", mark_mask, "0x0f000000", False),
    Option("restore", boolean, False, False),
    Option("restore_package", package_file, None, False),
)

PEER_IDENTITY = (
    Option("interface", device, REQUIRED, False),
    Option("public_key", public_key, REQUIRED, False),
)

PEER = (
    Option("enabled", boolean, True, False),
    Option("endpoint_host", followed_host, None, False),
    Option("endpoint_port", port, 51820, False),
    Option("family", family, "any", False),
    Option("follow", choice(("auto", "dns", "traffic")), "auto", False),
    Option("probe", boolean, False, False),
    Option("probe_address", address, None, False),
    Option("nameserver", nameserver, [], True),
)

NETWORK_INTERFACE = (
    Option("proto", anything, None, False),
    Option("disabled", boolean, False, False),
    Option("auto", boolean, True, False),
    Option("nohostroute", boolean, False, False),
    Option("tunlink", interface, None, False),
    Option("fwmark", anything, None, False),
    Option("device", anything, None, False),
    Option("ifname", anything, None, False),  # the same, up to 19.07
)

NETWORK_PEER = (
    Option("public_key", public_key, REQUIRED, False),
    Option("description", anything, "", False),
    Option("disabled", boolean, False, False),
    Option("endpoint_host", endpoint_host, None, False),
    Option("endpoint_port", port, 51820, False),
    Option("allowed_ips", prefix, [], True),
    Option("route_allowed_ips", boolean, False, False),
    Option("persistent_keepalive", keepalive, 0, False),
)
