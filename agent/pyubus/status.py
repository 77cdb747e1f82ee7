"""What a request on the bus ends with: UBUS_STATUS_* of ubusmsg.h, and the one error that pyubus raises."""

UBUS_STATUS_OK = 0
UBUS_STATUS_INVALID_COMMAND = 1
UBUS_STATUS_INVALID_ARGUMENT = 2
UBUS_STATUS_METHOD_NOT_FOUND = 3
UBUS_STATUS_NOT_FOUND = 4
UBUS_STATUS_NO_DATA = 5
UBUS_STATUS_PERMISSION_DENIED = 6
UBUS_STATUS_TIMEOUT = 7
UBUS_STATUS_NOT_SUPPORTED = 8
UBUS_STATUS_UNKNOWN_ERROR = 9
UBUS_STATUS_CONNECTION_FAILED = 10
UBUS_STATUS_NO_MEMORY = 11
UBUS_STATUS_PARSE_ERROR = 12
UBUS_STATUS_SYSTEM_ERROR = 13

_WORDS = (
    "success",
    "invalid command",
    "invalid argument",
    "method not found",
    "not found",
    "no response",
    "permission denied",
    "timed out",
    "not supported",
    "unknown error",
    "connection failed",
    "out of memory",
    "malformed data",
    "system error",
)


class UbusError(Exception):
    """Something on the bus failed; str() is one line for people.

    `code`: int, a UBUS_STATUS_* (another client may send others).
    """

    def __init__(self, code, text=None):
        super().__init__(text or status_text(code))
        self.code = code


def status_text(code):
    """A few words for a UBUS_STATUS_*: str."""
    return _WORDS[code] if 0 <= code < len(_WORDS) else "status %d" % code
