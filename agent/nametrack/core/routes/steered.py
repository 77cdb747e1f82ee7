"""A policy that is steered by routes of ours: its ways, and which of them it uses."""

from ... import ip
from ..actions import Notify, recovered, trouble
from .local import Local
from .selector import selector_of

# An address that a tunnel for everything is probed by: no machine has it (RFC 5737, RFC 3849).
ANYWHERE = {4: "192.0.2.1", 6: "2001:db8::1"}
BLOCKS = "an interface works, or its packets are blocked again"


class Steered:
    def __init__(self, policy, known=None):
        """`known`: the Steered that it was before the configuration was read again."""
        self.policy = policy
        self.config = policy.config
        self.steering = policy.config.steering
        self.selector = selector_of(policy.config.steering)
        self.group = None  # as selector.groups_of has it, given next
        self.way = None  # the name of the interface that it uses; None: none works
        self._address = None  # the key of what `an_address` gave last
        self.decided = False  # whether `choose` was asked yet
        self.leak = None  # why packets that it is to block are not, as a text
        if known is not None:
            self.decided, self.leak = known.decided, known.leak
            self.way = known.way if known.way in self.steering.interfaces else None

    @property
    def name(self):
        return self.config.name

    @property
    def blocks(self):
        """Whether nothing may leave by another way."""
        return self.steering.fallback == "block" and self.steering.action == "route"

    @property
    def leaves(self):
        """Whether what it has is left to the policies below, as it has no way now."""
        return self.way is None and not self.blocks and self.steering.action == "route"

    @property
    def closes(self):
        """Whether nothing leaves by another way even if there is no room for its rules: for no client at all then."""
        return self.blocks and not self.takes_all

    @property
    def takes_all(self):
        """Whether it takes all traffic that it selects, to whatever address."""
        return any([_is_half(key) for key in self.policy.literals.wide])

    def families(self):
        """The families that it is about."""
        return {"ipv4": (4,), "ipv6": (6,)}.get(self.config.family, (4, 6))

    def an_address(self, way):
        """The text of an address of the policy that a way carries; None for none."""
        if self._address is None or not self.policy.wants(self._address):
            self._address = self._first([family for family in self.families() if way.carries(family)])
        if self._address is None or not way.carries(ip.key_family(self._address)):
            return None
        family = ip.key_family(self._address)
        first = ip.bounds(self._address)[0]
        return ip.from_number(first, family) if first else ANYWHERE[family]

    def _first(self, families):
        for family in families:
            for key in self.policy.wanted(family):
                return key
        return None

    def local_keys(self, ways, local):
        """The keys of the local networks that it leaves alone; local: Local of one family."""
        links = [ways[name].link for name in self.steering.interfaces]
        return local.keys(links) if self.steering.keep_local else []

    def local_network(self, ways, view, key):
        """The text of the local network that holds a destination, so that its way stays; None for none."""
        for each in self.local_keys(ways, Local(ip.key_family(key), view.main)):
            if ip.holds(each, key):
                return ip.element(each)
        return None

    def choose(self, ways, now):
        """The first way that works, but back to a better one only after failback_delay; True if it is another."""
        before, working = self.way, [name for name in self.steering.interfaces if ways[name].works]
        if self.way not in working:
            self.way = working[0] if working else None
        elif working[0] != self.way and now >= ways[working[0]].works_since + self.steering.failback_delay:
            self.way = working[0]
        news, self.decided = self.way != before or not self.decided, True
        return news

    def return_at(self, ways):
        """When a better way will have worked for long enough; None if that is not in sight."""
        better = self.steering.interfaces
        if self.way in better:
            better = better[: better.index(self.way)]
        delays = [ways[name].works_since + self.steering.failback_delay for name in better if ways[name].works]
        return min(delays) if delays else None

    def standing(self, ways):
        """`(state, reason)` of its ways: current, failed_over or blocked, and why."""
        interfaces = self.steering.interfaces
        if self.steering.action == "bypass":
            return "current", "not steered by the policies below"
        if self.way is not None and self.way == interfaces[0]:
            return "current", "through %s" % self.way
        why = self.reasons([ways[name] for name in interfaces])
        if self.way is not None:
            return "failed_over", "through %s: %s" % (self.way, why or "waiting for failback_delay")
        if self.blocks:
            return "blocked", "no way out works: %s" % why
        return "failed_over", "no way out works, traffic takes the normal uplink: %s" % why

    def reasons(self, ways):
        """Why its Ways do not work, as a text; empty if they do."""
        if not ways:
            return "no interface of it can be used"
        return "; ".join([way.reason for way in ways if way.reason is not None])

    def news(self, ways, before, decided):
        """[Notify] of another way than `before`; of the first way, `decided` False, unless it is the first listed."""
        state, reason = self.standing(ways)
        if state == "current" and not decided:
            return []
        code = "through" if state == "current" else state
        if self.leaves:
            code = "uplink"
        return [self._told(code, before, self.way, reason, (self.way,) if self.way else ())]

    def leaked(self, leak):
        """Take in why it leaks, a text, or None; [Notify] if it begins or ends to."""
        news, self.leak = (leak is None) != (self.leak is None), leak
        label = self.policy.label
        told = recovered("blocks", label, BLOCKS) if leak is None else trouble("not_blocked", label, leak)
        return [told] if news else []

    def paused(self, how_long):
        """The Notify that it steers nothing for so long, a text."""
        return self._told("paused", self.way, None, "paused for %s" % how_long, (how_long,))

    def resumed(self):
        """The Notify that it steers again."""
        return self._told("resumed", None, self.way, "steers again", ())

    def _told(self, code, old, new, reason, parameters):
        values = {"policy": self.name, "old": old, "new": new, "reason": reason}
        return Notify("way", code, parameters, self.policy.label, reason, values)


def _is_half(key):
    """Whether a prefix holds all addresses of its family, or half of them."""
    first, last = ip.bounds(key)
    return last - first + 1 >= 1 << (ip.V4_BITS if ip.key_family(key) == 4 else ip.V6_BITS) - 1
