//! The Linux kernel as a forwarder, through a multicast routing table of its own.
//!
//! Pairs that share an interface index share one VIF, so an oif on the iif's
//! device cannot work and is left out. The kernel counts nothing per oif.
//!
//! An interface that is deleted takes its VIF along. Its slot stays with it as long as
//! somebody holds the interface, and no entry names the slot until it is back.

mod adopt;

pub use adopt::{AdoptedEntry, Descriptor, duplicate, into_number, own};

pub use super::table::{Checked, Foreign, Found};
use super::{Arrival, EntryStatistics, Forwarder, ForwarderError, InterfaceKey, Route};
pub(crate) use crate::kernel::diagnosis;
pub use crate::kernel::events::{BATCH, EventBatch, Events, WaitResult};
use crate::kernel::mroute::{MrouteSocket, Oifs};
use crate::kernel::routes::RouteSocket;
use crate::kernel::rpf_table::RpfTable;
use crate::kernel::sys::SysError;
use crate::kernel::table::{Entry, TableSocket};
use crate::kernel::uapi::MAXVIFS;
use crate::kernel::vifs::{State, VifSlots};
use crate::kernel::wake::WakeSource;
pub use crate::kernel::wake::Waker;
use crate::kernel::{holder, sys};

/// Foreign entries that are counted when the table is taken: reading takes longer the
/// more there are.
const COUNTED: usize = 20_000;

/// What a look at the VIFs found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct VifChanges {
    /// Slots whose VIF is there again, or is the right one again.
    pub repaired: u32,
    /// VIFs of others that were removed.
    pub foreign: u32,
    gone: [u32; MAXVIFS],
    back: [u32; MAXVIFS],
}

impl VifChanges {
    /// The interfaces that have gone and were there before.
    pub fn gone(&self) -> impl Iterator<Item = u32> + use<> {
        self.gone.into_iter().filter(|&index| index != 0)
    }

    /// The interfaces that are back: entries may lack them.
    pub fn back(&self) -> impl Iterator<Item = u32> + use<> {
        self.back.into_iter().filter(|&index| index != 0)
    }
}

/// All entries of a table, read without the forwarder.
pub struct TableReader {
    socket: TableSocket,
}

impl TableReader {
    /// Begins anew.
    ///
    /// # Errors
    /// The system's.
    pub fn start(&mut self) -> Result<(), ForwarderError> {
        Ok(self.socket.start()?)
    }

    /// Hands out source and group of the next hundred entries or so; whether there may
    /// be more.
    ///
    /// # Errors
    /// The system's; then [`Self::start`] has to follow.
    pub fn next(&mut self, mut each: impl FnMut(u32, u32)) -> Result<bool, ForwarderError> {
        Ok(self.socket.next(|entry| each(entry.source, entry.group))?)
    }
}

/// One kernel table and the means to ask for routes.
///
/// Works in the network namespace of the thread that opened it. After
/// [`open`](Self::open) nothing here allocates, but for a routing table that is kept.
pub struct Linux {
    mroute: MrouteSocket,
    routes: RouteSocket,
    table: TableSocket,
    reader: Option<TableReader>,
    rpf: Option<RpfTable>,
    wake: WakeSource,
    vifs: VifSlots,
    id: u32,
    foreign: Foreign,
    found: Found,
    /// The VIFs that another process made and handed over: a bit for each slot.
    adopted_vifs: u32,
}

/// An entry in the kernel's terms.
struct Shape {
    /// `None`: a parent that is no VIF.
    parent: Option<usize>,
    oifs: Oifs,
}

impl Linux {
    /// Takes a table with [`open_with`](Self::open_with) and empties it.
    ///
    /// # Errors
    /// Those.
    pub fn open(table: u32) -> Result<Self, ForwarderError> {
        Self::open_with(table, Foreign::Remove)
    }

    /// Takes the kernel's multicast routing table `table` (253 is the default one;
    /// others are made), and empties it or keeps what others have put there.
    ///
    /// What is kept is cut down to the interfaces it has a VIF for: slots are numbers,
    /// and a number without a VIF would become another interface's. An entry without
    /// such an iif forwards nothing and is removed.
    ///
    /// # Errors
    /// [`ForwarderError::TableInUse`] when another socket has the table, with its
    /// process where /proc shows it; [`ForwarderError::NotPermitted`] without
    /// CAP_NET_ADMIN or CAP_NET_RAW; [`ForwarderError::NotSupported`] when the
    /// kernel cannot route multicast; [`ForwarderError::OutOfMemory`].
    pub fn open_with(table: u32, foreign: Foreign) -> Result<Self, ForwarderError> {
        let socket = TableSocket::open(table)?;
        let reader = TableReader { socket: TableSocket::open_for_dumps(table)? };
        // Before it is taken: from then on static entries forward again.
        let found = match survey(table) {
            Err(error) if error.errno == libc::ENOMEM => return Err(error.into()),
            // What cannot be read is not told.
            found => found.unwrap_or_default(),
        };
        let mroute = MrouteSocket::open(table).map_err(|error| match error.errno {
            libc::EADDRINUSE => ForwarderError::TableInUse { table, holder: holder::find() },
            _ => error.into(),
        })?;
        if foreign == Foreign::Remove {
            mroute.flush();
        }
        let mut linux = Self::of(mroute, socket, reader, table, foreign)?;
        linux.found = found;
        linux.cut_foreign()?;
        Ok(linux)
    }

