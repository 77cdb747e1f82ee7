"""What /usr/sbin/nametrack runs: started by its path, an interpreter finds the packages beside this file only."""

import sys

if sys.argv[1:2] == ["include"]:  # services wait for it, and it needs little of the rest
    from nametrack.include import main
else:
    from nametrack.__main__ import main

sys.exit(main(sys.argv[1:]))
