"""The package on the memory forwarder."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import unittest
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Optional

import mgm
from mgm import Cause, Entry, host

SOURCE, GROUP = IPv4Address("10.0.0.1"), IPv4Address("239.1.1.1")


def packet(index: int, source: IPv4Address, group: IPv4Address) -> bytes:
    """The IPv4 header of an empty packet arrives."""
    header = bytearray(b"\x45\0\0\x14\0\0\0\0\x08\x11\0\0") + source.packed + group.packed
    total = sum(int.from_bytes(header[at : at + 2], "big") for at in range(0, 20, 2))
    header[10:12] = (~(total % 0xFFFF) & 0xFFFF).to_bytes(2, "big")
    host.receive(index, bytes(header))
    return bytes(header)


class Recorder(mgm.Protocol):
    """Writes down what it is told; hooks change answers."""

    def __init__(self, hook: Optional[Callable[[str, Any], None]] = None) -> None:
        self.heard: list[tuple[Any, ...]] = []
        self.hook = hook

    def say(self, name: str, argument: Any, *line: Any) -> None:
        self.heard.append((name, *line))
        if self.hook:
            self.hook(name, argument)

    def told(self) -> list[tuple[Any, ...]]:
        heard, self.heard = self.heard, []
        return heard

    def rpf(self, query: mgm.RpfQuery) -> None:
        line = (str(query.source), str(query.group), query.iif.index, str(query.upstream), query.header, query.route)
        self.say("rpf", query, *line)

    def creation(self, alert: mgm.CreationAlert) -> None:
        out = [(each.interface.index, each.igmp, each.enabled) for each in alert.outgoing]
        self.say("creation", alert, str(alert.source), str(alert.group), alert.iif.index, out)

    def prune(self, alert: mgm.PruneAlert) -> None:
        self.say("prune", alert, alert.entry, alert.last.index, alert.cause)

    def join(self, entry: Entry, cause: Cause) -> None:
        self.say("join", None, entry, cause)

    def wrong_interface(self, alert: mgm.WrongInterfaceAlert) -> None:
        line = (str(alert.source), str(alert.group), alert.arrived.index, alert.header)
        self.say("wrong_interface", alert, *line)

    def local_join(self, entry: Entry, interface: mgm.Interface) -> None:
        self.say("local_join", None, entry, interface.index)

    def local_leave(self, entry: Entry, interface: mgm.Interface) -> None:
        self.say("local_leave", None, entry, interface.index)


class Igmp(Recorder):
    def disable_igmp(self, interface: mgm.Interface) -> None:
        self.say("disable_igmp", None, interface.index)

    def enable_igmp(self, interface: mgm.Interface) -> None:
        self.say("enable_igmp", None, interface.index)


class WithManager(unittest.TestCase):
    def setUp(self) -> None:
        host.start(host.Forwarder.MEMORY, manual_clock=True)

    def tearDown(self) -> None:
        gc.collect()
        host.stop()


class Callbacks(WithManager):
    def test_all_nine(self) -> None:
        host.add_route("10.0.0.0/24", 1, "10.9.9.9")

        def answers(name: str, argument: Any) -> None:
            if name == "rpf":
                argument.iif, argument.upstream = mgm.Interface(4), IPv4Address("10.0.0.254")
            elif name == "prune":
                argument.timeout = 60

        def vetoes(name: str, argument: Any) -> None:
            if name == "creation":
                argument.outgoing[1].enabled = False

        igmp, wan, lan = Igmp(), Recorder(answers), Recorder(vetoes)
        entry = Entry.any_source(GROUP)
        with mgm.Registration(igmp, mgm.IGMP, 1) as igmp_is, mgm.Registration(wan, 100, 1) as wan_is:
            with mgm.Registration(lan, 101, 1) as lan_is:
                igmp_on = igmp_is.take(2)
                wan_is.take(1)
                wan_is.take(4)
                lan_is.take(2)
                lan3 = lan_is.take(3)
                igmp_on.join(entry)
                lan3.join(entry)
                header = packet(4, SOURCE, GROUP)
                made = mgm.mfe(SOURCE, GROUP)
                self.assertEqual((made.iif, str(made.upstream)), (4, "10.0.0.254"))
                self.assertEqual([oif.interface.index for oif in made.oifs], [2])
                wrong = packet(3, SOURCE, GROUP)
                igmp_on.leave(entry)
                self.assertEqual(mgm.mfe("10.0.0.1", "239.1.1.1").expiry_time, 60)
                lan3.leave(entry)
                one = Entry.from_source(SOURCE, GROUP)
                self.assertEqual(
                    igmp.told(), [("disable_igmp", 2), ("enable_igmp", 2), ("prune", entry, 3, Cause.MEMBERSHIP)]
                )
                self.assertEqual(
                    wan.told(),
                    [
                        ("join", entry, Cause.MEMBERSHIP),
                        ("rpf", "10.0.0.1", "239.1.1.1", 1, "10.9.9.9", header, IPv4Network("10.0.0.0/24")),
                        ("prune", one, 2, Cause.MFE),
                        ("prune", entry, 3, Cause.MEMBERSHIP),
                    ],
                )
                self.assertEqual(
                    lan.told(),
                    [
                        ("local_join", entry, 2),
                        ("creation", "10.0.0.1", "239.1.1.1", 4, [(2, True, True), (3, False, True)]),
                        ("wrong_interface", "10.0.0.1", "239.1.1.1", 3, wrong),
                        ("local_leave", entry, 2),
                    ],
                )

    def test_exceptions_are_logged_and_change_nothing(self) -> None:
        host.add_route("10.0.0.0/24", 1)

        def raises(name: str, argument: Any) -> None:
            if name == "rpf":
                argument.iif = mgm.Interface(4)
            elif name == "creation":
                argument.outgoing[0].enabled = False
            elif name == "prune":
                argument.timeout = 60
            if name == "join":
                raise KeyboardInterrupt
            raise ValueError(name)

        igmp, wan, lan = Igmp(raises), Recorder(raises), Recorder(raises)
        entry = Entry.any_source(GROUP)
        with self.assertLogs("mgm", "ERROR") as logs:
            with mgm.Registration(igmp, mgm.IGMP, 1) as igmp_is, mgm.Registration(wan, 100, 1) as wan_is:
                with mgm.Registration(lan, 101, 1) as lan_is:
                    igmp_on = igmp_is.take(2)
                    wan_is.take(1)
                    wan_is.take(4)
                    lan_is.take(2)
                    lan_is.take(3)
                    igmp_on.join(entry)
                    packet(1, SOURCE, GROUP)
                    made = mgm.mfe(SOURCE, GROUP)
                    self.assertEqual((made.iif, str(made.upstream)), (1, "0.0.0.0"))
                    self.assertEqual([oif.interface.index for oif in made.oifs], [2])
                    packet(3, SOURCE, GROUP)
                    igmp_on.leave(entry)
                    self.assertEqual(mgm.mfe(SOURCE, GROUP).expiry_time, 900)
        names = {record.args[0] for record in logs.records if isinstance(record.args, tuple)}
        self.assertEqual(len(names), 9)
        self.assertTrue(all(record.exc_info for record in logs.records))

    def test_a_wrong_answer_is_an_exception_too(self) -> None:
        host.add_route("10.0.0.0/24", 1)

        def answers(name: str, argument: Any) -> None:
            if name == "rpf":
                argument.iif, argument.upstream = mgm.Interface(4), "10.0.0.254"  # no IPv4Address

        with mgm.Registration(Recorder(answers), 100, 1) as protocol, self.assertLogs("mgm", "ERROR"):
            protocol.take(1)
            protocol.take(4)
            packet(1, SOURCE, GROUP)
            self.assertEqual(mgm.mfe(SOURCE, GROUP).iif, 1)

    def test_not_overridden_is_not_there(self) -> None:
        # IGMP without ENABLE keeps its memberships: the new owner is told of them.
        igmp, owner = Recorder(), Recorder()
        with mgm.Registration(igmp, mgm.IGMP, 1) as igmp_is, mgm.Registration(owner, 100, 1) as owner_is:
            igmp_is.take(1).join(Entry.any_source(GROUP))
            owner.told()
            owner_is.take(1)
            self.assertEqual(owner.told(), [("local_join", Entry.any_source(GROUP), 1)])

    def test_calls_inside_callbacks(self) -> None:
        with mgm.Registration(Recorder(), 100, 1) as other:
            lan = other.take(1)
            seen: list[int] = []

            def counts(name: str, _: Any) -> None:
                seen.append(len(list(mine.groups())))

            mine = mgm.Registration(Recorder(counts), 101, 1)
            lan.join(Entry.any_source(GROUP))
            self.assertEqual(seen, [1])
            mine.close()

    def test_ends_inside_its_own_callback(self) -> None:
        with mgm.Registration(Recorder(), 100, 1) as other:
            lan = other.take(1)
            mine = mgm.Registration(Recorder(lambda *_: mine.close()), 101, 1)
            lan.join(Entry.any_source(GROUP))
            gc.collect()
            self.assertEqual(host.counters().clients, 1)
            lan.leave(Entry.any_source(GROUP))

    def test_kept_alive(self) -> None:
        heard: list[str] = []
        protocol = Recorder(lambda name, _: heard.append(name))
        registration = mgm.Registration(protocol, 100, 1)
        registration.take(1)
        del protocol, registration
        gc.collect()
        host.add_route("10.0.0.0/24", 1)
        packet(1, SOURCE, GROUP)
        self.assertIn("rpf", heard)
        mgm._client._end_all()
        self.assertEqual(host.counters().clients, 0)

    def test_callbacks_on_many_threads(self) -> None:
        # The GIL is given up in calls: a callback of another thread runs meanwhile.
        together = threading.Barrier(2, timeout=30)

        def meets(name: str, _: Any) -> None:
            if name == "rpf":
                together.wait()

        with mgm.Registration(Recorder(meets), 100, 1) as protocol, self.assertNoLogs("mgm"):
            protocol.take(1)
            host.add_route("10.0.0.0/24", 1)
            threads = [
                threading.Thread(target=packet, args=(1, SOURCE, IPv4Address(f"239.1.1.{n}"))) for n in (1, 2)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(len(list(mgm.mfes())), 2)

    def test_stress(self) -> None:
        def work(n: int) -> None:
            for i in range(100):
                with mgm.Registration(Recorder(), 200 + n, 1) as protocol:
                    lan = protocol.take(10 + n)
                    lan.join(Entry.any_source(f"239.1.{n}.{i}"))

        with self.assertNoLogs("mgm"):
            threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(host.counters().clients, 0)


class Handles(WithManager):
    def test_errors(self) -> None:
        with mgm.Registration(Recorder(), 100, 1) as protocol:
            with self.assertRaises(mgm.AlreadyExists):
                mgm.Registration(Recorder(), 100, 1)
            with self.assertRaises(mgm.InvalidParameter):
                protocol.take(0)
            lan = protocol.take(1)
            with self.assertRaises(mgm.AlreadyExists):
                protocol.take(1)
            with self.assertRaisesRegex(LookupError, "MgmDeleteGroupMembershipEntry: ERROR_NOT_FOUND"):
                lan.leave(Entry.any_source(GROUP))
            with self.assertRaises(ValueError):
                lan.join(Entry(IPv4Network("10.0.0.1/32")))
            with self.assertRaises(mgm.NotFound) as raised:
                mgm.owner(2)
            self.assertEqual(raised.exception.code, 1168)
            with self.assertRaises(mgm.NotFound):
                mgm.mfe(SOURCE, GROUP)
            with self.assertRaises(mgm.NotFound):
                protocol.set_upstream(SOURCE, GROUP, SOURCE)
            with self.assertRaises(mgm.CanNotComplete):
                host.stop()
            with self.assertRaises(mgm.AlreadyExists):
                host.start()
            with self.assertRaises(mgm.InvalidParameter):
                host.receive(1, b"")
            self.assertEqual(mgm.owner(1), mgm.Owner(100, 1))
            with self.assertRaises(TypeError):
                mgm.mfe(0x0100000A, GROUP)  # type: ignore[arg-type]
        with self.assertRaises(TypeError):
            mgm.Registration(object(), 100, 1)  # type: ignore[arg-type]
        self.assertTrue(host.version().startswith("0."))

    def test_closed(self) -> None:
        protocol = mgm.Registration(Recorder(), 100, 1)
        with protocol.take(1) as first:
            pass
        lan = protocol.take(1)
        groups = protocol.groups()
        lan.join(Entry.any_source(GROUP))
        protocol.close()  # with its interface
        protocol.close()
        lan.release()
        first.release()
        calls: list[Callable[[], object]] = [
            lambda: lan.join(Entry.any_source(GROUP)),
            lambda: first.leave(Entry.any_source(GROUP)),
            lambda: protocol.take(1),
            lambda: protocol.groups(),
            lambda: next(groups),
        ]
        for call in calls:
            with self.assertRaises(mgm.InvalidParameter):
                call()
        self.assertEqual(list(groups), [])

    def test_a_child_ends_nothing_of_its_parent(self) -> None:
        with mgm.Registration(Recorder(), 100, 1) as protocol:
            lan = protocol.take(1)
            child = os.fork()
            if child == 0:
                lan.release()
                protocol.close()
                mgm._client._end_all()
                counters = host.counters()
                os._exit(0 if (counters.clients, counters.interfaces) == (1, 1) else 1)
            self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_the_end_of_the_interpreter(self) -> None:
        program = (
            "import mgm, sys\n"
            "mgm.host.set_log(lambda level, line: print(line))\n"
            "mgm.host.start(mgm.host.Forwarder.MEMORY, log_level=mgm.host.LogLevel.INFO)\n"
            "class P(mgm.Protocol):\n"
            "    def prune(self, alert): print('pruned')\n"
            "one = mgm.Registration(P(), 100, 1)\n"
            "two = mgm.Registration(P(), 101, 1)\n"
            "for n, each in enumerate((one, two)):\n"
            "    each.take(1 + n).join(mgm.Entry.any_source('239.1.1.1'))\n"
        )
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        self.assertIn("memory", ran.stdout)
        self.assertIn("pruned", ran.stdout)


class Enumerations(WithManager):
    def test_groups(self) -> None:
        with mgm.Registration(Recorder(), 100, 1) as protocol:
            lan, lan2 = protocol.take(1), protocol.take(2)
            all_groups = [IPv4Address("239.0.0.1") + n for n in range(2500)]
            for group in all_groups:
                lan.join(Entry.any_source(group))
            one = Entry.from_source(SOURCE, all_groups[0])
            wide = Entry(group=IPv4Network("239.64.0.0/10"))
            lan2.join(one)
            lan2.join(wide)
            every = list(protocol.groups())
            self.assertEqual(len(every), 2502)
            self.assertEqual(set(every), {one, wide, *map(Entry.any_source, all_groups)})
            once = [entry.group for entry in protocol.groups(mgm.GroupKind.ANY_SOURCE)]
            self.assertEqual(len(once), 2501)
            self.assertEqual(set(once), {wide.group, *map(IPv4Network, all_groups)})
            unfinished = protocol.groups()
            self.assertIn(next(unfinished), every)
            unfinished.close()
            self.assertEqual(len(list(unfinished)), 1023)  # what was read

    def test_mfes(self) -> None:
        self.assertEqual(list(mgm.mfes()), [])
        host.add_route("10.0.0.0/24", 1)
        with mgm.Registration(Recorder(), 100, 1) as protocol:
            protocol.take(1)
            lans = [protocol.take(10 + n) for n in range(30)]
            groups = [IPv4Address("239.0.1.0") + n for n in range(300)]
            for group in reversed(groups):
                for lan in lans:
                    lan.join(Entry.any_source(group))
                packet(1, SOURCE, group)
            for statistics in (False, True):
                every = list(mgm.mfes(statistics=statistics))
                self.assertEqual([each.group for each in every], groups)
                for each in every:
                    self.assertEqual((each.source, each.iif, each.iif_protocol), (SOURCE, 1, 100))
                    self.assertEqual((each.route, each.route_protocol), (IPv4Network("10.0.0.0/24"), 3))
                    self.assertEqual([oif.interface.index for oif in each.oifs], list(range(10, 40)))
                    self.assertEqual(each.expiry_time, 900)
            packet(1, SOURCE, groups[0])
            packet(12, SOURCE, groups[0])
            counted = mgm.mfe(SOURCE, groups[0], statistics=True)
            self.assertEqual(counted.statistics, mgm.Statistics(3, 60, 1, 0))
            self.assertEqual({oif.packets for oif in counted.oifs}, {2})
            protocol.set_upstream(SOURCE, groups[0], "10.0.0.7")
            self.assertEqual(str(mgm.mfe(SOURCE, groups[0]).upstream), "10.0.0.7")
            host.advance_clock(1801)
            host.advance_clock(1801)
            self.assertEqual(list(mgm.mfes()), [])
            host.delete_route("10.0.0.0/24")
            with self.assertRaises(mgm.NotFound):
                host.delete_route("10.0.0.0/24")


class TheLibrary(unittest.TestCase):
    def test_there_is_one(self) -> None:
        """And it is the one that the wheel carries, where the test expects that."""
        with open("/proc/self/maps") as maps:
            loaded = {line.split()[-1] for line in maps if "librtm" in line}
        self.assertEqual(len(loaded), 1)
        if os.environ.get("MGM_TEST_WHEEL"):
            self.assertEqual(os.path.dirname(loaded.pop()), os.path.dirname(mgm.__file__))

    def test_one_that_is_loaded_is_used(self) -> None:
        program = (
            "import ctypes, os, shutil, sys, tempfile\n"
            "with tempfile.TemporaryDirectory() as d:\n"
            "    copy = shutil.copy(sys.argv[1], d + '/librtm.so.1')\n"
            "    ctypes.CDLL(copy)\n"
            "    import mgm\n"
            "    maps = open('/proc/self/maps').read()\n"
            "    assert len({l.split()[-1] for l in maps.splitlines() if 'librtm' in l}) == 1\n"
        )
        with open("/proc/self/maps") as maps:
            library = next(line.split()[-1] for line in maps if "librtm" in line)
        subprocess.run([sys.executable, "-c", program, library], check=True, timeout=60)


if __name__ == "__main__":
    unittest.main()
