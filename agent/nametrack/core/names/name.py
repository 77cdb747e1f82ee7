"""A name that is followed: what is known of each of its RRsets, and how its lookups fare."""

from ... import ip
from .complaints import Complaints
from .rrset import BLOCKED, NODATA, NXDOMAIN, REBIND

BACKOFF_FIRST = 2  # seconds
BACKOFF_MAX = 300  # seconds
GRAVEST = (NXDOMAIN, REBIND, BLOCKED, NODATA)  # negative answers, of which two families may give two


class Question:
    """One RRset of a name: its last answer, its failures since, and the lookup that is under way."""

    def __init__(self, rtype):
        self.rtype = rtype
        self.rrset = None  # None: never answered
        self.failures = 0  # in a row
        self.wait = 0  # seconds between the last failure and the next try, before jitter
        self.reason = None  # of the last failure
        self.asked_at = None  # start of the last lookup
        self.answered_at = None  # end of the last one that was answered
        self.next_at = None  # when it is asked again; None while a lookup is waiting or under way
        self.lookup = None
        self.hurried = False  # the next lookup asks the fallback nameservers first
        self.truth = None  # the lookup at the servers of the zone that is under way
        self.truth_waits = False
        self.truth_at = None  # start of the last such lookup
        self.true_at = None  # when the servers of the zone answered last

    def tried(self):
        """Whether the first lookup has come to an end, well or badly."""
        return self.rrset is not None or self.failures > 0

    def waits(self, truth):
        """Whether a lookup that was put into the queue is still to be started."""
        return self.truth_waits if truth else self.lookup is None and self.next_at is None

    def failed(self, reason):
        """A lookup failed; returns the seconds to wait: 2, 4, 8 … 300."""
        self.failures += 1
        self.reason = reason
        self.wait = min(max(2 * self.wait, BACKOFF_FIRST), BACKOFF_MAX)
        return self.wait

    def succeeded(self, now):
        """A lookup was answered; returns how many had failed before it."""
        self.answered_at = now
        failures, self.failures = self.failures, 0
        self.wait = 0
        self.reason = None
        return failures


class Name:
    """A host name as asked of some nameservers; `questions` by RR type."""

    def __init__(self, key, host, servers):
        self.key = key
        self.host = host
        self.servers = servers
        self.questions = {}
        self.zone = None  # what is known of its zone, an authority.Zone, until the monotonic time zone_until
        self.zone_until = 0
        self.least_ttl = 0  # seconds that an answer is kept at least, of a name that only clients ask for
        self.named = False  # whether DNS ever named an address
        self._complaints = None  # about what servers answered; most names never have any
        self.queries = 0  # that were sent
        self.failures = 0  # lookups that failed

    @property
    def complaints(self):
        if self._complaints is None:
            self._complaints = Complaints()
        return self._complaints

    def is_listed(self):
        """Return whether the configuration lists it: its troubles are told, those of what clients ask for are not."""
        return self.least_ttl == 0

    def endpoints(self, rtypes, port):
        """What DNS names now for these RR types, in their order and that of the answers, as [(address, port)].

        port: that of addresses without one; an IP4P address is an IPv4 address with a port of its own.
        """
        found = []
        for rtype in rtypes:
            question = self.questions.get(rtype)
            if question is not None and question.rrset is not None:
                found.extend([(ip.element(key), port) for key in question.rrset.values])
                found.extend(question.rrset.mapped)
        return found

    def keys(self, rtypes):
        """The addresses without a port of their own, as ip.key."""
        found = []
        for rtype in rtypes:
            question = self.questions.get(rtype)
            if question is not None and question.rrset is not None:
                found.extend(question.rrset.values)
        return found

    def ttl_of_others(self, question, now):
        """Return how long the answer of the other address family still holds, seconds; None if there is none."""
        left = [other.rrset.expires_at - now for other in self._others(question) if other.rrset.holds()]
        return max([0] + left) if left else None

    def kept_with(self, question):
        """Return the questions whose answer holds as long as this one's: negative ones that do not say how long."""
        if not question.rrset.holds() or question.next_at is None:
            return []
        others = self._others(question)
        return [other for other in others if not (other.rrset.own_ttl or other.failures or other.next_at is None)]

    def _others(self, question):
        return [q for q in self.questions.values() if q is not question and q.rrset is not None]

    def answered(self):
        """Whether DNS ever said anything about it."""
        return any(question.rrset is not None for question in self.questions.values())

    def answered_at(self, rtypes):
        """Since when all that is known of these RR types is no older, monotonic seconds; None where one never was."""
        times = [self.questions[rtype].answered_at for rtype in rtypes]
        return None if None in times else min(times)

    def failed(self, rtypes):
        """How many lookups failed in a row, of the RR type that fares worst."""
        return max([self.questions[rtype].failures for rtype in rtypes])

    def tried(self, rtypes):
        """Whether every one of these RR types was answered, or failed, at least once."""
        return all(self.questions[rtype].tried() for rtype in rtypes)

    def state(self, rtypes):
        """`(state, reason)`: current, stale (failing, but known), negative, failing or unknown."""
        questions = [self.questions[rtype] for rtype in rtypes]
        failing = [q for q in questions if q.failures]
        found = [q for q in questions if q.rrset is not None and q.rrset.holds()]
        if failing and (found or len(failing) < len(questions)):
            if found and not any(q in failing for q in found):
                return "current", "answered; %s" % failing[0].reason
            return "stale", failing[0].reason
        if failing:
            return "failing", failing[0].reason
        if found:
            beside = [q.rrset.reason for q in found if q.rrset.reason]
            return "current", "answered (%s)" % beside[0] if beside else "answered"
        if any(q.rrset is None for q in questions):
            return "unknown", "not answered yet"
        return "negative", self._gravest(rtypes).reason

    def withheld(self, rtypes):
        """Return the status of the negative answer, one of GRAVEST; None if it has another state."""
        return self._gravest(rtypes).status if self.state(rtypes)[0] == "negative" else None

    def _gravest(self, rtypes):
        rrsets = [(GRAVEST.index(self.questions[rtype].rrset.status), rtype) for rtype in rtypes]
        return self.questions[min(rrsets)[1]].rrset
