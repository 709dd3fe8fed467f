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
        check(self.sources.is_consistent(), "the routes of sources are counted wrong")?;
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
            check(mfe.route == self.sources.route_id(mfe.flow.source), "an MFE has another route than its source")?;
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

#[cfg(test)]
mod tests {
    use super::super::{
        Answer, Boundary, Context, Direct, Error, Step,
        mfes::Oif,
        sources::RouteId,
        tasks::Work,
        testing::{Nowhere, flow, link, manager, packet, resume},
    };
    use super::*;

    #[test]
    fn parts_that_disagree_are_found() {
        assert_eq!(manager().audit(), Ok(()));
        type Break<'a> = (&'a str, &'a dyn Fn(&mut Manager));
        let broken: [Break<'_>; 16] = [
            ("live clients are counted wrong", &|m| m.live_clients += 1),
            ("the MFE indexes disagree", &|m| m.mfes[0].flow = flow(6)),
            ("the membership indexes disagree", &|m| m.interfaces[1].routing = Some(0)),
            ("an interface is held by nobody", &|m| m.interfaces[3].routing = None),
            ("an interface is held by a dead client", &|m| m.interfaces[3].routing = Some(77)),
            ("an interface is held by a dead client", &|m| {
                let gone = m.client_at(2).unwrap();
                m.deregister(gone).unwrap();
                m.interfaces[3].routing = Some(2);
            }),
            ("an oif is held by nobody", &|m| m.mfes[0].oifs.push(Oif::active(77))),
            ("an oif is the iif", &|m| m.mfes[0].oifs.push(Oif::active(0))),
            ("an oif is beyond a boundary", &|m| {
                let boundary = Boundary::new(2, 0, 0).unwrap();
                m.add_boundary(boundary, &mut Context { now: 1, forwarding: &mut Nowhere }).unwrap();
                m.mfes[0].oifs.insert(0, Oif::active(1));
            }),
            ("oifs are not ascending", &|m| m.mfes[0].oifs.reverse()),
            ("oifs are not ascending", &|m| m.mfes[0].oifs[1] = Oif::vetoed(1)),
            ("an MFE's source is unknown", &|m| m.sources.release(6)),
            ("an MFE has another route than its source", &|m| m.mfes[0].route = RouteId::NONE),
            ("the routes of sources are counted wrong", &|m| m.sources.miscount()),
            ("the uses of oifs are counted wrong", &|m| m.interfaces[2].mfe_refs += 1),
            ("the uses of sources are counted wrong", &|m| m.sources.hold(9, None)),
        ];
        for (what, breaks) in broken {
            let mut manager = manager();
            breaks(&mut manager);
            assert_eq!(manager.audit(), Err(what));
        }
    }

    #[test]
    fn an_iif_may_stand_in_a_list_as_a_veto() {
        let mut manager = manager();
        manager.mfes[0].oifs.insert(0, Oif::vetoed(0));
        manager.interfaces[0].mfe_refs += 1;
        assert_eq!(manager.audit(), Ok(()));
    }

    #[test]
    fn lost_tasks_are_forgotten_and_others_go_on() {
        let mut manager = manager();
        let igmp = manager.register(10, 0, true).unwrap();
        let owner = manager.client_at(0).unwrap();
        let mut cx = Context { now: 1, forwarding: &mut Nowhere };
        for if_index in [1, 5, 6] {
            assert!(matches!(manager.take(igmp, link(if_index), &mut cx), Step::Done(Ok(()))));
        }
        // Three hand-overs: one in ENABLE, two in DISABLE; one of these is lost.
        let Step::Call(enabling, ..) = manager.release(owner, link(1), &mut cx) else { panic!("no DISABLE") };
        assert!(matches!(manager.resume(enabling, Answer::Nothing, &mut cx), Step::Call(_, _, Direct::EnableIgmp(_))));
        let Step::Call(stays, ..) = manager.take(owner, link(5), &mut cx) else { panic!("no DISABLE") };
        let Step::Call(lost, ..) = manager.take(owner, link(6), &mut cx) else { panic!("no DISABLE") };
        let making = manager.constructing[0];
        let kept = packet(&mut manager, 8);
        manager.tasks[lost.0].work = None;
        manager.tasks[making.1.0].work = None;
        manager.abandon_lost_tasks();

        assert_eq!(manager.audit(), Ok(()));
        assert!(!manager.is_constructing(making.0) && !manager.sources.is_known(7));
        assert!(manager.is_constructing(flow(8)));
        let mut cx = Context { now: 1, forwarding: &mut Nowhere };
        assert!(matches!(manager.tasks[stays.0].work, Some(Work::Handover(_))));
        assert!(matches!(manager.take(owner, link(5), &mut cx), Step::Done(Err(Error::CanNotComplete))));
        let again = manager.take(owner, link(6), &mut cx);
        assert!(matches!(again, Step::Call(..)), "link 6 is not free again");
        for step in [again, kept] {
            resume(&mut manager, step);
        }
        assert!(manager.mfe(flow(8), 1).is_some());
    }
}
