#!/bin/sh
# Installs what `make run`, `make check` and `make test` need on Debian 12 or 13 and Ubuntu 24.04 or later: packages
# by apt (through sudo when not root), Python tools into build/venv, MicroPython into build/bin. It prints what it
# installs and skips what is there.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
mkdir -p build

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# command to look for:package that brings it
wanted="python3:python3 nft:nftables ipset:ipset wireguard-go:wireguard-go wg:wireguard-tools dnsmasq:dnsmasq-base
ip:iproute2 ping:iputils-ping unshare:util-linux shellcheck:shellcheck busybox:busybox xgettext:gettext
lua5.1:lua5.1"

# shellcheck disable=SC1091
. /etc/os-release
# Ubuntu has Chromium as a snap only, which knows no namespaces: there the tests of the pages are skipped.
[ "$ID" = ubuntu ] || wanted="$wanted chromium:chromium chromedriver:chromium-driver"

missing=
for pair in $wanted; do
	PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
# Debian's python3 comes without the module that makes virtual environments.
python3 -c 'import venv, ensurepip' 2>/dev/null || missing="$missing python3-venv"
# Chromium draws no text without a font.
[ "$ID" = ubuntu ] || [ -d /usr/share/fonts/truetype/dejavu ] || missing="$missing fonts-dejavu-core"
# MicroPython is packaged from Debian 13 and Ubuntu 24.04 on; tests/setup/micropython.sh does the rest.
if ! command -v micropython >/dev/null && [ ! -x build/bin/micropython ]; then
	case "$ID-$VERSION_ID" in
	debian-12) ;;
	*) missing="$missing micropython" ;;
	esac
fi
# Debian 12's archive key verifies the package of MicroPython that is taken from Debian 13.
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || [ ! -e /etc/debian_version ] || grep -q ubuntu /etc/os-release ||
	missing="$missing debian-archive-keyring"

if [ -n "$missing" ]; then
	echo "setup: installing with apt:$missing"
	as_root apt-get -qq update
	# shellcheck disable=SC2086
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $missing >build/apt.log 2>&1 || {
		tail -n 20 build/apt.log >&2
		echo "setup: apt could not install:$missing (all of its output: build/apt.log)" >&2
		exit 1
	}
fi

if ! cmp -s tests/requirements.txt build/venv/installed.txt 2>/dev/null; then
	echo "setup: installing the Python tools of tests/requirements.txt into build/venv"
	[ -x build/venv/bin/python ] || python3 -m venv build/venv
	build/venv/bin/python -m pip -q --disable-pip-version-check install -r tests/requirements.txt
	cp tests/requirements.txt build/venv/installed.txt
fi

tests/setup/micropython.sh
tests/setup/prometheus.sh
