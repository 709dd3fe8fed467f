//! What an interface that comes, goes or fails means for MFEs and sources. The work is
//! cut into parts, so that others get their turn in between.

use super::{Context, Flow, Manager};

/// As what an entry names a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Naming {
    /// As outgoing.
    Outgoing,
    /// As incoming or outgoing.
    Either,
}

/// Where a search for sources is after one part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scan {
    /// This one; go on behind it.
    Found(u32),
    /// None yet; go on from here.
    From(u32),
    /// There is none any more.
    Over,
}

impl Manager {
    /// Deletes MFEs whose iif is on a link that is gone, `most` of them, and alerts
    /// nobody. Whether there are more.
    pub fn delete_on_link(&mut self, if_index: u32, most: usize, cx: &mut Context<'_>) -> bool {
        if if_index == 0 {
            // No link: there stand the MFEs without an iif.
            return false;
        }
        for _ in 0..most {
            let Some(id) = self.mfes.first_on_link(if_index) else { return false };
            self.delete_mfe(id, cx);
        }
        self.mfes.first_on_link(if_index).is_some()
    }

    /// Gives the forwarder those entries again that name a link, looking at `most` after
    /// a flow, or from the first. Where to go on.
    pub fn install_on_link(
        &self,
        if_index: u32,
        naming: Naming,
        after: Option<Flow>,
        most: usize,
        cx: &mut Context<'_>,
    ) -> Option<Flow> {
        let either = naming == Naming::Either;
        let is_oif = self.interfaces.with_index(if_index).any(|interface| self.interfaces[interface].mfe_refs > 0);
        let is_iif = either && self.mfes.first_on_link(if_index).is_some();
        if !is_oif && !is_iif {
            return None;
        }
        let mut last = None;
        for (looked_at, view) in self.mfes_after(after, cx.now).enumerate() {
            if looked_at == most {
                return last;
            }
            if (either && view.iif().if_index == if_index) || view.oifs().any(|oif| oif.if_index == if_index) {
                cx.forwarding.install(&view);
            }
            last = Some(Flow { source: view.source(), group: view.group() });
        }
        None
    }

    /// The flow of the MFE after one, or of the first.
    pub fn flow_after(&self, after: Option<Flow>) -> Option<Flow> {
        self.mfes.after(after).next().map(|id| self.mfes[id].flow)
    }

    /// The lowest source in use from `from` on whose route goes over a link, looking at
    /// `most` sources.
    pub fn source_over(&self, if_index: u32, from: u32, most: usize) -> Scan {
        if !self.sources.any_over(if_index) {
            return Scan::Over;
        }
        let mut next = Some(from);
        for _ in 0..most {
            let Some(source) = next.and_then(|from| self.next_source(from, 0, 0)) else { return Scan::Over };
            if self.sources.route(source).is_some_and(|route| route.if_index == if_index) {
                return Scan::Found(source);
            }
            next = source.checked_add(1);
        }
        next.map_or(Scan::Over, Scan::From)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GROUP, Order, ROUTE, flow, link, manager, orders, packet_by, resume};
    use super::super::{Entry, Flags};
    use super::*;
    use crate::forwarder::Route;

    /// The manager of the tests, with an entry whose packets come in on link 4 (source 8),
    /// and one for which there is no route (9).
    fn manager_with_more() -> Manager {
        let mut manager = manager();
        for (source, route) in [(8, ROUTE.map(|route| Route { if_index: 4, ..route })), (9, None)] {
            let step = packet_by(&mut manager, source, route);
            resume(&mut manager, step);
        }
        manager
    }

    #[test]
    fn entries_end_with_the_link_their_packets_come_in_on() {
        let manager = &mut manager_with_more();
        let mut delete = |if_index, most| {
            let mut more = false;
            let orders = orders(|cx| more = manager.delete_on_link(if_index, most, cx));
            let source = |order: &Order| match order {
                Order::Remove(flow) => flow.source,
                other => panic!("{other:?}"),
            };
            let mut sources: Vec<_> = orders.iter().map(source).collect();
            sources.sort_unstable();
            (sources, more)
        };
        // No packets come in on 2 or 5; those from 9 on none.
        assert_eq!([2, 5, 0].map(|if_index| delete(if_index, 9)), [const { (Vec::new(), false) }; 3]);
        assert_eq!(delete(4, 1), (vec![8], false));
        let (mut both, more) = delete(1, 1);
        assert_eq!((both.len(), more), (1, true));
        let (other, more) = delete(1, 1);
        both.extend(other);
        both.sort_unstable();
        assert_eq!((both, more), (vec![5, 6], false));
        assert_eq!(delete(1, 1), (Vec::new(), false));
        assert_eq!((manager.flow_after(None), manager.audit()), (Some(flow(9)), Ok(())));
    }

