"""What mgm.h and mgmhost.h declare, as far as the package uses it."""

from __future__ import annotations

import ctypes
import os
import sys
from ctypes import POINTER, Structure, c_char_p, c_int32, c_uint16, c_uint32, c_uint64, c_ubyte, c_void_p
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

NO_ERROR = 0
ERROR_NOT_ENOUGH_MEMORY = 8
ERROR_INVALID_PARAMETER = 87
ERROR_INSUFFICIENT_BUFFER = 122
ERROR_ALREADY_EXISTS = 183
ERROR_MORE_DATA = 234
ERROR_NO_MORE_ITEMS = 259
ERROR_CAN_NOT_COMPLETE = 1003
ERROR_NOT_FOUND = 1168
MGM_MFE_STATS_1 = 2


def to_network(address: IPv4Address) -> int:
    """The number in network byte order, as the library has addresses."""
    return int.from_bytes(address.packed, sys.byteorder)


def from_network(number: int) -> IPv4Address:
    return IPv4Address(number.to_bytes(4, sys.byteorder))


class IfEntry(Structure):
    """MGM_IF_ENTRY"""

    _fields_ = [("index", c_uint32), ("next_hop", c_uint32), ("igmp", c_int32), ("enabled", c_int32)]


class DestInfo(Structure):
    """The beginning of RTM_DEST_INFO: the rest says nothing."""

    _fields_ = [("handle", c_void_p), ("family", c_uint16), ("bits", c_uint16), ("address", c_ubyte * 16)]


class SourceGroup(Structure):
    """SOURCE_GROUP_ENTRY"""

    _fields_ = [("source", c_uint32), ("source_mask", c_uint32), ("group", c_uint32), ("group_mask", c_uint32)]


class Mfe(Structure):
    """MIB_IPMCAST_MFE without its outgoing interfaces"""

    _fields_ = [
        ("group", c_uint32),
        ("source", c_uint32),
        ("source_mask", c_uint32),
        ("upstream", c_uint32),
        ("iif", c_uint32),
        ("iif_protocol", c_uint32),
        ("route_protocol", c_uint32),
        ("route_network", c_uint32),
        ("route_mask", c_uint32),
        ("up_time", c_uint32),
        ("expiry_time", c_uint32),
        ("time_out", c_uint32),
        ("oif_count", c_uint32),
        ("flags", c_uint32),
        ("reserved", c_uint32),
    ]


class Oif(Structure):
    """MIB_IPMCAST_OIF"""

    _fields_ = [("index", c_uint32), ("next_hop", c_uint32), ("reserved", c_uint32), ("reserved1", c_uint32)]


class MfeKey(Structure):
    """A whole MIB_IPMCAST_MFE, with its one interface"""

    _fields_ = [("mfe", Mfe), ("oif", Oif)]


class MfeStats(Structure):
    """MIB_IPMCAST_MFE_STATS_EX without its outgoing interfaces"""

    _fields_ = [
        ("group", c_uint32),
        ("source", c_uint32),
        ("source_mask", c_uint32),
        ("upstream", c_uint32),
        ("iif", c_uint32),
        ("iif_protocol", c_uint32),
        ("route_protocol", c_uint32),
        ("route_network", c_uint32),
        ("route_mask", c_uint32),
        ("up_time", c_uint32),
        ("expiry_time", c_uint32),
        ("oif_count", c_uint32),
        ("packets", c_uint32),
        ("bytes", c_uint32),
        ("wrong_interface", c_uint32),
        ("queue_overflow", c_uint32),
        ("uninit_mfe", c_uint32),
        ("negative_mfe", c_uint32),
        ("in_discards", c_uint32),
        ("in_header_errors", c_uint32),
        ("out_packets", c_uint32),
    ]


class OifStats(Structure):
    """MIB_IPMCAST_OIF_STATS"""

    _fields_ = [
        ("index", c_uint32),
        ("next_hop", c_uint32),
        ("dial_context", c_uint32),
        ("ttl_too_low", c_uint32),
        ("frag_needed", c_uint32),
        ("packets", c_uint32),
        ("discards", c_uint32),
    ]


class HostOptions(Structure):
    """MGM_HOST_OPTIONS"""

    _fields_ = [
        ("size", c_uint32),
        ("forwarder", c_uint32),
        ("table", c_uint32),
        ("log_level", c_uint32),
        ("clock", c_uint32),
        ("max_entries", c_uint32),
        ("foreign", c_uint32),
        ("rpf_table", c_uint32),
    ]


class HostRoute(Structure):
    """MGM_HOST_ROUTE"""

    _fields_ = [
        ("network", c_uint32),
        ("mask", c_uint32),
        ("index", c_uint32),
        ("gateway", c_uint32),
        ("protocol", c_uint32),
    ]


class HostCounters(Structure):
    """The beginning of MGM_HOST_COUNTERS; the library fills as much as size says."""

    _fields_ = [
        ("size", c_uint32),
        ("clients", c_uint32),
        ("interfaces", c_uint32),
        ("memberships", c_uint32),
        ("entries", c_uint32),
        ("reserved", c_uint32),
        ("without_entry", c_uint64),
        ("forwarded", c_uint64),
        ("dropped", c_uint64),
    ]


