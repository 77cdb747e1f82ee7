"""What is left to do in one set: what is wanted against what it holds, a slice at a time, each slice one change.

Deletions come before additions, and what DNS names now before what is retained, so that a full set holds what is named.
"""

from collections import namedtuple

from ... import ip
from ..ordering import keys_in_order
from ..wording import count
from .lives import NAMED
from .set_report import FULL_SET, REFUSED, UNFIT

SLICE = 1000  # addresses that are looked at together: milliseconds
TOLERANCE = 2  # seconds that an element's timeout may fall short before it is written again
SCANNED = 4000  # elements of ours that are looked at for one that can make room
FULL = "the set is full"

# keys: what was wanted; gone: our keys that go; added: our keys that come; renewed: those that get a new timeout;
# timeouts, ends: of added and renewed ones, lists, None for no timeouts; made: the contents.Arrangement
Slice = namedtuple("Slice", ("keys", "gone", "added", "renewed", "timeouts", "ends", "made"))


class Work:
    def __init__(self, contents, wanted):
        self.lacking = {}  # wanted keys that the set does not hold
        self.refused = {}  # key of an element -> why the set does not take it; not tried again until `retry`
        self.look_at = None  # when an element of ours has to be renewed, or one of others' that we count on ends
        self.contents = contents
        self.wanted = wanted
        self._touched = {}  # keys that changed
        self._queue = []  # lists of keys, slices that wait
        self._later = []  # retained keys of a set with a limit: they come last
        self._whole = False  # whether all of the set is to be compared

    def touch(self, keys):
        """Look at these keys: they came, went or have another life."""
        has = self.contents.has
        for key in keys:
            self._touched[key] = None
            if not has(key):
                self.lacking[key] = None

    def compare(self):
        """Look at all of the set: what it holds has changed, or much of what is wanted."""
        self._whole = True
        self._queue, self._later = [], []
        self._touched = {}
        self.look_at = None

    def retry(self, all_of_it):
        """Try what was refused once more, unless `all_of_it` only what did not fit into a set that has room now."""
        if all_of_it:
            self.refused = {}
        elif self.contents.room():
            self.refused = {key: why for key, why in self.refused.items() if why != FULL}

    def waits(self):
        """Return whether something is left to look at."""
        return bool(self._whole or self._queue or self._touched or self._later)

    def held(self, policy, family):
        """Return how many of the addresses that a policy wants are in the set."""
        lacking = self.lacking
        if len(self.wanted.sources) > 1:
            return len(policy.wanted(family)) - len([key for key in lacking if policy.wants(key)])
        return len(policy.wanted(family)) - len(lacking)

    def next(self, now):
        """Return the next Slice; None if there is nothing to change in it."""
        self.contents.expire(now)
        retained = False
        if self._whole:
            keys = self._begin()
        elif self._queue:
            keys = self._queue.pop(0)
        elif self._touched:
            keys = self._split(list(self._touched))
            self._touched = {}
        else:
            keys, self._later, retained = self._later[:SLICE], self._later[SLICE:], True
        return self._look(keys, now, retained)

    def _begin(self):
        """Compare all: at once if that is little, else what goes before what comes."""
        self._whole = False
        installed, ours, wanted = self.contents.installed, self.contents.ours, self.wanted.table()
        missing = [key for key in wanted if key not in installed]
        self.lacking = dict.fromkeys(missing)
        if self.contents.form.timeout or self.wanted.has_wide() or len(self.contents.joined):
            missing = list(wanted)
        wide = self.wanted.has_wide()  # then an element may be one too many although its address is wanted
        going = list(ours) if wide else [key for key in ours if key not in wanted]
        if len(missing) + len(going) <= SLICE:
            return list(dict.fromkeys(going + missing))
        for keys in (missing, going):
            slices = [keys[i : i + SLICE] for i in range(0, len(keys), SLICE)]
            self._queue = slices + self._queue
        return self._queue.pop(0) if self._queue else []

    def _split(self, keys):
        if len(keys) <= SLICE:
            return keys
        ours, wanted = self.contents.ours, self.wanted.table()
        keys = [k for k in keys if k in ours and k not in wanted] + [k for k in keys if k not in ours or k in wanted]
        self._queue = [keys[i : i + SLICE] for i in range(0, len(keys), SLICE)]
        return self._queue.pop(0)

    def _look(self, keys, now, retained):
        """Return the Slice that brings these keys up to date, None if they are."""
        contents, wanted, timed = self.contents, self.wanted, self.contents.form.timeout
        full_life = contents.at_most(wanted.full_life()) if timed else 0
        gone, coming, renewed = [], [], []
        # MicroPython looks through all of a dict that is nearly full for a key that it has not: so what is known to be
        # lacking is not looked for in the set. Only of a set with joined elements that is not known beforehand.
        lacking = () if len(contents.joined) else self.lacking
        for key in keys_in_order(keys):
            life = wanted.life(key, now)
            if life is None:
                self.lacking.pop(key, None)
                if key in contents.ours and not self._is_piece(key):
                    gone.append(key)
                continue
            why = contents.refuses(key)
            if why is not None:
                self.refused[key] = why
                self.lacking[key] = None
                continue
            missing, pieces = False, contents.pieces(key, wanted.barred)
            for piece in pieces:
                if (piece is key and key in lacking) or not contents.has(piece):
                    missing = True
                    if piece not in self.refused:
                        coming.append((piece, life))
                elif timed and self._falls_short(piece, life, full_life, now):
                    renewed.append((piece, life))
            if missing:
                self.lacking[key] = None
            else:
                self.lacking.pop(key, None)
            if key not in pieces and key in contents.ours and not self._is_piece(key):
                gone.append(key)
        if contents.form.size is not None:
            coming = self._fitting(coming, gone, now, retained)
        if not gone and not coming and not renewed:
            return None
        timeouts = self._timeouts(coming + renewed, full_life) if timed else None
        if timed:
            self._look_by(now + full_life / 2)
        added, renewed = [piece for piece, _ in coming], [piece for piece, _ in renewed]
        ends = [now + timeout for timeout in timeouts] if timed else None
        return Slice(keys, gone, added, renewed, timeouts, ends, contents.arranged(gone, added))

    def _timeouts(self, lives, full_life):
        """Return the timeouts of some `(element, life)`, in whole seconds."""
        timeouts = [full_life if life == NAMED else max(1, int(life + 0.999)) for _, life in lives]
        return [self.contents.at_most(timeout) for timeout in timeouts]

    def _is_piece(self, key):
        """Return whether an element of ours, not wanted by itself, is part of a prefix that is."""
        if not self.wanted.has_wide():
            return False
        around = self.wanted.around(key)
        if around == key:
            return False
        return key in self.contents.pieces(around, self.wanted.barred)

    def _falls_short(self, piece, life, full_life, now):
        """Return whether an element that is there needs a new timeout."""
        ends = self.contents.installed.get(piece)
        if ends is None:
            return False
        if piece not in self.contents.ours:
            self._look_by(ends + 1)
            return False
        if life != NAMED:
            return ends - now < self.contents.at_most(life) - TOLERANCE
        if ends - now >= full_life / 2 + TOLERANCE:
            self._look_by(ends - full_life / 2)
            return False
        return True

    def _look_by(self, at):
        self.look_at = at if self.look_at is None else min(self.look_at, at)

    def _fitting(self, coming, gone, now, retained):
        """Return what fits of what is to come; `gone` gets what has to make room for what is named now."""
        named = [pair for pair in coming if pair[1] == NAMED]
        others = [pair for pair in coming if pair[1] != NAMED]
        if others and not retained and self.waits():
            self._later.extend([key for key, _ in others])
            others = []
        room = self.contents.room() + len(gone)
        if len(named) > room:
            victims = self._retained(len(named) - room, dict.fromkeys(gone), now)
            gone.extend(victims)
            room += len(victims)
        fitting = (named + others)[:room]
        for key, _ in (named + others)[room:]:
            self.refused[key] = FULL
        return fitting

    def _retained(self, count, gone, now):
        """Return at most `count` elements of ours that DNS does not name now."""
        found, looked = [], 0
        for key in self.contents.ours:
            looked += 1
            if len(found) == count or looked > SCANNED:
                break
            life = self.wanted.life(key, now)
            if life is not None and life != NAMED and key not in gone:
                found.append(key)
        for key in found:
            self.lacking[key] = None
            self.refused[key] = FULL
        return found

    def done(self, made, refused):
        """A Slice was carried out, but for the elements in `refused`: {key: why}."""
        self.refused.update(refused)
        fresh = made.added + made.renewed
        came = []
        for i in range(len(fresh)):
            if fresh[i] not in refused:
                came.append((fresh[i], None if made.ends is None else made.ends[i]))
        self.contents.changed(made.gone, came, made.made)
        if made.gone and FULL in self.refused.values():
            self.retry(False)
            self.touch(list(self.lacking))
        for key in made.keys:
            if key in self.lacking and self._wanted_and_held(key):
                del self.lacking[key]

    def _wanted_and_held(self, key):
        if self.contents.has(key):
            return True
        pieces = self.contents.pieces(key, self.wanted.barred)
        return all(self.contents.has(piece) for piece in pieces)

    def wrong(self, now):
        """Return `(code, words that follow the set's name)` of what the set does not take, None if it takes all."""
        full = [key for key in self.refused if self.refused[key] == FULL]
        if len(full) < len(self.refused):
            first = sorted([ip.element(key) for key in self.refused if self.refused[key] != FULL])[0]
            key = ip.key(first)
            code = REFUSED if self.contents.refuses(key) is None else UNFIT
            return code, "cannot hold %s: %s" % (first, self.refused[key])
        if full:
            held, left = count(self.contents.size(now), "element"), count(len(full), "address")
            return FULL_SET, "is full with %s: %s did not fit" % (held, left)
        return None

    def failed(self, made, reason):
        """A Slice was not carried out at all."""
        for key in made.added:
            self.refused[key] = reason
