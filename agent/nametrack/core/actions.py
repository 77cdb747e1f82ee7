"""What to do: the values that the core answers with. `text` is their one form for transcripts, debug log and plan."""

from collections import namedtuple

from .. import ip
from ..element import full_name

# id: counts up, never used twice; rtype: 1 A, 28 AAAA, …; tcp: bool; server: "address", "address#port", and with
# "@device" after it, where the question must leave through that device; recurse: whether the server is to ask others;
# edns: whether the question says by EDNS0 that it takes long answers and extended errors
SendQuery = namedtuple("SendQuery", ("id", "name", "rtype", "server", "tcp", "recurse", "edns"))
CancelQuery = namedtuple("CancelQuery", ("id",))
# devices: network devices on which DNS answers that leave are read; senders: "router" for those from an address of this
# machine's only, "any" for those that it hands on as well; domains: tuple of text, of the names below them; hosts:
# tuple of text, names besides; lists: tuple of wire.host_list.HostList, whose names are wanted as well. Each Observe
# takes the place of the one before it.
Observe = namedtuple("Observe", ("devices", "senders", "domains", "hosts", "lists"))
# domains, hosts, lists: as above; the router's resolver waits with its answers about these until they are Released
Hold = namedtuple("Hold", ("domains", "hosts", "lists"))
# id: of an AnswerHeld
Release = namedtuple("Release", ("id",))
ReadPeers = namedtuple("ReadPeers", ("interface",))
# source: "netifd", for one without fields ends MicroPython 1.18 by a segmentation fault
ReadInterfaces = namedtuple("ReadInterfaces", ("source",))
# detour: the netifd interface that is asked for a host route if the kernel would lead the tunnel's own packets into the
# tunnel, None for none; probe: an address that is probed after it, None for no probe; reason: why, in words for people;
# part of the value because the log and `plan` show it, not of the text form
SetEndpoint = namedtuple("SetEndpoint", ("interface", "public_key", "address", "port", "detour", "probe", "reason"))
# the same care for an endpoint that is set already
CheckWay = namedtuple("CheckWay", ("interface", "address", "port", "detour"))
# one small datagram through the tunnel, to an address that is reached by this peer: data must be answered
Probe = namedtuple("Probe", ("interface", "address"))
# one ICMP echo request to the address, out by this device whatever the routes say
SendEcho = namedtuple("SendEcho", ("interface", "address"))
# set: element.SetName
ListSet = namedtuple("ListSet", ("set",))
# one change of a set, in one transaction if it is an nft set. form: the wire.sets.Form that was listed; deleted, added:
# ElementList, deleted first; an address in both gets a new timeout; others: what is added without our comment, because
# it is in part of other programs: then the change is made as a whole or not at all
ChangeSet = namedtuple("ChangeSet", ("set", "form", "deleted", "added", "others", "reason"))
# how many elements an ipset holds: cheap, and the only way to hear of it, for the kernel says nothing of ipsets
GlanceSet = namedtuple("GlanceSet", ("set",))
# what: "nftables"; whether another program has changed its tables since the last time
GlanceNft = namedtuple("GlanceNft", ("what",))
# what: "kernel"; links, addresses, rules, nexthops and what the main table has of others
ReadRouting = namedtuple("ReadRouting", ("what",))
# what: "kernel"; whether it holds any rule, nexthop or route of ours
GlanceRouting = namedtuple("GlanceRouting", ("what",))
# protocol: nametrack.PROTOCOL; every route of ours
ListRoutes = namedtuple("ListRoutes", ("protocol",))
# the port that a tunnel's own packets come from
ReadTunnel = namedtuple("ReadTunnel", ("interface",))
# wanted: whether to tell which address has which MAC address, all of them now and from then on what is news
FollowNeighbours = namedtuple("FollowNeighbours", ("wanted",))
# changes: list of routing.Change, carried out in this order, each whatever became of the others; reason: as above
ChangeRouting = namedtuple("ChangeRouting", ("changes", "reason"))
# devices: connections that begin on them are marked with `bit`, of the packet mark; none: no connections are
MarkInbound = namedtuple("MarkInbound", ("devices", "bit"))
# keys: list of ip.key of addresses, prefixes and ranges; connections running to them decide anew which way they go
FlushFlows = namedtuple("FlushFlows", ("keys",))
# names: of services that fill sets, as target.SERVICES; what is known of those that are on this router
ReadServices = namedtuple("ReadServices", ("names",))
# records: function that returns an iterator of core.last_good.Known; essence: the sum of theirs
SaveLastGood = namedtuple("SaveLastGood", ("records", "essence"))
# records: function that returns an iterator of Known and Owned: the copy is made anew, and lost with the power
ShareLastGood = namedtuple("ShareLastGood", ("records",))
# records: list of Known and Owned that the copy gets as well, before anything else is done
Remember = namedtuple("Remember", ("records",))
# Something that people and programs hear of: it goes into the log, into the history, and to subscribers on the bus.
# kind: endpoint | policy | way | interface | trouble | recovered; code: a stable word for what happened, parameters:
# tuple of what its sentence is about (docs/bus.md has both), so that programs translate; values: dict, what subscribers
# get beside the code
Notify = namedtuple("Notify", ("kind", "code", "parameters", "subject", "text", "values"))
# The answer to a call that was put off, as Inquired with this id; values: dict, None if memory does not suffice for it.
# That to Inquired has `addresses`, `ttl` in seconds or None, and `reason`
Reply = namedtuple("Reply", ("id", "values"))
# A kind of packets. address: their destination; transport: the number of their protocol in IP, port: that of their
# destination; 0 for any
Packets = namedtuple("Packets", ("address", "transport", "port"))
# what the kernel does with each of these Packets. client: the address that they come from, None for the router's own;
# marks: whether also with each mark that a rule looks at; id: of the WhyAsked
AskKernel = namedtuple("AskKernel", ("id", "packets", "client", "marks"))
# which peer of a tunnel takes which addresses; id: of the WhyAsked
ReadAllowed = namedtuple("ReadAllowed", ("id", "interface"))
# level: error | warning | info | debug
Log = namedtuple("Log", ("level", "text"))

