"""The packages' own scripts, as opkg runs them, in a scratch root."""

import pathlib
import subprocess
import time

import pytest

from scratch import Router

FUNCTIONS = """
default_postinst() { echo "default_postinst ${1##*/}${2:+ $2}" >>"$CALLS"; }
default_prerm() { echo "default_prerm ${1##*/}${2:+ $2}" >>"$CALLS"; }
"""


@pytest.fixture
def router(tmp_path, built):
    router = Router(tmp_path)
    router.write("/lib/functions.sh", FUNCTIONS)
    for name in built["nametrack"].scripts:
        # without a root of its own to be installed in, that of this test
        text = built["nametrack"].script(name[2:]).replace("${IPKG_INSTROOT}/", f"${{IPKG_INSTROOT:-{tmp_path}}}/")
        router.write("/usr/lib/opkg/info/nametrack." + name[2:], text)
    router.write("/usr/share/nametrack/restore", '#!/bin/sh\necho "restore $*" >>"$CALLS"\n', 0o755)
    router.stand_in("pgrep", "exit 1")
    router.stand_in("sleep")
    return router


def wait_until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def run(router, script, *arguments, **environ):
    router.run(f"sh /usr/lib/opkg/info/nametrack.{script} {' '.join(arguments)}", **environ)
    return router.calls()


def test_openwrt_does_what_is_usual_around_an_installation(router):
    assert run(router, "postinst", "configure") == ["default_postinst nametrack.postinst configure"]
    assert run(router, "prerm", "remove")[1:] == ["default_prerm nametrack.prerm remove"]


def test_an_image_build_without_scripts_runs_none(router):
    assert run(router, "postinst", IPKG_NO_SCRIPT="1") == []


def test_in_an_image_build_openwrt_does_it_for_that_root(router):
    root = router.path("/image")
    (root / "lib").mkdir(parents=True)
    (root / "lib/functions.sh").write_text(FUNCTIONS)
    assert run(router, "postinst", IPKG_INSTROOT=str(root)) == ["default_postinst nametrack.postinst"]
    # and nothing of this machine is touched
    assert run(router, "prerm-pkg", IPKG_INSTROOT=str(root))[1:] == []
    router.write("/etc/nametrack/last-good.json")
    assert run(router, "postrm", "remove", IPKG_INSTROOT=str(root))[1:] == []
    assert router.path("/etc/nametrack/last-good.json").exists()


def test_an_image_sets_itself_up_at_its_first_boot_and_a_router_at_the_service_s_start(router):
    root = router.path("/image")
    setup = root / "usr/share/nametrack/setup"
    setup.parent.mkdir(parents=True)
    setup.write_text("exit 0\n")
    run(router, "postinst-pkg", IPKG_INSTROOT=str(root))
    assert (root / "etc/uci-defaults/90-nametrack").read_text() == "exit 0\n"
    run(router, "postinst-pkg", "configure")
    assert not router.path("/etc/uci-defaults").exists()


def test_a_removal_leaves_nothing_but_the_configuration(router):
    router.write("/etc/config/nametrack")
    router.write("/etc/nametrack/last-good.json")
    router.write("/usr/lib/nametrack/nametrack/left.pyc")
    for path in ("/etc/init.d/nametrack", "/usr/sbin/nametrack"):
        router.write(path, f'#!/bin/sh\necho "{path} $*" >>"$CALLS"\n', 0o755)
    # nothing is blocked or steered by a program that is gone; while the agent runs it would write its routes again
    calls = ["restore forget", "/etc/init.d/nametrack stop", "/usr/sbin/nametrack flush"]
    assert [call for call in run(router, "prerm-pkg", "remove") if "pgrep" not in call] == calls
    router.path("/usr/sbin/nametrack").unlink()
    run(router, "postrm", "remove")
    assert not router.path("/etc/nametrack").exists()
    assert not router.path("/usr/lib/nametrack").exists() and not router.path("/usr/share/nametrack").exists()
    assert router.path("/etc/config/nametrack").exists()


def test_a_removal_keeps_a_package_that_was_kept(router):
    kept = router.write("/etc/nametrack/nametrack_0.1.0-r1_all.ipk")
    run(router, "postrm", "remove")
    assert kept.exists()


def test_a_removal_leaves_what_the_other_variant_has_brought(router):
    brought = [router.write(path) for path in ("/usr/sbin/nametrack", "/usr/lib/nametrack/start.py")]
    brought.append(router.write("/etc/nametrack/last-good.json"))
    run(router, "postrm", "remove")
    assert all(path.exists() for path in brought)


