//! The table, its VIFs and its entries.
//!
//! ```text
//!   table ── a0 ══ a1     (more pairs in single tests)
//! ```

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use rtm::forwarder::linux::{Checked, EventBatch, Foreign, Linux, TableReader, WaitResult};
use rtm::forwarder::{Event, Forwarder, ForwarderError, InterfaceKey};

use crate::namespace::{in_namespace, index, ip, rows};
use crate::wire::expect;

const DEFAULT: u32 = 253;
const SOURCE: u32 = 0x0A00_0002;
const GROUP: u32 = 0xEF01_0101;

const MRT_INIT: i32 = 200;
const MRT_ADD_VIF: i32 = 202;
const MRT_ADD_MFC: i32 = 204;
const MRT_DEL_MFC: i32 = 205;
const MRT_ADD_MFC_PROXY: i32 = 210;

fn pair(if_index: u32, next_hop: u32) -> InterfaceKey {
    InterfaceKey { if_index, next_hop }
}

fn link(if_index: u32) -> InterfaceKey {
    pair(if_index, 0)
}

fn install(linux: &mut Linux, group: u32, iif: u32, oifs: &[u32]) {
    let mut oifs = oifs.iter().map(|&index| link(index));
    linux.install(SOURCE, group, link(iif), &mut oifs).expect("an entry");
}

/// The (parent, oifs) columns of the entry in /proc/net/ip_mr_cache.
fn entry(group: u32) -> Option<(i32, Vec<String>)> {
    let key = format!("{:08X} {:08X}", group.to_be(), SOURCE.to_be());
    let row = rows("ip_mr_cache").into_iter().find(|row| row.starts_with(&key))?;
    let mut fields = row.split_whitespace().skip(2).map(str::to_owned);
    let parent = fields.next()?.parse().ok()?;
    Some((parent, fields.skip(3).collect()))
}

/// What a socket does that is not the table's owner.
fn foreign(option: i32, value: &[u8]) {
    // SAFETY: the descriptor is new and ours; the option reads the array within its length.
    unsafe {
        let fd = libc::socket(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_IGMP);
        let fd = OwnedFd::from_raw_fd(fd);
        let length = value.len() as u32;
        let result = libc::setsockopt(fd.as_raw_fd(), libc::IPPROTO_IP, option, value.as_ptr().cast(), length);
        assert_eq!(result, 0, "{}", std::io::Error::last_os_error());
    }
}

/// `struct vifctl`
fn foreign_vif(vif: u8, if_index: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..2].copy_from_slice(&u16::from(vif).to_ne_bytes());
    bytes[2] = 8;
    bytes[8..12].copy_from_slice(&if_index.to_ne_bytes());
    bytes
}

/// `struct mfcctl`
fn foreign_entry(source: u32, group: u32, parent: u16, oifs: &[usize]) -> [u8; 60] {
    let mut bytes = [0; 60];
    bytes[0..4].copy_from_slice(&source.to_be_bytes());
    bytes[4..8].copy_from_slice(&group.to_be_bytes());
    bytes[8..10].copy_from_slice(&parent.to_ne_bytes());
    for oif in oifs {
        bytes[10 + oif] = 1;
    }
    bytes
}

fn touched(event: &Event) -> Option<(u32, u32, bool)> {
    match *event {
        Event::EntryChanged { source, group, deleted } => Some((source, group, deleted)),
        _ => None,
    }
}

