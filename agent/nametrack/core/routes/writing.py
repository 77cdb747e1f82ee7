"""What is being written to the kernel's routing, and what came of it for the policies."""

from ... import ip, routing
from ..actions import Log, Notify
from ..ordering import keys_in_order

# Flows are found by their destinations, so those of one client are not told from all others. They move without us: the
# kernel ends a masqueraded flow whose packets leave by another device.
EVERYWHERE = (ip.key("0.0.0.0/0"), ip.key("::/0"))
TOLD = 20  # addresses that a notification names


class Writing:
    def __init__(self):
        self.action = None  # the ChangeRouting that is under way
        self.fails = False  # whether the last one was not carried out
        self.holds = True  # whether nothing is deleted: the agent has just begun, and does not know all addresses yet
        self.moved = []  # keys whose way is another one: their flows begin anew
        self._told = []  # [(what, key, why)] of what the kernel refused
        self._counts = {}  # policy's name -> (number added, number deleted, the first of those added, and deleted)

    def release(self):
        """Every name was answered: what nothing wants by now may go."""
        self.holds = False

    def begin(self, action):
        """This is under way now."""
        self.action = action
        return action

    def ended(self, action):
        """It was carried out, or not."""
        if action is self.action:
            self.action = None

    def complain(self, changes, refused):
        """The kernel did not take all of these Changes, [(Change, key, why)]: that is said once, until it takes it."""
        failed = [(_what(change.value), key) for change, key, _ in refused]
        for change in changes if self._told else ():
            what = _what(change.value)
            keys = change.value.keys if isinstance(change.value, routing.Routes) else (None,)
            self._told = [t for t in self._told if t[0] != what or t[1] not in keys or t[:2] in failed]
        actions = []
        for change, key, why in refused[:3]:
            told = (_what(change.value), key, why)
            if told not in self._told:
                self._told.append(told)
                where = "" if key is None else "route to %s in " % ip.element(key)
                actions.append(Log("warning", "%s%s not written: %s" % (where, told[0], why)))
        self._told = self._told[-TOLD:]
        return actions

    def wrote(self, verb, keys, steered):
        """Routes to these keys were added or deleted, for one of the policies in a list of Steered."""
        self.moved += keys
        at = 0 if verb == routing.ADD else 1
        for each in steered:
            mine = keys if len(steered) == 1 else [key for key in keys if each.policy.wants(key)]
            if mine:
                counts = self._counts.setdefault(each.name, ([0, 0], [], []))
                counts[0][at] += len(mine)
                counts[1 + at].extend(mine[: TOLD - len(counts[1 + at])])

    def finished(self, steered, now):
        """All is written: `(keys whose flows begin anew, actions that tell of it)`."""
        moved, self.moved = self.moved, []
        for each in EVERYWHERE:
            while each in moved:
                moved.remove(each)
        if len(moved) <= TOLD:
            moved = keys_in_order(set(moved))  # sorting many takes long, and says nothing to those who end flows
        counts, self._counts = self._counts, {}
        told = []
        for each in steered:
            if each.name in counts:
                (added, deleted), first, gone = counts[each.name]
                each.policy.wrote(added, deleted, now)
                parts = [(added, "added"), (deleted, "deleted")]
                text = "routes: %s" % ", ".join(["%d %s" % part for part in parts if part[0]])
                values = {"name": each.name, "reason": text, "added": _texts(first), "deleted": _texts(gone)}
                told.append(Notify("policy", "routes", (added, deleted), each.policy.label, text, values))
        return moved, told


def _what(value):
    if isinstance(value, routing.Routes):
        return "table %d" % value.table
    return "rule %d" % value.preference if isinstance(value, routing.Rule) else "nexthop %d" % value.id


def _texts(keys):
    return [ip.element(key) for key in keys]
