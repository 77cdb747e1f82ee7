"""Adapters that many configurations do not need: each is loaded and made when the first order for it comes.

A module costs a slow router 10 ms to load and some KiB to keep. And MicroPython looks each text that it makes up among
all the words of the modules that are loaded, one after the other, so that what is not loaded makes all else cheaper.
"""


class Later:
    def __init__(self, make):
        self._make = make  # function that returns the adapter, one of those below
        self._made = None

    def performer(self, method):
        """Return the function(action) that has the adapter's `method` carry an action out."""
        return lambda action: getattr(self.made(), method)(action)

    def tell(self, method, *arguments):
        """Have the adapter hear of something by its `method`, if it is made."""
        if self._made is not None:
            getattr(self._made, method)(*arguments)

    def made(self):
        """Return the adapter."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def is_made(self):
        """Return whether there is an adapter by now."""
        return self._made is not None

    def busy(self):
        """Return whether it has something under way."""
        return self._made is not None and self._made.busy()


# Each loads what it makes. poller: loop.Poller; emit: function that hands an event to the core.


def new_sets(poller, emit):
    from ..adapters.sets import Sets

    return Sets(poller, emit)


def new_routes(poller, emit, listens):
    """Return the adapter of rules, nexthops and routes; listens: whether it is to hear of what others change."""
    from ..adapters.routes import Routes

    routes = Routes(poller, emit)
    if listens:
        routes.listen()
    return routes


def new_glance(emit):
    from ..adapters.routing_glance import RoutingGlance

    return RoutingGlance(emit)


def new_flows(poller, emit, rests):
    """Return the adapter of connections; rests: whether it pauses between long readings."""
    from ..adapters.flows import Flows

    return Flows(poller, emit, rests=rests)


def new_tap(poller, emit):
    from ..adapters.tap import Tap

    return Tap(poller, emit)


def new_echo(poller, emit):
    from ..adapters.echo import Echo

    return Echo(poller, emit)


def new_inbound(emit):
    from ..adapters.inbound import Inbound

    return Inbound(emit)


def new_lists(poller, changed):
    from ..adapters.lists import Lists
    from ..core.config.policy_values import listed_host
    from ..ip import is_element

    return Lists(poller, listed_host, is_element, changed)


def new_hold(poller, bus, emit):
    from ..adapters.hold import Hold

    return Hold(poller, bus, emit)


def new_services(config_dir, bus, emit):
    from ..adapters.services import Services

    return Services(config_dir, bus, emit)


def new_neighbours(poller, emit):
    from ..adapters.neighbours import Neighbours

    return Neighbours(poller, emit)


def new_answers(poller, reply):
    from .answers import Answers

    return Answers(poller, reply)


def targets(config_dir):
    """Return `(function that says whether there is a set, {name: Service})`: LuCI's pages ask what can be filled."""
    from ..adapters.netfilter import has_set
    from ..adapters.services import installed
    from ..core.sets.targets import SERVICES

    return has_set, installed(config_dir, SERVICES)
