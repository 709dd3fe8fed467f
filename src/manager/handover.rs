//! The sequence in which an interface that IGMP is on changes its routing protocol
//! (rules section 2): DISABLE to IGMP, then all changes, then ENABLE. From the start
//! of DISABLE until just before ENABLE the interface is nobody's to touch.

use super::{
    ClientId, Context, Direct, Error, Manager,
    memberships::{InterfaceId, Party},
    moves::Moves,
    tasks::{Input, Progress, TaskId},
};
use crate::forwarder::InterfaceKey;

/// What a routing protocol does to the interface.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Take,
    Release,
}

enum Phase {
    Disabling,
    Moving,
    Enabling,
}

/// A hand-over on its way.
pub(super) struct Handover {
    client: ClientId,
    igmp: ClientId,
    interface: InterfaceId,
    key: InterfaceKey,
    change: Change,
    phase: Phase,
    moves: Moves,
    result: Result<(), Error>,
}

impl Handover {
    pub(super) fn new(client: ClientId, igmp: ClientId, interface: InterfaceId, change: Change) -> Self {
        Self {
            client,
            igmp,
            interface,
            key: InterfaceKey::default(),
            change,
            phase: Phase::Disabling,
            moves: Moves::default(),
            result: Ok(()),
        }
    }

    /// Whether an interface is closed to others for this.
    pub(super) fn is_changing(&self, interface: InterfaceId) -> bool {
        self.interface == interface && !matches!(self.phase, Phase::Enabling)
    }
}

impl Manager {
    pub(super) fn advance_handover(
        &mut self,
        task: TaskId,
        h: &mut Handover,
        input: Input,
        cx: &mut Context<'_>,
    ) -> Progress {
        match (&h.phase, input) {
            (Phase::Disabling, Input::Start) => {
                h.key = self.interfaces[h.interface].key;
                Progress::Call(h.igmp, Direct::DisableIgmp(h.key))
            }
            (Phase::Disabling, _) => {
                h.phase = Phase::Moving;
                h.result = match h.change {
                    Change::Take => self.commit_take(h, cx),
                    Change::Release => self.commit_release(h, cx),
                };
                self.move_or_enable(task, h, cx)
            }
            (Phase::Moving, _) => self.move_or_enable(task, h, cx),
            (Phase::Enabling, _) => Progress::Finished(h.result),
        }
    }

    fn move_or_enable(&mut self, task: TaskId, h: &mut Handover, cx: &mut Context<'_>) -> Progress {
        if let Some(child) = self.next_move(task, &mut h.moves, cx) {
            return Progress::Wait(child);
        }
        h.phase = Phase::Enabling;
        self.interfaces[h.interface].changing = false;
        Progress::Call(h.igmp, Direct::EnableIgmp(h.key))
    }

    /// IGMP joins again from inside ENABLE; without that callback it keeps what it has.
    fn igmp_rejoins(&self, h: &Handover) -> bool {
        self.clients.get(h.igmp.index, h.igmp.generation).is_some_and(|igmp| igmp.enables_igmp)
    }

    fn commit_take(&mut self, h: &mut Handover, cx: &mut Context<'_>) -> Result<(), Error> {
        let id = h.interface;
        // It holds nothing yet, so it may have deregistered while IGMP was called.
        self.client(h.client)?;
        let mut moves = self.moves_of_take(h.key)?;
        let old_owner = self.owner_of(h.key);
        if self.igmp_rejoins(h) {
            self.reserve_leaves(id, &[Party::Igmp])?;
            self.leave_all(id, &[Party::Igmp], h.client.index, cx);
            self.interfaces[id].routing = Some(h.client.index);
        } else {
            self.hand_over_memberships(id, h.igmp.index, h.client.index)?;
            self.interfaces[id].routing = Some(h.client.index);
            self.tell_local_joins(id);
        }
        self.count_held(h.client, 1);
        moves.set_before(h.key, old_owner);
        h.moves = moves;
        Ok(())
    }

    fn commit_release(&mut self, h: &Handover, cx: &mut Context<'_>) -> Result<(), Error> {
        let (id, caller) = (h.interface, h.client.index);
        if self.igmp_rejoins(h) {
            self.reserve_leaves(id, &[Party::Owner, Party::Igmp])?;
            self.leave_all(id, &[Party::Owner, Party::Igmp], caller, cx);
        } else {
            self.reserve_leaves(id, &[Party::Owner])?;
            // Makes the room that the change of credit below needs.
            self.memberships.recredit(id, caller, caller)?;
            self.leave_all(id, &[Party::Owner], caller, cx);
            self.memberships.recredit(id, caller, h.igmp.index)?;
        }
        self.delete_mfes_from(h.key, cx);
        self.interfaces[id].routing = None;
        self.count_held(h.client, -1);
        Ok(())
    }
}
