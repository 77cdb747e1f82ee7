#!/bin/sh
# What the feed's own CI runs on a router image with the package installed: $1 its name, $2 its version.

[ "$1" = nametrack ] || [ "$1" = nametrack-python3 ] || exit 0
nametrack --help | grep -F "run --once"
