"""A ubus client in plain Python, for MicroPython and CPython: no C extension, nothing beside the interpreter.

    from pyubus import UbusClient

    with UbusClient() as bus:
        print(bus.call("system", "board")["model"])

UbusClient (client.py) blocks; Connection (connection.py) is for a poll loop of one's own.
"""
# ruff: noqa: F401

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from . import status, blob, blobmsg, message, signature, values, happenings, requests, pending, stream, protocol
from . import compat, connection

# isort: on
from .blobmsg import (
    BLOBMSG_TYPE_ARRAY,
    BLOBMSG_TYPE_BOOL,
    BLOBMSG_TYPE_DOUBLE,
    BLOBMSG_TYPE_INT8,
    BLOBMSG_TYPE_INT16,
    BLOBMSG_TYPE_INT32,
    BLOBMSG_TYPE_INT64,
    BLOBMSG_TYPE_STRING,
    BLOBMSG_TYPE_TABLE,
    BLOBMSG_TYPE_UNSPEC,
)
from .connection import Connection
from .status import (
    UBUS_STATUS_CONNECTION_FAILED,
    UBUS_STATUS_INVALID_ARGUMENT,
    UBUS_STATUS_INVALID_COMMAND,
    UBUS_STATUS_METHOD_NOT_FOUND,
    UBUS_STATUS_NO_DATA,
    UBUS_STATUS_NO_MEMORY,
    UBUS_STATUS_NOT_FOUND,
    UBUS_STATUS_NOT_SUPPORTED,
    UBUS_STATUS_OK,
    UBUS_STATUS_PARSE_ERROR,
    UBUS_STATUS_PERMISSION_DENIED,
    UBUS_STATUS_SYSTEM_ERROR,
    UBUS_STATUS_TIMEOUT,
    UBUS_STATUS_UNKNOWN_ERROR,
    UbusError,
)
from .values import Typed

# MicroPython takes notice of __all__ since 1.26, and asks __getattr__ for it if it is missing.
__all__ = (
    "BLOBMSG_TYPE_ARRAY",
    "BLOBMSG_TYPE_BOOL",
    "BLOBMSG_TYPE_DOUBLE",
    "BLOBMSG_TYPE_INT16",
    "BLOBMSG_TYPE_INT32",
    "BLOBMSG_TYPE_INT64",
    "BLOBMSG_TYPE_INT8",
    "BLOBMSG_TYPE_STRING",
    "BLOBMSG_TYPE_TABLE",
    "BLOBMSG_TYPE_UNSPEC",
    "Connection",
    "Typed",
    "UbusClient",
    "UBUS_STATUS_CONNECTION_FAILED",
    "UBUS_STATUS_INVALID_ARGUMENT",
    "UBUS_STATUS_INVALID_COMMAND",
    "UBUS_STATUS_METHOD_NOT_FOUND",
    "UBUS_STATUS_NOT_FOUND",
    "UBUS_STATUS_NOT_SUPPORTED",
    "UBUS_STATUS_NO_DATA",
    "UBUS_STATUS_NO_MEMORY",
    "UBUS_STATUS_OK",
    "UBUS_STATUS_PARSE_ERROR",
    "UBUS_STATUS_PERMISSION_DENIED",
    "UBUS_STATUS_SYSTEM_ERROR",
    "UBUS_STATUS_TIMEOUT",
    "UBUS_STATUS_UNKNOWN_ERROR",
    "UbusError",
)


def __getattr__(name):
    if name != "UbusClient":
        raise AttributeError(name)
    from .client import UbusClient  # not before: a program with its own poll loop does not need it

    return UbusClient
