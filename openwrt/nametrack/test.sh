#!/bin/sh
# What the feed's own CI runs on a router image with the package installed: $1 its name, $2 its version.

case $1 in nametrack | nametrack-mpy | nametrack-python3) ;; *) exit 0 ;; esac
nametrack --help | grep -F "run --once"
