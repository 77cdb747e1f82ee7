"""The command `block`, which the router runs before its network starts: `fallback block` holds until the agent runs.

It works from files, asks no other program and waits for nothing, but for the kernel's list where that refuses a route.
"""

import sys

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from .. import compat, element, routing  # noqa: F401
from ..wire import netlink, rtnetlink  # noqa: F401
from ..adapters import routes_dump  # noqa: F401
from ..core.routes import numbers, selector, plan  # noqa: F401

# isort: on
from ..adapters import last_good
from ..adapters.routes import Routes
from ..core import actions as do
from ..core import events as on
from ..core.routes.boot import BootBlock
from ..daemon.config_files import read_config, state_dir, with_files
from ..daemon.loop import Poller
from .command_line import Trouble

LIMIT = 10  # seconds


def block(command, log):
    loaded, problem = read_config(command.config_dir)
    if loaded is None:
        raise Trouble(problem)
    wanted = BootBlock(with_files(loaded.config))
    if wanted.is_empty():
        return 0
    events, poller = [], Poller(compat.monotonic)
    routes = Routes(poller, events.append)
    for record in last_good.read_all(state_dir(command), command.run_dir, compat.wall()):
        _write(routes, wanted.record(record))
    _write(routes, wanted.literals())
    whys = _whys(events, routes, poller)
    if whys:
        sys.stderr.write("nametrack: not all that `fallback block` keeps could be blocked: %s\n" % whys[0])
    return 1 if whys else 0


def _write(routes, changes):
    if changes:
        routes.change(do.ChangeRouting(changes, "fallback block"))


def _whys(events, routes, poller):
    """Return why something is not blocked, a text each. What is blocked already is refused, too."""
    found = [event.reason for event in events if isinstance(event, on.ActionFailed)]
    refused = [each for event in events if isinstance(event, on.RoutingChanged) for each in event.refused]
    if refused:
        routes.list(do.ListRoutes(routing.PROTOCOL))
        end = compat.monotonic() + LIMIT
        while routes.busy() and compat.monotonic() < end:
            poller.wait(end)
        tables = events[-1].tables if isinstance(events[-1], on.RoutesListed) else {}
        found += [why for change, key, why in refused if not _is_there(tables, change.value, key)]
    return found


def _is_there(tables, value, key):
    """Whether a route of ours is among those that were listed; a Nexthop never is."""
    if not isinstance(value, routing.Routes):
        return False
    return tables.get((value.family, value.table, value.metric), {}).get(key) == value.via
