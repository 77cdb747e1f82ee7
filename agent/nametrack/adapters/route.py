"""The way that a tunnel's own packets take, asked of the kernel as WireGuard asks it."""

import socket
from collections import namedtuple

from .. import compat, compat_files, ip
from ..wire import netlink, route
from .netlink import Kernel, Refused

_ROUTE = 0  # NETLINK_ROUTE
# A route may be missing in many ways: also without IPv6, and by decree (unreachable, prohibit and blackhole routes).
_MISSING = (compat.ENETUNREACH, compat.EHOSTUNREACH, compat.ENETDOWN, compat.EAFNOSUPPORT, compat.EACCES, compat.EINVAL)

OUT = "out"  # by anything but the tunnel, or the kernel could not be asked: what cannot be told is tried
INSIDE = "inside"  # into the tunnel itself
NONE = "none"  # no route

# kind: one of these; reason: in words, None for OUT
Way = namedtuple("Way", ("kind", "reason"))


def way_out(flow, device):
    """Return the Way that packets of the tunnel `device` take; flow: a wire.route.Flow without a source.

    A full tunnel has a route to everywhere: through itself. Its own packets must not take that.
    """
    kernel = None
    try:
        kernel = Kernel(_ROUTE)
        reply = _asked(kernel, flow)
        if reply.errno == compat.ENETUNREACH and ":" in flow.address:
            # netifd's IPv6 default routes are `default from PREFIX`: they answer no question without a source. The
            # kernel chooses the source first then (net/ipv6/ip6_output.c, ip6_dst_lookup_tail), and so does this.
            source = _source(flow)
            if source is not None:
                reply = _asked(kernel, route.Flow(flow.address, source, flow.mark, flow.sport, flow.dport))
        if reply.errno:
            return Way(NONE, compat.errno_text(reply.errno)) if reply.errno in _MISSING else Way(OUT, None)
        through = route.out_interface(reply.messages[0]) if reply.messages else 0
    except (OSError, netlink.NetlinkError, Refused):
        return Way(OUT, None)
    finally:
        if kernel is not None:
            kernel.close()
    own = compat_files.interface_number(device)
    return Way(INSIDE, "it leads only through %s itself" % device) if own and through == own else Way(OUT, None)


def _asked(kernel, flow):
    kernel.send(lambda seq: route.get_route(flow, seq))
    return netlink.reply(kernel.receive(), kernel.seq)


def _source(flow):
    """Return the address that the kernel would send from, as it tells by connecting a socket; None if it has none."""
    sock = socket.socket(compat.family(flow.address), socket.SOCK_DGRAM | compat.CLOEXEC)
    try:
        if flow.mark:
            compat.set_mark(sock, flow.mark)
        sock.connect(compat.sockaddr(flow.address, flow.dport))
        return ip.text(compat.local_address(sock))
    except OSError:
        return None
    finally:
        sock.close()