#[test]
fn what_others_do_to_entries_is_told_and_put_right() {
    in_namespace("table::what_others_do_to_entries_is_told_and_put_right", || {
        ip("link add a0 type veth peer name a1");
        let (a0, a1) = (index("a0"), index("a1"));
        let mut linux = Linux::open(DEFAULT).unwrap();
        let mut events = linux.events().unwrap();
        linux.open_interface(link(a0)).unwrap();
        linux.open_interface(link(a1)).unwrap();
        let mut check = |wanted: bool| {
            let mut oifs = [link(a1)].into_iter();
            let wanted = wanted.then_some((link(a0), &mut oifs as &mut dyn Iterator<Item = InterfaceKey>));
            linux.check(SOURCE, GROUP, wanted).unwrap()
        };
        let right = Some((0, vec!["1:1".to_owned()]));
        assert_eq!(check(false), Checked::Right);
        assert_eq!(check(true), Checked::Repaired);
        assert_eq!(entry(GROUP), right);
        assert_eq!(check(true), Checked::Right);
        // Our own work is not told, what others do is. One of two oifs; another iif; the same.
        for (parent, oifs) in [(0, &[][..]), (0, &[0, 1]), (1, &[1]), (0, &[1])] {
            foreign(MRT_ADD_MFC, &foreign_entry(SOURCE, GROUP, parent, oifs));
            assert_eq!(check(true), Checked::Repaired, "{parent} {oifs:?}");
            assert_eq!(entry(GROUP), right);
            assert_eq!(check(true), Checked::Right);
        }
        foreign(MRT_DEL_MFC, &foreign_entry(SOURCE, GROUP, 0, &[]));
        assert_eq!(check(true), Checked::Repaired);
        assert_eq!(check(false), Checked::Foreign);
        assert_eq!(entry(GROUP), None);
        // Several for any source in one group.
        foreign(MRT_ADD_MFC_PROXY, &foreign_entry(0, GROUP, 0, &[0]));
        foreign(MRT_ADD_MFC_PROXY, &foreign_entry(0, GROUP, 1, &[1]));
        assert_eq!(rows("ip_mr_cache").len(), 2);
        assert_eq!(linux.check(0, GROUP, None), Ok(Checked::Foreign));
        assert_eq!(rows("ip_mr_cache"), [""; 0]);

        // Thresholds belong to the entry; the kernel does not store 255.
        for ttl in [1, 9, 255] {
            linux.set_threshold(a1, ttl);
            for expected in [Checked::Repaired, Checked::Right] {
                let mut oifs = [link(a1)].into_iter();
                assert_eq!(linux.check(SOURCE, GROUP, Some((link(a0), &mut oifs))), Ok(expected), "{ttl}");
            }
        }

        let mut batch = EventBatch::new();
        let quiet = std::time::Duration::ZERO;
        while events.wait(Some(quiet), &mut batch) != WaitResult::TimedOut {}
        install(&mut linux, GROUP, a0, &[a1]);
        install(&mut linux, GROUP, a1, &[a0]);
        let mut lines = Some(());
        // Had those two been told, they would come first.
        let other = || {
            if lines.take().is_some() {
                foreign(MRT_ADD_MFC, &foreign_entry(SOURCE + 1, GROUP, 0, &[]));
            }
        };
        assert_eq!(expect(&mut events, other, touched), (SOURCE + 1, GROUP, false));
        foreign(MRT_DEL_MFC, &foreign_entry(SOURCE, GROUP, 0, &[]));
        assert_eq!(expect(&mut events, || {}, touched), (SOURCE, GROUP, true));
        // Another table's entries are another's affair.
        let mut other = Linux::open(100).unwrap();
        install(&mut other, GROUP + 1, 0, &[]);
        other.remove(SOURCE, GROUP + 1);
        install(&mut linux, GROUP + 2, 0, &[]);
        linux.remove(SOURCE, GROUP + 2);
        assert_eq!(expect(&mut events, || {}, touched), (SOURCE, GROUP + 2, true));
    });
}

#[test]
fn the_table_is_read_to_its_end() {
    in_namespace("table::the_table_is_read_to_its_end", || {
        let mut linux = Linux::open(DEFAULT).unwrap();
        let mut reader = linux.take_reader().unwrap();
        assert!(linux.take_reader().is_none());
        let count = |reader: &mut TableReader, most: usize| {
            let mut sources = std::collections::BTreeSet::new();
            let mut parts = 0;
            reader.start().unwrap();
            while parts < most
                && reader
                    .next(|source, group| {
                        assert_eq!(group, GROUP);
                        sources.insert(source);
                    })
                    .unwrap()
            {
                parts += 1;
            }
            (sources.len(), parts)
        };
        assert_eq!(count(&mut reader, usize::MAX).0, 0);
        for number in 0..3_000 {
            linux.install(SOURCE + number, GROUP, link(0), &mut std::iter::empty()).unwrap();
        }
        let (all, parts) = count(&mut reader, usize::MAX);
        assert!(all == 3_000 && parts > 1, "{all} in {parts}");
        // One that is given up in the middle does not disturb the next.
        assert!(count(&mut reader, 2).0 < 3_000);
        assert_eq!(count(&mut reader, usize::MAX).0, 3_000);
        linux.give_reader(reader);
        assert!(linux.take_reader().is_some());
    });
}

