"""The command `import`: policies of pbr or vpn-policy-routing, printed as nametrack's. Nothing is changed."""

import sys

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from .. import compat  # noqa: F401
from ..core.config import punycode, option_values, options  # noqa: F401

# isort: on
from ..adapters import files
from ..core.config import imports
from ..wire import uci
from ..wire.jsontext import json_text


def import_policies(command, log):
    service = command.names[0]
    path = "%s/%s" % (command.config_dir, service)
    data, problem = files.read_bytes(path)
    if data is None:
        sys.stderr.write("nametrack: %s: %s\n" % (path, problem))
        return 1
    sections, problems = uci.parse(data)
    for each in problems:
        sys.stderr.write("nametrack: %s, line %d: %s\n" % (path, each.line, each.text))
    if any([each.fault for each in problems]):
        return 1  # the service does not read it either, and half of a policy may mean more than the whole
    ours = uci.parse(files.read_bytes("%s/nametrack" % command.config_dir)[0] or b"")[0]
    taken = ["global"] + [section.name for section in ours if section.type != "policy"]
    found = imports.read(service, sections, taken)
    if command.json:
        print(json_text(imports.values(service, found)))
    else:
        for line in imports.lines(service, found):
            print(line)
    return 0
