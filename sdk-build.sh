#!/bin/sh
# Builds the packages with OpenWrt's own SDK, in docker or podman or from a folder.
set -eu

cd "$(dirname "$0")"

usage() {
	cat <<-END
		usage: ./sdk-build.sh [OPTION…] [RELEASE…]

		Builds nametrack's packages with OpenWrt's SDK: an .ipk for the releases of opkg, an .apk for those of apk.
		RELEASE is one of 22.03, 23.05, 24.10, 25.12 and snapshot (default: all of them), or a version as 24.10.2.

		  --sdk DIR     use the SDK unpacked in DIR, and no container
		  --out DIR     where the packages go, in a folder for each release (default: build/sdk)
		  --dry-run     print the commands and run none
		  --help        this text

		CONTAINER=podman chooses the program that runs containers; by default docker, else podman.
	END
}

fail() {
	echo "sdk-build.sh: $1" >&2
	exit "${2:-1}"
}

run() {
	if [ "$dry" ]; then echo "$1"; else sh -c "$1"; fi
}

# The version whose image stands for the release $1.
version() {
	case $1 in
	22.03) echo 22.03.7 ;;
	23.05) echo 23.05.6 ;;
	24.10) echo 24.10.6 ;;
	25.12) echo 25.12.5 ;;
	snapshot) echo SNAPSHOT ;;
	[1-9][0-9].[0-9][0-9].[0-9] | [1-9][0-9].[0-9][0-9].[0-9][0-9] | [1-9][0-9].[0-9][0-9].*-rc[0-9]) echo "$1" ;;
	*) return 1 ;;
	esac
}

sdk='' out=$PWD/build/sdk dry='' releases=''
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help)
		usage
		exit 0
		;;
	--dry-run) dry=1 ;;
	--sdk | --out)
		[ $# -gt 1 ] || fail "$1 needs a folder; try: ./sdk-build.sh --help" 2
		if [ "$1" = --sdk ]; then sdk=$2; else out=$(mkdir -p "$2" && cd "$2" && pwd); fi
		shift
		;;
	-*) fail "'$1' is no option; try: ./sdk-build.sh --help" 2 ;;
	*)
		version "$1" >/dev/null || fail "'$1' is no release of OpenWrt's; try: ./sdk-build.sh --help" 2
		releases="$releases $1"
		;;
	esac
	shift
done

sources="tar -cf - LICENSE agent files luci-app openwrt scripts"

if [ "$sdk" ]; then
	[ -z "$releases" ] || fail "--sdk builds with the SDK it names: leave out$releases" 2
	[ -x "$sdk/scripts/feeds" ] || fail "$sdk is no SDK: it has no scripts/feeds. Unpack a release's \
openwrt-sdk-….tar.zst and name its folder"
	sdk=$(cd "$sdk" && pwd)
	builds=${sdk##*/}
else
	container=${CONTAINER:-$(command -v docker || command -v podman || :)}
	container=${container##*/}
	if [ -z "$container" ] && [ "$dry" ]; then container=docker; fi
	[ "$container" ] || fail "neither docker nor podman is installed. Install one, or unpack an SDK and name it: \
./sdk-build.sh --sdk DIR. Packages without any SDK: make ipk"
	[ "$dry" ] || "$container" info >/dev/null 2>&1 ||
		fail "$container is installed but does not answer: start its service, or see whether you may use it ($container info)"
	builds=${releases:-22.03 23.05 24.10 25.12 snapshot}
fi

for build in $builds; do
	folder=$out/$build
	run "mkdir -p '$folder' && rm -f '$folder'/*.ipk '$folder'/*.apk"
	if [ "$sdk" ]; then
		run "rm -rf '$out/sources' && mkdir -p '$out/sources' && $sources | tar -xf - -C '$out/sources'"
		command="(cd '$sdk' && sh '$out/sources/scripts/in-sdk.sh' '$out/sources')"
	else
		inside="mkdir /tmp/nametrack && tar -xf - -C /tmp/nametrack && sh /tmp/nametrack/scripts/in-sdk.sh /tmp/nametrack"
		command="$sources | $container run --rm -i openwrt/sdk:x86-64-$(version "$build") sh -c '$inside'"
	fi
	# The folder stays empty if it fails, and the log says why.
	run "$command 2>'$folder/build.log' | tar -xf - -C '$folder' 2>/dev/null" || :
	[ "$dry" ] && continue
	built=
	for package in "$folder"/*.ipk "$folder"/*.apk; do
		[ -f "$package" ] || continue
		built=1
		printf '%8d bytes  %s\n' "$(wc -c <"$package")" "$(sha256sum "$package")"
	done
	[ "$built" ] || fail "$build built no package. The end of $folder/build.log:
$(tail -n 20 "$folder/build.log")"
done
