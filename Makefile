# nnlua: GNU make. `make help` lists the targets.

CC = gcc
PREFIX = /usr/local
DESTDIR =
BUILD = build
OPTIMISE = -O3
# More flags for compiling and linking, such as -Werror.
EXTRA =
# Empty: every command is shown in full.
Q = @
# Of `make bench`: names of workloads (none: all), rounds of each.
ONLY =
ROUNDS = 5

# == end of user settings; nothing below needs changing =====================

MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
ifeq ($(MULTIARCH),)
MULTIARCH := $(shell uname -m)-linux-gnu
endif
OPENBLAS = openblas-openmp

# OpenBLAS needs gcc's OpenMP runtime (clang's has been seen to stop it for
# good), for which clang makes no code: its kernels run on one thread.
ifneq ($(findstring clang,$(CC)),)
COMPILER = -Wno-pass-failed -Wno-source-uses-openmp -Wno-unused-variable \
  -idirafter $(shell gcc -print-file-name=include)
OPENMP = -fopenmp=libgomp
else
OPENMP = -fopenmp
# Static too, so that vm/patience.c runs before it.
RUNTIME = $(shell $(CC) -print-file-name=libgomp.a)
endif
# LAPACK is Fortran; its runtime belongs to gcc, whichever compiler links.
FORTRAN = $(wildcard $(foreach library,gfortran quadmath,\
  $(shell $(if $(findstring clang,$(CC)),gcc,$(CC)) \
  -print-file-name=lib$(library).a)))

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion $(COMPILER)
CFLAGS = -std=gnu11 -g $(OPTIMISE) $(WARN) $(OPENMP) -fno-math-errno \
  -fno-trapping-math -fwrapv $(EXTRA)
CPPFLAGS = -I. -isystem /usr/include/lua5.4 -isystem /usr/include/cairo \
  -isystem /usr/include/$(MULTIARCH)/$(OPENBLAS) -MMD -MP
LDFLAGS = $(OPENMP) -static-libgcc -Wl,--as-needed $(EXTRA)
# One file that can be copied to other machines: only the C library's parts
# stay dynamic (and, with clang, the OpenMP runtime); cairo is loaded when a
# plot is drawn (vm/cairo.c). The pthread build of OpenBLAS may be the system's
# default, so the OpenMP build is named by its path.
STATIC = /usr/lib/$(MULTIARCH)/liblapacke.a \
  /usr/lib/$(MULTIARCH)/$(OPENBLAS)/libopenblas.a $(FORTRAN) \
  -Wl,-Bstatic -llua5.4 -lpng16 -lz -ljansson -ledit -ltinfo -lbsd -lmd \
  -Wl,-Bdynamic
LIBS = $(STATIC) $(RUNTIME) $(if $(filter x86_64%,$(MULTIARCH)),-lmvec) -lm -ldl

objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)/*.c))
TENSOR := $(call objects,tensor)
NN := $(call objects,nn)
VM := $(call objects,vm) $(BUILD)/stdlib.o
STDLIB := $(shell find stdlib -name '*.lua' | LC_ALL=C sort)

# A suite for each folder tests/NAME with C files in it.
SUITES := $(foreach suite,tensor nn vm specs,\
  $(if $(wildcard tests/$(suite)/*.c),$(BUILD)/tests/$(suite)_suite))

C_FILES := $(wildcard tensor/*.[ch] nn/*.[ch] vm/*.[ch] tests/*/*.[ch])
LUA_FILES := $(STDLIB) $(shell find scripts tests man -name '*.lua')

PROGRAM = $(BUILD)/nnlua
INSTALL_DEPS = sh scripts/install-deps.sh
MAKEFLAGS += --no-print-directory

## The program, build/nnlua
all: $(PROGRAM)

$(PROGRAM): $(VM) $(NN) $(TENSOR)
	@echo "  $(CC) $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/%.o: %.c Makefile | $(BUILD)/.checked
	@mkdir -p $(@D)
	@echo "  $(CC) $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# Stops with the command that installs what is missing.
$(BUILD)/.checked: scripts/install-deps.sh
	@mkdir -p $(@D)
	@$(INSTALL_DEPS) --check build
	@touch $@

# The standard library as bytes with names; rewritten when the list changes.
$(BUILD)/stdlib.c: vm/embed.sh always
	@mkdir -p $(@D)
	@sh vm/embed.sh $(STDLIB) > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(BUILD)/stdlib.o: $(BUILD)/stdlib.c $(STDLIB) Makefile
	@echo "  $(CC) $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

## Installs what is missing, builds, and trains on Fashion-MNIST
demo:
	@$(INSTALL_DEPS) build data
	@$(MAKE) all
	$(PROGRAM) scripts/train_mnist.lua --dataset fashion --out $(BUILD)/demo