_words = [c_uint32] * 4
_dword_p = POINTER(c_uint32)
RpfCallback = ctypes.CFUNCTYPE(c_uint32, *_words, _dword_p, _dword_p, _dword_p, c_uint32, c_void_p, c_void_p)
CreationCallback = ctypes.CFUNCTYPE(c_uint32, *_words, c_uint32, c_uint32, c_uint32, POINTER(IfEntry))
PruneCallback = ctypes.CFUNCTYPE(c_uint32, *_words, c_uint32, c_uint32, c_int32, _dword_p)
JoinCallback = ctypes.CFUNCTYPE(c_uint32, *_words, c_int32)
WrongIfCallback = ctypes.CFUNCTYPE(c_uint32, *_words, c_uint32, c_void_p)
LocalCallback = ctypes.CFUNCTYPE(c_uint32, *_words, c_uint32, c_uint32)
IgmpCallback = ctypes.CFUNCTYPE(c_uint32, c_uint32, c_uint32)
LogCallback = ctypes.CFUNCTYPE(None, c_void_p, c_uint32, c_char_p)


class Config(Structure):
    """ROUTING_PROTOCOL_CONFIG"""

    _fields_ = [
        ("flags", c_uint32),
        ("rpf", RpfCallback),
        ("creation", CreationCallback),
        ("prune", PruneCallback),
        ("join", JoinCallback),
        ("wrong_interface", WrongIfCallback),
        ("local_join", LocalCallback),
        ("local_leave", LocalCallback),
        ("disable_igmp", IgmpCallback),
        ("enable_igmp", IgmpCallback),
    ]


_FUNCTIONS: dict[str, list[Any]] = {
    "MgmRegisterMProtocol": [POINTER(Config), c_uint32, c_uint32, POINTER(c_void_p)],
    "MgmDeRegisterMProtocol": [c_void_p],
    "MgmTakeInterfaceOwnership": [c_void_p, c_uint32, c_uint32],
    "MgmReleaseInterfaceOwnership": [c_void_p, c_uint32, c_uint32],
    "MgmGetProtocolOnInterface": [c_uint32, c_uint32, _dword_p, _dword_p],
    "MgmAddGroupMembershipEntry": [c_void_p, *_words, c_uint32, c_uint32, c_uint32],
    "MgmDeleteGroupMembershipEntry": [c_void_p, *_words, c_uint32, c_uint32, c_uint32],
    "MgmGetMfe": [POINTER(MfeKey), _dword_p, c_void_p],
    "MgmGetFirstMfe": [_dword_p, c_void_p, _dword_p],
    "MgmGetNextMfe": [POINTER(MfeKey), _dword_p, c_void_p, _dword_p],
    "MgmGetMfeStats": [POINTER(MfeKey), _dword_p, c_void_p, c_uint32],
    "MgmGetFirstMfeStats": [_dword_p, c_void_p, _dword_p, c_uint32],
    "MgmGetNextMfeStats": [POINTER(MfeKey), _dword_p, c_void_p, _dword_p, c_uint32],
    "MgmSetMfe": [c_void_p, POINTER(MfeKey)],
    "MgmGroupEnumerationStart": [c_void_p, c_int32, POINTER(c_void_p)],
    "MgmGroupEnumerationGetNext": [c_void_p, _dword_p, c_void_p, _dword_p],
    "MgmGroupEnumerationEnd": [c_void_p],
    "MgmHostGetVersion": [],
    "MgmHostGetDefaultOptions": [POINTER(HostOptions)],
    "MgmHostStart": [POINTER(HostOptions)],
    "MgmHostStop": [],
    "MgmHostSetLog": [LogCallback, c_void_p],
    "MgmHostAddRoute": [POINTER(HostRoute)],
    "MgmHostDeleteRoute": [POINTER(HostRoute)],
    "MgmHostReceivePacket": [c_uint32, c_uint32, c_char_p, c_uint32],
    "MgmHostAdvanceClock": [c_uint32],
    "MgmHostGetCounters": [POINTER(HostCounters)],
}


def _load() -> ctypes.CDLL:
    """The one manager of the process: that which is loaded already, else the one MGM_LIBRARY
    names, the wheel's own, the system's."""
    name = "librtm.so.1"
    try:
        return ctypes.CDLL(name, mode=os.RTLD_NOLOAD)
    except OSError:
        pass
    own = Path(__file__).with_name(name)
    path = os.environ.get("MGM_LIBRARY") or (str(own) if own.exists() else name)
    return ctypes.CDLL(path)


# Its functions release the GIL while they run, and callbacks take it.
lib = _load()
for _name, _arguments in _FUNCTIONS.items():
    _function = getattr(lib, _name)
    _function.argtypes = _arguments
    _function.restype = c_uint32
lib.MgmHostGetVersion.restype = c_char_p
