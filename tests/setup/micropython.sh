#!/bin/sh
# Makes build/bin/micropython a working interpreter.
#
# Debian 13+ and Ubuntu 24.04+ package MicroPython: then the wrapper only names it. Debian 12 does not; there the
# package of a later Debian is unpacked, with the C library it was built against, below build/micropython/. Nothing
# is installed on the system for that, and apt's own keyring verifies what is fetched.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
bin=$top/build/bin/micropython
mkdir -p "$top/build/bin"

works() { [ "$("$1" -c 'import sys; print(sys.implementation.name)' 2>/dev/null)" = micropython ]; }

if works "$bin"; then
	exit 0
fi

# A wrapper, not a link: what follows a link with readlink must not end up outside the checkout.
wrap() { printf '#!/bin/sh\nexec %s "$@"\n' "$1" >"$bin.new"; chmod 755 "$bin.new"; mv "$bin.new" "$bin"; }

if system=$(command -v micropython) && works "$system"; then
	wrap "$system"
	exit 0
fi

echo "setup: unpacking Debian 13's micropython into build/micropython (this release has no package of it)"
work=$top/build/micropython
rm -rf "$work"
mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/debs" "$work/root"

# The mirror that this machine already uses: the first line of its sources that serves Debian.
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -E '/debian/?$' | head -n 1 || true)
: "${mirror:=http://deb.debian.org/debian}"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] $mirror trixie main" >"$work/sources.list"

cat >"$work/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
Dir::State "$work";
Dir::State::lists "$work/lists";
Dir::State::status "/dev/null";
Dir::Cache "$work";
Dir::Cache::archives "$work/archives";
APT::Sandbox::User "root";
APT::Get::List-Cleanup "false";
Acquire::Languages "none";
CONF

export APT_CONFIG="$work/apt.conf"
apt-get -qq update
depends=$(apt-cache depends --important --recurse --no-suggests --no-conflicts --no-breaks --no-replaces \
	--no-enhances --no-recommends micropython | grep -E '^[a-z0-9]' | sort -u)
# shellcheck disable=SC2086
(cd "$work/debs" && apt-get -qq download $depends)
for deb in "$work"/debs/*.deb; do
	dpkg-deb -x "$deb" "$work/root"
done
rm -rf "$work/lists" "$work/archives" "$work/debs"

loader=$(find "$work/root" -name 'ld-linux-*.so.*' -o -name 'ld64.so.*' | head -n 1)
libraries=$(find "$work/root" -name 'libffi.so.*' | head -n 1)
libc=$(find "$work/root" -name 'libc.so.6' | head -n 1)
wrap "'$loader' --library-path '$(dirname "$libraries"):$(dirname "$libc")' '$work/root/usr/bin/micropython'"

if ! works "$bin"; then
	echo "setup: $bin does not run; see $work" >&2
	exit 1
fi
