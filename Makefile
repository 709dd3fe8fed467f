# The two commands to know:
#   make demo     build, and show multicast forwarding at work in three namespaces
#   make check    every test
# BUILD and CARGO_TARGET_DIR choose where things are built.

BUILD ?= build
TARGET = $(or $(CARGO_TARGET_DIR),target)
CARGO ?= cargo
LOCKED = $(if $(wildcard Cargo.lock),--locked)
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

.PHONY: all demo check check-full ctest headers bench clean lib tools door deps-demo deps-check

all: lib tools

# cargo knows best what is out of date.
lib:
	$(CARGO) build --release $(LOCKED)
	mkdir -p $(LIB)
	ln -sfn $(abspath $(LIBRARY)) $(LIB)/librtm.so.1
	ln -sfn librtm.so.1 $(LIB)/librtm.so

deps-demo:
	scripts/deps.sh demo

deps-check:
	scripts/deps.sh check

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

check: deps-check
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets $(LOCKED) -- -D warnings
	$(CARGO) test $(LOCKED)
	$(MAKE) --no-print-directory ctest
	scripts/asan.sh
	scripts/interleavings.sh

# The C tests' second door, on the Rust API; built as `cargo test` builds it.
door:
	$(CARGO) build --example rust_door $(LOCKED)

# The C side alone. CTEST_FLAGS=-R name runs some of it.
ctest: lib door
	cmake -S c-tests -B $(BUILD)/c-tests -DMGM_LIBRARY=$(abspath $(LIBRARY)) -DMGM_RUST_DOOR=$(abspath $(DOOR))
	cmake --build $(BUILD)/c-tests --parallel
	cd $(BUILD)/c-tests && ctest --output-on-failure $(CTEST_FLAGS)
	$(if $(CTEST_FLAGS),,@cmake --build $(BUILD)/c-tests --target conformance)

# The long suites as well: what is marked as long in the Rust and C tests.
check-full: check
	MGM_TEST_LONG=1 $(CARGO) test --release $(LOCKED)
	cd $(BUILD)/c-tests && MGM_TEST_LONG=1 ctest --output-on-failure
	MGM_TEST_LONG=1 scripts/asan.sh
	MGM_TEST_LONG=1 scripts/interleavings.sh
	scripts/mutants.sh

# Writes include/*.h from the Rust sources.
headers:
	MGM_UPDATE_HEADERS=1 $(CARGO) build

bench:
	$(CARGO) bench $(LOCKED)

clean:
	$(CARGO) clean
	rm -rf $(BUILD)
