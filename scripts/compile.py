"""Compiles the modules of the agent for MicroPython, in place: each NAME.py but start.py becomes NAME.mpy.

    python3 scripts/compile.py COMPILER FOLDER

COMPILER is an mpy-cross. Its bytecode is the same for all processors; that of MicroPython 1.20 to 1.28 is one format.
Lines keep their numbers. The interpreter reads start.py, which says what to do if it is another one.
"""

import pathlib
import subprocess
import sys


def main(argv):
    compiler, folder = argv[0], pathlib.Path(argv[1])
    for path in sorted(folder.rglob("*.py")):
        if path.name == "start.py":
            continue
        name = str(path.relative_to(folder))
        try:
            subprocess.run([compiler, "-s", name, "-o", str(path.with_suffix(".mpy")), str(path)], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(f"compile.py: {name}: {error}")
        path.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
