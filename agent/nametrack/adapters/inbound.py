"""Marks the connections that begin on an uplink, by a table of nftables of our own. No process."""

from .. import compat
from ..core import events as on
from ..wire import inbound, netlink, nfnetlink
from .netlink import Kernel, Refused, reason

_NO_TABLES = (compat.ENOENT, compat.EOPNOTSUPP, compat.EINVAL)  # what a kernel without nftables says


class Inbound:
    """Carries out MarkInbound: compares, and writes only what differs, in one transaction."""

    def __init__(self, emit):
        self._emit = emit

    def mark(self, action):
        """Carries out MarkInbound."""
        self._ask(action, _replace)

    def differs(self, action):
        """Return whether MarkInbound would change what the kernel has, as far as it says."""
        found = []
        self._ask(action, lambda *_: found.append(True))
        return bool(found)

    def _ask(self, action, differing):
        """Call a function of the Kernel and the action if the table is not as the action says."""
        kernel = None
        try:
            kernel = Kernel(nfnetlink.PROTOCOL)
            if _comments(kernel) != inbound.comments(action.devices, action.bit):
                differing(kernel, action)
        except (OSError, netlink.NetlinkError, Refused) as error:
            self._emit(on.ActionFailed(action, reason(error)))
        finally:
            if kernel is not None:
                kernel.close()


def _comments(kernel):
    reply = kernel.ask(inbound.get_rules)
    if reply.errno and reply.errno not in _NO_TABLES:
        raise Refused(compat.errno_text(reply.errno))
    found = [inbound.comment(message) for message in reply.messages]
    return [text for text in found if text is not None]


def _replace(kernel, action):
    first = kernel.seq + 1
    datagram, last = inbound.replace_table(action.devices, action.bit, first)
    kernel.send(lambda seq: datagram)
    while True:
        for message in netlink.messages(kernel.receive()):
            if message.type == netlink.ERROR and first <= message.seq < last:
                errno = netlink.ended(message)[0]
                if errno:
                    raise Refused("nftables: %s" % compat.errno_text(errno))
                if message.seq == last - 1:
                    return
