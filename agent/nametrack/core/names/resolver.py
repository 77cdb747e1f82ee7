"""Which name is asked when: every RRset by its own TTL, failures with back-off, a bounded number at once.

A name is one pair of a host and the nameservers it is asked of; peers and policies share names. The callers get what
happened as `(actions, name)`: `name` is not None when one of its RRsets was answered or has failed.

The listed nameservers are asked again and again, each RRset by its TTL. The sources beside them, the fallback
nameservers and the servers of the name's zone, are asked when a peer needs help. Each source keeps its own answer.
"""

from collections import namedtuple

from ..actions import Log, SendQuery
from .complaints import REJECTED
from .lookup import Lookup
from .lookup_queue import Queue
from .name import Name
from .nameservers import Servers
from .sources import BESIDE, LISTED, ZONE
from .zone_lookup import Authority

MAX_IN_FLIGHT = 64  # names
KEPT = 16  # of these places, for the names of peers that need help
MOST_NEW = 200  # names that are taken in together: milliseconds
RETRY_GAP = 2  # seconds at least between two lookups of a name that fails
# Routers behind one cache are told the same remaining TTL, and would all ask at the same moment. Each asks a little
# later than that, by chance: by this share of the TTL at most, and by no more than SPREAD_MAX.
SPREAD, SPREAD_MAX = 0.05, 1  # seconds

# min_ttl, max_ttl: seconds; fallbacks: nameservers beside the listed ones, as core.interfaces.nameservers takes them;
# authoritative: whether the zone's own servers may be asked
Settings = namedtuple("Settings", ("min_ttl", "max_ttl", "fallbacks", "authoritative"))


