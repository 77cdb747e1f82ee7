"""usr/share/nametrack/restore: nametrack comes back after a sysupgrade that lost its packages."""

import pytest

from scratch import Router

SOURCE = "/usr/share/nametrack/restore"
COPY = "/etc/init.d/nametrack-restore"
LINK = "/etc/rc.d/S99nametrack-restore"
UNFINISHED = "/etc/nametrack/restoring"
WORK = f"exec sh {COPY}"  # as procd runs it
ALL = "micropython-nossl nametrack luci-app-nametrack"

# What a package manager does here: it installs what the feed has, while the router is online, or a file.
MANAGER = """
put() {
    name=${1##*/}; name=${name%%_*}; name=${name%%-0*}
    [ -f "$1" ] || { [ -e /tmp/online ] && grep -qx "$name" /tmp/feed; } || { echo "no package $1"; return 1; }
    mkdir -p /tmp/installed /usr/sbin
    : >/tmp/installed/$name
    case $name in nametrack*) : >/usr/sbin/nametrack; chmod +x /usr/sbin/nametrack ;; esac
}
"""
OPKG = """
case $1 in
update) [ -e /tmp/online ] ;;
status) [ ! -e "/tmp/installed/$2" ] || echo "Status: install user installed" ;;
install) put "$2" ;;
esac
"""
APK = """
case $1 in
update) [ -e /tmp/online ] ;;
info) [ -e "/tmp/installed/$3" ] ;;
add) shift; [ "$1" = --allow-untrusted ] && shift; put "$1" ;;
esac
"""


@pytest.fixture
def router(tmp_path):
    """A router after a sysupgrade: the copy is there with its link, and nothing of nametrack's packages."""
    router = Router(tmp_path)
    router.install(SOURCE)
    router.stand_in("opkg", MANAGER + OPKG)
    router.stand_in("ip", "[ ! -e /tmp/online ] || echo default via 192.0.2.1 dev eth1")
    router.stand_in("sleep", '[ ! -e /tmp/asleep ] || . /tmp/asleep "$1"')
    router.stand_in("logger", ":")
    for name in ALL.split():
        router.write(f"/usr/lib/opkg/info/{name}.control")
    router.write("/usr/sbin/nametrack", mode=0o755)
    router.run(f"{SOURCE} keep")
    for path in (f"/usr/lib/opkg/info/{name}.control" for name in ALL.split()):
        router.path(path).unlink()
    for path in ("/usr/sbin/nametrack", SOURCE):
        router.path(path).unlink()
    router.write("/tmp/feed", ALL.replace(" ", "\n") + "\n")
    return router


def said(router):
    return [line.split(" ", 5)[5] for line in router.calls() if line.startswith("logger")]


def asked(router, manager="opkg"):
    return [line for line in router.calls() if line.split()[0] == manager and line.split()[1] in ("install", "add")]


def installed(router):
    folder = router.path("/tmp/installed")
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_the_copy_knows_what_was_installed(router):
    assert f"\nPACKAGES='{ALL}'\n" in router.path(COPY).read_text()
    assert router.path(LINK).readlink().as_posix() == "../init.d/nametrack-restore"


def test_procd_starts_the_work_at_boot_and_with_each_interface(router):
    router.run(f"{COPY} start_service; {COPY} service_triggers")
    assert [c for c in router.calls() if c.startswith("procd")] == [
        "procd_open_instance",
        f"procd_set_param command /bin/sh {COPY}",
        "procd_close_instance",
        f"procd_add_raw_trigger interface.*.up 2000 {COPY} start",
    ]


def test_with_the_packages_already_there_nothing_is_started(router):
    router.write("/usr/sbin/nametrack", mode=0o755)
    router.run(f"{COPY} start_service; {COPY} service_triggers")
    assert not [c for c in router.calls() if c.startswith("procd")]


def test_everything_is_reinstalled_and_it_ends(router):
    router.write("/tmp/online")
    router.run(WORK, option_restore="1")
    assert installed(router) == sorted(ALL.split())
    assert asked(router) == [f"opkg install {name}" for name in ALL.split()]
    assert said(router) == [f"reinstalling after a sysupgrade: {ALL}", f"installed: {ALL}"]
    assert not router.path(UNFINISHED).exists()


def test_apk_does_it_as_well(router):
    router.stand_in("apk", MANAGER + APK)
    router.write("/tmp/online")
    router.run(WORK, option_restore="1")
    assert installed(router) == sorted(ALL.split())
    assert asked(router, "apk") == [f"apk add {name}" for name in ALL.split()]


def test_a_network_that_is_late_is_waited_for_without_a_process(router):
    router.run(WORK, option_restore="1")
    assert said(router) == ["waiting for an interface with a default route"]
    assert asked(router) == []
    router.write("/tmp/online")  # and an interface comes up: procd starts it again
    router.run(WORK, option_restore="1")
    assert installed(router) == sorted(ALL.split())


