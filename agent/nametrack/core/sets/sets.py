"""Every set that a policy fills or may come to fill: read, compared, written, and looked at again.

Reasons to read a set: it is new, somebody touched it, a change of it failed, it is missing, or an ipset has another
number of elements than it should. Changes of one set are gathered for SETTLE seconds and go into one transaction.
"""

from collections import namedtuple

from ... import ip
from ..actions import FlushFlows, GlanceSet, ListSet, Log, Notify, ReadServices, recovered, trouble
from ..last_good import SLICE, Owned
from .kernel_set import KernelSet
from .targets import SERVICES, plain, why_missing

SETTLE = 0.1  # seconds in which changes of one set are gathered
LIST_FIRST, LIST_MAX = 5, 300  # seconds until a set that is missing or refused a change is looked at again
PAUSE = 0.5  # seconds at least between two listings because of somebody else's changes
QUIET_MAX = 64  # seconds at most between those that found nothing to do: others only added
GLANCE = 0.8  # seconds between two glances at an ipset, of which the kernel tells nothing
CHECK = 600  # seconds between two whole listings of an ipset: an element may have been exchanged for another

TOLD = 64  # addresses that a notification names at most; the text counts them all

# the fields of a KernelSet that say what it is for
Use = namedtuple("Use", ("family", "sources", "users", "feeder", "optional"))


