# nametrack: development. On a router it is a package: see openwrt/.

SHELL := /bin/sh
PYTHON := build/venv/bin/python
SHELL_FILES := $(shell grep -rl --exclude=*.py --exclude=Makefile '^\#!/bin/sh' .ci files openwrt scripts sdk-build.sh tests/files tests/setup)

.DEFAULT_GOAL := help
.PHONY: help run test check lint unit lab lab-cpython lab-rest fuzz hundred screenshots test-router setup clean ipk apk release bump-major bump-minor

help: ## print these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

run: setup ## the main job on real input: two houses, a staging server and their DNS, in under a minute
	@$(PYTHON) tests/lab/demo.py

test: check lab ## every test

check: lint unit ## the fast part of the tests: a minute, no root, no network namespaces

lint: setup
	@$(PYTHON) -m ruff check --quiet .
	@$(PYTHON) -m ruff format --quiet --diff .
	@shellcheck $(SHELL_FILES)

unit: setup
	@$(PYTHON) -m pytest -q -n auto --dist loadfile -m 'not browser' --ignore tests/lab --ignore tests/kernel --ignore tests/router tests

# The tools of the kernel's sets in namespaces of their own, then the agent: in a lab for each interpreter, both at once,
# for it mostly waits there. The pages come last and alone: their tests measure.
lab: setup
	@$(PYTHON) -m pytest -q tests/kernel
	@$(MAKE) --no-print-directory --output-sync -j 2 lab-cpython lab-rest
	@$(PYTHON) tests/lab/enter.py -m pytest -q tests/luci

lab-cpython lab-rest:
	@$(PYTHON) tests/lab/enter.py -m pytest -q -k '$(if $(filter %-rest,$@),not )cpython' tests/lab

fuzz: setup ## a million messages that are none, to each interpreter: minutes
	@FUZZ=1000000 $(PYTHON) -m pytest -q tests/pyubus/test_fuzz.py

hundred: setup ## a hundred routers and one name that moves for all of them: minutes; writes the plot of docs/many-routers.md
	@$(PYTHON) tests/lab/hundred.py

screenshots: ## the pictures of the documentation, of what the tests of the pages saw last
	@for picture in docs/images/*.png; do cp "build/screenshots/$${picture##*/}" "$$picture" || exit 1; done

test-router: setup ## the life of the packages on a router that ROUTER= names: docker:IMAGE, ssh:USER@HOST, dir:FOLDER
	@$(PYTHON) -m pytest -q -x tests/router

setup: ## install what the others need, and only what is missing
	@tests/setup/setup.sh

# Neither needs what `make setup` installs.
ipk: ## the packages for opkg, in build/packages
	@python3 scripts/pack.py ipk

apk: ## the packages for apk, likewise; APK= names an apk of version 3
	@python3 scripts/pack.py apk

release: ## tag what is committed as a release, with its packages, sums and feed index in build/release
	@python3 scripts/release.py release

bump-major: ## the next release is x+1.0.0
	@python3 scripts/release.py major

bump-minor: ## the next release is x.y+1.0
	@python3 scripts/release.py minor

clean: ## remove what was built or installed in build/
	@rm -rf build
