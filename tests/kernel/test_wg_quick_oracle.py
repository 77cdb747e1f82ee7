"""wire/wg_quick.py against `wg-quick strip` and `wg setconf`, in a network namespace of their own.

wg takes a file: then the peers that are read from it are the interface's. It refuses one: then something is reported.
"""

import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest

from mutations import Chance, mutated
from nametrack.core.config import network
from nametrack.core.config.section import Report
from nametrack.wire import uci, wg_quick

COUNT = int(os.getenv("FUZZ") or "300")
TOOLS = ("wg", "wg-quick", "wireguard-go", "unshare", "ip")
KEYS = ["xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=", "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0="]
SECRET = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="
# What is reported although wg takes it: what looks like a mistake, names of ports, hosts that are no names.
ON_PURPOSE = (
    "has a peer with this public_key",
    "the peer has a line of this kind",
    "'endpoint_port'",
    "'endpoint_host'",
)

SAMPLES = [
    f"""[Interface]
PrivateKey = {SECRET}
Address = 10.9.0.2/24
ListenPort = 51820
DNS = 10.9.0.1, lan
PostUp = true # [Peer]

[Peer]
PublicKey = {KEYS[0]}
PresharedKey = {SECRET}
Endpoint = 192.0.2.1:51820
AllowedIPs = 10.9.0.0/24, 192.168.1.7
AllowedIPs = fd00:9::/64
PersistentKeepalive = 25

[Peer]
PublicKey={KEYS[1]}
AllowedIPs=0.0.0.0/0,::/0
Endpoint=[2001:db8::1]:7
PersistentKeepalive = off
""",
    f"[INTERFACE]\r\nprivatekey={SECRET}\r\nfwmark = 0xca6c\r\n\r\n[ Peer ] # home\r\npublic key = {KEYS[0]}\r\n"
    f"endpoint = 192.0.2.9 : 443 # it moves\r\nALLOWEDIPS = 10.0.0.77/24\r\n[interface]\nTABLE = 5\n",
    f"# old\n[Peer]\nPublicKey = {KEYS[1]}\n[Interface]\nTable = off\nSaveConfig = false\nMTU = 1420\nListenPort = 7\n",
]


# The values that nametrack drops or does not need; whether they are right is not looked at.
KEY = "[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="
PORT, MARK = "[0-9]{1,4}|[1-5][0-9]{4}", "off|0x[0-9a-f]{1,8}|[0-9]{1,9}"
NOT_READ = {"privatekey": KEY, "presharedkey": KEY, "listenport": PORT, "fwmark": MARK}


@pytest.fixture(scope="module")
def wg(tmp_path_factory):
    if any(shutil.which(tool) is None for tool in TOOLS):
        pytest.skip("one of these is missing: " + " ".join(TOOLS))
    folder = tmp_path_factory.mktemp("wg")
    # /run of its own: wireguard-go keeps its socket there
    script = (
        "mount -t tmpfs none /run && mkdir /run/wireguard && ip link set lo up || exit\n"
        "wireguard-go -f wgq0 & cat; kill $!; wait $!"  # it ends with these tests, however they end
    )
    keep = subprocess.Popen(["unshare", "-rnm", "sh", "-c", script], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    within = ["nsenter", "-t", str(keep.pid), "-U", "-n", "-m", "--preserve-credentials"]
    try:
        end = time.monotonic() + 10
        while subprocess.run([*within, "wg", "show", "wgq0"], capture_output=True).returncode != 0:
            if keep.poll() is not None or time.monotonic() > end:
                pytest.skip("wireguard-go does not run in `unshare -rnm` here")
            time.sleep(0.05)
        yield Wg(within, folder)
    finally:
        keep.stdin.close()
        keep.wait(10)
        keep.kill()


class Wg:
    def __init__(self, within, folder):
        self.within = within
        self.folder = folder

    def peers(self, data):
        """The peers of the interface with this file, as {key: (endpoint, allowed IPs, keepalive)}; None if refused."""
        path = pathlib.Path(self.folder / "wgq0.conf")
        path.write_bytes(data)
        path.chmod(0o600)
        stripped = subprocess.run([*self.within, "wg-quick", "strip", str(path)], capture_output=True)
        if stripped.returncode != 0:
            return None
        command = [*self.within, "wg", "setconf", "wgq0", "/dev/stdin"]
        if subprocess.run(command, input=stripped.stdout, capture_output=True, timeout=60).returncode != 0:
            return None
        shown = subprocess.run([*self.within, "wg", "show", "wgq0", "dump"], capture_output=True, text=True, check=True)
        found = {}
        for line in shown.stdout.splitlines()[1:]:
            key, _, endpoint, allowed, _, _, _, keepalive = line.split("\t")
            prefixes = set() if allowed == "(none)" else set(allowed.split(","))
            found[key] = (endpoint, prefixes, 0 if keepalive == "off" else int(keepalive))
        return found


def ours(data):
    """The same as nametrack reads it, and what is wrong with the file."""
    sections, problems = wg_quick.parse(uci.decode(data), "wgq0")
    report = Report([problem.text for problem in problems])
    _, peers = network.read(sections, report)
    owner = {}
    for peer in peers:
        for prefix in peer.allowed_ips:
            owner[prefix] = peer.public_key  # the kernel gives a prefix to the peer that claims it last
    found = {}
    for peer in peers:
        host = peer.endpoint_host
        endpoint = "(none)" if host is None else f"[{host}]:{peer.endpoint_port}" if ":" in host else None
        endpoint = endpoint or f"{host}:{peer.endpoint_port}"
        prefixes = {
            prefix if "/" in prefix else prefix + ("/128" if ":" in prefix else "/32")
            for prefix in peer.allowed_ips
            if owner[prefix] == peer.public_key
        }
        found[peer.public_key] = (endpoint, prefixes, peer.persistent_keepalive)
    return found, report.all()


def is_read(data):
    """False if the file has a wrong value that is not looked at, or an endpoint that wg would have to look up."""
    for line in data.decode("latin-1").replace("\0", "").split("\n"):
        key, _, value = "".join(line.partition("#")[0].split()).partition("=")
        if key.lower() in NOT_READ and not re.fullmatch(NOT_READ[key.lower()], value, re.IGNORECASE):
            return False
        if key.lower() == "endpoint" and re.search("[g-z]", value, re.IGNORECASE):
            return False
    return True


def agree(wg, data):
    """True if wg takes the file, and reads what we read; False if it refuses it, and we say that something is wrong."""
    found, wrong = ours(data)
    if not is_read(data) or any(words in text for text in wrong for words in ON_PURPOSE):
        return False
    theirs = wg.peers(data)
    if theirs is None:
        assert wrong, f"wg refuses it: {data}"
        return False
    assert not wrong, f"wg takes it: {data}"
    assert found == theirs, data
    return True


@pytest.mark.parametrize("text", SAMPLES)
def test_a_file_is_read_as_wg_quick_and_wg_read_it(wg, text):
    assert agree(wg, text.encode())


def test_any_file_is_read_as_wg_quick_and_wg_read_it_or_reported(wg):
    chance = Chance(20261126)
    known = [text.encode() for text in SAMPLES]
    taken = 0
    for _ in range(COUNT):
        taken += agree(wg, mutated(chance, known[chance.below(len(known))], known))
    assert COUNT > taken > COUNT // 20, f"{taken} of {COUNT} were taken: mutation went too far, or nowhere"
