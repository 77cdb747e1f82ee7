#!/bin/sh
# What the feed's own CI runs instead of calling each program with --version: $1 the package's name, $2 its version.

[ "$1" = nametrack ] || [ "$1" = nametrack-python3 ] || exit 0
nametrack version | grep -F "nametrack $2 ("
