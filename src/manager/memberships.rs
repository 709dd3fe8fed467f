//! The membership store: which interfaces hold which entries, found by entry, by
//! interface, and by the packets an entry covers. No rules here, only bookkeeping.

use super::{
    Error,
    entry::{Entry, Shape},
    slab::Slab,
};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// Up to this capacity an empty table is kept, for the next entry to come.
const KEPT: usize = 1024;

/// An interface's number inside the manager.
pub type InterfaceId = u32;
/// A client's number inside the manager.
pub type ClientIndex = u32;
/// The number of no client.
pub const NOBODY: ClientIndex = u32::MAX;

/// Who holds a membership on an interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Party {
    /// The routing protocol that owns the interface.
    Owner = 1,
    /// IGMP.
    Igmp = 2,
}

/// An interface with the parties that hold the entry there.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Holder(u32);

impl Holder {
    fn new(interface: InterfaceId, party: Party) -> Self {
        Self(interface << 2 | party as u32)
    }

    fn interface(self) -> InterfaceId {
        self.0 >> 2
    }

    fn has(self, party: Party) -> bool {
        self.0 & party as u32 != 0
    }

    fn is_nobody(self) -> bool {
        self.0 & 3 == 0
    }
}

/// An entry's holders. Nearly all entries have one, which costs no allocation.
enum Holders {
    One(Holder),
    Many(u32),
}

/// The holders of an entry on several interfaces, ascending, and how many of the
/// interfaces each client has.
#[derive(Default)]
struct Many {
    holders: Vec<Holder>,
    clients: Vec<(ClientIndex, u32)>,
}

impl Many {
    fn with_room() -> Result<Self, Error> {
        let mut many = Self::default();
        many.holders.try_reserve(4)?;
        many.clients.try_reserve(2)?;
        Ok(many)
    }

    fn find(&self, interface: InterfaceId) -> Result<usize, usize> {
        self.holders.binary_search_by_key(&interface, |h| h.interface())
    }

    fn count(&mut self, client: ClientIndex) {
        match self.clients.iter_mut().find(|(c, _)| *c == client) {
            Some((_, n)) => *n += 1,
            None => self.clients.push((client, 1)),
        }
    }

    fn uncount(&mut self, client: ClientIndex) {
        if let Some(i) = self.clients.iter().position(|&(c, _)| c == client) {
            self.clients[i].1 -= 1;
            if self.clients[i].1 == 0 {
                self.clients.swap_remove(i);
            }
        }
    }
}

struct Record {
    entry: Entry,
    holders: Holders,
}

/// Which clients are members: what the alert table of section 4 distinguishes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Census {
    /// Nobody.
    Nobody,
    /// One client.
    One(ClientIndex),
    /// Two clients.
    Two,
    /// Three or more.
    More,
}

/// Up to three distinct clients.
#[derive(Default)]
struct Tally {
    seen: [ClientIndex; 3],
    len: usize,
}

impl Tally {
    fn add(&mut self, client: ClientIndex) {
        if self.len < 3 && !self.seen[..self.len].contains(&client) {
            self.seen[self.len] = client;
            self.len += 1;
        }
    }

    fn census(&self) -> Census {
        match self.len {
            0 => Census::Nobody,
            1 => Census::One(self.seen[0]),
            2 => Census::Two,
            _ => Census::More,
        }
    }
}

/// Gives the client to which an interface's memberships are credited.
pub trait Credit {
    /// The owner, else IGMP.
    fn credited(&self, interface: InterfaceId) -> ClientIndex;
}

/// The numbers of an interface's entries, lent out by [`Memberships::detach`].
pub struct Detached(HashTable<u32>);

impl Detached {
    /// The numbers.
    pub fn ids(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().copied()
    }
}

/// All memberships.
pub struct Memberships {
    records: Slab<Record>,
    by_entry: HashTable<u32>,
    by_interface: Vec<HashTable<u32>>,
    many: Slab<Many>,
    shapes: Vec<(Shape, u32)>,
    hasher: Option<DefaultHashBuilder>,
    /// For the next entry that gets a second holder.
    spare: Option<Many>,
    memberships: usize,
    /// An interface's list is lent out: records stay until it is back.
    detached: bool,
}

