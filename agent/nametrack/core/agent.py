"""The core: facts in, orders out. It holds no clock, opens nothing and draws no random number of its own.

actions  = agent.handle(event, now)     # what happened -> what to do: a list, never None
actions  = agent.handle_timer(now)      # whatever is due
deadline = agent.next_timer()           # absolute monotonic seconds, or None
"""

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from .. import destination  # noqa: F401
from . import ordering, last_good  # noqa: F401
from .names import lookup  # noqa: F401
from .names.name import keep_lacking, slow_down
from .peers import proposals, tunnel, interface_peers  # noqa: F401
from .peers.peer import Peer  # noqa: F401
from .peers import peer_rows  # noqa: F401

# isort: on
from . import actions as do
from .files_read import FilesRead
from .handlers import EVENTS, due
from .interfaces import VIA, Interfaces
from .memory import Memory
from .names.resolver import Resolver, Settings
from .names.single_lookups import Inquiries
from .peers.endpoint_names import unhurried
from .peers.peers import Peers
from .policies.no_policies import NoPolicies
from .policies.observation import Observation
from .policies.preparation import Preparation
from .routes.unsteered import Unsteered
from .telling.history import History
from .timers import Timers

OBSERVED_TTL = 300  # seconds at least between two questions about a name that only clients ask for
TOLD = 50  # names that are told together to hosts that are new to them: milliseconds
RESUMED = 60  # seconds that a timer is late after which the machine must have been stopped


