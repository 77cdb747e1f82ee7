#!/bin/sh
# install.sh COMMAND:PACKAGE… installs by apt, through sudo when not root, the packages whose commands are missing;
# `-` is a command that nobody has.
set -eu

cd "$(dirname "$0")/../.."
mkdir -p build

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

missing=
for pair in "$@"; do
	PATH=$PATH:/usr/sbin:/sbin command -v -- "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
[ -n "$missing" ] || exit 0

echo "setup: installing with apt:$missing"
as_root apt-get -qq update
# shellcheck disable=SC2086
as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $missing >build/apt.log 2>&1 || {
	tail -n 20 build/apt.log >&2
	echo "setup: apt could not install:$missing (all of its output: build/apt.log)" >&2
	exit 1
}