fn hash(hasher: &Option<DefaultHashBuilder>, entry: &Entry) -> u64 {
    match hasher {
        Some(hasher) => hasher.hash_one((
            u64::from(entry.source()) << 32 | u64::from(entry.group()),
            u16::from(entry.shape().source_len) << 8 | u16::from(entry.shape().group_len),
        )),
        None => 0,
    }
}

/// Gives a large table's memory back when nothing is left in it.
fn give_back(table: &mut HashTable<u32>) {
    if table.is_empty() && table.capacity() > KEPT {
        *table = HashTable::new();
    }
}

fn hash_id(hasher: &Option<DefaultHashBuilder>, id: u32) -> u64 {
    hasher.as_ref().map_or(0, |hasher| hasher.hash_one(id))
}

impl Memberships {
    /// No memberships; allocates nothing.
    pub const fn new() -> Self {
        Self {
            records: Slab::new(),
            by_entry: HashTable::new(),
            by_interface: Vec::new(),
            many: Slab::new(),
            shapes: Vec::new(),
            hasher: None,
            spare: None,
            memberships: 0,
            detached: false,
        }
    }

    /// How many memberships there are: entries times interfaces times parties.
    pub fn len(&self) -> usize {
        self.memberships
    }

    /// Makes room for interfaces up to a number.
    pub fn reserve_interfaces(&mut self, bound: u32) -> Result<(), Error> {
        let missing = (bound as usize).saturating_sub(self.by_interface.len());
        self.by_interface.try_reserve(missing)?;
        self.by_interface.extend((0..missing).map(|_| HashTable::new()));
        Ok(())
    }

    /// Whether a party holds an entry on an interface.
    pub fn holds(&self, entry: &Entry, interface: InterfaceId, party: Party) -> bool {
        self.find(entry).is_some_and(|id| self.holder(id, interface).is_some_and(|h| h.has(party)))
    }

    /// Whether anybody holds an entry on an interface.
    pub fn is_member(&self, entry: &Entry, interface: InterfaceId) -> bool {
        self.find(entry).is_some_and(|id| self.holder(id, interface).is_some())
    }

    /// Whether anybody holds an entry anywhere.
    pub fn is_joined(&self, entry: &Entry) -> bool {
        self.find(entry).is_some_and(|id| match &self.records[id].holders {
            Holders::One(one) => !one.is_nobody(),
            Holders::Many(many) => !self.many[*many].holders.is_empty(),
        })
    }

    /// Makes room so that adding this membership cannot fail.
    pub fn reserve(&mut self, entry: &Entry, interface: InterfaceId) -> Result<(), Error> {
        self.hasher.get_or_insert_default();
        let hasher = &self.hasher;
        match self.find(entry) {
            None => {
                self.records.reserve(1)?;
                let records = &self.records;
                self.by_entry.try_reserve(1, |&id| hash(hasher, &records[id].entry))?;
                self.shapes.try_reserve(1)?;
            }
            Some(id) => match self.records[id].holders {
                Holders::One(_) => {
                    self.many.reserve(1)?;
                    if self.spare.is_none() {
                        self.spare = Some(Many::with_room()?);
                    }
                }
                Holders::Many(many) => {
                    self.many[many].holders.try_reserve(1)?;
                    self.many[many].clients.try_reserve(1)?;
                }
            },
        }
        self.by_interface[interface as usize].try_reserve(1, |&id| hash_id(hasher, id))?;
        Ok(())
    }

