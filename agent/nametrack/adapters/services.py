"""pbr and vpn-policy-routing on this router: their configuration, and what procd says.

procd tells on the bus when a service starts or stops: then sets may have come or gone.
"""

from ..core import events as on
from ..wire import services, uci
from . import files

STARTS, STOPS = "service.start", "service.stop"


class Services:
    """Carries out ReadServices: hands in ServicesRead at once, and once more when procd has answered."""

    def __init__(self, config_dir, bus, emit):
        self._config_dir = config_dir
        self._names = ()
        self._bus = bus
        self._emit = emit
        bus.watch(self)

    def read(self, action):
        """Carries out ReadServices."""
        self._names = action.names
        found = installed(self._config_dir, action.names)
        self._emit(on.ServicesRead(found))
        for name in sorted(found):
            self._ask(found, name)

    def _ask(self, found, name):
        def answered(status, replies):
            if status == 0:
                found[name] = services.reported(found[name], replies[0].get(name) if replies else None)
                self._emit(on.ServicesRead(dict(found)))

        self._bus.request(lambda bus: bus.call("service", "list", {"name": name}), answered)

    # -- what the bus calls --------------------------------------------------------------------------------------

    def connected(self, serving):
        """The bus can be used; `serving`: it will be for long."""
        if serving:
            for pattern in (STARTS, STOPS):
                self._bus.request(lambda bus, pattern=pattern: bus.listen(pattern), lambda status, replies: None)

    def notified(self, path, method, data):
        """An object that was subscribed to tells something."""

    def event(self, name, data):
        """An event that was listened to."""
        if name in (STARTS, STOPS) and (data.get("service") in self._names or data.get("service") == "firewall"):
            self._emit(on.SetsDisturbed("%s of %s" % (name, data["service"])))


def installed(config_dir, names):
    """{name: Service} of those whose configuration is there."""
    found = {}
    for name in names:
        data, _ = files.read_bytes("%s/%s" % (config_dir, name))
        if data is not None:
            sections, _ = uci.parse(data)
            found[name] = services.configured(name, sections)
    return found
