//! The Linux kernel as a forwarder, through a multicast routing table of its own.
//!
//! Pairs that share an interface index share one VIF, so an oif on the iif's
//! device cannot work and is left out. The kernel counts nothing per oif.

use super::{Arrival, EntryStatistics, Forwarder, ForwarderError, InterfaceKey, Route};
pub use crate::kernel::events::{EventBatch, Events, WaitResult};
use crate::kernel::mroute::{MrouteSocket, Oifs};
use crate::kernel::routes::RouteSocket;
use crate::kernel::sys::SysError;
use crate::kernel::uapi::MAXVIFS;
use crate::kernel::vifs::VifSlots;
use crate::kernel::wake::WakeSource;
pub use crate::kernel::wake::Waker;
use crate::kernel::{holder, sys};

/// One kernel table and the means to ask for routes.
///
/// Works in the network namespace of the thread that opened it. After
/// [`open`](Self::open) nothing here allocates.
pub struct Linux {
    mroute: MrouteSocket,
    routes: RouteSocket,
    wake: WakeSource,
    vifs: VifSlots,
}

impl Linux {
    /// Takes the kernel's multicast routing table `table` (253 is the default one;
    /// others are made) and empties it.
    ///
    /// # Errors
    /// [`ForwarderError::TableInUse`] when another socket has the table, with its
    /// process where /proc shows it; [`ForwarderError::NotPermitted`] without
    /// CAP_NET_ADMIN or CAP_NET_RAW; [`ForwarderError::NotSupported`] when the
    /// kernel cannot route multicast; [`ForwarderError::OutOfMemory`].
    pub fn open(table: u32) -> Result<Self, ForwarderError> {
        let mroute = MrouteSocket::open(table).map_err(|error| match error.errno {
            libc::EADDRINUSE => ForwarderError::TableInUse { table, holder: holder::find() },
            _ => error.into(),
        })?;
        Ok(Self { mroute, routes: RouteSocket::open()?, wake: WakeSource::acquire()?, vifs: VifSlots::new() })
    }

    /// The kernel's events, to be moved to the thread that waits for them. Must be
    /// called in the network namespace of `open`, and once: two readers would take
    /// each other's packets. Route changes count from here on.
    ///
    /// # Errors
    /// [`ForwarderError::OutOfMemory`], or the system's error (no descriptors).
    pub fn events(&self) -> Result<Events, ForwarderError> {
        Ok(Events::open(&self.mroute, &self.wake)?)
    }

    /// A handle that ends the wait of this forwarder's [`Events`] from any thread.
    pub fn waker(&self) -> Waker {
        self.wake.waker()
    }

    /// Gives the table back. When this returns the kernel has no VIF and no entry
    /// of it any more, and a wait on its [`Events`] has been woken. Whatever is
    /// asked for afterwards fails. Dropping does the same.
    pub fn stop(&mut self) {
        self.mroute.close();
        self.wake.waker().wake();
    }

    /// Adds the VIFs again that the kernel deleted together with their interface,
    /// where an interface with that index is back (one that went to another
    /// namespace and returned keeps its index). Returns how many. To be called on
    /// [`Event::RoutesChanged`](super::Event::RoutesChanged) for 0/0.
    pub fn restore_interfaces(&mut self) -> usize {
        self.vifs
            .used()
            .filter(|&(vif, if_index)| !self.mroute.vif_exists(vif) && self.mroute.add_vif(vif, if_index).is_ok())
            .count()
    }

    fn add_vif(&mut self, if_index: u32) -> Result<usize, ForwarderError> {
        for vif in self.vifs.free() {
            match self.mroute.add_vif(vif, if_index) {
                Ok(()) => return Ok(vif),
                // A privileged process beside us has put its own VIF there.
                Err(error) if error.errno == libc::EADDRINUSE => {}
                Err(error) => return Err(vif_error(error, if_index)),
            }
        }
        if !sys::interface_exists(if_index) {
            return Err(ForwarderError::NoSuchInterface);
        }
        Err(ForwarderError::NoFreeVif(MAXVIFS))
    }
}