    /// Adds a membership for which room was reserved.
    pub fn add(&mut self, entry: &Entry, interface: InterfaceId, party: Party, credit: &impl Credit) {
        self.memberships += 1;
        let holder = Holder::new(interface, party);
        let id = match self.find(entry) {
            None => {
                let id = self.records.insert(Record { entry: *entry, holders: Holders::One(holder) });
                let (records, hasher) = (&self.records, &self.hasher);
                self.by_entry.insert_unique(hash(hasher, entry), id, |&id| hash(hasher, &records[id].entry));
                self.count_shape(entry.shape());
                id
            }
            Some(id) => {
                if self.add_holder(id, holder, credit) {
                    return;
                }
                id
            }
        };
        let hasher = &self.hasher;
        self.by_interface[interface as usize].insert_unique(hash_id(hasher, id), id, |&id| hash_id(hasher, id));
    }

    /// Adds a holder to an entry that has some; says whether its interface was there.
    fn add_holder(&mut self, id: u32, holder: Holder, credit: &impl Credit) -> bool {
        match &mut self.records[id].holders {
            Holders::One(one) if one.interface() == holder.interface() => {
                one.0 |= holder.0;
                true
            }
            Holders::One(one) => {
                let first = *one;
                let mut many = self.spare.take().expect("room was reserved");
                many.holders.push(first);
                many.count(credit.credited(first.interface()));
                let at = usize::from(first.interface() < holder.interface());
                many.holders.insert(at, holder);
                many.count(credit.credited(holder.interface()));
                self.records[id].holders = Holders::Many(self.many.insert(many));
                false
            }
            Holders::Many(many) => {
                let many = &mut self.many[*many];
                match many.find(holder.interface()) {
                    Ok(at) => {
                        many.holders[at].0 |= holder.0;
                        true
                    }
                    Err(at) => {
                        many.holders.insert(at, holder);
                        many.count(credit.credited(holder.interface()));
                        false
                    }
                }
            }
        }
    }

    /// Removes a party's membership and says whether nobody holds the entry on that
    /// interface any more. Needs no memory.
    pub fn remove(&mut self, entry: &Entry, interface: InterfaceId, party: Party, credit: &impl Credit) -> bool {
        let Some(id) = self.find(entry) else { return false };
        let gone = match &mut self.records[id].holders {
            Holders::One(one) if one.interface() == interface && one.has(party) => {
                one.0 &= !(party as u32);
                one.is_nobody()
            }
            Holders::One(_) => return false,
            Holders::Many(many) => {
                let many = &mut self.many[*many];
                let Ok(at) = many.find(interface) else { return false };
                if !many.holders[at].has(party) {
                    return false;
                }
                many.holders[at].0 &= !(party as u32);
                let gone = many.holders[at].is_nobody();
                if gone {
                    many.holders.remove(at);
                    many.uncount(credit.credited(interface));
                }
                gone
            }
        };
        self.memberships -= 1;
        if gone && !self.detached {
            self.drop_from_interface(id, interface);
            self.settle(id);
        }
        gone
    }

    /// Puts an entry that lost a holder into its smallest form, or away: it was its only one.
    fn settle(&mut self, id: u32) {
        match self.records[id].holders {
            Holders::One(_) => {
                let entry = self.records[id].entry;
                if let Ok(found) = self.by_entry.find_entry(hash(&self.hasher, &entry), |&other| other == id) {
                    found.remove();
                }
                give_back(&mut self.by_entry);
                self.records.remove(id);
                self.records.trim(1);
                self.uncount_shape(entry.shape());
            }
            Holders::Many(many) if self.many[many].holders.len() == 1 => {
                self.records[id].holders = Holders::One(self.many[many].holders[0]);
                self.many.remove(many);
                self.many.trim(1);
            }
            Holders::Many(_) => {}
        }
    }

    fn drop_from_interface(&mut self, id: u32, interface: InterfaceId) {
        let table = &mut self.by_interface[interface as usize];
        if let Ok(found) = table.find_entry(hash_id(&self.hasher, id), |&other| other == id) {
            found.remove();
        }
        give_back(table);
    }

