"""Reaching an OpenWrt root to test on, by what ROUTER says.

docker:IMAGE    a container of that image, removed afterwards (CONTAINER=podman runs it in podman)
ssh:USER@HOST   a device; packages are installed on it and removed again
dir:FOLDER      a root file system in a folder, booted in namespaces of its own; the folder stays as it is
"""

import os
import shlex
import subprocess
import time


class Unreachable(Exception):
    """There is no such router; the text says why."""


class Router:
    """A running OpenWrt system; `within` is the command that runs another one in it."""

    def __init__(self, within):
        self._within = within

    def run(self, command, data=None):
        """Runs a line of shell there; `data`: bytes for its standard input. Returns (exit code, what it printed)."""
        done = subprocess.run(
            self._within + [shlex.join(["sh", "-c", command])]
            if self._within[0] == "ssh"
            else [*self._within, command],
            input=data,
            stdin=None if data is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
        )
        return done.returncode, done.stdout.decode(errors="replace")

    def ok(self, command, data=None):
        """What a line of shell printed, which must end well."""
        code, text = self.run(command, data)
        assert code == 0, f"{command}: exit {code}\n{text}"
        return text

    def succeeds(self, command):
        return self.run(command)[0] == 0

    def wait(self, command, seconds=60):
        """Waits until a line of shell ends well."""
        end = time.monotonic() + seconds
        while not self.succeeds(command):
            assert time.monotonic() < end, f"not within {seconds} s: {command}: {self.run(command)[1]}"
            time.sleep(0.5)

    def put(self, path, data):
        self.ok(f"cat >{shlex.quote(path)}", data)

    def close(self):
        pass


class Container(Router):
    def __init__(self, image):
        program = os.environ.get("CONTAINER", "docker")
        self._program = program
        done = _tried([program, "run", "--detach", "--rm", "--cap-add", "NET_ADMIN", image, "/sbin/init"])
        self._id = done.stdout.decode().strip()
        super().__init__([program, "exec", "--interactive", self._id, "sh", "-c"])

    def close(self):
        subprocess.run([self._program, "rm", "--force", self._id], capture_output=True)


class Device(Router):
    def __init__(self, host):
        _tried(["ssh", "-o", "BatchMode=yes", host, "true"])
        super().__init__(["ssh", "-o", "BatchMode=yes", host])


# What is written lies in memory here, from one boot to the next: it is the router's flash.
FLASH = "mount --make-rprivate /; mount -t tmpfs none /mnt; mkdir /mnt/upper /mnt/root; echo; exec sleep 1000000"
# What the folder needs around it: its own copy above it, /proc, a few devices, and procd as process 1. It begins with
# the newline on standard input: until then others lay cables to it.
BOOT = """
set -e
mount --make-rprivate /
rm -rf /mnt/work; mkdir /mnt/work
mount -t overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" none /mnt/root
cd /mnt/root && mkdir -p proc sys dev tmp old
mount -t proc none proc; mount -t sysfs none sys; mount -t tmpfs none tmp; mount -t tmpfs none dev
mkdir tmp/run tmp/lock tmp/shm
for device in null zero full random urandom tty; do : >dev/$device; mount --bind /dev/$device dev/$device; done
: >dev/console
ip link set lo up
pivot_root . old
umount -l old
echo; read -r _
exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin /sbin/procd </dev/null
"""


class Folder(Router):
    def __init__(self, folder):
        self._folder = os.path.abspath(folder)
        if not os.path.exists(f"{self._folder}/sbin/procd"):
            raise Unreachable(f"{self._folder} has no /sbin/procd: it is no root of OpenWrt's")
        if os.geteuid() != 0:
            raise Unreachable("a folder can be booted by root only")
        self._flash = subprocess.Popen(["unshare", "--mount", "sh", "-c", FLASH], stdout=subprocess.PIPE)
        self._flash.stdout.readline()
        super().__init__(None)
        self._boot(lambda init: None)

    def reboot(self, lay_cables):
        """Takes its power away, and boots what is in its flash with a kernel that knows nothing of before.

        `lay_cables` is called with the pid of process 1 before the first program of the router runs.
        """
        self._off()
        self._boot(lay_cables)

    @property
    def init(self):
        """Process 1, as a pid of this machine."""
        return self._within[2]

    def _boot(self, lay_cables):
        flash = ["nsenter", "--target", str(self._flash.pid), "--mount"]
        namespaces = ["--mount", "--pid", "--fork", "--net", "--uts", "--ipc"]
        command = ["unshare", *namespaces, "--kill-child", "sh", "-c", BOOT, "boot", self._folder]
        pipe = subprocess.PIPE
        self._unshare = subprocess.Popen([*flash, *command], stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT)
        said = self._unshare.stdout.readline()
        if said.strip() or not said:
            self._fail(said)
        with open(f"/proc/{self._unshare.pid}/task/{self._unshare.pid}/children") as file:
            (init,) = file.read().split()
        lay_cables(init)
        self._unshare.stdin.write(b"\n")
        self._unshare.stdin.flush()
        end = time.monotonic() + 30
        while os.path.basename(os.readlink(f"/proc/{init}/exe")) != "procd":
            if time.monotonic() > end or self._unshare.poll() is not None:
                self._fail(b"")
            time.sleep(0.01)
        # the router's environment, not this machine's: pbr runs the shell that SHELL names
        shell = ["env", "-i", "HOME=/root", "USER=root", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-c"]
        self._within = ["nsenter", "--target", init, "--all", *shell]

    def _fail(self, said):
        self._unshare.kill()
        raise Unreachable(f"the folder does not boot: {(said + self._unshare.stdout.read()).decode().strip()}")

    def _off(self):
        self._unshare.kill()
        self._unshare.wait()

    def close(self):
        self._off()
        self._flash.kill()
        self._flash.wait()


def _tried(command):
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=600)
    except OSError as error:
        raise Unreachable(f"{command[0]}: {error.strerror}")
    if done.returncode:
        raise Unreachable(f"{shlex.join(command)}: {done.stderr.decode().strip()}")
    return done


def reach(spec):
    """The Router that `spec` names. Raises Unreachable."""
    kind, _, where = spec.partition(":")
    kinds = {"docker": Container, "ssh": Device, "dir": Folder}
    if kind not in kinds or not where:
        raise Unreachable(f"ROUTER={spec}: it is docker:IMAGE, ssh:USER@HOST or dir:FOLDER")
    router = kinds[kind](where)
    try:
        router.wait("ubus list service")
    except AssertionError as error:
        router.close()
        raise Unreachable(f"{spec}: procd is not on the bus: {error}")
    return router
