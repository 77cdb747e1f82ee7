"""Which name is asked when: every RRset by its own TTL, failures with back-off, a bounded number at once.

A name is one pair of a host and the nameservers it is asked of; peers and policies share names. The callers get what
happened as `(actions, name)`: `name` is not None when one of its RRsets was answered or has failed.
"""

from .actions import Log, recovered, trouble
from .lookup import Lookup
from .name import Name, Question, destinations
from .rrset import FOUND, NODATA, RRset, lifetime
from .words import count

MAX_IN_FLIGHT = 64  # names
RETRY_GAP = 2  # seconds at least between two lookups of a name that fails


class Resolver:
    def __init__(self, timers, nameservers, random):
        self.timers = timers
        self._nameservers = nameservers  # function: whom to ask, for the list in the configuration
        self.random = random  # function: a fraction 0 <= f < 1 for the jitter
        self.names = {}  # key -> Name
        self.min_ttl = 10
        self.max_ttl = 3600
        self._queries = {}  # id of an open query -> (Name, Question)
        self._last_id = 0
        self._active = {}  # key of a name -> number of its lookups under way
        self._waiting = []  # [(name key, rtype)] in the order they came due; _head is the first
        self._head = 0

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
                    self._enqueue(name, rtype)
        return actions + self._fill(now)

    def ask(self, name, now):
        """Asks for a name afresh as soon as `min_ttl` allows."""
        for rtype in sorted(name.questions):
            question = name.questions[rtype]
            if question.next_at is not None:  # None: under way or waiting already
                self._due_at(name, question, min(question.next_at, max(now, question.asked_at + self.min_ttl)))

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
        """The timer ("ask", name key, rtype) or ("lookup", name key, rtype) is due: `(actions, name or None)`."""
        what, name_key, rtype = key
        name = self.names[name_key]
        question = name.questions[rtype]
        if what == "ask":
            question.next_at = None
            self._enqueue(name, rtype)
            return self._fill(now), None
        lookup = question.lookup
        return self._after(name, question, self._watch(lookup.timed_out(now), name, question), now)

    def answered(self, query, answer, now):
        name, question = self._queries.pop(query, (None, None))
        if name is None:
            return [], None
        return self._after(
            name, question, self._watch(question.lookup.answered(query, answer, now), name, question), now
        )

    def failed(self, query, reason, now):
        name, question = self._queries.pop(query, (None, None))
        if name is None:
            return [], None
        return self._after(name, question, self._watch(question.lookup.failed(query, reason, now), name, question), now)

    def rejected(self, query, reason):
        """Something came that is no answer to an open query: it is said once, and the waiting goes on."""
        name, question = self._queries.get(query, (None, None))
        if name is None:
            return []
        if not _first(name, question, reason):
            return []
        return [Log("warning", "%s: an answer was thrown away: %s" % (name.host, reason))]

    def idle(self):
        """Whether no lookup is under way or waiting."""
        return not self._active and self._head == len(self._waiting)

    def next_query(self, name, rtypes):
        """The monotonic time at which one of these RRsets is asked again; None while one is under way."""
        times = [name.questions[rtype].next_at for rtype in rtypes if rtype in name.questions]
        return None if not times or None in times else min(times)

    # -- what follows is about lookups under way -----------------------------------------------------------------

    def _next_id(self):
        self._last_id += 1
        return self._last_id

    def _enqueue(self, name, rtype):
        self._waiting.append((name.key, rtype))

    def _due_at(self, name, question, at):
        question.next_at = at
        self.timers.set(("ask", name.key, question.rtype), at)

    def _drop(self, name, rtype):
        question = name.questions.pop(rtype)
        self.timers.cancel(("ask", name.key, rtype))
        self.timers.cancel(("lookup", name.key, rtype))
        if question.lookup is None:
            return []
        actions = question.lookup.cancel()
        for action in actions:
            self._queries.pop(action.id, None)
        self._release(name)
        return actions

    def _fill(self, now):
        """Starts what is waiting, as far as the bound on names in flight allows."""
        actions = []
        while self._head < len(self._waiting):
            key, rtype = self._waiting[self._head]
            name = self.names.get(key)
            question = None if name is None else name.questions.get(rtype)
            if question is None or question.lookup is not None or question.next_at is not None:
                self._head += 1  # dropped while it waited
                continue
            if key not in self._active and len(self._active) >= MAX_IN_FLIGHT:
                break
            self._head += 1
            self._active[key] = self._active.get(key, 0) + 1
            question.asked_at = now
            servers = self._nameservers(name.servers)
            question.lookup = Lookup(name.host, rtype, servers, self._next_id)
            more, _ = self._after(name, question, self._watch(question.lookup.start(now), name, question), now)
            actions.extend(more)
        if self._head > 256 and self._head * 2 > len(self._waiting):
            self._waiting = self._waiting[self._head :]
            self._head = 0
        return actions

    def _watch(self, actions, name, question):
        """Remembers whose the new queries are and forgets the cancelled ones."""
        for action in actions:
            if hasattr(action, "rtype"):
                self._queries[action.id] = (name, question)
            else:
                self._queries.pop(action.id, None)
        return actions

    def _release(self, name):
        self._active[name.key] -= 1
        if not self._active[name.key]:
            del self._active[name.key]

    def _after(self, name, question, actions, now):
        """A lookup went a step: it goes on until its deadline, or it is over and its result counts."""
        lookup = question.lookup
        timer = ("lookup", name.key, question.rtype)
        if lookup.result is None:
            self.timers.set(timer, lookup.deadline)
            return actions, None
        self.timers.cancel(timer)
        question.lookup = None
        self._release(name)
        actions = actions + self._conclude(name, question, lookup.result, now)
        return actions + self._fill(now), name

    def _conclude(self, name, question, result, now):
        if result.status == "failed":
            return self._failed(name, question, result.reason, now)
        actions = []
        failures = question.succeeded()
        if failures and not any(q.failures for q in name.questions.values()):
            actions.append(recovered(name.host, "answered again after %s" % count(failures, "failure")))
        values, complaint = destinations(result.values)
        if _first(name, question, complaint):
            actions.append(trouble(name.host, complaint))
        status = result.status
        if status == FOUND and not values:
            status = NODATA  # all of it was unusable: the name has no address that anybody could reach
        ttl = lifetime(result.ttl, self.min_ttl, self.max_ttl)
        question.rrset = RRset(status, values, ttl, now + ttl)
        self._due_at(name, question, now + ttl)
        return actions

    def _failed(self, name, question, reason, now):
        wait = question.failed(reason)
        wait += wait * self.random() / 4
        self._due_at(name, question, now + wait)
        others = [q.failures for q in name.questions.values() if q is not question]
        if question.failures > 1 or any(others):
            return []  # said once, not at every try, nor for each family
        kept = ", what is known of it stays" if question.rrset is not None else ""
        return [trouble(name.host, "lookup failed: %s%s" % (reason, kept))]


def _first(name, question, complaint):
    """Whether this complaint is to be said: not again at every answer, nor for each family of the name."""
    known = any(other.rejected == complaint for other in name.questions.values())
    question.rejected = complaint
    return complaint is not None and not known
