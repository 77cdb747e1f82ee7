"""A small world that goes its own way: DNS, WireGuard and sets change at random, and the core has to follow.

`Walk(seed).run()` is one random walk. While it goes on it checks what must hold at every moment; `quiet()` then lets
the world rest until every answer has arrived, and `wanted()` says what the kernel does not hold as it should. The
same seed is the same walk on every interpreter. `python tests/core/simulator.py SEED` prints one.
"""

from binascii import crc32

from answers import alias, found, negative, truncated
from fakes import CHANGES, FakeKernel, netifd
from nametrack import destination, ip
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.core.last_good import Remembered, Saved
from nametrack.core.names.sources import LISTED
from nametrack.core.sets.targets import SERVICES
from nametrack.core.telling import user_include as include
from nametrack.element import full_name, named
from nametrack.wire import services as wire_services
from nametrack.wire import uci

A, NS, CNAME, AAAA = 1, 2, 5, 28
HOSTS = ["h%d.test" % i for i in range(6)]
KEYS = [letter * 42 + "A=" for letter in "PQRS"]
OTHER_KEY = "F" * 42 + "A="  # a peer that nobody asked us to follow
PEERS = [("wg0", KEYS[0], 0), ("wg0", KEYS[1], 1), ("wg0", KEYS[2], 1), ("wg1", KEYS[3], 2)]  # interface, key, host
PBR = "nft inet fw4 pbr_%s_%d_dst_ip_user"
OWN = {
    "nft inet fw4 a4": ("timeout",),
    "nft inet fw4 a6": ("timeout",),
    "ipset b4": (),
    "nft inet fw4 c4": ("interval",),
}
# those of the services: with the interface's name, as pbr and vpn-policy-routing make them
MERGED = ("interval", "merge")
SETS = dict(OWN)
SETS.update({PBR % ("wg", 4): MERGED, PBR % ("wg", 6): MERGED, PBR % ("tun-1", 4): MERGED, PBR % ("tun-1", 6): MERGED})
SETS.update({"ipset tun_1": ("interval", "comment"), "ipset tun_16": ("interval", "comment")})
OTHER_SET = "nft inet fw4 other4"
# name, target, interface, set4, set6, hosts, literals, retain
POLICIES = [
    ("p0", "nftset", "wg", "inet fw4 a4", "inet fw4 a6", (1, 2, 3), ("203.0.113.7",), 100),
    ("p1", "ipset", "wg", "b4", None, (0, 3, 4), ("203.0.113.8",), 40),
    ("p2", "nftset", "wg", "inet fw4 a4", None, (3, 5), (), 160),
    ("p3", "nftset", "wg", "inet fw4 c4", None, (4, 5), ("198.51.100.0/29",), 60),
    ("p4", "pbr", "wg", None, None, (1, 2, 5), ("203.0.113.16/29",), 50),
    ("p5", "auto", "tun-1", None, None, (0, 3), (), 30),
]
# what others put into sets with auto-merge: no edge of a prefix is an address that a name may have
FOREIGN_RANGES = ("198.51.100.0/29", "198.51.100.8/29", "198.51.100.0/28", "198.51.100.64-198.51.100.70")
MIN_TTL, MAX_TTL = 10, 120
SERVERS = ["127.0.0.1", "192.0.2.53"]
WAN_SERVER = "192.0.2.54"  # that the WAN learnt
ZONE, ZONE_NAME, ZONE_SERVER = "test", "ns.test", "192.0.2.99"  # the zone of all hosts, and its server
EVERY_SERVER = SERVERS + [WAN_SERVER, ZONE_SERVER]
# name, device, nameservers, metric4, metric6
WANS = [("wan", "eth1", [WAN_SERVER], 0, 0), ("wanb", "eth2", [], 10, None)]
ALIVE_FOR = 180
SLACK = 2  # seconds: what whole seconds in files and listings round away
REST = 1500  # seconds: longer than any back-off, TTL and retain together


class Broken(Exception):
    """An invariant does not hold; the text says which, when and in what walk."""


class Lcg:
    """A linear congruential generator, for MicroPython's `random` differs from CPython's."""

    def __init__(self, seed):
        self._state = seed & 0x7FFFFFFF
        for _ in range(4):
            self.below(2)

    def below(self, n):
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._state >> 8) % n

    def one_of(self, values):
        return values[self.below(len(values))]

    def chance(self, percent):
        return self.below(100) < percent

    def fraction(self):
        return self.below(1024) / 1024


def addresses(texts):
    """The numbers of every address in some elements, of which there are few."""
    found = set()
    for text in texts:
        _, number, last = ip.span(text)
        while number <= last:  # not a range: MicroPython's holds no numbers of IPv6
            found.add(number)
            number += 1
    return found


def lost(copy, records):
    """What some records tell that is not in the copy, the times aside that pass anyway."""
    held = essence(copy)
    return sorted([str(known) for known in essence(records) if known not in held])


