# Needs Go, a C compiler, Python 3 with pip and venv, and make: each target
# brings what else it wants. `make` lists them.

PREFIX ?= /usr/local

# Folders without native code: these are tested without cgo and under the race
# detector. All others are linked with TensorFlow.
PURE := galaxyzoo imageproc run plots baseline internal scripts graph/tensorboard

# Tests that take minutes under the race detector and show it nothing that others
# do not: they compare pixels, bytes and votes, and start no goroutine or one that
# others start too. Regular expressions. And the folders of which none is started.
NO_RACES := Real Bombs AtScale Golden TheSameBytes TextHasItsPlace SurvivesYAML TestSymmetry \
	WarpAgrees TurnedImages ParquetDamaged SyntheticImages SyntheticIs Folds OpenLong \
	ListingMemory FITS TestRotate Flooding AtTheirLimits Gallery BeDrawn ^Example
NO_GOROUTINES := baseline graph/tensorboard

# What `make test-python` runs: NAME:ENVIRONMENT is scripts/check_NAME.py by the
# Python of scripts/requirements-ENVIRONMENT.txt. The longest come first. The other
# environments are what check_interop.py asks for besides.
PYTHON_CHECKS := interop:tensorflow bench:tensorflow parity:tensorflow \
	symmetry:tensorflow roi:opencv savedmodel:tensorflow \
	tensorboard:tensorflow examples:tensorflow-new baseline:sklearn
environments  := tensorflow opencv convert tensorflow-new runtimes sklearn

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

tensorflow := $(CURDIR)/.tensorflow
version     = $(if $(wildcard .git),$(shell git describe --tags --always --dirty 2>/dev/null))

# How cgo finds TensorFlow. The old kind of rpath serves the CUDA libraries too
# that TensorFlow opens itself, and the program loads TensorFlow when it is first
# needed: nothing is to be linked with it that calls none of it by its name. Only
# Linux has these choices. The inner quotes are for paths with spaces.
ifeq ($(shell uname -s),Linux)
linux_ldflags := -Wl,--disable-new-dtags -Wl,--as-needed
endif
CGO_CFLAGS  := -g -O2 '-I$(tensorflow)/include'
CGO_LDFLAGS := -g -O2 '-L$(tensorflow)/lib' $(linux_ldflags)
rpath       := '-Wl,-rpath,$(tensorflow)/lib'

# $(call cgo,FLAGS) runs what follows with TensorFlow and the linker's FLAGS.
cgo = CGO_ENABLED=1 CGO_CFLAGS="$(CGO_CFLAGS)" CGO_LDFLAGS="$(CGO_LDFLAGS) $(1)"

# The version is stamped by hand: Go's own stamp fails in a checkout that
# belongs to somebody else. $ORIGIN is the folder of the running binary.
build_flags = -buildvcs=false -ldflags "$(if $(version),-X main.version=$(version)) -extldflags '-Wl,-rpath,\$$ORIGIN/$(1)'"

race            = -race -skip '$(subst $() ,|,$(NO_RACES))'
packages_of     = $(addprefix ./,$(addsuffix /...,$(wildcard $(1))))
native_packages = $$(CGO_ENABLED=1 go list ./... | { grep -vE "^$$(go list -m)/($(subst $() ,|,$(PURE)))(/|$$)" || true; })

