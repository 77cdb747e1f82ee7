"""The command `block`, which the router runs before its network starts: `fallback block` holds until the agent runs.

It works from files and asks no other program. Where a route exists already, it waits until the kernel says whose it is.
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
    while routes.busy():
        poller.wait(compat.monotonic() + 1)
    for event in events:
        if not isinstance(event, on.RoutingChanged) or event.refused:
            sys.stderr.write("nametrack: not all that `fallback block` keeps could be blocked: %s\n" % _why(event))
            return 1
    return 0


def _write(routes, changes):
    if changes:
        routes.change(do.ChangeRouting(changes, "fallback block"))


def _why(event):
    return event.reason if isinstance(event, on.ActionFailed) else event.refused[0][2]
