# nametrack: development. On a router it is a package: see openwrt/.

SHELL := /bin/sh
PYTHON := build/venv/bin/python
SHELL_FILES := files/usr/sbin/nametrack sdk-build.sh .ci/run $(wildcard tests/setup/*.sh)

.DEFAULT_GOAL := help
.PHONY: help run test check lint unit lab fuzz setup clean

help: ## print these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: setup ## the main job on real input: two houses, a staging server and their DNS, in under a minute
	@$(PYTHON) tests/lab/demo.py

test: check lab ## every test

check: lint unit ## the fast part of the tests: seconds, no root, no network namespaces

lint: setup
	@$(PYTHON) -m ruff check --quiet .
	@$(PYTHON) -m ruff format --quiet --diff .
	@shellcheck $(SHELL_FILES)

unit: setup
	@$(PYTHON) -m pytest -q -m 'not browser' --ignore tests/lab --ignore tests/kernel tests

# The tools of the kernel's sets in namespaces of their own, then the agent in the lab, then the pages before it.
lab: setup
	@$(PYTHON) -m pytest -q tests/kernel
	@$(PYTHON) tests/lab/enter.py -m pytest -q tests/lab
	@$(PYTHON) tests/lab/enter.py -m pytest -q tests/luci

fuzz: setup ## a million messages that are none, to each interpreter: minutes
	@FUZZ=1000000 $(PYTHON) -m pytest -q tests/pyubus/test_fuzz.py

setup: ## install what the others need, and only what is missing
	@tests/setup/setup.sh

clean: ## remove what was built or installed in build/
	@rm -rf build
