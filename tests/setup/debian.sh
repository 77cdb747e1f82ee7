#!/bin/sh
# debian.sh RELEASE ARCHITECTURE FOLDER DEPENDENCIES PACKAGE…
#
# Unpacks packages of any release of Debian, for any machine, below FOLDER, with those of their dependencies whose
# names match the extended regular expression DEPENDENCIES. Nothing is installed on the system for that, and apt's own
# keyring verifies what is fetched. Where FOLDER holds them already, of whatever release,
# nothing is done.
set -eu

release=$1 architecture=$2 folder=$3 dependencies=$4
shift 4
told="$architecture $dependencies $*"

[ "$(cat "$folder/unpacked" 2>/dev/null)" = "$told" ] && exit 0

echo "setup: unpacking $* of Debian $release for $architecture into ${folder#"$PWD/"}"
rm -rf "$folder"
mkdir -p "$folder/root"
folder=$(cd "$folder" && pwd)
work=$folder/apt
mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/debs"

# The mirror that this machine already uses: the first line of its sources that serves Debian.
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -E '/debian/?$' | head -n 1 || true)
: "${mirror:=http://deb.debian.org/debian}"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring arch=$architecture] $mirror $release main" >"$work/sources.list"

cat >"$work/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
Dir::State "$work";
Dir::State::lists "$work/lists";
Dir::State::status "/dev/null";
Dir::Cache "$work";
Dir::Cache::archives "$work/archives";
APT::Architecture "$architecture";
APT::Architectures "$architecture";
APT::Sandbox::User "root";
APT::Get::List-Cleanup "false";
Acquire::Languages "none";
CONF

export APT_CONFIG="$work/apt.conf"
apt-get -qq update
depends=$(apt-cache depends --important --recurse --no-suggests --no-conflicts --no-breaks --no-replaces \
	--no-enhances --no-recommends "$@" | grep -E '^[a-z0-9]' | sed 's/:.*//' | grep -E "$dependencies" | sort -u || true)
# shellcheck disable=SC2046,SC2086
(cd "$work/debs" && apt-get -qq download $(printf '%s\n' "$@" $depends | sort -u))
for deb in "$work"/debs/*.deb; do
	dpkg-deb -x "$deb" "$folder/root"
done
# /bin, /lib and so on are links into /usr, which a package of later Debians takes for granted.
for name in bin sbin lib lib64; do
	[ -e "$folder/root/$name" ] || ln -s "usr/$name" "$folder/root/$name"
done
rm -rf "$work"
echo "$told" >"$folder/unpacked"
