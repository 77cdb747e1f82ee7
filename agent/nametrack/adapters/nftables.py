"""nft's side of the kernel: changes of its sets, and whether another program has changed its tables since.

The kernel counts the changes of nft's tables, and it announces them. But as soon as one program listens, each element
that another one adds or flushes takes the kernel two pages of memory until the change is whole (nf_tables_elem_notify):
for 65,536 elements half a gigabyte, which no router has. So nametrack asks for the number.
"""

from ..wire import nfnetlink
from ..wire.netlink import NetlinkError
from .netfilter import last_change
from .netlink import Kernel, Refused
from .set_changes import NftChange


class Nftables:
    """Its methods raise OSError, NetlinkError and Refused."""

    def __init__(self):
        self._kernel = None  # once something was asked
        self._number = None  # of the last change that was ours or was told of, 32 bits that wrap
        self._others = False  # whether another program changed something, and that was not told yet

    def changed(self):
        """Return whether another program has changed nft's tables since the last call, or may have."""
        try:
            self._begin()
        except (OSError, NetlinkError, Refused):
            self._others = True  # as far as is known: to be told once the kernel answers
            raise
        told, self._others = self._others, False
        return told

    def change(self, action):
        """Carry out a ChangeSet; return {key: why, in words} of the elements that the kernel refused."""
        before = self._begin()
        change = NftChange(self._kernel, action)
        try:
            refused = change.carry_out()
        except (OSError, NetlinkError):
            self._hang_up()
            raise
        self._number = self._ask()
        if (self._number - before) & 0xFFFFFFFF > change.made:
            self._others = True
        return refused

    def _begin(self):
        """Look whether others changed something; return the number of the last change."""
        if self._kernel is None:
            self._kernel = Kernel(nfnetlink.PROTOCOL)
            self._kernel.leave_out_quotes()
        number = self._ask()
        if self._number is not None and number != self._number:
            self._others = True
        self._number = number
        return number

    def _ask(self):
        try:
            number = last_change(self._kernel)
        except (OSError, NetlinkError, Refused):
            self._hang_up()
            raise
        if number is None:
            raise Refused("the kernel does not count the changes of nftables")
        return number

    def _hang_up(self):
        self._kernel.close()
        self._kernel = None
