//! Section 10 of docs/behaviour.md in the second model: administrative boundaries.

use crate::{
    entries::Plain,
    model::{K, Model},
};
use rtm::manager::{Error, Flow};

/// An interface index, and the flows to the groups that do not pass it.
pub type Boundary = (u32, Plain);

fn bears_on((index, range): &Boundary, key: K, iif: K, flow: Flow) -> bool {
    (*index == key.if_index || *index == iif.if_index) && range.covers(flow)
}

impl Model {
    /// Whether an interface cannot be in the list of a flow that comes in on an iif.
    pub fn is_barred(&self, key: K, iif: K, flow: Flow) -> bool {
        self.boundaries.iter().any(|boundary| bears_on(boundary, key, iif, flow))
    }

    pub fn add_boundary(&mut self, boundary: Boundary) -> Result<(), Error> {
        if self.boundaries.contains(&boundary) {
            self.reach("boundaries added that were there");
            return Ok(());
        }
        let lists = self.lists();
        self.boundaries.push(boundary);
        self.boundaries.sort_by_key(|(index, range)| (*index, range.group, range.group_mask));
        // What FORWARD alone put in is forgotten.
        let boundaries = self.boundaries.clone();
        for mfe in &mut self.mfes {
            let (iif, flow) = (mfe.iif, mfe.flow);
            mfe.grafted.retain(|&key| !boundaries.iter().any(|boundary| bears_on(boundary, key, iif, flow)));
        }
        self.count_changes(&lists, "lists that a boundary emptied", "");
        self.tell_forwarding(&lists, None);
        Ok(())
    }

    pub fn delete_boundary(&mut self, boundary: Boundary) -> Result<(), Error> {
        let at = self.boundaries.iter().position(|other| *other == boundary).ok_or(Error::NotFound)?;
        let lists = self.lists();
        self.boundaries.remove(at);
        for at in 0..self.mfes.len() {
            let (iif, flow) = (self.mfes[at].iif, self.mfes[at].flow);
            let freed: Vec<K> = self.covering(flow);
            let freed: Vec<K> = freed
                .into_iter()
                .filter(|&key| bears_on(&boundary, key, iif, flow) && !self.is_barred(key, iif, flow))
                .collect();
            let held = self.owner(iif).is_some();
            let mfe = &mut self.mfes[at];
            // What FORWARD alone took out is forgotten too; but where nobody holds the iif
            // nothing comes back.
            mfe.pruned.retain(|key| !freed.contains(key));
            if !held {
                mfe.pruned.extend(freed);
            }
        }
        self.count_changes(&lists, "", "lists that a boundary's end filled");
        self.tell_forwarding(&lists, None);
        Ok(())
    }

    fn count_changes(&mut self, before: &[(u64, Vec<K>)], emptied: &'static str, filled: &'static str) {
        for (life, was) in before {
            let is = self.mfes.iter().find(|mfe| mfe.life == *life).map_or(Vec::new(), |mfe| self.oifs(mfe));
            match (was.is_empty(), is.is_empty()) {
                (false, true) => self.reach(emptied),
                (true, false) => self.reach(filled),
                _ => {}
            }
        }
    }
}
