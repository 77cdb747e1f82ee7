"""A name that is followed: what is known of each of its RRsets, and how its lookups fare."""

from ... import ip
from ..actions import Log, recovered, trouble
from ..wording import count
from .complaints import Complaints
from .rrset import BLOCKED, FOUND, NODATA, NXDOMAIN, REBIND, UNSAID, RRset, lifetime
from .sources import LISTED
from .verdict import judge

BACKOFF_FIRST = 2  # seconds
BACKOFF_MAX = 300  # seconds
# seconds of failures, after which people hear of them: each time that a line comes back, the first lookups fail
TOLD_AFTER = 10
GRAVEST = (NXDOMAIN, REBIND, BLOCKED, NODATA)  # negative answers, of which two families may give two


class Question:
    """One RRset of a name as one source has it: the last answer, the failures since, and the lookup under way."""

    def __init__(self, source, rtype):
        self.source = source
        self.rtype = rtype
        self.rrset = None  # None: never answered
        self.failures = 0  # in a row
        self.wait = None  # seconds between the last failure and the next try, before jitter; None: it did not fail
        self.reason = None  # of the last failure
        self.asked_at = None  # start of the last lookup
        self.answered_at = None  # end of the last one that was answered
        self.next_at = None  # when it is asked again by itself; None while a lookup is waiting or under way
        self.waiting = False  # whether a lookup is to be started as soon as there is room
        self.urgent = False  # whether the next lookup goes before those of other names
        self.lookup = None

    def tried(self):
        """Return whether the first lookup has come to an end, well or badly."""
        return self.rrset is not None or self.failures > 0

    def queue(self):
        """A lookup is wanted as soon as there is room."""
        self.next_at = None
        self.waiting = True

    def begin(self, lookup, now):
        """A lookup begins."""
        self.lookup, self.asked_at = lookup, now
        self.waiting = self.urgent = False

    def failed(self, reason):
        """Note that a lookup failed; return the seconds to wait: 2, 4, 8 … 300."""
        self.failures += 1
        self.reason = reason
        self.wait = BACKOFF_FIRST if self.wait is None else min(2 * self.wait, BACKOFF_MAX)
        return self.wait

    def succeeded(self, rrset, now):
        """Note what a lookup was answered; return how many had failed before it."""
        self.rrset = rrset
        self.answered_at = now
        failures, self.failures = self.failures, 0
        self.wait = self.reason = None
        return failures


