#!/bin/sh
# Builds the packages in OpenWrt's SDK, which is the current folder, from the sources in $1. A tar of them goes to
# standard output, everything else to standard error. ../sdk-build.sh runs it, in a container or in an SDK named to it.
set -eu

sources=$1
exec 3>&1 >&2

# The images of snapshots hold a script that fetches the SDK.
[ ! -f setup.sh ] || bash ./setup.sh

[ -e feeds.conf ] || cp feeds.conf.default feeds.conf
sed -i '/^src-cpy nametrack /d' feeds.conf
echo "src-cpy nametrack $sources" >>feeds.conf
./scripts/feeds update nametrack luci
./scripts/feeds install -p nametrack nametrack luci-app-nametrack nametrack-collectors
make defconfig
# The SDK of an apk release signs each package with a key of the builder's, and does not make one.
[ -e private-key.pem ] || openssl ecparam -name prime256v1 -genkey -noout -out private-key.pem

# The build of MicroPython brings the compiler for one of them. Where it has not been built, `make ipk` and `make apk`
# make that package; nothing else is compiled, so nothing of what the packages depend on needs to be built first.
compiler=$(echo staging_dir/target-*/host/lib/micropython/mpy-cross/build/mpy-cross)
if [ ! -e "$compiler" ]; then
	sed -i '/CONFIG_PACKAGE_nametrack-mpy\b/d' .config
	echo '# CONFIG_PACKAGE_nametrack-mpy is not set' >>.config
fi
rm -rf bin/packages/*/nametrack
# It brings po2lmo, which translations need.
[ ! -d "$sources/luci-app/po" ] || make package/feeds/luci/luci-base/host/compile NO_DEPS=1 V=s
for package in nametrack luci-app-nametrack nametrack-collectors; do
	make "package/$package/compile" NO_DEPS=1 V=s
done
tar -cf - -C bin/packages/*/nametrack . >&3
