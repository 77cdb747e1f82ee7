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
# promtool is a package of its own from Debian 13 on. Outside of the checkout nothing may be readable for apt's own user:
# as root it is this one that downloads.
download() (
	cd "$work" || exit
	packages=prometheus
	if apt-cache show promtool >/dev/null 2>&1; then packages="$packages promtool"; fi
	# shellcheck disable=SC2086
	apt-get -qq -o APT::Sandbox::User="$(id -un)" download $packages 2>"$work/apt.log"
)
download || {
	if [ "$(id -u)" = 0 ]; then apt-get -qq update; else sudo apt-get -qq update; fi
	download || { cat "$work/apt.log" >&2; exit 1; }
}
for deb in "$work"/*.deb; do
	dpkg-deb -x "$deb" "$work"
done
mv "$work/usr/bin/prometheus" "$work/usr/bin/promtool" "$bin"
rm -rf "$work"