class Name:
    """A host name as asked of some nameservers; `questions` by RR type are those of the listed nameservers."""

    # of few names: the others need no memory for them
    least_ttl = 0  # seconds that an answer is kept at least, of a name that only clients ask for
    lacks_long = False  # whether a family that it lacks is asked for no more often than the one that it has
    _complaints = None  # about what servers answered
    _failing_since = None  # the first failure since the listed nameservers last answered for every RR type
    _told = False  # whether people heard of these failures

    def __init__(self, key, host, servers):
        self.key = key
        self.host = host
        self.servers = servers
        self.sources = {LISTED: {}}  # source -> {RR type: Question}; others are there once they were asked
        self.zone = None  # what is known of its zone, an authority.Zone, until the monotonic time zone_until
        self.zone_until = 0
        self.named = False  # whether DNS ever named an address
        self.queries = 0  # that were sent
        self.failures = 0  # lookups that failed

    @property
    def questions(self):
        return self.sources[LISTED]

    @property
    def complaints(self):
        if self._complaints is None:
            self._complaints = Complaints()
        return self._complaints

    def is_listed(self):
        """Return whether the configuration lists it: its troubles are told, those of what clients ask for are not."""
        return self.least_ttl == 0

    def asks(self, rtypes):
        """Return whether all of these RRsets are followed."""
        questions = self.sources[LISTED]
        for rtype in rtypes:  # no generator: each of thousands of names is asked this
            if rtype not in questions:
                return False
        return True

    def asks_beside(self, rtypes):
        """Return whether an RRset is followed that is not among these."""
        for rtype in self.sources[LISTED]:
            if rtype not in rtypes:
                return True
        return not rtypes

    def of(self, source):
        """Return {RR type: Question} of a source: empty if it was never asked."""
        return self.sources.get(source, {})

    def question(self, source, rtype):
        """Return the Question of a source, a new one if it was never asked."""
        questions = self.sources.setdefault(source, {})
        if rtype not in questions:
            questions[rtype] = Question(source, rtype)
        return questions[rtype]

    def take(self, question, result, now, limits):
        """An answer counts from now on: return what to say of it. limits: (min_ttl, max_ttl)."""
        verdict = judge(result, question.rtype, self.named)
        own_ttl = self._says_how_long(question, verdict, result.ttl)
        given = self._lacking(question, verdict, result.ttl) if own_ttl else self.ttl_of_others(question, now)
        least = max(limits[0], self.least_ttl)
        ttl = lifetime(given, least, max(least, limits[1]))
        rrset = RRset(verdict, own_ttl, ttl, now + ttl)
        self.named = self.named or rrset.holds()
        failures, actions = question.succeeded(rrset, now), []
        if failures and not any(q.failures for q in self.questions.values()):
            if self._told:
                said = "answered again after %s" % count(failures, "failure")
                actions.append(recovered("answered", self.host, said, failures))
            self._failing_since, self._told = None, False
        if verdict.complaint is not None:
            said = self.complaints.says(verdict.complaint.kind, verdict.complaint.text, now)
            if said is not None:
                actions.append(trouble(verdict.complaint.kind, self.host, said))
        return actions

    def _says_how_long(self, question, verdict, ttl):
        """Whether an answer holds for its own TTL, and not as long as that of the other address family."""
        if ttl is None or verdict.status == FOUND or not self.lacks_long:
            return ttl is not None
        return all(other.rrset.ttl <= ttl for other in self._others(question) if other.rrset.holds())

    def _lacking(self, question, verdict, ttl):
        """The TTL of an answer, a longer one if it is that the name has addresses of the other family only.

        Many zones have a negative TTL of some seconds. To follow it would be most of all questions of a router.
        """
        lacks = verdict.status != FOUND and any(other.rrset.holds() for other in self._others(question))
        return max(ttl, UNSAID) if lacks else ttl

    def fail(self, question, reason, now):
        """A lookup failed: return `(what to say of it, seconds until it is tried again)`."""
        self.failures += 1
        wait = question.failed(reason)
        if question.source != LISTED:
            return [Log("debug", "%s: no answer from its %s: %s" % (self.host, question.source, reason))], wait
        if self._failing_since is None:
            self._failing_since = now
        if self._told:
            return [], wait  # said once, not at every try, nor for each family
        kept = ", what is known of it stays" if question.rrset is not None else ""
        said = "lookup failed: %s%s" % (reason, kept)
        if now < self._failing_since + TOLD_AFTER:
            return [Log("debug", "%s: %s" % (self.host, said))], wait
        self._told = True
        return [trouble("lookup_failed", self.host, said)], wait

    def endpoints(self, rtypes, port, source=LISTED):
        """What a source names now for these RR types, in their order and that of the answers, as [(address, port)].

        port: that of addresses without one; an IP4P address is an IPv4 address with a port of its own.
        """
        found = []
        for rtype in rtypes:
            question = self.of(source).get(rtype)
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
        """Return the questions whose answer holds as long as this one's: negative ones without a TTL that counts."""
        if not question.rrset.holds() or question.next_at is None:
            return []
        others = self._others(question)
        return [other for other in others if not (other.rrset.own_ttl or other.failures or other.next_at is None)]

    def _others(self, question):
        return [q for q in self.sources[question.source].values() if q is not question and q.rrset is not None]

    def answered(self):
        """Whether DNS ever said anything about it."""
        return any(question.rrset is not None for question in self.questions.values())

    def answered_at(self, rtypes):
        """Since when all that is known of these RR types is no older, monotonic seconds; None if one never was.

        One of them may be wanted since a moment ago, and not be followed yet.
        """
        times = [self.questions[rtype].answered_at if rtype in self.questions else None for rtype in rtypes]
        return None if None in times else min(times)

    def failed(self, rtypes):
        """How many lookups failed in a row, of the RR type that fares worst."""
        return max([self.questions[rtype].failures for rtype in rtypes])

    def tried(self, rtypes, source=LISTED):
        """Return whether a source answered every one of these RR types, or failed to, at least once."""
        questions = self.of(source)
        return all(rtype in questions and questions[rtype].tried() for rtype in rtypes)

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

    def is_named(self):
        """Return whether DNS names something for it, as for most names: told more quickly than its state."""
        return any([q.rrset is not None and q.rrset.holds() for q in self.questions.values()])

    def withheld(self, rtypes):
        """Return the status of the negative answer, one of GRAVEST; None if it has another state."""
        return self._gravest(rtypes).status if self.state(rtypes)[0] == "negative" else None

    def _gravest(self, rtypes):
        rrsets = [(GRAVEST.index(self.questions[rtype].rrset.status), rtype) for rtype in rtypes]
        return self.questions[min(rrsets)[1]].rrset


def slow_down(names, keys, least_ttl):
    """Have the Names with these keys, and no others of {key: Name}, asked not more often than each `least_ttl` s."""
    for key in names:
        wanted = least_ttl if key in keys else 0
        if names[key].least_ttl != wanted:
            names[key].least_ttl = wanted


def keep_lacking(names, keys):
    """Have the Names with these keys, and no others, asked for a family that they lack as seldom as for theirs."""
    for key in names:
        if names[key].lacks_long != (key in keys):
            names[key].lacks_long = key in keys
