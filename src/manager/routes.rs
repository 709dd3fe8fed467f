//! Routes towards sources, and what their changes mean (rules sections 4 and 7).

use super::{ClientId, Context, Entry, Error, Manager, entry::mask_of, tasks::Step};
use crate::forwarder::Route;

fn by_source(entry: &Entry) -> u64 {
    u64::from(entry.source()) << 32 | u64::from(entry.group())
}

impl Manager {
    /// The owner of the interface towards a source that is in use.
    pub(super) fn owner_towards(&self, source: u32) -> Option<ClientId> {
        let route = self.sources.route(source)?;
        self.owner_of(self.interfaces.incoming(Some(route)))
    }

    /// Makes room so that the next [`Self::hold_exact`], of this entry, cannot fail.
    pub(super) fn reserve_exact(&mut self, entry: &Entry) -> Result<(), Error> {
        self.sources.reserve_one()?;
        self.exact_by_source.reserve(by_source(entry))
    }

    /// The first membership of a single (S,G): its source's route matters now.
    pub(super) fn hold_exact(&mut self, entry: &Entry, route: Option<Route>) {
        self.sources.hold(entry.source(), route);
        self.exact_by_source.insert(by_source(entry), 0);
    }

    /// The last membership of a single (S,G) is gone.
    pub(super) fn release_exact(&mut self, entry: &Entry) {
        self.exact_by_source.remove(by_source(entry));
        self.sources.release(entry.source());
    }

    /// The lowest source in use within a prefix, from an address on.
    pub fn next_source(&self, from: u32, network: u32, prefix_len: u8) -> Option<u32> {
        let last = network | !mask_of(prefix_len);
        let from = from.max(network);
        let exact = self.exact_by_source.first_from(u64::from(from) << 32).map(|(key, _)| (key >> 32) as u32);
        let constructing = self.constructing.iter().map(|(flow, _)| flow.source).filter(|&source| source >= from);
        let lowest = exact.into_iter().chain(self.mfes.next_source(from)).chain(constructing).min();
        lowest.filter(|&source| source <= last)
    }

    /// A source's route, looked up again.
    ///
    /// The step ends with OutOfMemory when nothing could be done: try again later.
    pub fn route_changed(&mut self, source: u32, route: Option<Route>, cx: &mut Context<'_>) -> Step {
        if !self.sources.is_known(source) || self.sources.route(source) == route.as_ref() {
            return Step::Done(Ok(()));
        }
        self.try_route_changed(source, route, cx).unwrap_or_else(|error| Step::Done(Err(error)))
    }

    fn try_route_changed(&mut self, source: u32, route: Option<Route>, cx: &mut Context<'_>) -> Result<Step, Error> {
        let entries = self.exact_by_source.range(u64::from(source) << 32, u64::from(source) << 32 | 0xFFFF_FFFF);
        self.outbox.reserve(2 * entries.count())?;
        self.reserve_tasks(1)?;
        self.sources.reserve_route()?;
        let hop = |route: Option<&Route>| route.map(|route| (route.if_index, route.gateway));
        let same_hop = hop(self.sources.route(source)) == hop(route.as_ref());
        let moves = if same_hop { Default::default() } else { self.moves_of_source(source)? };
        let old = self.owner_towards(source);
        self.sources.set_route(source, route);
        self.mfes.set_route(source, self.sources.route_id(source));
        let new = self.owner_towards(source);
        if old != new {
            let mut from = u64::from(source) << 32;
            while let Some((key, _)) = self.exact_by_source.first_from(from)
                && (key >> 32) as u32 == source
            {
                self.tell_owners_of_route(&Entry::exact(source, key as u32), old, new);
                from = key + 1;
            }
        }
        Ok(self.run_moves(moves, cx))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Flags,
        testing::{Nowhere, flow, link, manager, resume},
    };
    use super::*;

    #[test]
    fn the_next_source_is_the_lowest_of_the_prefix() {
        let manager = manager();
        let next = |from| manager.next_source(from, 4, 30);
        assert_eq!([0, 5, 6, 7, 8].map(next), [Some(5), Some(5), Some(6), Some(7), None]);
        assert_eq!((manager.next_source(0, 0, 30), manager.next_source(0, 8, 30)), (None, None));
        assert_eq!((manager.next_source(0, 0, 0), manager.next_source(0, 6, 32)), (Some(5), Some(6)));
    }

    #[test]
    fn a_source_is_out_of_use_after_its_last_membership_and_entry() {
        let mut manager = manager();
        let (client, entry) = (manager.client_at(1).unwrap(), Entry::exact(5, flow(5).group));
        let making = manager.constructing[0].1;
        let mut cx = Context { now: 1, forwarding: &mut Nowhere };
        manager.forget_entries(&mut cx);
        let step = manager.resume(making, super::super::Answer::Nothing, &mut cx);
        resume(&mut manager, step);
        assert_eq!(manager.next_source(0, 0, 0), Some(5));
        manager.delete(client, &entry, link(2), Flags::JOIN, &mut cx).unwrap();
        assert_eq!((manager.next_source(0, 0, 0), manager.audit()), (None, Ok(())));
    }
}
