"""One lookup: the whole effort to learn one RRset.

A server is asked again, without EDNS0, after RETRANSMIT seconds of silence; the next one after ATTEMPTS of them, or as
soon as a server says no. A server that does not understand the question is asked without EDNS0 at once. A truncated
answer is asked for again over TCP; if that fails, the addresses that came count, and the reason says so. A CNAME that
leaves the response is followed, at most MAX_ALIASES of them. When no server is left the lookup has failed: that is
never an answer.

The caller drives: `start`, `answered`, `failed` and `timed_out` return actions, `deadline` says when to call
`timed_out`, and `result` is set when it is over.
"""

from collections import namedtuple

from ..actions import CancelQuery, SendQuery
from .rrset import FOUND

RETRANSMIT = 2  # seconds
TCP_TIMEOUT = 5  # seconds, the connection included
ATTEMPTS = 2
MAX_ALIASES = 16

# status: as of RRset, or "failed"; ttl: as DNS gave it, the minimum along the aliases, None if a negative answer does
# not say how long it holds; reason: in words, None if there is nothing to say; zone: whose servers said so, of a
# negative answer that tells; extended: number of the extended error, None without one; whole: False for what came of
# a truncated answer
Result = namedtuple("Result", ("status", "values", "ttl", "reason", "zone", "extended", "whole"))

# How a question goes out: to which server, over TCP or UDP, with EDNS0 or without.
How = namedtuple("How", ("server", "tcp", "edns"))


def failed_with(reason):
    """Return the Result of a lookup that failed."""
    return Result("failed", [], 0, reason, None, None, True)


class Turns:
    """Which server a lookup asks next, and how. `servers`: a list of text; `fares`: Servers."""

    def __init__(self, servers, fares):
        self.how = None  # of the last question
        self._servers = servers
        self._fares = fares
        self._index = 0
        self._attempts = None  # at that server

    def first(self, now):
        """Return How to ask the server whose turn it is; None if no server is left."""
        if self._index >= len(self._servers):
            return None
        server = self._servers[self._index]
        self._attempts = 1
        return self._take(How(server, False, self._fares.takes_edns(server, now)))

    def again(self):
        """Return How to ask the same server once more after its silence; None if its attempts are over."""
        if self.how.tcp or self._attempts >= ATTEMPTS:  # over TCP the transport repeats what is lost
            return None
        self._attempts += 1
        return self._take(How(self.how.server, False, False))

    def next_server(self, now):
        """Return How to ask the next server; None if no server is left."""
        self._index += 1
        return self.first(now)

    def over_tcp(self, how):
        return self._take(How(how.server, True, how.edns))

    def without_edns(self, how):
        return self._take(How(how.server, how.tcp, False))

    def _take(self, how):
        self.how = how
        return how


class Lookup:
    def __init__(self, name, rtype, servers, fares, recurse=True):
        self.result = None
        self.deadline = None
        self._name = name  # moves along the aliases
        self._rtype = rtype
        self._recurse = recurse  # whether the servers are to ask others
        self._fares = fares
        self._turns = Turns(servers, fares)
        self._sent = {}  # id of a query that may still be answered -> How
        self._ttls = []  # of the aliases so far
        self._partial = None  # a truncated answer with addresses, while the whole one is asked for over TCP
        self._reason = "no nameserver to ask"

    @property
    def open(self):
        """The ids of the queries that may still be answered, the last one last."""
        return sorted(self._sent)

    def start(self, now):
        """Return the first query; without a server there is none, and the result is "failed"."""
        return self._send(self._turns.first(now), now)

    def answered(self, query, answer, now):
        """A response to one of the open queries."""
        how = self._sent.pop(query, None)
        if how is None:
            return []
        if answer.status == "unread" and how.edns:
            self._fares.refuses_edns(how.server, now)
            return self._cancel() + self._send(self._turns.without_edns(how), now)
        self._note_edns(how, now)
        if answer.status in ("failed", "unread") or (answer.status == "truncated" and how.tcp):
            return self._refused(how, answer.reason, now)
        if answer.status == "truncated":
            self._partial = answer if answer.values else None
            return self._cancel() + self._send(self._turns.over_tcp(how), now)
        if answer.status != "alias":
            return self._end(self._concluded(answer, answer.reason))
        self._ttls.append(answer.ttl)
        if len(self._ttls) > MAX_ALIASES:
            return self._end(failed_with("more than %d aliases in a row" % MAX_ALIASES))
        self._name = answer.name
        self._partial = None
        return self._cancel() + self._send(self._turns.first(now), now)

    def failed(self, query, reason, now):
        """A server said no to one of the open queries, or it could not be sent."""
        how = self._sent.pop(query, None)
        return [] if how is None else self._refused(how, reason, now)

    def timed_out(self, now):
        """The deadline is over and no answer came."""
        how = self._turns.again()
        if how is not None:
            return self._send(how, now)
        last = self._turns.how
        self._reason = "no answer from %s%s" % (last.server, " over TCP" if last.tcp else "")
        return self._next_server(now)

    def cancel(self):
        """The result is not wanted any more."""
        self.deadline = None
        return self._cancel()

    def _refused(self, how, reason, now):
        self._reason = "%s: %s%s" % (how.server, reason, " (over TCP)" if how.tcp else "")
        return self._next_server(now)

    def _next_server(self, now):
        if self._partial is not None:
            return self._end(self._concluded(self._partial, "cut short; %s" % self._reason))
        how = self._turns.next_server(now)
        if how is None:
            return self._end(failed_with(self._reason))
        return self._cancel() + self._send(how, now)

    def _send(self, how, now):
        if how is None:
            return self._end(failed_with(self._reason))
        query = self._fares.next_id()
        self._sent[query] = how
        self.deadline = now + (TCP_TIMEOUT if how.tcp else RETRANSMIT)
        return [SendQuery(query, self._name, self._rtype, how.server, how.tcp, self._recurse, how.edns)]

    def _note_edns(self, how, now):
        if how.edns:
            self._fares.hears_edns(how.server)
        elif any(other.edns and other.server == how.server for other in self._sent.values()):
            self._fares.deaf_to_edns(how.server, now)

    def _concluded(self, answer, reason):
        whole = answer.status != "truncated"
        status = answer.status if whole else FOUND
        values = answer.values if status == FOUND else []
        ttl = None if answer.ttl is None else min(self._ttls + [answer.ttl])
        return Result(status, values, ttl, reason, answer.name, answer.extended, whole)

    def _cancel(self):
        gone, self._sent = self.open, {}
        return [CancelQuery(query) for query in gone]

    def _end(self, result):
        self.result = result
        self.deadline = None
        return self._cancel()
