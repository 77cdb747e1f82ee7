"""The state, the events and the findings as lines for people, made for a terminal of 80 columns.

All of it is made from the values that the bus answers with (docs/bus.md, docs/status.md), so that `nametrack status`
says of the agent that runs what `nametrack run --once` says of itself.
"""

from ..config.option_values import printable
from ..wording import count, duration, size

WIDTH = 80
NAME, STATE = 30, 12  # columns
LONGEST = 4000  # characters of any one text
FOLD = 8  # hosts of a policy, and addresses of a host, that are shown where not all are asked for

NO_ROOM = "too many for one answer"

FINE = ("current", "roamed", "disabled", "literal")
COLOURS = {"current": 32, "written": 32, "roamed": 33, "stale": 33, "partial": 33, "negative": 33, "disabled": 2}
OTHER_COLOUR = 31


class Page:
    """Lines that are being written. `colour`: whether states are coloured for a terminal."""

    def __init__(self, colour):
        self.lines = []
        self._colour = colour

    def heading(self, name, state, rest):
        """The names of the columns, after a blank line where something stands before them."""
        if self.lines:
            self.lines.append("")
        self.lines.append("%-*s%-*s%s" % (NAME, name, STATE, state, rest))

    def row(self, name, state, rest, indent=0):
        """A name and a state in their columns, then `rest`; a name that is too long gets a line of its own."""
        if indent + len(name) > NAME - 2:
            self.text(name, indent)
            name = ""
        name = " " * indent + printable(name, LONGEST)
        shown = "%-*s" % (STATE, state)
        if self._colour:
            shown = "\x1b[%dm%s\x1b[0m" % (COLOURS.get(state, OTHER_COLOUR), shown)
        self.lines.append(("%-*s%s%s" % (NAME, name, shown, rest)).rstrip())

    def text(self, text, indent):
        """A text, broken between its words if it is too long."""
        line = ""
        for word in printable(text, LONGEST).split(" "):
            if line and indent + len(line) + 1 + len(word) > WIDTH:
                self.lines.append(" " * indent + line)
                line = word
            else:
                line = line + " " + word if line else word
        self.lines.append(" " * indent + line)


def status_lines(state, colour=False, everything=False):
    """The answer of the method `status` as a page; `everything`: nothing is folded."""
    page = Page(colour)
    if state["peers"]:
        page.heading("PEER", "STATE", "NEXT QUERY  RECEIVED    SENT")
        for peer in state["peers"]:
            _peer(page, peer)
        _more(page, state["more_peers"], 0)
    if state["policies"]:
        page.heading("POLICY", "STATE", "INSTALLED")
        for policy in state["policies"]:
            _policy(page, policy, state["now"], everything)
        _more(page, state["more_policies"], 0)
    if not page.lines:
        page.lines.append("nothing to follow: no peer with a host name, no policy")
    return page.lines


def peer_name(peer):
    """A peer in words: its interface and its description, or the beginning of its key."""
    return "%s %s" % (peer["interface"], peer["description"] or peer["public_key"][:12] + "...")


def _peer(page, peer):
    traffic = "%-11s %s" % (size(peer["rx_bytes"]), size(peer["tx_bytes"]))
    page.row(peer_name(peer), peer["state"], "%-11s %s" % (_next(peer["next_query"]), traffic))
    page.text("%s -> %s" % (peer["endpoint_host"], peer["endpoint"] or "no endpoint"), 2)
    page.text(peer["reason"], 2)


def _policy(page, policy, now, everything):
    counts, by_routes = [], policy.get("table") is not None
    for family in ("4", "6"):
        if policy["set" + family] or (by_routes and policy["wanted" + family]):
            counts.append("IPv%s %d of %d" % (family, policy["installed" + family], policy["wanted" + family]))
    page.row(policy["name"], policy["state"], ", ".join(counts) or ("no address" if by_routes else "no set"))
    held = [policy[name] for name in ("set4", "set6") if policy[name]]
    held += ["table %d" % policy["table"]] if by_routes else []
    page.text("%s: %s" % (policy["target"], ", ".join(held) or "no set"), 2)
    page.text(policy["reason"], 2)
    for each in policy.get("files", []):
        page.text(_file(each), 2)
    hosts = policy["hosts"]
    if not everything and len(hosts) > FOLD:
        hosts = ([h for h in hosts if h["state"] not in FINE] + [h for h in hosts if h["state"] in FINE])[:FOLD]
    for host in hosts:
        _host(page, host, now, everything)
    more = len(policy["hosts"]) - len(hosts) + policy["more_hosts"]
    if len(hosts) < len(policy["hosts"]):
        page.text("and %d more: nametrack status --all" % more, 4)
    else:
        _more(page, more, 4)


def _file(each):
    if each["names"] is None:
        return "%s: not read yet" % each["path"]
    words = "%s: %s, %d looked up" % (each["path"], count(each["names"], "name"), each["asked"])
    words += ", %s" % count(each["wildcards"], "wildcard") if each["wildcards"] else ""
    return words + (", addresses and prefixes: %d" % each["elements"] if each["elements"] else "")


def _more(page, count, indent):
    """Says how many an answer of the bus had no room for."""
    if count:
        page.text("and %d more, %s" % (count, NO_ROOM), indent)


def _host(page, host, now, everything):
    if host["state"] == "literal":
        return page.row(host["host"], "written", "", 4)
    page.row(host["host"], host["state"], _next(host["next_query"]), 4)
    if host["state"] != "current":
        page.text(host["reason"], 6)
    shown = host["addresses"] if everything else host["addresses"][:FOLD]
    words = []
    for address in shown:
        left = "" if address["named"] else " (for %s)" % duration(max(0, address["expires"] - now))
        words.append(address["address"] + left)
    more = len(host["addresses"]) - len(shown) + host["more_addresses"]
    if more:
        words.append("and %d more%s" % (more, "" if len(shown) < len(host["addresses"]) else ", " + NO_ROOM))
    if words:
        page.text(", ".join(words), 6)


def _next(seconds):
    return "" if seconds is None else "in " + duration(seconds)


def troubles(state):
    """What is not as it should be, a line each: for those who only want to hear of that."""
    lines = list(state["config_errors"])
    for peer in state["peers"]:
        if peer["state"] not in FINE:
            lines.append("%s: %s: %s" % (peer_name(peer), peer["state"], peer["reason"]))
    for policy in state["policies"]:
        if policy["state"] not in FINE:
            lines.append("policy '%s': %s: %s" % (policy["name"], policy["state"], policy["reason"]))
    return lines


def event_lines(events, clock):
    """A line for each event; `clock`: function that makes the text of a Unix time."""
    return ["%s  %s: %s" % (clock(e["time"]), e["subject"], printable(e["text"], LONGEST)) for e in events]


def finding_lines(found):
    """A finding takes two lines: what and where, then what to do."""
    lines = []
    for finding in found:
        lines.append("%s: %s: %s [%s]" % (finding["severity"], finding["subject"], finding["text"], finding["code"]))
        lines.append("    %s" % finding["advice"])
    return lines or ["nothing found"]


def why_lines(answer):
    """Return the answer of `why` as lines: each address with its steps, then the sentence that sums up."""
    lines = []
    for each in answer["addresses"]:
        lines.append(printable(each["address"], WIDTH))
        for step in each["steps"]:
            lines.append("  " + printable(step, LONGEST))
    if lines:
        lines.append("")
    lines.append(printable(answer["sentence"], LONGEST))
    if answer["advice"]:
        lines.append("  what to do: " + printable(answer["advice"], LONGEST))
    return lines
