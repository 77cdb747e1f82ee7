"""A policy of 65,536 addresses: what is decided about its routes looks at its prefixes only."""

from nametrack import ip
from nametrack.core.config import configuration
from nametrack.core.config.policy_sections import PolicyConfig
from nametrack.core.ordering import result
from nametrack.core.policies.preparation import preparing
from nametrack.core.routes.networks import NOWHERE
from nametrack.core.routes.plan import _is_too_wide
from nametrack.core.routes.steered import Steered
from nametrack.core.routes.table import member
from nametrack.wire import uci

HEAD = "config policy 'p'\n\tlist interface 'wg0'\n"


class Unlooked:
    """A list that refuses to be looked through."""

    def __len__(self):
        return 65536


def steered(*literals):
    """The Steered of a policy with these; once it is made, none may look at the texts again."""
    text = HEAD + "".join(["\tlist host '%s'\n" % each for each in literals])
    policy = result(preparing(configuration.build(uci.parse(text)[0], [], []).policies[0], lambda host: (host, ())))
    policy.config = PolicyConfig(*(tuple(policy.config)[:-2] + (Unlooked(), ())))
    return Steered(policy)


def test_whether_it_takes_all_is_known_of_its_prefixes():
    assert not steered("192.0.2.1", "198.51.100.0/24", "2001:db8::1").takes_all
    for half in ("0.0.0.0/0", "128.0.0.0/1", "::/0", "8000::/1"):
        assert steered("192.0.2.1", half).takes_all
    for quarter in ("64.0.0.0/2", "4000::/2"):
        assert not steered("192.0.2.1", quarter).takes_all


def test_a_table_and_what_blocks_know_its_prefixes():
    each = steered("192.0.2.1", "198.51.100.0/24", "2001:db8::/32")
    assert member(each.policy, 1, 4, NOWHERE).wide == [ip.key("198.51.100.0/24")]
    assert member(each.policy, 1, 6, NOWHERE).wide == [ip.key("2001:db8::/32")]
    assert not _is_too_wide(each.policy, 4, NOWHERE) and _is_too_wide(steered("0.0.0.0/0").policy, 4, NOWHERE)
