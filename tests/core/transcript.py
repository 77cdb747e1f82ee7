"""Runs a transcript: a document that says what goes into the core and what must come out.

    Prose: one sentence of what it pins.
    -- network --      /etc/config/network            -- last good --   host address named|seconds
    -- before --       `<` lines that hold before the configuration is read
    -- file PATH --    a file of hosts; given again later, it is another
    -- firewall --     /etc/config/firewall            -- cron --        the scheduled tasks
    -- quiet --        what is changed in the kernel's routing and in flows is not written down
    -- config --       /etc/config/nametrack; given again later, it is read again, and so are the files
    -- at SECONDS --   the clock is moved there, through every timer on the way; then follow
    < what happens, and what the kernel holds (see `feed`); `< says SERVER …` answers all its questions from then on
    > what comes out, all of it, in this order
    -- kernel --       what the kernel holds in the end

Readings of peers and listings of sets are answered by the fake kernel at once and are not written down. A public key
stands as its first four characters. `python tests/core/transcript.py FILE…` writes the `>` lines anew, to be read
before they are committed.
"""

from fakes import WALL, FakeKernel, netifd
from nametrack import ip
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration, firewall
from nametrack.core.config.lists import with_lists
from nametrack.core.config.policy_values import listed_host
from nametrack.core.last_good import ADDED, Known, Owned, Saved, essence
from nametrack.core.ordering import result
from nametrack.element import named
from nametrack.wire import uci
from nametrack.wire.dns import Answer
from nametrack.wire.dnsmessage import Srv
from nametrack.wire.host_list import Reader
from nametrack.wire.services import configured, reported

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from nametrack.core.telling import status_times  # noqa: F401
from nametrack.core.telling import metrics
from nametrack.core.telling.findings import findings
from nametrack.core.telling.status import status

# isort: on

READS = (
    do.ReadPeers,
    do.ReadInterfaces,
    do.ListSet,
    do.GlanceSet,
    do.GlanceNft,
    do.ReadServices,
    do.GlanceRouting,
    do.ReadRouting,
    do.ListRoutes,
    do.ReadTunnel,
)
HIDDEN = READS + (do.ShareLastGood, do.Remember)
MOMENT = 0.0005  # seconds: what the text form of a time rounds away


