"""The command `flush`: nothing of ours is left in the kernel's routing; it works whether the agent runs or not."""

import sys

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from .. import compat, routing  # noqa: F401
from ..wire import netlink, rtnetlink  # noqa: F401
from ..adapters import routes_dump  # noqa: F401

# isort: on
from ..adapters.inbound import Inbound
from ..adapters.routes import Routes
from ..core import actions as do
from ..core import events as on
from ..core.routes.flush import deletions
from ..daemon.loop import Poller
from .command_line import Trouble

LIMIT = 30  # seconds


def flush(command, log):
    poller = Poller(compat.monotonic)
    events = []
    routes = Routes(poller, events.append)
    routes.read(do.ReadRouting("kernel"))
    routes.list(do.ListRoutes(0))
    end = compat.monotonic() + LIMIT
    while routes.busy() and compat.monotonic() < end:
        poller.wait(end)
    found = {type(event): event for event in events}
    if on.RoutingRead not in found or on.RoutesListed not in found:
        raise Trouble("the kernel's routes cannot be read: %s" % _why(found))
    Inbound(events.append).mark(do.MarkInbound([], 0))
    if isinstance(events[-1], on.ActionFailed):
        sys.stderr.write("nametrack: `nft delete table inet nametrack`: %s\n" % events[-1].reason)
    changes = deletions(found[on.RoutingRead].view, found[on.RoutesListed].tables)
    if changes:
        routes.change(do.ChangeRouting(changes, "flush"))
        if not isinstance(events[-1], on.RoutingChanged) or events[-1].refused:
            sys.stderr.write(
                "nametrack: some rules or routes could not be deleted; `ip route show proto 190` shows them\n"
            )
            return 1
    return 0


def _why(found):
    failed = found.get(on.ActionFailed)
    return "no answer in %d s" % LIMIT if failed is None else failed.reason