    /// Of a table's sockets.
    fn of(
        mroute: MrouteSocket,
        table: TableSocket,
        reader: TableReader,
        id: u32,
        foreign: Foreign,
    ) -> Result<Self, ForwarderError> {
        Ok(Self {
            mroute,
            routes: RouteSocket::open()?,
            table,
            reader: Some(reader),
            rpf: None,
            wake: WakeSource::acquire()?,
            vifs: VifSlots::new(),
            id,
            foreign,
            found: Found::default(),
            adopted_vifs: 0,
        })
    }

    /// What was in the table when it was taken.
    pub fn found(&self) -> Found {
        self.found
    }

    /// What happens to what others make.
    pub fn foreign(&self) -> Foreign {
        self.foreign
    }

    /// Looks routes up in this unicast table of the kernel (254 is the main one), and
    /// nowhere else, instead of by its rules. A source that is an address of the host
    /// is still found on the interface that holds it. To be called before
    /// [`events`](Self::events).
    ///
    /// # Errors
    /// [`ForwarderError::OutOfMemory`]: the table is kept in memory. The system's error.
    pub fn use_rpf_table(&mut self, table: u32) -> Result<(), ForwarderError> {
        self.rpf = Some(RpfTable::open(table)?);
        Ok(())
    }

    /// Reads changes of that table. [`Forwarder::route`] knows them when this returns.
    /// To be called on [`Event::RpfTableChanged`](super::Event::RpfTableChanged), which
    /// comes again while there is more.
    ///
    /// # Errors
    /// [`ForwarderError::OutOfMemory`], the system's error: what was known stays, and it
    /// is to be tried again.
    pub fn refresh_routes(&mut self) -> Result<(), ForwarderError> {
        match &mut self.rpf {
            Some(table) => Ok(table.refresh()?),
            None => Ok(()),
        }
    }

    /// Network and prefix length of routes that [`refresh_routes`](Self::refresh_routes)
    /// found changed; each is told once.
    pub fn take_route_change(&mut self) -> Option<(u32, u8)> {
        let prefix = self.rpf.as_mut()?.take_change()?;
        Some((prefix.network, prefix.length))
    }

    /// The kernel's events, to be moved to the thread that waits for them. Must be
    /// called in the network namespace of `open`, and once: two readers would take
    /// each other's packets. Changes of routes, interfaces and entries count from here on.
    ///
    /// # Errors
    /// [`ForwarderError::OutOfMemory`], or the system's error (no descriptors).
    pub fn events(&self) -> Result<Events, ForwarderError> {
        Ok(Events::open(&self.mroute, self.id, self.rpf.as_ref(), &self.wake)?)
    }

    /// How many reports of packets without an entry the kernel keeps until they are read,
    /// where that is fewer than wanted: net.core.rmem_max limits processes that lack
    /// CAP_NET_ADMIN in the first user namespace.
    pub fn few_reports_kept(&self) -> Option<u32> {
        self.mroute.short_buffer()
    }

    /// A handle that ends the wait of this forwarder's [`Events`] from any thread.
    pub fn waker(&self) -> Waker {
        self.wake.waker()
    }

    /// Gives the table back. When this returns the kernel has no VIF and no entry
    /// of it any more, and a wait on its [`Events`] has been woken. Whatever is
    /// asked for afterwards fails. Dropping does the same.
    pub fn stop(&mut self) {
        // What others made would stay behind.
        if self.foreign == Foreign::Remove {
            self.mroute.flush();
        }
        self.mroute.close();
        self.wake.waker().wake();
    }

    /// Lends the means to read the whole table, which takes long and is done without
    /// the forwarder; `None` while somebody has it.
    pub fn take_reader(&mut self) -> Option<TableReader> {
        self.reader.take()
    }

    /// Takes the reader back.
    pub fn give_reader(&mut self, reader: TableReader) {
        self.reader = Some(reader);
    }

    /// An interface has gone: its VIF is not used any more until it is back. True when
    /// it was used before; entries that name the interface are then to be installed anew.
    pub fn interface_gone(&mut self, if_index: u32) -> bool {
        let Some(vif) = self.vifs.usable(if_index) else { return false };
        // One of the same index may be there by now, and taken.
        if self.mroute.vif_exists(vif) {
            return false;
        }
        self.vifs.set_state(vif, State::Gone);
        true
    }

