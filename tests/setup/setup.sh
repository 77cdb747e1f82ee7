#!/bin/sh
# Installs what `make run`, `make check` and `make test` need on Debian 12 or 13 and Ubuntu 24.04 or later: packages
# by apt (through sudo when not root), Python tools into build/venv, MicroPython into build/bin. It prints what it
# installs and skips what is there.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
mkdir -p build

# command to look for:package that brings it
wanted="python3:python3 nft:nftables ipset:ipset wireguard-go:wireguard-go wg:wireguard-tools dnsmasq:dnsmasq-base
ip:iproute2 ping:iputils-ping unshare:util-linux shellcheck:shellcheck busybox:busybox xgettext:gettext
lua5.1:lua5.1 faketime:faketime xz:xz-utils dig:bind9-dnsutils"

# shellcheck disable=SC1091
. /etc/os-release
# Ubuntu has Chromium as a snap only, which knows no namespaces: there the tests of the pages are skipped.
[ "$ID" = ubuntu ] || wanted="$wanted chromium:chromium chromedriver:chromium-driver"

# What is no command, and is looked for in another way.
# Debian's python3 comes without the module that makes virtual environments.
python3 -c 'import venv, ensurepip' 2>/dev/null || wanted="$wanted -:python3-venv"
# Chromium draws no text without a font.
[ "$ID" = ubuntu ] || [ -d /usr/share/fonts/truetype/dejavu ] || wanted="$wanted -:fonts-dejavu-core"
# The kernel's own headers, which the numbers in wire/ are held to.
[ -e /usr/include/linux/netlink.h ] || wanted="$wanted -:linux-libc-dev"
# MicroPython is packaged from Debian 13 and Ubuntu 24.04 on; tests/setup/micropython.sh does the rest.
case "$ID-$VERSION_ID" in
debian-12) ;;
*) [ -x build/bin/micropython ] || wanted="$wanted micropython:micropython" ;;
esac
# Debian's archive key verifies what is taken from its other releases.
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || wanted="$wanted -:debian-archive-keyring"

# shellcheck disable=SC2086
tests/setup/install.sh $wanted

if ! cmp -s tests/requirements.txt build/venv/installed.txt 2>/dev/null; then
	echo "setup: installing the Python tools of tests/requirements.txt into build/venv"
	[ -x build/venv/bin/python ] || python3 -m venv build/venv
	build/venv/bin/python -m pip -q --disable-pip-version-check install -r tests/requirements.txt
	cp tests/requirements.txt build/venv/installed.txt
fi

tests/setup/micropython.sh
tests/setup/prometheus.sh
