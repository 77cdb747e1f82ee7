"""The endpoints that one peer may have: what each source of its name proposes, and what is known to have worked.

A source is believed as far as its proposals shake hands. *News* is that the same source says another thing than its
baseline: what it said while the peer was answering. What a source says for the first time is no news: with split DNS
a private address inside and a public one in the zone are both right, and stay as they are.
"""

from collections import namedtuple

from ... import ip
from ..names.sources import LISTED, SOURCES

MAX_WORKED = 4
WORKED_FOR = 86400  # seconds that what worked is proposed
MAX_NAMED = 16
ROTATIONS = 2  # changes of a name, each while the old address lived, after which it counts as rotating

# endpoints: list of (address, port); at: when the source began to say so
Said = namedtuple("Said", ("endpoints", "at"))


class Proposals:
    def __init__(self):
        self.said = {}  # source -> Said
        self.last_good = []  # named before the start; of use until DNS answers
        self._baseline = {}  # source -> sorted endpoints
        self._worked = []  # [(endpoint, when it last answered)], the last one first
        self._trusted = ()  # sources that named the endpoint which answered last
        self._tried = {}  # endpoint -> when it was tried; it did not answer since
        self._named = []  # endpoints that a source ever named
        self._rotations = 0

    def remember(self, endpoints):
        """What DNS named before the start."""
        self.last_good = endpoints
        self._named = list(endpoints)
        if endpoints:
            self._baseline[LISTED] = sorted(endpoints)

    def heard(self, source, endpoints, installed, now):
        """A source names these endpoints; a negative answer takes none away: what was named may still work.

        A source that names the installed endpoint agrees with what is: any other word of it is news from then on.
        """
        if installed in endpoints:
            self._baseline[source] = sorted(endpoints)
        before = self.said.get(source)
        if endpoints and (before is None or sorted(before.endpoints) != sorted(endpoints)):
            self.said[source] = Said(endpoints, now)
            self._named = (self._named + [e for e in endpoints if e not in self._named])[-MAX_NAMED:]

    def agree(self, installed):
        """The kernel is found to have this endpoint, or is given it: sources that named it before agree with it."""
        for source in self.said:
            endpoints = self.said[source].endpoints
            if installed in endpoints:
                self._baseline[source] = sorted(endpoints)

    def move_port(self, old, new):
        """The configured port is another one: every source proposes it now."""
        for source in self.said:
            said = self.said[source]
            self.said[source] = Said([(a, new if port == old else port) for a, port in said.endpoints], said.at)
        self.last_good = [(a, new if port == old else port) for a, port in self.last_good]

    def proved(self, installed, since, now):
        """The peer answered from its endpoint at a time after `since`: what the sources said by then is no news."""
        rotated = False
        for source in self.said:
            said = self.said[source]
            if said.at <= since:
                endpoints = sorted(said.endpoints)
                known = self._baseline.get(source)
                rotated = rotated or (known is not None and known != endpoints and installed not in endpoints)
                self._baseline[source] = endpoints
        if rotated:
            self._rotations += 1
        if self._worked and self._worked[0][0] != installed:
            self._rotations = 0  # it moved indeed
        kept = [w for w in self._worked if w[0] != installed and now - w[1] < WORKED_FOR]
        self._worked = ([(installed, now)] + kept)[:MAX_WORKED]
        self._trusted = self._naming(installed) or self._trusted
        self._tried = {}

    def addresses(self):
        """Return the addresses of all endpoints that may be set."""
        found = self.last_good + [endpoint for endpoint, _ in self._worked]
        for source in sorted(self.said):
            found = found + self.said[source].endpoints
        return [address for address, _ in found]

    def found_working(self, installed, at):
        """An endpoint that we find at the start shook hands at a time, as far as the kernel shows."""
        self._worked = self._worked or [(installed, at)]

    def tried(self, endpoint, now):
        """An endpoint is tried, or did not answer."""
        self._tried[endpoint] = now

    def not_tried(self, endpoint):
        """It could not be set."""
        self._tried.pop(endpoint, None)

    def rotating(self):
        """Return whether DNS changes what it names although the address before still answers."""
        return self._rotations >= ROTATIONS

    def news(self, installed, never):
        """Return the endpoints that are news as things stand and were not tried since the last proof, best first.

        installed: the kernel's endpoint; never: whether the tunnel never shook hands, so that any word is news.
        """
        found = []
        for source in SOURCES:
            said, known = self.said.get(source), self._baseline.get(source)
            if said is None or installed in said.endpoints or (known is None and not never):
                continue
            if never or sorted(said.endpoints) != known:
                new = [e for e in said.endpoints if known is None or e not in known]
                found.extend([e for e in new or said.endpoints if e not in found and e not in self._tried])
        return found

    def in_order(self, without, by_family, news=()):
        """Return every proposal, the best first.

        without: addresses that cannot be reached; by_family: whether the IP version that last worked comes before the
        other, and not only the order of the sources counts.
        """
        worked = self.worked()
        proposed = list(news)
        for source in SOURCES:
            proposed.extend(self.said[source].endpoints if source in self.said else [])
        proposed.extend(worked + self.last_good)
        version = ip.family(worked[0][0]) if worked and by_family else None
        ranked, seen = [], set()
        for endpoint in proposed:
            if endpoint in seen or endpoint[0] in without:
                continue
            seen.add(endpoint)
            naming = self._naming(endpoint)
            rank = (
                self._tried.get(endpoint, -1),  # what was tried goes to the back, the longest ago first
                endpoint not in news,
                not any(source in self._trusted for source in naming),
                len(naming) < 2,
                endpoint not in worked,
                version is not None and ip.family(endpoint[0]) != version,
                len(ranked),
            )
            ranked.append((rank, endpoint))
        return [endpoint for _, endpoint in sorted(ranked)]

    def best(self, without, by_family):
        """Return where a dead tunnel is left between two rounds: what worked last, else the best; None for nothing."""
        worked = [endpoint for endpoint, _ in self._worked if endpoint[0] not in without]
        return (worked + self.in_order(without, by_family) + [None])[0]

    def worked(self):
        """Return the endpoints that answered lately, the last one first."""
        return [endpoint for endpoint, _ in self._worked]

    def named(self):
        """Return what DNS names now: as the listed nameservers say, or another source."""
        for source in SOURCES:
            if source in self.said:
                return self.said[source].endpoints
        return []

    def known(self):
        """Return what DNS named last, before the start if not since."""
        return self.named() or self.last_good

    def ever_named(self, endpoint):
        """Return whether a source ever named this endpoint, as far as that is remembered."""
        return endpoint in self._named or bool(self._naming(endpoint))

    def _naming(self, endpoint):
        return tuple([source for source in SOURCES if source in self.said and endpoint in self.said[source].endpoints])
