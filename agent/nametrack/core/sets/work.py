"""What is left to do in one set: what is wanted against what it holds, a slice at a time, each slice one change.

Deletions come before additions, and what DNS names now before what is retained, so that a full set holds what is named.
"""

from collections import namedtuple

from ... import ip
from ...key_table import Batches, KeyTable
from ..ordering import SMALL, advance, keys_in_order
from ..wording import count
from .lives import NAMED
from .set_report import FULL_SET, REFUSED, UNFIT

PLAIN_SLICE = 2060  # addresses that are looked at together: eight parts of a KeyTable of 65,536
SLICE = 1030  # the same where an element is more than its key
WIDE_SLICE = 250  # the same in an interval set that others fill too, where each takes several times as long
TOLERANCE = 2  # seconds that an element's timeout may fall short before it is written again
SCANNED = 4000  # elements of ours that are looked at for one that can make room
FULL = "the set is full"

# gone: KeyTable of our keys that go; added: our keys that come; renewed: those that get a new timeout; timeouts: of
# added and renewed ones, None for no timeouts; fresh: KeyTable of the added and the renewed ones, key -> its end;
# wide: the keys that were looked at and may be in several elements; made: the contents.Arrangement
Slice = namedtuple("Slice", ("gone", "added", "renewed", "timeouts", "fresh", "wide", "made"))


