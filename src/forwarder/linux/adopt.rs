//! Taking a table over from another process, with its VIFs and entries, and leaving it to
//! another. Packets are forwarded all the while.

use std::os::fd::{AsFd, FromRawFd, IntoRawFd, OwnedFd};

use super::{Foreign, Linux, TableReader};
use crate::forwarder::{ForwarderError, Unfit};
use crate::kernel::mroute::{MrouteSocket, Oifs};
use crate::kernel::sys;
use crate::kernel::table::{Entry, TableSocket};
use crate::kernel::uapi::MAXVIFS;
use crate::kernel::vifs::VifSlots;

/// A descriptor that another process hands over, or gets.
pub type Descriptor = OwnedFd;

/// Duplicates somebody's descriptor.
///
/// # Errors
/// [`ForwarderError::HandedOver`] when it is not open; the system's: no more descriptors.
pub fn duplicate(number: i32) -> Result<Descriptor, ForwarderError> {
    match sys::duplicate_number(number, "duplicating the descriptor that was handed over") {
        Err(error) if error.errno == libc::EBADF => Err(ForwarderError::HandedOver(Unfit::NotOpen)),
        duplicate => Ok(duplicate?),
    }
}

/// Makes a descriptor ours, and has it closed on exec.
///
/// # Errors
/// It is not open.
///
/// # Safety
/// Nobody else owns it.
pub unsafe fn own(number: i32) -> Result<Descriptor, Unfit> {
    // SAFETY: fcntl with F_SETFD takes integers.
    if unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) } < 0 {
        return Err(Unfit::NotOpen);
    }
    // SAFETY: it is open, and nobody else's by the caller's promise.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// The number of a descriptor, which is the caller's to close.
pub fn into_number(descriptor: Descriptor) -> i32 {
    descriptor.into_raw_fd()
}

/// An entry of another process that goes on forwarding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AdoptedEntry {
    /// The source.
    pub source: u32,
    /// The group.
    pub group: u32,
    /// It is not there yet: packets wait for it. The other process may have had its report.
    pub unresolved: bool,
    /// Its packets less the wrong-interface ones, when it was read.
    pub good: u64,
    /// The VIF it takes packets from, if there is one.
    parent: Option<u8>,
    /// A bit for each VIF it sends to.
    oifs: u32,
}

impl AdoptedEntry {
    fn new(entry: &Entry, unresolved: bool, mroute: &MrouteSocket, vifs: &mut VifSlots) -> Self {
        let mut oifs = 0;
        for &(if_index, ttl) in entry.oifs() {
            if let Some(vif) = vifs.find(if_index) {
                oifs |= 1 << vif;
                // What the other process has set; ours comes with the take.
                vifs.set_threshold(if_index, ttl);
            }
        }
        let counters = mroute.counters(entry.source, entry.group);
        Self {
            source: entry.source,
            group: entry.group,
            unresolved,
            good: counters.map_or(0, |counters| counters.packets.wrapping_sub(counters.wrong_interface)),
            parent: vifs.find(entry.iif).map(|vif| vif as u8),
            oifs,
        }
    }
}