class Transcript:
    def __init__(self, text):
        self.agent = Agent()
        self.kernel = FakeKernel()
        self.now = 0
        self.out = []  # the document as it would be written now
        self.came = []  # actions since the last `<`
        self.keys = []
        self.network = ""
        self.before = []
        self.files = {}  # path -> (HostList, [text])
        self.hidden = HIDDEN + ((do.ChangeRouting, do.FlushFlows) if "-- quiet --" in text else ())
        self.says = {}  # server -> words of what it answers at once to every question
        self.lines = text.split("\n")

    def run(self):
        """Returns the document with the `>` lines that came out."""
        section, body = None, []
        for line in self.lines + ["-- end --"]:
            if line.startswith("-- ") and line.endswith(" --"):
                self.flush()
                self.section(section, body)
                section, body = line[3:-3], []
                if section.startswith("at "):
                    self.advance(float(section[3:]))
                elif section != "end":
                    self.out.append(line)
            elif section is not None and section.startswith("at "):
                self.step(line)
            else:
                body.append(line)
                if section != "kernel":
                    self.out.append(line)
        return "\n".join(self.out)

    def section(self, name, body):
        text = "\n".join(body)
        if name == "network":
            self.network = text
        elif name == "before":
            self.before = [line for line in body if line]
        elif name == "config":
            sections, problems = uci.parse(text)
            network, more = uci.parse(self.network)
            config = configuration.build(sections, network, [p.text for p in problems + more])
            self.keys = [peer.public_key for peer in config.network_peers] + [p.public_key for p in config.peers]
            for line in self.before:
                self.feed(line[2:].split())
            self.before = []
            self.handle(on.ConfigLoaded(with_lists(config, self.files)))
        elif name and name.startswith("file "):
            reader = Reader(name[5:], listed_host, ip.is_element, b"salt")
            reader.take(text.encode())
            found = reader.end()
            self.files[found.path] = (found, found.problems)
        elif name == "last good":
            records = []
            for line in body:
                if line.strip():
                    words = line.split(None, 3)  # the last is the set in which it is ours
                    host, address, life = words[:3]
                    remaining = 0 if life == "named" else int(life)
                    if ip.prefix(host) is None:
                        records.append(Known(host, [ip.key(address)], life == "named", remaining))
                    records.extend([Owned(name, [ip.key(address)], ADDED) for name in words[3:]])
            total = sum([essence(record) for record in records if isinstance(record, Known)])
            self.handle(on.LastGoodRead(records + [Saved(total)], False, None))
        elif name == "firewall":
            self.handle(on.FirewallRead(firewall.read(uci.parse(text)[0])))
        elif name == "cron":
            self.handle(on.CronRead([line for line in body if line]))
        elif name == "kernel":
            self.out.extend(self.holds() + [""])

    def step(self, line):
        if line.startswith("> "):
            return
        if line.startswith("< "):
            self.flush()
            self.out.append(line)
            self.feed(line[2:].split())
        else:
            self.flush()
            self.out.append(line)

    def flush(self):
        """What came out so far stands before the next line."""
        blank = []
        while self.out and self.out[-1] == "":
            blank.append(self.out.pop())
        self.out.extend(["> " + text for text in self.came])
        self.out.extend(blank)
        self.came = []

    def advance(self, to):
        """Moves the clock to `to` and writes the heading for it; timers on the way that speak get their own."""
        heading = "-- at %s --" % number(to)
        written, spoke = False, None
        while True:
            due = self.agent.next_timer()
            if due is None or due > to + MOMENT:
                break
            assert due >= self.now, "a timer in the past: %s at %s" % (due, self.now)
            if due > to - MOMENT and not written:
                self.out.append(heading)
                written = True
            self.now = due
            before = len(self.came)
            self.order(self.agent.handle_timer(due))
            if len(self.came) > before and not written:
                if number(due) != spoke:
                    self.out.append("-- at %s --" % number(due))
                spoke = number(due)
                self.flush()
        if not written:
            self.out.append(heading)
        self.now = max(self.now, to)

    def handle(self, event):
        self.order(self.agent.handle(event, self.now))
        # what is due at this very moment belongs to it
        while self.agent.next_timer() is not None and self.agent.next_timer() <= self.now:
            self.order(self.agent.handle_timer(self.now))

    def order(self, actions):
        for action in actions:
            if isinstance(action, do.Reply) and "sentence" in action.values:
                self.came.extend([self.short(text) for text in explained(action.values)])
                continue
            if not isinstance(action, self.hidden):
                self.came.append(self.short(do.text(action)))
            event = self.kernel.perform(action, self.now)
            if isinstance(action, do.SendQuery) and action.server in self.says:
                event = on.QueryAnswered(action.id, answer(self.says[action.server]))
            if event is not None:
                self.order(self.agent.handle(event, self.now))

    def short(self, text):
        for key in self.keys:
            text = text.replace(key, key[:4] + "…")
        return text

    def key(self, short):
        return [key for key in self.keys if key[:4] == short[:4]][0]

    def feed(self, words):
        """One `<` line, as words."""
        what, words = words[0], words[1:]
        if what == "answered":
            self.handle(on.QueryAnswered(int(words[0]), answer(words[1:])))
        elif what == "says":
            self.says[words[0]] = words[1:]
        elif what in ("failed", "rejected"):
            event = on.QueryFailed if what == "failed" else on.AnswerRejected
            self.handle(event(int(words[0]), " ".join(words[1:])))
        elif what in ("observed", "resolver"):
            addresses = [word for word in words[1:] if not word.startswith("ttl=")]
            by = "client" if what == "observed" else what
            self.handle(on.NameObserved(words[0], addresses, int(words[-1][4:]), by))
        elif what == "held":
            self.handle(on.AnswerHeld(int(words[0])))
        elif what == "peer":
            self.feed_peer(self.kernel.peer(words[0], self.key(words[1])), words[2:])
        elif what == "gone" and len(words) == 1:
            self.kernel.interfaces.pop(words[0])
        elif what == "there":
            self.kernel.interfaces[words[0]] = {}
        elif what == "gone":
            self.kernel.interfaces[words[0]].pop(self.key(words[1]))
        elif what == "set":
            flags = [w for w in words if w in ("timeout", "interval", "merge", "comment", "unused")]
            sizes = [int(w[5:]) for w in words if w.startswith("size=")]
            names = [w for w in words if w not in flags and not w.startswith("size=")]
            self.kernel.make_set(" ".join(names), flags, sizes[0] if sizes else None)
        elif what == "unset":
            self.kernel.sets.pop(" ".join(words))
        elif what == "element":
            self.kernel.add(" ".join(words[1:]), words[0])
        elif what == "refuse":
            text = " ".join(words)
            self.kernel.refusals.append(tuple(text.split(" because ", 1)))
        elif what == "up":
            self.handle(on.InterfaceUp(words[0]))
        elif what == "down":
            self.handle(on.InterfaceDown(words[0]))
        elif what == "interface":
            self.feed_interface(words)
        elif what == "link":
            self.feed_link(words)
        elif what == "bus":
            self.handle(on.BusConnected("network.interface"))
        elif what == "service":
            self.kernel.services[words[0]] = the_service(words[0], words[1:])
        elif what == "touched":
            self.kernel.nft_changed = True
        elif what == "disturbed":
            self.handle(on.SetsDisturbed(" ".join(words)))
        elif what == "refresh":
            self.handle(on.RefreshRequested(words[0] if words else None))
        elif what == "inquired":
            self.handle(on.Inquired(int(words[0]), words[1]))
        elif what == "why":
            self.handle(on.WhyAsked(1, words[0], words[2] if words[1:] else None))
        elif what == "told":
            ingress = words.pop(0)[3:] if words[0].startswith("in=") else None
            self.handle(on.KernelTold(1, ingress, told(words), []))
        elif what == "allowed":
            holders = [self.holder(word) for word in words[1:]]
            failed = on.ActionFailed(do.ReadAllowed(1, words[0]), "no such device")
            self.handle(on.AllowedRead(1, words[0], holders) if holders else failed)
        elif what == "status":
            self.came.extend([self.short(line) for line in shown(status(self.agent, self.now, WALL + self.now))])
        elif what == "peers":
            for each in status(self.agent, self.now, WALL + self.now)["peers"]:
                line = "%(interface)s %(state)s %(code)s %(endpoint)s: %(reason)s; asked in %(next_query)s s" % each
                self.came.append("%s, failures %d, changed %s" % (line, each["failures"], plain(each["changed"])))
        elif what == "policies":
            for each in status(self.agent, self.now, WALL + self.now)["policies"]:
                line = (
                    "%(name)s %(state)s %(code)s: %(installed4)d of %(wanted4)d, %(installed6)d of %(wanted6)d" % each
                )
                self.came.append("%s; %s; changed %s" % (line, each["reason"], plain(each["changed"])))
                for host in each["hosts"]:
                    line = "  %(host)s %(state)s %(code)s: %(reason)s; asked in %(next_query)s s" % host
                    self.came.append("%s; %s" % (line, plain(host["addresses"])))
        elif what == "metrics":
            families = result(metrics.families(self.agent, self.now, WALL + self.now))
            lines = result(metrics.openmetrics(families)).split("\n")
            lines = [line for line in lines if line and not line.startswith("#")]
            lines = [line for line in lines if not line.endswith(" 0") and not line.endswith(" 0.000")]
            self.came.extend([self.short(line) for line in lines])
        elif what == "check":
            for each in findings(self.agent, int(WALL + self.now)):
                line = "%(severity)s %(code)s %(subject)s: %(text)s" % each
                self.came.extend([self.short(line), self.short("  %s" % each["advice"])])
        elif what == "stop":
            self.order(self.agent.stop(self.now))
        else:
            raise ValueError("'%s' is no line of a transcript" % what)

    def holder(self, word):
        """`AAAA…=0.0.0.0/0,10.0.0.1@5`: a peer of a tunnel, its allowed IPs and its last handshake."""
        key, _, rest = word.partition("=")
        prefixes, _, handshake = rest.partition("@")
        return on.Holder(self.key(key), prefixes.split(","), int(handshake))

    def feed_peer(self, peer, words):
        for word in words:
            name, _, value = word.partition("=")
            if name == "endpoint":
                peer["address"], _, port = value.rpartition(":")
                peer["address"] = peer["address"].strip("[]")
                peer["port"] = int(port)
            elif name == "handshake":
                peer["handshake"] = int(WALL + self.now + int(value))
            elif name == "keepalive":
                peer["keepalive"] = int(value)
            else:
                peer[name] += int(value)

    def feed_link(self, words):
        """`wg0 10.9.0.2/24`: a link appears; `wg0 down` and `wg0 up`; `wan via 192.0.2.1`: its default route.

        `wan via 192.0.2.1 to 198.51.100.1 9999`: a route of another program, with its metric.
        """
        name, rest = words[0], words[1:]
        if rest[0] in ("up", "down"):
            {"up": self.kernel.routing.up, "down": self.kernel.routing.down}[rest[0]](name)
        elif rest[0] == "via" and rest[2:]:
            self.kernel.routing.static(rest[3], name, rest[1], int(rest[4]))
        elif rest[0] == "via":
            self.kernel.routing.default(name, rest[1])
        else:
            self.kernel.routing.link(name, *rest)
        if self.agent.config is not None:
            self.handle(on.RoutingTouched("kernel"))

    def feed_interface(self, words):
        """What netifd has of an interface: `wan eth1 dns=192.0.2.1 metric4=0 to=10.1.0.0/24`; `wan`: down."""
        values = {"dns": "", "to": "", "metric4": None, "metric6": None, "proto": "dhcp"}
        for word in words[2:]:
            name, _, value = word.partition("=")
            values[name] = int(value) if name.startswith("metric") else value
        dns, prefixes = ([text for text in values[key].split(",") if text] for key in ("dns", "to"))
        device = words[1] if len(words) > 1 else None
        metric4, metric6 = values["metric4"], values["metric6"]
        self.kernel.netifd[words[0]] = netifd(words[0], values["proto"], device, dns, metric4, metric6, prefixes)

    def holds(self):
        lines = []
        for interface in sorted(self.kernel.interfaces):
            for key in sorted(self.kernel.interfaces[interface]):
                peer = self.kernel.interfaces[interface][key]
                shown = do.endpoint_text(peer["address"], peer["port"]) if peer["address"] else "none"
                lines.append("%s %s endpoint %s" % (interface, self.short(key), shown))
        for name in sorted(self.kernel.sets):
            self.kernel.perform(do.ListSet(named(name)), self.now)
            lines.append("%s: %s" % (name, " ".join(sorted(self.kernel.sets[name]["elements"]))))
        return lines