class Work:
    def __init__(self, contents, wanted):
        self.lacking = KeyTable()  # wanted keys that the set does not hold
        self.refused = {}  # key of an element -> why the set does not take it; not tried again until `retry`
        self.look_at = None  # when an element of ours has to be renewed, or one of others' that we count on ends
        self.contents = contents
        self.wanted = wanted
        self._touched = KeyTable()  # keys that changed
        self._queue = []  # KeyTables, slices that wait
        self._later = []  # retained keys of a set with a limit: they come last
        self._whole = None  # generator that compares all of the set, if that is to be done

    def touch(self, keys):
        """Look at these keys: they came, went or have another life."""
        has = self.contents.has
        for key in keys:
            self._touched[key] = None
            if not has(key):
                self.lacking[key] = None

    def compare(self):
        """Look at all of the set: what it holds has changed, or much of what is wanted."""
        self._whole = self._comparison()
        self._queue, self._later = [], []
        self._touched = KeyTable()
        self.look_at = None

    def retry(self, all_of_it):
        """Try what was refused once more, unless `all_of_it` only what did not fit into a set that has room now."""
        if all_of_it:
            self.refused.clear()
        elif self.contents.room():
            self.refused = {key: why for key, why in self.refused.items() if why != FULL}

    def waits(self):
        """Return whether something is left to look at."""
        return self._whole is not None or bool(self._queue or self._later or len(self._touched))

    def counts(self, policy, known):
        """Return how many keys a policy wants in the set, and how many it has: none unless what it holds is known."""
        wanted, lacking = self.wanted.count(policy), self.lacking
        if len(self.wanted.sources) > 1:
            lacking = [key for key in lacking if policy.wants(key)]
        return wanted, max(0, wanted - len(lacking)) if known else 0

    def next(self, now):
        """Return the next Slice; None if there is nothing to change in it."""
        self.contents.expire(now)
        retained = False
        if self._whole is not None:
            if not advance(self._whole):
                return None
            self._whole = None
        if self._queue:
            keys = self._queue.pop(0)
        elif len(self._touched) > self._slice():
            return self.compare()
        elif len(self._touched):
            keys, self._touched = self._touched, KeyTable()
        else:
            size = self._slice()
            keys, self._later, retained = KeyTable(self._later[:size]), self._later[size:], True
        return self._plain(keys) if self._is_plain() else self._pieces(keys, now, retained)

    def _comparison(self):
        """Compare all: at once if that is little, else what goes before what comes."""
        contents, wanted = self.contents, self.wanted
        yield from wanted.prepare()
        installed, ours = contents.installed, contents.ours
        plain = self._is_plain()
        wide = not plain and wanted.has_wide()  # then an element may be one too many although its address is wanted
        every = not plain and (contents.form.timeout or wide or len(contents.joined))
        lacking, missing, going = KeyTable(), Batches(self._slice()), Batches(self._slice())
        for number in wanted.numbers():
            part, there = wanted.part(number), installed.part(number)
            lacking.put(number, [key for key in part if key not in there] if there else part)
            if every:
                missing.add(number, list(part))
            else:
                missing.share(number, lacking)
            yield len(part)
        for number in ours.numbers():
            part, kept = ours.part(number), () if wide else wanted.part(number)
            going.add(number, [key for key in part if key not in kept])
            yield len(part)
        self.lacking = lacking
        self._queue = going.tables + missing.tables
        if len(self._queue) == 2 and missing.count + going.count <= self._slice():
            going.tables[0].update(missing.tables[0])
            self._queue = going.tables

    def _slice(self):
        """Return how many addresses are looked at together."""
        if self._is_plain():
            return PLAIN_SLICE
        return WIDE_SLICE if self.contents.form.interval else SLICE

    def _is_plain(self):
        """Return whether each wanted key is one element, for good, and there is room."""
        wanted, contents = self.wanted, self.contents
        return contents.is_plain() and not len(wanted.barred) and (contents.form.interval or not wanted.has_wide())

    def _plain(self, keys):
        """Return the Slice that brings a KeyTable of keys up to date, None if they are: whole parts at once."""
        contents, refused = self.contents, self.refused
        gone, fresh, lacking = KeyTable(), KeyTable(), KeyTable()
        for number in keys.numbers():
            part, there, ours = self.wanted.part(number), contents.installed.part(number), contents.ours.part(number)
            looked = keys.part(number)
            absent = [key for key in looked if key in part and (not there or key not in there)]
            if len(absent) == len(looked):
                lacking.share(number, keys)
            else:
                lacking.put(number, absent)
            if refused:
                fresh.put(number, [key for key in absent if key not in refused])
            elif absent:
                fresh.share(number, lacking)
            if ours:
                gone.put(number, [key for key in looked if key in ours and key not in part])
        self.lacking.remove(keys)
        self.lacking.update(lacking)
        if not gone and not fresh:
            return None
        added = _in_order(fresh)
        return Slice(gone, added, [], None, fresh, (), contents.arranged(_in_order(gone), added))

    def _pieces(self, keys, now, retained):
        """The same for a set of any kind, a key at a time."""
        contents, wanted, timed = self.contents, self.wanted, self.contents.form.timeout
        full_life = contents.at_most(wanted.full_life())
        gone, coming, renewed = [], [], []
        keys = keys_in_order(keys)
        for key in keys:
            life = wanted.life(key, now)
            if life is None:
                self.lacking.pop(key)
                if key in contents.ours and not self._is_piece(key):
                    gone.append(key)
                continue
            why = contents.refuses(key)
            if why is not None:
                self.refused[key] = why
                continue
            missing, pieces = False, contents.pieces(key, wanted.barred)
            for piece in pieces:
                if not contents.has(piece):
                    missing = True
                    if piece not in self.refused:
                        coming.append((piece, life))
                elif timed and self._falls_short(piece, life, full_life, now):
                    renewed.append((piece, life))
            if missing:
                self.lacking[key] = None
            else:
                self.lacking.pop(key)
            if key not in pieces and key in contents.ours and not self._is_piece(key):
                gone.append(key)
        if contents.form.size is not None:
            coming = self._fitting(coming, gone, now, retained)
        if not gone and not coming and not renewed:
            return None
        pairs, timeouts = coming + renewed, None
        fresh = KeyTable([piece for piece, _ in pairs])
        if timed:
            self._look_by(now + full_life / 2)
            timeouts = self._timeouts(pairs, full_life)
            for i in range(len(pairs)):
                fresh[pairs[i][0]] = now + timeouts[i]
        added, renewed = [piece for piece, _ in coming], [piece for piece, _ in renewed]
        return Slice(KeyTable(gone), added, renewed, timeouts, fresh, keys, contents.arranged(gone, added))

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
        for key in refused:
            made.fresh.pop(key)
        self.contents.changed(made.gone, made.fresh, made.made)
        self.lacking.remove(made.fresh)
        if made.gone and FULL in self.refused.values():
            self.retry(False)
            self.touch(list(self.lacking))
        for key in made.wide:
            if key in self.lacking and self._wanted_and_held(key):
                self.lacking.pop(key)

    def _wanted_and_held(self, key):
        contents = self.contents
        return contents.has(key) or all(contents.has(piece) for piece in contents.pieces(key, self.wanted.barred))

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


def _in_order(keys):
    """Return the keys of a KeyTable as a list, in order if they are few: who reads of them finds them so."""
    keys = keys.keys()
    return keys_in_order(keys) if len(keys) <= SMALL else keys
