"""The object `test`, served by pyubus under either interpreter: `service.py SOCKET`. It prints what happens to it."""

import sys

from pyubus import (
    BLOBMSG_TYPE_ARRAY,
    BLOBMSG_TYPE_BOOL,
    BLOBMSG_TYPE_DOUBLE,
    BLOBMSG_TYPE_INT32,
    BLOBMSG_TYPE_INT64,
    BLOBMSG_TYPE_STRING,
    BLOBMSG_TYPE_TABLE,
    UBUS_STATUS_CONNECTION_FAILED,
    UBUS_STATUS_INVALID_ARGUMENT,
    UbusClient,
    UbusError,
)

ECHO = {
    "s": BLOBMSG_TYPE_STRING,
    "i": BLOBMSG_TYPE_INT32,
    "b": BLOBMSG_TYPE_BOOL,
    "l": BLOBMSG_TYPE_INT64,
    "d": BLOBMSG_TYPE_DOUBLE,
    "a": BLOBMSG_TYPE_ARRAY,
    "t": BLOBMSG_TYPE_TABLE,
}


class Service:
    """What each method of the object does."""

    def __init__(self, bus):
        self.bus = bus
        self.deferred = []  # Handlers, in the order of their calls
        methods = {
            "echo": {"method": self.echo, "signature": ECHO},
            "fail": {"method": self.fail, "signature": {"code": BLOBMSG_TYPE_INT32}},
            "who": {"method": lambda handler, data: handler.reply({"user": handler.user, "group": handler.group})},
        }
        for name in "nodata multi crash refuse defer waiting release never notify ask event".split(" "):
            methods[name] = {"method": getattr(self, name)}
        bus.add("test", methods)
        print("ready")

    def echo(self, handler, data):
        handler.reply(data)

    def nodata(self, handler, data):
        return 0

    def multi(self, handler, data):
        for n in range(3):
            handler.reply({"n": n})

    def fail(self, handler, data):
        return data.get("code", UBUS_STATUS_INVALID_ARGUMENT)

    def crash(self, handler, data):
        raise ValueError("as it was asked to")

    def refuse(self, handler, data):
        self.bus.call("nosuch", "method")

    def defer(self, handler, data):
        handler.defer()
        self.deferred.append((handler, data))

    def waiting(self, handler, data):
        handler.reply({"count": len(self.deferred)})

    def release(self, handler, data):
        """The last to come is answered first."""
        while self.deferred:
            waiting, asked = self.deferred.pop()
            waiting.reply(asked)
            waiting.finish()

    def never(self, handler, data):
        print("never")
        handler.defer()

    def notify(self, handler, data):
        self.bus.notify("test", "tick", data)

    def ask(self, handler, data):
        answers = self.bus.ask_subscribers("test", "may", data)
        handler.reply({"answers": sorted([answer.status for answer in answers])})

    def event(self, handler, data):
        self.bus.send("test.event", data)


def main(path):
    bus = UbusClient(path, 20)
    bus.connect()
    Service(bus)
    while True:
        try:
            bus.loop()
        except ValueError as error:
            print("failed:", error)
        except UbusError as error:
            if error.code != UBUS_STATUS_CONNECTION_FAILED:
                raise
            print("lost:", error)
            reconnect(bus)


def reconnect(bus):
    """Tries until ubusd is back; a program for a router would wait longer each time."""
    import time

    while True:
        try:
            bus.connect()
            break
        except UbusError:
            time.sleep(0.05)
    print("back")


if __name__ == "__main__":
    main(sys.argv[1])
