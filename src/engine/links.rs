//! Interfaces that appear, vanish, fail and come back. Each event touches what has to do
//! with that interface, and nothing else.

use super::{call::Call, events::LOOK, ports::Backend};
use crate::{
    alerts::Client,
    forwarder::{
        LinkChange,
        linux::{Linux, VifChanges},
    },
    manager::{Naming, Scan},
};

/// How many MFEs and sources are handled before other threads are let in.
const BATCH: usize = 64;

impl<C: Client> super::Core<C> {
    /// The kernel forwarder, if that is in use.
    pub(super) fn linux(&mut self) -> Option<&mut Linux> {
        match &mut self.ports.backend {
            Backend::Linux(linux) => Some(linux),
            Backend::Memory(_) | Backend::Own(_) => None,
        }
    }
}

impl<C: Client> Call<C> {
    /// Something happened to an interface.
    pub(super) fn interface_changed(&mut self, if_index: u32, change: LinkChange) {
        match change {
            LinkChange::Gone => {
                let was_used = self.linux().is_some_and(|linux| linux.interface_gone(if_index));
                self.interface_gone(if_index, was_used);
            }
            LinkChange::Up | LinkChange::Down => {
                if self.linux().is_some_and(|linux| linux.restore_interface(if_index)) {
                    self.install_on(if_index, Naming::Either);
                }
                if change == LinkChange::Down {
                    self.routes_over(if_index);
                }
            }
            LinkChange::Vif => {
                if let Some(changes) = self.check_interfaces() {
                    self.follow(&changes);
                }
            }
        }
    }

    /// Puts the VIFs right. What that means for entries is for [`Self::follow`].
    pub(super) fn check_interfaces(&mut self) -> Option<VifChanges> {
        match self.linux()?.check_interfaces() {
            Ok(changes) => {
                self.others.count_interfaces(&changes);
                Some(changes)
            }
            Err(error) => {
                self.ports.failed(format_args!("the kernel's VIFs could not be checked"), &error);
                None
            }
        }
    }

    /// Does for the entries what the VIFs' changes mean.
    pub(super) fn follow(&mut self, changes: &VifChanges) {
        for if_index in changes.gone() {
            self.interface_gone(if_index, true);
        }
        for if_index in changes.back() {
            self.install_on(if_index, Naming::Either);
        }
    }

    fn interface_gone(&mut self, if_index: u32, was_used: bool) {
        while self.ask(|manager, cx| manager.delete_on_link(if_index, BATCH, cx)) {
            self.breathe();
        }
        if was_used {
            // It leaves the oifs of the kernel's entries.
            self.install_on(if_index, Naming::Either);
        }
        self.routes_over(if_index);
    }

    /// Routes over an interface may have vanished: their sources are looked up again.
    fn routes_over(&mut self, if_index: u32) {
        let mut from = 0;
        let mut found = 0;
        loop {
            match self.manager.source_over(if_index, from, LOOK) {
                Scan::Over => return,
                Scan::From(next) => {
                    from = next;
                    self.breathe();
                }
                Scan::Found(source) => {
                    self.source_changed(source);
                    let Some(next) = source.checked_add(1) else { return };
                    from = next;
                    found += 1;
                    if found % BATCH == 0 {
                        self.breathe();
                    }
                }
            }
        }
    }
}