    /// Gives an interface that is back (one that went to another namespace and
    /// returned keeps its index) its VIF again. True when entries that name it have to
    /// be installed anew.
    pub fn restore_interface(&mut self, if_index: u32) -> bool {
        let Some(vif) = self.vifs.find(if_index) else { return false };
        let back = match self.vifs.state(vif) {
            State::There => false,
            State::Gone => self.put_vif(vif, if_index).is_ok(),
            State::Back => true,
        };
        if back {
            self.vifs.set_state(vif, State::There);
        }
        back
    }

    /// Compares the VIFs with those that should be there, and puts them right.
    ///
    /// # Errors
    /// The system's, when they cannot be read.
    pub fn check_interfaces(&mut self) -> Result<VifChanges, ForwarderError> {
        let there = self.table.vifs()?;
        let mut changes = VifChanges::default();
        for (vif, &kernel) in there.iter().enumerate() {
            match self.vifs.interface(vif) {
                Some(if_index) if if_index == kernel && self.vifs.state(vif) == State::There => {}
                Some(if_index) if if_index == kernel => {
                    self.vifs.set_state(vif, State::There);
                    changes.back[vif] = if_index;
                }
                Some(if_index) => {
                    if kernel != 0 {
                        let _ = self.mroute.del_vif(vif);
                    }
                    match (self.put_vif(vif, if_index), self.vifs.state(vif)) {
                        (Ok(()), State::There) => changes.repaired += 1,
                        (Ok(()), _) => {
                            self.vifs.set_state(vif, State::There);
                            changes.back[vif] = if_index;
                        }
                        (Err(_), State::Gone) => {}
                        (Err(_), _) => {
                            self.vifs.set_state(vif, State::Gone);
                            changes.gone[vif] = if_index;
                        }
                    }
                }
                // A second VIF of an interface takes the first one's packets.
                None if kernel != 0 && (self.foreign == Foreign::Remove || self.vifs.find(kernel).is_some()) => {
                    changes.foreign += 1;
                    let _ = self.mroute.del_vif(vif);
                }
                None => {}
            }
        }
        Ok(changes)
    }

    /// Compares the kernel's entry for a flow with the wanted one, its iif and oifs, and
    /// puts it right. `None`: there should be no entry.
    ///
    /// # Errors
    /// The system's, also when it could not be put right.
    pub fn check(
        &mut self,
        source: u32,
        group: u32,
        wanted: Option<(InterfaceKey, &mut dyn Iterator<Item = InterfaceKey>)>,
    ) -> Result<Checked, ForwarderError> {
        let there = self.table.entry(source, group)?;
        let Some((iif, oifs)) = wanted else {
            if there.is_none() {
                return Ok(Checked::Right);
            }
            if self.foreign == Foreign::Remove {
                self.remove_foreign(source, group);
            }
            return Ok(Checked::Foreign);
        };
        let shape = self.shape(iif, oifs);
        match there {
            Some(entry) if !entry.is_static && self.is_like(&entry, &shape) => return Ok(Checked::Right),
            // It would stay theirs, and outlive us.
            Some(entry) if entry.is_static => self.remove(source, group),
            _ => {}
        }
        self.install_shape(source, group, &shape)?;
        Ok(Checked::Repaired)
    }

    fn is_like(&self, entry: &Entry, shape: &Shape) -> bool {
        let iif = match shape.parent {
            Some(parent) => self.vifs.interface(parent) == Some(entry.iif),
            // Any parent will do where nothing is sent, and its slot may be in use by now.
            None => true,
        };
        let as_wanted =
            |&(if_index, ttl): &(u32, u8)| self.vifs.usable(if_index).is_some_and(|vif| shape.oifs.has(vif, ttl));
        iif && entry.oifs().len() == shape.oifs.count() && entry.oifs().iter().all(as_wanted)
    }

    fn shape(&self, iif: InterfaceKey, oifs: &mut dyn Iterator<Item = InterfaceKey>) -> Shape {
        let mut shape = Shape { parent: self.vifs.usable(iif.if_index), oifs: Oifs::none() };
        if shape.parent.is_some() {
            for oif in oifs {
                if let Some(vif) = self.vifs.usable(oif.if_index).filter(|&vif| Some(vif) != shape.parent) {
                    shape.oifs.add(vif, self.vifs.threshold(vif));
                }
            }
        }
        shape
    }

    fn install_shape(&self, source: u32, group: u32, shape: &Shape) -> Result<(), ForwarderError> {
        // An entry with a parent that does not exist ends the upcalls for its
        // packets; they count as wrong-interface ones, reported each 3 s. With
        // all slots taken any parent will do: there are no oifs.
        let parent = shape.parent.or_else(|| self.vifs.unused()).unwrap_or(MAXVIFS - 1);
        Ok(self.mroute.add_mfc(source, group, parent, &shape.oifs)?)
    }

