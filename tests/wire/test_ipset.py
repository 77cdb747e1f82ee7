"""ipset: the lines for `ipset restore`."""

import pytest

from nametrack import ip
from nametrack.element import Element, SetName, elements_of
from nametrack.wire import ipset

WG = SetName("ipset", "", "", "wg")


def text(deleted=(), added=(), comments=False):
    return "\n".join(ipset.change_text(WG, comments, elements_of(list(deleted)), elements_of(list(added)))).split("\n")


def test_adding_again_gives_a_new_timeout():
    given = [Element("1.2.3.4", 600), Element("2001:db8::/32", None)]
    assert text([], given) == ["add wg 1.2.3.4 timeout 600 -exist", "add wg 2001:db8::/32 -exist"]


def test_what_takes_comments_gets_ours_and_deletions_come_first():
    given = [Element("1.2.3.4", 600), Element("1.2.3.0/24", None)]
    lines = ["add wg 1.2.3.4 timeout 600 comment nametrack -exist", "add wg 1.2.3.0/24 comment nametrack -exist"]
    assert text([Element("1.2.3.5", None)], given, True) == ["del wg 1.2.3.5 -exist"] + lines


@pytest.mark.parametrize("timeout", [None, 60])
def test_of_many_elements_each_has_a_line_of_its_own(timeout):
    given = [Element(ip.from_number((10 << 24) + i, 4), timeout) for i in range(3 * ipset.PIECE + 1)]
    words = "" if timeout is None else " timeout 60"
    assert text([], given) == ["add wg %s%s -exist" % (element.address, words) for element in given]
    assert text(given) == ["del wg %s -exist" % element.address for element in given]


@pytest.mark.parametrize("timeout,written", [(0, 1), (-5, 1), (1, 1), (2147483, 2147483), (2147484, 2147483)])
def test_a_timeout_is_one_that_ipset_takes(timeout, written):
    assert text([], [Element("1.2.3.4", timeout)]) == ["add wg 1.2.3.4 timeout %d -exist" % written]
