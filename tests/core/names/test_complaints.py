"""complaints.py: a server that errs is told of, but cannot flood the log."""

from nametrack.core.names.complaints import REJECTED, SAID_AGAIN, UNUSABLE, Complaints


def test_two_lies_in_turn_are_said_once_each_kind():
    complaints = Complaints()
    said = [complaints.says((REJECTED, UNUSABLE)[i % 2], "lie %d" % i, i / 100) for i in range(1000)]
    assert [text for text in said if text is not None] == ["lie 0", "lie 1"]
    assert complaints.count == 1000


def test_one_kind_is_said_once_whatever_its_words():
    complaints = Complaints()
    assert complaints.says(REJECTED, "id", 0) == "id"
    assert complaints.says(REJECTED, "name", 1) is None


def test_a_kind_that_goes_on_is_said_again_with_how_often_it_came():
    complaints = Complaints()
    for i in range(4):
        complaints.says(REJECTED, "id", i)
    assert complaints.says(REJECTED, "id", SAID_AGAIN) == "id (and 3 more in the last 1h)"
    assert complaints.says(REJECTED, "id", SAID_AGAIN + 1) is None
