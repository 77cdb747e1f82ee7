"""The state and the findings as lines for people, made for a terminal of 80 columns."""

from .status import FINE, status


def state_lines(agent, now, wall):
    """A line for each peer and policy: what it is, its state, and why."""
    state = status(agent, now, wall)
    lines = []
    for peer in state["peers"]:
        what = "%s %s" % (peer["interface"], peer["description"] or peer["public_key"])
        lines.append("%-9s %s: %s" % (peer["state"], what, peer["endpoint"] or "no endpoint"))
        lines.append("%-9s %s" % ("", peer["reason"]))
    for policy in state["policies"]:
        counts = []
        for family in ("4", "6"):
            if policy["set" + family]:
                counts.append("IPv%s %d of %d" % (family, policy["installed" + family], policy["wanted" + family]))
        lines.append("%-9s policy %s: %s" % (policy["state"], policy["name"], ", ".join(counts) or "no set"))
        lines.append("%-9s %s" % ("", policy["reason"]))
    return lines or ["nothing to follow: no peer with a host name, no policy"]


def troubles(agent, now, wall):
    """What could not be made current, a line each."""
    state = status(agent, now, wall)
    lines = ["%s" % text for text in state["config_errors"]]
    for peer in state["peers"]:
        if peer["state"] not in FINE:
            what = "%s peer %s" % (peer["interface"], peer["description"] or peer["public_key"])
            lines.append("%s: %s: %s" % (what, peer["state"], peer["reason"]))
    for policy in state["policies"]:
        if policy["state"] not in FINE:
            lines.append("policy '%s': %s: %s" % (policy["name"], policy["state"], policy["reason"]))
    return lines


def finding_lines(found):
    """A finding takes two lines: what and where, then what to do."""
    lines = []
    for finding in found:
        lines.append("%s: %s: %s [%s]" % (finding["severity"], finding["subject"], finding["text"], finding["code"]))
        lines.append("    %s" % finding["advice"])
    return lines or ["nothing found"]
