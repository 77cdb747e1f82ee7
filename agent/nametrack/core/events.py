"""What happened: the values that the core is fed. Each has one text form, the `<` lines of the transcripts.

Addresses, prefixes, keys and set names are text in their canonical form; times are seconds.
"""

from collections import namedtuple

# config: core.config.Config; what stays in it keeps what is known of it
ConfigLoaded = namedtuple("ConfigLoaded", ("config",))
# problems: [text], why a newer configuration was not loaded: its files cannot be parsed
ConfigRefused = namedtuple("ConfigRefused", ("problems",))
# records: list of core.last_good's Known, Owned and Saved, in the order of the file; more: whether others follow;
# problem: what was wrong with the file, in words, None if nothing was
LastGoodRead = namedtuple("LastGoodRead", ("records", "more", "problem"))
# lines: of the router's scheduled tasks, comments left out
CronRead = namedtuple("CronRead", ("lines",))
# firewall: core.config.firewall.Firewall, None if there is no such file
FirewallRead = namedtuple("FirewallRead", ("firewall",))
# machine: core.machine.Machine, of a machine that is no OpenWrt router
MachineRead = namedtuple("MachineRead", ("machine",))
# id: of the SendQuery; answer: has status, values, ttl, target as wire.dns.Answer describes them
QueryAnswered = namedtuple("QueryAnswered", ("id", "answer"))
# the server or the network said no; silence is no event: the core watches the clock itself
QueryFailed = namedtuple("QueryFailed", ("id", "reason"))
# something arrived that is no answer to the question; the query stays open
AnswerRejected = namedtuple("AnswerRejected", ("id", "reason"))
# name: that of the question; addresses: text; ttl: seconds; by: "client", that was given this answer, or
# "resolver", that is about to give it, perhaps to ourselves
NameObserved = namedtuple("NameObserved", ("name", "addresses", "ttl", "by"))
# the router's resolver waits with an answer until what was observed before is in the kernel; id: a number for Release
AnswerHeld = namedtuple("AnswerHeld", ("id",))
# reason: why answers cannot be held, in words
HoldFailed = namedtuple("HoldFailed", ("reason",))
# peers: list of wire.wireguard.Peer; wall: Unix time of the reading, for the age of handshakes
PeersRead = namedtuple("PeersRead", ("interface", "peers", "wall"))
# action: a SetEndpoint that was carried out
EndpointSet = namedtuple("EndpointSet", ("action",))
# set: element.SetName; listing: wire.sets.Listing, None if the set does not exist
SetListed = namedtuple("SetListed", ("set", "listing"))
# size: how many elements, None if the set does not exist
SetGlanced = namedtuple("SetGlanced", ("set", "size"))
# action: ChangeSet that was carried out; refused: {ip.key: why} of added elements that the kernel did not take
SetChanged = namedtuple("SetChanged", ("action", "refused"))
# another program changed something in nftables; what: "nftables"
NftChanged = namedtuple("NftChanged", ("what",))
# view: routing.View
RoutingRead = namedtuple("RoutingRead", ("view",))
# holds: whether the kernel has a rule, a nexthop or a route of ours, or may have one
RoutingGlanced = namedtuple("RoutingGlanced", ("holds",))
# tables: {(family, table, metric): KeyTable: key -> via} of every route of ours, via as routing.Routes has it
RoutesListed = namedtuple("RoutesListed", ("tables",))
# port: that the tunnel of an interface sends from; 0: it is no tunnel of WireGuard
TunnelRead = namedtuple("TunnelRead", ("interface", "port"))
# the reply to a SendEcho of these fields
EchoReplied = namedtuple("EchoReplied", ("interface", "address"))
# neighbours: list of routing.Neighbour, all that the kernel has or those that are news
NeighboursRead = namedtuple("NeighboursRead", ("neighbours",))
# action: a ChangeRouting that was carried out; refused: list of (Change, key, why), key None but for routes
RoutingChanged = namedtuple("RoutingChanged", ("action", "refused"))
# seconds: that policies steer nothing for, 0: they steer again from now on
Paused = namedtuple("Paused", ("seconds",))
# others deleted these of ours; rules, nexthops: lists of routing's; routes: list of (family, table, key, via, metric),
# via as routing.Routes has it; None: some, and it is not known which
RoutingDeleted = namedtuple("RoutingDeleted", ("rules", "nexthops", "routes"))
# who: "kernel"; others changed links, addresses, rules or nexthops
RoutingTouched = namedtuple("RoutingTouched", ("who",))
# services: {"pbr" | "vpn-policy-routing": wire.services.Service} of those that are installed
ServicesRead = namedtuple("ServicesRead", ("services",))
# netifd said that an interface came up, that it went, or that it is other than before; how it is, is then asked
InterfaceUp = namedtuple("InterfaceUp", ("interface",))
InterfaceDown = namedtuple("InterfaceDown", ("interface",))
InterfaceUpdated = namedtuple("InterfaceUpdated", ("interface",))
# the bus can be used from now on, or again; path: of the object to ask there, netifd's
BusConnected = namedtuple("BusConnected", ("path",))
# interfaces: list of wire.netifd.Interface, all there are
InterfacesRead = namedtuple("InterfacesRead", ("interfaces",))
# another program may have changed our sets or endpoints: firewall restarted, pbr reloaded, …
SetsDisturbed = namedtuple("SetsDisturbed", ("reason",))
# name: a host name, None for all
RefreshRequested = namedtuple("RefreshRequested", ("name",))
# a user asks what a name resolves to; id: a number for the Reply
Inquired = namedtuple("Inquired", ("id", "name"))
# a user asks which way packets to a host take; client: the address that they come from, None for the
# router's own; id: a number for the Reply
WhyAsked = namedtuple("WhyAsked", ("id", "host", "client"))
# What the kernel does with packets to an address. mark: the firewall mark that they carry, 0 for none; device: the name
# of the interface that they leave through, None if they are dropped; table: the routing table that decided, 0 for not
# known; problem: why they are dropped, or None; back: why the replies that come in through the device are dropped, or
# None
Told = namedtuple("Told", ("address", "mark", "device", "table", "problem", "back"))
# ingress: the name of the interface that the client's packets come in through, None for the router's own, and if no
# route leads back to the client; told: list of Told; rules: list of routing.Rule, in their order
KernelTold = namedtuple("KernelTold", ("id", "ingress", "told", "rules"))
# A peer of a tunnel as the kernel, or the program that runs the tunnel, has it; allowed_ips: prefixes; last_handshake:
# Unix seconds, 0 for never
Holder = namedtuple("Holder", ("public_key", "allowed_ips", "last_handshake"))
# peers: list of Holder
AllowedRead = namedtuple("AllowedRead", ("id", "interface", "peers"))
# an action that could not be carried out; success is reported of changed sets only, elsewhere the next reading shows it
ActionFailed = namedtuple("ActionFailed", ("action", "reason"))
