//! A table that one process leaves and another takes over.
//!
//! ```text
//!   table ── a0 ══ a1     b0 ══ b1
//! ```

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use rtm::forwarder::linux::{Foreign, Linux};
use rtm::forwarder::{Forwarder, ForwarderError, InterfaceKey, Unfit};

use crate::namespace::{in_namespace, index, ip, rows};

const DEFAULT: u32 = 253;
const SOURCE: u32 = 0x0A00_0002;
const GROUP: u32 = 0xEF01_0000;

fn link(if_index: u32) -> InterfaceKey {
    InterfaceKey { if_index, next_hop: 0 }
}

/// A table with entries from a0 to a1 and b0, and a descriptor of its socket.
fn left_table(table: u32, entries: u32) -> OwnedFd {
    let mut linux = Linux::open(table).unwrap();
    let [a0, a1, b0] = ["a0", "a1", "b0"].map(index);
    for interface in [a0, a1, b0] {
        linux.open_interface(link(interface)).unwrap();
    }
    for group in (0..entries).rev() {
        linux.install(SOURCE, GROUP + group, link(a0), &mut [a1, b0].map(link).into_iter()).unwrap();
    }
    let socket = linux.share().unwrap();
    linux.detach();
    assert!(linux.install(SOURCE, GROUP, link(a0), &mut std::iter::empty()).is_err());
    socket
}

fn links() {
    ip("link add a0 type veth peer name a1");
    ip("link add b0 type veth peer name b1");
}

fn raw_socket(kind: i32, protocol: i32) -> OwnedFd {
    // SAFETY: socket takes integers; the descriptor is new.
    let fd = unsafe { OwnedFd::from_raw_fd(libc::socket(libc::AF_INET, kind, protocol)) };
    assert!(fd.as_raw_fd() >= 0);
    fd
}

#[test]
fn a_large_table_is_taken_over_whole_and_stays_until_it_is_settled() {
    in_namespace("adopt::a_large_table_is_taken_over_whole_and_stays_until_it_is_settled", || {
        links();
        let socket = left_table(DEFAULT, 5_000);
        let before = (rows("ip_mr_vif"), rows("ip_mr_cache"));
        assert_eq!((before.0.len(), before.1.len()), (3, 5_000));
        // A start that fails after this point harms nobody.
        drop(Linux::adopt(socket.as_fd(), DEFAULT, Foreign::Remove).unwrap());
        assert_eq!((rows("ip_mr_vif"), rows("ip_mr_cache")), before);

        let (mut linux, entries) = Linux::adopt(socket.as_fd(), DEFAULT, Foreign::Remove).unwrap();
        linux.settle();
        assert_eq!((rows("ip_mr_vif"), rows("ip_mr_cache")), before);
        let flows = entries.iter().map(|entry| (entry.source, entry.group));
        assert!(flows.eq((0..5_000).map(|group| (SOURCE, GROUP + group))));
        assert!(entries.iter().all(|entry| linux.adopted_iif(entry) == Some(index("a0")) && entry.good == 0));
        // Its socket is the owner's still: what it adds is not left behind.
        linux.install(SOURCE, GROUP + 5_000, link(index("a0")), &mut std::iter::empty()).unwrap();
        drop(linux);
        assert_eq!((rows("ip_mr_vif").len(), rows("ip_mr_cache").len()), (0, 0));
    });
}

#[test]
fn a_vif_is_kept_by_whoever_takes_its_interface() {
    in_namespace("adopt::a_vif_is_kept_by_whoever_takes_its_interface", || {
        links();
        let socket = left_table(DEFAULT, 1);
        let before = rows("ip_mr_vif");
        let (mut linux, mut entries) = Linux::adopt(socket.as_fd(), DEFAULT, Foreign::Remove).unwrap();
        linux.settle();
        let [a0, a1, b0, b1] = ["a0", "a1", "b0", "b1"].map(index);
        linux.open_interface(link(a0)).unwrap();
        linux.open_interface(link(b0)).unwrap();
        linux.close_interface(link(b0));
        assert_eq!(rows("ip_mr_vif"), before);
        linux.open_interface(link(b1)).unwrap();

        let oifs = || rows("ip_mr_cache")[0].split_whitespace().skip(6).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(oifs(), ["1:1", "2:1"]);
        linux.change_adopted(&mut entries[0], b1, true).unwrap();
        assert_eq!(oifs(), ["1:1", "2:1", "3:1"]);
        linux.change_adopted(&mut entries[0], a1, false).unwrap();
        assert_eq!(oifs(), ["2:1", "3:1"]);
        // The incoming interface, and one without a VIF.
        linux.change_adopted(&mut entries[0], a0, true).unwrap();
        linux.change_adopted(&mut entries[0], 77, true).unwrap();
        assert_eq!(oifs(), ["2:1", "3:1"]);

        linux.remove(SOURCE, GROUP);
        linux.drop_adopted_interfaces();
        linux.drop_adopted_interfaces();
        let slots =
            rows("ip_mr_vif").iter().map(|row| row.split_whitespace().next().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(slots, ["0", "3"]);
        linux.close_interface(link(a0));
        linux.close_interface(link(b1));
        assert_eq!(rows("ip_mr_vif"), [""; 0]);
    });
}

#[test]
fn what_does_not_own_the_table_is_refused_and_the_table_stays() {
    in_namespace("adopt::what_does_not_own_the_table_is_refused_and_the_table_stays", || {
        links();
        let refusal = |fd: &OwnedFd| match Linux::adopt(fd.as_fd(), DEFAULT, Foreign::Remove) {
            Err(ForwarderError::HandedOver(unfit)) => unfit,
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("taken over"),
        };
        let unfit = || {
            let file = OwnedFd::from(std::fs::File::open("/dev/null").unwrap());
            assert_eq!(refusal(&file), Unfit::NoSocket);
            assert_eq!(refusal(&raw_socket(libc::SOCK_DGRAM, 0)), Unfit::OtherSocket);
            assert_eq!(refusal(&raw_socket(libc::SOCK_RAW, libc::IPPROTO_ICMP)), Unfit::OtherSocket);
            assert_eq!(refusal(&raw_socket(libc::SOCK_RAW, libc::IPPROTO_IGMP)), Unfit::NotOwner(DEFAULT));
        };
        unfit();
        let other = left_table(100, 1);
        assert_eq!(refusal(&other), Unfit::NotOwner(DEFAULT));
        assert!(Linux::adopt(other.as_fd(), 100, Foreign::Remove).is_ok());

        // With an owner, what others add would outlive it: the check leaves nothing.
        let socket = left_table(DEFAULT, 3);
        let before = (rows("ip_mr_vif"), rows("ip_mr_cache"));
        unfit();
        assert_eq!(refusal(&other), Unfit::NotOwner(DEFAULT));
        assert_eq!((rows("ip_mr_vif"), rows("ip_mr_cache")), before);
        drop(socket);
        assert_eq!(rows("ip_mr_cache"), [""; 0]);

        // A table that was given back.
        let mut linux = Linux::open(DEFAULT).unwrap();
        let late = linux.share().unwrap();
        linux.stop();
        assert_eq!(refusal(&late), Unfit::NotOwner(DEFAULT));
        assert_eq!(rows("ip_mr_cache"), [""; 0]);
    });
}
