"""Who hears of what: a row for each event, for each action that could not be carried out, and for each timer.

A row is a function of the agent, the event, or the action and the reason, or the timer's key, and the time; it returns
the actions that come of it.
"""

from . import actions as do
from . import events as on
from .actions import Log

EVENTS = {
    on.ConfigLoaded: lambda agent, e, now: agent.configure(e.config, now),
    on.ConfigRefused: lambda agent, e, now: [Log("error", text) for text in agent.files.refuse(e.problems)],
    on.LastGoodRead: lambda agent, e, now: _last_good_read(agent, e, now),
    on.CronRead: lambda agent, e, now: agent.files.cron_read(e.lines),
    on.MachineRead: lambda agent, e, now: agent.files.machine_read(e.machine),
    on.FirewallRead: lambda agent, e, now: agent.files.firewall_read(e.firewall),
    on.QueryAnswered: lambda agent, e, now: agent.heard(agent.resolver.answered(e.id, e.answer, now), now),
    on.QueryFailed: lambda agent, e, now: agent.heard(agent.resolver.failed(e.id, e.reason, now), now),
    on.AnswerRejected: lambda agent, e, now: agent.resolver.rejected(e.id, e.reason, now),
    on.NameObserved: lambda agent, e, now: agent.name_observed(e, now),
    on.AnswerHeld: lambda agent, e, now: agent.observation.held(e.id),
    on.HoldFailed: lambda agent, e, now: agent.observation.hold_failed(e.reason),
    on.PeersRead: lambda agent, e, now: agent.peers_read(e, now),
    on.EndpointSet: lambda agent, e, now: agent.peers.endpoint_set(e.action),
    on.SetListed: lambda agent, e, now: agent.policies.filling.listed(e.set, e.listing, now),
    on.SetGlanced: lambda agent, e, now: agent.policies.sets.glanced(e.set, e.size, now),
    on.SetChanged: lambda agent, e, now: agent.policies.sets.changed(e.action, e.refused, now),
    on.NftChanged: lambda agent, e, now: agent.policies.sets.nft_changed(now),
    on.ServicesRead: lambda agent, e, now: agent.policies.filling.services_read(e.services, now),
    on.RoutingRead: lambda agent, e, now: agent.routes.read(e.view, now),
    on.RoutingGlanced: lambda agent, e, now: agent.look_for_routes(now) if e.holds else [],
    on.RoutesListed: lambda agent, e, now: agent.routes.listed(e.tables, now),
    on.TunnelRead: lambda agent, e, now: agent.routes.tunnel_read(e.interface, e.port, now),
    on.EchoReplied: lambda agent, e, now: agent.routes.echo_replied(e.interface, e.address, now),
    on.NeighboursRead: lambda agent, e, now: agent.routes.neighbours_read(e.neighbours, now),
    on.RoutingChanged: lambda agent, e, now: agent.routes.changed(e.action, e.refused, now),
    on.RoutingDeleted: lambda agent, e, now: agent.routes.deleted(e, now),
    on.Paused: lambda agent, e, now: agent.look_for_routes(now) + agent.routes.pause(e.seconds, now),
    on.RoutingTouched: lambda agent, e, now: agent.routes.touched(now),
    on.InterfaceUp: lambda agent, e, now: agent.interfaces.came_up(e.interface, now),
    on.InterfaceDown: lambda agent, e, now: agent.interfaces.changed(now),
    on.InterfaceUpdated: lambda agent, e, now: agent.interfaces.changed(now),
    on.BusConnected: lambda agent, e, now: [do.ReadInterfaces("netifd")],
    on.InterfacesRead: lambda agent, e, now: agent.interfaces_read(e, now),
    on.SetsDisturbed: lambda agent, e, now: _disturbed(agent, now),
    on.RefreshRequested: lambda agent, e, now: _refresh(agent, e.name, now),
    on.Inquired: lambda agent, e, now: agent.look_up(e.id, e.name, now),
    on.WhyAsked: lambda agent, e, now: agent.why(e, now),
    on.KernelTold: lambda agent, e, now: agent.whys.told(agent, e, now),
    on.AllowedRead: lambda agent, e, now: agent.whys.allowed_read(agent, e, now),
    on.ActionFailed: lambda agent, e, now: _failed(agent, e.action, e.reason, now),
}


def _refresh(agent, host, now):
    """Have a name asked anew, None for all."""
    for key in sorted(agent.resolver.names):
        if host is None or key[0] == host:
            agent.resolver.ask(agent.resolver.names[key], now)
    return []