impl Drop for Linux {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Forwarder for Linux {
    fn open_interface(&mut self, interface: InterfaceKey) -> Result<(), ForwarderError> {
        let if_index = interface.if_index;
        if if_index == 0 {
            return Err(ForwarderError::NoSuchInterface);
        }
        if let Some(vif) = self.vifs.find(if_index) {
            if !self.mroute.vif_exists(vif) {
                self.mroute.add_vif(vif, if_index).map_err(|error| vif_error(error, if_index))?;
            }
            self.vifs.share(vif);
            return Ok(());
        }
        let vif = self.add_vif(if_index)?;
        self.vifs.take(vif, if_index);
        Ok(())
    }

    fn close_interface(&mut self, interface: InterfaceKey) {
        let Some(vif) = self.vifs.find(interface.if_index) else {
            return;
        };
        if self.vifs.leave(vif) {
            // The kernel may have deleted it with its interface.
            let _ = self.mroute.del_vif(vif);
        }
    }

    fn set_threshold(&mut self, if_index: u32, ttl: u8) {
        self.vifs.set_threshold(if_index, ttl);
    }

    fn install(
        &mut self,
        source: u32,
        group: u32,
        iif: InterfaceKey,
        oifs: &mut dyn Iterator<Item = InterfaceKey>,
    ) -> Result<(), ForwarderError> {
        let mut wanted = Oifs::none();
        let parent = self.vifs.find(iif.if_index);
        let vif = match parent {
            Some(parent) => {
                for oif in oifs {
                    if let Some(vif) = self.vifs.find(oif.if_index).filter(|&vif| vif != parent) {
                        wanted.add(vif, self.vifs.threshold(vif));
                    }
                }
                parent
            }
            // An entry with a parent that does not exist ends the upcalls for its
            // packets; they count as wrong-interface ones, reported each 3 s. With
            // all slots taken any parent will do: there are no oifs.
            None => self.vifs.unused().unwrap_or(MAXVIFS - 1),
        };
        Ok(self.mroute.add_mfc(source, group, vif, &wanted)?)
    }

    fn remove(&mut self, source: u32, group: u32) {
        // ENOENT: it is not there, as wished.
        let _ = self.mroute.del_mfc(source, group);
    }

    fn route(&mut self, source: u32) -> Result<Option<Route>, ForwarderError> {
        Ok(self.routes.lookup(source)?)
    }

    /// On 32-bit systems the kernel's counters wrap at 2^32. It does not count the
    /// queue's overflow: 0.
    fn statistics(&mut self, source: u32, group: u32) -> EntryStatistics {
        self.mroute.counters(source, group).map_or_else(EntryStatistics::default, |counters| EntryStatistics {
            packets: counters.packets,
            bytes: counters.bytes,
            wrong_interface: counters.wrong_interface,
            queue_overflow: 0,
        })
    }

    fn arrival(&self, vif: u16) -> Option<Arrival> {
        let if_index = self.vifs.interface(usize::from(vif))?;
        Some(Arrival { if_index, next_hop: None })
    }
}

/// Why a VIF could not be added: the kernel says EADDRNOTAVAIL both for an index
/// without an interface and for an interface without IPv4.
fn vif_error(error: SysError, if_index: u32) -> ForwarderError {
    match error.errno {
        libc::ENFILE => ForwarderError::NoFreeVif(MAXVIFS),
        libc::ENODEV | libc::EADDRNOTAVAIL if !sys::interface_exists(if_index) => ForwarderError::NoSuchInterface,
        libc::ENODEV | libc::EADDRNOTAVAIL => {
            ForwarderError::System { errno: error.errno, doing: "adding a VIF for an interface without IPv4" }
        }
        _ => error.into(),
    }
}

impl From<SysError> for ForwarderError {
    fn from(error: SysError) -> Self {
        match error.errno {
            libc::EPERM | libc::EACCES => Self::NotPermitted,
            libc::ENOPROTOOPT | libc::EPROTONOSUPPORT | libc::EAFNOSUPPORT => Self::NotSupported("CONFIG_IP_MROUTE"),
            libc::ENOBUFS | libc::ENOMEM => Self::OutOfMemory,
            errno => Self::System { errno, doing: error.doing },
        }
    }
}
