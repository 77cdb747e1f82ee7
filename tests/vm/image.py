"""The initramfs of a virtual machine: busybox, the programs that the agent runs and is watched with, the agent itself.

An initramfs is a cpio archive in the form "newc" (Documentation/driver-api/early-userspace/buffer-format.rst), and
the kernel unpacks several that are put one behind the other: so the programs are packed once, the modules per kernel.
"""

import lzma
import pathlib
import re
import stat

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = TOP / "build/vm"
GUEST = pathlib.Path(__file__).resolve().parent / "guest"
PROGRAMS = ["busybox", "micropython", "nft", "ipset", "ip", "wg"]
# What is in no module of some kernel is built into it, or part of another one there.
MODULES = [
    "wireguard", "veth", "dummy", "nf_tables", "nft_ct", "nft_counter", "nf_conntrack", "ip_set", "ip_set_hash_ip",
    "ip_set_hash_net", "8021q",
]  # fmt: skip


class Archive:
    """A cpio archive in the making."""

    def __init__(self):
        self.pieces = []
        self.names = set()

    def add(self, name, mode, data=b""):
        """An entry; folders above it are made if there are none yet."""
        parent = name.rpartition("/")[0]
        if parent and parent not in self.names:
            self.add(parent, stat.S_IFDIR | 0o755)
        if name in self.names:
            return
        self.names.add(name)
        numbers = [len(self.names), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
        head = b"070701" + b"".join(b"%08X" % number for number in numbers) + name.encode() + b"\0"
        self.pieces += [head, bytes(-len(head) % 4), data, bytes(-len(data) % 4)]

    def file(self, name, path, mode=0o644):
        self.add(name, stat.S_IFREG | mode, pathlib.Path(path).read_bytes())

    def link(self, name, target):
        self.add(name, stat.S_IFLNK | 0o777, target.encode())

    def whole(self):
        self.add("TRAILER!!!", 0)
        return b"".join(self.pieces)


def programs():
    """The archive that every machine starts from."""
    archive = Archive()
    root = BUILD / "programs/root"
    for name in ("dev", "proc", "sys", "run", "tmp", "etc", "var"):
        archive.add(name, stat.S_IFDIR | 0o755)
    archive.link("var/run", "/run")
    for name in ("bin", "sbin", "lib", "lib64"):
        archive.link(name, f"usr/{name}")
    found = {path.name: path for folder in ("bin", "sbin") for path in (root / "usr" / folder).iterdir()}
    wanted = [found[name] for name in PROGRAMS]
    libraries = {path.name: path for path in root.glob("usr/lib/x86_64-linux-gnu/*.so*")}
    loader = libraries["ld-linux-x86-64.so.2"]
    archive.file("usr/lib64/ld-linux-x86-64.so.2", loader, 0o755)
    for path in wanted:
        archive.file(f"usr/bin/{path.name}", path, 0o755)
    seen = set()
    while wanted:
        for name in needed(wanted.pop()):
            if name in libraries and name not in seen:
                seen.add(name)
                wanted.append(libraries[name])
                archive.file(f"usr/lib/x86_64-linux-gnu/{name}", libraries[name], 0o755)
    for path in sorted(TOP.glob("agent/**/*.py")):
        archive.file(f"usr/lib/nametrack/{path.relative_to(TOP / 'agent')}", path)
    archive.file("usr/bin/nametrack", TOP / "files/usr/sbin/nametrack", 0o755)
    for path in (*sorted(GUEST.glob("*")), TOP / "tests/adapters/driver.py", TOP / "tests/dns_written.py"):
        archive.file("init" if path.name == "init" else f"usr/lib/guest/{path.name}", path, 0o755)
    return archive.whole()


def needed(path):
    """The names of libraries that a program or library may load, by its strings: more than it needs does no harm."""
    return sorted({name.decode() for name in re.findall(rb"lib[A-Za-z0-9_+-]+\.so(?:\.[0-9]+)*", path.read_bytes())})


def kernel(release):
    """`(path of the kernel, its version)` of a Debian release; None if it is not there."""
    for pattern in ("boot/vmlinuz-*", "usr/lib/modules/*/vmlinuz"):
        for path in (BUILD / release / "root").glob(pattern):
            version = path.parent.name if path.name == "vmlinuz" else path.name.partition("-")[2]
            return path, version
    return None


def modules(release, version):
    """The archive of the kernel's modules, and of the file `modules` that lists them in the order of loading."""
    root = BUILD / release / "root"
    paths = {}
    for path in (*root.glob(f"lib/modules/{version}/**/*.ko*"), *root.glob(f"usr/lib/modules/{version}/**/*.ko*")):
        paths[path.name.partition(".")[0].replace("-", "_")] = path
    archive, order = Archive(), []

    def load(name):
        if name in order or name not in paths:
            return
        data = paths[name].read_bytes()
        data = lzma.decompress(data) if paths[name].suffix == ".xz" else data
        for entry in re.findall(rb"\0(?:depends=|softdep=pre: )([^\0]*)", data):
            for needs in re.split("[, ]", entry.decode()):
                load(needs.replace("-", "_"))
        order.append(name)
        archive.add(f"modules/{name}.ko", stat.S_IFREG | 0o644, data)

    for name in MODULES:
        load(name)
    archive.add("modules/order", stat.S_IFREG | 0o644, "".join(f"{name}\n" for name in order).encode())
    return archive.whole()
