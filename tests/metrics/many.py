"""An agent that follows 20 peers and 200 names, all of it answered, and what its object on the bus says."""

import base64
import functools

import transcript
from fakes import WALL
from nametrack.core.histogram import Histogram
from nametrack.core.ordering import result
from nametrack.daemon.bus_object import Service

PEERS, HOSTS = 20, 180  # a peer's name is a name as well
PUT_OFF = {}  # id of a call -> function that returns a generator whose value is the answer


def document():
    """A transcript that ends with everything current, but for one peer without a handshake and one dead name."""
    network, before, hosts, answers = [], [], [], []
    # their names are asked in the order of the keys
    keys = sorted(base64.b64encode(bytes([65 + i]) * 31 + b"\0").decode() for i in range(PEERS))
    for i, key in enumerate(keys):
        network += ["config wireguard_wg0", f"\toption public_key '{key}'", f"\toption description 'peer \"{i}\" \\'"]
        network += [f"\toption endpoint_host 'p{i:03}.dyn.test'", f"\tlist allowed_ips '10.9.{i}.1/32'"]
        before.append(f"< peer wg0 {key[:4]} rx={i} tx=1 endpoint=198.51.100.{i + 1}:51820" + " handshake=-9" * (i > 0))
    for i in range(HOSTS):
        hosts.append(f"\tlist host 'h{i:03}.example.test'")
    # the resolver has 64 names in flight and begins the next with each answer: the queries go by number
    names = [f"198.51.100.{i + 1}" for i in range(PEERS)] + [f"192.0.2.{i + 1}" for i in range(HOSTS)]
    for number, address in enumerate(names, 1):
        answers.append(f"< answered {number} {address} ttl=300" if number < 200 else f"< failed {number} SERVFAIL")
    sections = {
        "network": ["config interface 'wg0'", "\toption proto 'wireguard'", *network],
        "before": [*before, "< set nft inet fw4 many4 timeout"],
        "config": [
            "config nametrack 'global'",
            "\toption family 'ipv4'",
            "\toption retian '5'",
            "config policy 'many'",
            "\toption target 'nftset'",
            "\toption set4 'inet fw4 many4'",
            *hosts,
            "config policy 'off'",
            "\toption enabled '0'",
            "\toption target 'nftset'",
            "\toption set4 'inet fw4 off4'",
            "\tlist host 'off.test'",
        ],
        "at 0": answers,
        "at 1": [],
    }
    return "".join(f"-- {name} --\n" + "\n".join(lines) + "\n" for name, lines in sections.items())


@functools.lru_cache(maxsize=1)
def service():
    """`(service, now, wall)` of the agent after the document."""
    played = transcript.Transcript(document())
    played.run()
    lag = Histogram((0.01, 1))
    lag.observe(0.002)
    functions = [lambda event: None, None, None, _put_off, lambda: (2 << 20, lag), None]
    made = Service(played.agent, "micropython 1.23.0", 0, *functions)
    return made, played.now, WALL + played.now


def _put_off(what, make, number):
    PUT_OFF[number] = make
    return True


def call(method, **arguments):
    made, now, wall = service()
    status, answer = made.call(method, arguments, now, wall)
    if status is None:
        return result(PUT_OFF.pop(answer)())
    assert status == 0, (method, status)
    return answer
