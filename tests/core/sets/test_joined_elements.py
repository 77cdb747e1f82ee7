"""joined_elements.py: which elements hold ours without being ours by themselves."""

from nametrack import ip
from nametrack.core.sets.joined_elements import JoinedElements


def test_what_ceased_to_be_joined_before_the_last_start_is_not_taken_for_joined():
    joined, keys = JoinedElements(4), [ip.key("192.0.2.%d" % i) for i in (1, 2, 3)]
    joined.remember(keys, True)
    joined.remember(keys[:2], False)
    joined.remember(keys[1:2], True)
    assert sorted(joined.keys()) == sorted(keys[1:])
