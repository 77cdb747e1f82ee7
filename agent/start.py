"""What /usr/sbin/nametrack runs: started by its path, an interpreter finds the packages beside this file only."""

import sys

from nametrack.__main__ import main

sys.exit(main(sys.argv[1:]))
