"""One peer whose name is looked up of the listed nameservers, for IPv4 only: the beginning of a transcript."""

HOUSE = """-- network --
config interface 'wg0'
	option proto 'wireguard'
config wireguard_wg0
	option public_key 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg='
	option endpoint_host 'home.dyn.test'
	option persistent_keepalive '25'
	list allowed_ips '10.9.0.0/24'

-- before --
< peer wg0 xTIB %s keepalive=25

-- config --
config nametrack 'global'
	option family 'ipv4'
	list fallback_nameserver 'none'
	option authoritative '0'

%s
"""


def one_peer(fields, then):
    """The transcript: `fields` of the peer as the kernel has it at the start, and what happens then, lines."""
    return HOUSE % (fields, then)