class Sets:
    def __init__(self, timers, flush_flows=False):
        self.by_name = {}  # set name -> KernelSet
        self.flush_flows = flush_flows  # whether connections move over when an address enters a set
        self._learnt = []  # Owned
        self._held = False  # whether no set is to be read yet
        self.services = None  # {name: Service} of those installed; None: not known
        self._timers = timers
        self._reading = False  # whether that is being read
        self._listing = set()  # names of the sets whose listing is under way
        self._again = set()  # those of them that were touched meanwhile
        self._unlisted = set()  # those that were never listed
        self._at = {}  # ("list" | "settle", set name) -> when that is due
        self._pauses = {}  # set name -> (when it was listed last, seconds until somebody's additions have it listed)
        self._waits = {}  # set name -> seconds until the next look
        self._said = {}  # set name -> the trouble that was said
        self._explained = {}  # name of an ipset -> a number of elements that it was listed for
        self._reasons = {}  # set name -> why it is about to change, the first of the reasons gathered

    def assign(self, wanted):
        """Fill exactly `wanted`: {set name: Use}. What was ours in a set that is used no more is taken out."""
        for name in sorted(wanted):
            use = wanted[name]
            kernel_set = self.by_name.get(name)
            if kernel_set is None:
                kernel_set = self.by_name[name] = KernelSet(name, use.family)
                self._unlisted.add(name)
            kernel_set.sources, kernel_set.users, kernel_set.feeder = use.sources, use.users, use.feeder
            kernel_set.optional = use.optional
        for name in self.by_name:
            if name not in wanted:
                self.by_name[name].sources, self.by_name[name].users = [], []

    def hold(self, held):
        """Whether no set is read, and so none is changed, until it is known what is ours in them."""
        self._held = held

    def remember(self, name, keys, ours):
        """Take what was remembered of a set, by the text of its name; of one that no policy fills it is nothing."""
        if name in self.by_name:
            self.by_name[name].remember(keys, ours)

    def owned(self):
        """Yield what is ours, Owned by Owned; sets may change in between."""
        for name in sorted(self.by_name):
            keys = self.by_name[name].owned() if name in self.by_name else []
            for start in range(0, len(keys), SLICE):
                yield Owned(name, keys[start : start + SLICE], True)

    def learnt(self):
        """Return [Owned] of what became ours, or ceased to be, since the last call."""
        learnt, self._learnt = self._learnt, []
        return learnt

    def _learn(self, name, keys, ours):
        if keys:
            self._learnt.append(Owned(name, keys, ours))

    def compare(self, name, now):
        """What is wanted in a set has changed altogether, as when a policy fills another from now on."""
        kernel_set = self.by_name[name]
        kernel_set.touch_all()
        kernel_set.left = not kernel_set.sources and kernel_set.exists is not False
        self._settle(name, "brought up to date", now)

    def touch(self, name, keys, reason, now):
        """The life of these addresses changed."""
        kernel_set = self.by_name[name]
        kernel_set.touch(keys)
        if kernel_set.dirty():
            self._settle(name, reason, now + SETTLE)

    def exists(self, name):
        """Whether there is such a set, as far as anybody could see; None before the first look at it."""
        if name not in self.by_name or name in self._unlisted:
            return None
        return self.by_name[name].exists is True

    def is_missing(self, name):
        """Whether it was looked for and is not there."""
        return name in self.by_name and self.by_name[name].exists is False

    def due(self, key, now):
        """The timer ("list" | "settle" | "refresh" | "glance", set name) is due."""
        what, name = key
        self._at.pop(key, None)
        kernel_set = self.by_name.get(name)
        if kernel_set is None:
            return []
        if what == "list":
            return self.list(name)
        if what == "glance":
            return [GlanceSet(name)]
        if what == "refresh":
            kernel_set.refresh()
            self._reasons.setdefault(name, "timeouts renewed")
        if name in self._listing:
            return []  # a change now would not be in that listing; all of the set is compared when it comes
        if kernel_set.stale:
            return self.list(name)  # what somebody added may be what we are about to
        return self._write(kernel_set, now)

    def list(self, name):
        """Has a set read, unless that is under way."""
        if name in self._listing or self._held:
            return []
        self._listing.add(name)
        self._at.pop(("list", name), None)  # whatever it was due for, this one shows
        self._timers.cancel(("list", name))
        # why it is missing, if it is, depends on what its service does
        return (self.read_services() if self.by_name[name].feeder else []) + [ListSet(name)]

    def read_services(self):
        """Has it read what there is of pbr and vpn-policy-routing, unless that is under way."""
        if self._reading:
            return []
        self._reading = True
        return [ReadServices(SERVICES)]

    def services_read(self, services):
        """Take over what there is of pbr and vpn-policy-routing."""
        self.services = services
        self._reading = False
        return []

    def resync(self):
        """Somebody may have changed any of the sets: each is compared with the kernel again."""
        self._again.update(self._listing)
        return self.list_all()

    def list_all(self):
        """Have every set read."""
        actions = []
        for name in sorted(self.by_name):
            actions.extend(self.list(name))
        return actions

    def touched(self, name, removed, now):
        """Somebody else changed a set. Each is listed at most once a PAUSE, or less often where nothing comes of it."""
        kernel_set = self.by_name.get(name)
        if kernel_set is None:
            return []
        if name in self._listing:
            self._again.add(name)
            return []
        kernel_set.stale = True
        if removed or kernel_set.feeder:
            last, pause = self._pauses.get(name, (None, PAUSE))
            at = now + SETTLE
            if last is not None:
                at = max(at, last + (PAUSE if removed else pause))
            self._by("list", name, at)
        return []

    def glanced(self, name, size, now):
        """An ipset holds so many elements, None: it does not exist."""
        kernel_set = self.by_name.get(name)
        if kernel_set is None:
            return []
        self._timers.set(("glance", name), now + GLANCE)
        if name in self._listing or kernel_set.exists is None:
            return []
        if size is None or not kernel_set.exists:
            return self.list(name) if (size is not None) != kernel_set.exists else []
        if size == kernel_set.size(now):
            self._explained.pop(name, None)
            return []
        if kernel_set.dirty() or size == self._explained.get(name):
            return []
        # Elements may have run out that are still counted: one listing for each number is enough.
        self._explained[name] = size
        return self.list(name)

    def listed(self, name, listing, now):
        """The kernel's own words about one set."""
        self._listing.discard(name)
        self._unlisted.discard(name)
        kernel_set = self.by_name.get(name)
        if kernel_set is None:
            return []
        last, pause = self._pauses.get(name, (None, PAUSE / 2))
        sure = name not in self._again
        if not sure:
            # What happened meanwhile may be younger than this listing: so there will be another.
            self._again.discard(name)
            self._by("list", name, now + (SETTLE if last is None or now - last > 2 * PAUSE else PAUSE))
        existed = kernel_set.exists
        kernel_set.listed(listing, now, sure)
        self._pauses[name] = (now, min(2 * pause, QUIET_MAX))
        if (listing is None or kernel_set.problem) and not kernel_set.users:
            self._forget(name)
            return []
        if kernel_set.is_ipset:
            self._timers.set(("glance", name), now + GLANCE)
            self._by("list", name, now + CHECK)
        if listing is None:
            return self._missing(kernel_set, existed, now)
        if kernel_set.problem is not None:
            return self._trouble(name, "cannot be filled: %s" % kernel_set.problem, now)
        self._waits.pop(name, None)
        actions = []
        if self._said.pop(name, None) is not None:
            subject, text = self._about(name)
            actions.append(recovered(subject, text + " is in order again"))
        self._settle(name, "brought up to date", now)
        return actions

    def changed(self, action):
        """A transaction was carried out: connections to what it added decide anew."""
        kernel_set = self.by_name.get(action.set)
        change = None if kernel_set is None else kernel_set.changed(action)
        if change is None:
            return []
        # without what is ours again by a later change
        self._learn(action.set, [key for key in change.deleted if not kernel_set.is_ours(key)], False)
        return [FlushFlows(change.added)] if change.added and self.flush_flows else []

    def failed(self, action, reason, now):
        """A listing or a transaction failed: the set is looked at again later."""
        name = action.set
        kernel_set = self.by_name.get(name)
        if isinstance(action, GlanceSet):
            if kernel_set is not None:
                self._timers.set(("glance", name), now + LIST_MAX)
            return []
        if isinstance(action, ListSet):
            self._listing.discard(name)
            self._again.discard(name)
        self._unlisted.discard(name)
        if kernel_set is None:
            return []
        kernel_set.failed(action)
        return self._trouble(name, "cannot be read or changed: %s" % reason, now)

    def settled(self):
        """Whether every set was listed and nothing waits to be written."""
        return not self._unlisted and not self._listing and not any(s.waits() for s in self.by_name.values())

    def trouble(self, name):
        """What is wrong with a set, or None."""
        return self._said.get(name)

    def _settle(self, name, reason, at):
        self._reasons.setdefault(name, reason)
        self._by("settle", name, at)

    def _by(self, what, name, at):
        """Has a set listed or settled at `at`, unless it is to be sooner anyway."""
        key = (what, name)
        if at < self._at.get(key, at + 1):
            self._at[key] = at
            self._timers.set(key, at)

    def _write(self, kernel_set, now):
        name = kernel_set.name
        change = kernel_set.changes(now, self._reasons.pop(name, "brought up to date"))
        self._learn(name, kernel_set.new, True)
        if kernel_set.refresh_at() is not None:
            self._timers.set(("refresh", name), kernel_set.refresh_at())
        told = self._refusals(kernel_set)
        if change is not None:
            self._explained.pop(name, None)
            self._pauses[name] = (self._pauses[name][0], PAUSE / 2)
            for policy in kernel_set.sources:
                policy.changed_at = now
            told = self._tell(kernel_set, change) + told
        if not kernel_set.users and kernel_set.exists:
            # its policy was removed; it is forgotten once a listing shows that so is what we had put in
            if change is not None or kernel_set.pending():
                self._by("list", name, now + LIST_FIRST)
            else:
                self._forget(name)
        return told

    def _forget(self, name):
        """Forget a set that no policy wants and that has nothing of ours in it."""
        del self.by_name[name]
        for known in (self._waits, self._said, self._pauses, self._explained, self._reasons):
            known.pop(name, None)
        for what in ("list", "settle", "refresh", "glance"):
            self._at.pop((what, name), None)
            self._timers.cancel((what, name))

    def _missing(self, kernel_set, existed, now):
        """A set that does not exist: nothing is said of one that need not, or that is being made anew most likely."""
        if existed and kernel_set.feeder:
            self._by("list", kernel_set.name, now + LIST_FIRST)
            return []
        if kernel_set.optional or not kernel_set.sources:
            self._said.pop(kernel_set.name, None)
            self._by("list", kernel_set.name, now + LIST_MAX)
            return []
        why, _ = why_missing(kernel_set.sources[0].target, self.services)
        return self._trouble(kernel_set.name, why, now)

    def _trouble(self, name, text, now):
        wait = self._waits.get(name, LIST_FIRST)
        self._waits[name] = min(2 * wait, LIST_MAX)
        self._by("list", name, now + wait)
        kernel_set = self.by_name[name]
        if self._said.get(name) == text or (kernel_set.users and not kernel_set.sources):
            return []
        self._said[name] = text
        return [self._complaint(name, text)]

    def _refusals(self, kernel_set):
        if not kernel_set.refused:
            return []
        first = sorted(kernel_set.refused)[0]
        text = "cannot hold %s: %s" % (first, kernel_set.refused[first])
        if self._said.get(kernel_set.name) == text:
            return []
        self._said[kernel_set.name] = text
        return [self._complaint(kernel_set.name, text)]

    def _tell(self, kernel_set, change):
        """The transaction, and what is to be said of it to each policy that fills the set."""
        action = change.action
        text = "%s: %s: %s" % (self._about(kernel_set.name)[1], _counts(change), action.reason)
        told = [action]
        for policy in kernel_set.sources:
            values = {"name": policy.config.name, "reason": action.reason}
            added = [key for key in change.added if policy.wants(key)]
            values["added"], values["deleted"] = _told(added), _told(change.deleted)
            policy.added += len(added)
            policy.deleted += len(change.deleted)
            told.append(Notify("policy", policy.label, text, values))
        if not kernel_set.sources:
            told.append(Log("info", text))
        return told

    def _complaint(self, name, text):
        subject, what = self._about(name)
        return trouble(subject, "%s %s" % (what, text))

    def _about(self, name):
        """`(whose, which)` in words: the policies that fill a set, and the set."""
        labels = [policy.label for policy in self.by_name[name].sources]
        return " and ".join(labels) or "removed policy", "set '%s'" % plain(name)


def _told(keys):
    return [ip.element(key) for key in keys[:TOLD]]


def _counts(change):
    parts = [(len(change.added), "added"), (len(change.deleted), "deleted"), (len(change.renewed), "renewed")]
    return ", ".join(["%d %s" % part for part in parts if part[0]])
