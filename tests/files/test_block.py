"""etc/init.d/nametrack-block: before the network starts, what `fallback block` keeps is blocked."""

import re

import pytest

from scratch import FILES, Router

SCRIPT = "/etc/init.d/nametrack-block"


@pytest.fixture
def router(tmp_path):
    router = Router(tmp_path)
    router.install(SCRIPT)
    router.stand_in("ip", 'echo "ip $*" >>/tmp/did')
    router.write("/usr/sbin/nametrack", '#!/bin/sh\necho "nametrack $*" >>/tmp/did\n', mode=0o755)
    router.write("/etc/init.d/nametrack", "#!/bin/sh\n[ ! -e /tmp/disabled ]\n", mode=0o755)
    return router


def did(router):
    path = router.path("/tmp/did")
    return path.read_text().splitlines() if path.exists() else []


def test_it_comes_before_the_network():
    assert int(re.search(r"^START=(\d+)$", (FILES / SCRIPT[1:]).read_text(), re.M)[1]) < 20


def test_lo_is_up_before_anything_is_blocked(router):
    router.run(SCRIPT + " start")
    assert did(router) == ["ip link set lo up", "nametrack block"]


def test_nothing_is_blocked_where_the_agent_is_disabled_or_gone(router):
    router.write("/tmp/disabled")
    router.run(SCRIPT + " start")
    router.path("/tmp/disabled").unlink()
    router.path("/usr/sbin/nametrack").unlink()
    router.run(SCRIPT + " start")
    assert did(router) == []
