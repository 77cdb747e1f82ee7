"""What ubusd keeps: clients, objects, types of objects, and the ids of all of them."""

import os

from pyubus.message import UBUS_SYSTEM_OBJECT_MAX


def random_id():
    return int.from_bytes(os.urandom(4), "big")


class Ids(dict):
    """id -> what has it. `draw`: function that proposes one."""

    def __init__(self, draw=random_id):
        super().__init__()
        self._draw = draw

    def put(self, thing):
        """Gives `thing` an id of its own."""
        thing.id = self._draw()
        while thing.id < UBUS_SYSTEM_OBJECT_MAX or thing.id in self:
            thing.id = self._draw()
        self[thing.id] = thing


class Client:
    """Somebody who is connected. `user`: access.User; `send`: function(message)."""

    def __init__(self, user, send):
        self.id = None
        self.user = user
        self.send = send
        self.objects = []  # the newest first: in this order they leave


class Type:
    """The methods of an object, and of others that were added with its number."""

    def __init__(self, signature):
        self.id = None
        self.signature = signature  # a table in its typed form
        self.uses = 0


class Object:
    """An object on the bus; without a path it is one for events or for notifications."""

    def __init__(self, client, path, kind):
        self.id = None
        self.client = client
        self.path = path
        self.type = kind  # Type, None for an object that no lookup finds
        self.subscribers = []  # Object, the newest first; twice, if it asked twice
        self.targets = []
        self._seq = 0

    def next_seq(self):
        """The seq of what ubusd itself tells it."""
        self._seq = (self._seq + 1) & 0xFFFF
        return self._seq
