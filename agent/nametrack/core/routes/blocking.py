"""Why packets of a policy that are to be blocked are not."""

from ... import ip, routing
from .networks import Networks

REFUSED = "the kernel refuses some of the routes that block, and packets take the normal way"
PAST = "the route to %s of another program leads past what blocks"


def not_blocked(routes, steered):
    """Return as a text why packets of a Steered of these Routes are not blocked; None if they are, or are not to be."""
    if routes.installation.leaks(steered):
        return REFUSED
    blocks = routes.installation.blocks(steered)
    # where a table of its own blocks, the main table is not asked
    elsewhere = [table.family for table in blocks if table.number != routing.MAIN]
    links = [routes.way(name).link for name in steered.steering.interfaces]
    for table in blocks:
        past = None if table.family in elsewhere else _past(table, steered.policy, links, routes.installation.view.main)
        if past is not None:
            return PAST % ip.element(past)
    return None


def _past(table, policy, links, main):
    """The key of a MainRoute that is preferred to what blocks in this Table, and not through these links; or None."""
    wide = Networks(policy.wide(table.family))  # asked first: the table asks every policy
    for route in main:
        if route.family != table.family or route.device in links:
            continue
        is_wanted = policy.wants(route.key)
        if route.metric < table.metric if is_wanted else wide.holds(*ip.bounds(route.key)):
            if table.is_for(policy, route.key):
                return route.key
    return None
