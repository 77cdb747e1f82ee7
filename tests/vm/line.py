"""A line to a machine, over which shell scripts go and what they wrote comes back: guest/requests is at the other end.

A request is `NUMBER SUM BASE64`, SUM the MD5 of the rest. The machine says `NUMBER taken`, carries it out and answers
`NUMBER SUM STATUS BASE64`. It says `lost` to a line that did not arrive whole. A request that is lost or not taken in
time is sent again, and so is one whose answer is lost: by its number the machine knows that it was carried out, and
answers again.
"""

import base64
import hashlib
import time

TAKEN = 10  # seconds until a request is sent again that the machine does not take
TIMES = 5  # a request is sent at most


class LineError(Exception):
    """What comes over the line is no answer; the text says what it is."""


class Line:
    """`wire`: a connected socket."""

    def __init__(self, wire):
        self.again = 0  # how often a request was sent again
        self._wire = wire
        self._number = 0
        self._came = b""

    def read(self, seconds):
        """The next line that the machine writes; None if none comes in time."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._came:
            self._wire.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                data = self._wire.recv(65536)
            except TimeoutError:
                return None
            if not data:
                raise LineError("the machine is gone")
            self._came += data
        line, _, self._came = self._came.partition(b"\n")
        return line.decode(errors="replace")

    def ask(self, script, seconds):
        """`(exit status, output)` of a shell script."""
        self._number += 1
        coded = base64.b64encode(script.encode()).decode()
        # the newline ends what may have come of a request whose own end was lost
        request = f"\n{self._number} {_sum(f'{self._number} {coded}')} {coded}\n".encode()
        deadline = time.monotonic() + seconds
        for sent in range(TIMES):
            self.again += sent > 0
            self._wire.sendall(request)
            said = self._answer(deadline)
            if said is not None:
                return said
            if time.monotonic() > deadline:
                raise LineError(f"no answer in {seconds} s")
        raise LineError(f"not whole though sent {TIMES} times")

    def _answer(self, deadline):
        """`(exit status, output)`; None if the request is to be sent again, or the time is over."""
        until = min(deadline, time.monotonic() + TAKEN)
        while True:
            line = self.read(until - time.monotonic())
            if line is None or not line.partition(" ")[0].isdigit():
                return None
            number, checked, *rest = line.split(" ", 2)
            if int(number) != self._number:
                continue  # to a request that was given up, or is answered a second time
            if not rest:
                until = deadline  # it is taken
            elif _sum(f"{number} {rest[0]}") != checked:
                return None
            else:
                status, _, output = rest[0].partition(" ")
                return int(status), base64.b64decode(output).decode(errors="replace")


def _sum(text):
    return hashlib.md5(text.encode() + b"\n", usedforsecurity=False).hexdigest()
