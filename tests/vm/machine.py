"""A virtual machine of this test run: a Debian kernel under qemu, which emulates the processor; no root is needed.

with Machine("bookworm") as machine:
    machine.run("ip link add wg0 type wireguard")     # text that it wrote; MachineError if it fails
"""

import pathlib
import shlex
import shutil
import socket
import subprocess
import tempfile
import time

import image
from line import Line, LineError

BOOT = 180  # seconds: half a dozen where nothing else runs
_programs = []  # the archive, made once


class MachineError(Exception):
    """A machine does not do what it should; the text says what it did."""


class Machine:
    """Boots when entered, and is gone on leaving. `release`: of Debian, whose kernel it runs."""

    def __init__(self, release):
        self.release = release

    @staticmethod
    def missing(release):
        """Why there can be no such machine, None if there can."""
        if shutil.which("qemu-system-x86_64") is None:
            return "no qemu-system-x86_64: tests/setup/vm.sh"
        if image.kernel(release) is None:
            return f"no kernel of Debian {release}: tests/setup/vm.sh"
        return None

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="nametrack-vm-")
        folder = pathlib.Path(self.folder.name)
        kernel, version = image.kernel(self.release)
        if not _programs:
            _programs.append(image.programs())
        (folder / "initrd").write_bytes(_programs[0] + image.modules(self.release, version))
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(folder / "serial"))
        listener.listen(1)
        listener.settimeout(BOOT)
        self.began = time.monotonic()
        self.console = folder / "console"
        self.process = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "512", "-nodefaults", "-display", "none"]
            + ["-no-reboot", "-kernel", kernel, "-initrd", folder / "initrd"]
            + ["-append", "console=ttyS0 quiet panic=-1 random.trust_cpu=on"]
            + ["-serial", f"file:{self.console}", "-serial", f"unix:{folder}/serial"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(folder / "qemu").open("wb"),
        )
        try:
            wire, _ = listener.accept()
            listener.close()
            self.line = Line(wire)
            words = (self.line.read(BOOT) or "nothing in time").split()
            self.version, self.boot_seconds = words[1], time.monotonic() - self.began
        except (OSError, LineError) as error:
            text = self.console.read_text(errors="replace")[-3000:] if self.console.exists() else ""
            text += (folder / "qemu").read_text(errors="replace")
            self.__exit__()
            raise MachineError(f"Debian {self.release}'s kernel does not boot: {error}\n{text}")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()

    def status(self, script, seconds=60):
        """`(exit status, output)` of a shell script."""
        try:
            return self.line.ask(script, seconds)
        except LineError as error:
            raise MachineError(f"{error}: {script}")

    def run(self, script, seconds=60):
        """The output of a shell script; MachineError where its exit status is not 0."""
        status, output = self.status(script, seconds)
        if status:
            raise MachineError(f"exit {status} of: {script}\n{output}")
        return output

    def write(self, path, text):
        """A file in the machine, and the folders above it."""
        self.run(f"mkdir -p {shlex.quote(str(pathlib.PurePosixPath(path).parent))}")
        # in pieces: a line of the serial port is read byte by byte
        for start in range(0, len(text) or 1, 16384):
            sign = ">>" if start else ">"
            self.run(f"printf %s {shlex.quote(text[start : start + 16384])} {sign} {shlex.quote(path)}")

    def wait_for(self, script, seconds, what):
        """Polls until a shell script succeeds; its output."""
        deadline = time.monotonic() + seconds
        while True:
            status, output = self.status(script)
            if status == 0:
                return output
            if time.monotonic() > deadline:
                raise MachineError(f"not within {seconds} s: {what() if callable(what) else what}")
            time.sleep(0.1)
