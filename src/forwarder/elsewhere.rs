//! The kernel's forwarder where there is no Linux kernel: the same names as `linux.rs` has,
//! of types without a value. The rest of the library is the same on every system; there is
//! no way to come by a [`Linux`] here, so what it does with one is never done.

use std::time::Duration;

pub use super::table::{Checked, Foreign, Found};
use super::{Arrival, EntryStatistics, Event, Forwarder, ForwarderError, InterfaceKey, Route};

/// Why there is none.
const NOT_LINUX: ForwarderError = ForwarderError::NotSupported("Linux");

/// See `linux.rs`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct VifChanges {
    /// 0.
    pub repaired: u32,
    /// 0.
    pub foreign: u32,
}

impl VifChanges {
    /// None.
    pub fn gone(&self) -> impl Iterator<Item = u32> + use<> {
        std::iter::empty()
    }

    /// None.
    pub fn back(&self) -> impl Iterator<Item = u32> + use<> {
        std::iter::empty()
    }
}

/// A file descriptor of another process.
#[derive(Debug)]
pub enum Descriptor {}

/// Nobody has one.
///
/// # Errors
/// Always.
pub fn duplicate(_number: i32) -> Result<Descriptor, ForwarderError> {
    Err(NOT_LINUX)
}

/// Nobody has one.
///
/// # Errors
/// Always.
///
/// # Safety
/// None is needed.
pub unsafe fn own(_number: i32) -> Result<Descriptor, super::Unfit> {
    Err(super::Unfit::NotOpen)
}

/// The number of a descriptor.
pub fn into_number(descriptor: Descriptor) -> i32 {
    match descriptor {}
}

/// See `linux.rs`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AdoptedEntry {
    /// The source.
    pub source: u32,
    /// The group.
    pub group: u32,
    /// Packets wait for it.
    pub unresolved: bool,
    /// Its packets.
    pub good: u64,
}

/// See `linux.rs`.
pub struct TableReader(());

impl TableReader {
    /// Never called.
    ///
    /// # Errors
    /// Always.
    pub fn start(&mut self) -> Result<(), ForwarderError> {
        Err(NOT_LINUX)
    }

    /// Never called.
    ///
    /// # Errors
    /// Always.
    pub fn next(&mut self, _each: impl FnMut(u32, u32)) -> Result<bool, ForwarderError> {
        Err(NOT_LINUX)
    }
}

/// How many events a batch has at most.
pub const BATCH: usize = 0;

/// See `linux.rs`.
pub struct EventBatch;

impl EventBatch {
    /// An empty batch.
    pub const fn new() -> Self {
        Self
    }

    /// None.
    pub fn as_slice(&self) -> &[Event] {
        &[]
    }
}

impl Default for EventBatch {
    fn default() -> Self {
        Self::new()
    }
}

/// See `linux.rs`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitResult {
    /// There are events.
    Events,
    /// The time was over.
    TimedOut,
    /// A [`Waker`] was used.
    Woken,
}

/// See `linux.rs`.
pub struct Events(());

impl Events {
    /// Never called.
    pub fn wait(&mut self, _timeout: Option<Duration>, _batch: &mut EventBatch) -> WaitResult {
        WaitResult::TimedOut
    }

    /// Never called.
    pub fn look_up(&mut self, _sources: &[u32], _routes: &mut [Option<Option<Route>>]) {}
}

/// See `linux.rs`.
#[derive(Clone, Copy, Debug)]
pub struct Waker(());

impl Waker {
    /// Never called.
    pub fn wake(&self) {}
}

/// See `linux.rs`.
pub enum Linux {}

impl Linux {
    /// There is no such kernel.
    ///
    /// # Errors
    /// [`ForwarderError::NotSupported`].
    pub fn open_with(_table: u32, _foreign: Foreign) -> Result<Self, ForwarderError> {
        Err(NOT_LINUX)
    }

    /// There is no such kernel.
    ///
    /// # Errors
    /// [`ForwarderError::NotSupported`].
    pub fn adopt(
        _socket: &Descriptor,
        _table: u32,
        _foreign: Foreign,
    ) -> Result<(Self, Vec<AdoptedEntry>), ForwarderError> {
        Err(NOT_LINUX)
    }
}

