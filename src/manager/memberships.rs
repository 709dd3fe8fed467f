//! The membership store: which interfaces hold which entries, found by entry, by
//! interface, and by the packets an entry covers. No rules here, only bookkeeping.

use super::{
    Error,
    entry::{Entry, Shape},
    index::Index,
    slab::Slab,
};

const NONE: u32 = u32::MAX;

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

/// An interface with the parties that hold the entry there, and the entry's neighbours in
/// the list of that interface's entries.
#[derive(Clone, Copy)]
struct Holder {
    bits: u32,
    prev: u32,
    next: u32,
}

impl Holder {
    fn interface(&self) -> InterfaceId {
        self.bits >> 2
    }

    fn has(&self, party: Party) -> bool {
        self.bits & party as u32 != 0
    }

    fn is_nobody(&self) -> bool {
        self.bits & 3 == 0
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

/// An entry looked for once, so that what a request does with it need not look again. It
/// holds until an entry comes or goes.
#[derive(Clone, Copy)]
pub struct Found {
    hash: u64,
    id: u32,
}

/// The entries of an interface: the first, and how many.
#[derive(Clone, Copy)]
struct List {
    head: u32,
    len: u32,
}

/// All memberships.
pub struct Memberships {
    records: Slab<Record>,
    by_entry: Index,
    by_interface: Vec<List>,
    many: Slab<Many>,
    shapes: Vec<(Shape, u32)>,
    /// For the next entry that gets a second holder.
    spare: Option<Many>,
    memberships: usize,
    /// An interface's list is lent out: entries stay in it until it is back.
    lent: bool,
}

fn words(entry: &Entry) -> (u64, u16) {
    let Shape { source_len, group_len } = entry.shape();
    let addresses = u64::from(entry.source()) << 32 | u64::from(entry.group());
    (addresses, u16::from(source_len) << 8 | u16::from(group_len))
}

impl Memberships {
    /// No memberships; allocates nothing.
    pub const fn new() -> Self {
        Self {
            records: Slab::new(),
            by_entry: Index::new(),
            by_interface: Vec::new(),
            many: Slab::new(),
            shapes: Vec::new(),
            spare: None,
            memberships: 0,
            lent: false,
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
        self.by_interface.extend((0..missing).map(|_| List { head: NONE, len: 0 }));
        // Before anything is looked for that will be added.
        self.by_entry.seed();
        Ok(())
    }

    /// Looks for an entry.
    pub fn look_for(&self, entry: &Entry) -> Found {
        let hash = self.by_entry.hash(words(entry));
        let id = self.by_entry.find(hash, |id| self.records[id].entry == *entry).unwrap_or(NONE);
        Found { hash, id }
    }

    /// Whether a party holds an entry on an interface.
    pub fn holds(&self, found: Found, interface: InterfaceId, party: Party) -> bool {
        self.holder(found.id, interface).is_some_and(|h| h.has(party))
    }

    /// Whether anybody holds an entry on an interface.
    pub fn is_member(&self, found: Found, interface: InterfaceId) -> bool {
        self.holder(found.id, interface).is_some()
    }

    /// Whether anybody holds an entry anywhere.
    pub fn is_joined(&self, found: Found) -> bool {
        self.records.get(found.id).is_some_and(|record| match record.holders {
            Holders::One(one) => !one.is_nobody(),
            Holders::Many(many) => !self.many[many].clients.is_empty(),
        })
    }

    /// Makes room so that adding a membership cannot fail.
    pub fn reserve(&mut self, found: Found) -> Result<(), Error> {
        match self.records.get(found.id).map(|record| &record.holders) {
            None => {
                self.records.reserve(1)?;
                self.by_entry.reserve_one(found.hash)?;
                self.shapes.try_reserve(1)?;
            }
            Some(Holders::One(_)) => {
                self.many.reserve(1)?;
                if self.spare.is_none() {
                    self.spare = Some(Many::with_room()?);
                }
            }
            Some(&Holders::Many(many)) => {
                self.many[many].holders.try_reserve(1)?;
                self.many[many].clients.try_reserve(1)?;
            }
        }
        Ok(())
    }

    /// Adds a membership for which room was reserved.
    pub fn add(&mut self, found: Found, entry: &Entry, interface: InterfaceId, party: Party, credit: &impl Credit) {
        self.memberships += 1;
        if let Some(holder) = self.holder_mut(found.id, interface) {
            holder.bits |= party as u32;
            return;
        }
        let list = &mut self.by_interface[interface as usize];
        let next = list.head;
        let holder = Holder { bits: interface << 2 | party as u32, prev: NONE, next };
        let id = match found.id {
            NONE => {
                let id = self.records.insert(Record { entry: *entry, holders: Holders::One(holder) });
                self.by_entry.insert(found.hash, id);
                self.count_shape(entry.shape());
                id
            }
            id => {
                self.add_holder(id, holder, credit);
                id
            }
        };
        let list = &mut self.by_interface[interface as usize];
        *list = List { head: id, len: list.len + 1 };
        if let Some(next) = self.holder_mut(next, interface) {
            next.prev = id;
        }
    }

    /// Adds a holder to an entry that has others.
    fn add_holder(&mut self, id: u32, holder: Holder, credit: &impl Credit) {
        let number = match self.records[id].holders {
            Holders::Many(many) => many,
            Holders::One(first) => {
                let mut many = self.spare.take().expect("room was reserved");
                many.holders.push(first);
                many.count(credit.credited(first.interface()));
                let number = self.many.insert(many);
                self.records[id].holders = Holders::Many(number);
                number
            }
        };
        let many = &mut self.many[number];
        let at = many.holders.partition_point(|other| other.interface() < holder.interface());
        many.holders.insert(at, holder);
        many.count(credit.credited(holder.interface()));
    }

    /// Removes a party's membership. Where nobody holds the entry on that interface any
    /// more, gives what is left of it elsewhere. Needs no memory.
    pub fn remove(
        &mut self,
        found: Found,
        interface: InterfaceId,
        party: Party,
        credit: &impl Credit,
    ) -> Option<Found> {
        let holder = self.holder_mut(found.id, interface).filter(|holder| holder.has(party))?;
        holder.bits &= !(party as u32);
        let holder = *holder;
        self.memberships -= 1;
        if !holder.is_nobody() {
            return None;
        }
        if let Holders::Many(many) = self.records[found.id].holders {
            self.many[many].uncount(credit.credited(interface));
        }
        if self.lent {
            return Some(found);
        }
        let stays = self.drop_holder(found, holder);
        Some(if stays { found } else { Found { id: NONE, ..found } })
    }

    /// Takes an interface that has no party any more out of an entry's holders, and the
    /// entry out of the interface's list. Says whether the entry has others.
    fn drop_holder(&mut self, found: Found, holder: Holder) -> bool {
        let (interface, Holder { prev, next, .. }) = (holder.interface(), holder);
        let list = &mut self.by_interface[interface as usize];
        list.len -= 1;
        match prev {
            NONE => list.head = next,
            _ => self.holder_mut(prev, interface).expect("a neighbour in the list").next = next,
        }
        if let Some(next) = self.holder_mut(next, interface) {
            next.prev = prev;
        }
        match self.records[found.id].holders {
            Holders::One(_) => {
                let shape = self.records[found.id].entry.shape();
                self.by_entry.remove(found.hash, found.id);
                self.records.remove(found.id);
                self.records.trim(1);
                self.uncount_shape(shape);
                false
            }
            Holders::Many(number) => {
                let many = &mut self.many[number];
                many.holders.retain(|holder| holder.interface() != interface);
                // Into its smallest form.
                if let [last] = many.holders[..] {
                    self.records[found.id].holders = Holders::One(last);
                    self.many.remove(number);
                    self.many.trim(1);
                }
                true
            }
        }
    }

    /// The clients that count for an entry: its own members and, unless it is a
    /// single (S,G), those of every wildcard entry within which it lies.
    pub fn census(&self, found: Found, entry: &Entry, credit: &impl Credit) -> Census {
        let shape = entry.shape();
        let is_wider = |other: &Shape| *other != shape && other.is_wider_or_equal(shape);
        // Mostly there is nothing that is wider.
        if entry.is_exact() || !self.shapes.iter().any(|(other, _)| is_wider(other)) {
            return self.own_census(found, credit);
        }
        let mut tally = Tally::default();
        self.tally(found, credit, &mut tally);
        for (wider, _) in self.shapes.iter().filter(|(other, _)| is_wider(other)) {
            self.tally(self.look_for(&entry.widened(*wider)), credit, &mut tally);
        }
        tally.census()
    }

    /// The clients that are members of an entry itself.
    fn own_census(&self, found: Found, credit: &impl Credit) -> Census {
        match self.records.get(found.id).map(|record| &record.holders) {
            None => Census::Nobody,
            Some(Holders::One(one)) if one.is_nobody() => Census::Nobody,
            Some(Holders::One(one)) => Census::One(credit.credited(one.interface())),
            // There is a list only as long as there are members.
            Some(Holders::Many(many)) => match self.many[*many].clients[..] {
                [(one, _)] => Census::One(one),
                [_, _] => Census::Two,
                _ => Census::More,
            },
        }
    }

    fn tally(&self, found: Found, credit: &impl Credit, tally: &mut Tally) {
        match self.records.get(found.id).map(|record| &record.holders) {
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
        for reserving in [true, false] {
            let mut next = self.first_on(interface);
            while let Some(id) = next {
                next = self.next_on(id, interface);
                let Holders::Many(many) = self.records[id].holders else { continue };
                let many = &mut self.many[many];
                if reserving {
                    many.clients.try_reserve(1)?;
                } else {
                    many.uncount(was);
                    many.count(is);
                }
            }
        }
        Ok(())
    }

    /// Calls `f` with each interface that has a membership covering (source, group);
    /// an interface comes once for each entry that covers it there. Not while a list is lent.
    pub fn members_of(&self, source: u32, group: u32, mut f: impl FnMut(InterfaceId)) {
        let packet = Entry::exact(source, group);
        for (shape, _) in &self.shapes {
            let found = self.look_for(&packet.widened(*shape));
            match self.records.get(found.id).map(|record| &record.holders) {
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
        self.shapes.iter().any(|(shape, _)| self.is_member(self.look_for(&packet.widened(*shape)), interface))
    }

    /// How many entries an interface holds.
    pub fn count_on(&self, interface: InterfaceId) -> usize {
        self.by_interface.get(interface as usize).map_or(0, |list| list.len as usize)
    }

    /// The first entry on an interface: the one that came last.
    pub fn first_on(&self, interface: InterfaceId) -> Option<u32> {
        Some(self.by_interface[interface as usize].head).filter(|&head| head != NONE)
    }

    /// The entry that follows on the same interface.
    pub fn next_on(&self, id: u32, interface: InterfaceId) -> Option<u32> {
        Some(self.place(id, interface)?.next).filter(|&next| next != NONE)
    }

    /// The entries on an interface that a party holds there.
    pub fn on_interface(&self, interface: InterfaceId, party: Party) -> impl Iterator<Item = Entry> + '_ {
        std::iter::successors(self.first_on(interface), move |&id| self.next_on(id, interface))
            .filter_map(move |id| self.held_entry(id, interface, party))
    }

    /// Lends out the list of an interface's entries, so that they can be removed on a walk
    /// through it: removed ones keep their numbers and places until [`Self::take_back`],
    /// which must follow. Nothing may be added in between.
    pub fn lend(&mut self) {
        self.lent = true;
    }

    /// The entry with this number, if a party holds it on an interface.
    pub fn held_entry(&self, id: u32, interface: InterfaceId, party: Party) -> Option<Entry> {
        self.holder(id, interface).filter(|h| h.has(party)).map(|_| self.records[id].entry)
    }

    /// The entry with this number, if nobody holds it on an interface any more.
    pub fn left_entry(&self, id: u32, interface: InterfaceId) -> Option<Entry> {
        self.holder(id, interface).is_none().then(|| self.records[id].entry)
    }

    /// Takes the list back, less what was removed.
    pub fn take_back(&mut self, interface: InterfaceId) {
        self.lent = false;
        let mut next = self.first_on(interface);
        while let Some(id) = next {
            let holder = *self.place(id, interface).expect("an entry in the list");
            next = Some(holder.next).filter(|&next| next != NONE);
            if holder.is_nobody() {
                let hash = self.by_entry.hash(words(&self.records[id].entry));
                self.drop_holder(Found { hash, id }, holder);
            }
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

    /// Whether any entry is about some sources alone.
    pub fn name_sources(&self) -> bool {
        self.shapes.iter().any(|(shape, _)| shape.source_len > 0)
    }

    /// Whether the indexes and counts agree.
    pub fn is_consistent(&self, credit: &impl Credit) -> bool {
        let (mut holders, mut parties, mut many) = (0, 0, 0);
        let count = |holder: &Holder| (holder.bits & 3).count_ones() as usize;
        for (id, record) in self.records.iter() {
            if self.look_for(&record.entry).id != id {
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
        let listed: usize = self.by_interface.iter().map(|list| list.len as usize).sum();
        !self.lent
            && listed == holders
            && (0..self.by_interface.len() as InterfaceId).all(|interface| self.is_listed_well(interface))
            && parties == self.memberships
            && many == self.many.len()
            && self.by_entry.len() == self.records.len()
            && shaped as usize == self.records.len()
    }

    /// Whether an interface's list is as long as it says, and leads back as it leads on.
    fn is_listed_well(&self, interface: InterfaceId) -> bool {
        let (mut next, mut prev) = (self.first_on(interface), NONE);
        for _ in 0..self.count_on(interface) {
            match next.and_then(|id| self.place(id, interface)) {
                Some(place) if place.prev == prev && !place.is_nobody() => {
                    prev = next.unwrap_or(NONE);
                    next = Some(place.next).filter(|&next| next != NONE);
                }
                _ => return false,
            }
        }
        next.is_none()
    }

    /// An entry's holder on an interface; one without a party, too, while a list is lent.
    fn place(&self, id: u32, interface: InterfaceId) -> Option<&Holder> {
        match &self.records.get(id)?.holders {
            Holders::One(one) => Some(one).filter(|one| one.interface() == interface),
            Holders::Many(many) => {
                let many = &self.many[*many];
                many.find(interface).ok().map(|at| &many.holders[at])
            }
        }
    }

    fn holder(&self, id: u32, interface: InterfaceId) -> Option<&Holder> {
        self.place(id, interface).filter(|holder| !holder.is_nobody())
    }

    /// As [`Self::place`].
    fn holder_mut(&mut self, id: u32, interface: InterfaceId) -> Option<&mut Holder> {
        match &mut self.records.get_mut(id)?.holders {
            Holders::One(one) => Some(one).filter(|one| one.interface() == interface),
            Holders::Many(many) => {
                let many = &mut self.many[*many];
                many.find(interface).ok().map(|at| &mut many.holders[at])
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
        let found = memberships.look_for(entry);
        memberships.reserve(found).unwrap();
        memberships.add(found, entry, interface, party, &Same);
    }

    /// Says whether nobody holds it there any more.
    fn remove(memberships: &mut Memberships, group: u32, interface: InterfaceId, party: Party) -> bool {
        let found = memberships.look_for(&any_source(group));
        let rest = memberships.remove(found, interface, party, &Same);
        let joined = memberships.look_for(&any_source(group)).id;
        assert!(rest.is_none_or(|rest| rest.id == joined), "what is left of an entry is told wrong");
        rest.is_some()
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
        let broken: [Break<'_>; 15] = [
            ("an entry under another's name", &|m| m.records[1].entry = m.records[0].entry),
            ("an entry twice by name", &|m| {
                m.by_entry.reserve_one(1).unwrap();
                m.by_entry.insert(1, 1);
            }),
            ("an entry that no interface has", &|m| m.by_interface[1] = List { head: NONE, len: 0 }),
            ("a list that goes on beyond its end", &|m| m.by_interface[1].len -= 1),
            ("a list without its first", &|m| m.by_interface[1].head = 0),
            ("a list that does not lead back", &|m| m.many[0].holders[1].prev = NONE),
            ("lists counted for each other", &|m| {
                m.by_interface[0].len += 1;
                m.by_interface[2].len -= 1;
            }),
            ("a lent list", &|m| m.lend()),
            ("the count of memberships", &|m| m.memberships += 1),
            ("a list of holders that is nobody's", &|m| {
                m.many.reserve(1).unwrap();
                m.many.insert(Many::default());
            }),
            ("an interface without a party", &|m| m.many[0].holders[0].bits &= !3),
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
        let is_joined = |m: &Memberships, group| m.is_joined(m.look_for(&any_source(group)));
        assert!(is_joined(&memberships, 0xEF01_0102) && !is_joined(&memberships, 0xEF01_0103));
        for interface in 0..3 {
            assert!(is_joined(&memberships, 0xEF01_0101));
            remove(&mut memberships, 0xEF01_0101, interface, Party::Owner);
        }
        remove(&mut memberships, 0xEF01_0102, 1, Party::Igmp);
        assert!(![0xEF01_0101, 0xEF01_0102].iter().any(|&group| is_joined(&memberships, group)));
    }

    #[test]
    fn sources_are_named_as_long_as_an_entry_has_one() {
        let mut memberships = joined();
        assert!(!memberships.name_sources());
        let exact = Entry::exact(5, 0xEF01_0102);
        add(&mut memberships, &exact, 1, Party::Owner);
        assert!(memberships.name_sources());
        let found = memberships.look_for(&exact);
        memberships.remove(found, 1, Party::Owner, &Same);
        assert!(!memberships.name_sources());
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
            assert!(!remove(&mut memberships, group, interface, party));
            assert!(memberships.is_consistent(&Same) && memberships.len() == 4);
        }
        assert!(remove(&mut memberships, 0xEF01_0102, 1, Party::Igmp));
        assert!(remove(&mut memberships, 0xEF01_0101, 1, Party::Owner));
        assert!(memberships.is_consistent(&Same) && memberships.len() == 2);
    }

    #[test]
    fn lists_stay_whole_wherever_an_entry_is_taken_out() {
        // Each entry is on interface 0, the even ones on interface 1 too.
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]] {
            let mut memberships = Memberships::new();
            for group in 0..4 {
                for interface in 0..2 - (group & 1) {
                    add(&mut memberships, &any_source(0xEF01_0000 + group), interface, Party::Owner);
                }
            }
            let on = |m: &Memberships, interface| {
                let entries = m.on_interface(interface, Party::Owner);
                let mut groups: Vec<_> = entries.map(|entry| entry.group() - 0xEF01_0000).collect();
                groups.sort_unstable();
                assert_eq!(groups.len(), m.count_on(interface));
                groups
            };
            assert_eq!((on(&memberships, 0), on(&memberships, 1)), (vec![0, 1, 2, 3], vec![0, 2]));
            for (at, &group) in order.iter().enumerate() {
                assert!(remove(&mut memberships, 0xEF01_0000 + group, 0, Party::Owner));
                let mut left = order[at + 1..].to_vec();
                left.sort_unstable();
                assert_eq!((on(&memberships, 0), on(&memberships, 1)), (left, vec![0, 2]));
                assert!(memberships.is_consistent(&Same));
            }
            assert_eq!((memberships.first_on(0), memberships.count_on(7)), (None, 0));
        }
    }

    #[test]
    fn members_of_wider_entries_count_and_each_client_once() {
        let mut memberships = Memberships::new();
        let range = Entry::new(0, 0, 0xEF01_0000, 0xFFFF_0000).unwrap();
        let (group, exact) = (any_source(0xEF01_0101), Entry::exact(0x0A00_0001, 0xEF01_0101));
        let census =
            |memberships: &Memberships, entry: &Entry| memberships.census(memberships.look_for(entry), entry, &Same);
        let steps = [
            (&range, 0, [Census::One(0), Census::One(0)]),
            (&group, 0, [Census::One(0), Census::One(0)]),
            (&group, 1, [Census::Two, Census::One(0)]),
            (&range, 1, [Census::Two, Census::Two]),
            (&range, 2, [Census::More, Census::More]),
            (&group, 3, [Census::More, Census::More]),
            (&exact, 4, [Census::More, Census::More]),
        ];
        assert_eq!(census(&memberships, &group), Census::Nobody);
        for (entry, interface, expected) in steps {
            add(&mut memberships, entry, interface, Party::Owner);
            assert_eq!([census(&memberships, &group), census(&memberships, &range)], expected);
        }
        // A single (S,G) counts for itself alone, and what is beside the range for nobody.
        assert_eq!(census(&memberships, &exact), Census::One(4));
        assert_eq!(census(&memberships, &Entry::exact(0x0A00_0002, 0xEF01_0101)), Census::Nobody);
        assert_eq!(census(&memberships, &any_source(0xEF02_0101)), Census::Nobody);
        assert_eq!(census(&memberships, &any_source(0xEF01_0102)), Census::More);
    }

    #[test]
    fn a_lent_list_keeps_what_is_removed_until_it_is_back() {
        let mut memberships = joined();
        add(&mut memberships, &any_source(0xEF01_0101), 1, Party::Igmp);
        memberships.lend();
        for (group, party, gone) in
            [(0xEF01_0101, Party::Owner, false), (0xEF01_0101, Party::Igmp, true), (0xEF01_0102, Party::Igmp, true)]
        {
            assert_eq!(remove(&mut memberships, group, 1, party), gone);
        }
        let walk = std::iter::successors(memberships.first_on(1), |&id| memberships.next_on(id, 1));
        let left: Vec<_> = walk.map(|id| memberships.left_entry(id, 1).unwrap().group()).collect();
        assert_eq!(left, [0xEF01_0102, 0xEF01_0101]);
        let joined = |group| memberships.is_joined(memberships.look_for(&any_source(group)));
        assert!(joined(0xEF01_0101) && !joined(0xEF01_0102));
        let census = |group| memberships.census(memberships.look_for(&any_source(group)), &any_source(group), &Same);
        assert_eq!((census(0xEF01_0101), census(0xEF01_0102)), (Census::Two, Census::Nobody));
        memberships.take_back(1);
        assert!(memberships.is_consistent(&Same));
        assert_eq!((memberships.len(), memberships.entries().count(), memberships.first_on(1)), (2, 1, None));
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
                    assert!(remove(&mut memberships, group, interface, Party::Owner));
                }
            }
            assert_eq!((memberships.len(), memberships.bound(), memberships.many.bound()), (0, 256, 256));
            assert_eq!(memberships.by_entry.capacity() > 0, kept);
        }
    }

    #[test]
    fn a_record_is_small() {
        // With its place in the hash table, at most 40 bytes for a membership.
        assert_eq!(size_of::<Record>(), 28);
    }
}