    /// The clients that count for an entry: its own members and, unless it is a
    /// single (S,G), those of every wildcard entry within which it lies.
    pub fn census(&self, entry: &Entry, credit: &impl Credit) -> Census {
        let mut tally = Tally::default();
        if entry.is_exact() {
            self.tally(entry, credit, &mut tally);
        } else {
            for (shape, _) in self.shapes.iter().filter(|(s, _)| s.is_wider_or_equal(entry.shape())) {
                self.tally(&entry.widened(*shape), credit, &mut tally);
            }
        }
        tally.census()
    }

    fn tally(&self, entry: &Entry, credit: &impl Credit, tally: &mut Tally) {
        match self.find(entry).map(|id| &self.records[id].holders) {
            None => {}
            Some(Holders::One(one)) if one.is_nobody() => {}
            Some(Holders::One(one)) => tally.add(credit.credited(one.interface())),
            Some(Holders::Many(many)) => {
                self.many[*many].clients.iter().for_each(|&(client, _)| tally.add(client));
            }
        }
    }

    /// The interface memberships of one entry changed hands: `was` held them.
    pub fn recredit(&mut self, interface: InterfaceId, was: ClientIndex, is: ClientIndex) -> Result<(), Error> {
        for &id in &self.by_interface[interface as usize] {
            if let Holders::Many(many) = self.records[id].holders {
                self.many[many].clients.try_reserve(1)?;
            }
        }
        for &id in &self.by_interface[interface as usize] {
            if let Holders::Many(many) = self.records[id].holders {
                self.many[many].uncount(was);
                self.many[many].count(is);
            }
        }
        Ok(())
    }

    /// Calls `f` with each interface that has a membership covering (source, group);
    /// an interface comes once for each entry that covers it there. Not while a list is lent.
    pub fn members_of(&self, source: u32, group: u32, mut f: impl FnMut(InterfaceId)) {
        let packet = Entry::exact(source, group);
        for (shape, _) in &self.shapes {
            match self.find(&packet.widened(*shape)).map(|id| &self.records[id].holders) {
                None => {}
                Some(Holders::One(one)) => f(one.interface()),
                Some(Holders::Many(many)) => {
                    self.many[*many].holders.iter().for_each(|h| f(h.interface()));
                }
            }
        }
    }

    /// Whether any membership on an interface covers (source, group).
    pub fn covers(&self, interface: InterfaceId, source: u32, group: u32) -> bool {
        let packet = Entry::exact(source, group);
        self.shapes.iter().any(|(shape, _)| self.is_member(&packet.widened(*shape), interface))
    }

    /// How many entries an interface holds.
    pub fn count_on(&self, interface: InterfaceId) -> usize {
        self.by_interface.get(interface as usize).map_or(0, HashTable::len)
    }

