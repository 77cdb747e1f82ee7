"""What else sets endpoints on a machine: timers of systemd, NetworkManager, systemd-networkd. Read from their files."""

from .. import compat_files
from . import files

MAX_FILES = 256

# folder below /etc; a file's ending; the line that makes it a tunnel; the word before the interface's name; who runs it
_PROFILES = (
    ("/NetworkManager/system-connections", ".nmconnection", "type=wireguard", "interface-name=", "NetworkManager"),
    ("/systemd/network", ".netdev", "Kind=wireguard", "Name=", "systemd-networkd"),
)


def timers(etc):
    """Return the names of the enabled timers that look up endpoints anew; etc: the folder /etc."""
    found = []
    for name in compat_files.names(etc + "/systemd/system/timers.target.wants")[:MAX_FILES]:
        text, _ = files.read_text("%s/systemd/system/%s" % (etc, name.replace(".timer", ".service")))
        if "reresolve" in name or "reresolve-dns" in (text or ""):
            found.append(name)
    return found


def managers(etc):
    """Return {interface: program} of the WireGuard interfaces that another program makes; etc: the folder /etc."""
    found = {}
    for folder, ending, kind, word, program in _PROFILES:
        for name in compat_files.names(etc + folder)[:MAX_FILES]:
            text, _ = files.read_text("%s%s/%s" % (etc, folder, name)) if name.endswith(ending) else (None, None)
            lines = [line.strip().replace(" ", "") for line in (text or "").split("\n")]
            if kind in lines:
                found.update({line[len(word) :]: program for line in lines if line.startswith(word)})
    return found
