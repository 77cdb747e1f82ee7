"""Changes of nft sets and ipsets by netlink. An element that the kernel refuses is found, and the others go in."""

from .. import compat
from ..element import ElementList
from ..wire import ipsetlink, netlink, nfnetlink, nftchange
from .netlink import Kernel, Refused

_ROUNDS = 8  # attempts of one change: each leaves out what was refused; the kernel names at most some 250 at once

# what nft's kernel side means by a refusal of an element
_FULL = "the set is full"
_MEANINGS = {
    compat.EEXIST: "it overlaps with an element that another program added",
    compat.ENFILE: _FULL,
    compat.EINVAL: "the set does not take it",
    compat.EBUSY: "the set cannot be changed",
}
GONE = "there is no such set"


class NftChange:
    """A ChangeSet of an nft set, in one transaction; an element that is absent already counts as deleted."""

    def __init__(self, kernel, action):
        self.made = 0  # transactions
        self._kernel = kernel
        self._action = action
        self._refused = {}

    def carry_out(self):
        """Return {key: why, in words} of the added elements that the kernel refused.

        Raises Refused if nothing was done, OSError and NetlinkError.
        """
        action = self._action
        if len(action.others):
            return self._carry_out_whole(action.deleted, action.added, action.others)
        return self._carry_out(action.deleted, action.added)

    def _carry_out_whole(self, deleted, added, others):
        """What belongs in part to others is taken apart by what was listed: if that is not so any more, nothing is."""
        errors = self._send(deleted, added, False, others)
        if errors:
            raise Refused(_MEANINGS.get(min(errors.values()), "another program has changed the set meanwhile"))
        return {}

    def _carry_out(self, deleted, added):
        """Delete and add; what was refused is left out, and named."""
        total = len(added)
        for _ in range(_ROUNDS):
            if not len(deleted) and not len(added):
                break
            try:
                if not self._send(deleted, added, False):
                    return self._refused
                errors = self._send(deleted, added, True)
            except OSError as error:
                if error.errno != compat.EMSGSIZE or len(deleted) + len(added) < 2:
                    raise
                return self._in_halves(deleted, added)
            if not errors:
                return self._refused
            deleted, added = self._sort_out(errors, deleted, added)
        if total and len(self._refused) == total:
            raise Refused(sorted(self._refused.values())[0])
        if len(deleted) or len(added):
            raise Refused("the kernel refuses too many elements at once")
        return self._refused

    def _in_halves(self, deleted, added):
        """More than the send buffer takes, as a router may be set: deletions first, all the same."""
        for elements, one in (
            (deleted, lambda part: (part, ElementList())),
            (added, lambda part: (ElementList(), part)),
        ):
            middle = (len(elements) + 1) // 2
            for part in (elements.part(0, middle), elements.part(middle, len(elements))):
                if len(part):
                    self._carry_out(*one(part))
        return self._refused

    def _send(self, deleted, added, apart, others=None):
        """Send the change as one transaction; return {index of the request: error number}, empty if it was made."""
        seq, change = self._kernel.seq + 2, (deleted, added, others or ElementList())
        requests = nftchange.requests(self._action.set, self._action.form, change, seq, apart)
        first = self._kernel.send_batch(len(requests) + 2, lambda seq: nfnetlink.batch(requests, seq))
        errors, lost = {}, False
        for datagram in self._kernel.waiting():
            lost = lost or datagram is None  # more was refused than the kernel could say
            for number, errno in nfnetlink.refusals(datagram or b""):
                errors.setdefault(number - first - 1, errno)
        if lost and not errors:
            raise Refused("the kernel refuses too many elements at once")
        if -1 in errors or len(requests) in errors:  # the transaction itself
            raise Refused(compat.errno_text(errors.get(-1, errors.get(len(requests)))))
        self.made += not errors
        return errors

    def _sort_out(self, errors, deleted, added):
        """Leave out what was refused: elements had a request each, deleted ones first."""
        gone, count = {}, len(deleted)
        for index in sorted(errors):
            errno = errors[index]
            if index < count:
                if errno != compat.ENOENT:
                    raise Refused(_MEANINGS.get(errno, compat.errno_text(errno)))
                gone[deleted.keys[index]] = None
            elif errno == compat.ENOENT:
                raise Refused(GONE)
            elif errno == compat.ENFILE:
                for key in added.keys[index - count :]:
                    self._refused[key] = _FULL
                break
            else:
                self._refused[added.keys[index - count]] = _MEANINGS.get(errno, compat.errno_text(errno))
        return deleted.without(gone), added.without(self._refused)


def change_ipset(name, form, deleted, added):
    """The same for an ipset, which knows no transactions: deletions go first."""
    kernel = Kernel(nfnetlink.PROTOCOL)
    refused = {}
    try:
        for command, elements in ((ipsetlink.DELETE, deleted), (ipsetlink.ADD, added)):
            start = 0
            while start < len(elements):
                part = elements.part(start, start + ipsetlink.MOST)
                line, errno = _send_ipset(kernel, command, name, form, part)
                if errno == 0:
                    start += len(part)
                    continue
                if line is None or not 0 <= line < len(part) or command == ipsetlink.DELETE:
                    raise Refused(_ipset_meaning(errno))
                # what stands before it was done
                left = elements.keys[start + line :] if errno == ipsetlink.FULL else [part.keys[line]]
                for key in left:
                    refused[key] = _ipset_meaning(errno)
                start += line + len(left)
        if len(added) and len(refused) == len(added) and not len(deleted):
            raise Refused(refused[added.keys[0]])
        return refused
    finally:
        kernel.close()


def _send_ipset(kernel, command, name, form, part):
    """Return `(index of the entry that was refused or None, error number)`."""
    kernel.send(lambda seq: ipsetlink.change(command, name, form, part, seq))
    datagram = kernel.receive()
    reply = netlink.reply(datagram, kernel.seq)
    return (ipsetlink.refused_line(datagram) if reply.errno else None), reply.errno


def _ipset_meaning(errno):
    if errno == compat.ENOENT:
        return GONE
    return ipsetlink.REFUSALS.get(errno) or compat.errno_text(errno)
