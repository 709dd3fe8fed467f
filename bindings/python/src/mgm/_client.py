"""Protocols and their registrations."""

from __future__ import annotations

import atexit
import ctypes
import logging
import os
import threading
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Network
from types import TracebackType
from typing import Any, Optional, TypeVar, Union

from . import _sys
from ._types import (
    Address,
    Cause,
    CreationAlert,
    Entry,
    Error,
    GroupKind,
    Interface,
    Mfe,
    Oif,
    OutgoingInterface,
    Owner,
    PruneAlert,
    RpfQuery,
    State,
    Statistics,
    WrongInterfaceAlert,
    check,
    error_of,
    network,
    to_address,
)

_log = logging.getLogger("mgm")
_T = TypeVar("_T")


class _Inside(threading.local):
    depth = 0


# How many callbacks a thread is inside of.
_inside = _Inside()


class Protocol:
    """A multicast routing protocol, or IGMP: override the callbacks it wants; the others are
    not registered. mgm.h says when each is called. Two may run at the same time on different
    threads, also on threads that Python did not make.

    What a callback raises is logged (logger "mgm", level ERROR) and goes no further, also
    SystemExit and KeyboardInterrupt; what it set in its argument does not count then: the
    interface is that of the route, no interface is kept out, the time-out is the default.
    """

    def rpf(self, query: RpfQuery) -> None:
        """Which way packets of a source come in (PMGM_RPF_CALLBACK). They wait meanwhile."""

    def creation(self, alert: CreationAlert) -> None:
        """An MFE is about to be made (PMGM_CREATION_ALERT_CALLBACK). Packets wait meanwhile."""

    def prune(self, alert: PruneAlert) -> None:
        """Nothing to receive any more (PMGM_PRUNE_ALERT_CALLBACK)."""

    def join(self, entry: Entry, cause: Cause) -> None:
        """Something to receive (PMGM_JOIN_ALERT_CALLBACK)."""

    def wrong_interface(self, alert: WrongInterfaceAlert) -> None:
        """A packet came in on the wrong interface (PMGM_WRONG_IF_CALLBACK)."""

    def local_join(self, entry: Entry, interface: Interface) -> None:
        """IGMP joined on an interface of this protocol (PMGM_LOCAL_JOIN_CALLBACK)."""

    def local_leave(self, entry: Entry, interface: Interface) -> None:
        """IGMP left on an interface of this protocol (PMGM_LOCAL_LEAVE_CALLBACK)."""

    def disable_igmp(self, interface: Interface) -> None:
        """For IGMP: stop on an interface (PMGM_DISABLE_IGMP_CALLBACK)."""

    def enable_igmp(self, interface: Interface) -> None:
        """For IGMP: start again on an interface (PMGM_ENABLE_IGMP_CALLBACK). Without this
        callback IGMP keeps its memberships when a routing protocol takes or releases an
        interface; with it they are removed, and IGMP adds them again."""


