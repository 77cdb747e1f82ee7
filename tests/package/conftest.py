"""The packages of this tree, built once and taken apart."""

import io
import tarfile

import pytest

import pack


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """{package: Ipk} of the whole feed."""
    out = tmp_path_factory.mktemp("out")
    return {ipk.control["Package"]: ipk for ipk in (Ipk(path) for path, _ in pack.build("ipk", out))}


class Ipk:
    """An .ipk taken apart: `files` and `scripts` {name: (content, mode)}, `control` {field: value}."""

    def __init__(self, path):
        self.path = path
        outer = members(tarfile.open(path))
        assert list(outer) == ["./debian-binary", "./data.tar.gz", "./control.tar.gz"]
        assert outer["./debian-binary"][0] == b"2.0\n"
        self.scripts = {name: m for name, m in opened(outer["./control.tar.gz"][0]).items() if m[0] is not None}
        data = opened(outer["./data.tar.gz"][0])
        self.folders = {name.rstrip("/"): mode for name, (content, mode) in data.items() if content is None}
        self.files = {name[1:]: member for name, member in data.items() if member[0] is not None}
        lines = self.scripts["./control"][0].decode().splitlines()
        self.control = dict(line.split(": ", 1) for line in lines if not line.startswith(" "))

    def script(self, name):
        return self.scripts["./" + name][0].decode()

    def unpack(self, root):
        for name, (content, mode) in self.files.items():
            path = root / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(mode)


def opened(data):
    return members(tarfile.open(fileobj=io.BytesIO(data)))


def members(tar):
    """{name: (content, None for a folder, mode)}, in order; everything must be root's."""
    found = {}
    for info in tar:
        assert (info.uid, info.gid) == (0, 0), info.name
        assert info.isdir() or info.isfile(), info.name
        found[info.name] = (tar.extractfile(info).read() if info.isfile() else None, info.mode)
    return found
