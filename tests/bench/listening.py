"""What a change of a large nft set costs while a program listens to nftables: `listening.py`, as root.

65,536 elements are added and flushed by nft with no listener, and with one socket in the multicast group of nftables,
as `nft monitor` has one; the last line is JSON: seconds, and by how many MiB the kernel's own memory (Slab) grew.
"""

import json
import pathlib
import socket
import subprocess
import tempfile
import threading
import time

COUNT = 65536
SOL_NETLINK, ADD_MEMBERSHIP, NETFILTER, NFTABLES_GROUP = 270, 1, 12, 7
SET = "add table inet bench; delete table inet bench; add table inet bench; add set inet bench big { type ipv4_addr; }"


def slab():
    lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Slab:")) / 1024


def measured(before, *command):
    """`(seconds, MiB)` of an nft command; before: the MiB at the beginning of all, for what is freed is freed later."""
    most, ended = [0], threading.Event()

    def watch():
        while not ended.wait(0.002):
            most[0] = max(most[0], slab())

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.monotonic()
    subprocess.run(["nft", *command], check=True)
    took = time.monotonic() - began
    ended.set()
    watcher.join()
    return round(took, 3), round(max(0, most[0] - before))


def main():
    elements = ", ".join(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}" for i in range(COUNT))
    found, before = {}, slab()
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(f"add element inet bench big {{ {elements} }}\n")
        file.flush()
        for listens in (False, True):
            subprocess.run(["nft", SET], check=True)
            listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETFILTER)
            if listens:
                listener.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, NFTABLES_GROUP)
            who = "a listener" if listens else "none"
            found[f"add, {who}"] = measured(before, "-f", file.name)
            found[f"flush, {who}"] = measured(before, "flush", "set", "inet", "bench", "big")
            listener.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
