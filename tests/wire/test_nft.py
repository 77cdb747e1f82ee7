"""nft.py: the text of a change as `nft -f` takes it."""

import pytest

from nametrack import ip
from nametrack.element import Element, ElementList, SetName, elements_of
from nametrack.wire import nft
from nametrack.wire.sets import Form

NAME = SetName("nft", "inet", "vpn", "a4")
PLAIN, NONE = Form(4, False, False, False, None, "", True), ElementList()


def text(deleted=(), added=(), form=PLAIN):
    return list(nft.change_text(NAME, form, elements_of(list(deleted)), elements_of(list(added)), NONE))


def test_elements_are_deleted_before_others_are_added_with_our_comment():
    changed = text(
        [Element("192.0.2.1", None)], [Element("192.0.2.0/28", None), Element("192.0.2.20-192.0.2.22", None)]
    )
    assert changed == [
        "delete element inet vpn a4 { 192.0.2.1 }",
        'add element inet vpn a4 { 192.0.2.0/28 comment "nametrack", 192.0.2.20-192.0.2.22 comment "nametrack" }',
    ]


def test_nothing_to_change_is_no_command():
    assert text() == []


def test_a_line_has_at_most_250_elements():
    many = [Element(ip.from_number((10 << 24) + i, 4), None) for i in range(501)]
    assert [line.count("10.0.") for line in text(many, many)] == [250, 250, 1] * 2


@pytest.mark.parametrize("timeout,written", [(0, "1s"), (-5, "1s"), (1, "1s"), (3600, "1h"), (1 << 40, "10000d")])
def test_a_timeout_is_one_that_nft_takes(timeout, written):
    line = text([], [Element("192.0.2.1", timeout)])[0]
    assert line == 'add element inet vpn a4 { 192.0.2.1 timeout %s comment "nametrack" }' % written


def test_what_another_program_wants_too_is_added_without_our_comment_last_and_in_lines_of_250():
    many = elements_of([Element(ip.from_number((10 << 24) + i, 4), None) for i in range(251)])
    lines = list(nft.change_text(NAME, PLAIN, NONE, elements_of([Element("192.0.2.1", None)]), many))
    assert lines[0].startswith("add element inet vpn a4 { 192.0.2.1 comment ")
    assert [line.count("10.0.0.") for line in lines[1:]] == [250, 1]
    assert lines[2] == "add element inet vpn a4 { 10.0.0.250 }" and "comment" not in lines[1]
