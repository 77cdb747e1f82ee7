"""pbr and vpn-policy-routing on this router: their configuration, and what procd says.

procd tells on the bus when a service starts or stops: then sets may have come or gone.
"""

from .. import compat_files
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
    """{name: Service} of those that are there: their configuration, and their init script.

    A removal leaves the configuration behind. A service that does not start at boot is not enabled, whatever its
    configuration says. If this machine starts nothing by such scripts, the configuration alone counts.
    """
    found, etc = {}, config_dir.rsplit("/", 1)[0]
    links, scripts = compat_files.names(etc + "/rc.d"), compat_files.names(etc + "/init.d")
    starts = [link[3:] for link in links if link.startswith("S")]
    for name in names:
        data, _ = files.read_bytes("%s/%s" % (config_dir, name))
        if data is not None and (not links or name in scripts):
            sections, _ = uci.parse(data)
            service = services.configured(name, sections)
            found[name] = services.not_started(service) if links and name not in starts else service
    return found
