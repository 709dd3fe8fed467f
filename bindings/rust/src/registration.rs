use crate::{Entry, Error, GroupKind, Interface, Protocol, State, callbacks, sys, types::network};
use std::{
    net::Ipv4Addr,
    ptr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// What a [`Registration`] and its interfaces hold together.
struct Core {
    /// The library's handle: a number, never an address.
    handle: usize,
    place: usize,
    ended: AtomicBool,
}

impl Core {
    fn handle(&self) -> sys::Handle {
        ptr::without_provenance_mut(self.handle)
    }

    fn end(&self) -> Result<(), Error> {
        // SAFETY: takes any value for a handle.
        Error::check(unsafe { sys::MgmDeRegisterMProtocol(self.handle()) })?;
        self.ended.store(true, Ordering::Relaxed);
        callbacks::leave_place(self.place);
        Ok(())
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if !self.ended.load(Ordering::Relaxed) {
            // Refused if an interface could not be released: callbacks still come then, and
            // their place has to stay.
            let _ = self.end();
        }
    }
}

/// A registered protocol.
///
/// It is deregistered when it is dropped and no [`OwnedInterface`] of it is left; callbacks
/// come until then. Deregistering waits for callbacks that run on other threads: do not drop
/// the last of them with a lock that a callback takes. Dropped inside a callback it does not
/// wait, and its place among the [`MAX_PROTOCOLS`](crate::MAX_PROTOCOLS) is not used again.
///
/// A protocol that keeps its own registration lives until that is taken out of it.
#[must_use = "a registration that is dropped ends"]
pub struct Registration {
    core: Arc<Core>,
}

impl Registration {
    /// Registers a protocol (`MgmRegisterMProtocol`). The first registration starts the
    /// manager, unless [`host::start`](crate::host::start) did.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] where these two ids are registered, [`Error::CanNotComplete`]
    /// where the manager cannot start (its log says why), [`Error::NotEnoughMemory`],
    /// [`Error::TooManyProtocols`].
    pub fn new(protocol: impl Protocol, protocol_id: u32, component_id: u32) -> Result<Self, Error> {
        let restarts_igmp = protocol.restarts_igmp();
        let place = callbacks::take_place(Arc::new(protocol)).ok_or(Error::TooManyProtocols)?;
        let mut config = callbacks::config(place, restarts_igmp);
        let mut handle = ptr::null_mut();
        // SAFETY: both pointers are to variables; the functions in `config` are as mgm.h
        // declares them, and take callbacks on any thread until the handle is dead.
        let code = unsafe { sys::MgmRegisterMProtocol(&mut config, protocol_id, component_id, &mut handle) };
        if let Err(error) = Error::check(code) {
            callbacks::give_back(place);
            return Err(error);
        }
        Ok(Self { core: Arc::new(Core { handle: handle.addr(), place, ended: AtomicBool::new(false) }) })
    }

    /// Takes an interface (`MgmTakeInterfaceOwnership`): the protocol may then join groups on
    /// it.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] where this or another routing protocol has it,
    /// [`Error::InvalidParameter`] for index 0, [`Error::CanNotComplete`] where the forwarder
    /// cannot use it or IGMP is being stopped and started on it, [`Error::NotEnoughMemory`].
    pub fn take(&self, interface: impl Into<Interface>) -> Result<OwnedInterface, Error> {
        let interface = interface.into();
        // SAFETY: takes any values.
        Error::check(unsafe {
            sys::MgmTakeInterfaceOwnership(self.core.handle(), interface.index, network(interface.next_hop))
        })?;
        Ok(OwnedInterface { core: Some(self.core.clone()), interface })
    }

    /// Goes through the groups that are joined, by anybody on any interface
    /// (`MgmGroupEnumerationStart`).
    ///
    /// ```
    /// # struct Nothing;
    /// # impl mgm::Protocol for Nothing {}
    /// # let protocol = mgm::Registration::new(Nothing, 100, 1)?;
    /// for entry in protocol.groups(mgm::GroupKind::AllSources)? {
    ///     println!("{:?}", entry?);
    /// }
    /// # Ok::<(), mgm::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NotEnoughMemory`], [`Error::CanNotComplete`].
    pub fn groups(&self, kind: GroupKind) -> Result<Groups, Error> {
        let mut handle = ptr::null_mut();
        // SAFETY: the pointer is to a variable.
        Error::check(unsafe { sys::MgmGroupEnumerationStart(self.core.handle(), kind as u32, &mut handle) })?;
        Ok(Groups { handle: handle.addr(), read: Vec::new(), at: 0, over: false })
    }

    /// Sets the upstream neighbour that an MFE shows (`MgmSetMfe`).
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such MFE, [`Error::CanNotComplete`].
    pub fn set_upstream(&self, source: Ipv4Addr, group: Ipv4Addr, upstream: Ipv4Addr) -> Result<(), Error> {
        let mut mfe = sys::MfeKey {
            group: network(group),
            source: network(source),
            upstream: network(upstream),
            ..Default::default()
        };
        // SAFETY: the pointer is to a variable, as large as a MIB_IPMCAST_MFE.
        Error::check(unsafe { sys::MgmSetMfe(self.core.handle(), &mut mfe) })
    }

    /// Deregisters at once (`MgmDeRegisterMProtocol`); dropping does so without telling.
    ///
    /// # Errors
    /// [`Error::CanNotComplete`] while an [`OwnedInterface`] is left: the protocol is then
    /// deregistered with the last of them.
    pub fn deregister(self) -> Result<(), Error> {
        self.core.end()
    }
}

impl std::fmt::Debug for Registration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registration").finish_non_exhaustive()
    }
}

