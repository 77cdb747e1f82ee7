#!/bin/sh
# Builds the packages with OpenWrt's SDK. The feed that it will build, openwrt/, holds no package yet.
set -eu

case ${1:-} in
-h | --help)
	echo "usage: ./sdk-build.sh [RELEASE…]   builds nametrack's packages with OpenWrt's SDK"
	exit 0
	;;
esac
echo "sdk-build.sh: there is no package in openwrt/ to build yet; see openwrt/README.md" >&2
exit 1
