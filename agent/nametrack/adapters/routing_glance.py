"""Whether the kernel holds a rule, a nexthop or a route of ours: most routers have none, and load no more than this."""

from .. import PROTOCOL, compat
from ..core import events as on
from ..wire import made_by, netlink, rtnetlink
from .netlink import Kernel, Refused, reason

_MOST = 64  # datagrams: a kernel that tells of all routes may have a million, and this waits for each
_ABSENT = (compat.ENOENT, compat.EOPNOTSUPP, compat.EAFNOSUPPORT)  # no nexthops or no IPv6 here: nothing


class RoutingGlance:
    """Carries out GlanceRouting. `emit`: function that hands an event to the core."""

    def __init__(self, emit):
        self._emit = emit

    def look(self, action):
        """Hand in RoutingGlanced."""
        kernel = None
        try:
            kernel = Kernel(rtnetlink.PROTOCOL)
            kernel.be_strict()
            event = on.RoutingGlanced(any(_may_hold(kernel, request) for request in made_by.requests(PROTOCOL)))
        except (OSError, netlink.NetlinkError, Refused) as error:
            event = on.ActionFailed(action, reason(error))
        finally:
            if kernel is not None:
                kernel.close()
        self._emit(event)


def _may_hold(kernel, request):
    """Return whether the answer has something of ours, or cannot be relied on."""
    kernel.send(request)
    for _ in range(_MOST):
        reply = netlink.reply(kernel.receive(), kernel.seq)
        if reply.interrupted or any(made_by.protocol(message) == PROTOCOL for message in reply.messages):
            return True
        if reply.errno is not None:
            if reply.errno and reply.errno not in _ABSENT:
                raise Refused(compat.errno_text(reply.errno))
            return False
    return True
