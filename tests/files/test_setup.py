"""usr/share/nametrack/setup: at each start, so after an installation or an upgrade, and at an image's first boot."""

import pytest

from nametrack.wire import uci
from scratch import FILES, Router

SCRIPT = "/usr/share/nametrack/setup"
# As the service runs it, and as base-files does at the first boot of an image: sourced in a subshell.
RUNS = [SCRIPT, f"( . {SCRIPT} )"]


@pytest.fixture
def router(tmp_path):
    router = Router(tmp_path)
    router.install(SCRIPT)
    router.install("/usr/share/nametrack/includes")
    router.uci()
    router.stand_in("logger")
    return router


@pytest.mark.parametrize("run", RUNS)
def test_what_was_installed_is_left_alone(router, run):
    config = router.install("/etc/config/nametrack")
    before = config.read_bytes()
    router.run(run)
    assert config.read_bytes() == before


def test_a_configuration_of_the_user_is_left_alone(router):
    text = "config nametrack\n\toption enabled '0'\n"
    config = router.write("/etc/config/nametrack", text)
    router.run(SCRIPT)
    assert config.read_text() == text


@pytest.mark.parametrize("text", [None, "", "config policy 'work'\n"])
def test_what_is_missing_is_created_once(router, text):
    router.path("/etc/config").mkdir()
    if text is not None:
        router.write("/etc/config/nametrack", text)
    router.run(SCRIPT)
    router.run(SCRIPT)
    sections, _ = uci.parse(router.path("/etc/config/nametrack").read_text())
    kinds = [(section.type, section.name) for section in sections]
    assert kinds == ([("policy", "work")] if text else []) + [("nametrack", "global")]


def test_what_the_user_has_staged_stays_staged(router):
    router.write("/etc/config/nametrack", "config policy 'work'\n\toption retain '1'\n")
    router.run("uci set nametrack.work.retain=2")
    router.run(SCRIPT)
    assert "option retain '1'" in router.path("/etc/config/nametrack").read_text()
    assert (
        router.run("uci commit nametrack; uci get nametrack.work.retain; uci get nametrack.global") == "2\nnametrack\n"
    )


# What reload_config does: it compares hashes of what `uci show` prints, and tells of those that differ.
RELOAD_CONFIG = """
mkdir -p /var/run/config.check
for path in /etc/config/*; do uci show ${path##*/} >/var/run/config.check/${path##*/}; done
[ ! -f /var/run/config.md5 ] || md5sum -c /var/run/config.md5 2>/dev/null | sed -n 's,.*/\\(.*\\): FAILED.*,\\1,p'
md5sum /var/run/config.check/* >/var/run/config.md5
rm -r /var/run/config.check
"""


def test_the_first_change_after_the_installation_is_told(router):
    router.write("/etc/config/system", "config system\n")
    assert router.run(RELOAD_CONFIG) == ""  # at boot
    router.install("/etc/config/nametrack")
    router.run(SCRIPT)
    assert router.run("uci set nametrack.global.retain=7200; uci commit nametrack;" + RELOAD_CONFIG) == "nametrack\n"
    assert router.run(RELOAD_CONFIG) == ""


def test_a_change_before_an_upgrade_is_told_as_well(router):
    router.install("/etc/config/nametrack")
    router.run(RELOAD_CONFIG + "uci set nametrack.global.retain=7200; uci commit nametrack")
    router.run(SCRIPT)
    assert router.run(RELOAD_CONFIG) == "nametrack\n"


def test_no_file_of_ours_has_openwrt_commit_what_the_user_has_staged():
    """default_postinst calls `uci commit` after the scripts of a package in /etc/uci-defaults, whatever they did."""
    assert not (FILES / "etc/uci-defaults").exists()


RULES = "/usr/share/nftables.d/ruleset-post/30-pbr.nft"
KEPT = """\
#!/usr/sbin/nft -f

add set inet fw4 pbr_wg_4_dst_ip_user { type ipv4_addr; auto-merge; flags interval; comment "# nametrack"; }
add element inet fw4 pbr_wg_4_dst_ip_user { 198.51.100.1 }
add element inet fw4 pbr_wg_4_dst_ip_user { 198.51.100.2 } # nametrack's neighbour
"""
OURS = """\
add element inet fw4 pbr_wg_4_dst_ip_user { 192.0.2.1, 192.0.2.2 } # nametrack
add element inet fw4 pbr_wg_6_dst_ip_user { 2001:db8::1 } # nametrack
"""


def test_what_an_older_version_had_put_into_the_firewall_s_ruleset_is_taken_out(router):
    router.install("/etc/config/nametrack")
    rules = router.write(RULES, KEPT.replace("\n\n", "\n\n" + OURS))
    router.run(SCRIPT)
    assert rules.read_text() == router.path(RULES).read_text() == KEPT.replace("#!/usr/", f"#!{router.root}/usr/")


def test_rules_without_ours_are_not_written_again(router):
    router.install("/etc/config/nametrack")
    before = router.write(RULES, KEPT).stat()
    router.run(SCRIPT)
    after = router.path(RULES).stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize(
    "line", ["* * * * * /usr/bin/wireguard_watchdog", "*/10 * * * * /etc/init.d/vpn-policy-routing reload"]
)
def test_a_cron_line_for_the_same_job_is_noticed_and_left_alone(router, line):
    router.install("/etc/config/nametrack")
    crontab = router.write("/etc/crontabs/root", line + "\n")
    router.run(SCRIPT)
    assert [c for c in router.calls() if c.startswith("logger")] == [
        "logger -t nametrack -p daemon.notice a line of /etc/crontabs/root does the same job: see nametrack check"
    ]
    assert crontab.read_text().endswith("\n")


@pytest.mark.parametrize("line", ["", "#* * * * * /usr/bin/wireguard_watchdog", "0 4 * * * /sbin/reboot"])
def test_other_cron_lines_are_no_matter(router, line):
    router.install("/etc/config/nametrack")
    router.write("/etc/crontabs/root", line + "\n")
    router.run(SCRIPT)
    assert not [c for c in router.calls() if c.startswith("logger")]