## Installs what is missing, builds, and runs every test
test:
	@$(INSTALL_DEPS) build data test
	@$(MAKE) run-tests

suites: $(SUITES)

run-tests: $(PROGRAM) $(SUITES)
	@$(MAKE) run-built

# Threads that wait must not take the cores from suites that run.
run-built:
	@status=0; for suite in $(SUITES); do echo "== $$suite"; \
	  NNLUA=$(abspath $(PROGRAM)) OMP_WAIT_POLICY=passive \
	  $$suite || status=1; done; exit $$status

$(BUILD)/tests/tensor_suite: $(call objects,tests/tensor) $(TENSOR)
$(BUILD)/tests/nn_suite: $(call objects,tests/nn) $(NN) $(TENSOR)
$(BUILD)/tests/vm_suite: $(call objects,tests/vm)
$(BUILD)/tests/specs_suite: $(call objects,tests/specs)
$(BUILD)/tests/leak_suite: $(call objects,tests/sanitize)
$(BUILD)/tests/%_suite:
	@echo "  $(CC) $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcriterion $(LIBS)

## The same tests under the address, undefined-behaviour and leak sanitizers
sanitize:
	@$(INSTALL_DEPS) build data test
	@MAKE="$(MAKE)" BUILD=$(BUILD)/sanitize sh tests/sanitize/run.sh

## Every operation and file format against NumPy and PyTorch
parity:
	@$(INSTALL_DEPS) build parity
	@$(MAKE) all
	@mkdir -p $(BUILD)/parity
	$(PROGRAM) tests/parity/run.lua $(BUILD)/parity
	@/usr/bin/python3 tests/parity/check.py $(BUILD)/parity
	$(PROGRAM) tests/parity/layers.lua $(BUILD)/parity
	@/usr/bin/python3 tests/parity/layers.py $(BUILD)/parity
	$(PROGRAM) tests/parity/losses.lua $(BUILD)/parity
	@/usr/bin/python3 tests/parity/losses.py $(BUILD)/parity
	$(PROGRAM) tests/parity/optimisers.lua $(BUILD)/parity
	@/usr/bin/python3 tests/parity/optimisers.py $(BUILD)/parity
	@/usr/bin/python3 tests/parity/files.py make $(BUILD)/parity
	$(PROGRAM) tests/parity/files.lua $(BUILD)/parity
	@/usr/bin/python3 tests/parity/files.py check $(BUILD)/parity
	$(PROGRAM) tests/parity/tensorboard.lua $(BUILD)/parity
	@/usr/bin/python3 tests/parity/tensorboard.py $(BUILD)/parity

## Times beside PyTorch's; ONLY="mlp_epoch ..." picks, ROUNDS=5
bench:
	@$(INSTALL_DEPS) build parity
	@$(MAKE) all
	@ROUNDS=$(ROUNDS) /usr/bin/python3 tests/bench/run.py $(PROGRAM) $(ONLY)

## Manual pages, into build/man: man/*.1 and those made of the help texts
man: $(PROGRAM)
	@mkdir -p $(BUILD)/man
	cp man/*.[1-9] $(BUILD)/man
	$(if $(wildcard man/generate.lua),$(PROGRAM) man/generate.lua $(BUILD)/man)

MANUAL = $(DESTDIR)$(PREFIX)/share/man

## The program and its manual, under DESTDIR and PREFIX
install: all man
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/nnlua
	@for page in $(BUILD)/man/*.[1-9]; do \
	  install -D -m 644 $$page \
	    $(MANUAL)/man$${page##*.}/$${page##*/} || exit 1; done

## Takes away what `install` put there
uninstall: man
	rm -f $(DESTDIR)$(PREFIX)/bin/nnlua
	@for page in $(BUILD)/man/*.[1-9]; do \
	  rm -f $(MANUAL)/man$${page##*.}/$${page##*/}; done

## Lays the C files out by .clang-format
format:
	clang-format -i $(C_FILES)

## Fails where the layout of a file is off
check-format:
	@clang-format --dry-run -Werror $(C_FILES)
	@! LC_ALL=C.UTF-8 grep -nP '^ *\t|\s$$|^.{101}' $(LUA_FILES) /dev/null

## Takes away everything that was built
clean:
	rm -rf $(BUILD)

## This list
help:
	@awk '/^## / { text = substr($$0, 4); next } \
	  text && /^[a-z-]+:/ { sub(/:.*/, ""); printf "  %-14s%s\n", $$0, text } \
	  { text = "" }' Makefile

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

.PHONY: all demo test suites run-tests run-built sanitize parity bench man \
  install uninstall format check-format clean help always
.DELETE_ON_ERROR:
