"""The interpreters of other machines, and of other years: commands that run them here.

tests/setup/machines.sh gets them; a CPython that is on PATH, or below ~/.pyenv, is taken as well.
"""

import pathlib
import shutil
import subprocess

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = TOP / "build/machines"
HEAP = ["-X", "heapsize=32M"]  # as tests/conftest.py gives the MicroPython of this machine


def emulated(qemu, architecture):
    """MicroPython of another machine under qemu, None if one of them is missing."""
    root = BUILD / architecture / "root"
    program = root / "usr/bin/micropython"
    if shutil.which(qemu) is None or not program.exists():
        return None
    return [qemu, "-L", str(root), str(program), *HEAP]


def cpython(version):
    """CPython of this version: unpacked from a Debian's package, else one of this machine's own; None for none."""
    name = f"python{version}"
    root = BUILD / name / "root"
    program = root / "usr/bin" / name
    if program.exists():
        loader = next(root.glob("**/ld-linux-*.so.*"))
        folders = sorted({str(path.parent) for path in root.glob("**/lib*.so*")})
        # -I: no environment, no user's packages; the library is found beside the program
        return [str(loader), "--library-path", ":".join(folders), str(program), "-B"]
    own = [shutil.which(name), *pathlib.Path.home().glob(f".pyenv/versions/{version}.*/bin/{name}")]
    for path in own:
        if path is not None and subprocess.run([path, "-c", ""], capture_output=True).returncode == 0:
            return [str(path), "-B"]
    return None


MACHINES = {
    "armhf": lambda: emulated("qemu-arm", "armhf"),  # 32 bits
    "s390x": lambda: emulated("qemu-s390x", "s390x"),  # big-endian
    "python3.7": lambda: cpython("3.7"),
    "python3.9": lambda: cpython("3.9"),
    "python3.11": lambda: cpython("3.11"),
    "python3.13": lambda: cpython("3.13"),
    "python3.14": lambda: cpython("3.14"),
}
