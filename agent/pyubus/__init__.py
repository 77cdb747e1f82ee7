"""A ubus client in plain Python, for MicroPython and CPython: no C extension, nothing beside the interpreter."""
