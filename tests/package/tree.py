"""A copy of what the packages are made from."""

import pathlib
import re
import shutil

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
PARTS = ("LICENSE", "VERSION", "agent", "files", "luci-app", "openwrt", "scripts")

RECIPE = (TOP / "openwrt/nametrack/Makefile").read_text()
# What the recipe leaves out of agent/.
_WORDS = re.search(r"^NAMETRACK_ELSEWHERE:=((?:.*\\\n)*.*)", RECIPE, re.M)[1].replace("\\", "").split()
ELSEWHERE = {"nametrack/" + name for name in _WORDS}


def copy(folder):
    """Puts the copy into `folder`, which exists."""
    for name in PARTS:
        if (TOP / name).is_dir():
            shutil.copytree(TOP / name, folder / name, symlinks=True)
        else:
            shutil.copy(TOP / name, folder / name)
