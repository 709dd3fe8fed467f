//! The kernel's settings and counters that /proc shows as text.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, OwnedFd};

use super::OutOfMemory;
use crate::kernel::procfs::{Path, number, open, read};

/// /proc/net/netstat has about 4 KiB; what is longer is cut.
const BUFFER: usize = 16 * 1024;

/// The files below /proc, or below another directory in tests: a kernel that lacks an
/// option lacks files.
pub(super) struct Settings {
    root: Option<OwnedFd>,
    buffer: Vec<u8>,
}

impl Settings {
    /// Those of the system.
    pub(super) fn open() -> Result<Self, OutOfMemory> {
        Self::below(c"/proc")
    }

    /// Those in a directory that is laid out like /proc.
    pub(super) fn below(root: &CStr) -> Result<Self, OutOfMemory> {
        let mut buffer = Vec::new();
        buffer.try_reserve_exact(BUFFER).map_err(|_| OutOfMemory)?;
        buffer.resize(BUFFER, 0);
        Ok(Self { root: open(None, root, libc::O_DIRECTORY).ok(), buffer })
    }

    /// Whether there is a /proc with network settings at all.
    pub(super) fn are_readable(&self) -> bool {
        self.file(c"sys/net/ipv4/ip_forward").is_some()
    }

    /// Whether the kernel can route multicast (CONFIG_IP_MROUTE).
    pub(super) fn has_multicast_routing(&self) -> bool {
        self.file(c"thread-self/net/ip_mr_vif").is_some()
    }

    /// Whether the kernel can join groups (CONFIG_IP_MULTICAST).
    pub(super) fn has_ip_multicast(&self) -> bool {
        self.file(c"thread-self/net/igmp").is_some()
    }

    /// net.ipv4.ip_forward.
    pub(super) fn ip_forward(&mut self) -> Option<u32> {
        self.number(c"sys/net/ipv4/ip_forward")
    }

    /// net.ipv4.conf.INTERFACE.SETTING; the interface may be "all".
    pub(super) fn interface(&mut self, interface: &[u8], setting: &str) -> Option<u32> {
        let mut path = Path::new();
        path.text(b"sys/net/ipv4/conf/").text(interface).text(b"/").text(setting.as_bytes());
        self.number(path.c_str())
    }

    /// The reverse path filter that is in force on an interface: the larger of its own
    /// and that of "all". 0 off, 1 strict, 2 loose.
    pub(super) fn rp_filter(&mut self, interface: &[u8]) -> u32 {
        let all = self.interface(b"all", "rp_filter").unwrap_or(0);
        self.interface(interface, "rp_filter").unwrap_or(0).max(all)
    }

    /// Packets of this network namespace that a reverse path filter dropped, ever.
    pub(super) fn rp_filter_drops(&mut self) -> u64 {
        let text = self.read(c"thread-self/net/netstat").unwrap_or(&[]);
        counter(text, b"TcpExt:", b"IPReversePathFilter").unwrap_or(0)
    }

    fn file(&self, path: &CStr) -> Option<OwnedFd> {
        open(Some(self.root.as_ref()?), path, 0).ok()
    }

    fn read(&mut self, path: &CStr) -> Option<&[u8]> {
        let file = self.file(path)?;
        let mut length = 0;
        loop {
            match read(file.as_raw_fd(), &mut self.buffer[length..]) {
                0 => return Some(&self.buffer[..length]),
                more => length += more,
            }
        }
    }

    fn number(&mut self, path: &CStr) -> Option<u32> {
        number(self.read(path)?.trim_ascii())
    }
}

