"""What /usr/sbin/nametrack runs: started by its path, an interpreter finds the packages beside this file only."""

import sys

from nametrack import compat

# Compiling leaves more behind than the program takes: collected this often it never touches that much of the heap.
compat.collect_early()

from nametrack.__main__ import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