class Resolver:
    """`interfaces`: core.interfaces.Interfaces, for the nameservers and the devices that lead to them."""

    def __init__(self, timers, interfaces, random):
        self.timers = timers
        self.random = random  # function: a fraction 0 <= f < 1 for the jitter
        self.names = {}  # key -> Name
        self.later = []  # as `follow` takes them: names that are not taken in yet
        self.settings = None  # as `configure` gives them
        self.servers = Servers()
        self.queries = 0  # that were sent, for all names together
        self.failures = 0  # lookups that failed
        self._interfaces = interfaces
        self._queries = {}  # id of an open query -> (Name, Question, server)
        self._queue = Queue(MAX_IN_FLIGHT, KEPT)  # of (name key, source, rtype)

    def configure(self, settings):
        """Ask as these Settings say from now on."""
        self.settings = settings

    def follow(self, wanted, now, more=()):
        """Follow exactly these lists of (key, host, servers, rtypes); names that stay keep what is known.

        If `more` has many new names, some are taken in; `follow_more` takes in the others while there are `later` ones.
        """
        actions, needed, names = [], {}, self.names
        for entry in wanted + list(more):
            key, rtypes = entry[0], entry[3]
            needed[key] = needed[key] + rtypes if key in needed else rtypes
        for key in sorted([key for key in names if names[key].asks_beside(needed.get(key, ()))]):
            name = names[key]
            for rtype in sorted(name.questions):
                if rtype not in needed.get(key, ()):
                    actions.extend(self._drop(name, rtype))
            if key not in needed:
                del names[key]
        self.take_in(wanted)
        self.later = sorted([new for new in more if new[0] not in names or not names[new[0]].asks(new[3])])
        return actions + self.follow_more(now)

    def take_in(self, wanted):
        """Follow these too, and go on with all others; they are asked for when something is asked for next."""
        for entry in wanted:
            self._take_in(*entry)

    def follow_more(self, now):
        """Take in the next ones."""
        for entry in self.later[:MOST_NEW]:
            self._take_in(*entry)
        self.later = self.later[MOST_NEW:]
        return self._fill(now)

    def _take_in(self, key, host, servers, rtypes):
        if key not in self.names:
            self.names[key] = Name(key, host, list(servers))
        name = self.names[key]
        for rtype in rtypes:
            if rtype not in name.questions:
                self._wait(name, name.question(LISTED, rtype))

    def hosts(self, host):
        """The followed hosts of this name, or all of them for None: sorted."""
        return sorted(set([key[0] for key in self.names if host is None or key[0] == host]))

    def ask(self, name, now):
        """Asks for a name afresh as soon as `min_ttl` allows."""
        for rtype in sorted(name.questions):
            question = name.questions[rtype]
            if question.next_at is not None:  # None: under way or waiting already
                self._due_at(name, question, min(question.next_at, max(now, question.asked_at + self.settings.min_ttl)))

    def ask_urgently(self, name, now):
        """Ask for a name afresh as soon as `min_ttl` allows, and before names that can wait."""
        for rtype in sorted(name.questions):
            question = name.questions[rtype]
            question.urgent = True
            if question.waiting:  # behind others
                self._wait(name, question)
        self.ask(name, now)
        return self._fill(now)

    def ask_beside(self, name, now):
        """Ask the sources beside the listed nameservers, as soon as `min_ttl` allows."""
        for source in BESIDE:
            fallbacks = self.settings.fallbacks
            if not (self.settings.authoritative if source == ZONE else self._interfaces.nameservers(fallbacks)):
                continue
            for rtype in sorted(name.questions):
                question = name.question(source, rtype)
                if question.lookup is not None or question.waiting:
                    continue
                question.urgent = True
                if question.asked_at is None or now - question.asked_at >= self.settings.min_ttl:
                    self._wait(name, question)
                else:  # a peer that needs help right after its baseline question must not wait for the next round
                    self._due_at(name, question, question.asked_at + self.settings.min_ttl)
        return self._fill(now)

    def retry(self, now):
        """The way to the nameservers may be there again: what failed is asked now, and from then on in short steps."""
        for key in sorted(self.names):
            name = self.names[key]
            for rtype in sorted(name.questions):
                question = name.questions[rtype]
                if question.failures:
                    question.wait = None
                    if question.next_at is not None:
                        self._due_at(name, question, min(question.next_at, max(now, question.asked_at + RETRY_GAP)))

    def handle_due(self, key, now):
        """The timer ("ask" | "lookup", name key, source, rtype) is due: `(actions, name or None)`."""
        name = self.names[key[1]]
        question = name.sources[key[2]][key[3]]
        if key[0] == "ask":
            if question.next_at is not None:  # else it is asked for already: an event came before its timer
                self._wait(name, question)
            return self._fill(now), None
        lookup = question.lookup
        if lookup.open:
            self.servers.silent(self._queries[lookup.open[-1]][2], now)
        return self._after(name, question, lookup.timed_out(now), now)

    def answered(self, query, answer, now):
        name, question, server = self._queries.pop(query, (None, None, None))
        if name is None:
            return [], None
        self.servers.spoke(server)
        return self._after(name, question, question.lookup.answered(query, answer, now), now)

    def failed(self, query, reason, now):
        name, question, _ = self._queries.pop(query, (None, None, None))
        if name is None:
            return [], None
        return self._after(name, question, question.lookup.failed(query, reason, now), now)

    def rejected(self, query, reason, now):
        """Something came that is no answer to an open query: the lookup goes on waiting."""
        name = self._queries.get(query, (None,))[0]
        if name is None:
            return []
        said = name.complaints.says(REJECTED, "ignored an answer: %s" % reason, now)
        return [] if said is None else [Log("warning", "%s: %s" % (name.host, said))]

    def idle(self):
        """Whether no lookup is under way or waiting."""
        return self._queue.idle() and not self.later

    def next_query(self, name, rtypes):
        """The monotonic time at which one of these RRsets is asked again; None while one is under way."""
        times = [name.questions[rtype].next_at for rtype in rtypes if rtype in name.questions]
        return None if not times or None in times else min(times)

    # -- what follows is about lookups under way -----------------------------------------------------------------

    def _due_at(self, name, question, at):
        question.next_at = at
        self.timers.set(("ask",) + _place(name, question), at)

    def _wait(self, name, question):
        """Have a question wait for its lookup. A zone is asked for one RRset after another: the first one finds it."""
        question.queue()
        if question.source != ZONE or not any(q.lookup for q in name.of(ZONE).values()):
            self._queue.put(_place(name, question), question.urgent)

    def _drop(self, name, rtype):
        """An RRset of a name is not wanted any more."""
        actions = []
        for source in sorted(name.sources):
            question = name.sources[source].pop(rtype, None)
            if question is not None:
                self.timers.cancel(("ask",) + _place(name, question))
                self.timers.cancel(("lookup",) + _place(name, question))
                actions.extend([] if question.lookup is None else self._abandon(name, question))
        return actions

    def _abandon(self, name, question):
        actions = question.lookup.cancel()
        for action in actions:
            self._queries.pop(action.id, None)
        self._queue.end(name.key)
        if question.source == ZONE:
            self._go_on_in_zone(name)
        return actions

    def _go_on_in_zone(self, name):
        """The lookup of a name in its zone is over: the next RRset has its turn."""
        for question in name.of(ZONE).values():
            if question.waiting:
                self._queue.put(_place(name, question), True)

    def _fill(self, now):
        """Starts what is waiting, as far as the bound on names in flight allows."""
        actions = []
        while True:
            entry = self._queue.take(self._waits)
            if entry is None:
                return actions
            name = self.names[entry[0]]
            actions.extend(self._start(name, name.sources[entry[1]][entry[2]], now))

    def _waits(self, entry):
        """Whether a lookup in the queue is still to be begun; names may be dropped while they wait."""
        name = self.names.get(entry[0])
        question = None if name is None else name.of(entry[1]).get(entry[2])
        if question is None or not question.waiting:
            return False
        return entry[1] != ZONE or not any(q.lookup for q in name.of(ZONE).values())

    def _start(self, name, question, now):
        if question.source == ZONE:
            zone = name.zone if now < name.zone_until else None

            def resolvers(now):
                return self._whom(self.settings.fallbacks + name.servers, now)

            way = self._interfaces.way
            lookup = Authority(name.host, question.rtype, resolvers, way, zone, self.servers)
        else:
            servers = self._whom(name.servers if question.source == LISTED else self.settings.fallbacks, now)
            lookup = Lookup(name.host, question.rtype, servers, self.servers)
        question.begin(lookup, now)
        return self._after(name, question, lookup.start(now), now)[0]

    def _whom(self, listed, now):
        return self.servers.in_order(self._interfaces.nameservers(listed), now)

    def _after(self, name, question, actions, now):
        """A lookup went a step: it goes on until its deadline, or it is over and its result counts."""
        lookup, timer = question.lookup, ("lookup",) + _place(name, question)
        for action in actions:
            if isinstance(action, SendQuery):
                self._queries[action.id] = (name, question, action.server)
                self.queries += 1
                name.queries += 1
            else:
                self._queries.pop(action.id, None)
        if lookup.result is None:
            self.timers.set(timer, lookup.deadline)
            return actions, None
        self.timers.cancel(timer)
        self._queue.end(name.key)
        question.lookup = None
        if question.source == ZONE:
            name.zone, name.zone_until = lookup.zone, now + self.settings.max_ttl
            self._go_on_in_zone(name)
        said = self._conclude(name, question, lookup.result, now)
        return actions + said + self._fill(now), name

    def _conclude(self, name, question, result, now):
        """The result of a lookup counts; of the listed nameservers the next one follows by itself."""
        if result.status == "failed":
            self.failures += 1
            said, wait = name.fail(question, result.reason, now)
            if question.source == LISTED:
                self._due_at(name, question, now + wait + wait * self.random() / 4)
            return said
        said = name.take(question, result, now, (self.settings.min_ttl, self.settings.max_ttl))
        if question.source == LISTED:
            at = question.rrset.expires_at
            self._due_at(name, question, at + min(SPREAD * (at - now), SPREAD_MAX) * self.random())
            for other in name.kept_with(question):
                self._due_at(name, other, question.next_at)
        return said


def _place(name, question):
    return (name.key, question.source, question.rtype)
