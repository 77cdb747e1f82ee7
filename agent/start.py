"""What /usr/sbin/nametrack runs: started by its path, an interpreter finds the packages beside this file only."""

import sys

try:
    from nametrack import compat
except (ImportError, ValueError) as error:  # the latter is MicroPython's of a .mpy in another format
    sys.stderr.write("nametrack: %s: no modules for this interpreter: install the package nametrack\n" % error)
    sys.exit(2)

compat.collect_early(loading=True)

from nametrack.__main__ import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
