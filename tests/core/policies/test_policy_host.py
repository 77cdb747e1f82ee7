"""What is kept of one host: of each address family so many, those that DNS named last."""

from nametrack import ip
from nametrack.core.names.rrset import AAAA, A
from nametrack.core.policies.policy_host import MOST, Host

NAME = ("host.example", ())
FOUR, SIX = ip.key("198.51.100.1"), ip.key("2001:db8::1")


def span(first, count):
    return [first + i for i in range(count)]


def host():
    return Host("host.example", NAME, (A, AAAA))


def test_addresses_of_one_family_take_no_place_of_the_other():
    one = host()
    changed, dropped = one.answered(span(SIX, MOST + 5) + span(FOUR, 3), 0, 60)
    assert one.named == span(SIX, MOST) + span(FOUR, 3)
    assert set(changed) == set(one.named) and dropped == []
    one.answered(span(SIX + 5000, MOST) + span(FOUR + 10, 3), 1, 60)
    assert one.named == span(SIX + 5000, MOST) + span(FOUR + 10, 3)
    assert set(one.retained) == set(span(FOUR, 3)), "one family was full, the other keeps what is to be retained"


def test_remembered_addresses_of_one_family_take_no_place_of_the_other():
    one = host()
    one.remember(span(FOUR, 2), 300)
    assert len(one.remember(span(SIX, MOST + 7), 400)) == 7
    assert set(span(FOUR, 2)) <= set(one.retained)


def test_the_least_recently_named_addresses_go_first_and_the_last_that_dns_gave():
    one = host()
    one.answered(span(FOUR, 4), 0, 60)
    one.answered(span(FOUR + 2, 4), 10, 60)
    assert one.drop(3) == [FOUR, FOUR + 1, FOUR + 5]
    assert one.named == span(FOUR + 2, 3) and one.retained == {}
    assert one.life(FOUR + 5, 10) is None
    assert one.drop(1, 6) == [] and len(one) == 3


def test_no_more_go_than_there_are():
    for count in range(8):
        one = host()
        one.answered(span(FOUR, 2), 0, 60)
        one.answered(span(FOUR + 1, 2), 10, 60)
        first_to_go = [FOUR, FOUR + 2, FOUR + 1]
        assert set(one.drop(count, 4)) == set(first_to_go[:count]) and set(one.keys()) == set(first_to_go[count:])
