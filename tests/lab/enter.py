"""Entering the lab: a command in namespaces of its own, so that nothing of it can be left behind.

    python tests/lab/enter.py -m pytest tests/lab        any arguments that Python takes

    the caller ── unshare ── init (process 1 of the lab) ── the command
         └──────── a pipe ──────┘

Interfaces, routes, sets, mounts and processes all live in the new namespaces, and the kernel takes them away together
with process 1. Process 1 ends with the command, or when the pipe says that the caller is gone, however it went.
"""

import contextlib
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import threading

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
RUN = pathlib.Path("/run/lab")
MARK = "NAMETRACK_LAB"
TOOLS = {
    "unshare": "util-linux",
    "ip": "iproute2",
    "nft": "nftables",
    "ipset": "ipset",
    "wg": "wireguard-tools",
    "wireguard-go": "wireguard-go",
    "dnsmasq": "dnsmasq-base",
    "ping": "iputils-ping",
}
UNAVAILABLE = 69  # sysexits.h, EX_UNAVAILABLE: a lab that cannot be built is neither passed nor failed

# What the lab needs of its namespaces, tried at once: mounting, interfaces, nftables, and the device of wireguard-go.
PROBE = """
mount -t tmpfs none /run && ip link add lab0 type veth peer name lab1 && nft add table inet lab && : <>/dev/net/tun
"""


def inside():
    """True in a process that runs in the lab."""
    return os.environ.get(MARK) == "inside"


def enter(arguments):
    """Runs Python with `arguments` in a lab of its own and returns its exit status; 69 where no lab can be had."""
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
    if missing:
        return unavailable(["programs are missing; on Debian and Ubuntu: apt install " + " ".join(missing)])
    reasons = []
    for sudo, unshare in ways():
        reason = refusal(sudo + unshare)
        if reason is None:
            return run(sudo, unshare, arguments)
        reasons.append(f"{shlex.join((sudo + unshare)[:3])} …: {reason}")
    return unavailable(reasons)


def unavailable(reasons):
    print("The lab needs network namespaces of its own and cannot have them here:", file=sys.stderr)
    for reason in reasons:
        print(f"  {reason}", file=sys.stderr)
    return UNAVAILABLE


def ways():
    """The commands that may make the namespaces, each as (sudo, unshare), the least powerful first."""
    unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    yield [], [*unshare, "--map-root-user"]
    if os.geteuid() == 0:
        yield [], unshare
    elif shutil.which("sudo"):
        # Ubuntu's AppArmor, for one, gives unprivileged user namespaces no rights. sudo may ask for a password.
        ask = [] if os.access("/dev/tty", os.W_OK) and sys.stderr.isatty() else ["-n"]
        yield ["sudo", *ask], unshare


def refusal(prefix):
    """Why this way does not lead into a lab; None when it does."""
    done = subprocess.run([*prefix, "sh", "-c", PROBE], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode == 0:
        return None
    lines = done.stderr.strip().splitlines()
    return lines[-1] if lines else f"exit {done.returncode}"


def run(sudo, unshare, arguments):
    path = os.pathsep.join([str(TOP / "tests"), *filter(None, [os.environ.get("PYTHONPATH")])])
    environ = dict(os.environ, PYTHONPATH=path, PYTHONDONTWRITEBYTECODE="1")
    environ[MARK] = "init"
    if sudo:
        # Nothing that root owns may stay in the checkout, and sudo keeps no environment of its own accord.
        environ["PYTEST_ADDOPTS"] = environ.get("PYTEST_ADDOPTS", "") + " -p no:cacheprovider"
        names = (
            "PATH",
            "PYTHONPATH",
            "PYTHONDONTWRITEBYTECODE",
            "PYTEST_ADDOPTS",
            "MICROPYTHON",
            "SHARED",
            "TERM",
            "LANG",
            MARK,
        )
        sudo = [*sudo, "env", *(f"{name}={environ[name]}" for name in names if name in environ)]
    here = str(pathlib.Path(__file__).resolve())
    # No process that waits for a processor keeps a promise of 50 ms: other work of the machine waits instead.
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -10)
    # Ctrl-C reaches everyone in the terminal's process group: the command ends in its own way, and this waits for it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lab = subprocess.Popen([*sudo, *unshare, sys.executable, here, *arguments], stdin=subprocess.PIPE, env=environ)

    signals = []

    def end(number, _frame):
        signals.append(number)
        lab.stdin.close()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    status = lab.wait()
    return 128 + signals[0] if signals else status


def init(arguments):
    """Process 1 of the lab: makes /run its own, starts the command, reaps whoever dies, ends as the command ends."""
    threading.Thread(target=end_with_caller, daemon=True).start()
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    for folder in (RUN, pathlib.Path("/run/netns"), pathlib.Path("/run/wireguard")):
        folder.mkdir()
    # SIGINT is ignored here and by what inherits it, so the command's own handling must be given back to it.
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        stdin = open("/dev/tty")  # for a debugger
    except OSError:
        stdin = open("/dev/null")
    environ = dict(os.environ, TMPDIR=str(RUN))
    environ[MARK] = "inside"
    command = subprocess.Popen([sys.executable, *arguments], stdin=stdin, env=environ)
    while True:
        pid, status = os.wait()
        if pid == command.pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def end_with_caller():
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: enter.py FILE [ARGUMENT…] | -m MODULE [ARGUMENT…] | -c CODE")
    sys.exit((init if os.environ.get(MARK) == "init" else enter)(sys.argv[1:]))