def _last_good_read(agent, event, now):
    """What was remembered was read, all of it or the next part."""
    configured = agent.config is not None
    actions = agent.memory.read(event, configured, now)
    return actions + agent.follow_changes(now) if configured else actions


def _disturbed(agent, now):
    """Sets, routes and endpoints may be other ones: read all of them."""
    agent.peers.read_all(now)
    return agent.policies.sets.resync() + agent.routes.resync()


def _failed(agent, action, reason, now):
    """An action could not be carried out, for a reason in words."""
    return FAILURES.get(type(action), _not_written)(agent, action, reason, now)


def _not_written(agent, action, reason, now):
    return agent.policies.sets.failed(action, reason, now)


def _no_routing(agent, action, reason, now):
    return agent.routes.failed(action, reason, now)


def _only_told(agent, action, reason, now):
    # not do.text: where memory or descriptors are short, nothing is loaded to say so
    words = [type(action).__name__] + [str(value) for value in action]
    return [Log("debug", "%s: %s" % (" ".join(words), reason))]


def _not_marked(agent, action, reason, now):
    text = "replies to connections that come in through the WAN may take a policy's way: %s" % reason
    return [Log("warning" if action.devices else "debug", text)]


def _no_interfaces(agent, action, reason, now):
    # Without netifd there is nothing to know of the network but that it may have changed.
    return _only_told(agent, action, reason, now) + agent.network_changed(now)


def _not_flushed(agent, action, reason, now):
    return [Log("warning", "running connections to new addresses were not moved: %s" % reason)]


# Every other action changes or lists sets.
FAILURES = {
    do.ReadPeers: lambda agent, action, reason, now: agent.peers.unreadable(action.interface, reason, now),
    do.SetEndpoint: lambda agent, action, reason, now: agent.peers.endpoint_failed(action, reason, now),
    do.AskKernel: lambda agent, action, reason, now: [agent.whys.failed(action, reason)],
    do.ReadAllowed: lambda agent, action, reason, now: agent.whys.not_read(agent, action, now),
    # it is not WireGuard's, or it went
    do.ReadTunnel: lambda agent, action, reason, now: agent.routes.tunnel_read(action.interface, 0, now),
    do.GlanceRouting: lambda agent, action, reason, now: agent.look_for_routes(now),  # which are asked for again
    do.ReadRouting: _no_routing,
    do.ListRoutes: _no_routing,
    do.FollowNeighbours: _no_routing,
    do.ChangeRouting: _no_routing,
    do.MarkInbound: _not_marked,
    do.FlushFlows: _not_flushed,
    do.ReadInterfaces: _no_interfaces,
    do.CheckWay: _only_told,
    do.Probe: _only_told,
    do.SendEcho: _only_told,
    do.Observe: lambda agent, a, reason, now: agent.observation.observe_failed(reason, agent.interfaces.told),
    do.ShareLastGood: lambda agent, action, reason, now: agent.memory.not_shared(reason, now),
    do.Remember: lambda agent, action, reason, now: agent.memory.not_shared(reason, now),
    do.SaveLastGood: lambda agent, action, reason, now: agent.memory.not_saved(reason, now),
}


def _peer_due(agent, key, now):
    return agent.peers.due(key, now)


def _name_due(agent, key, now):
    return agent.heard(agent.resolver.handle_due(key, now), now)


def _memory_due(agent, key, now):
    return agent.memory.due(key, now)


def _set_due(agent, key, now):
    return agent.policies.filling.due(key, now)


# By the first word of a timer's key; every other timer is of the sets.
TIMERS = {
    "ask": _name_due,
    "lookup": _name_due,
    "read": _peer_due,
    "peer": _peer_due,
    "probe": _peer_due,
    "baseline": _peer_due,
    "save": _memory_due,
    "share": _memory_due,
    "configure": lambda agent, key, now: agent.go_on_configuring(now),
    "interfaces": lambda agent, key, now: agent.interfaces.due(now),
    "follow": lambda agent, key, now: agent.follow_more(now),
    "routes": lambda agent, key, now: agent.routes.due(key, now),
    "expire": lambda agent, key, now: agent.policies.expired(key[1], key[2], now),
}


def due(agent, key, now):
    """The timer with this key is due: return the actions."""
    return TIMERS.get(key[0], _set_due)(agent, key, now)