def test_a_removal_waits_for_the_agent_to_write_and_end(router):
    router.write("/etc/nametrack/last-good.json")
    router.stand_in("pgrep", "[ ! -e /tmp/ended ]")
    router.stand_in("sleep", ": >/tmp/ended; : >/etc/nametrack/last-good.json")
    assert run(router, "postrm", "remove")[1] == "sleep 1"
    assert not router.path("/etc/nametrack").exists()


def test_an_upgrade_keeps_what_is_remembered(router):
    router.write("/etc/nametrack/last-good.json")
    assert run(router, "prerm-pkg", "upgrade", "0.2.0-r1", PKG_UPGRADE="1") == []
    assert run(router, "postrm", "upgrade", "0.2.0-r1", PKG_UPGRADE="1") == []
    assert router.path("/etc/nametrack/last-good.json").exists()


@pytest.fixture
def running(router):
    """The agent runs, and needs a second to end; what waits for the installation is named in /tmp/waits."""
    router.write("/etc/init.d/nametrack", '#!/bin/sh\necho "service $*" >>"$CALLS"', 0o755)
    router.write("/usr/lib/nametrack/nametrack/__init__.mpy", "old")
    router.stand_in("pgrep", "[ ! -e /tmp/ended ]")
    router.stand_in("sleep", "[ $1 = 1 ] && : >/tmp/ended || { echo $PPID >/tmp/new; mv /tmp/new /tmp/waits; }")
    return router


def upgraded(router):
    """What is called from before the files are replaced until what waited for the end of that has ended."""
    asked = "pgrep -f /usr/lib/nametrack/start.py"
    assert run(router, "preinst", "upgrade", "0.2.0-r1")[:4] == ["service stop", asked, "sleep 1", asked]
    wait_until(router.path("/tmp/waits").exists)
    process = pathlib.Path("/proc", router.path("/tmp/waits").read_text().strip())
    wait_until(lambda: not process.exists())
    assert router.calls()[4] == "sleep 120"
    return router.calls()[5:]


def test_the_agent_has_ended_before_its_files_are_replaced_and_is_started_if_they_are_not(running):
    assert upgraded(running) == ["service enabled", "service start"]


def test_it_is_left_to_the_installation_what_is_started_of_other_files(running):
    running.stand_in(
        "sleep",
        "[ $1 = 1 ] && : >/tmp/ended || { : >/usr/lib/nametrack/nametrack/__init__.mpy; echo $PPID >/tmp/waits; }",
    )
    assert upgraded(running) == []


def test_it_is_not_started_where_the_user_has_disabled_it(running):
    running.write("/etc/init.d/nametrack", '#!/bin/sh\necho "service $*" >>"$CALLS"; [ $1 != enabled ]', 0o755)
    assert upgraded(running) == ["service enabled"]


def test_what_the_init_script_says_of_a_service_that_has_been_stopped_is_not_shown(running):
    """opkg stops it before, and procd then knows no such service."""
    running.write("/etc/init.d/nametrack", "#!/bin/sh\necho 'Command failed: Not found' >&2", 0o755)
    assert running.run("sh /usr/lib/opkg/info/nametrack.preinst upgrade 0.2.0-r1") == ""


def test_an_upgrade_enables_what_blocks_at_boot_if_the_package_before_had_no_such_service(running):
    upgraded(running)
    link = running.path("/etc/rc.d/S18nametrack-block")
    assert link.readlink() == pathlib.Path("../init.d/nametrack-block")


def test_an_upgrade_leaves_disabled_what_blocks_at_boot_if_the_user_has_disabled_it(running):
    running.write("/etc/init.d/nametrack-block")
    upgraded(running)
    assert list(running.path("/etc/rc.d").iterdir()) == []


def test_before_the_first_installation_there_is_nothing_to_end(router):
    assert run(router, "preinst", "install") == []


@pytest.mark.parametrize("name", ["preinst", "postinst-pkg", "prerm-pkg", "postrm"])
def test_its_own_scripts_are_clean(built, name):
    command = ["shellcheck", "--shell=sh", "--exclude=SC2034", "-"]  # SC2034: the counter of a wait
    done = subprocess.run(command, input=built["nametrack"].script(name), capture_output=True, text=True)
    assert not done.stdout, done.stdout
