"""One machine for each kernel, booted when the first test wants it; each test has houses of its own in it."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from houses import Houses  # noqa: E402
from machine import Machine  # noqa: E402

# Releases of Debian; by default those with the oldest and the newest kernel that its archive offers. `make soak` takes
# those between them as well.
RELEASES = os.environ.get("KERNELS", "bullseye sid").split()


@pytest.fixture(scope="session", params=RELEASES)
def machine(request, capsys_disabled):
    reason = Machine.missing(request.param)
    if reason is not None:
        pytest.skip(reason)
    with Machine(request.param) as machine:
        with capsys_disabled():
            print(f"\n  Linux {machine.version} booted in {machine.boot_seconds:.1f} s", end=" ", flush=True)
        yield machine


@pytest.fixture(scope="session")
def capsys_disabled(request):
    return request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled


@pytest.fixture
def houses(machine):
    with Houses(machine) as houses:
        yield houses
