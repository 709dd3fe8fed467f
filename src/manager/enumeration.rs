//! Group enumerations (rules section 8).

use super::{ClientId, Entry, EnumerationId, Error, Manager, entry::Shape};

/// What an enumeration gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EnumerationKind {
    /// Each joined group once, with source 0.
    AnySource,
    /// Every joined entry.
    AllSources,
}

/// A running enumeration.
pub(super) struct Enumeration {
    client: ClientId,
    cursor: u32,
    /// For [`EnumerationKind::AnySource`]: the groups there were at the start, by
    /// address and mask length. One group can be joined by many entries that come and
    /// go; only a list of groups gives each once.
    groups: Option<Vec<u64>>,
}

impl Manager {
    /// Starts an enumeration.
    ///
    /// # Errors
    /// InvalidParameter (handle), OutOfMemory.
    pub fn enumeration_start(&mut self, client: ClientId, kind: EnumerationKind) -> Result<EnumerationId, Error> {
        self.client(client)?;
        self.enumerations.reserve_one()?;
        let groups = match kind {
            EnumerationKind::AllSources => None,
            EnumerationKind::AnySource => Some(self.joined_groups()?),
        };
        let (index, generation) = self.enumerations.insert(Enumeration { client, cursor: 0, groups });
        Ok(EnumerationId { index, generation })
    }

    fn joined_groups(&self) -> Result<Vec<u64>, Error> {
        let mut groups = Vec::new();
        groups.try_reserve_exact(self.memberships.entries().count())?;
        groups.extend(
            self.memberships.entries().map(|entry| u64::from(entry.group()) << 8 | u64::from(entry.shape().group_len)),
        );
        // Only entries with a source can have a group in common.
        if self.memberships.name_sources() {
            groups.sort_unstable();
            groups.dedup();
        }
        Ok(groups)
    }

    /// Gives the entries that follow to `f` until it refuses one, which then comes
    /// first the next time. Says whether entries follow.
    ///
    /// # Errors
    /// InvalidParameter (handle).
    pub fn enumeration_next(&mut self, id: EnumerationId, f: &mut dyn FnMut(&Entry) -> bool) -> Result<bool, Error> {
        let enumeration = self.enumerations.get_mut(id.index, id.generation).ok_or(Error::InvalidParameter)?;
        let end = match &enumeration.groups {
            Some(groups) => groups.len() as u32,
            None => self.memberships.bound(),
        };
        while enumeration.cursor < end {
            let entry = match &enumeration.groups {
                Some(groups) => {
                    let key = groups[enumeration.cursor as usize];
                    let shape = Shape { source_len: 0, group_len: key as u8 };
                    Some(Entry::exact(0, (key >> 8) as u32).widened(shape))
                }
                // An entry keeps its number as long as it is joined.
                None => self.memberships.entry(enumeration.cursor).copied(),
            };
            if entry.is_some_and(|entry| !f(&entry)) {
                return Ok(true);
            }
            enumeration.cursor += 1;
        }
        Ok(false)
    }

    /// Ends an enumeration.
    ///
    /// # Errors
    /// InvalidParameter (handle).
    pub fn enumeration_end(&mut self, id: EnumerationId) -> Result<(), Error> {
        self.enumerations.remove(id.index, id.generation).map(drop).ok_or(Error::InvalidParameter)
    }

    /// Ends the enumerations of a client that goes.
    pub(super) fn end_enumerations(&mut self, client: ClientId) {
        for index in 0..self.enumerations.bound() {
            if let Some((generation, enumeration)) = self.enumerations.at(index)
                && enumeration.client == client
            {
                self.enumerations.remove(index, generation);
            }
        }
    }
}
