"""A run that changes nothing: each action that would change something is written down instead of carried out."""

from .. import ip
from ..core import actions as do
from ..core import events as on

SILENT = (do.Observe, do.Hold, do.CheckWay, do.Probe, do.SendEcho, do.SaveLastGood, do.ShareLastGood, do.Remember)


class Planner:
    """emit: function that hands an event to the core; links: function that returns the links as routing_lines takes."""

    def __init__(self, emit, links):
        self.lines = []  # what would be changed, as text for people and for the tools that do the same
        self._emit = emit
        self._links = links

    def performers(self):
        """Return {type of action: function} of what is done instead."""
        found = dict.fromkeys(SILENT, lambda action: None)
        found[do.SetEndpoint], found[do.FlushFlows] = self._endpoint, self._flows
        found[do.ChangeRouting], found[do.ChangeSet] = self._routing, self._set
        found[do.MarkInbound] = self._inbound
        return found

    # Each loads what turns it into text: few plans have all of them.

    def _set(self, action):
        from ..adapters.sets import script

        self.lines.append("# %s" % action.reason)
        self.lines.extend(script(action))
        self._emit(on.SetChanged(action, {}))

    def _inbound(self, action):
        from ..adapters.inbound import Inbound
        from ..wire.inbound import inbound_lines

        if Inbound(self._emit).differs(action):
            self.lines.extend(inbound_lines(action.devices, action.bit))

    def _routing(self, action):
        from ..wire.routing_text import routing_lines

        self.lines.append("# %s" % action.reason)
        self.lines.extend(routing_lines(action.changes, self._links()))
        self._emit(on.RoutingChanged(action, []))

    def _flows(self, action):
        self.lines.append("# connections to %s decide anew" % ", ".join([ip.element(key) for key in action.keys]))

    def _endpoint(self, action):
        self.lines.append("# %s" % action.reason)
        self.lines.append(do.text(action))
