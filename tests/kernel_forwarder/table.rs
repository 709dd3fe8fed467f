//! The table, its VIFs and its entries.
//!
//! ```text
//!   table ── a0 ══ a1     (more pairs in single tests)
//! ```

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use rtm::forwarder::linux::Linux;
use rtm::forwarder::{Forwarder, ForwarderError, InterfaceKey};

use crate::namespace::{in_namespace, index, ip, rows};

const DEFAULT: u32 = 253;
const SOURCE: u32 = 0x0A00_0002;
const GROUP: u32 = 0xEF01_0101;

const MRT_INIT: i32 = 200;
const MRT_ADD_VIF: i32 = 202;
const MRT_ADD_MFC: i32 = 204;

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
        let mut vif = [0u8; 16];
        vif[2] = 8;
        vif[8..12].copy_from_slice(&index("a0").to_ne_bytes());
        let mut entry = [0u8; 60];
        entry[0..4].copy_from_slice(&SOURCE.to_be_bytes());
        entry[4..8].copy_from_slice(&GROUP.to_be_bytes());
        // SAFETY: the descriptor is new and ours; the options read the arrays
        // within their lengths.
        unsafe {
            let fd = libc::socket(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_IGMP);
            let fd = OwnedFd::from_raw_fd(fd);
            for (option, value) in [(MRT_ADD_VIF, &vif[..]), (MRT_ADD_MFC, &entry[..])] {
                let result = libc::setsockopt(
                    fd.as_raw_fd(),
                    libc::IPPROTO_IP,
                    option,
                    value.as_ptr().cast(),
                    value.len() as u32,
                );
                assert_eq!(result, 0, "{}", std::io::Error::last_os_error());
            }
        }
        assert_eq!(rows("ip_mr_vif").len(), 1);
        assert_eq!(rows("ip_mr_cache").len(), 1);
        let _linux = Linux::open(DEFAULT).unwrap();
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
        ip("link del a0");
        assert_eq!(rows("ip_mr_vif"), [""; 0]);
        assert_eq!(linux.restore_interfaces(), 0);
        let gone = linux.open_interface(pair(50, 1));
        assert_eq!(gone, Err(ForwarderError::NoSuchInterface));
        ip(make);
        // Another pair of the interface, and then the rest.
        linux.open_interface(pair(50, 1)).unwrap();
        assert_eq!(rows("ip_mr_vif").len(), 1);
        assert_eq!(linux.restore_interfaces(), 1);
        assert_eq!(linux.restore_interfaces(), 0);
        assert_eq!(rows("ip_mr_vif").len(), 2);
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
