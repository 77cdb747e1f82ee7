#!/bin/sh
# Makes build/bin/micropython a working interpreter.
#
# Debian 13+ and Ubuntu 24.04+ package MicroPython: then the wrapper only names it. Debian 12 does not; there the
# package of a later Debian is unpacked, with the C library it was built against, below build/micropython/.
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

work=$top/build/micropython
cd "$top"
tests/setup/debian.sh trixie "$(dpkg --print-architecture)" "$work" . micropython

loader=$(find "$work/root" -name 'ld-linux-*.so.*' -o -name 'ld64.so.*' | head -n 1)
libraries=$(find "$work/root" -name 'libffi.so.*' | head -n 1)
libc=$(find "$work/root" -name 'libc.so.6' | head -n 1)
wrap "'$loader' --library-path '$(dirname "$libraries"):$(dirname "$libc")' '$work/root/usr/bin/micropython'"

if ! works "$bin"; then
	echo "setup: $bin does not run; see $work" >&2
	exit 1
fi
