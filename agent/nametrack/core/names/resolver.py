"""Which name is asked when: every RRset by its own TTL, failures with back-off, a bounded number at once.

A name is one pair of a host and the nameservers it is asked of; peers and policies share names. The callers get what
happened as `(actions, name)`: `name` is not None when one of its RRsets was answered or has failed.

For a dead tunnel the truth is wanted: the name is asked of the fallback nameservers first, and beside that of the
servers of its zone, past every cache. What those say outweighs what a cache says in the same breath.
"""

from ..actions import Log, SendQuery, recovered, trouble
from ..wording import count
from .complaints import REJECTED
from .lookup import Lookup
from .lookup_queue import Queue
from .name import Name, Question
from .nameservers import Servers
from .rrset import RRset, lifetime
from .verdict import judge
from .zone_lookup import Authority

MAX_IN_FLIGHT = 64  # names
KEPT = 16  # of these places, for the names of peers that need help
RETRY_GAP = 2  # seconds at least between two lookups of a name that fails
# Routers behind one cache are told the same remaining TTL, and would all ask at the same moment. Each asks a little
# later than that, by chance: by this share of the TTL at most, and by no more than SPREAD_MAX.
SPREAD, SPREAD_MAX = 0.05, 1  # seconds


class Resolver:
    """`interfaces`: core.interfaces.Interfaces, for whom to ask through which device."""

    def __init__(self, timers, interfaces, random):
        self.timers = timers
        self.random = random  # function: a fraction 0 <= f < 1 for the jitter
        self.names = {}  # key -> Name
        self.min_ttl = 10
        self.max_ttl = 3600
        self.fallbacks = []  # of the nameservers those that are asked first when the truth is wanted
        self.authoritative = False  # whether the zone's own servers may be asked
        self.servers = Servers()
        self.queries = 0  # that were sent, for whichever name
        self.failures = 0  # lookups that failed
        self._interfaces = interfaces
        self._queries = {}  # id of an open query -> (Name, Question, Lookup or Authority, server)
        self._queue = Queue(MAX_IN_FLIGHT, KEPT)  # of (name key, rtype, whether the truth is wanted)

    def follow(self, wanted, now):
        """Follows exactly `wanted`: a list of (key, host, servers, rtypes); names that stay keep what is known."""
        actions = []
        needed = {}
        for key, host, servers, rtypes in wanted:
            name = self.names.get(key)
            if name is None:
                name = self.names[key] = Name(key, host, servers)
            needed.setdefault(key, set()).update(rtypes)
        for key in sorted(self.names):
            name = self.names[key]
            for rtype in sorted(name.questions):
                if rtype not in needed.get(key, ()):
                    actions.extend(self._drop(name, rtype))
            if key not in needed:
                del self.names[key]
        for key, _, _, rtypes in wanted:
            name = self.names[key]
            for rtype in rtypes:
                if rtype not in name.questions:
                    name.questions[rtype] = Question(rtype)
                    self._queue.put((key, rtype, False), False)
        return actions + self._fill(now)

    def slow_down(self, keys, least_ttl):
        """Have the names with these keys, and no others, asked by their TTL not more often than each `least_ttl` s."""
        for key in self.names:
            self.names[key].least_ttl = least_ttl if key in keys else 0

    def hosts(self, host):
        """The followed hosts of this name, or all of them for None: sorted."""
        return sorted(set([key[0] for key in self.names if host is None or key[0] == host]))

    def ask(self, name, now):
        """Asks for a name afresh as soon as `min_ttl` allows."""
        for rtype in sorted(name.questions):
            question = name.questions[rtype]
            if question.next_at is not None:  # None: under way or waiting already
                self._due_at(name, question, min(question.next_at, max(now, question.asked_at + self.min_ttl)))

    def ask_truth(self, name, now):
        """Asks for a name afresh, past the nameserver that may be as dead as the tunnel, and past every cache."""
        actions = []
        for rtype in sorted(name.questions):
            question = name.questions[rtype]
            question.hurried = True
            if question.lookup is not None:
                actions.extend(self._begin_anew(name, question, now))
            elif question.next_at is None:  # it waits behind others
                self._queue.put((name.key, rtype, False), True)
            if self.authoritative and question.truth is None and not question.truth_waits:
                if question.truth_at is None or now - question.truth_at >= self.min_ttl:
                    question.truth_waits = True
        self._queue_truth(name)
        self.ask(name, now)
        return actions + self._fill(now)

    def retry(self, now):
        """The way to the nameservers may be there again: what failed is asked now, and from then on in short steps."""
        for key in sorted(self.names):
            name = self.names[key]
            for rtype in sorted(name.questions):
                question = name.questions[rtype]
                if question.failures:
                    question.wait = 0
                    if question.next_at is not None:
                        self._due_at(name, question, min(question.next_at, max(now, question.asked_at + RETRY_GAP)))

    def handle_due(self, key, now):
        """The timer ("ask" | "lookup" | "truth", name key, rtype) is due: `(actions, name or None)`."""
        what, name_key, rtype = key
        name = self.names[name_key]
        question = name.questions[rtype]
        if what == "ask":
            question.next_at = None
            self._queue.put((name_key, rtype, False), question.hurried)
            return self._fill(now), None
        lookup = question.lookup if what == "lookup" else question.truth
        if lookup.open:
            self.servers.silent(self._queries[lookup.open[-1]][3], now)
        return self._after(name, question, lookup, lookup.timed_out(now), now)

    def answered(self, query, answer, now):
        name, question, lookup, server = self._queries.pop(query, (None, None, None, None))
        if name is None:
            return [], None
        self.servers.spoke(server)
        return self._after(name, question, lookup, lookup.answered(query, answer, now), now)

    def failed(self, query, reason, now):
        name, question, lookup, _ = self._queries.pop(query, (None, None, None, None))
        if name is None:
            return [], None
        return self._after(name, question, lookup, lookup.failed(query, reason, now), now)

    def rejected(self, query, reason, now):
        """Something came that is no answer to an open query: the lookup goes on waiting."""
        name = self._queries.get(query, (None,))[0]
        if name is None:
            return []
        said = name.complaints.says(REJECTED, "ignored an answer: %s" % reason, now)
        return [] if said is None else [Log("warning", "%s: %s" % (name.host, said))]

    def idle(self):
        """Whether no lookup is under way or waiting."""
        return self._queue.idle()

    def next_query(self, name, rtypes):
        """The monotonic time at which one of these RRsets is asked again; None while one is under way."""
        times = [name.questions[rtype].next_at for rtype in rtypes if rtype in name.questions]
        return None if not times or None in times else min(times)

    # -- what follows is about lookups under way -----------------------------------------------------------------

    def _spread(self, at, now):
        """A moment at `at` or soon after it, by chance."""
        return at + min(SPREAD * (at - now), SPREAD_MAX) * self.random()

    def _due_at(self, name, question, at):
        question.next_at = at
        self.timers.set(("ask", name.key, question.rtype), at)

    def _drop(self, name, rtype):
        question = name.questions.pop(rtype)
        self.timers.cancel(("ask", name.key, rtype))
        actions = []
        for lookup in (question.lookup, question.truth):
            if lookup is not None:
                actions.extend(self._abandon(name, question, lookup))
        return actions

    def _abandon(self, name, question, lookup):
        """Ends a lookup that nobody waits for any more."""
        self.timers.cancel(self._timer(name, question, lookup))
        actions = lookup.cancel()
        for action in actions:
            self._queries.pop(action.id, None)
        self._queue.end(name.key)
        return actions

    def _begin_anew(self, name, question, now):
        """The lookup under way may be waiting for a nameserver beyond the dead tunnel: it goes on with the others."""
        actions = self._abandon(name, question, question.lookup)
        question.lookup = None
        self._queue.begin(name.key)
        asked_at = question.asked_at
        actions = actions + self._start(name, question, False, now)
        question.asked_at = asked_at
        return actions

    def _fill(self, now):
        """Starts what is waiting, as far as the bound on names in flight allows."""
        actions = []
        while True:
            entry = self._queue.take(self._waits)
            if entry is None:
                return actions
            name = self.names[entry[0]]
            actions.extend(self._start(name, name.questions[entry[1]], entry[2], now))

    def _queue_truth(self, name):
        """The RRsets of a name are asked of its zone one after another: the first finds the zone for the others."""
        questions = [name.questions[rtype] for rtype in sorted(name.questions)]
        if all(question.truth is None for question in questions):
            for question in questions:
                if question.truth_waits:
                    self._queue.put((name.key, question.rtype, True), True)
                    return

    def _waits(self, entry):
        """Whether a lookup in the queue is still to be begun; names may be dropped while they wait."""
        name = self.names.get(entry[0])
        question = None if name is None else name.questions.get(entry[1])
        return question is not None and question.waits(entry[2])

    def _start(self, name, question, truth, now):
        if truth:
            question.truth_waits = False
            question.truth_at = now
            zone = name.zone if now < name.zone_until else None

            def resolvers(now):
                return self.servers.in_order(self._whom(name.servers, True, now), now)

            way = self._interfaces.way
            lookup = question.truth = Authority(name.host, question.rtype, resolvers, way, zone, self.servers)
        else:
            question.asked_at = now
            servers = self._whom(name.servers, question.hurried, now)
            question.hurried = False
            lookup = question.lookup = Lookup(name.host, question.rtype, servers, self.servers)
        actions, _ = self._after(name, question, lookup, lookup.start(now), now)
        return actions

    def _whom(self, listed, hurried, now):
        """The servers to ask, silent ones last; but if hurried, no cache before those that are asked past it."""
        past = [s for s in listed if s in self.fallbacks] if hurried else []
        found = []
        for group in (past, [s for s in listed if s not in past]):
            servers = self._interfaces.nameservers(group)
            found.extend([s for s in self.servers.in_order(servers, now) if s not in found])
        return found

    def _timer(self, name, question, lookup):
        return ("truth" if lookup is question.truth else "lookup", name.key, question.rtype)

    def _after(self, name, question, lookup, actions, now):
        """A lookup went a step: it goes on until its deadline, or it is over and its result counts."""
        for action in actions:
            if isinstance(action, SendQuery):
                self._queries[action.id] = (name, question, lookup, action.server)
                self.queries += 1
                name.queries += 1
            else:
                self._queries.pop(action.id, None)
        timer = self._timer(name, question, lookup)
        if lookup.result is None:
            self.timers.set(timer, lookup.deadline)
            return actions, None
        self.timers.cancel(timer)
        self._queue.end(name.key)
        if lookup is question.truth:
            question.truth = None
            said = self._told_the_truth(name, question, lookup, now)
            self._queue_truth(name)
        else:
            question.lookup = None
            said = self._conclude(name, question, lookup.result, now)
        return actions + said + self._fill(now), name

    def _told_the_truth(self, name, question, lookup, now):
        """The servers of the zone spoke, or could not be asked, which changes nothing."""
        name.zone, name.zone_until = lookup.zone, now + self.max_ttl
        if lookup.result.status == "failed":
            return [Log("debug", "%s: its zone was not asked: %s" % (name.host, lookup.result.reason))]
        actions = self._take(name, question, lookup.result, now)
        question.true_at = now
        return actions

    def _conclude(self, name, question, result, now):
        if result.status == "failed":
            return self._failed(name, question, result.reason, now)
        if question.true_at is not None and question.true_at >= question.asked_at:
            # Asked before the servers of the zone spoke: that was a cache, or the same. Theirs stands for its TTL, in
            # which every cache comes to know it.
            question.succeeded(now)
            self._due_at(name, question, self._spread(max(question.rrset.expires_at, now + self.min_ttl), now))
            return []
        return self._take(name, question, result, now)

    def _take(self, name, question, result, now):
        """An answer counts from now on."""
        actions = []
        failures = question.succeeded(now)
        if failures and not any(q.failures for q in name.questions.values()):
            actions.append(recovered(name.host, "answered again after %s" % count(failures, "failure")))
        verdict = judge(result, question.rtype, name.named)
        if verdict.complaint is not None:
            said = name.complaints.says(verdict.complaint.kind, verdict.complaint.text, now)
            if said is not None:
                actions.append(trouble(name.host, said))
        own_ttl = result.ttl is not None
        least = max(self.min_ttl, name.least_ttl)
        given = result.ttl if own_ttl else name.ttl_of_others(question, now)
        ttl = lifetime(given, least, max(least, self.max_ttl))
        question.rrset = RRset(verdict, own_ttl, ttl, now + ttl)
        name.named = name.named or question.rrset.holds()
        if question.lookup is None:
            self._due_at(name, question, self._spread(now + ttl, now))
        for other in name.kept_with(question):
            self._due_at(name, other, question.next_at)
        return actions

    def _failed(self, name, question, reason, now):
        self.failures += 1
        name.failures += 1
        wait = question.failed(reason)
        wait += wait * self.random() / 4
        self._due_at(name, question, now + wait)
        others = [q.failures for q in name.questions.values() if q is not question]
        if question.failures > 1 or any(others):
            return []  # said once, not at every try, nor for each family
        kept = ", what is known of it stays" if question.rrset is not None else ""
        return [trouble(name.host, "lookup failed: %s%s" % (reason, kept))]
