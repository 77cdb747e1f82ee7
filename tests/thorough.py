"""How much of a long test runs under which interpreter.

CPython finds what there is to find; MicroPython, which takes six times as long for it, is to do the same, and shows
that with a part.
"""

import sys


def thorough(cpython, micropython):
    return micropython if sys.implementation.name == "micropython" else cpython