impl Linux {
    /// Goes on with a table that another process has opened and does not use any more:
    /// `socket` is a duplicate of its multicast routing socket. Gives the entries too, in
    /// (group, source) order, also those that packets wait for.
    ///
    /// Until [`settle`](Self::settle) dropping this leaves the table alone.
    ///
    /// # Errors
    /// [`ForwarderError::HandedOver`] when it is another descriptor, or its socket does
    /// not own this table in this namespace (any more); those of [`open`](Self::open).
    pub fn adopt(socket: impl AsFd, table: u32, foreign: Foreign) -> Result<(Self, Vec<AdoptedEntry>), ForwarderError> {
        let socket = sys::duplicate(&socket, "duplicating the socket that was handed over")?;
        let mut questions = TableSocket::open(table)?;
        let mroute = MrouteSocket::adopt(socket, &mut questions)?;
        let (mut vifs, mut adopted_vifs) = (VifSlots::new(), 0);
        for (vif, &if_index) in questions.vifs()?.iter().enumerate() {
            // Of two for one interface, which are not of our making, the first will do.
            if if_index != 0 && vifs.find(if_index).is_none() {
                vifs.take(vif, if_index);
                adopted_vifs |= 1 << vif;
            }
        }
        let mut reader = TableReader { socket: TableSocket::open_for_dumps(table)? };
        let (mut entries, mut fits, mut more) = (Vec::new(), true, true);
        reader.socket.start()?;
        while more {
            more = reader.socket.next_with_unresolved(|entry, unresolved| {
                // Those of others are dealt with as such.
                if entry.is_static || entry.source == 0 {
                    return;
                }
                fits = fits && entries.try_reserve(1).is_ok();
                if fits {
                    entries.push(AdoptedEntry::new(entry, unresolved, &mroute, &mut vifs));
                }
            })?;
        }
        if !fits {
            return Err(ForwarderError::OutOfMemory);
        }
        entries.sort_unstable_by_key(|entry| (entry.group, entry.source));
        let mut linux = Self::of(mroute, questions, reader, table, foreign)?;
        (linux.vifs, linux.adopted_vifs) = (vifs, adopted_vifs);
        Ok((linux, entries))
    }

    /// From now on the table is emptied when this is dropped.
    pub fn settle(&mut self) {
        self.mroute.settle();
    }

    /// Another descriptor of the table's socket, for another process. As long as somebody
    /// has one the table outlives this process, but not [`stop`](Self::stop).
    ///
    /// # Errors
    /// The system's: no more descriptors.
    pub fn share(&self) -> Result<Descriptor, ForwarderError> {
        Ok(self.mroute.reader()?)
    }

    /// Leaves the table as it is to whoever has a descriptor from [`share`](Self::share).
    /// Whatever is asked for afterwards fails; a wait on its [`Events`](super::Events)
    /// has been woken.
    pub fn detach(&mut self) {
        self.mroute.detach();
        self.wake.waker().wake();
    }

    /// The interface that an adopted entry takes packets from, if there is one.
    pub fn adopted_iif(&self, entry: &AdoptedEntry) -> Option<u32> {
        entry.parent.and_then(|vif| self.vifs.interface(usize::from(vif)))
    }

    /// Lets an adopted entry send to an interface, or ends that, without a gap for the rest.
    ///
    /// # Errors
    /// The system's; then nothing has changed.
    pub fn change_adopted(
        &mut self,
        entry: &mut AdoptedEntry,
        if_index: u32,
        sends: bool,
    ) -> Result<(), ForwarderError> {
        let Some(vif) = self.vifs.find(if_index) else { return Ok(()) };
        let Some(parent) = entry.parent.map(usize::from).filter(|&parent| parent != vif) else { return Ok(()) };
        let oifs = if sends { entry.oifs | 1 << vif } else { entry.oifs & !(1 << vif) };
        if oifs != entry.oifs {
            let mut list = Oifs::none();
            for vif in slots(oifs) {
                list.add(vif, self.vifs.threshold(vif));
            }
            self.mroute.add_mfc(entry.source, entry.group, parent, &list)?;
            entry.oifs = oifs;
        }
        Ok(())
    }

    /// Ends the adoption: deletes the adopted VIFs whose interface nobody has opened. No entry may name them
    /// any more.
    pub fn drop_adopted_interfaces(&mut self) {
        let adopted = std::mem::take(&mut self.adopted_vifs);
        for vif in slots(adopted) {
            if self.vifs.leave(vif) {
                // The kernel may have deleted it with its interface.
                let _ = self.mroute.del_vif(vif);
            }
        }
    }
}

/// The slots whose bits are set.
fn slots(mask: u32) -> impl Iterator<Item = usize> {
    const { assert!(MAXVIFS == u32::BITS as usize) };
    (0..MAXVIFS).filter(move |vif| mask & 1 << vif != 0)
}
