//! What an interface that comes, goes or fails means for MFEs and sources. The work is
//! cut into parts, so that others get their turn in between.

use super::{Context, Flow, Manager};

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
        after: Option<Flow>,
        most: usize,
        cx: &mut Context<'_>,
    ) -> Option<Flow> {
        let is_listed = self.interfaces.iter().any(|(_, it)| it.key.if_index == if_index && it.mfe_refs > 0);
        if !is_listed && self.mfes.first_on_link(if_index).is_none() {
            return None;
        }
        let mut last = None;
        for (looked_at, view) in self.mfes_after(after, cx.now).enumerate() {
            if looked_at == most {
                return last;
            }
            if view.iif().if_index == if_index || view.oifs().any(|oif| oif.if_index == if_index) {
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
