#!/bin/sh
# Gets what the virtual machines of tests/vm are made of: qemu, Debian's cloud kernels from the oldest to the newest
# that its archive offers, and the programs that run on them. Nothing of it is needed by `make check`.
set -eu

cd "$(dirname "$0")/../.."
tests/setup/install.sh qemu-system-x86_64:qemu-system-x86

# A release that has left the archive is told by what is missing: the tests on its kernel are skipped then.
for release in bullseye bookworm trixie sid; do
	tests/setup/debian.sh "$release" amd64 "build/vm/$release" \
		'^linux-(image|binary|modules)-.*-cloud-' linux-image-cloud-amd64 ||
		echo "setup: no kernel of Debian $release" >&2
done
tests/setup/debian.sh trixie amd64 build/vm/programs '^(lib|ip|zlib)' \
	busybox-static ipset iproute2 micropython nftables wireguard-tools
