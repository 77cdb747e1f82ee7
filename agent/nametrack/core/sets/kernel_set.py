"""One set in the kernel: when it is read, what is changed in it, and what is said about it."""

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from .. import ordering  # noqa: F401
from . import address_ranges, joined_elements, lives  # noqa: F401

# isort: on
from ... import ip
from ...element import ElementList
from ..actions import ChangeSet, GlanceSet, ListSet
from ..last_good import ADDED, DELETED, JOINED
from ..ordering import advance
from .contents import Contents
from .reading import AMONG, GLANCE, PACE, PAUSE_MAX, RETRY_MAX, SELDOM, SETTLE, Reading
from .set_report import MISSING, REFUSED, UNFIT, SetReport
from .targets import Use
from .wanted import Wanted
from .work import Work

COMPARED = "brought up to date"


class KernelSet:
    def __init__(self, name, family, timers):
        self.name = name
        self.exists = None  # None: not listed yet
        self.used = None  # whether something refers to it, None for not known
        self.use = Use(family, [], [], None, True)
        self.work = Work(Contents(family, name.kind == "ipset"), Wanted(family))
        self.reading = Reading(name, timers)
        self.report = SetReport(name)
        self._was_filled = False  # whether a policy has filled it
        self._blocked = None  # whether a change was refused altogether, until the next try; None: not listed yet
        self._under_way = None  # (ChangeSet, Slice) that was ordered and not reported yet
        self._taking = None  # (Listing, whether the set existed before, generator that takes the Listing)
        self._learnt = []  # see learnt

    @property
    def shared(self):
        """Whether another program shortens the timeouts of our elements."""
        return self.work.contents.shared

    @property
    def is_ipset(self):
        return self.name.kind == "ipset"

    @property
    def trouble(self):
        """`(code, words that follow the set's name)`, None while all is well."""
        return self.report.trouble

    def assign(self, use, now):
        """Have the set filled by these policies."""
        self._was_filled = self._was_filled or bool(self.use.sources)
        same = use.sources == self.use.sources
        self.use = use
        self.report.assign(use.sources)
        if not same:
            self.work.wanted.assign(use.sources)
            self.compare(now)

    def bar(self, keys, now):
        """Keep these endpoints of tunnels out."""
        if self.work.wanted.bar(keys):
            self.compare(now)

    def compare(self, now):
        """Look at all of the set."""
        self.work.compare()
        self._settle(COMPARED, now)

    def touch(self, keys, reason, now):
        """The life of these addresses changed."""
        keys = [key for key in keys if ip.key_family(key) == self.use.family]
        if keys:
            self.work.touch(keys)
            self._settle(reason, now + SETTLE)

    def counts(self, policy):
        """Return how many addresses and prefixes a policy wants in the set, and how many of them it has."""
        known = self.exists and not self.reading.never and not self._is_unfit()
        return self.work.counts(policy, known)

    def holds(self, key):
        """Return whether an address is in the set, by itself or within an element."""
        return bool(self.exists) and self.work.contents.holds(key)

    def left_out(self):
        """Return the texts of the endpoints of tunnels that it would hold else."""
        return self.work.wanted.left_out()

    def remember(self, keys, what):
        """Take what was ADDED, JOINED or DELETED before the last start; keys of the other family are passed over."""
        self.work.contents.remember([key for key in keys if ip.key_family(key) == self.use.family], what)

    def owned(self, what):
        """Return the keys that were ADDED and are ours, or that were JOINED; what is about to be so was told before."""
        contents, (_, made) = self.work.contents, self._under_way or (None, None)
        coming = [] if made is None else contents.to_remember(made.added) if what == ADDED else made.made.joined
        return contents.owned(what) + coming

    def learnt(self):
        """Return [(keys, ADDED, JOINED or DELETED)] since the last call, of what is about to be or is no more."""
        learnt, self._learnt = self._learnt, []
        return learnt

    def is_idle(self):
        """Return whether a policy may come to fill it, and none does: until then it is left as it is."""
        return bool(self.use.users) and not self.use.sources and not self._was_filled

    def is_done_with(self):
        """Return whether no policy wants it and nothing of ours is in it."""
        return not self.use.users and not self.reading.under_way and not (self.exists and self.work.contents.ours)

    def settled(self):
        """Return whether it was listed and nothing waits to be written that can be."""
        return not self.reading.never and not self.reading.under_way and not self._can_write()

    def _can_write(self):
        return self.work.waits() and self.exists and not self.is_blocked() and not self.is_idle()

    def is_blocked(self):
        """Return whether nothing can be written into the set now."""
        return self._is_missed() or self._is_unfit() or self._blocked

    def _is_missed(self):
        return self.trouble is not None and self.trouble[0] == MISSING

    def _is_unfit(self):
        return bool(self.exists) and self.work.contents.problem() is not None

    def due(self, what, now):
        """The timer "list", "settle" or "glance" is due."""
        self.reading.due(what)
        if what == "list":
            return self.list()
        if what == "glance":
            return [GlanceSet(self.name)]
        if self._taking is not None:
            return self._go_on(now)
        if self.reading.under_way or self._under_way is not None or not self._can_write():
            return []  # a change now would not be in that listing; all of the set is compared when it comes
        if self.reading.stale:
            return self.list()  # what others added may be what we are about to add
        return self._write(now)

    def list(self):
        """Have the set listed, unless that is under way."""
        return [ListSet(self.name)] if self.reading.begin() else []

    def touched(self, among, now):
        """Another program may have changed the nft set, one of so many that are read for that."""
        self.reading.touched(max(PAUSE_MAX, among / AMONG, len(self.work.contents.installed) / PACE), now)

    def glanced(self, size, now):
        """The ipset holds so many elements, None: it does not exist."""
        self.reading.glance(now, self.glance_after())
        if self.reading.under_way or self.exists is None:
            return []
        if size is None or not self.exists:
            return self.list() if (size is not None) != self.exists else []
        if size == self.work.contents.size(now):
            self.reading.counted()
            return []
        return [] if self.work.waits() or self.reading.explains(size) else self.list()

    def glance_after(self):
        """Return how many seconds it is left alone between two glances."""
        needed = self.use.sources or any([policy.target is None for policy in self.use.users])
        return GLANCE if needed else SELDOM

    def listed(self, listing, why_missing, now):
        """The kernel's account of the set; None: there is no such set, and `why_missing` says why, in words."""
        existed, self.exists = self.exists, listing is not None
        self.used = None if listing is None else listing.used
        if listing is not None:
            self._taking = (listing, existed, self.work.contents.take(listing, now))
            return self._go_on(now)
        self.reading.ended(True, now)
        if self.is_ipset:
            self.reading.glance(now, self.glance_after())
        return self._missing(existed, why_missing, now)

    def _go_on(self, now):
        """Go on with taking a listing; it counts as under way until all of it is taken."""
        listing, existed, rest = self._taking
        if not advance(rest):
            self.reading.by("settle", now)
            return []
        self._taking = None
        self._learn(self.work.contents.joined.parted, DELETED)
        was_wrong = self._is_missed() or (self.trouble is not None and self.trouble[0] == UNFIT)
        self.reading.ended(listing.sure, now)
        if self._is_unfit():
            return self._complain(UNFIT, self.work.contents.problem(), now) if self.use.users else []
        self.work.wanted.be_exclusive(listing.form.interval and not self.is_ipset)
        may_retry = existed is False or self.reading.may_retry(now)
        self.work.retry(may_retry)
        self._blocked = self._blocked and not may_retry
        if self._blocked or self.work.refused:
            self.reading.wait_for_retry()
        if was_wrong:
            self.report.found_in_order()
        self.compare(now)
        self._schedule(now)
        return []

    def failed(self, action, reason, now):
        """A listing, a glance or a change failed: the set is looked at again later."""
        if isinstance(action, GlanceSet):
            self.reading.glance(now, RETRY_MAX)
            return []
        if isinstance(action, ListSet):
            self.reading.failed()
            self.exists = None
            return self._complain(REFUSED, "cannot be read: %s" % reason, now)
        made = self._take(action)
        if made is None:
            return []
        self._learn(self.work.contents.to_remember(made.added) + made.made.joined, DELETED)  # nothing was added
        self._blocked = True
        return self.report.tell(now) + self._complain(REFUSED, "cannot be changed: %s" % reason, now)

    def changed(self, action, refused, now):
        """A change was made, but for the elements in `refused`: {key: why}."""
        made = self._take(action)
        if made is None:
            return []
        contents = self.work.contents
        self._learn(contents.to_remember(made.gone.keys() + list(refused)) + contents.joined.split(made.made), DELETED)
        self.work.done(made, refused)
        self.reading.wrote()
        self.report.count(made, refused)
        if self.work.waits():
            self._settle(self.report.reason, now)
            return []
        return self._end(now)

    def _take(self, action):
        ordered, made = self._under_way or (None, None)
        if ordered is not action:
            return None
        self._under_way = None
        return made

    def _settle(self, reason, at):
        self.report.begin(reason)
        self.reading.by("settle", at)

    def _write(self, now):
        """Order the next change; what needs none is passed over, a slice at a time."""
        made = self.work.next(now)
        if made is None and self.work.waits():
            self.reading.by("settle", now)
            return []
        if made is None:
            return self._end(now)
        form, deleted = self.work.contents.form, ElementList(made.made.deleted + made.renewed)
        added, others = ElementList(made.made.put + made.renewed, made.timeouts), ElementList(made.made.others)
        action = ChangeSet(self.name, form, deleted, added, others, self.report.reason)
        self._under_way = (action, made)
        self._learn(self.work.contents.to_remember(made.added), ADDED)  # before it is done
        self._learn(made.made.joined, JOINED)
        return [action]

    def _learn(self, keys, what):
        self._learnt.extend([(keys, what)] if keys else [])

    def _end(self, now):
        """All of the set was looked at."""
        told = self.report.tell(now)
        self._schedule(now)
        wrong = self.work.wrong(now)
        if wrong is not None:
            return told + self._complain(wrong[0], wrong[1], now)
        self.reading.recovered()
        return told + self.report.recover()

    def _schedule(self, now):
        if self.is_ipset:
            self.reading.schedule_silent(now)
        if self.work.contents.form.timeout:
            size = len(self.work.contents.installed)
            self.reading.schedule_timed(size, self.work.look_at, self.shared, now)

    def _missing(self, existed, why_missing, now):
        """A set that does not exist: nothing is said if it need not, or if its service makes it anew most likely."""
        if existed and self.use.service is not None:
            self.reading.retry(now)
            return []
        if self.use.optional or not self.use.sources:
            self.report.forget()
            self.reading.by("list", now + RETRY_MAX)
            return []
        return self._complain(MISSING, why_missing, now)

    def _complain(self, code, text, now):
        self.reading.retry(now)
        return self.report.complain(code, text)
