"""The kernel's numbers in wire/: those of its own headers, where this machine has them (linux-libc-dev).

Recordings show that what is used together fits together; a number that only counts on the day when something goes
wrong is in none of them.
"""

import pytest

from nametrack.wire import (
    conntrack,
    inbound,
    ipsetlink,
    links,
    neighbours,
    netlink,
    nexthops,
    nfnetlink,
    nftchange,
    nftset,
    route,
    routes,
    rtnetlink,
    rules,
    wireguard,
)

HEADERS = "/usr/include/linux/"


def numbers(header):
    """Return the numbers that a header gives names to, by enum and by #define; what is no number is left out."""
    try:
        with open(HEADERS + header + ".h") as file:
            text = file.read()
    except OSError:
        pytest.skip("no header %s" % header)
    pieces = text.split("/*")
    lines = "".join([pieces[0]] + [piece.split("*/", 1)[-1] for piece in pieces[1:]]).split("\n")
    found = {}
    for body in "\n".join([line for line in lines if not line.strip().startswith("#")]).split("enum")[1:]:
        value = -1
        for entry in body.split("{", 1)[-1].split("}")[0].split(","):
            name, _, given = entry.partition("=")
            value = number(given, found) if given else None if value is None else value + 1
            found[name.strip()] = value
    for line in lines:
        words = line.split(None, 2)
        if len(words) == 3 and words[0] == "#define" and words[1] not in found:
            found[words[1]] = number(words[2], found)
    return {name: found[name] for name in found if found[name] is not None}


def number(text, known):
    for digit in "0123456789":
        text = text.replace(digit + "U", digit)
    try:
        return eval(text.strip(), {}, known)
    except (SyntaxError, NameError, TypeError, ValueError):
        return None


def words(names, prefix=""):
    return [prefix + name for name in names.split()]


