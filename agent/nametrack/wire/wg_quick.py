"""wg-quick's files (/etc/wireguard/*.conf), read as `wg-quick up` and the `wg setconf` behind it read them.

wg-quick takes lines like Address and Table out of [Interface] and hands every other line to wg. Of those wg removes
comments and all blanks, and it knows its keywords in upper and lower case. What is read is told in the words of
/etc/config/network: an interface, and a section for each of its peers.

Differences, all on purpose:
- wg refuses a whole file that has one line it does not know. Here that line is skipped and reported, because the
  interface may run with the file as it was before.
- Private and preshared keys are left out, and what is said about a line never quotes it.
"""

from collections import namedtuple

from .uci import Section

Problem = namedtuple("Problem", ("line", "text"))

_FULL = "/0"  # for these wg-quick makes a table and rules, and marks the tunnel's own packets, however they are written

_BLANKS = " \t\r\v\f"
# What wg-quick takes out of [Interface] (its function parse_options).
_OF_WG_QUICK = ("address", "mtu", "dns", "table", "preup", "predown", "postup", "postdown", "saveconfig")
_OF_INTERFACE = ("privatekey", "listenport", "fwmark")
_OF_PEER = ("publickey", "presharedkey", "endpoint", "allowedips", "persistentkeepalive")
_MAX_PROBLEMS = 100


def parse(text, name):
    """Return `(sections, problems)` of the file of the interface `name`: lists of uci.Section and Problem.

    The first section is the interface's; its option `saves` says that wg-quick writes the file anew when it stops the
    interface, and `dns` lists the nameservers that it sets. Never raises.
    """
    reader = _Reader()
    lines = text.replace("\0", "").split("\n")  # bash leaves NUL bytes out
    for i in range(len(lines)):
        reader.read(lines[i].partition("#")[0], i + 1)
    interface = {"proto": "wireguard", "nohostroute": "1", "fwmark": "1" if reader.is_marked() else "0"}
    if reader.saves:
        interface["saves"] = "1"
    if reader.nameservers:
        interface["dns"] = reader.nameservers
    sections = [Section("interface", name, False, interface, 1)]
    for i in range(len(reader.peers)):
        line, options = reader.peers[i]
        options["route_allowed_ips"] = "1" if reader.table in ("", "auto") else "0"
        label = "%s.conf, peer %d" % (name, i + 1)
        sections.append(Section("wireguard_" + name, label, False, options, line))
    return sections, reader.problems


class _Reader:
    """What the lines so far say."""

    def __init__(self):
        self.peers = []  # (line of its [Peer], its options)
        self.problems = []
        self.table = ""
        self.saves = False
        self.nameservers = []
        self._mark = ""
        self._known = ()  # what wg knows in the section that the lines are in, nothing outside of any
        self._for_wg_quick = False  # whether wg-quick looks at the lines now

    def is_marked(self):
        """Return whether the packets of the tunnel itself are marked, so that rules can keep them out of it."""
        full = any(each.endswith(_FULL) for _, options in self.peers for each in options.get("allowed_ips", []))
        return (full and self.table in ("", "auto")) or _lower(self._mark) not in ("", "off", "0", "0x0")

    def read(self, line, number):
        """Read a line without its comment."""
        key, _, value = line.partition("=")
        key = _lower(key.strip(_BLANKS))
        if key.startswith("["):
            self._for_wg_quick = key == "[interface]"
        if self._for_wg_quick and key in _OF_WG_QUICK:
            self._take_option(key, value.strip(_BLANKS), number)
            return
        word = _without_blanks(line)
        if not word:
            return
        if _lower(word) in ("[interface]", "[peer]"):
            self._known = _OF_PEER if _lower(word) == "[peer]" else _OF_INTERFACE
            if self._known is _OF_PEER:
                self.peers.append((number, {}))
            return
        key, _, value = word.partition("=")
        key = _lower(key)
        if not value or key not in self._known:
            self._report(number, "wg knows no such line here, and refuses the whole file for it; ignoring the line")
        elif self._known is _OF_PEER:
            self._take_peer(self.peers[-1][1], key, value, number)
        elif key == "fwmark":
            self._mark = value

    def _take_option(self, key, value, number):
        if key == "table":
            self.table = value
        elif key == "dns":
            self.nameservers.extend([word for word in value.replace(",", " ").split(" ") if word])
        elif key == "saveconfig":
            self.saves = _lower(value) == "true"
            if _lower(value) not in ("true", "false"):
                self._report(number, "SaveConfig is neither true nor false: wg-quick refuses the file")

    def _take_peer(self, options, key, value, number):
        if key == "allowedips":
            options["allowed_ips"] = options.get("allowed_ips", []) + value.split(",")
        elif key == "endpoint":
            host, port = _endpoint(value)
            if host and port:
                self._set(options, "endpoint_host", host, number)
                options["endpoint_port"] = port
            else:
                self._report(number, "Endpoint is not HOST:PORT or [ADDRESS]:PORT; ignoring the line")
        elif key != "presharedkey":
            option = "public_key" if key == "publickey" else "persistent_keepalive"
            self._set(options, option, value if key == "publickey" else _lower(value), number)

    def _set(self, options, option, value, number):
        if option in options:
            text = "the peer has a line of this kind already, and the later one counts: is [Peer] missing before it?"
            self._report(number, text)
        options[option] = value

    def _report(self, number, text):
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(Problem(number, text))


def _endpoint(value):
    """`(host, port)` as wg splits them; empty text for what is missing."""
    if not value.startswith("["):
        host, _, port = value.rpartition(":")
        return host, port
    host, _, rest = value[1:].partition("]")
    return (host, rest[1:]) if rest.startswith(":") else ("", "")


def _without_blanks(line):
    for blank in _BLANKS:
        line = line.replace(blank, "")
    return line


def _lower(text):
    # only ASCII: CPython would make a `k` of the Kelvin sign, too
    return text.lower() if all(c <= "~" for c in text) else text
