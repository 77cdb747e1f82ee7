"""Connections that begin on an uplink: their replies leave by it, although a policy takes all that a client sends.

Nothing in a reply's header tells that it is one. So where a policy takes everything, a rule of nftables marks these
connections with one bit, and a routing rule sends what has the bit past our tables. Nothing else is marked.
"""

from ... import routing
from ..actions import MarkInbound
from .steps import Uplinks


class Inbound:
    def __init__(self):
        self.bit = 0  # that these connections are marked with; 0: no policy takes everything
        self._asked = None  # the MarkInbound that was given last

    def compare(self):
        """Others may have changed what stands in the kernel: it is compared at the next decision."""
        if self.bit:
            self._asked = None

    def decide(self, steered, ways, view, mask):
        """[MarkInbound] if that is news. steered: list of Steered; ways: {name: Way}; mask: option fwmark_mask."""
        number, devices = int(mask, 16), []
        if any(each.takes_all for each in steered):
            uplinks = Uplinks(view)
            # Past our tables such a reply takes the main table's way: to a second uplink only a policy's own leads.
            left = uplinks.seconds().intersection([way.device for way in ways.values()])
            devices = set(uplinks.devices(4) + uplinks.devices(6)).difference(left)
        self.bit = number & -number if devices else 0
        action = MarkInbound(sorted(devices), self.bit)
        if action == (self._asked or MarkInbound([], _bit_of_before(view))):
            return []
        self._asked = action
        return [action]


def _bit_of_before(view):
    """The bit that a rule of ours looks at which an agent before this one wrote; 0 for none."""
    for rule in view.rules:
        if rule.protocol == routing.PROTOCOL and rule.match.mark is not None:
            return rule.match.mark[1]
    return 0
