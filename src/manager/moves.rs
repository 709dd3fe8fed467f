//! MFEs whose incoming side changes, after a take or a route change: each is
//! evaluated again, one after the other.

use super::{
    ClientId, Context, Error, Flow, Manager,
    construction::{Construction, Kind},
    tasks::{Progress, TaskId, Work},
};
use crate::forwarder::InterfaceKey;

/// The MFEs to evaluate again, ascending by group and source.
#[derive(Default)]
pub(super) struct Moves {
    flows: Vec<Flow>,
    next: usize,
    /// How many evaluations there had been when the change came.
    since: u64,
    /// The interface that changed hands, and who owned it before.
    before: Option<(InterfaceKey, Option<ClientId>)>,
}

impl Moves {
    pub(super) fn is_empty(&self) -> bool {
        self.flows.is_empty()
    }

    pub(super) fn set_before(&mut self, key: InterfaceKey, owner: Option<ClientId>) {
        self.before = Some((key, owner));
    }
}

impl Manager {
    /// The MFEs that a take of `key` concerns: those whose iif it is, and those whose
    /// gateway it is on a link that had no pair of its own.
    pub(super) fn moves_of_take(&self, key: InterfaceKey) -> Result<Moves, Error> {
        let link = InterfaceKey { next_hop: 0, ..key };
        let mut moves = Moves { since: self.mfes.evaluations(), ..Moves::default() };
        for mfe in self.mfes.on_link(key.if_index) {
            let by_route = || {
                let route = self.sources.route(mfe.flow.source)?;
                Some(InterfaceKey { if_index: route.if_index, next_hop: route.gateway })
            };
            if mfe.iif == key || (mfe.iif == link && by_route() == Some(key)) {
                moves.flows.try_reserve(1)?;
                moves.flows.push(mfe.flow);
            }
        }
        moves.flows.sort_unstable_by_key(|flow| (flow.group, flow.source));
        Ok(moves)
    }

    /// The MFEs that a new route to a source concerns.
    pub(super) fn moves_of_source(&self, source: u32) -> Result<Moves, Error> {
        let mut moves = Moves { since: self.mfes.evaluations(), ..Moves::default() };
        for id in self.mfes.with_source(source) {
            moves.flows.try_reserve(1)?;
            moves.flows.push(self.mfes[id].flow);
        }
        Ok(moves)
    }

    pub(super) fn advance_moves(&mut self, task: TaskId, moves: &mut Moves, cx: &mut Context<'_>) -> Progress {
        match self.next_move(task, moves, cx) {
            Some(child) => Progress::Wait(child),
            None => Progress::Finished(Ok(())),
        }
    }

    /// Starts the evaluation of the next MFE that is still there.
    pub(super) fn next_move(&mut self, parent: TaskId, moves: &mut Moves, cx: &mut Context<'_>) -> Option<TaskId> {
        while let Some(&flow) = moves.flows.get(moves.next) {
            moves.next += 1;
            // One that is being made or renewed notices the change by itself.
            let Some(id) = self.mfes.find(flow).filter(|_| !self.is_constructing(flow)) else { continue };
            if self.mfes[id].evaluation > moves.since {
                // Evaluated since the change: another change, or a client, has had its say.
                continue;
            }
            let iif = self.mfes[id].iif;
            let owner = match moves.before {
                Some((key, owner)) if key == iif => owner,
                _ => self.owner_of(iif),
            };
            let kind = Kind::Move { taken: moves.before.is_some() };
            match self.start_construction(Construction::in_place(flow, kind, owner), Some(parent)) {
                Ok(child) => return Some(child),
                // Better no entry than one that stands the old way: the next packet makes it anew.
                Err(_) => self.delete_mfe(id, cx),
            }
        }
        None
    }

    /// Runs moves that nothing waits for.
    pub(super) fn add_moves(&mut self, moves: Moves) -> TaskId {
        self.add_task(None, Work::Moves(moves))
    }
}