def the_service(name, words):
    """One that is installed; words: enabled, ipv6, registered, stopped."""
    options = {"enabled": "enabled" in words, "ipv6_enabled": "ipv6" in words}
    sections = [uci.Section(name, "config", False, {o: "1" if options[o] else "0" for o in options}, 1)]
    if "registered" in words:
        sections.append(uci.Section("include", "nametrack", False, {}, 2))
    found = configured(name, sections)
    return reported(found, None) if "stopped" in words else found


def answer(words):
    """What a server answers, as words."""
    status, values, ttl, target, reason, extended = "found", [], None, None, None, None
    for word in words:
        if word.startswith("ttl="):
            ttl = int(word[4:])
        elif word.startswith("zone="):
            target = word[5:]
        elif word.startswith("extended="):
            extended = int(word[9:])
            reason = "blocked"
        elif word.startswith("srv:"):
            priority, weight, port, name = word[4:].split(":")
            values.append(Srv(int(priority), int(weight), int(port), name))
        elif word in ("nxdomain", "nodata", "alias", "truncated", "unread", "failed"):
            status = word
        elif status == "alias":
            target = word
        elif status in ("unread", "failed"):
            reason = word
        else:
            values.append(word)
    return Answer(status, values, ttl, target, reason, extended)


def told(words):
    """What the kernel tells of packets: `192.0.2.7 mark=0x5a by=wan table=254 problem=no_route back=no_route …`."""
    found = []
    for word in words:
        name, _, value = word.partition("=")
        if not value:
            found.append([word, 0, None, 0, None, None])
        elif name in ("mark", "table"):
            found[-1][1 if name == "mark" else 3] = int(value, 0)
        else:
            found[-1][{"by": 2, "problem": 4, "back": 5}[name]] = value.replace("_", " ")
    return [on.Told(*each) for each in found]