    /// The entries on an interface, with whether a party holds them.
    pub fn on_interface(&self, interface: InterfaceId, party: Party) -> impl Iterator<Item = Entry> + '_ {
        self.by_interface[interface as usize]
            .iter()
            .filter(move |&&id| self.holder(id, interface).is_some_and(|h| h.has(party)))
            .map(|&id| self.records[id].entry)
    }

    /// Lends out the list of an interface's entries, so that they can be removed one
    /// after the other; removed ones keep their numbers until [`Self::reattach`],
    /// which must follow. Nothing may be added in between.
    pub fn detach(&mut self, interface: InterfaceId) -> Detached {
        self.detached = true;
        Detached(std::mem::take(&mut self.by_interface[interface as usize]))
    }

    /// The entry with this number, if a party still holds it on an interface.
    pub fn held_entry(&self, id: u32, interface: InterfaceId, party: Party) -> Option<Entry> {
        self.holder(id, interface).filter(|h| h.has(party)).map(|_| self.records[id].entry)
    }

    /// The entry with this number, if nobody holds it on an interface any more.
    pub fn left_entry(&self, id: u32, interface: InterfaceId) -> Option<Entry> {
        self.holder(id, interface).is_none().then(|| self.records[id].entry)
    }

    /// Takes the list back, less what was removed.
    pub fn reattach(&mut self, interface: InterfaceId, mut list: Detached) {
        self.detached = false;
        list.0.retain(|&mut id| {
            let stays = self.holder(id, interface).is_some();
            if !stays {
                self.settle(id);
            }
            stays
        });
        if !list.0.is_empty() {
            self.by_interface[interface as usize] = list.0;
        }
    }

    /// One past the highest number of an entry.
    pub fn bound(&self) -> u32 {
        self.records.bound()
    }

    /// The entry with this number. A number is an entry's as long as it is joined.
    pub fn entry(&self, id: u32) -> Option<&Entry> {
        self.records.get(id).map(|record| &record.entry)
    }

    /// All entries.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.records.iter().map(|(_, record)| &record.entry)
    }

    /// Whether the indexes and counts agree.
    pub fn is_consistent(&self, credit: &impl Credit) -> bool {
        let on_interfaces: usize = self.by_interface.iter().map(HashTable::len).sum();
        let (mut holders, mut parties, mut many) = (0, 0, 0);
        let count = |holder: &Holder| (holder.0 & 3).count_ones() as usize;
        for (id, record) in self.records.iter() {
            if self.find(&record.entry) != Some(id) {
                return false;
            }
            match &record.holders {
                Holders::One(one) => {
                    holders += 1;
                    parties += count(one);
                }
                Holders::Many(list) => {
                    let list = &self.many[*list];
                    many += 1;
                    holders += list.holders.len();
                    parties += list.holders.iter().map(count).sum::<usize>();
                    let credited =
                        |client| list.holders.iter().filter(|h| credit.credited(h.interface()) == client).count();
                    let counted: u32 = list.clients.iter().map(|&(_, n)| n).sum();
                    if counted as usize != list.holders.len()
                        || list.clients.iter().any(|&(client, n)| credited(client) != n as usize)
                    {
                        return false;
                    }
                }
            }
        }
        let shaped: u32 = self.shapes.iter().map(|&(_, n)| n).sum();
        !self.detached
            && on_interfaces == holders
            && parties == self.memberships
            && many == self.many.len()
            && self.by_entry.len() == self.records.len()
            && shaped as usize == self.records.len()
    }

    fn find(&self, entry: &Entry) -> Option<u32> {
        self.by_entry.find(hash(&self.hasher, entry), |&id| self.records[id].entry == *entry).copied()
    }

    fn holder(&self, id: u32, interface: InterfaceId) -> Option<Holder> {
        match &self.records[id].holders {
            Holders::One(one) => Some(*one).filter(|one| one.interface() == interface && !one.is_nobody()),
            Holders::Many(many) => {
                let many = &self.many[*many];
                many.find(interface).ok().map(|at| many.holders[at])
            }
        }
    }

    fn count_shape(&mut self, shape: Shape) {
        match self.shapes.iter_mut().find(|(s, _)| *s == shape) {
            Some((_, n)) => *n += 1,
            None => self.shapes.push((shape, 1)),
        }
    }

    fn uncount_shape(&mut self, shape: Shape) {
        if let Some(i) = self.shapes.iter().position(|&(s, _)| s == shape) {
            self.shapes[i].1 -= 1;
            if self.shapes[i].1 == 0 {
                self.shapes.swap_remove(i);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each interface's memberships are credited to the client of the same number.
    struct Same;

    impl Credit for Same {
        fn credited(&self, interface: InterfaceId) -> ClientIndex {
            interface
        }
    }

    fn any_source(group: u32) -> Entry {
        Entry::new(0, 0, group, 0).unwrap()
    }

    fn add(memberships: &mut Memberships, entry: &Entry, interface: InterfaceId, party: Party) {
        memberships.reserve_interfaces(interface + 1).unwrap();
        memberships.reserve(entry, interface).unwrap();
        memberships.add(entry, interface, party, &Same);
    }

    /// A group with three holders, and one with one: numbers 0 and 1.
    fn joined() -> Memberships {
        let mut memberships = Memberships::new();
        for interface in 0..3 {
            add(&mut memberships, &any_source(0xEF01_0101), interface, Party::Owner);
        }
        add(&mut memberships, &any_source(0xEF01_0102), 1, Party::Igmp);
        memberships
    }

    #[test]
    fn indexes_that_disagree_are_found() {
        assert!(Memberships::new().is_consistent(&Same) && joined().is_consistent(&Same));
        type Break<'a> = (&'a str, &'a dyn Fn(&mut Memberships));
        let broken: [Break<'_>; 11] = [
            ("an entry under another's name", &|m| m.records[1].entry = m.records[0].entry),
            ("an entry twice by name", &|m| _ = m.by_entry.insert_unique(1, 1, |_| 1)),
            ("an entry that no interface has", &|m| m.by_interface[1].clear()),
            ("a lent list", &|m| _ = m.detach(2)),
            ("the count of memberships", &|m| m.memberships += 1),
            ("a list of holders that is nobody's", &|m| {
                m.many.reserve(1).unwrap();
                m.many.insert(Many::default());
            }),
            ("an interface without a party", &|m| m.many[0].holders[0].0 &= !3),
            ("a shape counted wrong", &|m| m.shapes[0].1 += 1),
            ("a client counted twice", &|m| m.many[0].clients[0].1 += 1),
            ("a client left out", &|m| _ = m.many[0].clients.swap_remove(0)),
            ("clients counted for each other", &|m| {
                m.many[0].clients[0].1 += 1;
                m.many[0].clients[1].1 -= 1;
            }),
        ];
        for (what, breaks) in broken {
            let mut memberships = joined();
            breaks(&mut memberships);
            assert!(!memberships.is_consistent(&Same), "{what} is not found");
        }
    }

    #[test]
    fn an_entry_is_joined_as_long_as_anybody_holds_it() {
        let mut memberships = joined();
        assert!([0xEF01_0101, 0xEF01_0102].iter().all(|&group| memberships.is_joined(&any_source(group))));
        assert!(!memberships.is_joined(&any_source(0xEF01_0103)));
        for interface in 0..3 {
            assert!(memberships.is_joined(&any_source(0xEF01_0101)));
            memberships.remove(&any_source(0xEF01_0101), interface, Party::Owner, &Same);
        }
        memberships.remove(&any_source(0xEF01_0102), 1, Party::Igmp, &Same);
        assert!(![0xEF01_0101, 0xEF01_0102].iter().any(|&group| memberships.is_joined(&any_source(group))));
    }

    #[test]
    fn removing_what_is_not_held_changes_nothing() {
        let mut memberships = joined();
        for (group, interface, party) in [
            (0xEF01_0101, 0, Party::Igmp),
            (0xEF01_0101, 3, Party::Owner),
            (0xEF01_0102, 0, Party::Igmp),
            (0xEF01_0102, 1, Party::Owner),
            (0xEF01_0103, 1, Party::Igmp),
        ] {
            assert!(!memberships.remove(&any_source(group), interface, party, &Same));
            assert!(memberships.is_consistent(&Same) && memberships.len() == 4);
        }
        assert!(memberships.remove(&any_source(0xEF01_0102), 1, Party::Igmp, &Same));
        assert!(memberships.remove(&any_source(0xEF01_0101), 1, Party::Owner, &Same));
        assert!(memberships.is_consistent(&Same) && memberships.len() == 2);
    }

    #[test]
    fn memory_of_many_goes_back_and_that_of_few_stays() {
        let mut memberships = Memberships::new();
        for (count, kept) in [(5_000, false), (10, true)] {
            for group in 0xEF01_0000..0xEF01_0000 + count {
                for interface in 0..2 {
                    add(&mut memberships, &any_source(group), interface, Party::Owner);
                }
            }
            for group in 0xEF01_0000..0xEF01_0000 + count {
                for interface in 0..2 {
                    assert!(memberships.remove(&any_source(group), interface, Party::Owner, &Same));
                }
            }
            assert_eq!((memberships.len(), memberships.bound(), memberships.many.bound()), (0, 256, 256));
            for table in [&memberships.by_entry, &memberships.by_interface[0], &memberships.by_interface[1]] {
                assert_eq!(table.capacity() > 0, kept);
            }
        }
    }
}
