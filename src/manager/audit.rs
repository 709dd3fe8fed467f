//! Whether the manager's parts agree with each other: asked after a panic, and by
//! tests after every step.

use super::{Manager, memberships::Credit};

impl Manager {
    /// Checks what must always hold between requests.
    ///
    /// # Errors
    /// Says what does not.
    pub fn audit(&self) -> Result<(), &'static str> {
        let check = |holds: bool, what: &'static str| if holds { Ok(()) } else { Err(what) };
        let live = self.clients.iter().filter(|(_, _, client)| client.live).count();
        check(live == self.live_clients as usize, "live clients are counted wrong")?;
        check(self.mfes.is_consistent(), "the MFE indexes disagree")?;
        check(self.memberships.is_consistent(&self.interfaces), "the membership indexes disagree")?;
        for (id, interface) in self.interfaces.iter() {
            check(interface.owner().is_some(), "an interface is held by nobody")?;
            check(self.is_live_index(self.interfaces.credited(id)), "an interface is held by a dead client")?;
        }
        let mut refs = 0_usize;
        for view in self.mfes_after(None, 0) {
            let id = self.mfes.find(super::Flow { source: view.source(), group: view.group() });
            let mfe = &self.mfes[id.ok_or("an MFE is in one index only")?];
            refs += mfe.oifs.len();
            for oif in &mfe.oifs {
                let interface = self.interfaces.get(oif.interface()).ok_or("an oif is held by nobody")?;
                check(!oif.is_active() || interface.key != mfe.iif, "an oif is the iif")?;
                let barred = self.is_barred(oif.interface(), mfe.iif, mfe.flow.group);
                check(!oif.is_active() || !barred, "an oif is beyond a boundary")?;
            }
            let keys = || mfe.oifs.iter().map(|oif| self.interfaces[oif.interface()].key);
            check(keys().is_sorted_by(|a, b| a < b), "oifs are not ascending")?;
            check(self.sources.is_known(mfe.flow.source), "an MFE's source is unknown")?;
        }
        let counted: usize = self.interfaces.iter().map(|(_, interface)| interface.mfe_refs as usize).sum();
        check(refs == counted, "the uses of oifs are counted wrong")?;
        let uses: usize = self.sources.uses().map(|(_, refs)| refs as usize).sum();
        let held = self.mfes.len() + self.exact_by_source.len() + self.constructing.len();
        check(uses == held, "the uses of sources are counted wrong")
    }

    /// Whether no request is half done and no source is remembered.
    #[cfg(shuttle)]
    pub fn is_at_rest(&self) -> bool {
        self.tasks.len() == 0 && self.constructing.is_empty() && self.sources.uses().next().is_none()
    }

    /// After a panic: tasks that were going on then will never be resumed. Their
    /// interfaces and flows are free again.
    pub fn abandon_lost_tasks(&mut self) {
        let tasks = &mut self.tasks;
        for id in 0..tasks.bound() {
            if tasks.get(id).is_some_and(|task| task.work.is_none()) {
                tasks.remove(id);
            }
        }
        let sources = &mut self.sources;
        self.constructing.retain(|&(flow, task)| {
            let stays = tasks.get(task.0).is_some();
            if !stays {
                sources.release(flow.source);
            }
            stays
        });
        let changing = |id| {
            tasks.iter().any(|(_, task)| {
                matches!(&task.work, Some(super::tasks::Work::Handover(handover)) if handover.is_changing(id))
            })
        };
        let lost = |interfaces: &super::interfaces::Interfaces| {
            interfaces.iter().find(|&(id, interface)| interface.changing && !changing(id)).map(|(id, _)| id)
        };
        while let Some(id) = lost(&self.interfaces) {
            self.interfaces[id].changing = false;
        }
    }

    fn is_live_index(&self, index: u32) -> bool {
        self.clients.at(index).is_some_and(|(_, client)| client.live)
    }
}
