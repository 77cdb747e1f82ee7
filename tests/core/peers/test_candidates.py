"""candidates.py: where a peer may be, in which order, and where it was."""

from nametrack.core.peers.candidates import MAX_WITHDRAWN, Candidates

A, B, C = ("198.51.100.1", 1), ("198.51.100.2", 1), ("198.51.100.3", 1)
SIX = ("2001:db8::1", 1)


def named(*answers):
    candidates = Candidates()
    for answer in answers:
        candidates.answered(list(answer), list(answer))
    return candidates


def test_an_answer_that_names_others_is_fresh_and_withdraws_what_it_names_no_more():
    candidates = named([A, B])
    candidates.fresh = False
    candidates.answered([B, A], [B, A])
    assert not candidates.fresh  # servers shuffle
    candidates.answered([B, C], [B, C])
    assert candidates.fresh and candidates.withdrawn == [A]
    candidates.answered([A], [A])
    assert candidates.withdrawn == [B, C]


def test_an_empty_answer_withdraws_nothing():
    candidates = named([A])
    candidates.fresh = False
    candidates.answered([], [])
    assert (candidates.named, candidates.withdrawn, candidates.fresh) == ([A], [], False)


def test_what_was_remembered_counts_as_named_before():
    candidates = Candidates()
    candidates.remember([A])
    assert candidates.known() == [A]
    candidates.answered([B], [B])
    assert (candidates.known(), candidates.withdrawn, candidates.last_good) == ([B], [A], [])


def test_several_addresses_of_one_family_are_a_pool():
    assert not named([A]).pool and not named([SIX, A]).pool
    assert named([A, B]).pool
    replacement = Candidates()
    replacement.answered([A, B], [A])  # B has a worse priority: it stands in for A, and is no part of a pool
    assert not replacement.pool


def test_the_family_that_worked_comes_first():
    candidates = named([SIX, A])
    assert candidates.in_order({}, True) == [SIX, A]
    candidates.works(A)
    assert candidates.in_order({}, True) == [A, SIX]
    assert candidates.in_order({}, False) == [SIX, A]  # priorities of a service go before that


def test_what_has_no_route_is_passed_over():
    assert named([SIX, A]).in_order({SIX[0]: 60}, True) == [A]


def test_a_deserted_endpoint_is_taken_last_until_something_comes_from_there():
    candidates = named([A, B])
    candidates.desert(A)
    assert candidates.best([A, B]) == B and candidates.best([A]) == A
    assert candidates.deserted([A]) and not candidates.deserted([A, B])
    candidates.works(A)
    assert candidates.best([A, B]) == A and not candidates.deserted([A])


def test_another_port_is_followed_as_if_dns_had_said_so():
    candidates = named([A, B])
    candidates.remember([C])
    candidates.fresh = False
    candidates.move_port(2)
    assert candidates.named == [(A[0], 2), (B[0], 2)] and candidates.fresh
    assert candidates.withdrawn == [A, B] and candidates.last_good == [(C[0], 2)]


def test_memory_is_bounded():
    candidates = Candidates()
    for i in range(1000):
        endpoint = ("198.51.%d.%d" % (i // 250, i % 250), 1)
        candidates.answered([endpoint], [endpoint])
        candidates.desert(endpoint)
    assert len(candidates.withdrawn) == MAX_WITHDRAWN
    assert candidates.deserted([endpoint]) and not candidates.deserted([("198.51.0.1", 1)])
