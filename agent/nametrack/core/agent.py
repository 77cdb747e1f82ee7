"""The core: facts in, orders out. It holds no clock, opens nothing and draws no random number of its own.

actions  = agent.handle(event, now)     # what happened -> what to do: a list, never None
actions  = agent.handle_timer(now)      # whatever is due
deadline = agent.next_timer()           # absolute monotonic seconds, or None
"""

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from .. import destination  # noqa: F401
from . import ordering  # noqa: F401
from .sets import contents, work, kernel_set, targets  # noqa: F401
from .names import lookup  # noqa: F401
from .names.name import Name  # noqa: F401
from .peers import proposals, tunnel, interface_peers  # noqa: F401
from .peers.peer import Peer  # noqa: F401
from .peers import peer_rows  # noqa: F401
from .policies import policy_host, filling  # noqa: F401
from .routes import nexthops, writing, rulebook, selector, steps, inbound, echoes, table, watch, way, installation  # noqa: F401

# isort: on
from . import actions as do
from . import events as on
from .interfaces import VIA, Interfaces
from .last_good import Endpoints, Known, LastGood, Owned, Remembered, pairs
from .names.resolver import Resolver
from .names.single_lookups import Inquiries
from .peers.peers import Peers
from .policies.observation import Observation
from .policies.policies import Policies
from .routes.routes import Routes
from .telling.history import History
from .timers import Timers

OBSERVED_TTL = 300  # seconds at least between two questions about a name that only clients ask for
NAME_TIMERS = ("ask", "lookup")
PEER_TIMERS = ("read", "peer", "probe", "baseline")
RESUMED = 60  # seconds that a timer is late after which the machine must have been stopped


