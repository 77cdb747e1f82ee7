"""The doors through which a lab's agent is asked: an object on a bus, and the agent's own socket.

door.path      what the agent and its commands take as --ubus
door.reach(a)  a client with `call(object, method, arguments)`, once the agent `a` can be asked
"""

from bus import DOUBLE, Bus, real_ubusd
from lab.agent import Agent, all_current, options, policy
from lab.enter import RUN
from lab.host import wait_for
from lab.netifd import UbusClient
from lab.world import STAGING_NAME, VPN_SETS
from nametrack.adapters.control_client import ControlClient
from pyubus import UBUS_STATUS_NO_DATA, UbusError

DOORS = ["double", "ubusd", "socket"] if real_ubusd() else ["double", "socket"]


class BusDoor:
    """A bus of its own, by the stand-in for ubusd or by the real one."""

    start = "/etc/init.d/nametrack start"
    taken = "another agent is on the bus already"

    def __init__(self, kind):
        self.bus = Bus(RUN, DOUBLE if kind == "double" else [real_ubusd()])
        self.path = self.bus.path

    def __enter__(self):
        self.bus.__enter__()
        return self

    def __exit__(self, *why):
        self.bus.__exit__(*why)

    def reach(self, agent=None):
        def found():
            client = UbusClient(self.path, 10)
            try:
                client.connect()
                return client if client.list("nametrack*") and client.call("nametrack", "status") else None
            except UbusError:
                return None

        return wait_for(found, 20, "the agent on the bus")


class SocketDoor:
    """No bus at all."""

    path = "none"
    start = "systemctl start nametrack"
    taken = "another agent runs already"

    def __enter__(self):
        return self

    def __exit__(self, *why):
        pass

    def reach(self, agent):
        def found():
            client = ControlClient(str(agent.run), 10)
            try:
                client.connect()
                client.call("nametrack", "status")  # not before its first configuration is in force
                return client
            except UbusError:
                return None

        return wait_for(found, 20, "the agent on its socket")


def door(kind):
    """A door of DOORS, to be used by `with`."""
    return SocketDoor() if kind == "socket" else BusDoor(kind)


def followed(world, door, interpreter, *sections, **values):
    """An agent of the beach's, not started yet, that follows home and a policy, or what the sections say."""
    world.beach.nft(VPN_SETS)
    sections = sections or (options(**values), policy("staging", [STAGING_NAME]))
    return Agent(world, *sections, interpreter=interpreter, bus=door.path)


def settled(client):
    """The agent's status once everything is current."""

    def current():
        try:
            status = client.call("nametrack", "status")
        except UbusError as error:
            if error.code == UBUS_STATUS_NO_DATA:
                return None  # the first configuration is not in force yet
            raise
        return status if all_current(status) else None

    return wait_for(current, 20, lambda: f"everything to be current: {client.call('nametrack', 'status')}")
