// A static multicast routing protocol in Go: forwards GROUP from one interface to another until
// its standard input ends. example UPSTREAM-INDEX DOWNSTREAM-INDEX GROUP, with
// MGM_FORWARDER=linux in the kernel.
//
// The callbacks of mgm.h have no argument that says whose they are: a program with several
// protocols exports functions for each.
package main

/*
#cgo pkg-config: rtm
#include <mgm.h>

DWORD goRpf(DWORD, DWORD, DWORD, DWORD, PDWORD, PDWORD, PDWORD, DWORD, PBYTE, PBYTE);
DWORD goCreation(DWORD, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD, PMGM_IF_ENTRY);

// Go cannot take the addresses of C functions with their types.
static DWORD register_protocol(DWORD id, DWORD component, HANDLE *protocol) {
    ROUTING_PROTOCOL_CONFIG config = {0};
    config.pfnRpfCallback = goRpf;
    config.pfnCreationAlertCallback = goCreation;
    return MgmRegisterMProtocol(&config, id, component, protocol);
}

static DWORD protocol_id(void) { return PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS1, 100); }
*/
import "C"

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"unsafe"
)

// Addresses are in network byte order: their bytes lie in memory as they are written.

func toNetwork(address netip.Addr) C.DWORD {
	bytes := address.As4()
	return *(*C.DWORD)(unsafe.Pointer(&bytes))
}

func fromNetwork(number C.DWORD) netip.Addr {
	return netip.AddrFrom4(*(*[4]byte)(unsafe.Pointer(&number)))
}

// guard ends a callback that panicked as one that did nothing: no panic may reach the manager.
func guard(callback string) {
	if what := recover(); what != nil {
		fmt.Fprintf(os.Stderr, "panic in the callback %s: %v\n", callback, what)
	}
}

//export goRpf
func goRpf(source, sourceMask, group, groupMask C.DWORD, inIf, inNextHop, upstream C.PDWORD,
	size C.DWORD, header, route C.PBYTE) C.DWORD {
	defer guard("rpf")
	fmt.Printf("rpf %v %v in %d\n", fromNetwork(source), fromNetwork(group), *inIf)
	return C.NO_ERROR
}

//export goCreation
func goCreation(source, sourceMask, group, groupMask, inIf, inNextHop, count C.DWORD,
	list C.PMGM_IF_ENTRY) C.DWORD {
	defer guard("creation")
	var out []C.DWORD
	for _, each := range unsafe.Slice(list, int(count)) {
		out = append(out, each.dwIfIndex)
	}
	fmt.Printf("creation %v %v out %v\n", fromNetwork(source), fromNetwork(group), out)
	return C.NO_ERROR
}

func check(what string, code C.DWORD) error {
	if code != C.NO_ERROR {
		return fmt.Errorf("%s: error %d", what, code)
	}
	return nil
}

func run(arguments []string) (err error) {
	if len(arguments) != 3 {
		return fmt.Errorf("usage: example UPSTREAM-INDEX DOWNSTREAM-INDEX GROUP")
	}
	var index [2]C.DWORD
	for i := range index {
		number, err := strconv.ParseUint(arguments[i], 10, 32)
		if err != nil {
			return err
		}
		index[i] = C.DWORD(number)
	}
	group, err := netip.ParseAddr(arguments[2])
	if err != nil || !group.Is4() {
		return fmt.Errorf("no IPv4 address: %s", arguments[2])
	}

	var protocol C.HANDLE
	if err := check("register", C.register_protocol(C.protocol_id(), 1, &protocol)); err != nil {
		return err
	}
	// The first error counts.
	ending := func(what string, code C.DWORD) {
		if failed := check(what, code); err == nil {
			err = failed
		}
	}
	defer func() { ending("deregister", C.MgmDeRegisterMProtocol(protocol)) }()
	for _, each := range index {
		each := each
		if err := check("take", C.MgmTakeInterfaceOwnership(protocol, each, 0)); err != nil {
			return err
		}
		defer func() { ending("release", C.MgmReleaseInterfaceOwnership(protocol, each, 0)) }()
	}
	code := C.MgmAddGroupMembershipEntry(protocol, 0, 0, toNetwork(group), 0xFFFFFFFF, index[1], 0,
		C.MGM_JOIN_STATE_FLAG)
	if err := check("join", code); err != nil {
		return err
	}
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
