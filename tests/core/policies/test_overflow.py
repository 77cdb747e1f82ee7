"""policy.py: a policy holds MAX_ADDRESSES at most, and says once that there were more."""

from core.sets.one_set import policy as one_policy
from nametrack import ip
from nametrack.core.config.policy_sections import PolicyConfig
from nametrack.core.ordering import result
from nametrack.core.policies import policy
from nametrack.core.policies.preparation import preparing

FIRST = ip.key("198.18.0.0")


def with_hosts(count):
    names = ["h%d.test" % i for i in range(count)]
    wanted = PolicyConfig("p", True, "wg", "pbr", None, None, "any", 0, [], [], None, names, [], ())
    return result(preparing(wanted, lambda host: (host, ()))), names


def test_hosts_that_have_their_share_each_get_what_is_free_and_no_more():
    before, policy.MAX_ADDRESSES = policy.MAX_ADDRESSES, 10
    try:
        made, names = with_hosts(3)  # a share is three addresses
        for i in range(3):
            made.answered(made.hosts[names[i]], [FIRST + 10 * i + j for j in range(3)], 1)
        assert len(made.wanted(4)) == 9 and not made.is_full() and not made.overflowed()
        made.answered(made.hosts[names[0]], [FIRST + j for j in range(6)], 2)
        assert len(made.wanted(4)) == 10 and made.is_full()
        assert made.overflowed() and not made.overflowed()
    finally:
        policy.MAX_ADDRESSES = before
    assert made.overflow_text() == "more than 65536 addresses; each host keeps its share of them"


def test_an_address_that_is_wanted_already_takes_no_place():
    made = one_policy()
    host = made.hosts["h.test"]
    made.answered(host, [FIRST], 1)
    made.answered(host, [FIRST, FIRST + 1], 2)
    assert len(made.wanted(4)) == 2 and not made.overflowed()
