"""What a machine that is no OpenWrt router has besides its configuration, as far as findings depend on it."""

from collections import namedtuple

# saving: names of interfaces whose file wg-quick writes anew when it stops them
# tunnel_nameservers: {interface: [address]}, what wg-quick sets while the interface is up
# nameservers: those in /etc/resolv.conf, `address` or `address@device`; learnt: likewise, those that the networks told,
# without resolvers on the machine itself
# timers: names of systemd's timers that set endpoints; managers: {interface: "NetworkManager" or "systemd-networkd"}
Machine = namedtuple("Machine", ("saving", "tunnel_nameservers", "nameservers", "learnt", "timers", "managers"))
