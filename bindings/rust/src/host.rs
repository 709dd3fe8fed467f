//! For the program that holds the manager: start and stop it, and feed its memory forwarder
//! in tests. A program that calls none of it gets a manager that its first registration
//! starts, with what the environment says (`MGM_FORWARDER=linux` for the kernel's).
//!
//! mgmhost.h has more: thresholds, boundaries, diagnosis, restart without loss.
//!
//! ```
//! use mgm::{Entry, Prefix, Protocol, Registration, State, host};
//! use std::net::Ipv4Addr;
//!
//! struct Nothing;
//! impl Protocol for Nothing {}
//!
//! host::start(&host::Options::new().forwarder(host::Forwarder::Memory))?;
//! let (source, group) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(239, 1, 1, 1));
//! let sources = Prefix::new(Ipv4Addr::new(10, 0, 0, 0), 24);
//! host::add_route(host::Route { network: sources, index: 1, gateway: Ipv4Addr::UNSPECIFIED, protocol: 3 })?;
//!
//! let protocol = Registration::new(Nothing, mgm::protocol_id(100), 1)?;
//! let (wan, lan) = (protocol.take(1)?, protocol.take(2)?);
//! lan.join(Entry::any_source(group), State::Join)?;
//! // The header of an empty packet from 10.0.0.1 to 239.1.1.1.
//! let packet = [0x45, 0, 0, 20, 0, 0, 0, 0, 8, 17, 0xB8, 0xD6, 10, 0, 0, 1, 239, 1, 1, 1];
//! host::receive(1, &packet)?;
//! assert_eq!(mgm::mfe(source, group)?.oifs[0].interface, lan.interface());
//! assert_eq!(host::counters().forwarded, 1);
//!
//! drop((wan, lan, protocol));
//! host::stop()?;
//! # Ok::<(), mgm::Error>(())
//! ```

use crate::{Error, Interface, Prefix, sys, types::network};
use std::{
    ffi::{CStr, c_char, c_void},
    net::Ipv4Addr,
    panic::catch_unwind,
    time::Duration,
};

/// Who forwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forwarder {
    /// Nobody: packets and routes come from [`receive`] and [`add_route`], and are counted.
    Memory,
    /// The Linux kernel. Needs CAP_NET_ADMIN and CAP_NET_RAW.
    Linux,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What did not work.
    Error,
    /// What may be wrong.
    Warn,
    /// What was chosen, started and stopped.
    Info,
    /// Everything.
    Debug,
}

/// How the manager is started.
#[derive(Debug, Clone)]
pub struct Options(sys::HostOptions);

impl Options {
    /// The defaults, changed by what the environment says.
    pub fn new() -> Self {
        let mut options = sys::HostOptions { size: size_of::<sys::HostOptions>() as u32, ..Default::default() };
        // SAFETY: the pointer is to a structure of the size it says.
        // It fails for a bad size alone.
        unsafe { sys::MgmHostGetDefaultOptions(&mut options) };
        Self(options)
    }

    /// Chooses the forwarder.
    #[must_use]
    pub fn forwarder(mut self, forwarder: Forwarder) -> Self {
        self.0.forwarder = forwarder as u32;
        self
    }

    /// Chooses the kernel's multicast routing table; 0 is the default, 253.
    #[must_use]
    pub fn table(mut self, table: u32) -> Self {
        self.0.table = table;
        self
    }

    /// Chooses how much is logged.
    #[must_use]
    pub fn log_level(mut self, level: LogLevel) -> Self {
        self.0.log_level = level as u32;
        self
    }

