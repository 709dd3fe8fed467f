# The commands to know:
#   make demo     build, and show multicast forwarding at work in three namespaces
#   make check    every test, the random and exhaustive ones shortened
#   make check-full  all of it at length, with sanitizers, valgrind, packages, bindings, Wine and mutants
#   make windows  rtm.dll and its import library, in build/windows
#   make check-windows  the tests of rtm.dll, run by Wine
#   make check-bindings  the library from C++, Rust, Python, Go and C#, once installed
#   make && sudo make install  into PREFIX (/usr/local)
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
HEADERS = include/mgm.h include/mgmhost.h include/mgm.hpp

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

# The commands of an installation: to be run here, and to be installed.
tools: lib
	$(MAKE) --no-print-directory $(BIN)/mgm-diagnose $(BUILD)/install/mgm-diagnose

# The installed one finds the library where the system looks for libraries.
$(BUILD)/install/mgm-diagnose: tools/mgm_diagnose.c $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(CPPFLAGS) -Iinclude $< -o $@ $(LDFLAGS) -L$(LIB) -lrtm

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

# Where things are installed. The headers go to the prefix's include, or the CMake package
# could not be moved with its tree; DESTDIR goes before all, for packages.
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/librtm
INCLUDEDIR = $(PREFIX)/include
INSTALL = install
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | sed -n 1p)
# Of the C interface: [package.metadata.capi.library].
SO_VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | sed -n 2p)
SO_FILE = librtm.so.$(SO_VERSION)
SONAME = librtm.so.$(firstword $(subst ., ,$(SO_VERSION)))
DOCS = README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE docs/behaviour.md docs/diagnosis.md docs/restart.md

.PHONY: install uninstall

# Builds nothing that is there already: as root there may be no cargo.
install:
	$(if $(wildcard $(BUILD)/install/mgm-diagnose),,$(MAKE) --no-print-directory tools)
	$(INSTALL) -d $(addprefix $(DESTDIR),$(LIBDIR)/pkgconfig $(LIBDIR)/cmake/MGM $(INCLUDEDIR) $(BINDIR) $(DOCDIR) \
		$(MANDIR)/man3 $(MANDIR)/man7 $(MANDIR)/man8)
	$(INSTALL) -m 755 $(LIBRARY) $(DESTDIR)$(LIBDIR)/$(SO_FILE)
	ln -sfn $(SO_FILE) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sfn $(SONAME) $(DESTDIR)$(LIBDIR)/librtm.so
	$(INSTALL) -m 644 $(LIBRARY:.so=.a) $(DESTDIR)$(LIBDIR)
	$(INSTALL) -m 644 $(HEADERS) $(DESTDIR)$(INCLUDEDIR)
	$(if $(wildcard include/compat/*.h),$(INSTALL) -d $(DESTDIR)$(INCLUDEDIR)/mgm/compat)
	$(if $(wildcard include/compat/*.h),$(INSTALL) -m 644 include/compat/*.h $(DESTDIR)$(INCLUDEDIR)/mgm/compat)
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(patsubst $(PREFIX)/%,$${prefix}/%,$(LIBDIR))|' \
		-e 's|@INCLUDEDIR@|$${prefix}/include|' -e 's|@VERSION@|$(VERSION)|' rtm.pc.in \
		>$(DESTDIR)$(LIBDIR)/pkgconfig/rtm.pc
	$(INSTALL) -m 644 cmake/installed/*.cmake $(DESTDIR)$(LIBDIR)/cmake/MGM
	$(INSTALL) -m 755 $(BUILD)/install/mgm-diagnose $(DESTDIR)$(BINDIR)
	$(INSTALL) -m 644 docs/man/*.3 $(DESTDIR)$(MANDIR)/man3
	$(INSTALL) -m 644 docs/man/*.7 $(DESTDIR)$(MANDIR)/man7
	$(INSTALL) -m 644 docs/man/*.8 $(DESTDIR)$(MANDIR)/man8
	$(INSTALL) -m 644 $(DOCS) $(DESTDIR)$(DOCDIR)

uninstall:
	rm -f $(addprefix $(DESTDIR)$(LIBDIR)/,$(SO_FILE) $(SONAME) librtm.so librtm.a pkgconfig/rtm.pc)
	rm -f $(addprefix $(DESTDIR)$(INCLUDEDIR)/,$(notdir $(HEADERS))) $(DESTDIR)$(BINDIR)/mgm-diagnose
	rm -f $(foreach section,3 7 8,$(addprefix $(DESTDIR)$(MANDIR)/man$(section)/,$(notdir $(wildcard docs/man/*.$(section)))))
	rm -rf $(DESTDIR)$(LIBDIR)/cmake/MGM $(DESTDIR)$(INCLUDEDIR)/mgm/compat $(DESTDIR)$(DOCDIR)
	rmdir $(DESTDIR)$(INCLUDEDIR)/mgm 2>/dev/null || true

# What each job found, in a line or some; each job adds its own, and scripts/job.sh those
# that failed.
export SUMMARY = $(abspath $(BUILD))/summary.txt
QUICK = rust-tests ctest interleavings asan
LONG = rust-tests ctest asan interleavings tsan valgrind check-packages check-bindings check-windows mutants
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

# Packages and what needs tools of its own: minutes.
check-packages: deps-check lib tools
	scripts/packages.sh

.PHONY: check-packages rust-tests interleavings asan tsan valgrind mutants $(QUICK:%=quick-%) $(LONG:%=long-%)

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

.PHONY: check-bindings
check-bindings: lib tools
	-@scripts/deps.sh bindings
	@scripts/bindings.sh || { code=$$?; [ $$code = 77 ] || exit $$code; }

# From Debian packages alone: scripts/deps.sh windows names them.
.PHONY: windows check-windows
windows:
	scripts/windows.sh

check-windows:
	@scripts/check_windows.sh || { code=$$?; [ $$code = 77 ] && echo "check-windows: skipped" | tee -a $(SUMMARY) || exit $$code; }

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
