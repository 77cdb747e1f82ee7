# nametrack: development. On a router it is a package: see openwrt/.

SHELL := /bin/sh
PYTHON := build/venv/bin/python
SHELL_FILES := $(shell grep -rlI --exclude=*.py --exclude=Makefile '^\#!/bin/sh' .ci files openwrt scripts sdk-build.sh tests/files tests/setup) tests/vm/guest/init tests/vm/guest/requests

SLOW := lab kernel router vm machines soak bench

.DEFAULT_GOAL := help
.PHONY: help run test check lint unit everything lab lab-waking lab-cpython vm machines fuzz mutants soak bench words hundred screenshots test-router setup clean \
	ipk apk deb feed-check release bump-major bump-minor

help: ## print these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

run: setup ## the main job on real input: two houses, a staging server and their DNS, in under a minute
	@$(PYTHON) tests/lab/demo.py

test: check lab ## what every change must pass: the agent, the kernel's sets, the lab, the pages; 20 minutes

everything: test lab-cpython vm machines ## that, all of the lab under CPython too, real kernels, other machines: an hour

check: lint unit ## the fast part of the tests: some minutes, no root, no network namespaces

lint: setup
	@$(PYTHON) -m ruff check --quiet .
	@$(PYTHON) -m ruff format --quiet --diff .
	@shellcheck $(SHELL_FILES)

unit: setup
	@$(PYTHON) -m pytest -q -n auto --dist loadfile -m 'not browser' $(SLOW:%=--ignore tests/%) tests

# The tools of the kernel's sets in namespaces of their own, then the agent: in five labs at once, for one mostly waits,
# and beside them the page that wakes up. The other pages come last and alone: their tests measure. Under CPython goes
# what machines other than routers do.
LABS := lab-1 lab-2 lab-3 lab-4 lab-5
UNDER_CPYTHON := test_agent_endpoint test_agent_sets test_agent_routes test_agent_wg_quick

lab: setup
	@$(PYTHON) -m pytest -q tests/kernel
	@shared=$$(mktemp -d) && trap 'rm -rf "$$shared"' EXIT && \
		SHARED=$$shared $(MAKE) --no-print-directory --output-sync -j 6 $(LABS) lab-waking
	@$(PYTHON) tests/lab/enter.py -m pytest -q --ignore tests/luci/test_waking.py tests/luci

lab-waking:
	@$(PYTHON) tests/lab/enter.py -m pytest -q tests/luci/test_waking.py

.PHONY: $(LABS)
$(LABS):
	@$(PYTHON) tests/lab/enter.py -m pytest -q -k 'not cpython $(UNDER_CPYTHON:%=or %)' tests/lab

lab-cpython: setup ## the whole of the lab under CPython
	@$(PYTHON) tests/lab/enter.py -m pytest -q -k cpython tests/lab

vm: setup ## the agent on real kernels, from the oldest to the newest of Debian's archive, under qemu
	@tests/setup/vm.sh
	@$(PYTHON) -m pytest -q tests/vm

machines: setup ## the unit tests on 32-bit ARM, on a big-endian machine, and under CPython 3.7 to 3.14
	@tests/setup/machines.sh
	@$(PYTHON) -m pytest -q tests/machines

FUZZ ?= 1000000

fuzz: setup ## FUZZ= cases for each codec: guided by coverage under CPython, a tenth mutated under MicroPython; an hour
	@$(PYTHON) -m pip -q --disable-pip-version-check install -r tests/fuzz/requirements.txt
	@for codec in $$(sed -n 's/^    "\([a-z_]*\)": (.*_samples, read_.*/\1/p' tests/wire/codecs_of_wire.py); do \
		$(PYTHON) tests/fuzz/guided.py $$codec $(FUZZ) 2>build/fuzz-$$codec.log || exit 1; \
		build/bin/micropython -X heapsize=32M $(CURDIR)/tests/fuzz/mutated.py $$codec $$(($(FUZZ) / 10)) || exit 1; \
	done
	@FUZZ=$(FUZZ) $(PYTHON) -m pytest -q tests/pyubus/test_fuzz.py

MUTANTS ?= 200
SEED ?= 1

mutants: setup ## MUTANTS= random one-line changes of core and wire, of SEED=: prints those that no test notices; half an hour
	@$(PYTHON) tests/mutants/mutants.py $(MUTANTS) $(SEED)

soak: setup ## a thousand kills, a hundred acts and the largest sets under each interpreter, a simulated month, and the kernels between the oldest and the newest
	@SOAK=1000 $(PYTHON) tests/lab/enter.py -m pytest -q -s tests/lab/test_agent_faults.py -k killed
	@ACTS=100 $(PYTHON) tests/lab/enter.py -m pytest -q tests/lab/test_agent_random_acts.py
	@LARGE=1 $(PYTHON) tests/lab/enter.py -m pytest -q -s tests/lab/test_large_sets.py
	@DAYS=31 $(PYTHON) -m pytest -q -s tests/core/test_month.py tests/core/routes/test_month_of_routes.py
	@SEEDS=20 $(PYTHON) -m pytest -q tests/core/test_invariants.py
	@tests/setup/vm.sh
	@KERNELS="bookworm trixie" $(PYTHON) -m pytest -q tests/vm

bench: setup ## the races against what people use, written into docs/benchmarks.md: half an hour
	@tests/setup/install.sh adnshost:adns-tools
	@$(PYTHON) tests/bench/bench.py

words: setup ## collect the strings of the LuCI pages, and say which are not translated; a release needs all
	@$(PYTHON) tests/luci/words.py

hundred: setup ## a hundred routers and one name that moves for all of them: minutes; writes the plot of docs/many-routers.md
	@$(PYTHON) tests/lab/hundred.py

screenshots: ## the pictures of the documentation, of what the tests of the pages saw last
	@for picture in docs/images/*.png; do cp "build/screenshots/$${picture##*/}" "$$picture" || exit 1; done

test-router: setup ## the life of PACKAGE= on a router that ROUTER= names: docker:IMAGE, ssh:USER@HOST, dir:FOLDER
	@$(PYTHON) -m pytest -q -x tests/router

setup: ## install what the others need, and only what is missing
	@tests/setup/setup.sh

# Neither needs what `make setup` installs.
ipk: ## the packages for opkg, in build/packages
	@python3 scripts/pack.py ipk

apk: ## the packages for apk, likewise; APK= names an apk of version 3
	@python3 scripts/pack.py apk

deb: ## the package for Debian, Ubuntu and Raspberry Pi OS, in build/packages
	@python3 scripts/deb.py

feed-check: ## the packages as OpenWrt's official feeds take them, in build/official, and which of their rules they break
	@python3 scripts/official.py

release: ## tag what is committed as a release, with its packages, sums and feed index in build/release
	@python3 scripts/release.py release

bump-major: ## the next release is x+1.0.0
	@python3 scripts/release.py major

bump-minor: ## the next release is x.y+1.0
	@python3 scripts/release.py minor

clean: ## remove what was built or installed in build/
	@rm -rf build
