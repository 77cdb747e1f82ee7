"""etc/uci-defaults/90-nametrack: after an installation, an upgrade, or at the first boot of an image."""

import pytest

from scratch import Router

SCRIPT = "/etc/uci-defaults/90-nametrack"

# As base-files runs it: sourced in a subshell, and removed where it ends well.
POSTINST = f"cd /etc/uci-defaults && ( . {SCRIPT} ) && rm {SCRIPT}"

# A uci that knows whether the file has the section: enough for what is asked of it here.
UCI = """
case $* in
"-q get nametrack.@nametrack[0]") grep -q "config nametrack" /etc/config/nametrack && echo nametrack ;;
"set nametrack.global=nametrack") echo "config nametrack 'global'" >>/etc/config/nametrack ;;
esac
"""


@pytest.fixture
def router(tmp_path):
    router = Router(tmp_path)
    router.install(SCRIPT)
    router.stand_in("uci", UCI)
    router.stand_in("logger")
    return router


def test_what_was_installed_is_left_alone(router):
    config = router.install("/etc/config/nametrack")
    before = config.read_bytes()
    router.run(POSTINST)
    assert config.read_bytes() == before
    assert router.calls() == ["uci -q get nametrack.@nametrack[0]"]
    assert not router.path(SCRIPT).exists()


def test_a_configuration_of_the_user_is_left_alone(router):
    text = "config nametrack\n\toption enabled '0'\n"
    config = router.write("/etc/config/nametrack", text)
    router.run(POSTINST)
    assert config.read_text() == text


@pytest.mark.parametrize("text", [None, "", "config policy 'work'\n"])
def test_what_is_missing_is_created_once(router, text):
    router.path("/etc/config").mkdir()
    if text is not None:
        router.write("/etc/config/nametrack", text)
    router.run(POSTINST)
    router.install(SCRIPT)
    router.run(POSTINST)
    assert router.path("/etc/config/nametrack").read_text() == (text or "") + "config nametrack 'global'\n"
    assert router.calls().count("uci commit nametrack") == 1


@pytest.mark.parametrize(
    "line", ["* * * * * /usr/bin/wireguard_watchdog", "*/10 * * * * /etc/init.d/vpn-policy-routing reload"]
)
def test_a_cron_line_for_the_same_job_is_noticed_and_left_alone(router, line):
    router.install("/etc/config/nametrack")
    crontab = router.write("/etc/crontabs/root", line + "\n")
    router.run(POSTINST)
    assert [c for c in router.calls() if c.startswith("logger")] == [
        "logger -t nametrack -p daemon.notice a line of /etc/crontabs/root does the same job: see nametrack check"
    ]
    assert crontab.read_text().endswith("\n")


@pytest.mark.parametrize("line", ["", "#* * * * * /usr/bin/wireguard_watchdog", "0 4 * * * /sbin/reboot"])
def test_other_cron_lines_are_no_matter(router, line):
    router.install("/etc/config/nametrack")
    router.write("/etc/crontabs/root", line + "\n")
    router.run(POSTINST)
    assert not [c for c in router.calls() if c.startswith("logger")]