def essence(records):
    found = set()
    for record in Remembered(records).records():
        if hasattr(record, "named"):
            found.update([(record.host, str(key), record.named) for key in record.keys])
        elif hasattr(record, "ports"):
            found.add((record.host, tuple(sorted(record.keys)), "endpoints"))
        elif "tun_1" not in record.set:  # in these the kernel tells which elements are ours
            found.update([(record.set, str(key), record.what) for key in record.keys])
    return found


class Walk:
    """`restarts`: whether the agent is stopped and started too; then nothing refuses to be written, and others add
    only addresses that no name of ours has, since what is ours is not known beyond the last-good file."""

    def __init__(self, seed, restarts=False):
        self.seed = seed
        self.restarts = restarts
        self.random = Lcg(seed)
        self.kernel = FakeKernel()
        self.now = 0
        self.trace = []
        self.pending = []  # (at, order, event)
        self.order = 0
        self.last_word = {}  # interface or set -> when its last answer comes
        self.shown = {}  # (interface, public key) -> endpoints that the agent was shown: they may have worked
        self.saved = []  # records of the file
        self.shared = []  # those of its copy
        self.truth = {}  # host -> {rtype: addresses}
        self.modes = {}  # server -> how it answers
        self.queries = {}  # id of an open query -> (host, rtype)
        self.named = {}  # (host, rtype) -> addresses of the last answer
        self.unnamed = {}  # (host, address) -> when DNS ceased to name it
        self.joined = {}  # (policy index, host) -> since when the policy has the host
        self.candidates = {}  # host -> what the listed nameservers named last, empty answers aside
        self.ever_named = {}  # host -> what any source named
        self.asked = {}  # (name key, rtype) -> (question, asked_at, whether it ended, whether it was answered)
        self.foreign = {name: set() for name in SETS}
        self.baked = {}  # set of pbr -> the elements that its file in the firewall's rules has
        self.peers_on = [True] * len(PEERS)
        self.policies_on = [True] * len(POLICIES)
        self.without = set()  # (policy index, host index) left out of the configuration
        self.port = 51820
        self.swapped = False
        self.alive = False
        for host in HOSTS:
            self.move(host)
        for server in EVERY_SERVER:
            self.modes[server] = "found"
        for name, device, nameservers, metric4, metric6 in WANS:
            self.kernel.netifd[name] = netifd(name, "dhcp", device, nameservers, metric4, metric6)
        self.kernel.netifd["wg0"] = netifd("wg0", "wireguard", "wg0", ["10.9.0.1"], 0, 0)
        for interface, key, _ in PEERS:
            self.kernel.peer(interface, key)
        self.other_peer()
        for name in OWN:
            self.kernel.make_set(name, SETS[name])
        for name in SERVICES:
            include_section = uci.Section("include", "nametrack", False, {}, 1)
            self.kernel.services[name] = wire_services.configured(name, [include_section])
        self.kernel.make_set(OTHER_SET, ())
        self.kernel.sets[OTHER_SET]["elements"]["198.51.100.1"] = None
        self.agent = Agent(self.random.fraction)

    # -- the walk ------------------------------------------------------------------------------------------------

    def run(self, steps=60):
        if self.agent.config is None:
            self.load()
        steps_known = STEPS + (RESTART_STEPS if self.restarts else REFUSAL_STEPS)
        for _ in range(steps):
            self.advance(self.now + self.random.one_of((0, 0.25, 1, 2, 5, 11, 30, 61)))
            step = self.random.one_of(steps_known)
            self.say("-- " + step)
            getattr(self, step)()
        return self

    def quiet(self):
        """The world rests: everything is there, answers and refuses nothing, until all timers have run."""
        self.kernel.refusals = []
        for server in EVERY_SERVER:
            self.modes[server] = "found"
        for name, _, _, _, _ in WANS:
            self.wan(name, True)
        for name in sorted(SETS):
            held = self.kernel.sets.get(name)
            if held is not None and (held["merge"] != ("merge" in SETS[name]) or held["family"] is None):
                self.kernel.sets.pop(name)
            if name not in self.kernel.sets and "tun" not in name:
                self.make_set(name, SETS[name])
                self.notice(name)
        self.alive = self.random.chance(50)
        self.disturb(50)
        end = self.now + REST
        while self.now < end:
            for interface, key, host in PEERS if self.alive else ():
                peer = self.kernel.interfaces.get(interface, {}).get(key)
                if peer is None or not peer["address"]:
                    continue
                if self.is_there(peer, host):
                    self.answer(peer)
                else:
                    peer["tx"] += 148
            self.advance(self.now + (20 if self.alive else 100))
        return self

    def is_there(self, peer, host):
        """Whether the peer's endpoint is where its house is."""
        truth = self.truth[HOSTS[host]]
        return peer["address"] in truth[A] + truth[AAAA] and peer["port"] == self.port

    def text(self):
        return "\n".join(self.trace)

    def digest(self):
        """Of what is done and when; what is said about it may be put into other words."""
        done = [line for line in self.trace if line.split(" ")[1] not in ("log", "notify")]
        return crc32("\n".join(done).encode())

    def say(self, text):
        self.trace.append("%d %s" % (int(self.now * 1000 + 0.5), text))

    def broken(self, what):
        raise Broken("seed %d, restarts %s, at %s: %s" % (self.seed, self.restarts, self.now, what))

    def advance(self, to):
        while True:
            due = self.agent.next_timer()
            if due is not None and due < self.now:
                self.broken("a timer at %s" % due)
            at = due
            if self.pending and (due is None or self.pending[0][0] <= due):
                at = self.pending[0][0]
            if at is None or at > to:
                break
            self.now = max(self.now, at)
            if self.pending and self.pending[0][0] == at:
                self.feed(self.pending.pop(0)[2])
            else:
                self.take(self.agent.handle_timer(self.now))
        self.now = to

    def feed(self, event):
        """One event into the core; what DNS said is noted, for the checks."""
        failed_or_empty = False
        if isinstance(event, on.PeersRead):
            for peer in event.peers:
                self.shown.setdefault((event.interface, peer.public_key), set()).add((peer.address, peer.port))
        if isinstance(event, (on.QueryAnswered, on.QueryFailed)):
            if event.id not in self.queries:
                before = len(self.trace)
                self.take(self.agent.handle(event, self.now))
                if len(self.trace) > before:
                    self.broken("an answer to a query that is over had an effect")
                return
            host, rtype = self.queries.pop(event.id)
            if isinstance(event, on.QueryAnswered):
                self.ever_named.setdefault(host, set()).update(event.answer.values)
            if rtype not in (A, AAAA) or host not in HOSTS or not self.listed(event.id):
                return self.take(self.agent.handle(event, self.now))
            if isinstance(event, on.QueryFailed):
                failed_or_empty = True
            elif event.answer.status not in ("alias", "truncated"):
                self.learn(host, rtype, event.answer.values)
                failed_or_empty = not event.answer.values
        working = self.working() if failed_or_empty else ()
        actions = self.agent.handle(event, self.now)
        for action in actions:
            if isinstance(action, do.SetEndpoint) and (action.interface, action.public_key) in working:
                self.broken("a failed or empty lookup changed a working endpoint: %s" % do.text(action))
        self.take(actions)

    def listed(self, query):
        """Whether this was asked of the listed nameservers: what policies want comes of them alone."""
        return self.agent.resolver._queries[query][1].source == LISTED

    def take(self, actions):
        """Carries out what the core ordered; the answers of the kernel come at once or a little later."""
        for action in actions:
            if isinstance(action, do.GlanceNft):
                event = self.kernel.perform(action, self.now)
                if event is not None:
                    self.feed(event)
                continue
            if isinstance(action, do.GlanceSet):
                self.in_turn(action.set, self.kernel.perform(action, self.now), 0)
                continue
            if isinstance(action, do.ShareLastGood):
                self.shared = list(action.records())
                continue
            if isinstance(action, do.Remember):
                self.shared.extend(action.records)
                continue
            self.say(do.text(action))
            if isinstance(action, do.ReadServices):
                self.later(self.kernel.perform(action, self.now), 0)  # files: read before any set is listed
                continue
            if isinstance(action, do.SendQuery):
                self.queries[action.id] = (action.name.replace("edge-", ""), action.rtype)
                self.reply(action)
            elif isinstance(action, do.CancelQuery):
                self.queries.pop(action.id, None)
            elif isinstance(action, do.SaveLastGood):
                self.saved = list(action.records())
                self.shared.append(Saved(action.essence))
            elif isinstance(action, (do.SetEndpoint,) + CHANGES):
                self.watch(action)
            event = self.kernel.perform(action, self.now)
            if event is not None:
                self.in_turn(action[0], event, self.random.one_of((0, 0, 0.05, 0.3)))
        self.watch_questions()

    def in_turn(self, target, event, delay):
        """What one interface or set has to say comes in the order in which it was asked."""
        at = max(self.now + delay, self.last_word.get(target, 0))
        self.last_word[target] = at
        self.later(event, at - self.now)

    def later(self, event, delay):
        self.order += 1
        self.pending.append((self.now + delay, self.order, event))
        self.pending.sort(key=lambda entry: entry[:2])

    def reply(self, query):
        """What the nameserver makes of a query."""
        server = query.server.partition("@")[0]
        mode = self.modes[server]
        if mode == "mixed":
            mode = self.random.one_of(("found", "nodata", "failed", "silent", "truncated", "alias", "rejected", "lie"))
        if server == ZONE_SERVER and query.recurse:
            self.broken("a server of the zone is asked to ask others: %s" % do.text(query))
        delay = self.random.one_of((0.01, 0.05, 0.5, 2.5))
        ttl = self.random.one_of((0, 15, 60, 9999))
        name = query.name.replace("edge-", "")
        zone = {(ZONE, NS): [ZONE_NAME], (ZONE_NAME, A): [ZONE_SERVER]}
        values = (
            self.truth[name][query.rtype]
            if (name in HOSTS and query.rtype != CNAME)
            else zone.get((name, query.rtype), [])
        )
        if mode == "silent":
            return
        if mode == "failed":
            self.later(on.QueryFailed(query.id, "SERVFAIL"), delay)
        elif mode == "truncated" and not query.tcp:
            self.later(on.QueryAnswered(query.id, truncated([])), delay)
        elif mode == "alias" and not query.name.startswith("edge-"):
            self.later(on.QueryAnswered(query.id, alias("edge-" + query.name, ttl)), delay)
        elif mode in ("nxdomain", "nodata") or not values:
            status = "nxdomain" if mode == "nxdomain" else "nodata"
            self.later(on.QueryAnswered(query.id, negative(status, ttl, ZONE)), delay)
        else:
            if mode == "rejected":
                self.later(on.AnswerRejected(query.id, "another id"), delay)
            lie = ["127.0.0.1"] if mode == "lie" and query.rtype == A else []
            self.later(on.QueryAnswered(query.id, found(lie + values, ttl)), delay)

    # -- what must hold at every moment --------------------------------------------------------------------------

    def watch(self, action):
        if isinstance(action, do.SetEndpoint):
            if action.detour in ("wg0", "wg1"):
                self.broken("%s leads through the tunnel itself" % do.text(action))
            if action.detour is not None and self.agent.interfaces.known[action.detour].device is None:
                self.broken("%s leads nowhere" % do.text(action))
            for i in range(len(PEERS)):
                if PEERS[i][:2] == (action.interface, action.public_key) and self.peers_on[i]:
                    if (action.address, action.port) in self.shown.get((action.interface, action.public_key), ()):
                        return
                    host = HOSTS[PEERS[i][2]]
                    known = self.ever_named.get(host, ())
                    saved = [ip.element(key) for one in self.saved if one.host == host for key in one.keys]
                    if action.address not in known and action.address not in saved:
                        self.broken("%s is not what DNS names: %s" % (do.text(action), known))
                    if action.port != self.port:
                        self.broken("%s has another port" % do.text(action))
                    return
            self.broken("%s is about a peer that is not ours" % do.text(action))
        elif isinstance(action, CHANGES):
            self.watch_change(action)

    def watch_change(self, action):
        """Of what a set held only what is ours goes, and not before its time."""
        name = full_name(action.set)
        if name not in SETS:
            self.broken("%s is about a set that is not ours" % do.text(action))
        deleted = [element.address for element in action.deleted]
        stays = [a for a in self.kernel.sets.get(name, {"elements": ()})["elements"] if a not in deleted]
        lost = addresses(deleted) - addresses(
            [element.address for element in list(action.added) + list(action.others)] + stays
        )
        foreign = lost & addresses(self.foreign[name])
        version = 6 if name.endswith("6") or "_6_" in name else 4
        if foreign:
            self.broken("%s: %s is another program's" % (do.text(action), ip.from_number(min(foreign), version)))
        for number in lost:
            if self.due_until(name, ip.from_number(number, version)) > self.now + SLACK:
                self.broken("%s: too early for %s" % (do.text(action), ip.from_number(number, version)))

    def watch_questions(self):
        """Nothing that was answered is asked again within MIN_TTL, and nothing that failed within 2 s."""
        names = self.agent.resolver.names
        for key in names:
            for rtype in names[key].questions:
                question = names[key].questions[rtype]
                known = self.asked.get((key, rtype))
                if known is None or known[0] is not question:
                    known = (question, question.asked_at, False, False)
                elif question.asked_at != known[1]:
                    _, asked_at, _, answered = known
                    gap = question.asked_at - (asked_at or 0)
                    if asked_at is not None and gap < (MIN_TTL if answered else 2) - 0.001:
                        self.broken("%s asked again after %s s" % (key[0], gap))
                    known = (question, question.asked_at, False, False)
                if not known[2] and question.lookup is None and question.tried():
                    known = (question, known[1], True, question.failures == 0)
                self.asked[key, rtype] = known

    def due_until(self, set_name, address):
        """Until when an address must stay in a set: for ever while one of the set's hosts is named so."""
        best = 0
        for i, _, hosts, literals, retain in self.filling(set_name):
            if address in literals:
                return 1 << 40
            for host in hosts:
                if address in self.named.get((host, A), ()) or address in self.named.get((host, AAAA), ()):
                    return 1 << 40
                if self.unnamed.get((host, address), -1) > self.joined.get((i, host), 1 << 40):
                    best = max(best, self.unnamed[host, address] + retain)
        return best

    def working(self):
        """The peers whose endpoint is what DNS names and whose tunnel lives."""
        found = set()
        for interface, key, host in PEERS:
            peer = self.kernel.interfaces.get(interface, {}).get(key)
            if peer is None or not peer["address"] or self.wall() - peer["handshake"] > ALIVE_FOR - 10:
                continue
            if (HOSTS[host], AAAA) not in self.named or (HOSTS[host], A) not in self.named:
                continue
            if peer["address"] in self.candidates.get(HOSTS[host], ()) and peer["port"] == self.port:
                reading = self.agent.peers.peers.get((interface, key))
                # what the agent has not read yet it cannot know
                if reading is not None and reading.reading is not None and reading.tunnel.owed_since is None:
                    if reading.reading.last_handshake == peer["handshake"]:
                        if reading.installed == (peer["address"], peer["port"]):
                            found.add((interface, key))
        return found

    def learn(self, host, rtype, values):
        usable = [a for a in values if destination.unusable(a) is None]
        for address in self.named.get((host, rtype), ()):
            if address not in usable:
                self.unnamed[host, address] = self.now
        self.named[host, rtype] = usable
        both = self.named.get((host, AAAA), []) + self.named.get((host, A), [])
        if both:
            whole = (host, AAAA) in self.named and (host, A) in self.named
            self.candidates[host] = both if whole else both + self.candidates.get(host, [])

    # -- what the kernel should hold -----------------------------------------------------------------------------

    def filling(self, set_name):
        """[(index, policy, hosts, literals, retain)] of the policies that fill a set."""
        found = []
        for i in range(len(POLICIES)):
            name, target, interface, set4, set6, hosts, literals, retain = POLICIES[i]
            if target in ("nftset", "ipset"):
                kind = "nft " if target == "nftset" else "ipset "
                sets = (kind + set4, kind + (set6 or ""))
            elif target == "pbr":
                sets = (PBR % (interface, 4), PBR % (interface, 6))
            else:
                sets = self.auto_sets(name)
            if self.policies_on[i] and set_name in sets:
                named = [HOSTS[h] for h in hosts if (i, h) not in self.without]
                found.append((i, name, named, literals, retain))
        return found

    def auto_sets(self, name):
        """The sets that an `auto` policy fills: pbr's where they are or were, else vpn-policy-routing's."""
        policy = self.agent.policies.policies.get(name)
        target = None if policy is None else policy.target
        if PBR % ("tun-1", 4) in self.kernel.sets:
            return (PBR % ("tun-1", 4), PBR % ("tun-1", 6))
        return () if target is None else tuple([full_name(name) for name in target.sets.values()])

    def is_idle(self, name):
        """Whether the `auto` policy might fill it and does not: it is left as it is."""
        policy = self.agent.policies.policies.get("p5")
        return policy is not None and (policy.target is None or named(name) not in policy.target.sets.values())

    def wanted(self):
        """What is not as it should be, once the world is quiet: a list of sentences."""
        wrong = []
        for name in sorted(SETS):
            self.kernel.perform(do.ListSet(named(name)), self.now)
            if name in self.kernel.sets and not ("tun" in name and self.is_idle(name)):
                wrong.extend(self.wanted_in(name, self.kernel.sets[name]))
        for i in range(len(PEERS)):
            interface, key, host = PEERS[i]
            peer = self.kernel.interfaces.get(interface, {}).get(key)
            if peer is None or not self.peers_on[i] or not any(self.truth[HOSTS[host]].values()):
                continue
            if peer["address"] is None or (self.alive and not self.is_there(peer, host)):
                text = "%s %s has %s:%d, not of %s"
                wrong.append(text % (interface, key[:2], peer["address"], peer["port"], self.truth[HOSTS[host]]))
        other = self.kernel.interfaces.get("wg0", {}).get(OTHER_KEY)
        if other is not None and (other["address"], other["port"]) != ("198.51.100.1", 1):
            wrong.append("the other peer was touched")
        if self.kernel.sets[OTHER_SET]["elements"] != {"198.51.100.1": None}:
            wrong.append("the other set was touched")
        if lost(self.shared, self.agent.memory.records(self.now)):
            wrong.append("the copy lacks %s" % lost(self.shared, self.agent.memory.records(self.now)))
        return wrong

    def wanted_in(self, name, held):
        wanted = set()
        for _, _, hosts, literals, _ in self.filling(name):
            wanted.update([a for a in literals if "/" not in a or held["interval"]])
            for host in hosts:
                wanted.update(self.truth[host][AAAA if held["family"] == 6 else A])
        wanted = addresses([a for a in wanted if ip.family(a) == held["family"]])
        there, foreign, left = addresses(held["elements"]), addresses(self.foreign[name]), set()
        for number in there - wanted - foreign:
            # what lies within a full block of addresses may be a prefix of others, as far as anybody can see: it stays
            blocks = [set(range(number // size * size, number // size * size + size)) for size in (4, 8, 16)]
            if not held["merge"] or not any(block <= there and block & foreign for block in blocks):
                left.add(number)
        found = (("misses", wanted - there), ("still has", left), ("lost the foreign", foreign - there))
        family = 6 if name.endswith("6") or "_6_" in name else 4
        return ["%s %s %s" % (name, what, ip.from_number(min(some), family)) for what, some in found if some]

    # -- what can happen -----------------------------------------------------------------------------------------

    def wall(self):
        return 1795400000 + self.now

    def address(self):
        return "198.51.100.%d" % self.random.one_of((1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14))

    def move(self, host=None):
        host = host or self.random.one_of(HOSTS)
        v4 = sorted(set([self.address() for _ in range(self.random.one_of((0, 1, 1, 1, 2, 3)))]))
        v6 = sorted(set(["2001:db8::%x" % (1 + self.random.below(9)) for _ in range(self.random.one_of((0, 0, 1, 2)))]))
        self.truth[host] = {A: v4, AAAA: v6}

    def wan(self, name, up):
        """A way out goes or comes, and netifd says so."""
        for each, device, nameservers, metric4, metric6 in WANS:
            if each == name and up:
                self.kernel.netifd[name] = netifd(name, "dhcp", device, nameservers, metric4, metric6)
            elif each == name:
                self.kernel.netifd[name] = netifd(name, "dhcp", None)
        self.feed(on.InterfaceUp(name) if up else on.InterfaceDown(name))

    def wan_goes_or_comes(self):
        self.wan(self.random.one_of(("wan", "wanb")), self.random.chance(60))

    def dns_changes(self):
        modes = ("found", "found", "mixed", "mixed", "nodata", "nxdomain", "failed", "silent")
        self.modes[self.random.one_of(EVERY_SERVER)] = self.random.one_of(modes)

    def some_peer(self):
        interface, key, _ = self.random.one_of(PEERS)
        return self.kernel.interfaces.get(interface, {}).get(key)

    def answer(self, peer):
        peer["rx"] += 500
        peer["tx"] += 500
        peer["handshake"] = int(self.wall())

    def peer_answers(self):
        peer = self.some_peer()
        if peer is not None:
            self.answer(peer)

    def peer_is_silent(self):
        peer = self.some_peer()
        if peer is not None:
            peer["tx"] += self.random.one_of((32, 148, 5000))

    def peer_roams(self):
        peer = self.some_peer()
        if peer is not None:
            peer["address"], peer["port"] = "203.0.113.%d" % (100 + self.random.below(9)), 40000
            self.answer(peer)

    def peer_comes_or_goes(self):
        interface, key, _ = self.random.one_of(PEERS)
        peers = self.kernel.interfaces.get(interface)
        if peers is not None and key in peers:
            peers.pop(key)
        else:
            self.kernel.peer(interface, key)["keepalive"] = self.random.one_of((0, 25))

    def interface_goes(self):
        interface = self.random.one_of(("wg0", "wg1"))
        self.kernel.interfaces.pop(interface, None)
        if self.random.chance(50):
            self.feed(on.InterfaceDown(interface))

    def interface_comes(self):
        interface = self.random.one_of(("wg0", "wg1"))
        for of, key, _ in PEERS:
            if of == interface:
                self.kernel.peer(interface, key)
        if interface == "wg0":
            self.other_peer()
        if self.random.chance(50):
            self.feed(on.InterfaceUp(interface))

    def other_peer(self):
        other = self.kernel.peer("wg0", OTHER_KEY)
        other["address"], other["port"] = "198.51.100.1", 1

    def make_set(self, name, flags):
        self.kernel.make_set(name, flags)
        self.foreign[name] = set()

    def disturb(self, percent):
        if self.random.chance(percent):
            self.feed(on.SetsDisturbed("somebody"))

    def notice(self, name):
        """The kernel counts every change of an nft set, and says nothing of an ipset."""
        if name.startswith("nft "):
            self.kernel.nft_changed = True
        else:
            self.disturb(30)

    def set_flushed(self):
        name = self.random.one_of(sorted(SETS))
        if name in self.kernel.sets:
            self.kernel.sets[name]["elements"] = {}
            self.kernel.sets[name]["marked"] = set()
            self.foreign[name] = set()
            self.notice(name)

    def set_deleted(self):
        name = self.random.one_of(sorted(SETS))
        if self.kernel.sets.pop(name, None) is not None:
            self.foreign[name] = set()
            self.notice(name)

    def set_made(self):
        name = self.random.one_of(sorted(OWN))
        if name.startswith("ipset"):
            flags = self.random.one_of(((), ("timeout",)))
        else:
            flags = self.random.one_of(((), ("timeout",), ("interval",), ("timeout", "interval")))
        self.make_set(name, flags)
        self.notice(name)

    def set_of_another_kind(self):
        name = self.random.one_of(sorted(SETS))
        self.make_set(name, MERGED if name.startswith("nft ") else ("interval",))
        if self.random.chance(50):
            self.kernel.sets[name]["family"] = None
        self.notice(name)

    def pbr_reloads(self):
        """Its sets go and come back with what other user files print; without `ipv6_enabled` the twin stays away."""
        interface = self.random.one_of(("wg", "tun-1"))
        kept = {}
        for family in (4, 6):
            name = PBR % (interface, family)
            kept[name] = self.foreign[name]
            if self.kernel.sets.pop(name, None) is not None:
                self.foreign[name] = set()
                self.notice(name)
        if self.random.chance(20):
            return  # stopped
        if self.random.chance(50):
            self.advance(self.now + self.random.one_of((0.2, 2)))
        for family in (4, 6) if self.random.chance(50) else (4,):
            name = PBR % (interface, family)
            self.make_set(name, MERGED)
            self.foreign[name] = kept[name]
            self.baked[name] = sorted(kept[name])
            for address in self.baked[name]:
                self.kernel.add(name, address)
            self.notice(name)

    def firewall_reloads(self):
        """What pbr's file in the rules has is added again, also what was deleted since."""
        for name in sorted(self.baked):
            if name in self.kernel.sets and self.kernel.sets[name]["merge"]:
                for address in self.baked[name]:
                    self.kernel.add(name, address)
                    self.foreign[name].add(address)
                self.notice(name)

    def vpn_policy_routing_reloads(self):
        printed = self.included()
        if self.random.chance(30):
            self.kernel.sets.pop("ipset tun_16", None)
        for name in ("ipset tun_1", "ipset tun_16"):
            if name == "ipset tun_1" or self.random.chance(50):
                # an address that two want belongs to whoever adds it first
                foreign = self.foreign[name] - set(printed.get(name, []))
                self.make_set(name, SETS[name])
                self.foreign[name] = foreign
                for address in printed.get(name, []):
                    self.kernel.add(name, address, True)
                for address in sorted(foreign):
                    self.kernel.add(name, address)

    def included(self):
        """What `nametrack include vpn-policy-routing` prints; for `auto` nothing where pbr is enabled."""
        policy = self.agent.policies.policies.get("p5")
        services = {}
        if policy is not None and policy.target != policy.candidates[1]:
            services = {
                "pbr": wire_services.configured("pbr", [uci.Section("pbr", "config", False, {"enabled": "1"}, 1)])
            }
        remembered = Remembered(self.agent.memory.records(self.now))
        made = include.contents("vpn-policy-routing", self.agent.config, remembered, services, lambda name: True)
        return {name: [ip.element(key) for key in keys] for name, keys in made}

    def foreign_element(self):
        name = self.random.one_of(sorted(SETS))
        held = self.kernel.sets.get(name)
        if held is None or held["family"] != 4:
            return
        if held["merge"]:
            return self.foreign_range(name, held)
        shared = not self.restarts and self.random.chance(50)
        address = self.address() if shared else "198.18.0.%d" % self.random.below(50)
        self.kernel.perform(do.ListSet(named(name)), self.now)
        known = self.agent.policies.sets.by_name.get(named(name))
        ours = known is not None and (known.work.waits() or known.work.contents.has(ip.key(address)))
        if shared and (ours or name in self.moving()):
            return  # one that it added and somebody took away unnoticed: nobody could tell whose it is
        if address not in held["elements"]:
            self.kernel.add(name, address)
            self.foreign[name].add(address)
            self.notice(name)
            self.disturb(100 if shared else 50)  # told of it, or it could not know whose it is

    def foreign_range(self, name, held):
        """Next to, overlapping or containing what is ours; nobody can see what ours covers already."""
        single = "198.51.100.%d" % self.random.one_of((2, 5, 9, 12, 30, 31, 90))
        text = single if not self.restarts and self.random.chance(50) else self.random.one_of(FOREIGN_RANGES)
        if not addresses([text]) & addresses(held["elements"]) - addresses(self.foreign[name]) or text != single:
            self.kernel.add(name, text)
            self.foreign[name].add(text)
            self.notice(name)

    def moving(self):
        """The sets that an auto policy fills or might fill: what is ours in them changes with its target."""
        return [name for name in SETS if "tun" in name]

    def endpoint_refused(self):
        reason = self.random.one_of(("no route", "no route", "Device or resource busy"))
        self.kernel.refusals.append(("set_endpoint wg%d" % self.random.below(2), reason))

    def set_refused(self):
        what = self.random.one_of(("add ", "delete ", "replace ", "list_set "))
        self.kernel.refusals.append((what, "Device or resource busy"))
        self.disturb(30)

    def reading_refused(self):
        self.kernel.refusals.append(("read_peers wg0", "Operation not permitted"))

    def refreshed(self):
        self.feed(on.RefreshRequested(self.random.one_of([None] + HOSTS)))

    def disturbed(self):
        self.disturb(100)

    def reload(self):
        for _ in range(1 + self.random.below(3)):
            what = self.random.below(6)
            if what == 0:
                self.flip(self.peers_on)
            elif what == 1:
                self.flip(self.policies_on)
            elif what < 4:
                policy = self.random.below(len(POLICIES))
                left_out = (policy, self.random.one_of(POLICIES[policy][5][1:]))  # one stays
                if left_out in self.without:
                    self.without.discard(left_out)
                else:
                    self.without.add(left_out)
            elif what == 4:
                self.port = 51820 + self.random.below(2)
            else:
                self.swapped = not self.swapped
                self.unname()
        self.load()

    def flip(self, switches):
        i = self.random.below(len(switches))
        switches[i] = not switches[i]

    def restart(self):
        self.advance(
            self.now + 1.113
        )  # what a reload ordered is done: sets of removed policies are not looked at again
        self.take(self.agent.stop(self.now))
        self.pending = []
        self.queries = {}
        self.asked = {}
        self.unname()
        self.agent = Agent(self.random.fraction)
        self.feed(on.LastGoodRead(self.shared, False, None))
        self.load()

    def unname(self):
        """Whoever is asked from now on has named nothing yet: what was named starts its `retain`."""
        for host, rtype in self.named:
            for address in self.named[host, rtype]:
                self.unnamed[host, address] = self.now
        self.named = {}

    def load(self):
        """The configuration as it is now goes in; of hosts that are not in it nothing is known any more."""
        followed = set([HOSTS[PEERS[i][2]] for i in range(len(PEERS)) if self.peers_on[i]])
        in_policies, joined = set(), {}
        for name in SETS:
            for i, _, hosts, _, _ in self.filling(name):
                in_policies.update(hosts)
                for host in hosts:
                    joined[i, host] = self.joined.get((i, host), self.now)
        self.joined = joined
        for host in HOSTS:
            if host not in followed | in_policies:
                self.named.pop((host, A), None)
                self.named.pop((host, AAAA), None)
            for known, address in list(self.unnamed):
                if known == host and host not in in_policies:
                    del self.unnamed[known, address]
        sections, problems = uci.parse(self.nametrack())
        network, more = uci.parse(self.network())
        config = configuration.build(sections, network, [p.text for p in problems + more])
        if config.errors:
            self.broken("the configuration: %s" % config.errors)
        self.feed(on.ConfigLoaded(config))
        if not self.agent.interfaces.known:
            self.feed(on.BusConnected("network.interface"))

    def nametrack(self):
        servers = [SERVERS[1], SERVERS[0]] if self.swapped else SERVERS
        lines = ["config nametrack 'global'", "\tlist nameserver '%s'" % servers[0]]
        lines.extend(["\tlist fallback_nameserver '%s'" % server for server in (servers[1], "wan")])
        lines.extend(["\toption min_ttl '%d'" % MIN_TTL, "\toption max_ttl '%d'" % MAX_TTL])
        for i in range(len(POLICIES)):
            name, target, interface, set4, set6, hosts, literals, retain = POLICIES[i]
            lines.extend(["config policy '%s'" % name, "\toption interface '%s'" % interface])
            lines.append("\toption target '%s'" % target)
            lines.append("\toption enabled '%d'" % self.policies_on[i])
            lines.append("\toption retain '%d'" % retain)
            if set4 is not None:
                lines.append("\toption set4 '%s'" % set4)
            if set6 is not None:
                lines.append("\toption set6 '%s'" % set6)
            given = [HOSTS[h] for h in hosts if (i, h) not in self.without]
            for host in given + list(literals):
                lines.append("\tlist host '%s'" % host)
        return "\n".join(lines) + "\n"

    def network(self):
        lines = []
        for i in range(len(PEERS)):
            interface, key, host = PEERS[i]
            lines.extend(["config wireguard_%s" % interface, "\toption public_key '%s'" % key])
            lines.append("\toption disabled '%d'" % (not self.peers_on[i]))
            lines.extend(["\toption endpoint_host '%s'" % HOSTS[host], "\toption endpoint_port '%d'" % self.port])
        lines.extend(["config wireguard_wg0", "\toption public_key '%s'" % OTHER_KEY])
        lines.append("\toption endpoint_host '198.51.100.1'")
        return "\n".join(lines) + "\n"


STEPS = [
    "move", "move", "move", "dns_changes", "dns_changes", "dns_changes", "peer_answers", "peer_answers",
    "peer_is_silent", "peer_is_silent", "peer_roams", "peer_comes_or_goes", "interface_goes", "interface_comes",
    "interface_comes", "wan_goes_or_comes", "set_flushed", "set_deleted", "set_made", "foreign_element",
    "foreign_element", "foreign_element", "pbr_reloads", "pbr_reloads", "firewall_reloads",
    "vpn_policy_routing_reloads", "refreshed", "disturbed", "reload", "reload", "reload",
]  # fmt: skip
REFUSAL_STEPS = [
    "endpoint_refused",
    "endpoint_refused",
    "set_refused",
    "set_refused",
    "reading_refused",
    "set_of_another_kind",
]
RESTART_STEPS = ["restart", "restart"]


if __name__ == "__main__":
    import sys

    walk = Walk(int(sys.argv[1]), len(sys.argv) > 2)
    try:
        before = walk.run().digest()
        walk.quiet()
    finally:
        print(walk.text())
    print("digest after the rest: %d, before it: %d" % (walk.digest(), before))
    print("\n".join(walk.wanted()))
