"""One run of pytest in several labs at once: each test is run by the lab that comes to it first.

A lab waits more than it works, so that several do not hinder each other; and the longest tests take a minute, so that
parts made beforehand would end minutes apart. SHARED names the folder, empty at first, in which each lab notes what it
takes; every lab goes through all tests, so that none is left out whichever lab ends early.
"""

import hashlib
import os
import pathlib

import pytest


def _take(folder, item):
    """Return whether `item` is this process's to run."""
    try:
        (folder / hashlib.sha256(item.nodeid.encode()).hexdigest()).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    """Does what pytest's own loop does, with the items that this process takes. The next is taken before one is run:
    pytest keeps fixtures for it."""
    if "SHARED" not in os.environ or session.testsfailed or session.config.option.collectonly:
        return None
    folder = pathlib.Path(os.environ["SHARED"])
    items = (item for item in session.items if _take(folder, item))
    item = next(items, None)
    while item is not None:
        following = next(items, None)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        item = following
    return True
