"""Every test with a `bus` runs against the stand-in, and against a real ubusd if there is one."""

import os
import shutil
import tempfile

import pytest

from bus import DOUBLE, Bus, real_ubusd
from bus.parties import COMMANDS, SERVICE, Party


@pytest.fixture
def folder():
    """A short path, which a socket's must be, that every user may enter."""
    path = tempfile.mkdtemp(prefix="bus")
    os.chmod(path, 0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(params=["double", "ubusd"] if real_ubusd() else ["double"])
def bus(request, folder):
    with Bus(folder, DOUBLE if request.param == "double" else [real_ubusd()]) as running:
        yield running


@pytest.fixture(params=sorted(COMMANDS))
def interpreter(request):
    return request.param


@pytest.fixture
def run(bus, interpreter):
    """Runs a script of pyubus to its end, and gives what it printed."""

    def run(script, user=None):
        with Party(interpreter, script, bus, user) as party:
            return party.finish()

    return run


@pytest.fixture
def service(bus, interpreter):
    """The object `test` of service.py, on the bus."""
    with Party(interpreter, SERVICE, bus) as party:
        party.expect("ready")
        yield party
