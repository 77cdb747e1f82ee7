#!/bin/sh
# Stands for OpenWrt's /lib/functions.sh: the options of the configuration are variables option_NAME.
# shellcheck shell=dash disable=SC2317

config_load() {
	[ "$1" = nametrack ]
}

config_get() {
	eval "$1=\${option_$3:-\$4}"
}

config_get_bool() {
	config_get "$@"
}