class Agent:
    """Decides for one router. `random`: a function that gives the jitter's fractions 0 <= f < 1; None for none."""

    def __init__(self, random=None, before=0):  # before: as in History
        self.files = FilesRead()
        self._timers = Timers()
        self.interfaces = Interfaces(self._timers)
        self.resolver = Resolver(self._timers, self.interfaces, random or (lambda: 0))
        self.peers = Peers(self._timers, self.resolver, self.interfaces)
        self.routes = Unsteered(self._load_routes)
        self.policies = NoPolicies(self._load_policies, lambda: self.routes)
        self.inquiries = Inquiries(self.resolver)
        self.memory = Memory(self._timers, self.peers, lambda: self.policies)
        self.history = History(before)
        self.observation = Observation(lambda: self.policies.sets.settled() and self.routes.settled())
        self.whys = None  # telling.why.Whys, loaded by the first question
        self._untold = []  # keys of names that were answered before, and of which new hosts did not hear yet

    @property
    def config(self):
        """The Config in force, None before the first."""
        return self.files.config

    def handle(self, event, now):
        """What to do about one event."""
        return self._noted(EVENTS[type(event)](self, event, now), now)

    def handle_timer(self, now):
        """What to do about everything that is due at `now`."""
        due_at, actions = self._timers.next(), []
        if due_at is not None and now - due_at >= RESUMED:
            actions.extend(self.network_changed(now))  # the machine may have woken up in another network
        for key in self._timers.each_due(now):
            actions.extend(due(self, key, now))
        return self._noted(actions, now)

    def next_timer(self):
        """When `handle_timer` is to be called next: absolute monotonic seconds, or None."""
        return self._timers.next()

    def stop(self, now):
        """The agent ends: what it knows is saved, the kernel is left as it is."""
        return self.memory.save(now, True)

    def settled(self):
        """Whether everything was asked, read and written once: the end of one whole pass."""
        rooms = (self.peers, self.policies.sets, self.routes)
        if self.files.is_preparing() or self.memory.last_good.reading or self._is_behind():
            return False
        if not self.resolver.idle() or not all(room.settled() for room in rooms):
            return False
        return all(q.tried() for name in self.resolver.names.values() for q in name.questions.values())

    def configure(self, config, now):
        """Put a Config in force as soon as all is ready for it; one that comes before that takes its place."""
        loading = self.policies.loading() if config.policies and self.config is not None else ()
        key = lambda host: (host, tuple(config.nameservers))  # noqa: E731
        self.files.prepare(Preparation(config, key, self.policies.policies, loading))
        actions = self.go_on_configuring(now)
        while self.config is config and self._is_behind():  # a small one: all is done together
            actions.extend(self.follow_more(now))
        return actions

    def go_on_configuring(self, now):
        """Go on with what is to be ready."""
        prepared = self.files.prepared()
        if prepared is None:
            self._timers.set(("configure",), now)
            return []
        self._timers.cancel(("configure",))
        return self._put_in_force(prepared, now)

    def _put_in_force(self, prepared, now):
        """Follow exactly what a Config wants; what stays in it keeps what is known of it.

        Peers, policies, sets and routes change together: no address is without its policy for a moment. The names of
        policies follow by `follow_more`, a step at a time.
        """
        config = prepared.config
        self.files.take(config)
        fallbacks = [text if kind == "address" else VIA + text for kind, text in config.fallbacks]
        self.resolver.configure(Settings(config.min_ttl, config.max_ttl, fallbacks, config.authoritative))
        servers_of = lambda peer: tuple(peer.nameservers or config.nameservers)  # noqa: E731
        actions = [do.Log("warning", text) for text in config.errors]
        self.memory.last_good.changed(now)
        self.peers.configure(config, servers_of, self.memory.endpoints(config.peers), now)
        self.resolver.take_in(self.peers.wanted_names())  # a peer is asked how its names stand at any time
        actions.extend(self.policies.configure(prepared, now))
        self._bar(now)
        actions.extend(self.memory.restore(now) + self._tell(self.peers.name_keys(), now))
        self._untold = self._answered_of(self.policies.unheard())
        self._timers.set(("follow",), now)
        return actions + self._observe()

    def _answered_of(self, keys):
        """Return those of the keys whose name was answered, in order."""
        names = self.resolver.names
        return sorted([key for key in keys if key in names and names[key].answered()])

    def _tell(self, keys, now):
        """Who is new to a name that was answered before hears of it now, not at its next answer."""
        actions = []
        for key in self._answered_of(keys):
            actions.extend(self._answered(self.resolver.names[key], now))
        return actions

    def why(self, event, now):
        """Return the actions that find out which way packets take, a WhyAsked."""
        if self.whys is None:
            from .telling.why import Whys

            self.whys = Whys()
        return self.whys.begin(self, event, now)

    def _load_policies(self):
        from .policies.policies import Policies

        self.policies = Policies(self._timers, lambda: self.routes)
        self.policies.sets.hold(self.memory.last_good.reading)
        return self.policies

    def _load_routes(self):
        from .routes.routes import Routes

        self.routes = Routes(self._timers, self.interfaces, self.peers)
        return self.routes

    def look_for_routes(self, now):
        """The kernel may hold routes of ours although no policy is steered by any, or that is not to begin yet."""
        if not isinstance(self.routes, Unsteered):
            return []
        routes = self._load_routes()
        return [] if self.config is None else routes.configure([], self.config, now)

    def look_up(self, number, host, now):
        """Return the actions that look a name up once; a Reply with this number comes of them, now or later."""
        servers = () if self.config is None else tuple(self.config.nameservers)
        return self.inquiries.begin(number, host, servers, now) + self.follow_changes(now)

    def peers_read(self, event, now):
        """The kernel showed the peers of an interface, a PeersRead."""
        actions = self.peers.read(event.interface, event.peers, now, event.wall)
        self._bar(now, event.interface)
        return actions + self.routes.peers_read(event, now)

    def _bar(self, now, interface=None):
        """Have the policies that lead into tunnels leave the endpoints of these out, or of one of them."""
        for name in self.policies.interfaces():
            if interface in (None, name):
                self.policies.bar(name, self.peers.endpoints_of(name), now)

    def interfaces_read(self, event, now):
        """netifd told of every interface, an InterfacesRead."""
        changed, came_up = self.interfaces.read(event.interfaces)
        actions = self._observe() if self.config is not None else []
        if not changed and not came_up:
            return actions
        # a way may have another device, which the kernel says nothing of
        return actions + self.routes.touched(now) + self.peers.reroute(came_up, now) + self.network_changed(now)

    def network_changed(self, now):
        """Routes, nameservers or endpoints may be others: what failed is tried again, what is set is compared."""
        self.resolver.retry(now)
        return self.peers.network_changed(now)

    def _noted(self, actions, now):
        for i, action in enumerate(actions):
            if isinstance(action, do.Notify):
                self.history.add(action, now)
            elif isinstance(action, do.Reply) and self.whys is not None:
                actions[i] = self.whys.looked_up(self, action)
        # What is learnt is written down before the actions are carried out.
        return self.observation.released() + self.memory.learnt(now) + actions

    def heard(self, outcome, now):
        """The resolver heard of a name, or gave up: its `(actions, Name)`, None for no name."""
        actions, name = outcome
        if name is None:
            return actions
        if self.inquiries.asks(name) or not name.is_listed():
            # what no section names is no trouble of the configuration's
            actions = [action for action in actions if not isinstance(action, (do.Notify, do.Log))]
        if self.inquiries.asks(name):
            return actions + self.inquiries.name_answered(name) + self.follow_changes(now)
        return actions + self._answered(name, now) + self.follow_changes(now) + self._names_answered(now)

    def _answered(self, name, now):
        before = self.peers.known(name)
        addresses = [peer.addresses() for peer, _ in before]
        actions = self.peers.name_answered(name, now)
        for i, (peer, _) in enumerate(before):
            if peer.addresses() != addresses[i]:
                self._bar(now, peer.config.interface)  # before the policies take the answer: it may name its endpoint
        actions = actions + self.policies.name_answered(name, now)
        self.memory.last_good.learn(self.peers.learnt(before), now)
        return actions

    def _names_answered(self, now):
        """Once every name was answered, routes of before that nothing wants may go."""
        if not self.routes.holds or not self.resolver.idle() or self._is_behind():
            return []
        answered = all(name.answered() for name in self.resolver.names.values())
        return self.routes.names_answered(now) if answered else []

    def _follow(self, now):
        """Has the resolver follow exactly the names that are wanted now."""
        peers, policies = self.peers.wanted_names(), self.policies.wanted_names()
        actions = self.resolver.follow(peers + self.inquiries.wanted_names(), now, policies)
        lasting = unhurried(self.peers.peers.values())
        lasting.difference_update([key for key, _, _, _ in policies])
        keep_lacking(self.resolver.names, lasting)
        self._names_followed(now)
        return actions

    def _names_followed(self, now):
        """Ask for new names as seldom as it suffices, and go on with those that are not followed yet."""
        slow = self.policies.slow_names()
        slow.difference_update(self.peers.name_keys())
        slow_down(self.resolver.names, slow, OBSERVED_TTL)
        if self.resolver.later:
            self._timers.set(("follow",), now)

    def follow_changes(self, now):
        """Have the resolver follow the names that are wanted now, if those are others than before."""
        return self._follow(now) if self._names_changed() else []

    def follow_more(self, now):
        """Go a step on: the resolver follows the names that are wanted now, or some more of those that it knows of, or
        hosts hear of names that were answered before.
        """
        if self._names_changed():
            actions = self._follow(now)
        elif self.resolver.later:
            actions = self.resolver.follow_more(now)
            self._names_followed(now)
        else:
            part, self._untold = self._untold[:TOLD], self._untold[TOLD:]
            actions = self._tell(part, now)
        if self._is_behind():
            self._timers.set(("follow",), now)
            return actions
        return actions + self._names_answered(now)

    def _is_behind(self):
        """Whether `follow_more` has something to do."""
        return bool(self._untold or self.resolver.later) or self._names_changed()

    def _names_changed(self):
        return any(part.names_changed for part in (self.peers, self.policies, self.inquiries))

    def _observe(self):
        """Have the answers that clients get read, on the devices that are there now."""
        names, devices = self.policies.patterns.names(), self.interfaces.devices(self.config.observe)
        return self.observation.observe(names, devices, self.config.observe_from, self.config.hold)

    def name_observed(self, event, now):
        """A client gets an answer about a name, a NameObserved."""
        actions = self.policies.observed(event, now)
        if self.policies.names_changed:
            self._timers.set(("follow",), now)  # after what the client waits for
        return actions
