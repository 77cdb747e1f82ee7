"""What is said about one set, to the policies that fill it: what is wrong with it, and what was changed in it."""

from ... import ip
from ...element import own_name
from ..actions import FlushFlows, Log, Notify, recovered, trouble

TOLD = 64  # addresses that a notification names at most; the text counts them all

# codes of what can be wrong, as findings have them
MISSING, UNFIT, REFUSED, FULL_SET, AGAIN = "no_target", "set_flags", "set_refused", "set_full", "recovering"


class SetReport:
    def __init__(self, name):
        self.trouble = None  # (code, words that follow the set's name), None while all is well
        self._name = name
        self._sources = []  # policies that fill the set
        self._tally = Tally()

    def assign(self, sources):
        """These policies fill the set from now on."""
        self._sources = sources

    # -- what is wrong --

    def complain(self, code, text):
        """Something is wrong with the set; return the actions that say so, none if that was said."""
        said, self.trouble = self.trouble, (code, text)
        same = said is not None and (said == self.trouble or said[0] == code == FULL_SET)
        if same or not self._sources:
            return []
        whose, which = self._about()
        return [trouble(code, whose, "%s %s" % (which, text))]

    def found_in_order(self):
        """What was wrong was mended by another program; `recover` says so when all of the set was looked at."""
        self.trouble = (AGAIN, "was just found to be as it should be")

    def forget(self):
        """Nothing is wrong, and nothing is said of it."""
        self.trouble = None

    def recover(self):
        """All is well with the set; return the actions that say so, none if it was before."""
        said, self.trouble = self.trouble, None
        if said is None or not self._sources:
            return []
        whose, which = self._about()
        return [recovered("set_in_order", whose, which + " is in order again")]

    def _about(self):
        """Return `(whose, which)` in words: the policies that fill the set, and the set."""
        labels = [policy.label for policy in self._sources]
        return " and ".join(labels), "set '%s'" % own_name(self._name)

    # -- what was changed --

    @property
    def reason(self):
        """Why the set is changed, the first of the reasons gathered; None for no change."""
        return self._tally.reason

    def begin(self, reason):
        """A change is about to be made."""
        self._tally.begin(reason)

    def count(self, made, refused):
        """A Slice was carried out, but for the elements in `refused`."""
        self._tally.count(made, refused)

    def tell(self, now):
        """What was changed since it was said last: to each policy that fills the set."""
        done, self._tally = self._tally, Tally()
        counts = done.counts()
        if not counts:
            return []
        reason = done.why()
        text = "%s: %s: %s" % (self._about()[1], counts, reason)
        told = [FlushFlows(done.added)] if done.added else []
        for policy in self._sources:
            added = [key for key in done.added if policy.wants(key)] if len(self._sources) > 1 else done.added
            policy.wrote(len(added), len(done.deleted), now)
            values = {"name": policy.config.name, "reason": reason}
            values["added"], values["deleted"] = _texts(added), _texts(done.deleted)
            counted = (own_name(self._name), len(added), len(done.deleted))
            told.append(Notify("policy", done.code(), counted, policy.label, text, values))
        if not self._sources:
            told.append(Log("info", text))
        return told


class Tally:
    """What was changed in a set, until it is said."""

    def __init__(self):
        self.reason = None  # why, the first of the reasons gathered
        self.added = []  # keys
        self.deleted = []  # keys
        self.renewed = 0

    def begin(self, reason):
        """A change is about to be made."""
        self.reason = self.reason or reason

    def count(self, made, refused):
        """A Slice was carried out, but for the elements in `refused`."""
        self.added.extend([key for key in made.added if key not in refused] if refused else made.added)
        self.deleted.extend(made.gone.keys())
        self.renewed += len(made.renewed)

    def why(self):
        """Return the reason, in words."""
        return self.reason if self.added or self.deleted else "timeouts renewed"

    def code(self):
        """Return the code of the event that tells of it."""
        return "elements" if self.added or self.deleted else "renewed"

    def counts(self):
        """Return what was done in words, "" for nothing."""
        parts = [(len(self.added), "added"), (len(self.deleted), "deleted"), (self.renewed, "renewed")]
        return ", ".join(["%d %s" % part for part in parts if part[0]])


def _texts(keys):
    return [ip.element(key) for key in keys[:TOLD]]
