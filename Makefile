# The commands to know:
#   make demo     build, and show multicast forwarding at work in three namespaces
#   make check    every test, the random and exhaustive ones shortened
#   make check-full  all of it at length, with sanitizers, valgrind and mutants
#   make bench    every benchmark, written to docs/performance.md
# BUILD and CARGO_TARGET_DIR choose where things are built.

SHELL = /bin/bash
BUILD ?= build
TARGET = $(or $(CARGO_TARGET_DIR),target)
CARGO ?= cargo
export LOCKED = $(if $(wildcard Cargo.lock),--locked)
CC = gcc
CFLAGS = -std=c11 -O2 -g -Wall -Wextra -Wpedantic -Werror

LIBRARY = $(TARGET)/release/librtm.so
DOOR = $(TARGET)/debug/examples/librust_door.so
# Programs are linked with -lrtm and find librtm.so.1, the library's SONAME, here.
LIB = $(BUILD)/lib
BIN = $(BUILD)/bin
DEMO = $(BUILD)/demo
PROTOCOLS = c-tests/protocols
HEADERS = include/mgm.h include/mgmhost.h

.PHONY: all demo check check-full ctest headers docs bench clean lib tools door
.PHONY: deps-demo deps-check deps-bench

all: lib tools

# cargo knows best what is out of date. It leaves out link-time optimization wherever it
# makes an rlib too, as `cargo build` does.
lib:
	$(CARGO) rustc --release --lib --crate-type cdylib,staticlib $(LOCKED)
	mkdir -p $(LIB)
	ln -sfn $(abspath $(LIBRARY)) $(LIB)/librtm.so.1
	ln -sfn librtm.so.1 $(LIB)/librtm.so

deps-demo:
	scripts/deps.sh demo

deps-check:
	scripts/deps.sh check

deps-bench:
	scripts/deps.sh bench

demo: deps-demo lib
	$(MAKE) --no-print-directory $(addprefix $(DEMO)/,demo_router static_protocol mcast_send mcast_recv)
	c-tests/demo/demo.sh $(DEMO)

LINK = -L$(LIB) -lrtm -lpthread -Wl,-rpath,$(abspath $(LIB))

# The commands of an installation.
tools: lib
	$(MAKE) --no-print-directory $(BIN)/mgm-diagnose

$(BIN)/mgm-diagnose: tools/mgm_diagnose.c $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Iinclude $< -o $@ $(LINK)

$(DEMO)/demo_router: c-tests/demo/demo_router.c $(PROTOCOLS)/static_protocol.c $(PROTOCOLS)/igmp_stub.c \
		$(PROTOCOLS)/protocol.c $(wildcard $(PROTOCOLS)/*.h) $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Iinclude $(filter %.c,$^) -o $@ $(LINK)

$(DEMO)/static_protocol: $(PROTOCOLS)/static_main.c $(PROTOCOLS)/static_protocol.c \
		$(PROTOCOLS)/protocol.c $(wildcard $(PROTOCOLS)/*.h) $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Iinclude $(filter %.c,$^) -o $@ $(LINK)

$(DEMO)/mcast_%: c-tests/netns/mcast_%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $< -o $@

# What each job found, in a line or some; each job adds its own, and scripts/job.sh those
# that failed.
export SUMMARY = $(abspath $(BUILD))/summary.txt
QUICK = rust-tests ctest interleavings asan
LONG = rust-tests ctest asan interleavings tsan valgrind mutants
JOBS = $(MAKE) --no-print-directory --keep-going
SUMMARY_NEW = @mkdir -p $(BUILD) && : >$(SUMMARY)
SUMMARY_SHOW = echo "== The numbers of all jobs:" && cat $(SUMMARY) && exit $$failed

# Two jobs at a time: much of a build is one thread. A job that fails stops no other.
check: deps-check
	$(SUMMARY_NEW)
	@failed=0; $(JOBS) --jobs=2 --output-sync=target $(QUICK:%=quick-%) || failed=1; $(SUMMARY_SHOW)

# Everything at length. Those that need packages of their own are skipped without them.
check-full: deps-check
	-scripts/deps.sh full
	$(SUMMARY_NEW)
	@failed=0; $(JOBS) --jobs=2 --output-sync=target $(QUICK:%=quick-%) || failed=1; \
		$(JOBS) $(LONG:%=long-%) || failed=1; $(SUMMARY_SHOW)

.PHONY: rust-tests interleavings asan tsan valgrind mutants $(QUICK:%=quick-%) $(LONG:%=long-%)

$(QUICK:%=quick-%): quick-%:
	@+scripts/job.sh $* $(MAKE) --no-print-directory $*

$(LONG:%=long-%): export MGM_TEST_LONG = 1
$(filter-out long-rust-tests,$(LONG:%=long-%)): long-%:
	@+scripts/job.sh "$*, long" $(MAKE) --no-print-directory $*

long-rust-tests:
	@scripts/job.sh "rust-tests, long" scripts/rust_tests.sh --release

rust-tests:
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets $(LOCKED) -- -D warnings
	scripts/rust_tests.sh

asan interleavings:
	scripts/$@.sh

# 77: the machine lacks something; the script said what.
tsan valgrind:
	@scripts/$@.sh || { code=$$?; [ $$code = 77 ] && echo "$@: skipped" | tee -a $(SUMMARY) || exit $$code; }

# For each mutant the short tests: thousands of runs.
mutants:
	@env -u MGM_TEST_LONG scripts/mutants.sh

# The C tests' second door, on the Rust API; built as `cargo test` builds it.
door:
	$(CARGO) build --example rust_door $(LOCKED)

# The C side alone. CTEST_FLAGS=-R name runs some of it.
ctest: lib door
	cmake -S c-tests -B $(BUILD)/c-tests -DMGM_LIBRARY=$(abspath $(LIBRARY)) -DMGM_RUST_DOOR=$(abspath $(DOOR))
	cmake --build $(BUILD)/c-tests --parallel
	scripts/c_tests.sh $(BUILD)/c-tests $(CTEST_FLAGS)
	$(if $(CTEST_FLAGS),,@set -o pipefail; \
		cmake --build $(BUILD)/c-tests --target conformance | tee $(BUILD)/conformance.log)
	$(if $(CTEST_FLAGS),,@sed -n '/^conformance:/p' $(BUILD)/conformance.log >>$(SUMMARY))

# Writes include/*.h from the Rust sources, and docs/man from those.
headers:
	MGM_UPDATE_HEADERS=1 $(CARGO) build
	MGM_UPDATE_MAN=1 $(CARGO) test --quiet --test man_pages

# The reference for C programs as HTML, in build/doxygen/html.
docs:
	scripts/docs.sh

# Half an hour and more, on a machine that does nothing else.
bench: deps-bench lib
	scripts/bench.sh

clean:
	$(CARGO) clean
	rm -rf $(BUILD)
