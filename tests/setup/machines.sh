#!/bin/sh
# Gets what the tests of tests/machines run under: MicroPython for a 32-bit and for a big-endian machine with qemu to
# run them, and CPython as the releases of Debian have it. What cannot be had is said, and its tests are skipped.
set -eu

cd "$(dirname "$0")/../.."
tests/setup/install.sh qemu-s390x:qemu-user

for architecture in armhf s390x; do
	for release in trixie sid; do
		tests/setup/debian.sh "$release" "$architecture" "build/machines/$architecture" '^(lib|gcc)' micropython && break
	done || echo "setup: no MicroPython for $architecture" >&2
done
while read -r release python; do
	tests/setup/debian.sh "$release" "$(dpkg --print-architecture)" "build/machines/$python" '^(lib|zlib|python)' \
		"$python" || echo "setup: no $python of Debian $release" >&2
done <<PYTHONS
bullseye python3.9
trixie python3.13
sid python3.14
PYTHONS