def test_a_feed_that_is_missing_is_tried_ever_more_rarely_and_then_given_up(router):
    router.write("/tmp/online")
    router.write("/tmp/feed", "micropython-nossl\n")
    router.run(WORK, expect=1, option_restore="1")
    sleeps = [int(line.split()[1]) for line in router.calls() if line.startswith("sleep")]
    assert sleeps == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    missing = "still missing: nametrack (no package nametrack) luci-app-nametrack (no package luci-app-nametrack)"
    assert said(router)[1] == f"try 1 of 10, {missing}"
    assert said(router)[-1] == "given up until an interface comes up or the router restarts"
    assert installed(router) == ["micropython-nossl"]
    assert asked(router).count("opkg install micropython-nossl") == 1
    router.run(f"{COPY} service_triggers")  # the next boot tries again
    assert router.calls()[-1].startswith("procd_add_raw_trigger")


def test_a_feed_that_comes_late_is_found(router):
    router.write("/tmp/online")
    feed = router.path("/tmp/feed")
    feed.write_text("")
    router.write("/tmp/asleep", f"case $1 in 120) printf '%s\\n' {ALL} >/tmp/feed ;; esac\n")
    router.run(WORK, option_restore="1")
    assert installed(router) == sorted(ALL.split())
    assert said(router)[-1] == f"installed: {ALL}"


def test_power_lost_halfway_is_taken_up_at_the_next_boot(router):
    router.write("/tmp/online")
    router.write("/tmp/feed", "micropython-nossl\nnametrack\n")
    router.write("/tmp/asleep", "kill -9 $PPID\n")
    router.run(WORK, expect=-9, option_restore="1")
    assert installed(router) == ["micropython-nossl", "nametrack"]
    # The next boot: nametrack is there, and what is half done is no new list of what to restore.
    router.install(SOURCE)
    router.write("/tmp/asleep")
    router.write("/usr/lib/opkg/info/nametrack.control")
    router.run(f"{SOURCE} keep; {COPY} start_service")
    assert f"\nPACKAGES='{ALL}'\n" in router.path(COPY).read_text()
    assert f"procd_set_param command /bin/sh {COPY}" in router.calls()
    router.write("/tmp/feed", ALL.replace(" ", "\n") + "\n")
    router.run(WORK, option_restore="1")
    assert installed(router) == sorted(ALL.split())
    assert not router.path(UNFINISHED).exists()


def test_it_does_nothing_where_it_is_not_chosen(router):
    router.write("/tmp/online")
    router.run(WORK)
    assert asked(router) == said(router) == []


@pytest.mark.parametrize(
    ("manager", "add", "suffix"), [("opkg", "opkg install", ".ipk"), ("apk", "apk add --allow-untrusted", ".apk")]
)
def test_kept_files_are_taken_first_and_their_neighbours_with_them(router, manager, add, suffix):
    if manager == "apk":
        router.stand_in("apk", MANAGER + APK)
    between = "_" if manager == "opkg" else "-"
    kept = router.write(f"/etc/nametrack/nametrack{between}0.1.0-r1{suffix}")
    router.write(f"/etc/nametrack/luci-app-nametrack{between}0.1.0-r1{suffix}")
    router.write("/tmp/online")
    router.write("/tmp/feed", "micropython-nossl\n")
    router.run(WORK, option_restore="1", option_restore_package=str(kept))
    assert asked(router, manager) == [
        f"{add.removesuffix(' --allow-untrusted')} micropython-nossl",
        f"{add} /etc/nametrack/nametrack{between}0.1.0-r1{suffix}",
        f"{add} /etc/nametrack/luci-app-nametrack{between}0.1.0-r1{suffix}",
    ]
    assert installed(router) == sorted(ALL.split())


@pytest.mark.parametrize("kept", ["/etc/nametrack/nametrack-0.1.0-r1.apk", "/mnt/gone/nametrack_0.1.0-r1_all.ipk"])
def test_a_kept_file_that_is_no_help_gives_way_to_the_feeds(router, kept):
    path = router.path(kept)
    if path.suffix == ".apk":
        path.parent.mkdir()
        path.touch()
    router.write("/tmp/online")
    router.run(WORK, option_restore="1", option_restore_package=str(path))
    assert asked(router) == [f"opkg install {name}" for name in ALL.split()]


def test_the_copy_is_written_only_when_it_changes(router):
    router.install(SOURCE)
    for name in ALL.split():
        router.write(f"/usr/lib/opkg/info/{name}.control")
    copy = router.path(COPY)
    before = copy.stat().st_mtime_ns
    router.run(f"{SOURCE} keep")
    assert copy.stat().st_mtime_ns == before


def test_translations_and_collectors_belong_to_it(router):
    router.install(SOURCE)
    router.write("/lib/apk/packages/nametrack-python3.list")
    router.write("/lib/apk/packages/luci-i18n-nametrack-de.list")
    router.write("/lib/apk/packages/nametrack-collectors.list")
    router.run(f"{SOURCE} keep")
    assert (
        "\nPACKAGES='nametrack-python3 nametrack-collectors luci-i18n-nametrack-de'\n" in router.path(COPY).read_text()
    )


def test_forgotten_it_leaves_nothing(router):
    router.install(SOURCE)
    router.write(UNFINISHED)
    router.run(f"{SOURCE} forget; {SOURCE} forget")
    assert (
        not router.path(COPY).exists() and not router.path(LINK).is_symlink() and not router.path(UNFINISHED).exists()
    )