/// A counter in the form of /proc/net/netstat and snmp: a line of names and a line of
/// values, both beginning with the name of the group.
fn counter(text: &[u8], group: &[u8], name: &[u8]) -> Option<u64> {
    let mut lines = text.split(|&byte| byte == b'\n').filter_map(|line| line.strip_prefix(group));
    let names = lines.next()?;
    let values = lines.next()?;
    let at = split(names).position(|word| word == name)?;
    let value = split(values).nth(at)?;
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn split(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::ffi::CString;
    use std::fs;
    use std::path::{Path, PathBuf};

    /// A directory laid out like /proc, gone with its end.
    pub(in crate::kernel::diagnosis) struct Simulated(PathBuf);

    impl Simulated {
        pub(in crate::kernel::diagnosis) fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let root = std::env::temp_dir().join(format!("mgm-proc-{}-{name}", std::process::id()));
            for (path, text) in files {
                let path = root.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Self(root)
        }

        pub(in crate::kernel::diagnosis) fn settings(&self) -> Settings {
            let Ok(settings) = Settings::below(&path_of(&self.0)) else { panic!("no memory") };
            settings
        }
    }

    impl Drop for Simulated {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn path_of(path: &Path) -> CString {
        CString::new(path.to_str().unwrap()).unwrap()
    }

    #[test]
    fn settings_are_numbers_and_what_is_not_there_is_none() {
        let proc = Simulated::new(
            "settings",
            &[
                ("sys/net/ipv4/ip_forward", "1\n"),
                ("sys/net/ipv4/conf/all/rp_filter", "1\n"),
                ("sys/net/ipv4/conf/eth0/rp_filter", "2\n"),
                ("sys/net/ipv4/conf/eth0.7/rp_filter", "0\n"),
                ("sys/net/ipv4/conf/eth0/mc_forwarding", "-1\n"),
                ("sys/net/ipv4/conf/eth0/forwarding", ""),
                ("thread-self/net/igmp", "Idx\n"),
            ],
        );
        let mut settings = proc.settings();
        assert!(settings.are_readable() && settings.has_ip_multicast() && !settings.has_multicast_routing());
        assert_eq!(settings.ip_forward(), Some(1));
        assert_eq!(settings.rp_filter(b"eth0"), 2);
        assert_eq!(settings.rp_filter(b"eth0.7"), 1);
        assert_eq!(settings.rp_filter(b"none"), 1);
        assert_eq!(settings.interface(b"eth0", "mc_forwarding"), None);
        assert_eq!(settings.interface(b"eth0", "forwarding"), None);
        assert_eq!(settings.interface(&[b'x'; 200], "forwarding"), None);
        assert_eq!(settings.rp_filter_drops(), 0);
        let mut none = Settings::below(c"/nonexistent").unwrap_or_else(|_| panic!("no memory"));
        assert!(!none.are_readable());
        assert_eq!(none.ip_forward(), None);
    }

    #[test]
    fn counters_of_a_cut_or_odd_file_do_no_harm() {
        let text: &[u8] =
            b"TcpExt: SyncookiesSent IPReversePathFilter Other\nTcpExt: 1 18446744073709551615 3\nIpExt: A\nIpExt: 9\n";
        assert_eq!(counter(text, b"TcpExt:", b"IPReversePathFilter"), Some(u64::MAX));
        assert_eq!(counter(text, b"TcpExt:", b"Other"), Some(3));
        assert_eq!(counter(text, b"IpExt:", b"A"), Some(9));
        assert_eq!(counter(text, b"IpExt:", b"Other"), None);
        assert_eq!(counter(text, b"Nobody:", b"A"), None);
        for end in 0..text.len() {
            let value = counter(&text[..end], b"TcpExt:", b"Other");
            assert!(value.is_none_or(|value| value == 3), "{end}");
        }
        assert_eq!(counter(b"TcpExt: A B\nTcpExt: 1\n", b"TcpExt:", b"B"), None);
        assert_eq!(counter(b"TcpExt: A\nTcpExt: -1\n", b"TcpExt:", b"A"), None);
        assert_eq!(counter(b"TcpExt: A\nTcpExt: \xFF\n", b"TcpExt:", b"A"), None);
    }
}
