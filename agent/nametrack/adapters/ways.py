"""Which way the kernel sends a packet, asked packet by packet: for `nametrack why`."""

from .. import compat
from ..core import events as on
from ..wire import links, netlink, route, rtnetlink, rules
from .netlink import Kernel, Refused, reason

MARKS = 16  # distinct marks of rules that are asked about


class Ways:
    """emit: function that hands an event to the core; make: what makes a core.telling.why.Told."""

    def __init__(self, emit, make):
        self._emit = emit
        self._make = make

    def ask(self, action):
        """Carry out AskKernel."""
        kernel = None
        try:
            kernel = Kernel(rtnetlink.PROTOCOL)
            self._emit(on.KernelTold(action.id, *self._asked(kernel, action)))
        except (OSError, netlink.NetlinkError, Refused) as error:
            self._emit(on.ActionFailed(action, reason(error)))
        finally:
            if kernel is not None:
                kernel.close()

    def _asked(self, kernel, action):
        names = self._names(kernel)
        ingress = 0
        if action.client is not None:
            answer = self._decision(kernel, route.Packet(action.client, None, 0, 0))
            ingress = answer.device if isinstance(answer, route.Decision) else 0
        told = []
        for address in action.addresses:
            for mark in [0] + self._marks(kernel, 6 if ":" in address else 4):
                source = action.client if ingress and _same_family(action.client, address) else None
                answer = self._decision(kernel, route.Packet(address, source, ingress if source else 0, mark))
                if isinstance(answer, route.Decision):
                    device = names.get(answer.device, str(answer.device))
                    told.append(self._make(address, mark, device, answer.table, answer.source, None))
                else:
                    told.append(self._make(address, mark, None, 0, None, answer))
        return names.get(ingress), told

    def _decision(self, kernel, packet):
        """Return the route.Decision about a packet, or in words why it is dropped."""
        kernel.send(lambda seq: route.get_decision(packet, seq))
        reply = netlink.reply(kernel.receive(), kernel.seq)
        if reply.errno:
            return compat.errno_text(reply.errno)
        return route.decision(reply.messages[0]) if reply.messages else "the kernel names no route"

    def _names(self, kernel):
        found = {}
        for message in kernel.ask(links.get_links).messages:
            link = links.link(message)
            found[link.number] = link.name
        return found

    def _marks(self, kernel, family):
        """Return the marks that rules of this family look at, in their order, each once."""
        found = []
        for message in kernel.ask(lambda seq: rules.get_rules(family, seq)).messages:
            rule = rules.rule(message)
            if rule is not None and rule.match.mark is not None and rule.match.mark[0] not in found:
                found.append(rule.match.mark[0])
        return [mark for mark in found if mark][:MARKS]


def _same_family(one, other):
    return (":" in one) == (":" in other)
