"""For the program that holds the manager: start and stop it, and feed its memory forwarder in
tests. A program that calls none of it gets a manager that its first registration starts, with
what the environment says (MGM_FORWARDER=linux for the kernel's)."""

from __future__ import annotations

import atexit
import ctypes
import enum
import logging
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any, Optional, Union

from . import _sys
from ._types import ANY_ADDRESS, Address, Interface, check, to_address

__all__ = [
    "Counters",
    "Forwarder",
    "LogLevel",
    "add_route",
    "advance_clock",
    "counters",
    "delete_route",
    "receive",
    "set_log",
    "start",
    "stop",
    "version",
]


class Forwarder(enum.IntEnum):
    """Who forwards."""

    #: Nobody: packets and routes come from `receive` and `add_route`, and are counted.
    MEMORY = 0
    #: The Linux kernel. Needs CAP_NET_ADMIN and CAP_NET_RAW.
    LINUX = 1


class LogLevel(enum.IntEnum):
    """How much is logged."""

    OFF = 0
    ERROR = 1
    WARN = 2
    INFO = 3
    DEBUG = 4

    def to_logging(self) -> int:
        """The level of the module logging."""
        return [logging.NOTSET, logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG][self]


def start(
    forwarder: Optional[Forwarder] = None,
    *,
    table: Optional[int] = None,
    log_level: Optional[LogLevel] = None,
    manual_clock: bool = False,
) -> None:
    """Starts the manager; what is None is as the environment says, else the default. With a
    manual clock only `advance_clock` moves it.

    Raises AlreadyExists where it is started, CanNotComplete where the forwarder cannot be used
    (the log says why), InvalidParameter.
    """
    options = _sys.HostOptions(size=ctypes.sizeof(_sys.HostOptions))
    check(_sys.lib.MgmHostGetDefaultOptions(ctypes.byref(options)), "MgmHostGetDefaultOptions")
    if forwarder is not None:
        options.forwarder = forwarder
    if table is not None:
        options.table = table
    if log_level is not None:
        options.log_level = log_level
    options.clock = int(manual_clock)
    check(_sys.lib.MgmHostStart(ctypes.byref(options)), "MgmHostStart")


def stop() -> None:
    """Stops the manager. Raises CanNotComplete while a protocol is registered."""
    check(_sys.lib.MgmHostStop(), "MgmHostStop")


def version() -> str:
    """The version of the library."""
    text: bytes = _sys.lib.MgmHostGetVersion()
    return text.decode()


_NO_LOG = ctypes.cast(0, _sys.LogCallback)
# Never freed: another thread may still run the old one after a change.
_logs: list[Any] = []


def set_log(log: Optional[Callable[[LogLevel, str], None]]) -> None:
    """Gives the lines of the log to a function, on any thread, also on two at the same time;
    None, the default, to standard error. What it raises goes to the logger "mgm"."""

    def line(_context: Optional[int], level: int, message: bytes) -> None:
        try:
            assert log is not None
            log(LogLevel(level), message.decode(errors="replace"))
        except BaseException:
            logging.getLogger("mgm").exception("exception in the log function")

    callback = _sys.LogCallback(line) if log is not None else _NO_LOG
    _logs.append(callback)
    check(_sys.lib.MgmHostSetLog(callback, None), "MgmHostSetLog")


@atexit.register
def _forget_log() -> None:
    _sys.lib.MgmHostSetLog(_NO_LOG, None)


def _route(network: Union[IPv4Network, str], index: int, gateway: Address, protocol: int) -> _sys.HostRoute:
    network = IPv4Network(network)
    return _sys.HostRoute(
        _sys.to_network(network.network_address),
        _sys.to_network(network.netmask),
        index,
        _sys.to_network(to_address(gateway)),
        protocol,
    )


def add_route(
    network: Union[IPv4Network, str], index: int, gateway: Address = ANY_ADDRESS, protocol: int = 3
) -> None:
    """Adds a route to the memory forwarder, towards sources in `network` over the interface
    `index`, or replaces the one of this network. `protocol` is who made it, as the MIB numbers
    it: 2 local, 3 static. Raises CanNotComplete with another forwarder."""
    check(_sys.lib.MgmHostAddRoute(ctypes.byref(_route(network, index, gateway, protocol))), "MgmHostAddRoute")


def delete_route(network: Union[IPv4Network, str]) -> None:
    """Deletes it. Raises NotFound where there is none."""
    check(_sys.lib.MgmHostDeleteRoute(ctypes.byref(_route(network, 0, ANY_ADDRESS, 0))), "MgmHostDeleteRoute")


def receive(interface: Union[Interface, int], packet: bytes) -> None:
    """Tells the memory forwarder that an IPv4 multicast packet arrived.

    Raises InvalidParameter for no such packet, CanNotComplete with another forwarder.
    """
    key = interface if isinstance(interface, Interface) else Interface(interface)
    code = _sys.lib.MgmHostReceivePacket(key.index, _sys.to_network(key.next_hop), packet, len(packet))
    check(code, "MgmHostReceivePacket")


def advance_clock(seconds: float) -> None:
    """Moves a manual clock; what falls due runs before it returns. Raises CanNotComplete."""
    check(_sys.lib.MgmHostAdvanceClock(round(seconds * 1000)), "MgmHostAdvanceClock")


@dataclass(frozen=True)
class Counters:
    """Some of what the manager counts: the first four are how many there are now."""

    clients: int
    interfaces: int
    memberships: int
    entries: int
    #: Packets that found no MFE.
    without_entry: int
    #: Packets sent out of at least one interface; 0 but with the memory forwarder.
    forwarded: int
    dropped: int


def counters() -> Counters:
    """Reads the counters."""
    now = _sys.HostCounters(size=ctypes.sizeof(_sys.HostCounters))
    check(_sys.lib.MgmHostGetCounters(ctypes.byref(now)), "MgmHostGetCounters")
    return Counters(
        now.clients, now.interfaces, now.memberships, now.entries, now.without_entry, now.forwarded, now.dropped
    )