class _Callbacks:
    """The C functions of one protocol. They must live as long as the library may call them."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.config = _sys.Config()
        kinds: dict[str, Any] = {each[0]: each[1] for each in _sys.Config._fields_}
        for name in (
            "rpf",
            "creation",
            "prune",
            "join",
            "wrong_interface",
            "local_join",
            "local_leave",
            "disable_igmp",
            "enable_igmp",
        ):
            method = getattr(protocol, name)
            if getattr(method, "__func__", None) is not getattr(Protocol, name):
                setattr(self.config, name, kinds[name](self._guarded(name, getattr(self, "_" + name))))

    def _guarded(self, name: str, callback: Callable[..., None]) -> Callable[..., int]:
        def guarded(*arguments: Any) -> int:
            _inside.depth += 1
            try:
                callback(*arguments)
            except BaseException:
                _log.exception("exception in the callback %s", name)
            finally:
                _inside.depth -= 1
            return _sys.NO_ERROR

        return guarded

    def _rpf(
        self,
        source: int,
        _source_mask: int,
        group: int,
        _group_mask: int,
        index: Any,
        next_hop: Any,
        upstream: Any,
        size: int,
        header: Optional[int],
        route: Optional[int],
    ) -> None:
        known: IPv4Network | None = None
        if route:
            found = _sys.DestInfo.from_address(route)
            known = IPv4Network((bytes(found.address[:4]), found.bits))
        query = RpfQuery(
            _sys.from_network(source),
            _sys.from_network(group),
            Interface.from_c(index[0], next_hop[0]),
            _sys.from_network(upstream[0]),
            ctypes.string_at(header, size) if header else b"",
            known,
        )
        self.protocol.rpf(query)
        # All is converted before anything is written.
        answer = (query.iif.index, _sys.to_network(query.iif.next_hop), _sys.to_network(query.upstream))
        index[0], next_hop[0], upstream[0] = answer

    def _creation(
        self,
        source: int,
        _source_mask: int,
        group: int,
        _group_mask: int,
        index: int,
        next_hop: int,
        count: int,
        entries: Any,
    ) -> None:
        outgoing = [
            OutgoingInterface(Interface.from_c(entry.index, entry.next_hop), bool(entry.igmp))
            for entry in entries[:count]
        ]
        iif = Interface.from_c(index, next_hop)
        # The list is the callback's to change; what it is asked about stays.
        alert = CreationAlert(_sys.from_network(source), _sys.from_network(group), iif, list(outgoing))
        self.protocol.creation(alert)
        for at, each in enumerate(outgoing):
            entries[at].enabled = int(bool(each.enabled))

    def _prune(
        self,
        source: int,
        source_mask: int,
        group: int,
        group_mask: int,
        index: int,
        next_hop: int,
        membership: int,
        timeout: Any,
    ) -> None:
        entry = Entry.from_c(source, source_mask, group, group_mask)
        alert = PruneAlert(entry, Interface.from_c(index, next_hop), Cause(int(bool(membership))), timeout[0])
        self.protocol.prune(alert)
        timeout[0] = min(max(alert.timeout, 0), 0xFFFFFFFF)

    def _join(self, source: int, source_mask: int, group: int, group_mask: int, membership: int) -> None:
        self.protocol.join(Entry.from_c(source, source_mask, group, group_mask), Cause(int(bool(membership))))

    def _wrong_interface(
        self, source: int, group: int, index: int, next_hop: int, size: int, header: Optional[int]
    ) -> None:
        self.protocol.wrong_interface(
            WrongInterfaceAlert(
                _sys.from_network(source),
                _sys.from_network(group),
                Interface.from_c(index, next_hop),
                ctypes.string_at(header, size) if header else b"",
            )
        )

    def _local_join(
        self, source: int, source_mask: int, group: int, group_mask: int, index: int, next_hop: int
    ) -> None:
        entry = Entry.from_c(source, source_mask, group, group_mask)
        self.protocol.local_join(entry, Interface.from_c(index, next_hop))

    def _local_leave(
        self, source: int, source_mask: int, group: int, group_mask: int, index: int, next_hop: int
    ) -> None:
        entry = Entry.from_c(source, source_mask, group, group_mask)
        self.protocol.local_leave(entry, Interface.from_c(index, next_hop))

    def _disable_igmp(self, index: int, next_hop: int) -> None:
        self.protocol.disable_igmp(Interface.from_c(index, next_hop))

    def _enable_igmp(self, index: int, next_hop: int) -> None:
        self.protocol.enable_igmp(Interface.from_c(index, next_hop))


# Registrations that have not ended, with the functions that the library may call.
_live: set[Registration] = set()
# Functions of those that ended inside a callback: another thread may be about to enter one.
_late: list[_Callbacks] = []


def _key(interface: Union[Interface, int]) -> Interface:
    return interface if isinstance(interface, Interface) else Interface(interface)


class Registration:
    """A registered protocol, until `close` or the end of a with statement; at the latest until
    the interpreter ends. The first one starts the manager, unless host.start did.

    Raises AlreadyExists where these two ids are registered, CanNotComplete where the manager
    cannot start (its log says why), NotEnoughMemory.
    """

    def __init__(self, protocol: Protocol, protocol_id: int, component_id: int) -> None:
        if not isinstance(protocol, Protocol):
            raise TypeError("protocol must be a mgm.Protocol")
        self._callbacks = _Callbacks(protocol)
        self._interfaces: list[OwnedInterface] = []
        self._handle = ctypes.c_void_p()
        # Before the call: callbacks may come at once.
        _live.add(self)
        code = _sys.lib.MgmRegisterMProtocol(
            ctypes.byref(self._callbacks.config), protocol_id, component_id, ctypes.byref(self._handle)
        )
        if code != _sys.NO_ERROR:
            _live.discard(self)
            raise error_of(code, "MgmRegisterMProtocol")

    def take(self, interface: Union[Interface, int]) -> OwnedInterface:
        """Takes an interface: the protocol may then join groups on it.

        Raises AlreadyExists where this or another routing protocol has it, InvalidParameter
        for index 0, CanNotComplete where the forwarder cannot use it, NotEnoughMemory.
        """
        key = _key(interface)
        code = _sys.lib.MgmTakeInterfaceOwnership(self._handle, key.index, _sys.to_network(key.next_hop))
        check(code, "MgmTakeInterfaceOwnership")
        taken = OwnedInterface(self, key)
        self._interfaces.append(taken)
        return taken

    def groups(self, kind: GroupKind = GroupKind.ALL_SOURCES) -> Groups:
        """Goes through the groups that are joined, by anybody on any interface."""
        handle = ctypes.c_void_p()
        code = _sys.lib.MgmGroupEnumerationStart(self._handle, kind, ctypes.byref(handle))
        check(code, "MgmGroupEnumerationStart")
        return Groups(handle)

    def set_upstream(self, source: Address, group: Address, upstream: Address) -> None:
        """Sets the upstream neighbour that an MFE shows. Raises NotFound."""
        key = _mfe_key(to_address(source), to_address(group))
        key.mfe.upstream = _sys.to_network(to_address(upstream))
        check(_sys.lib.MgmSetMfe(self._handle, ctypes.byref(key)), "MgmSetMfe")

    def close(self) -> None:
        """Releases the interfaces that are left, and deregisters. When it returns no callback
        runs or will run; inside a callback it does not wait for those on other threads.
        Closing again does nothing.

        Raises CanNotComplete while IGMP is being stopped and started on an interface.
        """
        if self not in _live:
            return
        for interface in list(self._interfaces):
            interface.release()
        check(_sys.lib.MgmDeRegisterMProtocol(self._handle), "MgmDeRegisterMProtocol")
        if _inside.depth > 0:
            _late.append(self._callbacks)
        _live.discard(self)

    def __enter__(self) -> Registration:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class OwnedInterface:
    """An interface that a protocol holds, until `release` or the end of a with statement."""

    def __init__(self, registration: Registration, interface: Interface) -> None:
        self._registration = registration
        self.interface = interface

    def _change(self, function: str, entry: Entry, state: State) -> None:
        handle = self._registration._handle if self in self._registration._interfaces else None
        index, next_hop = self.interface.index, _sys.to_network(self.interface.next_hop)
        check(getattr(_sys.lib, function)(handle, *entry.to_c(), index, next_hop, state), function)

    def join(self, entry: Entry, state: State = State.JOIN) -> None:
        """Joins: receivers are on the interface. Joining what is joined is no error.

        Raises InvalidParameter for no possible entry, NotEnoughMemory, CanNotComplete.
        """
        self._change("MgmAddGroupMembershipEntry", entry, state)

    def leave(self, entry: Entry, state: State = State.JOIN) -> None:
        """Leaves. Raises NotFound where it is not joined, InvalidParameter, CanNotComplete."""
        self._change("MgmDeleteGroupMembershipEntry", entry, state)

    def release(self) -> None:
        """Gives the interface back; a second time does nothing.

        Raises CanNotComplete while IGMP is being stopped and started on it.
        """
        if self not in self._registration._interfaces:
            return
        index, next_hop = self.interface.index, _sys.to_network(self.interface.next_hop)
        check(
            _sys.lib.MgmReleaseInterfaceOwnership(self._registration._handle, index, next_hop),
            "MgmReleaseInterfaceOwnership",
        )
        self._registration._interfaces.remove(self)

    def __enter__(self) -> OwnedInterface:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


@atexit.register
def _end_all() -> None:
    """No callback may come once the interpreter ends."""
    for registration in list(_live):
        try:
            registration.close()
        except Error:
            _log.exception("a protocol is still registered")


def _forget_all() -> None:
    """A child has no thread of the library, and what it did would reach the kernel's table of
    its parent: it may not end what the parent registered."""
    for registration in _live:
        _late.append(registration._callbacks)
        registration._interfaces.clear()
    _live.clear()


os.register_at_fork(after_in_child=_forget_all)


def owner(interface: Union[Interface, int]) -> Owner:
    """Tells who owns an interface. Needs no registration. Raises NotFound where nobody does."""
    key = _key(interface)
    protocol_id, component_id = ctypes.c_uint32(), ctypes.c_uint32()
    code = _sys.lib.MgmGetProtocolOnInterface(
        key.index, _sys.to_network(key.next_hop), ctypes.byref(protocol_id), ctypes.byref(component_id)
    )
    check(code, "MgmGetProtocolOnInterface")
    return Owner(protocol_id.value, component_id.value)


class Groups(Iterator[Entry]):
    """Goes through joined groups; see Registration.groups. After an error it is over."""

    _AT_A_TIME = 1024

    def __init__(self, handle: ctypes.c_void_p) -> None:
        self._handle: ctypes.c_void_p | None = handle
        self._buffer = (_sys.SourceGroup * self._AT_A_TIME)()
        self._read: Iterator[_sys.SourceGroup] = iter(())
        self._over = False

    def __next__(self) -> Entry:
        entry: Any = next(self._read, None)
        if entry is None and not self._over and self._handle is not None:
            self._fill()
            entry = next(self._read, None)
        if entry is None:
            self.close()
            raise StopIteration
        return Entry.from_c(entry.source, entry.source_mask, entry.group, entry.group_mask)

    def _fill(self) -> None:
        size, count = ctypes.c_uint32(ctypes.sizeof(self._buffer)), ctypes.c_uint32()
        code = _sys.lib.MgmGroupEnumerationGetNext(
            self._handle, ctypes.byref(size), self._buffer, ctypes.byref(count)
        )
        self._over = code != _sys.ERROR_MORE_DATA
        if code not in (_sys.ERROR_MORE_DATA, _sys.ERROR_NO_MORE_ITEMS):
            raise error_of(code, "MgmGroupEnumerationGetNext")
        self._read = iter(self._buffer[: count.value])

    def close(self) -> None:
        """Ends it early; done at its end and when it is forgotten."""
        handle, self._handle = self._handle, None
        if handle is not None:
            _sys.lib.MgmGroupEnumerationEnd(handle)

    __del__ = close


def _mfe_key(source: IPv4Address, group: IPv4Address) -> _sys.MfeKey:
    key = _sys.MfeKey()
    key.mfe.source, key.mfe.group = _sys.to_network(source), _sys.to_network(group)
    return key


def _decode(buffer: Any, at: int, statistics: bool) -> tuple[Mfe, int]:
    """The MFE that begins there, and where it ends."""
    head: Any = (_sys.MfeStats if statistics else _sys.Mfe).from_buffer_copy(buffer, at)
    at += ctypes.sizeof(head)
    kind: Any = _sys.OifStats if statistics else _sys.Oif
    oifs = []
    for each in (kind * head.oif_count).from_buffer_copy(buffer, at):
        interface = Interface.from_c(each.index, each.next_hop)
        oifs.append(Oif(interface, each.packets, each.ttl_too_low) if statistics else Oif(interface))
    at += ctypes.sizeof(kind) * head.oif_count
    unit = 100 if statistics else 1
    mfe = Mfe(
        _sys.from_network(head.source),
        _sys.from_network(head.group),
        _sys.from_network(head.upstream),
        head.iif,
        head.iif_protocol,
        head.route_protocol,
        network(head.route_network, head.route_mask),
        head.up_time / unit,
        head.expiry_time / unit,
        tuple(oifs),
        Statistics(head.packets, head.bytes, head.wrong_interface, head.queue_overflow) if statistics else None,
    )
    return mfe, at


def mfe(source: Address, group: Address, *, statistics: bool = False) -> Mfe:
    """One MFE. Needs no registration. Raises NotFound where there is none."""
    key = _mfe_key(to_address(source), to_address(group))
    size = ctypes.c_uint32(1024)
    function = "MgmGetMfeStats" if statistics else "MgmGetMfe"
    flags = [_sys.MGM_MFE_STATS_1] if statistics else []
    while True:
        buffer = ctypes.create_string_buffer(size.value)
        code = getattr(_sys.lib, function)(ctypes.byref(key), ctypes.byref(size), buffer, *flags)
        if code != _sys.ERROR_INSUFFICIENT_BUFFER:
            check(code, function)
            return _decode(buffer, 0, statistics)[0]


def mfes(*, statistics: bool = False) -> Iterator[Mfe]:
    """All MFEs, ascending by group and source, each as it is when it is reached. Needs no
    registration."""
    suffix = "Stats" if statistics else ""
    flags = [_sys.MGM_MFE_STATS_1] if statistics else []
    function = "MgmGetFirstMfe" + suffix
    start: list[Any] = []
    room = 65536
    size, count = ctypes.c_uint32(), ctypes.c_uint32()
    code = _sys.ERROR_MORE_DATA
    while code == _sys.ERROR_MORE_DATA:
        buffer = ctypes.create_string_buffer(room)
        size.value = room
        code = getattr(_sys.lib, function)(*start, ctypes.byref(size), buffer, ctypes.byref(count), *flags)
        if code == _sys.ERROR_INSUFFICIENT_BUFFER:
            room, code = size.value, _sys.ERROR_MORE_DATA
            continue
        if code not in (_sys.ERROR_MORE_DATA, _sys.ERROR_NO_MORE_ITEMS):
            raise error_of(code, function)
        at = 0
        for _ in range(count.value):
            found, at = _decode(buffer, at, statistics)
            start = [ctypes.byref(_mfe_key(found.source, found.group))]
            yield found
        function = "MgmGetNextMfe" + suffix
