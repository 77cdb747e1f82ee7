"""Any bytes at all leave every reader's promise kept: codecs_of_wire.py says which, FUZZ in the environment how many.

What once broke a promise, or was found by the guided fuzzer to lead somewhere new, is in data/fuzz/CODEC, a file each.
"""

import os

import codecs_of_wire as codecs
import pytest

from mutations import Chance, mutated
from thorough import thorough

COUNT = int(os.getenv("FUZZ") or thorough(3000, 1000))
FUZZ = __file__[: __file__.rfind("/")] + "/data/fuzz/"


def listed(folder):
    """The names in a folder: MicroPython 1.18 has no listdir, CPython no ilistdir."""
    return [e[0] for e in os.ilistdir(folder)] if hasattr(os, "ilistdir") else os.listdir(folder)


def corpus(name):
    """The kept inputs of a codec."""
    found = []
    if name not in listed(FUZZ):
        return found  # nothing was kept of it yet, and git keeps no empty folder
    for each in [e for e in listed(FUZZ + name) if e[0] != "."]:
        with open(FUZZ + name + "/" + each, "rb") as file:
            found.append(file.read())
    return sorted(found)


@pytest.mark.parametrize("name", sorted(codecs.CODECS))
def test_what_is_honest_is_read(name):
    samples, read = codecs.CODECS[name]
    for data in samples():
        assert read(data), data


@pytest.mark.parametrize("name", sorted(codecs.CODECS))
def test_what_was_found_once_breaks_nothing(name):
    for data in corpus(name):
        codecs.CODECS[name][1](data)


@pytest.mark.parametrize("name", sorted(codecs.CODECS))
def test_any_bytes_keep_the_promise(name):
    samples, read = codecs.CODECS[name]
    chance = Chance(20261124)
    known = samples()
    seeds = known + corpus(name)
    taken = 0
    for number in range(COUNT):
        if number % 16 == 0:
            data = chance.bytes(chance.below(200))
        else:
            data = mutated(chance, seeds[chance.below(len(seeds))], known)
        try:
            taken += read(data)
        except Exception as error:
            raise AssertionError("%s: %s: %s" % (type(error).__name__, error, data))
    assert COUNT > taken > COUNT // 50, "%d of %d were taken: mutation went too far, or nowhere" % (taken, COUNT)
