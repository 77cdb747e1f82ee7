"""Which way the kernel sends a packet, asked packet by packet: for `nametrack why`."""

from .. import compat
from ..core import events as on
from ..wire import links, netlink, route, rtnetlink, rules
from .netlink import Kernel, Refused, reason

MARKS = 16  # distinct marks of rules that are asked about
# The answers about a packet that the reverse path filter drops: until Linux 6.12, and since.
_FILTERED = (compat.EXDEV, compat.EINVAL)


class Ways:
    """emit: function that hands an event to the core."""

    def __init__(self, emit):
        self._emit = emit

    def ask(self, action):
        """Carry out AskKernel."""
        kernel = None
        try:
            kernel = Kernel(rtnetlink.PROTOCOL)
            self._emit(_Question(kernel, action).answer())
        except (OSError, netlink.NetlinkError, Refused) as error:
            self._emit(on.ActionFailed(action, reason(error)))
        finally:
            if kernel is not None:
                kernel.close()


class _Question:
    """One AskKernel, put to the kernel packet by packet. Its methods raise OSError, NetlinkError and Refused."""

    def __init__(self, kernel, action):
        self._kernel = kernel
        self._action = action
        self._names = {}  # number of a link -> its name
        self._ingress = 0  # number of the link that the client's packets come in through
        self._back = {}  # (address, number of a link) -> why its replies are dropped, or None

    def answer(self):
        """Return the KernelTold."""
        for message in self._kernel.ask(links.get_links).messages:
            link = links.link(message)
            self._names[link.number] = link.name
        client = self._action.client
        if client is not None:
            decision = self._decision(route.Packet(client, None, 0, 0, 0, 0))[0]
            self._ingress = 0 if decision is None else decision.device
        found, told = [], []
        for family in (4, 6):
            packets = [each for each in self._action.packets if (":" in each.address) == (family == 6)]
            if packets:
                of_family = self._rules(family)
                marks = [0] + (_marks(of_family) if self._action.marks else [])
                found.extend(of_family)
                told.extend([self._told(each, mark) for each in packets for mark in marks])
        return on.KernelTold(self._action.id, self._names.get(self._ingress), told, found)

    def _told(self, packets, mark):
        client = self._action.client
        source = client if self._ingress and client and (":" in client) == (":" in packets.address) else None
        ingress = self._ingress if source else 0
        packet = route.Packet(packets.address, source, ingress, mark, packets.transport, packets.port)
        decision, errno = self._decision(packet)
        if decision is None:
            problem = compat.errno_text(errno) if errno else "the kernel names no route"
            return on.Told(packets.address, mark, None, 0, problem, None)
        device = self._names.get(decision.device, str(decision.device))
        back = self._dropped(packets.address, source or decision.source, decision.device)
        return on.Told(packets.address, mark, device, decision.table, None, back)

    def _dropped(self, address, receiver, number):
        """Return why the replies that come in through a link are dropped, None if they are not."""
        if ":" in address or receiver is None:
            return None  # only IPv4 has such a filter in the kernel
        if (address, number) not in self._back:
            _, errno = self._decision(route.Packet(receiver, address, number, 0, 0, 0))
            self._back[address, number] = compat.errno_text(compat.EXDEV) if errno in _FILTERED else None
        return self._back[address, number]

    def _decision(self, packet):
        """Return `(route.Decision, 0)` about a packet, `(None, error number)` if it is dropped."""
        self._kernel.send(lambda seq: route.get_decision(packet, seq))
        reply = netlink.reply(self._kernel.receive(), self._kernel.seq)
        if reply.errno or not reply.messages:
            return None, reply.errno or 0
        return route.decision(reply.messages[0]), 0

    def _rules(self, family):
        found = []
        for message in self._kernel.ask(lambda seq: rules.get_rules(family, seq)).messages:
            rule = rules.rule(message)
            if rule is not None:
                found.append(rule)
        return found


def _marks(found):
    """Return the marks that rules look at, in their order, each once."""
    marks = []
    for rule in found:
        if rule.match.mark is not None and rule.match.mark[0] and rule.match.mark[0] not in marks:
            marks.append(rule.match.mark[0])
    return marks[:MARKS]
