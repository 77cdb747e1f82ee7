"""The rules of one family: which are wanted in which order, and what that takes of the kernel.

They are written in one of two halves of our preferences. A new order fills the free half, then the other half is
deleted from its end: so each packet meets the old decision or the new one, and never a mixture of both.

Steps in a row that do the same share a preference: a packet goes on in the same way, by any of them.
"""

from collections import namedtuple

from ... import routing

FIRST_HALVES = (100, 548)  # where the two halves begin
SIZE = 448  # preferences in each
END = 999  # behind both: `nop`, where a `goto` leads to that skips all of ours. It is the first in and the last out.
# Below 100 a user's own rules go before ours; from 1000 on mwan3 deletes whatever it finds.

# argument: as in routing.Rule, but of GOTO the index of another Step, as large as there are Steps for END
Step = namedtuple("Step", ("match", "action", "argument", "suppress"))


class Rulebook:
    def __init__(self, family):
        self.family = family
        self.refused = {}  # Rule -> why the kernel did not take it
        self._steps = []
        self._made = {}  # first preference of a half -> the Rules that the steps are there, list
        self._written = {}  # first preference of a half -> the steps that were written there
        self._installed = None  # set of routing.Rule: ours, as far as is known; None: not read yet

    def want(self, steps):
        """These from now on; see fit.py, which leaves out what needs more than SIZE preferences."""
        if steps != self._steps:
            self._steps, self._made = steps, {}

    def read(self, rules):
        """What the kernel has: all rules of this family. What it refused is asked for again."""
        self.refused = {}
        self._installed = set([rule for rule in rules if rule.protocol == routing.PROTOCOL])

    def deleted(self, rules):
        """Others deleted rules of ours: the changes that put them back at once."""
        if self._installed is None:
            return []
        gone = set([rule for rule in rules if rule in self._installed])
        self._installed.difference_update(gone)
        wanted = self._rules(self._half()) if self._half() is not None else []
        back = [rule for rule in self._with_end(wanted) if rule in gone]
        return [routing.Change(routing.ADD, rule) for rule in back]

    def changed(self, change, refused):
        """A change was carried out; `refused`: why not, or None."""
        if self._installed is None:
            return
        if change.verb == routing.DELETE:
            self._installed.discard(change.value)
        elif refused is None:
            self._installed.add(change.value)
        else:
            self.refused[change.value] = refused

    def changes(self):
        """What is to be done: additions first."""
        if self._installed is None:
            return []
        if not self._steps:
            return self._without(set())
        half = self._half()
        if self._written.get(half) != self._steps:
            half = self._free_half(half)
        rules = self._with_end(self._rules(half))
        wanted = set(rules)
        self._written = {half: self._steps}
        stale = [rule for rule in self._installed if rule.preference in _range(half) and rule not in wanted]
        found = [routing.Change(routing.DELETE, rule) for rule in from_the_end(stale)]
        known = self._installed.union(self.refused)
        found += [routing.Change(routing.ADD, rule) for rule in rules if rule not in known]
        return found + self._without(wanted.union(stale))

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
        if half not in self._made:
            at, found = places(self._steps), []
            for step, place in zip(self._steps, at):
                argument = step.argument
                if step.action == routing.GOTO:
                    argument = half + at[argument] if argument < len(at) else END
                found.append(self._rule(half + place, step.match, step.action, argument, step.suppress))
            self._made[half] = found
        return self._made[half]

    def _rule(self, preference, match, action, argument, suppress):
        return routing.Rule(self.family, preference, match, action, argument, suppress, routing.PROTOCOL)

    def _with_end(self, rules):
        """All rules in the order in which they are written: first those that do nothing, which a `goto` leads to."""
        aims = [rule for rule in rules if rule.action == routing.NOP]
        rest = [rule for rule in rules if rule.action != routing.NOP]
        return [self._rule(END, routing.ANYTHING, routing.NOP, None, None)] + aims + rest

    def _without(self, kept):
        """Deletes all but these, the last first; but what others jump to goes last, and END last of all."""
        gone = from_the_end([rule for rule in self._installed if rule not in kept])
        return [routing.Change(routing.DELETE, rule) for rule in gone]


def _range(half):
    return range(half, half + SIZE)


def from_the_end(rules):
    """Some rules in the order in which they are deleted: the last first, but what others jump to goes after those."""
    keyed = []
    for i in range(len(rules)):
        preference = rules[i].preference
        keyed.append((preference == END, rules[i].action == routing.NOP, -preference, str(rules[i].match), i))
    return [rules[each[4]] for each in sorted(keyed)]


def places(steps):
    """The place of each Step among the preferences of a half, from 0 on."""
    targets, found = set([step.argument for step in steps if step.action == routing.GOTO]), []
    for i in range(len(steps)):
        shares = i > 0 and i not in targets and steps[i][1:] == steps[i - 1][1:]
        found.append(0 if i == 0 else found[-1] + (not shares))
    return found