/// Methods of a value that there is not.
macro_rules! never {
    ($($name:ident($self:ty $(, $type:ty)*) -> $result:ty;)*) => {
        impl Linux {
            $(
                /// Never called.
                pub fn $name(self: $self $(, _: $type)*) -> $result {
                    match *self {}
                }
            )*
        }
    };
}

never! {
    found(&Self) -> Found;
    foreign(&Self) -> Foreign;
    use_rpf_table(&mut Self, u32) -> Result<(), ForwarderError>;
    refresh_routes(&mut Self) -> Result<(), ForwarderError>;
    take_route_change(&mut Self) -> Option<(u32, u8)>;
    events(&Self) -> Result<Events, ForwarderError>;
    few_reports_kept(&Self) -> Option<u32>;
    waker(&Self) -> Waker;
    take_reader(&mut Self) -> Option<TableReader>;
    give_reader(&mut Self, TableReader) -> ();
    interface_gone(&mut Self, u32) -> bool;
    restore_interface(&mut Self, u32) -> bool;
    check_interfaces(&mut Self) -> Result<VifChanges, ForwarderError>;
    check(&mut Self, u32, u32, Option<(InterfaceKey, &mut dyn Iterator<Item = InterfaceKey>)>)
        -> Result<Checked, ForwarderError>;
    settle(&mut Self) -> ();
    share(&Self) -> Result<Descriptor, ForwarderError>;
    detach(&mut Self) -> ();
    adopted_iif(&Self, &AdoptedEntry) -> Option<u32>;
    change_adopted(&mut Self, &mut AdoptedEntry, u32, bool) -> Result<(), ForwarderError>;
    drop_adopted_interfaces(&mut Self) -> ();
}

impl Forwarder for Linux {
    fn open_interface(&mut self, _: InterfaceKey) -> Result<(), ForwarderError> {
        match *self {}
    }

    fn close_interface(&mut self, _: InterfaceKey) {
        match *self {}
    }

    fn set_threshold(&mut self, _: u32, _: u8) {
        match *self {}
    }

    fn install(
        &mut self,
        _: u32,
        _: u32,
        _: InterfaceKey,
        _: &mut dyn Iterator<Item = InterfaceKey>,
    ) -> Result<(), ForwarderError> {
        match *self {}
    }

    fn remove(&mut self, _: u32, _: u32) {
        match *self {}
    }

    fn route(&mut self, _: u32) -> Result<Option<Route>, ForwarderError> {
        match *self {}
    }

    fn statistics(&mut self, _: u32, _: u32) -> EntryStatistics {
        match *self {}
    }

    fn arrival(&self, _: u16) -> Option<Arrival> {
        match *self {}
    }
}

/// What the kernel says of why traffic does not flow: nothing.
pub(crate) mod diagnosis {
    use crate::{
        findings::{Code, Findings},
        forwarder::Route,
    };
    use std::time::Duration;

    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(crate) struct OutOfMemory;

    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(crate) enum Role {
        Holder,
        Refused,
        Observer,
    }

    #[allow(dead_code)] // There is no kernel to compare it with.
    #[derive(Clone, Copy)]
    pub(crate) struct FlowCase<'a> {
        pub source: u32,
        pub group: u32,
        pub known: Option<Known<'a>>,
    }

    #[allow(dead_code)]
    #[derive(Clone, Copy)]
    pub(crate) struct Known<'a> {
        pub route: Option<Route>,
        pub oifs: Option<&'a [u32]>,
    }

    #[allow(dead_code)]
    pub(crate) struct Case<'a> {
        pub table: u32,
        pub role: Role,
        pub held: &'a [u32],
        pub flow: Option<FlowCase<'a>>,
        pub time: Duration,
    }

    pub(crate) fn examine(_: &Case<'_>, findings: &mut Findings<'_>) -> Result<(), OutOfMemory> {
        findings.note(Code::NotChecked, 0, format_args!("only the manager was looked at: this is not Linux"));
        Ok(())
    }
}
