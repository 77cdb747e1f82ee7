"""sdk-build.sh: the commands that it runs, and its words where it cannot."""

import hashlib
import shutil
import subprocess

import pytest

from tree import TOP

TOOLS = ("sh", "cat", "dirname", "tar", "gzip", "mkdir", "rm", "wc", "sha256sum", "tail", "env", "cp")

# A container program whose image holds an SDK: a tar of the sources goes in, a tar of packages comes out.
RUNS = """#!/bin/sh
echo "$*" >>"$0.calls"
case $1 in
info) ;;
run) mkdir -p "$0.d" && cd "$0.d" && tar -xf - && echo built >nametrack_1_all.ipk && tar -cf - nametrack_1_all.ipk ;;
esac
"""
FAILS = '#!/bin/sh\n[ "$1" = info ] || { cat >/dev/null; echo "manifest unknown" >&2; exit 125; }\n'
SILENT = '#!/bin/sh\necho "Cannot connect to the Docker daemon" >&2\nexit 1\n'


@pytest.fixture
def programs(tmp_path):
    """A folder that is all of PATH: the tools the script needs, and what a test adds."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(shutil.which(name))
    return folder


def add(folder, name, script):
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)


def run(programs, *arguments, **environ):
    environ = {"PATH": str(programs), **environ}
    return subprocess.run([TOP / "sdk-build.sh", *arguments], env=environ, capture_output=True, text=True, timeout=60)


def refused(programs, *arguments, **environ):
    done = run(programs, *arguments, **environ)
    assert done.returncode in (1, 2) and not done.stdout
    return done.stderr


def test_help_names_the_releases_and_the_options(programs):
    done = run(programs, "--help")
    assert done.returncode == 0
    for word in ("22.03, 23.05, 24.10, 25.12 and snapshot", "--sdk DIR", "--out DIR", "--dry-run", "podman"):
        assert word in done.stdout


COMMAND = (
    "tar -cf - LICENSE agent files luci-app openwrt scripts | {} run --rm -i openwrt/sdk:x86-64-{} sh -c "
    "'mkdir /tmp/nametrack && tar -xf - -C /tmp/nametrack && sh /tmp/nametrack/scripts/in-sdk.sh /tmp/nametrack'"
)


def test_dry_run_prints_the_exact_commands(programs, tmp_path):
    done = run(programs, "--dry-run", "--out", str(tmp_path / "out"), "24.10", "23.05.2", "snapshot")
    expected = []
    for release, tag in (("24.10", "24.10.6"), ("23.05.2", "23.05.2"), ("snapshot", "SNAPSHOT")):
        folder = tmp_path / "out" / release
        expected.append(f"mkdir -p '{folder}' && rm -f '{folder}'/*.ipk '{folder}'/*.apk")
        expected.append(f"{COMMAND.format('docker', tag)} 2>'{folder}/build.log' | tar -xf - -C '{folder}' 2>/dev/null")
    assert done.stdout.splitlines() == expected
    assert not (tmp_path / "out/24.10").exists()


def test_without_a_release_it_builds_them_all(programs, tmp_path):
    lines = run(programs, "--dry-run", "--out", str(tmp_path)).stdout.splitlines()
    tags = [line.partition("openwrt/sdk:x86-64-")[2].split()[0] for line in lines if "openwrt/sdk" in line]
    assert tags == ["22.03.7", "23.05.6", "24.10.6", "25.12.5", "SNAPSHOT"]


@pytest.mark.parametrize("chosen", [{}, {"CONTAINER": "podman"}])
def test_podman_does_as_well(programs, tmp_path, chosen):
    add(programs, "podman", RUNS)
    if chosen:
        add(programs, "docker", SILENT)
    out = tmp_path / "out"
    done = run(programs, "--out", str(out), "24.10", **chosen)
    package = out / "24.10/nametrack_1_all.ipk"
    digest = hashlib.sha256(b"built\n").hexdigest()
    assert done.stdout == f"       6 bytes  {digest}  {package}\n", done.stderr
    assert package.read_text() == "built\n"
    # the container got what the feed needs, and nothing of the tests
    assert (programs / "podman.d/scripts/in-sdk.sh").exists() and (programs / "podman.d/openwrt/nametrack").exists()
    assert not (programs / "podman.d/tests").exists()


def test_a_build_that_fails_says_how_it_ended(programs, tmp_path):
    add(programs, "docker", FAILS)
    (tmp_path / "24.10").mkdir()
    (tmp_path / "24.10/stale.ipk").touch()
    said = refused(programs, "--out", str(tmp_path), "24.10")
    assert said.startswith(f"sdk-build.sh: 24.10 built no package. The end of {tmp_path}/24.10/build.log:")
    assert "manifest unknown" in said
    assert not (tmp_path / "24.10/stale.ipk").exists()


def test_without_a_container_program_it_says_what_to_do(programs):
    said = refused(programs, "24.10")
    for word in ("neither docker nor podman is installed", "--sdk DIR", "make ipk"):
        assert word in said


def test_a_service_that_does_not_answer_is_told_from_one_that_is_missing(programs):
    add(programs, "docker", SILENT)
    assert "docker is installed but does not answer" in refused(programs, "24.10")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--frob"], "'--frob' is no option"),
        (["24"], "'24' is no release"),
        (["24.10;reboot"], "is no release"),
        (["--sdk"], "--sdk needs a folder"),
        (["--sdk", "/nowhere"], "/nowhere is no SDK"),
        (["--sdk", "/nowhere", "24.10"], "leave out 24.10"),
    ],
)
def test_words_for_a_wrong_command_line(programs, arguments, words):
    assert words in refused(programs, *arguments)


def test_a_folder_with_an_sdk_needs_no_container(programs, tmp_path):
    sdk = tmp_path / "sdk"
    (sdk / "scripts").mkdir(parents=True)
    add(sdk / "scripts", "feeds", '#!/bin/sh\necho "feeds $*" >>calls\n')
    (sdk / "feeds.conf.default").write_text("src-git luci https://example.org/luci.git\n")
    (sdk / "private-key.pem").touch()
    make = """#!/bin/sh
    echo "make $*" >>calls
    [ "$1" != defconfig ] || echo CONFIG_PACKAGE_nametrack-mpy=m >.config
    [ "$1" != package/nametrack/compile ] || { mkdir -p bin/packages/x/nametrack; : >bin/packages/x/nametrack/a.apk; }
    """
    add(programs, "make", make)
    (programs / "sed").symlink_to(shutil.which("sed"))
    compiler = sdk / "staging_dir/target-x/host/lib/micropython/mpy-cross/build/mpy-cross"
    for chosen in ("# CONFIG_PACKAGE_nametrack-mpy is not set", "CONFIG_PACKAGE_nametrack-mpy=m"):
        # the second time over what the first one left
        (sdk / "calls").write_text("")
        done = run(programs, "--sdk", str(sdk), "--out", str(tmp_path / "out"))
        assert done.stdout.endswith(f"  {tmp_path}/out/sdk/a.apk\n"), done.stderr
        assert (sdk / ".config").read_text() == chosen + "\n"  # whether MicroPython's compiler has been built there
        compiler.parent.mkdir(parents=True, exist_ok=True)
        compiler.touch()
        translated = (TOP / "luci-app/po").is_dir()
        po2lmo = ["make package/feeds/luci/luci-base/host/compile NO_DEPS=1 V=s"] if translated else []
        assert (sdk / "calls").read_text().splitlines() == [
            "feeds update nametrack luci",
            "feeds install -p nametrack nametrack luci-app-nametrack nametrack-collectors",
            "make defconfig",
            *po2lmo,
            "make package/nametrack/compile NO_DEPS=1 V=s",
            "make package/luci-app-nametrack/compile NO_DEPS=1 V=s",
            "make package/nametrack-collectors/compile NO_DEPS=1 V=s",
        ]
        feeds = (sdk / "feeds.conf").read_text().splitlines()
        assert feeds == ["src-git luci https://example.org/luci.git", f"src-cpy nametrack {tmp_path}/out/sources"]
