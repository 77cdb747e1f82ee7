#!/bin/sh
# Puts the distribution's prometheus and promtool into build/bin. The package itself is not installed: it would start
# a server on this machine.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
bin=$top/build/bin

[ ! -x "$bin/promtool" ] || [ ! -x "$bin/prometheus" ] || exit 0

echo "setup: unpacking the distribution's prometheus into build/bin"
work=$top/build/prometheus
rm -rf "$work"
mkdir -p "$work" "$bin"
# Outside of the checkout nothing may be readable for apt's own user: as root it is this one that downloads.
download() { (cd "$work" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download prometheus 2>"$work/apt.log"); }
download || {
	if [ "$(id -u)" = 0 ]; then apt-get -qq update; else sudo apt-get -qq update; fi
	download || { cat "$work/apt.log" >&2; exit 1; }
}
dpkg-deb -x "$work"/prometheus_*.deb "$work"
mv "$work/usr/bin/prometheus" "$work/usr/bin/promtool" "$bin"
rm -rf "$work"