class Agent:
    """Decides for one router. `random`: a function that gives the jitter's fractions 0 <= f < 1; None for none."""

    def __init__(self, random=None):
        self.config = None
        self._refused = []  # why a newer configuration was not loaded, [text]
        self.config_findings = None  # what `findings` finds in the configuration alone, once it was asked
        self._servers = []  # whom names are asked of, as the configuration lists them
        self.cron = []  # the scheduled tasks of the router, a line each
        self.firewall = None  # core.config.firewall.Firewall, None if there is none
        self.machine = None  # core.machine.Machine, None on a router
        self._timers = Timers()
        self.interfaces = Interfaces(self._timers)
        self.resolver = Resolver(self._timers, self.interfaces, random or (lambda: 0))
        self.peers = Peers(self._timers, self.resolver, self.interfaces)
        self.routes = Routes(self._timers, self.interfaces, self.peers)
        self.policies = Policies(self._timers, self.routes)
        self.inquiries = Inquiries(self.resolver)
        self.last_good = LastGood(self._timers)
        self.history = History()
        self.observation = Observation(lambda: self.policies.sets.settled() and self.routes.settled())
        self._whys = None  # telling.why.Whys, loaded by the first question
        self._remembered = Remembered()  # of the last-good file, until there is a configuration
        self._handlers = {
            on.ConfigLoaded: self._config_loaded,
            on.ConfigRefused: self._config_refused,
            on.LastGoodRead: self._last_good_read,
            on.CronRead: self._cron_read,
            on.MachineRead: self._machine_read,
            on.FirewallRead: self._firewall_read,
            on.QueryAnswered: lambda e, now: self._name(self.resolver.answered(e.id, e.answer, now), now),
            on.QueryFailed: lambda e, now: self._name(self.resolver.failed(e.id, e.reason, now), now),
            on.AnswerRejected: lambda e, now: self.resolver.rejected(e.id, e.reason, now),
            on.NameObserved: self._name_observed,
            on.AnswerHeld: lambda e, now: self.observation.held(e.id),
            on.HoldFailed: lambda e, now: self.observation.hold_failed(e.reason),
            on.PeersRead: self._peers_read,
            on.EndpointSet: lambda e, now: self.peers.endpoint_set(e.action),
            on.SetListed: lambda e, now: self.policies.filling.listed(e.set, e.listing, now),
            on.SetGlanced: lambda e, now: self.policies.sets.glanced(e.set, e.size, now),
            on.SetChanged: lambda e, now: self.policies.sets.changed(e.action, e.refused, now),
            on.SetTouched: lambda e, now: self.policies.sets.touched(e.set, e.removed, now),
            on.ServicesRead: lambda e, now: self.policies.filling.services_read(e.services, now),
            on.RoutingRead: lambda e, now: self.routes.read(e.view, now),
            on.RoutesListed: lambda e, now: self.routes.listed(e.tables, now),
            on.TunnelRead: lambda e, now: self.routes.tunnel_read(e.interface, e.port, now),
            on.EchoReplied: lambda e, now: self.routes.echo_replied(e.interface, e.address, now),
            on.RoutingChanged: lambda e, now: self.routes.changed(e.action, e.refused, now),
            on.RulesDeleted: lambda e, now: self.routes.rules_deleted(e.rules, now),
            on.Paused: lambda e, now: self.routes.pause(e.seconds, now),
            on.RoutingTouched: lambda e, now: self.routes.touched(now),
            on.InterfaceUp: self._interface_up,
            on.InterfaceDown: self._interface_changed,
            on.InterfaceUpdated: self._interface_changed,
            on.BusConnected: lambda e, now: [do.ReadInterfaces("netifd")],
            on.InterfacesRead: self._interfaces_read,
            on.SetsDisturbed: self._disturbed,
            on.RefreshRequested: self._refresh_requested,
            on.Inquired: self._inquired,
            on.WhyAsked: self._why_asked,
            on.KernelTold: lambda e, now: [self._whys.told(self, e, now)],
            on.ActionFailed: self._action_failed,
        }

    def handle(self, event, now):
        """What to do about one event."""
        return self._noted(self._handlers[type(event)](event, now), now)

    def handle_timer(self, now):
        """What to do about everything that is due at `now`."""
        due_at, actions = self._timers.next(), []
        if due_at is not None and now - due_at >= RESUMED:
            actions.extend(self._network_changed(now))  # nobody knows where it woke up
        for key in self._timers.due(now):
            if key[0] in NAME_TIMERS:
                actions.extend(self._name(self.resolver.handle_due(key, now), now))
            elif key[0] in PEER_TIMERS:
                actions.extend(self.peers.due(key, now))
            elif key[0] == "save":
                actions.extend(self.last_good.save(lambda: self.known(now), now))
            elif key[0] == "share":
                actions.extend(self.last_good.share(lambda: self.records(now), now))
            elif key[0] == "interfaces":
                actions.extend(self.interfaces.due(now))
            elif key[0] == "follow":
                actions.extend(self._follow_changes(now))
            elif key[0] == "routes":
                actions.extend(self.routes.due(key, now))
            elif key[0] == "expire":
                self.policies.expired(key[1], key[2], now)
            else:
                actions.extend(self.policies.sets.due(key, now))
        return self._noted(actions, now)

    def next_timer(self):
        """When `handle_timer` is to be called next: absolute monotonic seconds, or None."""
        return self._timers.next()

    def stop(self, now):
        """The agent ends: what it knows is saved, the kernel is left as it is."""
        return self.last_good.save(lambda: self.known(now), now, True)

    def settled(self):
        """Whether everything was asked, read and written once: the end of one whole pass."""
        rooms = (self.peers, self.policies.sets, self.routes)
        if self.last_good.reading or not self.resolver.idle() or not all(room.settled() for room in rooms):
            return False
        return all(q.tried() for name in self.resolver.names.values() for q in name.questions.values())

    def config_errors(self):
        """Return what is wrong with the configuration, [text]: first why a newer one was not loaded."""
        return self._refused + self.config.errors

    def _config_refused(self, event, now):
        self._refused = ["not loaded: %s" % text for text in event.problems]
        self.config_findings = None
        return [do.Log("error", text) for text in self._refused]

    def _config_loaded(self, event, now):
        config = self.config = event.config
        self._refused = []
        self.config_findings = None
        self.resolver.min_ttl, self.resolver.max_ttl = config.min_ttl, config.max_ttl
        fallbacks = [text if kind == "address" else VIA + text for kind, text in config.fallbacks]
        self.resolver.fallbacks, self.resolver.authoritative = fallbacks, config.authoritative
        servers = self._servers = config.nameservers

        def host_key(host):
            return (host, tuple(servers))

        def servers_of(peer):
            return tuple(peer.nameservers or servers)

        actions = [do.Log("warning", text) for text in config.errors]
        hosts = [peer.endpoint_host for peer in config.peers]
        self.last_good.changed(now)
        self.peers.configure(config, servers_of, {host: self._remembered.endpoints(host) for host in hosts}, now)
        actions.extend(self.policies.configure(config, host_key, now))
        self._bar(now)
        actions.extend(self._restore(self._remembered.records(), now))
        self._remembered = Remembered()
        actions.extend(self._follow(now))
        for key in sorted(self.resolver.names):
            name = self.resolver.names[key]
            if name.answered():  # who is new to a name that is followed already hears of it now, not at its next answer
                actions.extend(self._answered(name, now))
        return actions + self._follow_changes(now) + self._names_answered(now) + self._observe()

    def _last_good_read(self, event, now):
        """The first records come before the configuration: peers know them from the start. The others come after it."""
        actions = [] if event.problem is None else [do.Log("warning", event.problem)]
        self.last_good.read(event.records)
        self.last_good.reading = event.more
        self.policies.sets.hold(event.more)
        if self.config is not None:
            return actions + self._restore(event.records, now)
        for record in event.records:
            self._remembered.add(record)
        return actions

    def _restore(self, records, now):
        """Have peers and policies know what was remembered, and begin with the sets when all of it is known."""
        for record in records:
            if isinstance(record, Endpoints):
                self.peers.remember(record.host, pairs(record))
            elif isinstance(record, Known):
                self.policies.remember(record, now)
            elif isinstance(record, Owned):
                self.policies.sets.remember(record.set, record.keys, record.ours)
        actions = [] if self.last_good.reading else self.policies.read_sets(now)
        return actions + self._follow_changes(now)

    def _cron_read(self, event, now):
        self.cron = event.lines
        return []

    def _firewall_read(self, event, now):
        self.firewall = event.firewall
        return []

    def _machine_read(self, event, now):
        self.machine = event.machine
        return []

    def _refresh_requested(self, event, now):
        for key in sorted(self.resolver.names):
            if event.name is None or key[0] == event.name:
                self.resolver.ask(self.resolver.names[key], now)
        return []

    def _inquired(self, event, now):
        return self.look_up(event.id, event.name, now)

    def look_up(self, number, host, now):
        """Return the actions that look a name up once; a Reply with this number comes of them, now or later."""
        return self.inquiries.begin(number, host, tuple(self._servers), now) + self._follow_changes(now)

    def _why_asked(self, event, now):
        if self._whys is None:
            from .telling.why import Whys

            self._whys = Whys()
        return self._whys.begin(self, event, now)

    def _disturbed(self, event, now):
        self.peers.read_all(now)
        return self.policies.sets.resync() + self.routes.resync()

    def _peers_read(self, event, now):
        actions = self.peers.read(event.interface, event.peers, now, event.wall)
        self._bar(now, event.interface)
        return actions + self.routes.peers_read(event, now)

    def _bar(self, now, interface=None):
        """Have the policies that lead into tunnels leave the endpoints of these out, or of one of them."""
        for name in self.policies.interfaces() if interface is None else [interface]:
            self.policies.bar(name, self.peers.endpoints_of(name), now)

    def _interface_up(self, event, now):
        self.interfaces.came_up(event.interface)
        return self._interface_changed(event, now)

    def _interface_changed(self, event, now):
        self.interfaces.changed(now)
        return []

    def _interfaces_read(self, event, now):
        changed, came_up = self.interfaces.read(event.interfaces)
        actions = self._observe() if self.config is not None else []
        if not changed and not came_up:
            return actions
        return actions + self.peers.reroute(came_up, now) + self._network_changed(now)

    def _network_changed(self, now):
        """Routes, nameservers or endpoints may be others: what failed is tried again, what is set is compared."""
        self.resolver.retry(now)
        return self.peers.network_changed(now)

    def _action_failed(self, event, now):
        action, reason = event.action, event.reason
        if isinstance(action, do.ReadPeers):
            return self.peers.unreadable(action.interface, reason, now)
        if isinstance(action, do.SetEndpoint):
            return self.peers.endpoint_failed(action, reason, now)
        if isinstance(action, do.AskKernel):
            return [self._whys.failed(action, reason)]
        if isinstance(action, do.ReadTunnel):
            return self.routes.tunnel_read(action.interface, 0, now)  # it is none of WireGuard's, or it went
        if isinstance(action, (do.ReadRouting, do.ListRoutes, do.ChangeRouting)):
            return self.routes.failed(action, reason, now)
        if isinstance(action, do.MarkInbound):
            text = "replies to connections that come in through the WAN may take a policy's way: %s" % reason
            return [do.Log("warning" if action.devices else "debug", text)]
        if isinstance(action, do.FlushFlows):
            return [do.Log("warning", "connections to new addresses keep their old way: %s" % reason)]
        if isinstance(action, do.ReadInterfaces):
            # Without netifd there is nothing to know of the network but that it may have changed.
            return [do.Log("debug", "%s: %s" % (do.text(action), reason))] + self._network_changed(now)
        if isinstance(action, (do.CheckWay, do.Probe, do.SendEcho)):
            return [do.Log("debug", "%s: %s" % (do.text(action), reason))]
        if isinstance(action, do.Observe):
            return self.observation.observe_failed(reason)
        if isinstance(action, (do.ShareLastGood, do.Remember)):
            self.last_good.share_failed(now)
            return [do.Log("debug", "no copy of the last good addresses: %s" % reason)]
        if isinstance(action, do.SaveLastGood):
            self.last_good.save_failed(now)
            return [do.Log("error", "last good addresses not saved: %s" % reason)]
        return self.policies.sets.failed(action, reason, now)

    def _noted(self, actions, now):
        for i, action in enumerate(actions):
            if isinstance(action, do.Notify):
                self.history.add(action, now)
            elif isinstance(action, do.Reply) and self._whys is not None:
                actions[i] = self._whys.looked_up(action)
        # What DNS named anew, and what becomes ours by the actions, is written down before they are carried out.
        self.last_good.learn(self.policies.learnt(now), now)
        return self.observation.released() + self.last_good.remember(self.policies.sets.learnt()) + actions

    def _name(self, outcome, now):
        actions, name = outcome
        if name is None:
            return actions
        if self.inquiries.asks(name) or not name.is_listed():
            # what no section names is no trouble of the configuration's
            actions = [action for action in actions if not isinstance(action, (do.Notify, do.Log))]
        if self.inquiries.asks(name):
            return actions + self.inquiries.name_answered(name) + self._follow_changes(now)
        return actions + self._answered(name, now) + self._follow_changes(now) + self._names_answered(now)

    def _answered(self, name, now):
        before = self.peers.known(name)
        actions = self.peers.name_answered(name, now)
        self._bar(now)  # before the policies take the answer: it may name the endpoint of a tunnel
        actions = actions + self.policies.name_answered(name, now)
        self.last_good.learn(self.peers.learnt(before), now)
        return actions

    def _names_answered(self, now):
        """Once every name was answered, routes of before that nothing wants may go."""
        if not self.routes.holds or not self.resolver.idle():
            return []
        answered = all(name.answered() for name in self.resolver.names.values())
        return self.routes.names_answered(now) if answered else []

    def _follow(self, now):
        """Has the resolver follow exactly the names that are wanted now."""
        peers, policies = self.peers.wanted_names(), self.policies.wanted_names()
        actions = self.resolver.follow(peers + policies + self.inquiries.wanted_names(), now)
        slow = self.policies.slow_names()
        slow.difference_update([key for key, _, _, _ in peers])
        self.resolver.slow_down(slow, OBSERVED_TTL)
        return actions

    def _follow_changes(self, now):
        parts = (self.peers, self.policies, self.inquiries)
        return self._follow(now) if any(part.names_changed for part in parts) else []

    def _observe(self):
        """Have the answers that clients get read, on the devices that are there now."""
        devices = self.interfaces.devices(self.config.observe)
        return self.observation.observe(self.policies.patterns.names(), devices, self.config.hold)

    def _name_observed(self, event, now):
        actions = self.policies.observed(event, now)
        if self.policies.names_changed:
            self._timers.set(("follow",), now)  # after what the client waits for
        return actions

    def known(self, now):
        """Yield what is to be remembered, Known and Endpoints: each address named now, and each retained one."""
        for known in self.peers.remembered():  # first: a peer is to know it when it is configured
            yield known
        for known in self.policies.remembered(now):
            yield known

    def records(self, now):
        """Yield the same, and which elements are ours, Owned by Owned."""
        for known in self.known(now):
            yield known
        for owned in self.policies.sets.owned():
            yield owned
