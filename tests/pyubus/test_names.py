"""What `from pyubus import *` brings."""

import pyubus


def test_all_names_of_the_package_come_with_a_star():
    public = [name for name in dir(pyubus) if name[0].isupper() and not name.startswith("_")]
    assert sorted(pyubus.__all__) == sorted(public + ([] if "UbusClient" in public else ["UbusClient"]))
    for name in pyubus.__all__:
        assert getattr(pyubus, name) is not None, name


def test_a_star_can_be_imported():
    """MicroPython asks the package for __all__ since 1.26."""
    names = {}
    exec("from pyubus import *", names)
    assert names["UBUS_STATUS_OK"] == 0 and names["Connection"] is pyubus.Connection
