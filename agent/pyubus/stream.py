"""The bytes of a connection: what comes in becomes messages, what goes out waits until it is sent."""

from .message import UBUS_MAX_MSGLEN, UBUS_MSG_DATA, UBUS_MSG_STATUS, decode, size_of
from .status import UBUS_STATUS_NO_MEMORY, UbusError

OUTPUT_LIMIT = UBUS_MAX_MSGLEN  # bytes that wait for ubusd to read them; as many as it keeps for us


class Input:
    """Cuts what ubusd sends into messages, however it comes in pieces."""

    def __init__(self):
        self._data = bytearray()

    def messages(self, data):
        """Takes bytes, and gives `(message, size)` of each Message that they complete. UbusError for garbage."""
        self._data += data
        at = 0
        while True:
            size = size_of(self._data, at)
            if size is None or size > len(self._data) - at:
                break
            message = self._decoded(at)
            if message is not None:
                yield message, size
            at += size
        self._data[:at] = b""

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
        self._messages = []  # bytes of each
        self._sent = 0  # bytes of the first of them
        self._size = 0  # bytes of all of them

    def waits(self):
        """Whether there is something to be sent: bool."""
        return bool(self._messages)

    def put(self, data):
        """Adds the bytes of a message. UbusError where too much waits already; then this one is left out."""
        if self._messages and self._size + len(data) > OUTPUT_LIMIT:
            raise UbusError(UBUS_STATUS_NO_MEMORY, "ubusd does not read: %d bytes wait for it" % self._size)
        self._messages.append(data)
        self._size += len(data)

    def next(self):
        """The bytes to send next, if there are any."""
        return memoryview(self._messages[0])[self._sent :]

    def sent(self, count):
        """So many of those bytes were sent."""
        self._size -= count
        self._sent += count
        if self._sent == len(self._messages[0]):
            self._messages.pop(0)
            self._sent = 0
