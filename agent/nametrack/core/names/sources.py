"""The sources of a name: each keeps its own last answer, and none is believed alone."""

LISTED = "listed"  # the nameservers of the configuration, usually the router's own resolver
FALLBACK = "fallback"  # those that the WAN learnt, or `fallback_nameserver`: past the router's cache
ZONE = "zone"  # the name's own zone, past every cache
SOURCES = (LISTED, ZONE, FALLBACK)
BESIDE = (FALLBACK, ZONE)  # asked for peers that need help, and rarely otherwise

# Names that mean something on this network only: they are asked of the listed nameservers only.
LOCAL = ("lan", "local", "home.arpa", "internal", "localdomain", "intranet", "corp", "home")


def is_local(host):
    """Return whether a host must not be asked for past the listed nameservers: one label, or a local domain."""
    if "." not in host:
        return True
    return any(host == domain or host.endswith("." + domain) for domain in LOCAL)
