"""Short questions to netfilter: is there a set, how many elements has it, which change of nftables was the last."""

from .. import compat
from ..wire import ipsetlink, netlink, nfnetlink, nftset
from .netlink import Kernel, Refused

# what a kernel says that knows no ipsets, or not yet
UNKNOWN = (compat.EINVAL, compat.EOPNOTSUPP)
_ERRORS = (OSError, Refused, netlink.NetlinkError)


def ipset_header(name):
    """Return the ipsetlink.Dump of the description of an ipset, a SetName; None if there is none.

    Raises OSError, NetlinkError, Refused.
    """
    kernel = Kernel(nfnetlink.PROTOCOL)
    try:
        make = lambda seq: ipsetlink.Dump(seq, 0)  # noqa: E731
        dump = kernel.dump("ipset %s" % name.name, lambda seq: ipsetlink.get_set(name, seq, True), make)
        if dump.errno == compat.ENOENT or dump.errno in UNKNOWN:
            return None
        if dump.errno:
            raise Refused(dump.text or compat.errno_text(dump.errno))
        return dump
    finally:
        kernel.close()


def last_change(kernel):
    """Return the number of the last change of nftables, 32 bits that wrap; None if the kernel tells none.

    `kernel`: a netlink.Kernel. Raises OSError, NetlinkError, Refused.
    """
    kernel.send(nfnetlink.get_generation)
    return nfnetlink.generation(kernel.receive())


def takes_comments(name):
    """Return whether the entries of an ipset take comments; False if the kernel does not tell."""
    try:
        dump = ipset_header(name)
        return dump is not None and dump.form().comments
    except _ERRORS:
        return False


def has_set(name):
    """Return whether there is the set with this SetName; False if the kernel does not tell."""
    try:
        return ipset_header(name) is not None if name.kind == "ipset" else _has_nft_set(name)
    except _ERRORS:
        return False


def _has_nft_set(name):
    kernel = Kernel(nfnetlink.PROTOCOL)
    try:
        return kernel.ask(lambda seq: nftset.get_set(name, seq)).errno == 0
    finally:
        kernel.close()
