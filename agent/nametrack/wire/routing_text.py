"""Changes of routing as text for `ip -batch`: what `nametrack plan` prints."""

from .. import routing
from .nexthops import nexthop_text
from .routes import routes_lines
from .rules import rule_text

COMMANDS = {4: "ip -batch", 6: "ip -6 -batch"}


def routing_lines(changes, links):
    """Gives the lines, each family's behind a comment that names its command; `links`: of routing.View."""
    names = {link.number: link.name for link in links}
    family = None
    for change in changes:
        if change.value.family != family:
            family = change.value.family
            yield "# %s" % COMMANDS[family]
        if isinstance(change.value, routing.Rule):
            yield rule_text(change)
        elif isinstance(change.value, routing.Nexthop):
            yield nexthop_text(change, names)
        else:
            for line in routes_lines(change):
                yield line