    /// The sources of the entries that are given again, and where to go on.
    fn again(
        manager: &Manager,
        if_index: u32,
        naming: Naming,
        after: Option<u32>,
        most: usize,
    ) -> (Vec<u32>, Option<u32>) {
        let mut next = None;
        let orders = orders(|cx| next = manager.install_on_link(if_index, naming, after.map(flow), most, cx));
        let source = |order: Order| match order {
            Order::Install(flow, oifs) => {
                let view = manager.mfe(flow, 1).unwrap();
                assert_eq!(oifs, view.oifs().collect::<Vec<_>>());
                flow.source
            }
            other => panic!("{other:?}"),
        };
        (orders.into_iter().map(source).collect(), next.map(|flow| flow.source))
    }

    #[test]
    fn a_forwarder_gets_again_what_names_a_link() {
        let manager = &mut manager_with_more();
        let all = |manager: &Manager, if_index, naming| {
            let (sources, next) = again(manager, if_index, naming, None, 9);
            assert_eq!(next, None);
            sources
        };
        assert_eq!(
            [1, 2, 3, 4, 5].map(|link| all(manager, link, Naming::Outgoing)),
            [vec![], vec![5, 6, 8], vec![5, 6, 8], vec![], vec![]]
        );
        assert_eq!(
            [1, 2, 4, 5].map(|link| all(manager, link, Naming::Either)),
            [vec![5, 6], vec![5, 6, 8], vec![8], vec![]]
        );
        let owner = manager.client_at(1).unwrap();
        let group = Entry::new(0, 0, GROUP, 0).unwrap();
        for (if_index, left) in [(2, vec![5]), (3, vec![])] {
            orders(|cx| manager.delete(owner, &group, link(if_index), Flags::JOIN, cx).unwrap());
            assert_eq!(all(manager, if_index, Naming::Outgoing), left);
        }
        // The single (S,G) is forwarded there yet.
        assert_eq!([1, 2].map(|link| all(manager, link, Naming::Either)), [vec![5, 6], vec![5]]);
    }

    #[test]
    fn what_names_a_link_is_given_again_in_parts() {
        let manager = &manager_with_more();
        let part = |after, most| again(manager, 4, Naming::Either, after, most);
        assert_eq!(part(None, 1), (vec![], Some(5)));
        assert_eq!(part(None, 2), (vec![], Some(6)));
        assert_eq!(part(Some(6), 1), (vec![8], Some(8)));
        assert_eq!(part(Some(8), 1), (vec![], None));
        assert_eq!(part(Some(5), 9), (vec![8], None));
        assert_eq!(again(manager, 1, Naming::Either, None, 1), (vec![5], Some(5)));
    }

    #[test]
    fn flows_follow_each_other() {
        let manager = manager_with_more();
        let after = |source| manager.flow_after(source).map(|flow| flow.source);
        let asked = [None, Some(flow(5)), Some(flow(6)), Some(flow(8)), Some(flow(9))];
        assert_eq!(asked.map(after), [Some(5), Some(6), Some(8), Some(9), None]);
        assert_eq!(manager.flow_after(None), Some(flow(5)));
    }

    #[test]
    fn sources_over_a_link_are_found_in_parts() {
        let manager = manager_with_more();
        let over = |if_index, from, most| manager.source_over(if_index, from, most);
        // That of an entry in the making is among them.
        let found = [over(1, 0, 9), over(1, 6, 1), over(1, 7, 1), over(1, 8, 9)];
        assert_eq!(found, [Scan::Found(5), Scan::Found(6), Scan::Found(7), Scan::Over]);
        assert_eq!([0, 1, 2, 3].map(|most| over(4, 0, most)), [0, 6, 7, 8].map(Scan::From));
        assert_eq!([over(4, 0, 4), over(4, 9, 1), over(4, 9, 2)], [Scan::Found(8), Scan::From(10), Scan::Over]);
        assert_eq!([over(2, 0, 9), over(0, 0, 9)], [Scan::Over; 2]);
    }
}