#[test]
fn what_is_kept_leads_to_no_other_interface() {
    in_namespace("table::what_is_kept_leads_to_no_other_interface", || {
        ip("link add a0 type veth peer name a1\nlink add b0 type veth peer name b1");
        let (a0, a1, b0) = (index("a0"), index("a1"), index("b0"));
        foreign(MRT_ADD_VIF, &foreign_vif(4, a0));
        foreign(MRT_ADD_VIF, &foreign_vif(5, a1));
        foreign(MRT_ADD_MFC, &foreign_entry(SOURCE, GROUP, 4, &[0, 1, 5]));
        // More than are removed at once: those whose iif is no VIF.
        for number in 0..200 {
            foreign(MRT_ADD_MFC, &foreign_entry(SOURCE + number, GROUP + 1, 0, &[5]));
        }
        let mut linux = Linux::open_with(DEFAULT, Foreign::Keep).unwrap();
        assert_eq!((linux.found().entries, linux.found().interfaces), (201, 2));
        assert_eq!(rows("ip_mr_cache").len(), 1);
        for if_index in [b0, a1] {
            linux.open_interface(link(if_index)).unwrap();
        }
        // Slot 0 is b0's now, and a1 has the one it had.
        assert_eq!(linux.arrival(0).unwrap().if_index, b0);
        assert_eq!(linux.arrival(5).unwrap().if_index, a1);
        assert_eq!(entry(GROUP), Some((4, vec!["5:1".to_owned()])));
        linux.close_interface(link(a1));
        assert_eq!(rows("ip_mr_vif").len(), 3);
        let changes = linux.check_interfaces().unwrap();
        assert_eq!((changes.foreign, changes.repaired), (0, 0));
        assert_eq!(linux.check(SOURCE, GROUP, None), Ok(Checked::Foreign));
        drop(linux);
        assert_eq!(entry(GROUP), Some((4, vec!["5:1".to_owned()])));
    });
}

#[test]
fn closing_empties_the_table_at_once() {
    in_namespace("table::closing_empties_the_table_at_once", || {
        ip("link add a0 type veth peer name a1");
        let (a0, a1) = (index("a0"), index("a1"));
        for stop in [true, false] {
            let mut linux = Linux::open(DEFAULT).unwrap();
            // Has a duplicate of the socket, which must not keep the table.
            let _events = linux.events().unwrap();
            linux.open_interface(link(a0)).unwrap();
            linux.open_interface(link(a1)).unwrap();
            install(&mut linux, GROUP, a0, &[a1]);
            assert_eq!(rows("ip_mr_vif").len(), 2);
            assert_eq!(rows("ip_mr_cache").len(), 1);
            if stop {
                linux.stop();
                assert_eq!(rows("ip_mr_vif"), [""; 0]);
                assert_eq!(rows("ip_mr_cache"), [""; 0]);
                // A privileged process could go on without the table, for ever.
                let late = linux.install(SOURCE, GROUP, link(a0), &mut std::iter::empty());
                assert!(matches!(late, Err(ForwarderError::System { .. })));
                assert!(linux.open_interface(link(a0)).is_err());
            }
            drop(linux);
            assert_eq!(rows("ip_mr_vif"), [""; 0]);
            assert_eq!(rows("ip_mr_cache"), [""; 0]);
        }
    });
}

#[test]
fn a_second_open_names_the_holder() {
    in_namespace("table::a_second_open_names_the_holder", || {
        let first = Linux::open(DEFAULT).unwrap();
        let own = match Linux::open(DEFAULT).err() {
            Some(ForwarderError::TableInUse { table, holder }) => {
                assert_eq!(table, DEFAULT);
                holder.expect("a holder").0
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(own, std::process::id());
        // Another table is free, and that without a rule that leads to it.
        let other = Linux::open(100).unwrap();
        assert!(matches!(Linux::open(100).err(), Some(ForwarderError::TableInUse { table: 100, .. })));
        drop(first);
        drop(other);

        // A process that inherits the owner's socket: not closed on exec.
        let mut command = Command::new("sleep");
        command.arg("1000");
        // SAFETY: only system calls between fork and exec.
        unsafe {
            command.pre_exec(|| {
                let fd = libc::socket(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_IGMP);
                let on = 1i32;
                let value = (&raw const on).cast();
                if libc::setsockopt(fd, libc::IPPROTO_IP, MRT_INIT, value, 4) != 0 {
                    return Err(std::io::Error::last_os_error());
                }
                Ok(())
            });
        }
        let mut child = command.spawn().expect("a holder");
        let error = Linux::open(DEFAULT).err().expect("the table is taken");
        let text = error.to_string();
        child.kill().unwrap();
        child.wait().unwrap();
        let expected = format!("is held by process {} (sleep)", child.id());
        assert!(text.contains(&expected), "{text}");
        Linux::open(DEFAULT).expect("the table is free again");
    });
}

#[test]
fn without_privileges_the_table_is_refused() {
    in_namespace("table::without_privileges_the_table_is_refused", || {
        drop(Linux::open(DEFAULT).unwrap());
        // struct __user_cap_header_struct, version 3, this thread; no capability.
        let header = [0x2008_0522u32, 0];
        let none = [0u32; 6];
        // SAFETY: the kernel reads both arrays, which have its structures' sizes.
        let result = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), none.as_ptr()) };
        assert_eq!(result, 0);
        let error = Linux::open(DEFAULT).err();
        assert_eq!(error, Some(ForwarderError::NotPermitted));
    });
}

