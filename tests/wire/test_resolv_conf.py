"""resolv_conf.py: the nameservers of a machine."""

import pytest

from nametrack.wire.resolv_conf import nameservers

# what stands behind `nameserver` -> the server, None for none
SERVERS = [
    ("192.0.2.53", "192.0.2.53"),
    ("2001:DB8:0::53\r", "2001:db8::53"),
    ("fe80::1%eth0", "fe80::1@eth0"),
    ("fe80::1%0", "fe80::1@0"),
    ("fe80::1%fifteen-bytes-x", "fe80::1@fifteen-bytes-x"),
    ("fe80::1%sixteen-bytes-xx", None),
    ("fe80::1%", None),
    ("fe80::1%a#b", None),
    ("fe80::1%a@b", None),
    ("2001:db8::53%eth0", None),
    ("server.test", None),
]


@pytest.mark.parametrize("text, server", SERVERS)
def test_a_nameserver_is_an_address_and_one_of_a_link_has_its_device(text, server):
    found = nameservers("search lan\nnameserver %s\noptions edns0\n" % text)
    assert found == ([] if server is None else [server])


def test_each_counts_once_and_the_first_eight_count():
    servers = ["192.0.2.%d" % i for i in range(9)]
    text = "".join(["nameserver\t%s trailing\n" % server for server in servers[:1] + servers])
    assert nameservers(text) == servers[:8]
