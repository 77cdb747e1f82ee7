"""One lookup: the whole effort to learn one RRset.

Rules (DESIGN.md section 3): the same server is asked again after RETRANSMIT seconds of silence, the next one after
ATTEMPTS of them or as soon as a server says no; a truncated answer is asked for again over TCP; a CNAME that leaves
the response is followed, at most MAX_ALIASES of them. When no server is left the lookup has failed: that is never an
answer.

The caller drives: `start`, `answered`, `failed` and `timed_out` return actions, `deadline` says when to call
`timed_out`, and `result` is set when it is over.
"""

from collections import namedtuple

from ..actions import CancelQuery, SendQuery
from .rrset import FOUND

RETRANSMIT = 2  # seconds
TCP_TIMEOUT = 5  # seconds, the connection included
ATTEMPTS = 2
MAX_ALIASES = 8

# status: as of RRset, or "failed" with the reason; ttl as DNS gave it, the minimum along the aliases; zone: whose
# servers said so, of a negative answer that tells
Result = namedtuple("Result", ("status", "values", "ttl", "reason", "zone"))


class Lookup:
    def __init__(self, name, rtype, servers, next_id, recurse=True):
        self.result = None
        self.deadline = None
        self.open = []  # ids of the queries that may still be answered
        self._name = name  # moves along the aliases
        self._rtype = rtype
        self._servers = servers
        self._next_id = next_id  # function: the id for a new query
        self._recurse = recurse  # whether the servers are to ask others
        self._server = 0  # index in servers
        self._attempt = 0
        self._tcp = False  # how the last query went out: over TCP nothing has a reason to be truncated
        self._aliases = 0
        self._ttl = None  # the least along the aliases so far
        self._reason = "no nameserver to ask"

    def start(self, now):
        """The first query, or the result "failed" where there is nobody to ask."""
        if not self._servers:
            return self._end(Result("failed", [], 0, self._reason, None))
        return self._send(now, False)

    def answered(self, query, answer, now):
        """A response to one of the open queries."""
        if query not in self.open:
            return []
        if answer.status == "failed":
            return self.failed(query, answer.target, now)
        self.open.remove(query)
        ttl = answer.ttl if self._ttl is None else min(self._ttl, answer.ttl)
        if answer.status != "alias":
            found = answer.status == FOUND
            zone = None if found else answer.target
            return self._end(Result(answer.status, answer.values if found else [], ttl, None, zone))
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            return self._end(Result("failed", [], 0, "more than %d aliases in a row" % MAX_ALIASES, None))
        self._ttl = ttl
        self._name = answer.target
        self._attempt = 0
        return self._cancel() + self._send(now, False)

    def failed(self, query, reason, now):
        """A server said no to one of the open queries, or it could not be sent."""
        if query not in self.open:
            return []
        self.open.remove(query)
        if reason == "truncated" and not self._tcp:
            return self._cancel() + self._send(now, True)
        self._reason = "%s: %s" % (self._servers[self._server], reason)
        return self._next_server(now)

    def timed_out(self, now):
        """The deadline is over and nothing came."""
        if self._attempt < ATTEMPTS:
            return self._send(now, False)
        self._reason = "no answer from %s" % self._servers[self._server]
        return self._next_server(now)

    def cancel(self):
        """Nobody wants the result any more."""
        self.deadline = None
        return self._cancel()

    def _next_server(self, now):
        self._server += 1
        self._attempt = 0
        if self._server == len(self._servers):
            return self._end(Result("failed", [], 0, self._reason, None))
        return self._cancel() + self._send(now, False)

    def _send(self, now, tcp):
        query = self._next_id()
        self.open.append(query)
        self._tcp = tcp
        # over TCP the transport repeats what is lost: one attempt stands for all
        self._attempt = ATTEMPTS if tcp else self._attempt + 1
        self.deadline = now + (TCP_TIMEOUT if tcp else RETRANSMIT)
        return [SendQuery(query, self._name, self._rtype, self._servers[self._server], tcp, self._recurse)]

    def _cancel(self):
        gone, self.open = self.open, []
        return [CancelQuery(query) for query in gone]

    def _end(self, result):
        self.result = result
        self.deadline = None
        return self._cancel()
