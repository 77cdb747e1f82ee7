"""The command `import`: policies by name of pbr or vpn-policy-routing, printed as nametrack's. Nothing is changed."""

import sys

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from .. import compat  # noqa: F401
from ..core.config import punycode, option_values, options  # noqa: F401

# isort: on
from ..adapters import files
from ..core.config import imports
from ..wire import uci


def import_policies(command, log):
    service = command.names[0]
    path = "%s/%s" % (command.config_dir, service)
    data, problem = files.read_bytes(path)
    if data is None:
        sys.stderr.write("nametrack: %s: %s\n" % (path, problem))
        return 1
    for line in imports.lines(service, uci.parse(data)[0]):
        print(line)
    return 0
