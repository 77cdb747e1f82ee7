"""Whether an endpoint can be reached: asked of the kernel, as it would route the tunnel's own packets."""

from .. import compat
from ..wire import netlink, route
from .netlink import Kernel, Refused

_ROUTE = 0  # NETLINK_ROUTE
# A route may be missing in many ways: also without IPv6, and by decree (unreachable, prohibit and blackhole routes).
_MISSING = (compat.ENETUNREACH, compat.EHOSTUNREACH, compat.ENETDOWN, compat.EAFNOSUPPORT, compat.EACCES, compat.EINVAL)


def no_way(address, device, mark):
    """Why packets of the tunnel `device`, marked `mark` (0 for not), cannot reach `address`; None where they may.

    A full tunnel has a route to everywhere: through itself. Its own packets must not take that.
    """
    kernel = None
    try:
        kernel = Kernel(_ROUTE)
        kernel.send(lambda seq: route.get_route(address, mark, seq))
        reply = netlink.reply(kernel.receive(), kernel.seq)
        if reply.errno:
            return compat.errno_text(reply.errno) if reply.errno in _MISSING else None
        through = route.out_interface(reply.messages[0]) if reply.messages else 0
    except (OSError, netlink.NetlinkError, Refused):
        return None  # what cannot be told is tried
    finally:
        if kernel is not None:
            kernel.close()
    own = compat.interface_number(device)
    return "it leads only through %s itself" % device if own and through == own else None
