"""What it takes to have nothing of ours left in the kernel's routing."""

from ... import routing
from .rulebook import from_the_end


def deletions(view, tables):
    """The Changes that delete all of ours. view: routing.View; tables: as RoutesListed has them.

    The rules go first, so that nothing leads to the routes any more, and END, which others jump to, last of them.
    The nexthops go after the routes: the kernel refuses to delete a route to one that is gone.
    """
    rules = [rule for rule in view.rules if rule.protocol == routing.PROTOCOL]
    gone = from_the_end(rules)
    for family, table, metric in sorted(tables):
        by_via = {}
        for key in tables[family, table, metric]:
            by_via.setdefault(tables[family, table, metric].get(key), []).append(key)
        for via in sorted(by_via):
            gone.append(routing.Routes(family, table, via, metric, by_via[via]))
    gone += [nexthop for nexthop in view.nexthops if nexthop.protocol == routing.PROTOCOL]
    return [routing.Change(routing.DELETE, value) for value in gone]
