"""The router under test, and the packages that are tried on it; see reach.py for what ROUTER may say."""

import os
import subprocess
import sys

import pytest

import tree
from reach import Unreachable, reach
from tree import TOP

AGENTS = "pgrep -f [/]usr/lib/nametrack/start.py"
MET = "/tmp/nametrack-met"  # on the router: the agents that run where the files of the later version are there already


@pytest.fixture(scope="session")
def router():
    try:
        router = reach(os.environ["ROUTER"])
    except Unreachable as error:
        pytest.fail(str(error), pytrace=False)
    if router.succeeds("[ -e /usr/sbin/nametrack ]"):
        router.close()
        pytest.fail("nametrack is installed on this router already: the tests would remove it", pytrace=False)
    yield router
    router.close()


class Packages:
    """The packages of this tree, and the same as of a later version, for the router's package manager."""

    def __init__(self, folder, router):
        self._router = router
        self.manager = "apk" if router.succeeds("command -v apk") else "opkg"
        old = router.run("cat /etc/openwrt_release")[1]
        named = "nametrack-python3" if "'19.07" in old or "'21.02" in old else "nametrack"
        self.name = os.environ.get("PACKAGE", named)
        self.version = (TOP / "VERSION").read_text().strip()
        self.later = "99.0.0"
        self._folders = {self.version: self._build(TOP, folder / "now")}
        later = folder / "tree"
        later.mkdir()
        tree.copy(later)
        write = f"import release; release.write_version('{self.later}')"
        subprocess.run([sys.executable, "-c", write], cwd=later, env={"PYTHONPATH": str(later / "scripts")}, check=True)
        (later / "files/etc/config/nametrack").write_text("config nametrack 'global'\n\toption enabled '1'\n")
        setup = later / "files/usr/share/nametrack/setup"  # the service runs it before it starts the agent
        setup.write_text(setup.read_text().replace("\n\n", f"\n\n{AGENTS} >{MET}\n\n", 1))
        self._folders[self.later] = self._build(later, folder / "later")

    def _build(self, top, out):
        kind = "apk" if self.manager == "apk" else "ipk"
        environ = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
        command = [sys.executable, str(top / "scripts/pack.py"), kind, "--out", str(out)]
        done = subprocess.run(command, env=environ, capture_output=True, text=True)
        if done.returncode:
            pytest.fail(f"the router wants an .{kind}: {done.stderr}", pytrace=False)
        return out

    def install(self, name, version):
        """Installs or upgrades the package `name`."""
        path = next(p for p in self._folders[version].iterdir() if p.name.startswith((f"{name}_", f"{name}-{version}")))
        self._router.put(f"/tmp/{path.name}", path.read_bytes())
        add = "apk add --allow-untrusted" if self.manager == "apk" else "opkg install"
        return self._router.ok(f"{add} /tmp/{path.name}")

    def remove_as_documented(self):
        """Removes nametrack and what depends on it, by the line that docs/getting-started.md gives."""
        begins = "apk del " if self.manager == "apk" else "opkg remove "
        lines = (TOP / "docs/getting-started.md").read_text().splitlines()
        (line,) = [line for line in lines if line.startswith(begins)]
        return self._router.ok(line.replace(" nametrack-mpy", f" {self.name}"))


@pytest.fixture(scope="session")
def packages(router, tmp_path_factory):
    return Packages(tmp_path_factory.mktemp("packages"), router)
