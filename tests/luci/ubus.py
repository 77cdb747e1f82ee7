"""The bus as rpcd sees it: one call at a time, over a connection of its own."""

from luci.uci import Status
from pyubus import UBUS_STATUS_NOT_FOUND, UbusClient, UbusError


class Ubus:
    """`path` is ubusd's socket. A bus that is away is one without any object."""

    def __init__(self, path):
        self.path = str(path)

    def call(self, name, method, arguments):
        """The answer, a dict; LookupError: no such object; Status: another ubus status."""
        try:
            with UbusClient(self.path, timeout=10) as client:
                return client.call(name, method, arguments)
        except UbusError as error:
            if error.code == UBUS_STATUS_NOT_FOUND:
                raise LookupError(name)
            raise Status(error.code)
