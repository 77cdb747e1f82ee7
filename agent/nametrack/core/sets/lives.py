"""How long an address is wanted in a set: as long as DNS names it, or for the rest of its `retain`."""

NAMED = -1  # the life of an address that is named now: no end is in sight


def longest_life(holders, key, now):
    """Return the longest life any of these hosts or policies gives the address: NAMED, seconds, or None if unwanted."""
    best = None
    for holder in holders:
        life = holder.life(key, now)
        if life == NAMED:
            return NAMED
        if life is not None and (best is None or life > best):
            best = life
    return best