RTYPES = {1: "A", 2: "NS", 5: "CNAME", 28: "AAAA", 33: "SRV"}


def trouble(code, subject, reason):
    """Something does not work, said when it begins."""
    return Notify("trouble", code, (), subject, reason, {"subject": subject, "reason": reason})


def recovered(code, subject, reason, *parameters):
    """It works again."""
    return Notify("recovered", code, parameters, subject, reason, {"subject": subject, "reason": reason})


def line(notify):
    """The line that the log has of it."""
    return "%s: %s" % (notify.subject, notify.text)


def endpoint_text(address, port):
    """`198.51.100.1:51820` or `[2001:db8::1]:51820`, as wg shows it."""
    return ("[%s]:%d" if ":" in address else "%s:%d") % (address, port)


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
    form = "set_endpoint %s %s %s" % (a.interface, a.public_key, endpoint_text(a.address, a.port))
    form = form if a.detour is None else "%s detour %s" % (form, a.detour)
    return form if a.probe is None else "%s then probe %s" % (form, a.probe)


def _reply(a):
    said = a.values.get("sentence") or " ".join(a.values["addresses"]) or a.values["reason"]
    return "reply %d: %s" % (a.id, said)


def _changes(a):
    from ..routing import text

    return "change_routing: %s" % "; ".join([text(change) for change in a.changes])


FORMS = {
    SendQuery: _query,
    CancelQuery: lambda a: "cancel %d" % a.id,
    Observe: _observe,
    Hold: lambda a: "hold: %s" % _names(a),
    Release: lambda a: "release %d" % a.id,
    ReadPeers: lambda a: "read_peers %s" % a.interface,
    ReadInterfaces: lambda a: "read_interfaces",
    SetEndpoint: _set_endpoint,
    CheckWay: lambda a: "check_way %s %s detour %s" % (a.interface, endpoint_text(a.address, a.port), a.detour),
    Probe: lambda a: "probe %s %s" % tuple(a),
    SendEcho: lambda a: "send_echo %s %s" % tuple(a),
    ListSet: lambda a: "list_set %s" % full_name(a.set),
    ChangeSet: _change_set,
    GlanceSet: lambda a: "glance_set %s" % full_name(a.set),
    GlanceNft: lambda a: "glance_nft",
    FlushFlows: lambda a: "flush_flows %s" % " ".join([ip.element(key) for key in a.keys]),
    ReadServices: lambda a: "read_services",
    ReadRouting: lambda a: "read_routing",
    GlanceRouting: lambda a: "glance_routing",
    ListRoutes: lambda a: "list_routes",
    ReadTunnel: lambda a: "read_tunnel %s" % a.interface,
    FollowNeighbours: lambda a: "follow_neighbours" if a.wanted else "follow_no_neighbours",
    ChangeRouting: _changes,
    MarkInbound: lambda a: "mark_inbound 0x%x: %s" % (a.bit, " ".join(a.devices) or "none"),
    SaveLastGood: lambda a: "save_last_good %d" % sum([len(record.keys) for record in a.records()]),
    ShareLastGood: lambda a: "share_last_good",
    Remember: lambda a: "remember %d" % sum([len(record.keys) for record in a.records]),
    Notify: lambda a: "notify %s %s: %s" % (a.kind, a.subject, a.text),
    Reply: _reply,
    AskKernel: lambda a: (
        "ask_kernel %d: %s from %s" % (a.id, " ".join([p.address for p in a.packets]), a.client or "the router")
    ),
    ReadAllowed: lambda a: "read_allowed %d: %s" % tuple(a),
    Log: lambda a: "log %s: %s" % tuple(a),
}


def text(action):
    """The one text form of an action."""
    return FORMS[type(action)](action)