/// An interface that a protocol holds; dropping it releases it.
///
/// The manager refuses that while IGMP is being stopped and started on the interface. An
/// interface dropped then is held, and its protocol registered, as long as the process runs:
/// see [`release`](Self::release).
#[must_use = "an interface that is dropped is released"]
pub struct OwnedInterface {
    /// None once released.
    core: Option<Arc<Core>>,
    interface: Interface,
}

impl OwnedInterface {
    /// Which one it is.
    pub fn interface(&self) -> Interface {
        self.interface
    }

    /// Joins (`MgmAddGroupMembershipEntry`): receivers are on the interface. Joining what is
    /// joined is no error.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for no possible entry, [`Error::NotEnoughMemory`],
    /// [`Error::CanNotComplete`] while IGMP is being stopped and started on the interface.
    pub fn join(&self, entry: Entry, state: State) -> Result<(), Error> {
        self.change(entry, state, sys::MgmAddGroupMembershipEntry)
    }

    /// Leaves (`MgmDeleteGroupMembershipEntry`).
    ///
    /// # Errors
    /// [`Error::NotFound`] where it is not joined, [`Error::InvalidParameter`] for no possible
    /// entry, [`Error::CanNotComplete`] while IGMP is being stopped and started on the
    /// interface.
    pub fn leave(&self, entry: Entry, state: State) -> Result<(), Error> {
        self.change(entry, state, sys::MgmDeleteGroupMembershipEntry)
    }

    fn change(
        &self,
        entry: Entry,
        state: State,
        function: unsafe extern "system" fn(sys::Handle, u32, u32, u32, u32, u32, u32, u32) -> u32,
    ) -> Result<(), Error> {
        let handle = self.core.as_ref().map_or(ptr::null_mut(), |core| core.handle());
        let (index, next_hop) = (self.interface.index, network(self.interface.next_hop));
        let (source, group) = (entry.source, entry.group);
        // SAFETY: both functions take any values.
        Error::check(unsafe {
            function(
                handle,
                network(source.address),
                source.mask(),
                network(group.address),
                group.mask(),
                index,
                next_hop,
                state.flags(),
            )
        })
    }