    /// Makes the clock stand still but for [`advance_clock`].
    #[must_use]
    pub fn manual_clock(mut self) -> Self {
        self.0.clock = 1;
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

/// Starts the manager (`MgmHostStart`).
///
/// # Errors
/// [`Error::AlreadyExists`] where it is started, [`Error::InvalidParameter`] for a bad option,
/// [`Error::CanNotComplete`] where the forwarder cannot be used: the log says why.
pub fn start(options: &Options) -> Result<(), Error> {
    let mut options = options.0;
    // SAFETY: the pointer is to a structure of the size it says.
    Error::check(unsafe { sys::MgmHostStart(&mut options) })
}

/// Stops the manager (`MgmHostStop`); no error where it is not started.
///
/// # Errors
/// [`Error::CanNotComplete`] while a protocol is registered.
pub fn stop() -> Result<(), Error> {
    // SAFETY: has no arguments.
    Error::check(unsafe { sys::MgmHostStop() })
}

/// The version of the library.
pub fn version() -> &'static str {
    // SAFETY: mgmhost.h: a static text.
    unsafe { CStr::from_ptr(sys::MgmHostGetVersion()) }.to_str().unwrap_or("")
}

/// Gets the lines of the log: on any thread, also on two at the same time.
pub type Log = fn(LogLevel, &str);

unsafe extern "system" fn log_line(context: *mut c_void, level: u32, message: *const c_char) {
    // SAFETY: set_log gave the address of a function of this type.
    let log = unsafe { std::mem::transmute::<*mut c_void, Log>(context) };
    // SAFETY: mgmhost.h: a text that ends with NUL, good until the return.
    let message = unsafe { CStr::from_ptr(message) }.to_string_lossy();
    let level = match level {
        1 => LogLevel::Error,
        2 => LogLevel::Warn,
        3 => LogLevel::Info,
        _ => LogLevel::Debug,
    };
    if let Err(payload) = catch_unwind(|| log(level, &message)) {
        std::mem::forget(payload); // its drop might panic
    }
}

/// Says where the log goes (`MgmHostSetLog`): standard error by default and with `None`.
///
/// # Errors
/// [`Error::CanNotComplete`].
pub fn set_log(log: Option<Log>) -> Result<(), Error> {
    let (callback, context) = match log {
        Some(log) => (Some(log_line as sys::LogCallback), log as *mut c_void),
        None => (None, std::ptr::null_mut()),
    };
    // SAFETY: the callback is as mgmhost.h declares it and takes this context.
    Error::check(unsafe { sys::MgmHostSetLog(callback, context) })
}

/// A route of the memory forwarder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The network of sources.
    pub network: Prefix,
    /// The index of the interface towards them.
    pub index: u32,
    /// The gateway; 0.0.0.0 when the network is on the link.
    pub gateway: Ipv4Addr,
    /// Who made the route, as the MIB numbers it: 2 local, 3 static.
    pub protocol: u32,
}

impl Route {
    fn to_c(self) -> sys::HostRoute {
        sys::HostRoute {
            network: network(self.network.address),
            mask: self.network.mask(),
            index: self.index,
            gateway: network(self.gateway),
            protocol: self.protocol,
        }
    }
}

/// Adds a route to the memory forwarder, or replaces the one of this network.
///
/// # Errors
/// [`Error::InvalidParameter`] for address bits beyond the prefix or index 0,
/// [`Error::CanNotComplete`] with another forwarder.
pub fn add_route(route: Route) -> Result<(), Error> {
    // SAFETY: the pointer is to a variable.
    Error::check(unsafe { sys::MgmHostAddRoute(&mut route.to_c()) })
}

/// Deletes the route of a network from the memory forwarder.
///
/// # Errors
/// [`Error::NotFound`] where there is none; as [`add_route`].
pub fn delete_route(network: Prefix) -> Result<(), Error> {
    let route = Route { network, index: 0, gateway: Ipv4Addr::UNSPECIFIED, protocol: 0 };
    // SAFETY: the pointer is to a variable.
    Error::check(unsafe { sys::MgmHostDeleteRoute(&mut route.to_c()) })
}

/// Tells the memory forwarder that an IPv4 multicast packet arrived.
///
/// # Errors
/// [`Error::InvalidParameter`] for no such packet, [`Error::CanNotComplete`] with another
/// forwarder.
pub fn receive(interface: impl Into<Interface>, packet: &[u8]) -> Result<(), Error> {
    let interface = interface.into();
    let size = u32::try_from(packet.len()).map_err(|_| Error::InvalidParameter)?;
    // SAFETY: `size` is that of the packet, which is only read.
    Error::check(unsafe {
        sys::MgmHostReceivePacket(interface.index, network(interface.next_hop), packet.as_ptr().cast_mut(), size)
    })
}

/// Moves a manual clock; what falls due runs before it returns.
///
/// # Errors
/// [`Error::CanNotComplete`] where the clock is not manual, [`Error::InvalidParameter`] for
/// more than 2^32 ms.
pub fn advance_clock(by: Duration) -> Result<(), Error> {
    let milliseconds = u32::try_from(by.as_millis()).map_err(|_| Error::InvalidParameter)?;
    // SAFETY: takes any value.
    Error::check(unsafe { sys::MgmHostAdvanceClock(milliseconds) })
}

/// Some of what the manager counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    /// Registered protocols, now.
    pub clients: u32,
    /// Interfaces that somebody holds, now.
    pub interfaces: u32,
    /// Memberships, now.
    pub memberships: u32,
    /// MFEs, now.
    pub entries: u32,
    /// Packets that found no MFE.
    pub without_entry: u64,
    /// Packets sent out of at least one interface; 0 but with the memory forwarder.
    pub forwarded: u64,
    /// Packets dropped.
    pub dropped: u64,
}

/// Reads the counters (`MgmHostGetCounters`).
pub fn counters() -> Counters {
    let mut counters = sys::HostCounters { size: size_of::<sys::HostCounters>() as u32, ..Default::default() };
    // SAFETY: the pointer is to a structure of the size it says.
    // It fails for a bad size alone.
    unsafe { sys::MgmHostGetCounters(&mut counters) };
    Counters {
        clients: counters.clients,
        interfaces: counters.interfaces,
        memberships: counters.memberships,
        entries: counters.entries,
        without_entry: counters.without_entry,
        forwarded: counters.forwarded,
        dropped: counters.dropped,
    }
}
