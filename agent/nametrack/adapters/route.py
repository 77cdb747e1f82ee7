"""Whether an endpoint can be reached: asked of the kernel, as it would route the tunnel's own packets."""

import select

from .. import compat
from ..wire import netlink, route

_ROUTE = 0  # NETLINK_ROUTE
_WAIT = 1000  # milliseconds; the kernel answers at once, or the answer was lost
_DATAGRAM = 8192
# A route may be missing in many ways: also without IPv6, and by decree (unreachable, prohibit and blackhole routes).
_MISSING = (compat.ENETUNREACH, compat.EHOSTUNREACH, compat.ENETDOWN, compat.EAFNOSUPPORT, compat.EACCES, compat.EINVAL)


def no_way(address, device, mark):
    """Why packets of the tunnel `device`, marked `mark` (0 for not), cannot reach `address`; None where they may.

    A full tunnel has a route to everywhere: through itself. Its own packets must not take that.
    """
    sock = None
    try:
        sock = compat.netlink_socket(_ROUTE)
        sock.send(route.get_route(address, mark, 1))
        poll = select.poll()
        poll.register(sock.fileno(), select.POLLIN)
        if not poll.poll(_WAIT):
            return None
        reply = netlink.reply(sock.recv(_DATAGRAM), 1)
        if reply.errno:
            return compat.errno_text(reply.errno) if reply.errno in _MISSING else None
        through = route.out_interface(reply.messages[0]) if reply.messages else 0
    except (OSError, netlink.NetlinkError):
        return None  # what cannot be told is tried
    finally:
        if sock is not None:
            sock.close()
    own = compat.interface_number(device)
    return "it leads only through %s itself" % device if own and through == own else None
