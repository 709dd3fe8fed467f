//! What the counters of a whole kernel table cost by one netlink dump, against one
//! SIOCGETSGCNT for each entry: why statistics are read the second way.
//!
//! In a network namespace of its own, with or without root. The dump is only received here,
//! not parsed; a dump is of the whole table, so where a caller wants a part of it the ratio
//! is worse by as much. `cargo bench --bench mfc_statistics`.

#[cfg(target_os = "linux")]
mod common;

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(target_os = "linux")]
mod linux {
    use super::common::{ROUNDS, Target, alternate, nanoseconds_each, sized};
    use std::io::Error;

    const TABLES: [u32; 6] = [100, 1_000, 5_000, 10_000, 30_000, 100_000];

    const MRT_INIT: i32 = 200;
    const MRT_ADD_MFC: i32 = 204;
    const SIOCGETSGCNT: u32 = 0x89E1;
    /// The size of struct mfcctl.
    const MFC: usize = 60;

    pub fn main() {
        if !own_namespace() {
            println!("# skipped: no network namespace: {}", Error::last_os_error());
            return;
        }
        let (table, netlink) = (socket(libc::AF_INET, libc::IPPROTO_IGMP), socket(libc::AF_NETLINK, 0));
        set(table, MRT_INIT, &1i32.to_ne_bytes());
        let mut entries = 0;
        for &size in sized(&TABLES[..], &TABLES[..2]) {
            for number in entries..size {
                let mut mfc = [0u8; MFC];
                mfc[..8].copy_from_slice(&flow(number));
                set(table, MRT_ADD_MFC, &mfc);
            }
            entries = size;
            let each = size as usize;
            let dump = || nanoseconds_each(each, || dump(netlink));
            let one_by_one = || nanoseconds_each(each, || (0..size).for_each(|number| count(table, number)));
            alternate(ROUNDS, dump, one_by_one).print_ratio(
                &format!("counters of {size} entries: a netlink dump against one SIOCGETSGCNT for each"),
                Target::None,
                "ns",
            );
        }
    }

    fn own_namespace() -> bool {
        // SAFETY: unshare takes flags, and there is one thread.
        unsafe {
            libc::unshare(libc::CLONE_NEWNET) == 0 || libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNET) == 0
        }
    }

    fn socket(family: i32, protocol: i32) -> i32 {
        // SAFETY: socket takes integers. It is open until the program ends.
        let fd = unsafe { libc::socket(family, libc::SOCK_RAW, protocol) };
        assert!(fd >= 0, "{}", Error::last_os_error());
        fd
    }

    fn set(fd: i32, name: i32, value: &[u8]) {
        // SAFETY: the kernel reads the value within its length.
        let result = unsafe { libc::setsockopt(fd, 0, name, value.as_ptr().cast(), value.len() as u32) };
        assert_eq!(result, 0, "{}", Error::last_os_error());
    }

    /// Source and group, network byte order.
    fn flow(number: u32) -> [u8; 8] {
        let (source, group) = ((0x0A00_0001 + number % 200).to_be_bytes(), (0xEF00_0000 + number / 200).to_be_bytes());
        [source[0], source[1], source[2], source[3], group[0], group[1], group[2], group[3]]
    }

    fn count(fd: i32, number: u32) {
        // struct sioc_sg_req: source, group, three counters.
        let mut request = [0u64; 4];
        request[0] = u64::from_ne_bytes(flow(number));
        // SAFETY: the kernel reads and writes a struct sioc_sg_req, at most 32 bytes.
        let result = unsafe { libc::ioctl(fd, SIOCGETSGCNT as _, request.as_mut_ptr()) };
        assert_eq!(result, 0, "{}", Error::last_os_error());
    }

    fn dump(fd: i32) {
        // nlmsghdr: RTM_GETROUTE (26), request and dump; rtmsg: family RTNL_FAMILY_IPMR.
        let mut request = [0u8; 28];
        request[..4].copy_from_slice(&28u32.to_ne_bytes());
        request[4..6].copy_from_slice(&26u16.to_ne_bytes());
        request[6..8].copy_from_slice(&0x301u16.to_ne_bytes());
        request[16] = 128;
        let mut buffer = vec![0u8; 32 * 1024];
        // SAFETY: both calls stay within the buffers' lengths.
        unsafe {
            assert_eq!(libc::send(fd, request.as_ptr().cast(), request.len(), 0), 28);
            loop {
                let length = libc::recv(fd, buffer.as_mut_ptr().cast(), buffer.len(), 0);
                assert!(length >= 16, "{}", Error::last_os_error());
                // NLMSG_DONE comes at the end of the last datagram, alone or behind others.
                let (mut at, length) = (0, length as usize);
                while at + 16 <= length {
                    let kind = u16::from_ne_bytes([buffer[at + 4], buffer[at + 5]]);
                    assert_ne!(kind, 2, "the kernel refuses the dump");
                    if kind == 3 {
                        return;
                    }
                    let bytes = [buffer[at], buffer[at + 1], buffer[at + 2], buffer[at + 3]];
                    at += (u32::from_ne_bytes(bytes) as usize).next_multiple_of(4).max(16);
                }
            }
        }
    }
}