    /// There may be several entries for any source, one for each iif.
    fn remove_foreign(&mut self, source: u32, group: u32) {
        for _ in 0..=MAXVIFS {
            if self.mroute.del_mfc(source, group).is_err() {
                return;
            }
        }
    }

    /// Cuts kept entries of others down to the VIFs there are, before a slot is given
    /// to an interface that they do not mean.
    fn cut_foreign(&mut self) -> Result<(), ForwarderError> {
        if self.foreign == Foreign::Remove {
            return Ok(());
        }
        let vifs = self.table.vifs()?;
        let slot = |if_index: u32| vifs.iter().position(|&index| index == if_index);
        loop {
            let mroute = &self.mroute;
            let mut blind = [(0, 0); 64];
            let mut count = 0;
            self.table.each(|entry| {
                if !entry.is_static {
                    return;
                }
                let parent = if entry.iif == 0 { None } else { slot(entry.iif) };
                let Some(parent) = parent else {
                    // Not now: deleting would make the reading skip others.
                    if let Some(place) = blind.get_mut(count) {
                        *place = (entry.source, entry.group);
                        count += 1;
                    }
                    return;
                };
                let mut oifs = Oifs::none();
                for &(if_index, ttl) in entry.oifs() {
                    if let Some(vif) = slot(if_index) {
                        oifs.add(vif, ttl);
                    }
                }
                let _ = mroute.change_mfc(entry.source, entry.group, parent, &oifs);
            })?;
            let removed = |&&(source, group): &&(u32, u32)| mroute.del_mfc(source, group).is_ok();
            if blind[..count].iter().filter(removed).count() == 0 {
                return Ok(());
            }
        }
    }

    /// Puts a VIF into its slot, whoever has one there.
    fn put_vif(&mut self, vif: usize, if_index: u32) -> Result<(), SysError> {
        self.vifs.set_foreign(vif, false);
        match self.mroute.add_vif(vif, if_index) {
            Err(error) if error.errno == libc::EADDRINUSE => {
                self.mroute.del_vif(vif)?;
                self.mroute.add_vif(vif, if_index)
            }
            result => result,
        }
    }

    fn add_vif(&mut self, if_index: u32) -> Result<usize, ForwarderError> {
        self.cut_foreign()?;
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

/// What a table holds that nobody here has made.
fn survey(table: u32) -> Result<Found, SysError> {
    // Of its own: not read to the end, it is of no use for anything else.
    let mut socket = TableSocket::open_for_dumps(table)?;
    let interfaces = socket.vifs()?.iter().filter(|&&index| index != 0).count();
    let mut found = Found { interfaces, ..Found::default() };
    socket.start()?;
    found.more = true;
    while found.more && found.entries < COUNTED {
        found.more = socket.next(|entry| {
            if let Some(place) = found.first.get_mut(found.entries) {
                *place = (entry.source, entry.group);
            }
            found.entries += 1;
        })?;
    }
    Ok(found)
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
                self.put_vif(vif, if_index).map_err(|error| vif_error(error, if_index))?;
                // Its return is still to be told, and entries are installed then.
                self.vifs.set_state(vif, State::Back);
            }
            self.vifs.share(vif);
            return Ok(());
        }
        // A second VIF of an interface would take the first one's packets.
        let foreign = match self.foreign {
            Foreign::Keep => self.table.vifs()?.iter().position(|&index| index == if_index),
            Foreign::Remove => None,
        };
        let vif = match foreign {
            Some(vif) => vif,
            None => self.add_vif(if_index)?,
        };
        self.vifs.take(vif, if_index);
        self.vifs.set_foreign(vif, foreign.is_some());
        Ok(())
    }

    fn close_interface(&mut self, interface: InterfaceKey) {
        let Some(vif) = self.vifs.find(interface.if_index) else {
            return;
        };
        let foreign = self.vifs.is_foreign(vif);
        if self.vifs.leave(vif) && !foreign {
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
        let shape = self.shape(iif, oifs);
        self.install_shape(source, group, &shape)
    }

    fn remove(&mut self, source: u32, group: u32) {
        // ENOENT: it is not there, as wished.
        let _ = self.mroute.del_mfc(source, group);
    }

    fn route(&mut self, source: u32) -> Result<Option<Route>, ForwarderError> {
        let Some(table) = &self.rpf else { return Ok(self.routes.lookup(source)?) };
        if let Some(own) = self.routes.own_address(source)? {
            return Ok(Some(own));
        }
        match table.lookup(source) {
            Some(found) => Ok(self.routes.resolve(&found)?),
            None => Ok(None),
        }
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