    /// Releases it (`MgmReleaseInterfaceOwnership`).
    ///
    /// # Errors
    /// [`Error::CanNotComplete`] while IGMP is being stopped and started on it: the interface
    /// is given back, to be released later.
    pub fn release(mut self) -> Result<(), (Self, Error)> {
        match self.try_release() {
            Ok(()) => Ok(()),
            Err(error) => Err((self, error)),
        }
    }

    fn try_release(&mut self) -> Result<(), Error> {
        let Some(core) = &self.core else { return Ok(()) };
        // SAFETY: takes any values.
        Error::check(unsafe {
            sys::MgmReleaseInterfaceOwnership(core.handle(), self.interface.index, network(self.interface.next_hop))
        })?;
        self.core = None;
        Ok(())
    }
}

impl Drop for OwnedInterface {
    fn drop(&mut self) {
        let _ = self.try_release();
    }
}

impl std::fmt::Debug for OwnedInterface {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("OwnedInterface").field(&self.interface).finish()
    }
}

/// Goes through joined groups; see [`Registration::groups`]. After an error it is over.
pub struct Groups {
    handle: usize,
    read: Vec<sys::SourceGroup>,
    at: usize,
    over: bool,
}

impl Groups {
    /// So many in one call of the library.
    const AT_A_TIME: usize = 1024;

    fn fill(&mut self) -> Result<(), Error> {
        self.at = 0;
        self.read.resize(Self::AT_A_TIME, sys::SourceGroup::default());
        let (mut size, mut count) = (size_of_val(&self.read[..]) as u32, 0);
        // SAFETY: `size` is that of `read`; the other pointers are to variables.
        let code = unsafe {
            sys::MgmGroupEnumerationGetNext(
                ptr::without_provenance_mut(self.handle),
                &mut size,
                self.read.as_mut_ptr().cast(),
                &mut count,
            )
        };
        self.read.truncate(count as usize);
        self.over = code != sys::ERROR_MORE_DATA;
        match code {
            sys::ERROR_MORE_DATA | sys::ERROR_NO_MORE_ITEMS => Ok(()),
            error => Err(Error::from_code(error)),
        }
    }
}

impl Iterator for Groups {
    type Item = Result<Entry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at == self.read.len() {
            if self.over {
                return None;
            }
            if let Err(error) = self.fill() {
                return Some(Err(error));
            }
        }
        let entry = self.read.get(self.at)?;
        self.at += 1;
        Some(Ok(Entry::from_c(entry.source, entry.source_mask, entry.group, entry.group_mask)))
    }
}

impl std::iter::FusedIterator for Groups {}

impl Drop for Groups {
    fn drop(&mut self) {
        // SAFETY: takes any value for a handle; a dead one where the protocol has ended.
        unsafe { sys::MgmGroupEnumerationEnd(ptr::without_provenance_mut(self.handle)) };
    }
}

impl std::fmt::Debug for Groups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Groups").field("over", &self.over).finish_non_exhaustive()
    }
}

/// Who owns an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The protocol id it registered with.
    pub protocol_id: u32,
    /// The component id.
    pub component_id: u32,
}

/// Tells who owns an interface (`MgmGetProtocolOnInterface`). Needs no registration.
///
/// # Errors
/// [`Error::NotFound`] where nobody does, [`Error::CanNotComplete`].
pub fn owner(interface: impl Into<Interface>) -> Result<Owner, Error> {
    let interface = interface.into();
    let mut owner = Owner { protocol_id: 0, component_id: 0 };
    // SAFETY: both pointers are to variables.
    Error::check(unsafe {
        sys::MgmGetProtocolOnInterface(
            interface.index,
            network(interface.next_hop),
            &mut owner.protocol_id,
            &mut owner.component_id,
        )
    })?;
    Ok(owner)
}
