"""JSON for people and programs: keys in order, a line each, as `ubus call` prints it.

MicroPython's json knows neither an indentation nor an order of keys, and its dicts have none.
"""

import json


def json_text(value, indent=""):
    """The text of a value of dicts, lists, text, numbers, booleans and None."""
    if isinstance(value, dict):
        inner = ["%s: %s" % (json.dumps(key), json_text(value[key], indent + "\t")) for key in sorted(value)]
        return _block("{", inner, "}", indent)
    if isinstance(value, (list, tuple)):
        return _block("[", [json_text(item, indent + "\t") for item in value], "]", indent)
    return json.dumps(value)


def _block(start, items, end, indent):
    if not items:
        return start + end
    return "%s\n%s\t%s\n%s%s" % (start, indent, (",\n%s\t" % indent).join(items), indent, end)
