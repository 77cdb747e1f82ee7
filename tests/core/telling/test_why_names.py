"""why, asked about a name: what DNS, the policies and the client have to do with it, and what is to be done."""

import pytest

import transcript
from answers import found, negative
from nametrack.core import events as on
from nametrack.core.actions import AskKernel, Reply, SendQuery
from nametrack.core.events import Told

CONFIG = """-- network --
config interface 'wg0'
	option proto 'wireguard'

-- before --
< link wan 192.0.2.20/24
< link wan via 192.0.2.1
< link wg0 10.9.0.2/24

-- config --
config nametrack 'global'
	option family 'ipv4'
	list nameserver '%s'

config policy 'work'
	list interface 'wg0'
	option family '%s'
	list host 'work.test'
	list host '*.wild.test'

-- at 1 --
"""


def asked(host, answer, client=None, server="127.0.0.1", family="any"):
    """What comes of WhyAsked about a host for which every query is answered so; None: never."""
    played = transcript.Transcript(CONFIG % (server, family))
    played.run()
    waiting, done = played.agent.handle(on.WhyAsked(1, host, client), played.now), []
    while waiting:
        action = waiting.pop(0)
        if isinstance(action, SendQuery) and answer is not None:
            waiting += played.agent.handle(answer(action), played.now)
        elif isinstance(action, AskKernel):
            told = [Told(packets.address, 0, "wan", 254, None, None) for packets in action.packets]
            waiting += played.agent.handle(on.KernelTold(1, None, told, []), played.now)
        elif isinstance(action, Reply):
            done.append(action.values)
    return done[0]


def is_found(*addresses):
    def answer(query):
        values = [each for each in addresses if (":" in each) == (query.rtype == 28)]
        return on.QueryAnswered(query.id, found(values) if values else negative("nodata"))

    return answer


def does_not_exist(query):
    return on.QueryAnswered(query.id, negative("nxdomain"))


def is_refused(query):
    return on.QueryFailed(query.id, "REFUSED")


ADVICE = [
    (does_not_exist, "127.0.0.1", "nslookup new.test 127.0.0.1  # does it know the name?"),
    (does_not_exist, "192.0.2.53#5353", "nslookup new.test 192.0.2.53  # does it know the name?"),
]


@pytest.mark.parametrize("case", ADVICE)
def test_a_name_without_an_address_is_to_be_asked_of_the_nameserver(case):
    answer, server, advice = case
    values = asked("new.test", answer, server=server)
    assert values["sentence"].startswith("new.test has no address: ") and values["advice"] == advice
    assert values["addresses"] == [] and not values["as_configured"]


SILENT = [
    ("127.0.0.1", "/etc/init.d/dnsmasq restart; nametrack refresh work.test"),
    ("192.0.2.53", "nslookup work.test 192.0.2.53  # does it run, and can it be reached?"),
    ("192.0.2.53#5353", "nslookup work.test 192.0.2.53  # does it run, and can it be reached?"),
]


@pytest.mark.parametrize("case", SILENT)
def test_a_followed_name_whose_nameserver_does_not_answer_has_that_mended(case):
    server, advice = case
    values = asked("work.test", is_refused, server=server)
    assert values["sentence"].startswith("work.test has no address: ") and values["advice"] == advice


def test_a_client_of_the_other_family_cannot_send_to_it():
    values = asked("new.test", is_found("2001:db8::1"), client="192.0.2.9")
    assert values["sentence"] == "new.test has no IPv4 address that 192.0.2.9 can send to"


def test_a_name_below_a_wildcard_that_no_client_asked_for_is_to_be_asked_for():
    values = asked("new.wild.test", is_found("198.51.100.1"))
    assert values["sentence"] == ("policy 'work' wants new.wild.test, but no client asked this router for it yet")
    assert values["advice"].startswith("nslookup new.wild.test  # on a client")


@pytest.mark.parametrize("family,configured", [("any", False), ("ipv4", False), ("ipv6", True)])
def test_a_listed_name_whose_address_the_policy_does_not_know_is_to_be_refreshed(family, configured):
    # until now the name had no address, and `why` looks it up by itself
    values = asked("work.test", is_found("198.51.100.1"), family=family)
    assert "policy 'work' lists work.test, but DNS did not name 198.51.100.1 to nametrack" in str(values["addresses"])
    assert values["as_configured"] is configured


def test_a_name_that_a_policy_knows_is_not_looked_up_again():
    played = transcript.Transcript(CONFIG % ("127.0.0.1", "any"))
    played.run()
    for query in list(played.agent.resolver._queries):
        played.agent.handle(on.QueryAnswered(query, found(["198.51.100.1"])), played.now)
    (asked_for,) = played.agent.handle(on.WhyAsked(1, "work.test", None), played.now)
    assert isinstance(asked_for, AskKernel) and [each.address for each in asked_for.packets] == ["198.51.100.1"]
