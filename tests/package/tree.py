"""A copy of what the packages are made from."""

import pathlib
import shutil

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
PARTS = ("LICENSE", "VERSION", "agent", "files", "luci-app", "openwrt", "scripts")


def copy(folder):
    """Puts the copy into `folder`, which exists."""
    for name in PARTS:
        if (TOP / name).is_dir():
            shutil.copytree(TOP / name, folder / name, symlinks=True)
        else:
            shutil.copy(TOP / name, folder / name)
