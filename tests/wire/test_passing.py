"""passing.py: which names are wanted."""

import pytest

from nametrack.wire.passing import Names

BELOW = [
    ("www.a.test", True),
    ("x.www.a.test", True),
    ("a.test", False),
    ("xa.test", False),
    ("x\\.a.test", False),  # the dot is no end of a label
    ("x\\.y.a.test", True),
    ("b\\.c.test", False),
    ("www.b\\.c.test", True),
    ("www.b.c.test", False),
    ("host.test", True),
    ("www.host.test", False),
]


@pytest.mark.parametrize("case", BELOW)
def test_a_domain_stands_for_the_names_below_it_and_not_for_itself(case):
    name, wanted = case
    assert not Names((), ("host.test",)).have("www." + name)
    assert Names(("a.test", "b\\.c.test"), ("host.test",)).have(name) == wanted


class List:
    def position(self, name):
        return 0 if name == "listed.test" else None


def test_a_name_in_one_of_the_lists_is_wanted_and_no_other():
    names = Names((), (), [List()])
    assert names.have("listed.test") and not names.have("other.test")
