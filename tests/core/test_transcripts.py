"""Every transcript below transcripts/ comes out as it is written."""

import os

import pytest

import transcript

HERE = __file__[: __file__.rfind("/")] if "/" in __file__ else "."


def listing(folder):
    if hasattr(os, "listdir"):
        return os.listdir(folder)
    return [entry[0] for entry in os.ilistdir(folder)]


def documents():
    found = []
    root = HERE + "/transcripts"
    for topic in sorted(listing(root)):
        for name in sorted(listing(root + "/" + topic)):
            if name.endswith(".txt"):
                found.append(topic + "/" + name)
    return found


def difference(expected, came):
    lines, others = expected.split("\n"), came.split("\n")
    for i in range(max(len(lines), len(others))):
        a = lines[i] if i < len(lines) else "(end)"
        b = others[i] if i < len(others) else "(end)"
        if a != b:
            return "line %d\n  expected: %s\n  came:     %s\n\n%s" % (i + 1, a, b, came)
    return None


@pytest.mark.parametrize("document", documents())
def test_transcript(document):
    expected = transcript.read(HERE + "/transcripts/" + document)
    came = transcript.Transcript(expected).run()
    assert came == expected, difference(expected, came)
