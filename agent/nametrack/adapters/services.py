"""What is known of pbr and vpn-policy-routing: their configuration, pbr's part of the rules, and what procd says."""

from ..core import events as on
from ..wire import services, uci
from . import files

# where pbr keeps its rules for the firewall, from version 1.1.7 on
RULES = "/usr/share/nftables.d/ruleset-post/30-pbr.nft"
NAMES = ("pbr", "vpn-policy-routing")


class Services:
    """Carries out ReadServices: hands in ServicesRead at once, and once more when procd has answered."""

    def __init__(self, config_dir, bus, emit, rules=RULES):
        self._config_dir = config_dir
        self._bus = bus
        self._emit = emit
        self._rules = rules

    def read(self, action):
        """Carries out ReadServices."""
        found = installed(self._config_dir, self._rules)
        self._emit(on.ServicesRead(found))
        for name in sorted(found):
            self._bus.read_service(name, lambda state, name=name: self._reported(found, name, state))

    def _reported(self, found, name, state):
        found[name] = services.reported(found[name], state)
        self._emit(on.ServicesRead(dict(found)))


def installed(config_dir, rules=RULES):
    """{name: Service} of those whose configuration is there."""
    found = {}
    for name in NAMES:
        text, _ = files.read_text("%s/%s" % (config_dir, name))
        if text is not None:
            sections, _ = uci.parse(text)
            kept, _ = files.read_text(rules) if name == "pbr" else (None, None)
            found[name] = services.configured(name, sections, None if kept is None else services.printed(kept))
    return found
