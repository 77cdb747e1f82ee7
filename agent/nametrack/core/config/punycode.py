"""Names in other scripts, as DNS knows them: `bücher.example` is `xn--bcher-kva.example` (RFC 3492, RFC 5891).

The router has no tables of Unicode. So letters are made small where an alphabet has its small ones at a fixed distance,
and accents must be composed with their letters already (NFC), as keyboards do. Nothing else is mapped: what is left is
looked up as it is written.
"""

BASE, TMIN, TMAX, SKEW, DAMP, FIRST_BIAS, FIRST = 36, 1, 26, 38, 700, 72, 128
DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789"
LABEL_MOST = 59  # characters of Unicode: with `xn--` before it no longer one fits into a label of DNS

# (first, last, distance to the small letter): Latin, Greek, Cyrillic, Armenian
CAPITALS = (
    (0xC0, 0xD6, 32), (0xD8, 0xDE, 32), (0x386, 0x386, 38), (0x388, 0x38A, 37), (0x38C, 0x38C, 64), (0x38E, 0x38F, 63),
    (0x391, 0x3A1, 32), (0x3A3, 0x3AB, 32), (0x400, 0x40F, 80), (0x410, 0x42F, 32), (0x531, 0x556, 48),
)  # fmt: skip
# where capitals and small letters alternate: (first capital, last capital)
PAIRS = (
    (0x100, 0x12E), (0x132, 0x136), (0x139, 0x147), (0x14A, 0x176), (0x179, 0x17D), (0x1A0, 0x1A0), (0x1AF, 0x1AF),
    (0x1CD, 0x1DB), (0x1DE, 0x1EE), (0x1F8, 0x21E), (0x460, 0x480), (0x48A, 0x4BE), (0x4C1, 0x4CD), (0x4D0, 0x52E),
    (0x1E00, 0x1E94), (0x1EA0, 0x1EFE),
)  # fmt: skip
# what never is in a name as DNS has it: accents beside their letter, letterlike signs, letters of another width
UNFIT = ((0x300, 0x36F), (0x483, 0x489), (0x3099, 0x309A), (0x2100, 0x214F), (0xFF00, 0xFFEF))
DOTS = "\u3002\uff0e\uff61"  # that stand for a dot in other scripts (RFC 3490 section 3.1)


def lower(text):
    """The text in small letters, as far as this knows them: the same on every interpreter."""
    return "".join([chr(_lower(ord(c))) for c in text])


def _lower(code):
    if code < 0x80:
        return code + 32 if 0x41 <= code <= 0x5A else code
    for first, last, distance in CAPITALS:
        if first <= code <= last:
            return code + distance
    for first, last in PAIRS:
        if first <= code <= last and (code - first) % 2 == 0:
            return code + 1
    return 0xFF if code == 0x178 else code


def dotted(name):
    """The name with plain dots."""
    for dot in DOTS:
        name = name.replace(dot, ".")
    return name


def is_unfit(name):
    """Whether a letter or an accent has a form that DNS does not take: the name is not in NFKC."""
    return any(first <= ord(c) <= last for c in name for first, last in UNFIT)


def to_ascii(name):
    """The name with each label as DNS has it; None if one is too long. ASCII labels stay as they are."""
    labels = []
    for label in name.split("."):
        if all(ord(c) < FIRST for c in label):
            labels.append(label)
        elif len(label) <= LABEL_MOST:
            labels.append("xn--" + encode(lower(label)))
        else:
            return None
    return ".".join(labels)


def encode(label):
    """RFC 3492 section 6.3, for one label."""
    out = "".join([c for c in label if ord(c) < FIRST])
    handled = plain = len(out)
    if plain:
        out += "-"
    number, delta, bias = FIRST, 0, FIRST_BIAS
    while handled < len(label):
        following = min([ord(c) for c in label if ord(c) >= number])
        delta += (following - number) * (handled + 1)
        number = following
        for c in label:
            if ord(c) < number:
                delta += 1
            elif ord(c) == number:
                out += _variable(delta, bias)
                bias = _adapted(delta, handled + 1, handled == plain)
                delta = 0
                handled += 1
        delta += 1
        number += 1
    return out


def _variable(delta, bias):
    """A number in digits whose weights depend on `bias`."""
    out, k = "", BASE
    while True:
        threshold = min(max(k - bias, TMIN), TMAX)
        if delta < threshold:
            return out + DIGITS[delta]
        out += DIGITS[threshold + (delta - threshold) % (BASE - threshold)]
        delta = (delta - threshold) // (BASE - threshold)
        k += BASE


def _adapted(delta, handled, is_first):
    delta = delta // DAMP if is_first else delta // 2
    delta += delta // handled
    k = 0
    while delta > (BASE - TMIN) * TMAX // 2:
        delta //= BASE - TMIN
        k += BASE
    return k + (BASE - TMIN + 1) * delta // (delta + SKEW)
