"""What calls take and callbacks get."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import ClassVar, Union

from . import _sys

#: An address: an IPv4Address, or text such as "239.1.1.1". Never a number, whose byte order
#: could be mistaken.
Address = Union[IPv4Address, str]

ANY_ADDRESS = IPv4Address(0)
ANY_NETWORK = IPv4Network("0.0.0.0/0")


def to_address(address: Address) -> IPv4Address:
    if not isinstance(address, (IPv4Address, str)):
        raise TypeError(f"no address: {address!r}")
    return IPv4Address(address)


class Error(Exception):
    """A call failed; it changed nothing. `code` is the number of mgm.h."""

    name: ClassVar[str] = "error"

    def __init__(self, code: int, function: str = "") -> None:
        super().__init__(code, function)
        self.code = code
        self.function = function

    def __str__(self) -> str:
        name = self.name if type(self) is not Error else f"error {self.code}"
        return f"{self.function}: {name}" if self.function else name


class NotEnoughMemory(Error, MemoryError):
    """The manager's memory ran out."""

    name = "ERROR_NOT_ENOUGH_MEMORY"


class InvalidParameter(Error, ValueError):
    """An argument out of its range, or a registration that has ended."""

    name = "ERROR_INVALID_PARAMETER"


class AlreadyExists(Error):
    """What was to be made or taken is there already."""

    name = "ERROR_ALREADY_EXISTS"


class CanNotComplete(Error):
    """The manager cannot do that now; its log may say why."""

    name = "ERROR_CAN_NOT_COMPLETE"


class NotFound(Error, LookupError):
    """There is no such thing."""

    name = "ERROR_NOT_FOUND"


_ERRORS: dict[int, type[Error]] = {
    _sys.ERROR_NOT_ENOUGH_MEMORY: NotEnoughMemory,
    _sys.ERROR_INVALID_PARAMETER: InvalidParameter,
    _sys.ERROR_ALREADY_EXISTS: AlreadyExists,
    _sys.ERROR_CAN_NOT_COMPLETE: CanNotComplete,
    _sys.ERROR_NOT_FOUND: NotFound,
}


def error_of(code: int, function: str) -> Error:
    return _ERRORS.get(code, Error)(code, function)


def check(code: int, function: str) -> None:
    if code != _sys.NO_ERROR:
        raise error_of(code, function)


class State(enum.IntFlag):
    """Which state a join or leave is about."""

    #: The membership: every MFE it covers follows, now and later.
    JOIN = 1
    #: The outgoing lists of the MFEs that exist now.
    FORWARD = 2


class Cause(enum.Enum):
    """What a join or prune alert is about."""

    #: The outgoing list of one MFE.
    MFE = 0
    #: A membership.
    MEMBERSHIP = 1


class GroupKind(enum.IntEnum):
    """Which groups an enumeration gives."""

    #: Each joined group once, whatever the sources.
    ANY_SOURCE = 0
    #: Every joined entry.
    ALL_SOURCES = 1


@dataclass(frozen=True, order=True)
class Interface:
    """Names an interface: its index, and a next hop on point-to-multipoint links."""

    index: int
    next_hop: IPv4Address = ANY_ADDRESS

    @classmethod
    def from_c(cls, index: int, next_hop: int) -> Interface:
        return cls(index, _sys.from_network(next_hop))


@dataclass(frozen=True, order=True)
class Entry:
    """What a membership is for: (S,G), (*,G), (*,*), or ranges of them."""

    source: IPv4Network = ANY_NETWORK
    group: IPv4Network = ANY_NETWORK

    @classmethod
    def any_source(cls, group: Address) -> Entry:
        """(*,G): a group from every source."""
        return cls(ANY_NETWORK, IPv4Network(to_address(group)))

    @classmethod
    def from_source(cls, source: Address, group: Address) -> Entry:
        """(S,G): a group from one source."""
        return cls(IPv4Network(to_address(source)), IPv4Network(to_address(group)))

    @classmethod
    def from_c(cls, source: int, source_mask: int, group: int, group_mask: int) -> Entry:
        return cls(network(source, source_mask), network(group, group_mask))

    def to_c(self) -> tuple[int, int, int, int]:
        source, group = self.source, self.group
        return (
            _sys.to_network(source.network_address),
            _sys.to_network(source.netmask),
            _sys.to_network(group.network_address),
            _sys.to_network(group.netmask),
        )


def network(address: int, mask: int) -> IPv4Network:
    """From two numbers in network byte order; masks of the manager are contiguous."""
    return IPv4Network((_sys.from_network(address), mask.bit_count()))


@dataclass
class RpfQuery:
    """Which way packets of a source come in. Set `iif` and `upstream` to answer something
    else than what the route says."""

    source: IPv4Address
    group: IPv4Address
    #: The interface that packets shall arrive on; index 0 without a route.
    iif: Interface
    #: The upstream neighbour; 0.0.0.0 when the source is on the link.
    upstream: IPv4Address
    #: The packet's IPv4 header with its options; empty without a packet.
    header: bytes
    #: The network of the route towards the source; None without one.
    route: IPv4Network | None


@dataclass
class OutgoingInterface:
    """One of this protocol's outgoing interfaces of an MFE about to be made. Set `enabled` to
    False to keep it out."""

    interface: Interface
    #: Whether IGMP is on it too.
    igmp: bool
    enabled: bool = True


@dataclass
class CreationAlert:
    """An MFE about to be made."""

    source: IPv4Address
    group: IPv4Address
    iif: Interface
    outgoing: list[OutgoingInterface]


@dataclass
class PruneAlert:
    """Nothing to receive any more."""

    #: The membership, or source and group of the MFE.
    entry: Entry
    #: The interface that left last; index 0 where an MFE was made empty.
    last: Interface
    cause: Cause
    #: With Cause.MFE the lifetime in seconds of the now empty MFE; set it to change it.
    timeout: int


@dataclass(frozen=True)
class WrongInterfaceAlert:
    """A packet came in on another interface than its MFE's."""

    source: IPv4Address
    group: IPv4Address
    arrived: Interface
    #: The packet's IPv4 header with its options.
    header: bytes


@dataclass(frozen=True)
class Owner:
    """Who owns an interface: the ids that it registered with."""

    protocol_id: int
    component_id: int


@dataclass(frozen=True)
class Oif:
    """An outgoing interface of an MFE. The counters are 0 with the Linux kernel, which has
    none, and where no statistics were asked for."""

    interface: Interface
    packets: int = 0
    ttl_too_low: int = 0


@dataclass(frozen=True)
class Statistics:
    """Counters of an MFE, modulo 2**32."""

    packets: int
    bytes: int
    wrong_interface: int
    queue_overflow: int


@dataclass(frozen=True)
class Mfe:
    """A multicast forwarding entry. Its times are in seconds."""

    source: IPv4Address
    group: IPv4Address
    upstream: IPv4Address
    #: The index of the incoming interface; 0 for none.
    iif: int
    #: The protocol id of its owner; 0 without one.
    iif_protocol: int
    #: Who made the route towards the source, as the MIB numbers it; 0 without a route.
    route_protocol: int
    route: IPv4Network
    up_time: float
    expiry_time: float
    oifs: tuple[Oif, ...] = field(default=())
    statistics: Statistics | None = None
