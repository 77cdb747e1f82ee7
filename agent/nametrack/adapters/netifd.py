"""netifd over the bus: how the network's interfaces are, what it tells of them, and host routes.

Source: openwrt/netifd, ubus.c. What an interface becomes is a notification of the object `network.interface`; that it
came up is an event of the same name besides, and only that says that its routes are new ones.
"""

from pyubus.status import status_text

from ..core import events as on
from ..wire import netifd

OBJECT = "network.interface"
ADDED = "ubus.object.add"
ROUTE_LIMIT = 1  # second for a route to be added: an endpoint waits for it


class Netifd:
    """Carries out ReadInterfaces and adds host routes; hands in what netifd tells."""

    def __init__(self, bus, emit, came_up):
        """`came_up`: function that is called whenever an interface came up."""
        self._bus = bus
        self._emit = emit
        self._came_up = came_up
        bus.watch(self)

    def start(self):
        """Do nothing: the bus tells when there is something to begin with."""

    def read(self, action):
        """Carries out ReadInterfaces."""

        def answered(status, replies):
            if status:
                return self._emit(on.ActionFailed(action, status_text(status)))
            self._emit(on.InterfacesRead(netifd.interfaces(replies[0] if replies else {})))

        self._bus.request(lambda bus: bus.call(OBJECT, "dump"), answered)

    def add_host_route(self, address, interface, done):
        """Has a route to the address added through an interface; then `done(problem)`, None for success.

        `network add_host_route` takes the next hop from the interface's own best route.
        """
        arguments = {"target": address, "v6": ":" in address, "interface": interface}

        def answered(status, replies):
            done(None if status == 0 else status_text(status))

        self._bus.request(lambda bus: bus.call("network", "add_host_route", arguments), answered, ROUTE_LIMIT)

    # -- what the bus calls --------------------------------------------------------------------------------------

    def connected(self, serving):
        """The bus can be used; `serving`: it will be for long."""
        if serving:
            for pattern in (ADDED, OBJECT):
                self._bus.request(lambda bus, pattern=pattern: bus.listen(pattern), _whatever)
            self._subscribe()
        self._emit(on.BusConnected(OBJECT))

    def notified(self, path, method, data):
        """An object that was subscribed to tells something."""
        name = data.get("interface")
        if path == OBJECT and isinstance(name, str):
            self._emit((on.InterfaceDown if method == "interface.down" else on.InterfaceUpdated)(name))

    def event(self, name, data):
        """An event that was listened to."""
        if name == ADDED:
            if data.get("path") == OBJECT:  # netifd was restarted: another object, to which we are not subscribed yet
                self._subscribe()
                self._emit(on.BusConnected(OBJECT))
        elif isinstance(data.get("interface"), str) and data.get("action") == "ifup":
            self._emit(on.InterfaceUp(data["interface"]))
            self._came_up()

    def _subscribe(self):
        self._bus.request(lambda bus: bus.subscribe(OBJECT), _whatever)


def _whatever(status, replies):
    pass
