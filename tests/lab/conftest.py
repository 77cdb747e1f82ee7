"""The tests of this folder run in the lab; outside of it they are skipped, and say how to run them.

PART=K/N in the environment runs the K-th of N parts of them, in a lab of its own: a lab waits more than it works, so
that several do not hinder each other.
"""

import os
import pathlib
import zlib

import pytest

from lab.enter import inside
from lab.world import World

HERE = pathlib.Path(__file__).resolve().parent
COMMAND = "python tests/lab/enter.py -m pytest tests/lab"


def pytest_collection_modifyitems(config, items):
    ours = [item for item in items if HERE in item.path.parents]
    if not inside():
        for item in ours:
            item.add_marker(pytest.mark.skip(reason=f"needs the lab: {COMMAND}"))
        return
    part, parts = (int(number) for number in os.getenv("PART", "1/1").split("/"))
    others = {item for item in ours if zlib.crc32(item.nodeid.encode()) % parts != part - 1}
    config.hook.pytest_deselected(items=list(others))
    items[:] = [item for item in items if item not in others]


@pytest.fixture
def world():
    """A world of this test's own."""
    with World() as world:
        yield world


@pytest.fixture(params=["micropython", "cpython"])
def interpreter(request):
    """The name of each interpreter in turn, for agent.Agent."""
    return request.param
