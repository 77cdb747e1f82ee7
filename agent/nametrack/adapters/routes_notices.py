"""What the kernel tells of links, addresses, rules and nexthops while others change them.

Routes that others delete: routes_deletions.py. That a device's routes went shows in the link.
"""

from .. import routing
from ..core import events as on
from ..wire import nexthops, rtnetlink, rules
from .link_news import LinkNews
from .netlink import hear, listen

_DATAGRAM = 16384
_AT_ONCE = 64  # datagrams that are read before others have their turn
_GROUPS = rtnetlink.LINKS | rtnetlink.ADDRESSES | rtnetlink.RULES | rtnetlink.NEXTHOPS
_LINKS = (rtnetlink.NEW_LINK, rtnetlink.DELETE_LINK)


class RoutesNotices:
    """Hands in RoutingDeleted for rules and nexthops of ours, and RoutingTouched for whatever else is news."""

    def __init__(self, poller, emit):
        self.own_port = None  # of the socket that our changes are made by: they are no news
        self._poller = poller
        self._emit = emit
        self._links = LinkNews()
        self._socket = None

    def start(self):
        """Listens from now on. If that cannot be had, changes are seen at the next reading."""
        if self._socket is None:
            self._socket = listen(self._poller, rtnetlink.PROTOCOL, _GROUPS, self._readable)

    def known(self, found):
        """The links as they were read: what says the same of one is no news."""
        self._links.known(found)

    def _readable(self, mask):
        rules_gone, nexthops_gone, news = [], [], []

        def take(message):
            if self._is_news(message, rules_gone, nexthops_gone):
                news.append(message.type)

        lost = hear(self._socket, _DATAGRAM, _AT_ONCE, take)
        if rules_gone or nexthops_gone:
            self._emit(on.RoutingDeleted(rules_gone, nexthops_gone, []))
        if news or lost:
            self._emit(on.RoutingTouched("kernel"))

    def _is_news(self, message, rules_gone, nexthops_gone):
        if message.type in _LINKS:
            return self._links.of_link(message)
        if self.own_port is not None and message.pid == self.own_port:
            return False
        if message.type in (rtnetlink.NEW_RULE, rtnetlink.DELETE_RULE):
            rule = rules.rule(message)
            if rule is not None and rule.protocol == routing.PROTOCOL and message.type == rtnetlink.DELETE_RULE:
                rules_gone.append(rule)
            return rule is not None
        if message.type in (rtnetlink.NEW_NEXTHOP, rtnetlink.DELETE_NEXTHOP):
            nexthop = nexthops.nexthop(message)
            if nexthop.protocol == routing.PROTOCOL and message.type == rtnetlink.DELETE_NEXTHOP:
                nexthops_gone.append(nexthop)
            return nexthop.protocol == routing.PROTOCOL
        return message.type in (rtnetlink.NEW_ADDRESS, rtnetlink.DELETE_ADDRESS)