#[test]
fn entries_of_others_are_flushed_when_the_table_is_taken() {
    in_namespace("table::entries_of_others_are_flushed_when_the_table_is_taken", || {
        ip("link add a0 type veth peer name a1");
        // What a socket beside the owner adds is static: closing leaves it.
        foreign(MRT_ADD_VIF, &foreign_vif(0, index("a0")));
        foreign(MRT_ADD_MFC, &foreign_entry(SOURCE, GROUP, 0, &[]));
        assert_eq!(rows("ip_mr_vif").len(), 1);
        assert_eq!(rows("ip_mr_cache").len(), 1);
        let linux = Linux::open(DEFAULT).unwrap();
        let found = linux.found();
        assert_eq!((found.entries, found.more, found.interfaces, found.first[0]), (1, false, 1, (SOURCE, GROUP)));
        assert_eq!(rows("ip_mr_vif"), [""; 0]);
        assert_eq!(rows("ip_mr_cache"), [""; 0]);
    });
}

#[test]
fn pairs_share_a_vif_and_the_33rd_interface_gets_none() {
    in_namespace("table::pairs_share_a_vif_and_the_33rd_interface_gets_none", || {
        let lines: String = (0..17).map(|n| format!("link add a{n} type veth peer name b{n}\n")).collect();
        ip(&lines);
        let all: Vec<u32> = (0..17).flat_map(|n| [index(&format!("a{n}")), index(&format!("b{n}"))]).collect();
        let mut linux = Linux::open(DEFAULT).unwrap();
        for &if_index in &all[..32] {
            linux.open_interface(link(if_index)).unwrap();
            linux.open_interface(pair(if_index, 0x0A00_0001)).unwrap();
        }
        assert_eq!(rows("ip_mr_vif").len(), 32);
        let error = linux.open_interface(link(all[32])).unwrap_err();
        assert_eq!(error, ForwarderError::NoFreeVif(32));
        assert!(error.to_string().contains("no free VIF (32 per table)"));
        // With all slots taken an entry without iif still forwards nothing.
        install(&mut linux, GROUP, 0, &[all[0]]);
        assert_eq!(entry(GROUP).unwrap().1, [""; 0]);

        linux.close_interface(link(all[5]));
        assert_eq!(rows("ip_mr_vif").len(), 32);
        linux.close_interface(pair(all[5], 0x0A00_0001));
        assert_eq!(rows("ip_mr_vif").len(), 31);
        // One that is not open: nothing happens.
        linux.close_interface(link(all[5]));
        assert_eq!(rows("ip_mr_vif").len(), 31);
        linux.open_interface(link(all[32])).unwrap();
        assert_eq!(rows("ip_mr_vif").len(), 32);
        // The slot of the freed one now stands for the new one.
        assert_eq!(linux.arrival(5).unwrap().if_index, all[32]);
        assert_eq!(linux.arrival(0).unwrap().if_index, all[0]);
        assert_eq!(linux.arrival(32), None);
    });
}

