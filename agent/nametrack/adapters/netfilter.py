"""What netfilter says of its sets by netlink: ipsets whole or counted, and whether an nft set exists. No process."""

from .. import compat
from ..wire import ipsetlink, netlink, nfnetlink, nft
from .netlink import Kernel, Refused

# What a kernel says that knows no ipsets, or not yet.
_UNKNOWN = (compat.EINVAL, compat.EOPNOTSUPP)


def ipset(name, header_only=False):
    """The ipsetlink.Dump of an ipset, complete; None where there is none. Raises OSError, NetlinkError, Refused."""
    kernel = Kernel(nfnetlink.PROTOCOL)
    try:
        dump = kernel.dump("ipset %s" % name, lambda seq: ipsetlink.get_set(name, seq, header_only), ipsetlink.Dump)
        if dump.errno == compat.ENOENT or dump.errno in _UNKNOWN:
            return None
        if dump.errno:
            raise Refused(dump.text or compat.errno_text(dump.errno))
        return dump
    finally:
        kernel.close()


def takes_comments(name):
    """Whether the entries of an ipset take comments; False where nobody can tell."""
    try:
        dump = ipset(name, True)
        return dump is not None and dump.listing().marked is not None
    except (OSError, Refused, netlink.NetlinkError):
        return False


def has_set(set_name):
    """Whether there is a set, named as the actions name it; False where nobody can tell."""
    kind, _, name = set_name.partition(" ")
    try:
        if kind == "ipset":
            return ipset(name, True) is not None
        name = nft.parse_name(name)
        return name is not None and _has_nft_set(name)
    except (OSError, Refused, netlink.NetlinkError):
        return False


def _has_nft_set(name):
    kernel = Kernel(nfnetlink.PROTOCOL)
    try:
        return kernel.ask(lambda seq: nfnetlink.get_set(name, seq)).errno == 0
    finally:
        kernel.close()
