"""The bytes of a connection: what comes in becomes messages, what goes out waits until it is sent."""

from .message import HEADERS, UBUS_MAX_MSGLEN, UBUS_MSG_DATA, UBUS_MSG_STATUS, decode, size_of
from .status import UBUS_STATUS_NO_MEMORY, UbusError

OUTPUT_LIMIT = UBUS_MAX_MSGLEN  # bytes that wait for ubusd to read them; as many as it keeps for us
PART = 8192  # bytes, or some more, that are sent at once: a large message is nowhere in one piece


class Input:
    """Cuts what ubusd sends into messages, however it comes in pieces.

    The room for a message is taken once, when its size is known: pieces that grow, or wait side by side, leave a small
    heap without a place as large as the message.
    """

    def __init__(self):
        self._data = bytearray()
        self._end = 0  # bytes of it that have come; room for the rest of a message follows

    def messages(self, data):
        """Takes bytes, and gives `(message, size)` of each Message that they complete. UbusError for garbage."""
        self._data[self._end : self._end + len(data)] = data
        self._end += len(data)
        at = size = 0
        while self._end - at >= HEADERS:
            size = size_of(self._data, at)
            if size > self._end - at:
                break
            message = self._decoded(at)
            if message is not None:
                yield message, size
            at += size
            size = 0
        if at or size > len(self._data):
            rest = self._data[at : self._end]
            self._data = bytearray(max(size, len(rest)))
            self._data[: len(rest)] = rest
            self._end = len(rest)

    def held(self):
        """The bytes of a message that is not complete yet: int."""
        return self._end

    def _decoded(self, at):
        try:
            return decode(self._data, at)[0]
        except UbusError:
            # ubusd hands on answers without looking into them: such bytes are another client's, not its own
            if self._data[at + 1] not in (UBUS_MSG_STATUS, UBUS_MSG_DATA):
                raise
        return None


class Output:
    """Messages that wait to be sent."""

    def __init__(self):
        self._messages = []  # of each a list of bytes
        self._next = b""  # the part that is being sent
        self._sent = 0  # bytes of it
        self._size = 0  # bytes of all of them

    def waits(self):
        """Whether there is something to be sent: bool."""
        return self._size > 0

    def put(self, pieces):
        """Adds a message, a list of bytes. UbusError if too much waits already; then this one is left out."""
        size = sum([len(piece) for piece in pieces])
        if self._size and self._size + size > OUTPUT_LIMIT:
            raise UbusError(UBUS_STATUS_NO_MEMORY, "ubusd does not read: %d bytes wait for it" % self._size)
        self._messages.append(pieces)
        self._size += size

    def next(self):
        """The bytes to send next, if there are any."""
        if self._sent == len(self._next):
            pieces = self._messages[0]
            count = size = 0
            while count < len(pieces) and size < PART:
                size += len(pieces[count])
                count += 1
            self._next, self._sent = pieces[0] if count == 1 else b"".join(pieces[:count]), 0
            pieces[:count] = []
            if not pieces:
                self._messages.pop(0)
        return memoryview(self._next)[self._sent :]

    def sent(self, count):
        """So many of those bytes were sent."""
        self._size -= count
        self._sent += count
        if self._sent == len(self._next):
            self._next, self._sent = b"", 0
