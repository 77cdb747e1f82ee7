"""A policy of 65,536 elements: `scale.py INTERPRETER addresses|ranges`, in a network namespace of its own.

Another program flushes the set: seconds that this takes beside the agent, and from its end until the set is full
again. Ten addresses are exchanged for ten others: seconds after DNS has told of them. For both, the processor time that
the agent takes. The same by plain `nft -f` from files that are there already; and the agent's peak resident memory. The
end is JSON.
"""

import functools
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TOP / folder) for folder in ("tests", "agent")]

from lab.agent import INTERPRETERS, LAUNCHER, options, policy, uci  # noqa: E402
from lab.authority import Authority, Zone  # noqa: E402
from lab.host import wait_for  # noqa: E402

COUNT, FILES = 65482, 4  # addresses in files; with ten that move and ten that come there is room for no more
STEP = 251  # the set is full if it has one address of so many: what is missing is missing in a row
PASSES = 5
SET = "inet bench big"
RANGES = "ranges" in sys.argv[2:]  # two addresses each, and two between any two
EMPTY = f"""add table inet bench
delete table inet bench
add table inet bench
add set inet bench big {{ type ipv4_addr; {"flags interval;" if RANGES else ""} }}
"""


def address(number):
    if RANGES and number < COUNT:
        return f"10.{number >> 14}.{number >> 6 & 255}.{number << 2 & 255}/31"
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def nft(text, folder=None):
    """Seconds that `nft -f` takes for a text, from a file."""
    path = pathlib.Path(tempfile.gettempdir()) / f"bench-{os.getpid()}.nft"
    path.write_text(text)
    began = time.monotonic()
    subprocess.run(["nft", "-f", path], check=True)
    took = time.monotonic() - began
    path.unlink()
    return took


def holds(addresses):
    found = subprocess.run(["nft", "get", "element", *SET.split(), f"{{ {addresses} }}"], capture_output=True)
    return found.returncode == 0


def is_full():
    sample = [address(i) for i in range(0, COUNT, STEP)]
    return all(holds(", ".join(sample[i::8])) for i in range(8))  # of more than 200 at once nft 1.0.6 dies


def processor(pid):
    """Seconds of processor time that a process has had, from the scheduler's own account."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def peak(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM:")))


def measured(interpreter, folder):
    zone = Zone("bench.test")
    hosts = [f"@{folder}/hosts{i}" for i in range(FILES)]
    for i in range(FILES):
        (folder / f"hosts{i}").write_text("\n".join(address(j) for j in range(i, COUNT, FILES)) + "\n")
    moving, first = "moving.bench.test", 1 << 20
    zone.set(moving, "A", [address(first + j) for j in range(10)], 1)
    authority = Authority(zone, [("127.0.0.1", "127.0.0.2")])
    (folder / "nametrack").write_text(
        uci(
            options(max_ttl=3600, retain=0),
            policy("big", [*hosts, moving], target="nftset", set4=SET, family="ipv4"),
        )
    )
    (folder / "network").write_text("")
    everything = ", ".join(address(i) for i in range(COUNT))
    ten = [", ".join(address(first + 100 * k + j) for j in range(10)) for k in range(2)]
    found = {
        name: [] for name in ("nft -f, refill", "nft -f, ten", "flush", "refill", "refill, cpu", "ten", "ten, cpu")
    }
    for _ in range(PASSES):
        nft(EMPTY)
        nft(f"add element {SET} {{ {everything} }}\n")
        nft(f"flush set {SET}\n")
        found["nft -f, refill"].append(nft(f"add element {SET} {{ {everything} }}\n"))
        nft(f"add element {SET} {{ {ten[0]} }}\n")
        found["nft -f, ten"].append(nft(f"delete element {SET} {{ {ten[0]} }}\nadd element {SET} {{ {ten[1]} }}\n"))
    nft(EMPTY)
    folders = ["--config-dir", folder, "--state-dir", folder, "--run-dir", folder / "run"]
    command = [LAUNCHER, "run", *folders, "--ubus", "none"]
    environment = {**os.environ, "NAMETRACK_LIB": str(TOP / "agent"), "NAMETRACK_PYTHON": INTERPRETERS[interpreter]}
    with open(folder / "log", "w") as log:
        agent = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        exchanged = lambda: (folder / "log").read_text().count(" 10 deleted:")  # noqa: E731
        tail = lambda: (folder / "log").read_text()[-2000:]  # noqa: E731
        filled = lambda: (folder / "log").read_text().count("added: brought up to date")  # noqa: E731
        wait_for(lambda: filled() and is_full() and holds(address(first)), 300, tail, every=0.5)
        for k in range(PASSES):
            next_first = first + 100 * (k + 1)
            time.sleep(1.5)
            told, cpu = filled(), processor(agent.pid)
            found["flush"].append(nft(f"flush set {SET}\n"))
            began = time.monotonic()
            # nft lists the whole set each time that it is asked about one address: the agent says when it has done
            wait_for(lambda told=told: filled() > told, 120, tail, every=0.01)
            found["refill"].append(time.monotonic() - began)
            found["refill, cpu"].append(processor(agent.pid) - cpu)
            wait_for(is_full, 0, tail)
            time.sleep(3)
            told, cpu, due = exchanged(), processor(agent.pid), time.monotonic()
            zone.set(moving, "A", [address(next_first + j) for j in range(10)], 1)
            wait_for(lambda told=told: exchanged() > told, 120, tail, every=0.005)
            now = time.monotonic()
            found["ten, cpu"].append(processor(agent.pid) - cpu)
            found["ten"].append(now - min(query.at for query in authority.asked(moving, "A") if query.at > due))
            wait_for(functools.partial(holds, address(next_first)), 0, tail)
        found["peak"] = [peak(agent.pid)]
    finally:
        agent.terminate()
        agent.wait()
    print((folder / "log").read_text()[-1500:], file=sys.stderr)
    return {name: statistics.median(values) for name, values in found.items()}


if __name__ == "__main__":
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    print(json.dumps(measured(sys.argv[1], pathlib.Path(tempfile.mkdtemp()))))
