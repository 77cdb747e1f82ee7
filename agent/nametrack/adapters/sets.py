"""nft sets and ipsets, read and changed by netlink: no process is started for them."""

from .. import compat_heap
from ..core import events as on
from ..wire import ipset, nft
from ..wire.netlink import NetlinkError
from .netfilter import ipset_header
from .netlink import Refused, reason
from .nftables import Nftables
from .set_changes import change_ipset
from .set_listing import SetListing


class Sets:
    """Carries out ListSet one after the other, and all else at once."""

    def __init__(self, poller, emit):
        self._poller = poller
        self._emit = emit
        self._nftables = Nftables()
        self._counts = False  # whether it was asked how many changes nftables had
        self._waiting = []
        self._listing = None  # the SetListing that is under way

    def busy(self):
        """Return whether a set is being read."""
        return self._listing is not None

    def list(self, action):
        """Carry out ListSet."""
        if action.set.kind == "nft" and not self._counts:
            self._counts = True
            self._nft_changed()  # what is changed from now on
        self._waiting.append(action)
        if self._listing is None:
            self._next()

    def _next(self):
        self._listing = None
        if self._waiting:
            action = self._waiting.pop(0)
            self._listing = SetListing(
                self._poller, action.set, lambda listing, why: self._listed(action, listing, why)
            )

    def _listed(self, action, listing, why):
        self._emit(on.SetListed(action.set, listing) if why is None else on.ActionFailed(action, why))
        self._next()

    def glance(self, action):
        """Carry out GlanceSet, of an ipset."""
        try:
            dump = ipset_header(action.set)
        except (OSError, NetlinkError, Refused) as error:
            return self._emit(on.ActionFailed(action, reason(error)))
        self._emit(on.SetGlanced(action.set, None if dump is None else dump.size))

    def glance_nft(self, action):
        """Carry out GlanceNft."""
        if self._nft_changed():
            self._emit(on.NftChanged(action.what))

    def _nft_changed(self):
        try:
            return self._nftables.changed()
        except (OSError, NetlinkError, Refused):
            return False  # a kernel that does not say has no set that could have changed

    def change(self, action):
        """Carry out ChangeSet."""
        try:
            refused = self._carry_out(action)
        except (OSError, NetlinkError, Refused) as error:
            return self._emit(on.ActionFailed(action, reason(error)))
        except MemoryError:
            compat_heap.ran_short("a change of a set did not fit")
            return self._emit(on.ActionFailed(action, "the change does not fit into memory"))
        self._emit(on.SetChanged(action, refused))

    def _carry_out(self, action):
        if action.set.kind == "ipset":
            return change_ipset(action.set, action.form, action.deleted, action.added)
        return self._nftables.change(action)


def script(action):
    """Return the lines of text that have `nft -f` or `ipset restore` make the change of a ChangeSet."""
    if action.set.kind == "ipset":
        lines = ipset.change_text(action.set, action.form.comments, action.deleted, action.added)
    else:
        lines = nft.change_text(action.set, action.form, action.deleted, action.added, action.others)
    return "\n".join(lines).split("\n")
