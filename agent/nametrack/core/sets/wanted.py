"""What policies want in one set, and which endpoints of tunnels must never be in it."""

from ... import ip
from .address_ranges import NOTHING, Cover, cover, joined
from .lives import longest_life

# A set with timeouts forgets by itself what nametrack, dead, can no longer delete. An address that is named now gets
# its policy's retain, but never less than this, so that a short retain does not mean a change every few seconds.
LIFE_FLOOR = 600  # seconds


class Wanted:
    def __init__(self, family):
        self.sources = []  # policies that want something in the set
        self.barred = NOTHING  # Spans of the endpoints of the tunnels that these policies lead into
        self.exclusive = None  # whether the set takes no element within another one of ours; None: not known yet
        self._family = family
        self._barred = {}  # the same as keys
        self._cover = Cover()  # of the prefixes that the policies want
        self._covered = []  # the Literals that these are of

    def assign(self, sources):
        """Have exactly these policies want something; `prepare` must follow."""
        self.sources = sources

    def prepare(self):
        """Get ready for questions, a step at a time."""
        literals, keys = [policy.literals for policy in self.sources], []
        if literals != self._covered:
            for each in literals:
                keys.extend(each.wide)
            self._cover = yield from cover(keys, self._family)
            self._covered = literals

    def be_exclusive(self, exclusive):
        """Say whether the set takes no element within another one of ours."""
        self.exclusive = exclusive

    def bar(self, keys):
        """Keep exactly these endpoints, keys of single addresses, out; return whether they are others than before."""
        keys = dict.fromkeys([key for key in keys if ip.key_family(key) == self._family])
        if keys == self._barred:
            return False
        self._barred = keys
        self.barred = joined([ip.bounds(key) for key in keys])
        return True

    def left_out(self):
        """Return the texts of the endpoints that would be in the set, by themselves or within a prefix."""
        keys = sorted([key for key in self._barred if self.has(key) or self._cover.holds(key)])
        return [ip.element(key) for key in keys]

    def count(self, policy):
        """Return how many keys a policy wants, without the endpoints that are kept out."""
        return len(policy.wanted(self._family)) - len([key for key in self._barred if policy.wants(key)])

    def numbers(self):
        """Return the numbers of all parts of a KeyTable that have something that is wanted, sorted."""
        found = set()
        for policy in self.sources:
            found.update(policy.wanted(self._family).numbers())
        return sorted(found)

    def part(self, number):
        """Return a dict whose keys are what is wanted of one part, but for what a prefix around it stands for.

        It is not to be changed; see KeyTable.
        """
        parts = [policy.wanted(self._family).part(number) for policy in self.sources]
        if len(parts) == 1:
            found = parts[0]
        else:
            found = {}
            for part in parts:
                found.update(part)
        return self._cover.outermost(found) if self.exclusive and self._cover.count else found

    def has(self, key):
        """Return whether some policy wants a key."""
        return any(policy.wants(key) for policy in self.sources)

    def life(self, key, now):
        """Return NAMED, the seconds that a key is still wanted, or None if it is not, or a prefix around it is."""
        if key in self._barred or (self.exclusive and self._cover.count and self._cover.holds(key)):
            return None
        if len(self.sources) == 1:
            return self.sources[0].life(key, now)
        return longest_life(self.sources, key, now)

    def has_wide(self):
        """Return whether prefixes are wanted, or something is barred: then elements are more than wanted addresses."""
        return self._cover.count > 0 or len(self.barred) > 0

    def around(self, key):
        """Return the widest wanted prefix around a key, the key itself if there is none."""
        return self._cover.around(key)

    def full_life(self):
        """Return the seconds that an element is to live whose address is named now."""
        return max([policy.config.retain for policy in self.sources] + [LIFE_FLOOR])
