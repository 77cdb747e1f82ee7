"""WireGuard's peers: of a userspace interface by its socket, of a kernel one by generic netlink; no process is run."""

import socket

from .. import compat
from ..core import events as on
from ..wire import netlink, wireguard
from .netlink import Kernel, Refused

# of wireguard-go and its like, and of amneziawg-go (ipc/uapi_unix.go)
SOCKET_DIRS = ("/var/run/wireguard", "/var/run/amneziawg")
_GENERIC = 16  # NETLINK_GENERIC


class WireGuard:
    """Carries out ReadPeers and SetEndpoint; hands in PeersRead and ActionFailed."""

    def __init__(self, poller, emit, socket_dirs=SOCKET_DIRS):
        self._poller = poller
        self._emit = emit
        self._socket_dirs = socket_dirs
        self._open = 0
        self._sockets = {}  # interface -> (mark, port) as socket_of says, as read last

    def busy(self):
        """Whether an answer is still to come."""
        return self._open > 0

    def read(self, action):
        """Carries out ReadPeers."""

        def done(listing):  # a wire.wireguard.Dump or a wire.uapi.Reply
            self._sockets[action.interface] = (listing.fwmark, listing.listen_port)
            self._emit(on.PeersRead(action.interface, listing.peers, compat.wall()))

        self._carry_out(action, lambda userspace: userspace.get(), lambda kernel: kernel.peers(action.interface), done)

    def socket_of(self, interface):
        """Return `(firewall mark, listen port)` of the packets that a tunnel itself sends, as last read; 0 for none."""
        return self._sockets.get(interface, (0, 0))

    def read_tunnel(self, action):
        """Carries out ReadTunnel."""

        def done(listing):
            self._emit(on.TunnelRead(action.interface, listing.listen_port))

        self._carry_out(action, lambda userspace: userspace.get(), lambda kernel: kernel.peers(action.interface), done)

    def read_allowed(self, action):
        """Carry out ReadAllowed: hand in AllowedRead."""
        allowed = {}

        def done(listing):
            found = [on.Holder(p.public_key, allowed.get(p.public_key, []), p.last_handshake) for p in listing.peers]
            self._emit(on.AllowedRead(action.id, action.interface, found))

        self._carry_out(
            action,
            lambda userspace: userspace.get(allowed),
            lambda kernel: kernel.peers(action.interface, allowed),
            done,
        )

    def set_endpoint(self, action, done):
        """Carries out SetEndpoint, then calls `done()` if it went well."""
        self._carry_out(
            action,
            lambda userspace: userspace.set_endpoint(action.public_key, action.address, action.port),
            lambda kernel: kernel.set_endpoint(action.interface, action.public_key, action.address, action.port),
            lambda reply: done(),
        )

    def _carry_out(self, action, request, in_kernel, done):
        """request: function of the module userspace_wireguard; in_kernel, done: of a _Kernel and of the answer."""
        try:
            sock = self._userspace(action.interface)
            if sock is not None:
                return self._exchange(sock, action, request, done)
            kernel = _Kernel()
            try:
                done(in_kernel(kernel))
            finally:
                kernel.close()
        except OSError as error:
            self._emit(on.ActionFailed(action, compat.error_text(error)))
        except (netlink.NetlinkError, Refused) as error:
            self._emit(on.ActionFailed(action, str(error)))

    def _userspace(self, interface):
        """A socket to the process that runs the interface, None if there is none. Raises OSError."""
        if "/" in interface or "\0" in interface:
            raise Refused("'%s' is no name of an interface" % interface)
        for folder in self._socket_dirs:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | compat.CLOEXEC)
            try:
                sock.setblocking(False)
                sock.connect(compat.unix_sockaddr("%s/%s.sock" % (folder, interface)))
                return sock
            except OSError as error:
                sock.close()
                if error.errno not in (compat.ENOENT, compat.ECONNREFUSED):  # refused: left by a process that died
                    raise
        return None

    def _exchange(self, sock, action, request, done):
        from . import userspace_wireguard as userspace  # most interfaces are the kernel's

        def answered(reply, problem):
            self._open -= 1
            if problem is None and reply.errno:
                problem = compat.errno_text(reply.errno)
            if problem is not None:
                return self._emit(on.ActionFailed(action, problem))
            done(reply)

        self._open += 1
        userspace.Exchange(self._poller, sock, answered).begin(lambda: request(userspace))


class _Kernel:
    """WireGuard in the kernel, and AmneziaWG beside it. It answers while it is asked, so this waits for it."""

    def __init__(self):
        self._kernel = Kernel(_GENERIC)

    def close(self):
        self._kernel.close()

    def peers(self, interface, allowed=None):
        """The wire.wireguard.Dump of an interface, which fills `allowed`. Raises OSError, NetlinkError, Refused."""
        return self._first(interface, lambda family: self._dump(family, interface, allowed))

    def set_endpoint(self, interface, public_key, address, port):
        """Sets the endpoint of a peer. Raises as `peers`."""

        def change(family):
            reply = self._kernel.ask(
                lambda seq: wireguard.set_endpoint(family, interface, public_key, address, port, seq)
            )
            return reply.errno, reply.text, None

        return self._first(interface, change)

    def _first(self, interface, work):
        """What `work` gives for the first family that knows the interface; it returns `(errno, text, value)`."""
        failed = None
        for name in (wireguard.FAMILY, wireguard.AMNEZIA_FAMILY):
            family = self._family(name)
            if family is None:
                continue
            failed, text, value = work(family)
            if failed == 0:
                return value
            if failed not in (compat.ENODEV, compat.EOPNOTSUPP):
                raise Refused(text or compat.errno_text(failed))
        if failed == compat.EOPNOTSUPP:
            raise Refused("interface %s is no WireGuard interface" % interface)
        if failed is None:
            raise Refused("no WireGuard interface %s: neither a userspace one, nor any in this kernel" % interface)
        raise Refused("interface %s does not exist" % interface)

    def _family(self, name):
        """The number of a family, None if the kernel has it not."""
        reply = self._kernel.ask(lambda seq: netlink.get_family(name, seq))
        if reply.errno == compat.ENOENT:
            return None
        if reply.errno:
            raise Refused(reply.text or compat.errno_text(reply.errno))
        if len(reply.messages) != 1:
            raise Refused("the kernel does not describe %s" % name)
        return netlink.family(reply.messages[0]).id

    def _dump(self, family, interface, allowed):
        def begin(seq):
            if allowed is not None:
                allowed.clear()  # what was read before the interface changed
            return wireguard.Dump(family, seq, allowed=allowed)

        dump = self._kernel.dump(
            "interface %s" % interface, lambda seq: wireguard.get_device(family, interface, seq), begin
        )
        return dump.errno, dump.text, dump
