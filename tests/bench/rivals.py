"""What people use today, by the rules that their authors describe; none of their code is here.

A rival wakes every `every` seconds and looks at each peer that is configured by name. Where `stale(age)` holds, for the
seconds since its last handshake, it has the name resolved by the router's DNS server and sets the first address,
whatever is set. `look` and `change` are the processes that one look at a peer and one change start, as shell commands:
IF, KEY and NAME stand for the interface, the peer's public key and its name.
"""

from collections import namedtuple

Rival = namedtuple("Rival", "name every stale look change")

RIVALS = [
    Rival(
        "a script each minute",  # cron: resolve, and set what came
        60,
        lambda age: True,
        "true",
        "address=$(dig +short NAME | tail -n 1); wg set IF peer KEY endpoint $address:51820",
    ),
    Rival(
        "reresolve-dns.sh, each 30 s",  # by a timer, as its README has it; stale after 135 s
        30,
        lambda age: age > 135,
        "wg show IF latest-handshakes >/dev/null",
        "wg set IF peer KEY endpoint NAME:51820",
    ),
    Rival(
        "wireguard_watchdog, each minute",  # by cron, as its documentation has it; stale after 150 s
        60,
        lambda age: age >= 150,
        "wg show IF endpoints | grep KEY | awk '{ print $2 }' >/dev/null;"
        " wg show IF latest-handshakes | grep KEY | awk '{ print $2 }' >/dev/null",
        "wg set IF peer KEY endpoint NAME:51820",
    ),
]