#[test]
fn entries_are_installed_replaced_and_removed() {
    in_namespace("table::entries_are_installed_replaced_and_removed", || {
        ip("link add a0 type veth peer name a1\nlink add b0 type veth peer name b1");
        let (a0, a1, b0) = (index("a0"), index("a1"), index("b0"));
        let mut linux = Linux::open(DEFAULT).unwrap();
        for if_index in [a0, a1, b0] {
            linux.open_interface(link(if_index)).unwrap();
        }
        // An oif on the iif's device and one that is not open are left out.
        install(&mut linux, GROUP, a0, &[a0, a1, index("b1"), 0]);
        assert_eq!(entry(GROUP), Some((0, vec!["1:1".to_owned()])));
        install(&mut linux, GROUP, a1, &[a0, b0]);
        let both = vec!["0:1".to_owned(), "2:1".to_owned()];
        assert_eq!(entry(GROUP), Some((1, both)));
        install(&mut linux, GROUP + 1, a1, &[]);
        assert_eq!(entry(GROUP + 1), Some((1, vec![])));
        // No iif, or one that is not open: a parent that is no VIF.
        for iif in [0, index("b1")] {
            install(&mut linux, GROUP, iif, &[a0, a1]);
            let (parent, oifs) = entry(GROUP).unwrap();
            assert!(linux.arrival(parent as u16).is_none(), "{parent}");
            assert!(oifs.is_empty());
        }
        assert_eq!(rows("ip_mr_cache").len(), 2);
        linux.remove(SOURCE, GROUP);
        assert_eq!(entry(GROUP), None);
        linux.remove(SOURCE, GROUP);
        linux.remove(SOURCE, GROUP + 1);
        assert_eq!(rows("ip_mr_cache"), [""; 0]);
        // The kernel itself refuses what is no group.
        let wrong = linux.install(SOURCE, 0x0A00_0001, link(a0), &mut std::iter::empty());
        assert!(matches!(wrong, Err(ForwarderError::System { .. })));
    });
}

#[test]
fn interfaces_that_are_not_there() {
    in_namespace("table::interfaces_that_are_not_there", || {
        let mut linux = Linux::open(DEFAULT).unwrap();
        for if_index in [0, 9999, i32::MAX as u32, u32::MAX] {
            let error = linux.open_interface(link(if_index)).unwrap_err();
            assert_eq!(error, ForwarderError::NoSuchInterface, "{if_index}");
        }
        // Too small for IPv4, so without it: that is another reason.
        ip("link set lo mtu 60");
        let error = linux.open_interface(link(index("lo"))).unwrap_err();
        assert!(error.to_string().contains("without IPv4"), "{error}");
        assert_eq!(rows("ip_mr_vif"), [""; 0]);
    });
}

#[test]
fn a_vif_comes_back_with_its_interface() {
    in_namespace("table::a_vif_comes_back_with_its_interface", || {
        let make = "link add a0 index 50 type veth peer name a1 index 51";
        ip(make);
        let mut linux = Linux::open(DEFAULT).unwrap();
        linux.open_interface(link(50)).unwrap();
        linux.open_interface(link(51)).unwrap();
        install(&mut linux, GROUP, 50, &[51]);
        assert!(!linux.interface_gone(50));
        ip("link del a0");
        assert_eq!(rows("ip_mr_vif"), [""; 0]);
        assert!(linux.interface_gone(50));
        assert!(!linux.interface_gone(50));
        assert!(!linux.interface_gone(77));
        assert!(!linux.restore_interface(50));
        // Before it is known that it is gone, and after.
        for _ in 0..2 {
            install(&mut linux, GROUP, 50, &[51]);
            install(&mut linux, GROUP + 1, 51, &[50]);
            linux.interface_gone(51);
        }
        let gone = linux.open_interface(pair(50, 1));
        assert_eq!(gone, Err(ForwarderError::NoSuchInterface));
        ip(make);
        // Another pair of the interface, and then the rest.
        linux.open_interface(pair(50, 1)).unwrap();
        assert_eq!(rows("ip_mr_vif").len(), 1);
        assert_eq!(entry(GROUP + 1).unwrap().1, [""; 0]);
        assert!(linux.restore_interface(50));
        assert!(!linux.restore_interface(50));
        assert!(linux.restore_interface(51));
        assert_eq!(rows("ip_mr_vif").len(), 2);
        install(&mut linux, GROUP + 1, 51, &[50]);
        assert_eq!(entry(GROUP + 1).unwrap(), (1, vec!["0:1".to_owned()]));
        // Releasing an interface that is gone frees its slot all the same.
        ip("link del a0");
        linux.close_interface(link(51));
        assert_eq!(linux.arrival(1), None);
        linux.close_interface(link(50));
        assert_eq!(linux.arrival(0).unwrap().if_index, 50);
        linux.close_interface(pair(50, 1));
        assert_eq!(linux.arrival(0), None);
    });
}
