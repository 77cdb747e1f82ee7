"""The tests of this folder run in the lab; outside of it they are skipped, and say how to run them."""

import pathlib

import pytest

from lab.enter import inside
from lab.shared import pytest_runtestloop  # noqa: F401
from lab.world import World

HERE = pathlib.Path(__file__).resolve().parent
COMMAND = "python tests/lab/enter.py -m pytest tests/lab"


def pytest_collection_modifyitems(items):
    if not inside():
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=f"needs the lab: {COMMAND}"))


@pytest.fixture
def world():
    """A world of this test's own."""
    with World() as world:
        yield world


@pytest.fixture(params=["micropython", "cpython"])
def interpreter(request):
    """The name of each interpreter in turn, for agent.Agent."""
    return request.param
