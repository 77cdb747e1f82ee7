"""proposals.py: what each source says, what is news of it, and which endpoint is the best."""

from nametrack.core.names.sources import FALLBACK, LISTED, ZONE
from nametrack.core.peers.peer_state import kept
from nametrack.core.peers.proposals import MAX_WORKED, WORKED_FOR, Proposals

HOME, MOVED, LIE, INSIDE = [("198.51.100.10", 1)], [("198.51.100.11", 1)], [("192.0.2.66", 1)], [("192.168.7.2", 1)]
SIX = [("2001:db8::1", 1)]


def said(*words, installed=None):
    """Proposals after [(source, endpoints, at)]."""
    proposals = Proposals()
    for source, endpoints, at in words:
        proposals.heard(source, endpoints, installed, at)
    return proposals


def test_what_a_source_says_for_the_first_time_is_no_news():
    proposals = said((LISTED, INSIDE, 0), (ZONE, HOME, 5), installed=INSIDE[0])
    assert proposals.news(INSIDE[0], False) == []


def test_news_is_that_the_same_source_says_another_thing_than_before():
    proposals = said((LISTED, HOME, 0), (LISTED, MOVED, 60), installed=HOME[0])
    assert proposals.news(HOME[0], False) == MOVED
    assert proposals.news(MOVED[0], False) == []


def test_what_it_said_while_the_peer_answered_is_no_news():
    proposals = said((LISTED, HOME, 0), (LISTED, MOVED, 60), installed=HOME[0])
    proposals.proved(HOME[0], 59, 61)  # what came may have been sent before
    assert proposals.news(HOME[0], False) == MOVED
    proposals.proved(HOME[0], 60, 62)
    assert proposals.news(HOME[0], False) == []


def test_a_source_that_lies_of_habit_has_no_news():
    proposals = said((FALLBACK, LIE, 0))
    proposals.proved(HOME[0], 1, 2)
    proposals.heard(FALLBACK, LIE, HOME[0], 9)
    assert proposals.news(HOME[0], False) == []


def test_news_that_was_tried_is_not_tried_again_before_there_is_proof():
    proposals = said((ZONE, HOME, 0), (FALLBACK, HOME, 0), (ZONE, MOVED, 9), (FALLBACK, LIE, 9), installed=HOME[0])
    assert proposals.news(HOME[0], False) == MOVED + LIE
    proposals.tried(MOVED[0], 9)
    assert proposals.news(MOVED[0], False) == LIE
    proposals.tried(LIE[0], 10)
    assert proposals.news(LIE[0], False) == []


def test_to_a_tunnel_that_never_shook_hands_any_word_is_news():
    proposals = said((LISTED, MOVED, 0))
    assert (proposals.news(HOME[0], False), proposals.news(HOME[0], True)) == ([], MOVED)


def test_to_a_tunnel_that_never_shook_hands_it_is_news_after_a_restart_too():
    """An agent was killed between the file with what DNS named and the endpoint: the next one sets it."""
    proposals = Proposals()
    proposals.remember(MOVED)
    proposals.heard(LISTED, MOVED, HOME[0], 1)
    assert (proposals.news(HOME[0], False), proposals.news(HOME[0], True)) == ([], MOVED)


def test_what_was_named_before_the_start_is_the_first_baseline():
    proposals = Proposals()
    proposals.remember(HOME)
    proposals.heard(LISTED, MOVED, HOME[0], 1)
    assert proposals.news(HOME[0], False) == MOVED


def test_a_negative_answer_takes_nothing_away():
    proposals = said((LISTED, HOME, 0), (LISTED, [], 60))
    assert proposals.named() == HOME and proposals.in_order((), True) == HOME


def test_a_name_that_changes_twice_while_the_old_address_answers_rotates():
    proposals, at = said((LISTED, HOME, 0), installed=HOME[0]), 0
    for endpoints, rotating in ((MOVED, False), (LIE, True)):
        at += 60
        proposals.heard(LISTED, endpoints, HOME[0], at)
        proposals.proved(HOME[0], at + 1, at + 2)
        assert proposals.rotating() == rotating
    proposals.proved(LIE[0], at + 3, at + 4)
    assert not proposals.rotating(), "it moved indeed"


def test_the_same_change_at_three_sources_counts_once():
    proposals = said(*[(source, HOME, 0) for source in (LISTED, ZONE, FALLBACK)], installed=HOME[0])
    for source in (LISTED, ZONE, FALLBACK):
        proposals.heard(source, MOVED, HOME[0], 60)
    proposals.proved(HOME[0], 61, 62)
    assert not proposals.rotating()


def test_the_source_that_last_shook_hands_comes_first_then_what_two_name():
    proposals = said((LISTED, HOME, 0), (ZONE, MOVED, 0), (FALLBACK, MOVED, 0))
    assert proposals.in_order((), True) == MOVED + HOME
    proposals.proved(HOME[0], 0, 1)
    assert proposals.in_order((), True) == HOME + MOVED


def test_a_peer_that_connects_from_where_no_source_names_it_leaves_the_source_that_was_right_last_the_first():
    proposals = said((LISTED, HOME, 0), (ZONE, MOVED, 0), (FALLBACK, MOVED, 0))
    proposals.proved(HOME[0], 0, 1)
    proposals.proved(("203.0.113.9", 40000), 2, 3)
    named = [endpoint for endpoint in proposals.in_order((), True) if endpoint in HOME + MOVED]
    assert named == HOME + MOVED


