"""What to do: the values that the core answers with."""

from collections import namedtuple

# id: counts up, never used twice; name: in its one spelling, as wire.dnsname has it; rtype: 1 A, 28 AAAA, …; tcp: bool;
# server: "address", "address#port", and with "@device" after it, where the question must leave through that device;
# recurse: whether the server is to ask others; edns: whether the question says by EDNS0 that it takes long answers and
# extended errors
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


def text(action):
    """The one text form of an action, for transcripts, the debug log and `plan`."""
    from .action_texts import FORMS  # most runs tell none

    return FORMS[type(action)](action)