.PHONY: help
help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { gsub(/[$$]+/, "$$", $$2); printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## puts TensorFlow's C library into .tensorflow; GPU=1: with CUDA
	@scripts/install-tensorflow.sh $(if $(GPU),$(if $(filter 0,$(GPU)),--cpu,--gpu))

.PHONY: build
build: setup ## leaves bin/tfgalaxy
	@$(call cgo,$(rpath)) go build -o bin/tfgalaxy $(call build_flags,../.tensorflow/lib) ./cmd/tfgalaxy

.PHONY: demo
demo: build ## trains a small network on drawn galaxies, some minutes
	bin/tfgalaxy train --data synthetic:2000 --preset small --epochs 8 --warm-up 50

# A binary of its own, which knows only the library installed beside it. Both are
# made beside their place and renamed, so that a program at work keeps its own.
.PHONY: install
install: setup ## installs into PREFIX=/usr/local, with the library
	@dir="$(DESTDIR)$(PREFIX)"
	install -d "$$dir/bin" "$$dir/lib"
	trap 'rm -rf "$$dir/bin/.tfgalaxy.new" "$$dir/lib/.tfgalaxy.new"' EXIT
	$(cgo) go build -trimpath -o "$$dir/bin/.tfgalaxy.new" $(call build_flags,../lib/tfgalaxy/lib) ./cmd/tfgalaxy
	rm -rf "$$dir/lib/.tfgalaxy.new" "$$dir/lib/.tfgalaxy.old"
	install -d "$$dir/lib/.tfgalaxy.new"
	for part in lib nvidia licences; do
		if [ -e .tensorflow/$$part ]; then cp -RL .tensorflow/$$part "$$dir/lib/.tfgalaxy.new/"; fi
	done
	if [ -e "$$dir/lib/tfgalaxy" ]; then mv "$$dir/lib/tfgalaxy" "$$dir/lib/.tfgalaxy.old"; fi
	mv "$$dir/lib/.tfgalaxy.new" "$$dir/lib/tfgalaxy"
	mv "$$dir/bin/.tfgalaxy.new" "$$dir/bin/tfgalaxy"
	rm -rf "$$dir/lib/.tfgalaxy.old"
	echo "installed $$dir/bin/tfgalaxy"

.PHONY: uninstall
uninstall: ## removes what install put into PREFIX
	rm -rf "$(DESTDIR)$(PREFIX)/bin/tfgalaxy" "$(DESTDIR)$(PREFIX)/lib/tfgalaxy"

# Python's packages come over the network while the first tests compute; what is
# still missing, or failed, the checks in Python fetch and tell of themselves. Those
# of Go keep all cores busy; what follows does not, and is made two at a time. Each
# tells all that it has to say when it ends.
.PHONY: test
test: ## all of the tests below, but for test-long
	@set -m # the fetching is a group of its own, and ends with this
	for environment in $(environments); do
		scripts/python-env.sh "$$environment" || break
	done >/dev/null 2>&1 &
	trap "kill -- -$$! 2>/dev/null || true" EXIT
	$(MAKE) --no-print-directory -j1 test-style test-pure test-native
	$(MAKE) --no-print-directory -j2 --output-sync=target test-faults test-python

.PHONY: test-style
test-style: setup ## gofmt, go vet, the imports that the architecture allows, the modules
	@unformatted=$$(CGO_ENABLED=1 go list -f '{{.Dir}}' ./... | tr '\n' '\0' | xargs -0 gofmt -l)
	if [ -n "$$unformatted" ]; then printf 'not formatted by gofmt:\n%s\n' "$$unformatted" >&2; exit 1; fi
	scripts/check-imports.sh
	scripts/check-dependencies.sh
	python3 -m doctest scripts/scaling/model.py
	$(call cgo,$(rpath)) go vet ./...

# All is vetted above, so that go test need not.
.PHONY: test-pure
test-pure: ## packages without native code: without cgo, then for races
	CGO_ENABLED=0 go test -vet=off $(call packages_of,$(PURE))
	CGO_ENABLED=1 go test -vet=off $(race) $(call packages_of,$(filter-out $(NO_GOROUTINES),$(PURE)))

# -count=1: the library is outside of what Go's cache of test results looks at.
# Those that work on several images or requests at once are tested for races too.
.PHONY: test-native
test-native: setup ## packages with TensorFlow, and the commands' scenarios
	@packages="$(native_packages)"
	if [ -n "$$packages" ]; then $(call cgo,$(rpath)) go test -vet=off -count=1 $$packages; fi
	$(call cgo,$(rpath)) go test -vet=off $(race) -count=1 ./infer ./serve

python_checks := $(foreach check,$(PYTHON_CHECKS),check-$(firstword $(subst :, ,$(check))))

.PHONY: test-python
test-python: $(python_checks) ## comparisons with other programs, in Python

# All images, masks and steps are for test-long.
check-roi: arguments := --every 5 --masks 4000
check-parity: arguments := --steps 10 --between 20

# They run make themselves, which is to know nothing of this one.
.PHONY: $(python_checks)
$(python_checks): check-%: build
	@environment=$(patsubst $*:%,%,$(filter $*:%,$(PYTHON_CHECKS)))
	scripts/python-env.sh "$$environment"
	echo "scripts/check_$*.py"
	MAKEFLAGS= .venv/"$$environment"/bin/python "scripts/check_$*.py" $(arguments)

# The attacks have no native code; the program that they are made on has.
.PHONY: test-faults
test-faults: build ## kills the program, fills its disk, damages its files, a minute
	@CGO_ENABLED=0 go build -o bin/faults ./scripts/faults
	bin/faults

.PHONY: test-long
test-long: build ## the same hundreds of times, long runs, large inputs and fuzzing, two hours
	@CGO_ENABLED=0 go build -o bin/faults ./scripts/faults
	bin/faults --long
	CGO_ENABLED=0 TFGALAXY_LONG=1 go test -count=1 -timeout 1h -v -run Scale ./galaxyzoo ./imageproc
	python3 scripts/check_roi.py
	python3 scripts/check_parity.py
	$(call cgo,$(rpath)) scripts/fuzz.sh 100000

.PHONY: bench
bench: build ## compares speed and memory with others and the machine, half an hour
	@python3 scripts/bench --out bench.json

.PHONY: env
env: ## prints what go wants outside of make: eval "$$(make -s env)"
	@printf 'export %s=%q\n' CGO_CFLAGS "$(CGO_CFLAGS)" CGO_LDFLAGS "$(CGO_LDFLAGS) $(rpath)"

.PHONY: clean
clean: ## removes what build made
	rm -rf bin

.PHONY: distclean
distclean: clean ## removes TensorFlow and the Python environments too
	rm -rf .tensorflow .venv
