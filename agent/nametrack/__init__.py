"""Keeps WireGuard endpoints and policy-routing sets equal to what DNS says now."""

VERSION = "0.2.0"  # the file VERSION holds the same; a test compares them
NAME = "nametrack"  # of the object on the bus
PROTOCOL = 190  # on every rule, nexthop and route of ours: what tells them from those of others
