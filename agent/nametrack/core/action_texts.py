"""The text of each action: what `actions.text` says."""

from .. import ip
from ..element import full_name
from . import actions as do

RTYPES = {1: "A", 2: "NS", 5: "CNAME", 28: "AAAA", 33: "SRV"}


def _elements(elements):
    return " ".join([e.address if e.timeout is None else "%s/timeout=%d" % tuple(e) for e in elements])


def _change_set(a):
    name, deleted, added = full_name(a.set), _elements(a.deleted), _elements(list(a.added) + list(a.others))
    if not added:
        return "delete %s: %s" % (name, deleted)
    return "add %s: %s" % (name, added) if not deleted else "replace %s: %s with %s" % (name, deleted, added)


def _query(a):
    how = (" tcp" if a.tcp else "") + ("" if a.recurse else " authority") + ("" if a.edns else " plain")
    return "query %d %s %s @%s%s" % (a.id, a.name, RTYPES[a.rtype], a.server, how)


def _names(a):
    lists = ["@%d" % len(each) for each in a.lists]
    return " ".join(["*." + domain for domain in a.domains] + list(a.hosts) + lists)


def _observe(a):
    senders = "" if a.senders == "router" else " from %s" % a.senders
    return "observe %s%s: %s" % (" ".join(a.devices), senders, _names(a))


def _set_endpoint(a):
    form = "set_endpoint %s %s %s" % (a.interface, a.public_key, do.endpoint_text(a.address, a.port))
    form = form if a.detour is None else "%s detour %s" % (form, a.detour)
    return form if a.probe is None else "%s then probe %s" % (form, a.probe)


def _reply(a):
    said = a.values.get("sentence") or " ".join(a.values["addresses"]) or a.values["reason"]
    return "reply %d: %s" % (a.id, said)


def _changes(a):
    from ..routing import text

    return "change_routing: %s" % "; ".join([text(change) for change in a.changes])


FORMS = {
    do.SendQuery: _query,
    do.CancelQuery: lambda a: "cancel %d" % a.id,
    do.Observe: _observe,
    do.Hold: lambda a: "hold: %s" % _names(a),
    do.Release: lambda a: "release %d" % a.id,
    do.ReadPeers: lambda a: "read_peers %s" % a.interface,
    do.ReadInterfaces: lambda a: "read_interfaces",
    do.SetEndpoint: _set_endpoint,
    do.CheckWay: lambda a: "check_way %s %s detour %s" % (a.interface, do.endpoint_text(a.address, a.port), a.detour),
    do.Probe: lambda a: "probe %s %s" % tuple(a),
    do.SendEcho: lambda a: "send_echo %s %s" % tuple(a),
    do.ListSet: lambda a: "list_set %s" % full_name(a.set),
    do.ChangeSet: _change_set,
    do.GlanceSet: lambda a: "glance_set %s" % full_name(a.set),
    do.GlanceNft: lambda a: "glance_nft",
    do.FlushFlows: lambda a: "flush_flows %s" % " ".join([ip.element(key) for key in a.keys]),
    do.ReadServices: lambda a: "read_services",
    do.ReadRouting: lambda a: "read_routing",
    do.GlanceRouting: lambda a: "glance_routing",
    do.ListRoutes: lambda a: "list_routes",
    do.ReadTunnel: lambda a: "read_tunnel %s" % a.interface,
    do.FollowNeighbours: lambda a: "follow_neighbours" if a.wanted else "follow_no_neighbours",
    do.ChangeRouting: _changes,
    do.MarkInbound: lambda a: "mark_inbound 0x%x: %s" % (a.bit, " ".join(a.devices) or "none"),
    do.SaveLastGood: lambda a: "save_last_good %d" % sum([len(record.keys) for record in a.records()]),
    do.ShareLastGood: lambda a: "share_last_good",
    do.Remember: lambda a: "remember %d" % sum([len(record.keys) for record in a.records]),
    do.Notify: lambda a: "notify %s %s: %s" % (a.kind, a.subject, a.text),
    do.Reply: _reply,
    do.AskKernel: lambda a: (
        "ask_kernel %d: %s from %s" % (a.id, " ".join([p.address for p in a.packets]), a.client or "the router")
    ),
    do.ReadAllowed: lambda a: "read_allowed %d: %s" % tuple(a),
    do.Log: lambda a: "log %s: %s" % tuple(a),
}
