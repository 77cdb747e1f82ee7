#!/bin/sh
# What the feed's own CI runs instead of calling each program with --version: $1 the package's name, $2 its version.

case $1 in nametrack | nametrack-mpy | nametrack-python3) ;; *) exit 0 ;; esac
nametrack version | grep -F "nametrack $2 ("
