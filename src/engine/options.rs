//! What a host program, or the environment of an unchanged one, chooses.

use super::{
    environment::variable,
    log::{Level, Log},
};
use crate::manager::DEFAULT_MAX_MFES;
use std::{ffi::CStr, ops::Range};

/// The kernel's default multicast routing table (RT_TABLE_DEFAULT).
const DEFAULT_TABLE: u32 = 253;
/// The ids of tables that the kernel takes.
const TABLES: Range<u32> = 1..1_000_000_000;

/// Which forwarder there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ForwarderKind {
    /// Counts in memory.
    Memory,
    /// Routes in the Linux kernel.
    Linux,
    /// Does what the program's own does ([`Engine::set_forwarder`](super::Engine::set_forwarder)).
    Own,
}

/// How the manager is started.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// The forwarder.
    pub forwarder: ForwarderKind,
    /// The kernel's multicast routing table, 1 to 999,999,999.
    pub table: u32,
    /// The kernel's unicast routing table in which alone routes towards sources are looked
    /// up (254 is the main one); 0: as the kernel's rules say. The memory forwarder has
    /// its own routes.
    pub rpf_table: u32,
    /// How much is logged.
    pub log_level: Level,
    /// The clock stands still unless the host advances it.
    pub manual_clock: bool,
    /// The most MFEs there may be, not 0.
    pub max_entries: u32,
    /// What others put into the kernel's table stays.
    pub keep_foreign: bool,
}

/// What there is without a choice: the memory forwarder, the kernel's default table,
/// warnings, the system's clock, a million MFEs. Reads no environment.
impl Default for Options {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Options {
    const DEFAULT: Self = Self {
        forwarder: ForwarderKind::Memory,
        table: DEFAULT_TABLE,
        rpf_table: 0,
        log_level: Level::Warn,
        manual_clock: false,
        max_entries: DEFAULT_MAX_MFES,
        keep_foreign: false,
    };

    /// Whether each option is in its range.
    pub(super) fn are_valid(&self) -> bool {
        TABLES.contains(&self.table) && self.max_entries > 0
    }

    /// What MGM_FORWARDER, MGM_TABLE, MGM_RPF_TABLE, MGM_LOG and MGM_FOREIGN say. A value that means nothing
    /// counts as unset, with a warning.
    pub(super) fn from_environment(log: &mut Log) -> Self {
        let mut options = Self::DEFAULT;
        let mut read = |name: &CStr, expected: &str, set: &mut dyn FnMut(&str) -> Option<()>| {
            let Some(value) = variable(name) else { return };
            if value.to_str().ok().and_then(set).is_none() {
                let (name, value) = (Text(name), Text(&value));
                log.add(Level::Warn, format_args!("{name}={value} means nothing and is ignored: expected {expected}"));
            }
        };
        read(c"MGM_LOG", "off, error, warn, info or debug", &mut |value| {
            options.log_level = Level::from_name(value)?;
            Some(())
        });
        read(c"MGM_FORWARDER", "memory or linux", &mut |value| {
            options.forwarder = match value {
                "memory" => ForwarderKind::Memory,
                "linux" => ForwarderKind::Linux,
                _ => return None,
            };
            Some(())
        });
        read(c"MGM_TABLE", "a kernel table id from 1 to 999999999", &mut |value| {
            options.table = value.parse().ok().filter(|table| TABLES.contains(table))?;
            Some(())
        });
        read(c"MGM_FOREIGN", "remove or keep", &mut |value| {
            options.keep_foreign = match value {
                "remove" => false,
                "keep" => true,
                _ => return None,
            };
            Some(())
        });
        read(c"MGM_RPF_TABLE", "a kernel table id from 1 to 4294967295", &mut |value| {
            options.rpf_table = value.parse().ok().filter(|&table| table > 0)?;
            Some(())
        });
        options
    }
}

/// Whether the environment chooses a forwarder.
pub(super) fn environment_chooses_forwarder() -> bool {
    variable(c"MGM_FORWARDER").is_some()
}

/// Shows what is readable of a C string.
pub(super) struct Text<'a>(pub(super) &'a CStr);

impl std::fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.to_str().unwrap_or("(not UTF-8)"))
    }
}