# module, header, its names, what they are in the header
NUMBERS = [
    (netlink, "netlink", "REQUEST ACK DUMP DUMP_INTERRUPTED CAPPED ACK_ATTRIBUTES",
     words("REQUEST ACK DUMP DUMP_INTR CAPPED ACK_TLVS", "NLM_F_")),
    (netlink, "netlink", "NOOP ERROR DONE OVERRUN", words("NOOP ERROR DONE OVERRUN", "NLMSG_")),
    (netlink, "netlink", "NESTED _NLMSGERR_ATTR_MSG", ["NLA_F_NESTED", "NLMSGERR_ATTR_MSG"]),
    (netlink, "netlink", "CONTROLLER", ["NLMSG_MIN_TYPE"]),
    (netlink, "genetlink", "_CTRL_CMD_NEWFAMILY _CTRL_CMD_GETFAMILY _CTRL_ATTR_FAMILY_ID",
     words("CMD_NEWFAMILY CMD_GETFAMILY ATTR_FAMILY_ID", "CTRL_")),
    (netlink, "genetlink", "_CTRL_ATTR_FAMILY_NAME _CTRL_ATTR_MCAST_GROUPS _CTRL_ATTR_MCAST_GRP_NAME",
     words("FAMILY_NAME MCAST_GROUPS MCAST_GRP_NAME", "CTRL_ATTR_")),
    (netlink, "genetlink", "_CTRL_ATTR_MCAST_GRP_ID", ["CTRL_ATTR_MCAST_GRP_ID"]),
    (rtnetlink, "netlink", "PROTOCOL REPLACE EXCLUSIVE CREATE",
     words("NETLINK_ROUTE NLM_F_REPLACE NLM_F_EXCL NLM_F_CREATE")),
    (rtnetlink, "rtnetlink", "NEW_LINK DELETE_LINK GET_LINK NEW_ADDRESS DELETE_ADDRESS GET_ADDRESS",
     words("NEWLINK DELLINK GETLINK NEWADDR DELADDR GETADDR", "RTM_")),
    (rtnetlink, "rtnetlink", "NEW_ROUTE DELETE_ROUTE GET_ROUTE NEW_NEIGHBOUR GET_NEIGHBOUR",
     words("NEWROUTE DELROUTE GETROUTE NEWNEIGH GETNEIGH", "RTM_")),
    (rtnetlink, "rtnetlink", "NEW_RULE DELETE_RULE GET_RULE NEW_NEXTHOP DELETE_NEXTHOP GET_NEXTHOP",
     words("NEWRULE DELRULE GETRULE NEWNEXTHOP DELNEXTHOP GETNEXTHOP", "RTM_")),
    (rules, "fib_rules", "_DST _SRC _IIF _GOTO _PRIORITY _MARK _SUPPRESS",
     words("DST SRC IIFNAME GOTO PRIORITY FWMARK SUPPRESS_PREFIXLEN", "FRA_")),
    (rules, "fib_rules", "_TABLE _MASK _OIF _L3MDEV _UID_RANGE _PROTOCOL _TRANSPORT _SPORTS _DPORTS",
     words("TABLE FWMASK OIFNAME L3MDEV UID_RANGE PROTOCOL IP_PROTO SPORT_RANGE DPORT_RANGE", "FRA_")),
    (rules, "fib_rules", "_TUNNEL _SUPPRESS_GROUP _DSCP _FLOW_LABEL _SPORT_MASK _DPORT_MASK _INVERT",
     words("FRA_TUN_ID FRA_SUPPRESS_IFGROUP FRA_DSCP FRA_FLOWLABEL FRA_SPORT_MASK FRA_DPORT_MASK FIB_RULE_INVERT")),
    (routes, "rtnetlink", "_DST _OIF _GATEWAY _PRIORITY _MULTIPATH _TABLE _VIA _NEXTHOP",
     words("DST OIF GATEWAY PRIORITY MULTIPATH TABLE VIA NH_ID", "RTA_")),
    (routes, "rtnetlink", "_UNICAST _CLONED _NO_TABLE", words("RTN_UNICAST RTM_F_CLONED RT_TABLE_COMPAT")),
    (nexthops, "nexthop", "_ID _GROUP _BLACKHOLE _OIF _GATEWAY _ENCAP",
     words("ID GROUP BLACKHOLE OIF GATEWAY ENCAP", "NHA_")),
    (links, "if_link", "_NAME _MASTER _EXTENSIONS", words("IFNAME MASTER EXT_MASK", "IFLA_")),
    (links, "rtnetlink", "_SKIP_STATISTICS _UNIVERSE", words("RTEXT_FILTER_SKIP_STATS RT_SCOPE_UNIVERSE")),
    (links, "if_addr", "_ADDRESS _LOCAL", words("ADDRESS LOCAL", "IFA_")),
    (links, "if", "_UP _POINT_TO_POINT _NO_ARP _LOWER_UP", words("UP POINTOPOINT NOARP LOWER_UP", "IFF_")),
    (neighbours, "neighbour", "_DST _HARDWARE", words("DST LLADDR", "NDA_")),
    (neighbours, "neighbour", "_KNOWN", ["NUD_REACHABLE|NUD_STALE|NUD_DELAY|NUD_PROBE|NUD_PERMANENT"]),
    (rtnetlink, "rtnetlink", "LINKS NEIGHBOURS NEXTHOPS",
     ["1<<RTNLGRP_LINK-1", "1<<RTNLGRP_NEIGH-1", "1<<RTNLGRP_NEXTHOP-1"]),
    (rtnetlink, "rtnetlink", "ADDRESSES ROUTES RULES",
     ["1<<RTNLGRP_IPV4_IFADDR-1|1<<RTNLGRP_IPV6_IFADDR-1", "1<<RTNLGRP_IPV4_ROUTE-1|1<<RTNLGRP_IPV6_ROUTE-1",
      "1<<RTNLGRP_IPV4_RULE-1|1<<RTNLGRP_IPV6_RULE-1"]),
    (links, "if_addr", "_UNUSABLE", ["IFA_F_TENTATIVE|IFA_F_DADFAILED"]),
    (route, "rtnetlink", "_NEW_ROUTE _GET_ROUTE _LOOKUP_TABLE", words("NEWROUTE GETROUTE F_LOOKUP_TABLE", "RTM_")),
    (route, "rtnetlink", "_DST _SRC _IIF _OIF _GATEWAY _PREFSRC _TABLE _MARK _IP_PROTO _SPORT _DPORT",
     words("DST SRC IIF OIF GATEWAY PREFSRC TABLE MARK IP_PROTO SPORT DPORT", "RTA_")),
    (nfnetlink, "netlink", "PROTOCOL", ["NETLINK_NETFILTER"]),
    (nfnetlink, "netfilter/nfnetlink", "CONNTRACK IPSET NFTABLES", words("CTNETLINK IPSET NFTABLES", "NFNL_SUBSYS_")),
    (nfnetlink, "netfilter/nf_tables", "GETRULE GETSET NEWELEMENT GETELEMENT DELELEMENT",
     words("GETRULE GETSET NEWSETELEM GETSETELEM DELSETELEM", "NFT_MSG_")),
    (nfnetlink, "netfilter/nf_tables", "NEWGENERATION GETGENERATION _GENERATION",
     words("NFT_MSG_NEWGEN NFT_MSG_GETGEN NFTA_GEN_ID")),
    (nftset, "netfilter/nf_tables", "TABLE NAME ELEMENTS", words("TABLE SET ELEMENTS", "NFTA_SET_ELEM_LIST_")),
    (nftset, "netfilter/nf_tables", "KEY FLAGS TIMEOUT EXPIRATION USER_DATA _KEY_END",
     words("KEY FLAGS TIMEOUT EXPIRATION USERDATA KEY_END", "NFTA_SET_ELEM_")),
    (nftset, "netfilter/nf_tables", "RANGE_END CATCHALL", words("INTERVAL_END CATCHALL", "NFT_SET_ELEM_")),
    (nftset, "netfilter/nf_tables", "_SET_FLAGS _KEY_TYPE _KEY_LENGTH _DESCRIPTION _SET_TIMEOUT _SET_USER_DATA",
     words("FLAGS KEY_TYPE KEY_LEN DESC TIMEOUT USERDATA", "NFTA_SET_")),
    (nftset, "netfilter/nf_tables", "_CONSTANT _INTERVAL _MAP _TIMEOUTS _CONCATENATION",
     words("CONSTANT INTERVAL MAP TIMEOUT CONCAT", "NFT_SET_")),
    (nftchange, "netfilter/nf_tables", "_ELEMENT", ["NFTA_LIST_ELEM"]),
    (nftchange, "netlink", "_CREATE", ["NLM_F_CREATE"]),
    (nftset, "netfilter/nf_tables", "_SIZE _VALUE", words("NFTA_SET_DESC_SIZE NFTA_DATA_VALUE")),
    (inbound, "netfilter/nf_tables", "_NEW_TABLE _DELETE_TABLE _NEW_CHAIN _NEW_RULE _GET_RULE",
     words("NEWTABLE DELTABLE NEWCHAIN NEWRULE GETRULE", "NFT_MSG_")),
    (inbound, "netfilter/nf_tables", "_REGISTER _EQUAL _DIFFERENT _META_MARK _META_IIFNAME _CT_STATE _CT_MARK",
     words("REG_1 CMP_EQ CMP_NEQ META_MARK META_IIFNAME CT_STATE CT_MARK", "NFT_")),
    (inbound, "netfilter/nf_tables", "_RULE_EXPRESSIONS _RULE_USERDATA", words("EXPRESSIONS USERDATA", "NFTA_RULE_")),
    (inbound, "netlink", "_CREATE _APPEND", words("CREATE APPEND", "NLM_F_")),
    (ipsetlink, "netfilter/ipset/ip_set", "LIST ADD DELETE", words("LIST ADD DEL", "IPSET_CMD_")),
    (ipsetlink, "netfilter/ipset/ip_set", "_PROTOCOL _NAME _TYPE _FAMILY _FLAGS _DATA _ENTRIES _LINE",
     words("PROTOCOL SETNAME TYPENAME FAMILY FLAGS DATA ADT LINENO", "IPSET_ATTR_")),
    (ipsetlink, "netfilter/ipset/ip_set", "_IP _CIDR _TIMEOUT _ENTRY_FLAGS _COMMENT",
     words("IP CIDR TIMEOUT CADT_FLAGS COMMENT", "IPSET_ATTR_")),
    (ipsetlink, "netfilter/ipset/ip_set", "_MAXELEM _NETMASK _ELEMENTS _REFERENCES _BITMASK",
     words("MAXELEM NETMASK ELEMENTS REFERENCES BITMASK", "IPSET_ATTR_")),
    (ipsetlink, "netfilter/ipset/ip_set", "_HEADER_ONLY _NOMATCH _WITH_COMMENTS FULL",
     words("IPSET_FLAG_LIST_HEADER IPSET_FLAG_NOMATCH IPSET_FLAG_WITH_COMMENT IPSET_ERR_TYPE_SPECIFIC")),
    (conntrack, "netfilter/nfnetlink_conntrack", "GET DELETE _ORIGINAL _ID _ZONE _FILTER",
     words("IPCTNL_MSG_CT_GET IPCTNL_MSG_CT_DELETE CTA_TUPLE_ORIG CTA_ID CTA_ZONE CTA_FILTER")),
    (conntrack, "netfilter/nfnetlink_conntrack", "_TUPLE_IP _ORIGINAL_FLAGS _IPV4_DESTINATION",
     words("CTA_TUPLE_IP CTA_FILTER_ORIG_FLAGS CTA_IP_V4_DST")),
    (wireguard, "wireguard", "_VERSION _GET_DEVICE _SET_DEVICE",
     words("GENL_VERSION CMD_GET_DEVICE CMD_SET_DEVICE", "WG_")),
    (wireguard, "wireguard", "_DEVICE_IFNAME _DEVICE_LISTEN_PORT _DEVICE_FWMARK _DEVICE_PEERS",
     words("IFNAME LISTEN_PORT FWMARK PEERS", "WGDEVICE_A_")),
    (wireguard, "wireguard", "_PEER_PUBLIC_KEY _PEER_FLAGS _PEER_ENDPOINT _PEER_PERSISTENT_KEEPALIVE _PEER_ALLOWED_IPS",
     words("PUBLIC_KEY FLAGS ENDPOINT PERSISTENT_KEEPALIVE_INTERVAL ALLOWEDIPS", "WGPEER_A_")),
    (wireguard, "wireguard", "_PEER_LAST_HANDSHAKE _PEER_RX_BYTES _PEER_TX_BYTES",
     words("LAST_HANDSHAKE_TIME RX_BYTES TX_BYTES", "WGPEER_A_")),
    (wireguard, "wireguard", "_ALLOWED_IP_ADDRESS _ALLOWED_IP_LENGTH _UPDATE_ONLY",
     words("WGALLOWEDIP_A_IPADDR WGALLOWEDIP_A_CIDR_MASK WGPEER_F_UPDATE_ONLY")),
]  # fmt: skip


@pytest.mark.parametrize("case", NUMBERS)
def test_a_number_is_that_of_the_kernels_header(case):
    """What a header is too old to know is left out."""
    module, header, ours, theirs = case
    known = numbers(header)
    ours = words(ours)
    assert len(ours) == len(theirs)
    for name, expression in zip(ours, theirs):
        value = number(expression, known)
        assert value in (None, getattr(module, name)), name
    assert number(theirs[0], known) is not None


def test_families_and_refusals_are_those_of_the_kernels_headers():
    known = numbers("netfilter")
    theirs = {"inet": "INET", "ip": "IPV4", "arp": "ARP", "netdev": "NETDEV", "bridge": "BRIDGE", "ip6": "IPV6"}
    assert nfnetlink.FAMILIES == {name: known["NFPROTO_" + theirs[name]] for name in theirs}
    known = numbers("netfilter/ipset/ip_set")
    names = ["PROTOCOL", "INVALID_CIDR", "TIMEOUT", "COMMENT", "TYPE_SPECIFIC"]
    assert sorted(ipsetlink.REFUSALS) == [known["IPSET_ERR_" + name] for name in names]