def test_what_worked_lately_comes_before_what_one_source_names():
    proposals = said((FALLBACK, LIE, 0))
    proposals.proved(HOME[0], 5, 6)
    assert proposals.in_order((), True) == HOME + LIE


def test_what_was_tried_goes_to_the_back_the_longest_ago_first():
    proposals = said((LISTED, HOME + MOVED + LIE, 0))
    proposals.tried(MOVED[0], 5)
    proposals.tried(HOME[0], 6)
    assert proposals.in_order((), True) == LIE + MOVED + HOME


def test_news_comes_before_all_that_was_not_tried():
    proposals = said((LISTED, HOME, 0), (ZONE, HOME, 0), (FALLBACK, MOVED, 0))
    assert proposals.in_order((), True, MOVED) == MOVED + HOME


def test_the_ip_version_that_last_worked_comes_before_the_other_but_not_among_targets_of_a_service():
    proposals = said((LISTED, SIX + HOME, 0))
    assert proposals.in_order((), True) == SIX + HOME
    proposals.proved(("198.51.100.9", 1), 0, 1)
    named = [e for e in proposals.in_order((), True) if e in SIX + HOME]
    assert named == HOME + SIX
    assert [e for e in proposals.in_order((), False) if e in SIX + HOME] == SIX + HOME


def test_what_cannot_be_reached_is_left_out():
    assert said((LISTED, SIX + HOME, 0)).in_order({"2001:db8::1": 60}, True) == HOME


def test_between_two_rounds_a_tunnel_waits_where_it_worked_last():
    proposals = said((LISTED, MOVED, 0))
    proposals.proved(HOME[0], 5, 6)
    proposals.tried(HOME[0], 7)
    assert proposals.best((), True) == HOME[0]
    assert proposals.best({HOME[0][0]: 1}, True) == MOVED[0]
    assert Proposals().best((), True) is None


def test_what_worked_is_bounded_in_number_and_time():
    proposals = Proposals()
    for i in range(9):
        proposals.proved(("198.51.100.%d" % i, 1), i, i)
    assert len(proposals.worked()) == MAX_WORKED and proposals.worked()[0] == ("198.51.100.8", 1)
    proposals.proved(("198.51.100.7", 1), 9, 9)
    proposals.proved(("198.51.100.8", 1), 10, 10)
    assert [address for address, _ in proposals.worked()] == ["198.51.100.%d" % i for i in (8, 7, 6, 5)], "each once"
    proposals.proved(HOME[0], WORKED_FOR + 10, WORKED_FOR + 10)
    assert proposals.worked() == HOME


def test_another_configured_port_is_proposed_instead():
    proposals = said((LISTED, HOME + [("198.51.100.7", 40000)], 0))
    proposals.move_port(1, 2)
    assert proposals.named() == [("198.51.100.10", 2), ("198.51.100.7", 40000)]


def test_a_source_that_named_the_endpoint_before_the_kernel_was_asked_for_it_has_news_when_it_names_another():
    proposals = said((LISTED, HOME, 0), (FALLBACK, LIE, 0))
    proposals.agree(HOME[0])
    proposals.heard(LISTED, MOVED, HOME[0], 5)
    proposals.heard(FALLBACK, MOVED, HOME[0], 5)
    assert proposals.news(HOME[0], False) == MOVED
    unknown = said((LISTED, HOME, 0))
    unknown.agree(None)
    unknown.heard(LISTED, MOVED, HOME[0], 5)
    assert unknown.news(HOME[0], False) == []


def test_an_endpoint_is_said_to_be_named_only_if_the_source_that_counts_names_it_now():
    """The listed nameservers count before a fallback, which is asked once a day and may say what was true before."""
    proposals = said((LISTED, MOVED, 60), (FALLBACK, HOME, 0), installed=HOME[0])
    codes = [kept("h.test", each[0], proposals, ("current", "answered"), True).code for each in (HOME, MOVED)]
    assert codes == ["named_before", "named"]


def test_what_is_found_at_the_start_takes_the_place_of_nothing_that_worked_since():
    proposals = said((LISTED, HOME, 0))
    proposals.proved(HOME[0], 1, 2)
    proposals.found_working(MOVED[0], 1)
    assert HOME[0][0] in proposals.addresses() and MOVED[0][0] not in proposals.addresses()
    proposals.heard(LISTED, LIE, HOME[0], 3)
    assert HOME[0][0] in proposals.addresses()


def test_another_configured_port_moves_what_was_remembered_with_the_old_one_and_nothing_else():
    proposals = Proposals()
    proposals.remember([("192.0.2.1", 7), ("192.0.2.2", 9)])
    proposals.move_port(7, 8)
    assert proposals.known() == [("192.0.2.1", 8), ("192.0.2.2", 9)]


def test_an_endpoint_whose_peer_does_not_hear_us_is_kept_and_said_to_be_so():
    state = kept("home.test", HOME[0], said((LISTED, HOME, 0)), ("current", ""), False)
    assert state[:2] == ("current", "not_heard")


def test_an_endpoint_is_known_as_named_until_sixteen_others_were():
    """A peer that connects from an address that DNS named lately has not roamed."""
    proposals, endpoints = Proposals(), [("198.51.100.%d" % i, 1) for i in range(18)]
    for at, endpoint in enumerate(endpoints):
        proposals.heard(LISTED, [endpoint], None, at)
    assert [proposals.ever_named(endpoint) for endpoint in endpoints] == [False, False] + [True] * 16
