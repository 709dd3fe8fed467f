"""The multicast group manager: multicast routing protocols and IGMP in Python, in the same
process as those in C.

    class Static(mgm.Protocol):
        def join(self, entry, cause):
            print("somebody wants", entry.group)

    with mgm.Registration(Static(), mgm.protocol_id(100), 1) as protocol:
        lan = protocol.take(socket.if_nametoindex("eth1"))
        lan.join(mgm.Entry.any_source("239.1.1.1"))
        for mfe in mgm.mfes():
            print(mfe.source, mfe.group, mfe.oifs)

Addresses are ipaddress.IPv4Address, networks ipaddress.IPv4Network. Every function may be
called on any thread and inside any callback, and releases the GIL meanwhile. Errors are
exceptions, all of class mgm.Error. A process has one manager: the librtm.so.1 that is loaded
already, else that which MGM_LIBRARY names, the one in the wheel, or the system's.
"""

from __future__ import annotations

from . import host
from ._client import Groups, OwnedInterface, Protocol, Registration, mfe, mfes, owner
from ._types import (
    Address,
    AlreadyExists,
    CanNotComplete,
    Cause,
    CreationAlert,
    Entry,
    Error,
    GroupKind,
    Interface,
    InvalidParameter,
    Mfe,
    NotEnoughMemory,
    NotFound,
    Oif,
    OutgoingInterface,
    Owner,
    PruneAlert,
    RpfQuery,
    State,
    Statistics,
    WrongInterfaceAlert,
)

__all__ = [
    "Address",
    "AlreadyExists",
    "CanNotComplete",
    "Cause",
    "CreationAlert",
    "Entry",
    "Error",
    "GroupKind",
    "Groups",
    "IGMP",
    "Interface",
    "InvalidParameter",
    "Mfe",
    "NotEnoughMemory",
    "NotFound",
    "Oif",
    "OutgoingInterface",
    "OwnedInterface",
    "Owner",
    "Protocol",
    "PruneAlert",
    "Registration",
    "RpfQuery",
    "State",
    "Statistics",
    "WrongInterfaceAlert",
    "host",
    "mfe",
    "mfes",
    "owner",
    "protocol_id",
]

#: The protocol id of IGMP (MS_IP_IGMP): who registers with it is IGMP.
IGMP = 0x4137000A


def protocol_id(protocol: int) -> int:
    """The id of a multicast routing protocol (PROTOCOL_ID of type PROTO_TYPE_MCAST) of
    Microsoft's vendor number."""
    return 0x41370000 | (protocol & 0xFFFF)
