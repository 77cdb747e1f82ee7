"""Runs the stand-in for ubusd: `python tests/bus -s SOCKET [-A FOLDER]`, as ubusd itself is run."""

import argparse
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS.parent / "agent"), str(TESTS)]

from bus.server import Server  # noqa: E402

parser = argparse.ArgumentParser(prog="bus", description="A stand-in for ubusd.")
parser.add_argument("-s", metavar="SOCKET", required=True, help="the Unix socket to listen on")
parser.add_argument(
    "-A", metavar="FOLDER", help="the files of the access control; without it only root is allowed anything"
)
options = parser.parse_args()
try:
    Server(options.s, options.A).run()
except KeyboardInterrupt:
    pass
