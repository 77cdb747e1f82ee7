"""The rules of one family: which are wanted in which order, and what that takes of the kernel.

They are written in one of two halves of our preferences. A new order fills the free half, then the other half is
deleted from its end: so each packet meets the old decision or the new one, and never a mixture of both.
"""

from collections import namedtuple

from ... import routing

FIRST_HALVES = (100, 548)  # where the two halves begin
SIZE = 448  # rules in each
END = 999  # behind both: `nop`, where a `goto` leads to that skips all of ours. It is the first in and the last out.
# Below 100 a user's own rules go before ours; from 1000 on mwan3 deletes whatever it finds.

# argument: as in routing.Rule, but of GOTO the index of another Step, as large as there are Steps for END
Step = namedtuple("Step", ("match", "action", "argument", "suppress"))


class Rulebook:
    def __init__(self, family):
        self.family = family
        self.refused = None  # why the kernel did not take a rule
        self._steps = []
        self._written = {}  # first preference of a half -> the steps that were written there
        self._installed = None  # set of routing.Rule: ours, as far as is known; None: not read yet

    def want(self, steps):
        """These from now on, no more than SIZE."""
        self._steps = steps[:SIZE]

    def read(self, rules):
        """What the kernel has: all rules of this family."""
        self._installed = set([rule for rule in rules if rule.protocol == routing.PROTOCOL])

    def deleted(self, rules):
        """Others deleted rules of ours: the changes that put them back at once."""
        if self._installed is None:
            return []
        gone = [rule for rule in rules if rule in self._installed]
        self._installed.difference_update(gone)
        wanted = self._rules(self._half()) if self._half() is not None else []
        back = [rule for rule in self._with_end(wanted) if rule in gone]
        return [routing.Change(routing.ADD, rule) for rule in back]

    def changed(self, change, refused):
        """A change was carried out; `refused`: why not, or None."""
        self.refused = refused
        if self._installed is None:
            return
        if change.verb == routing.DELETE:
            self._installed.discard(change.value)
        elif refused is None:
            self._installed.add(change.value)

    def changes(self):
        """What is to be done: additions first."""
        if self._installed is None:
            return []
        if not self._steps:
            return self._without(set())
        half = self._half()
        if half is None or self._written.get(half) != self._steps:
            half = self._free_half(half)
        rules = self._with_end(self._rules(half))
        self._written = {half: self._steps}
        stale = [rule for rule in self._installed if rule.preference in _range(half) and rule not in rules]
        found = [routing.Change(routing.DELETE, rule) for rule in _from_the_end(stale)]
        found += [routing.Change(routing.ADD, rule) for rule in rules if rule not in self._installed]
        return found + [c for c in self._without(set(rules)) if c.value not in stale]

    def _half(self):
        """Where the wanted rules are already, else where we wrote last; None: nowhere."""
        for half in FIRST_HALVES:
            if all(rule in self._installed for rule in self._rules(half)):
                self._written = {half: self._steps}
                return half
        for half in self._written:
            return half
        return None

    def _free_half(self, half):
        if half is None:  # the agent has just begun: where there are fewer rules of before
            counts = [len([r for r in self._installed if r.preference in _range(h)]) for h in FIRST_HALVES]
            return FIRST_HALVES[counts.index(min(counts))]
        return FIRST_HALVES[1 - FIRST_HALVES.index(half)]

    def _rules(self, half):
        count, found = len(self._steps), []
        for i in range(count):
            step = self._steps[i]
            argument = step.argument
            if step.action == routing.GOTO:
                argument = half + argument if argument < count else END
            found.append(self._rule(half + i, step.match, step.action, argument, step.suppress))
        return found

    def _rule(self, preference, match, action, argument, suppress):
        return routing.Rule(self.family, preference, match, action, argument, suppress, routing.PROTOCOL)

    def _with_end(self, rules):
        return [self._rule(END, routing.ANYTHING, routing.NOP, None, None)] + rules

    def _without(self, kept):
        """Deletes all but these, the last first; but END, which others jump to, last of all."""
        gone = _from_the_end([rule for rule in self._installed if rule not in kept])
        return [routing.Change(routing.DELETE, rule) for rule in gone]


def _range(half):
    return range(half, half + SIZE)


def _from_the_end(rules):
    keyed = [(rule.preference == END, -rule.preference, i) for i, rule in enumerate(rules)]
    return [rules[i] for _, _, i in sorted(keyed)]
