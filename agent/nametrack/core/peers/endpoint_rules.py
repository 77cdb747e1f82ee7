"""Which endpoint a peer should have: the rule table of DESIGN.md section 4, first match wins."""

from .tunnel import ALIVE, IDLE, STALE, STALLED

KEEP = "keep"
SET = "set"
LAST_GOOD = "last_good"  # set the last good address
RETRY = "retry"  # ask DNS afresh, then try the candidates in turn


def decide(installed, candidates, withdrawn, life, follow, pool, fresh, deserted):
    """`(rule number, verb)` for one peer.

    installed: the kernel's endpoint as (address, port), None for none. candidates: list of the same, in the order of
    preference. withdrawn: endpoints that DNS named once and does no more. life: of the tunnel. follow: "auto", "dns"
    or "traffic". pool: whether the name has several addresses of one family. fresh: whether the answer that withdrew
    the installed endpoint arrived just now. deserted: whether each of the candidates was left because nothing came
    from there: then a tunnel that owes nothing is not sent back on the word of a cache.
    """
    if not candidates:
        return 1, LAST_GOOD if installed is None else KEEP
    if installed is None:
        return 2, SET
    if installed in candidates:
        return (4, RETRY) if life in (STALLED, STALE) else (3, KEEP)
    if deserted and life in (ALIVE, IDLE):
        return (6 if installed in withdrawn else 7), KEEP
    by_dns = follow == "dns" or (follow == "auto" and not pool)
    if installed in withdrawn:
        if by_dns and fresh:
            return 5, SET
        if not by_dns and life == ALIVE:
            return 6, KEEP
    if life == ALIVE:
        # Also after rule 5, when the kernel went back by itself: then the peer has spoken from there.
        return 7, KEEP
    return 8, SET
