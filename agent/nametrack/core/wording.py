"""Durations in words, for reasons and tables."""


def duration(seconds):
    """`45s`, `2m 10s`, `3h 5m`, `2d 4h`: two units at most."""
    seconds = int(seconds)
    units = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
    parts = []
    for unit, size in units:
        count, seconds = seconds // size, seconds % size
        if count or (unit == "s" and not parts):
            parts.append("%d%s" % (count, unit))
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts)


def seconds_ago(seconds):
    return "%s ago" % duration(max(0, seconds))


def count(number, noun):
    """`1 failure`, `2 failures`, `2 addresses`."""
    ending = "es" if noun[-1] == "s" else "s"
    return "%d %s%s" % (number, noun, "" if number == 1 else ending)


def count_that(number, noun, verb):
    """`1 address takes`, `2 addresses take`."""
    return "%s %s%s" % (count(number, noun), verb, "s" if number == 1 else "")


def size(count):
    """Bytes as `980 B`, `1.2 KiB`, `340 MiB`: three digits are enough."""
    if count < 1000:
        return "%d B" % count
    unit, value = "KiB", count / 1024
    for larger in ("MiB", "GiB", "TiB"):
        if value < 999.5:
            break
        unit, value = larger, value / 1024
    return ("%.1f %s" if value < 99.95 else "%.0f %s") % (value, unit)