def explained(values):
    """The answer to `why` as lines: the sentence, what is so of each address, what to do."""
    client = " (from %(client)s in %(ingress)s)" % values if values["client"] or values["ingress"] else ""
    yield "why %s%s: %s" % (values["host"], client, values["sentence"])
    for each in values["addresses"]:
        yield "  %s by '%s': %s" % (each["address"], each["device"], "; ".join(each["steps"]))
        if (each["sentence"], each["advice"]) != (values["sentence"], values["advice"]):
            yield "    %s: %s" % (each["sentence"], each["advice"])
        assert sorted(each) == ["address", "advice", "device", "sentence", "steps"], each
    yield "  %s%s" % ("" if values["as_configured"] else "not as configured; ", values["advice"] or "nothing to do")


def shown(values):
    """What `status` has as lines: a row each, of its values those that say something, in the order of their names."""
    for name in sorted(values):
        rows = values[name] if isinstance(values[name], list) else [values[name] or None]
        for row in rows:
            if row is not None and name != "findings":  # `check` has them
                yield "%s: %s" % (name, plain(row))
            for host in row.get("hosts", []) if isinstance(row, dict) else []:
                yield "  host: %s" % plain(host)


def plain(value):
    """A value of `status` as text; times in seconds from when the transcript began."""
    if isinstance(value, dict):
        found = [key for key in sorted(value) if value[key] not in (None, []) and key != "hosts"]
        return ", ".join(["%s %s" % (key, plain(value[key])) for key in found])
    if isinstance(value, list):
        return "[%s]" % "; ".join([plain(each) for each in value])
    if isinstance(value, int) and not isinstance(value, bool) and abs(value - WALL) < 100000:
        return "at %s" % number(value - WALL)
    return str(value)


def number(value):
    return "%d" % value if value == int(value) else ("%.3f" % value).rstrip("0")


def read(path):
    with open(path) as file:
        return file.read()


if __name__ == "__main__":
    import sys

    for path in sys.argv[1:]:
        text = Transcript(read(path)).run()
        with open(path, "w") as file:
            file.write(text)
