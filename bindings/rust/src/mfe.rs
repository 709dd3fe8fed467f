use crate::{
    Error, Interface, Prefix, sys,
    types::{address, network},
};
use std::net::Ipv4Addr;

/// One outgoing interface of an [`Mfe`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Oif {
    /// The interface.
    pub interface: Interface,
    /// Packets of this entry sent out of it; 0 with the Linux kernel, which does not count
    /// them, and where no statistics were asked for.
    pub packets: u32,
    /// Packets that its TTL threshold kept in; 0 as above.
    pub ttl_too_low: u32,
}

/// The statistics of an [`Mfe`]; counters are modulo 2^32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// Packets that matched the entry, those from a wrong interface included.
    pub packets: u32,
    /// Their bytes.
    pub bytes: u32,
    /// Packets from a wrong interface.
    pub wrong_interface: u32,
    /// Packets dropped because the queue of the not yet made entry was full.
    pub queue_overflow: u32,
}

/// A multicast forwarding entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mfe {
    /// The source.
    pub source: Ipv4Addr,
    /// The group.
    pub group: Ipv4Addr,
    /// The upstream neighbour; 0.0.0.0 where there is none.
    pub upstream: Ipv4Addr,
    /// The index of the incoming interface; 0 for none.
    pub iif: u32,
    /// The protocol id of its owner; 0 without one.
    pub iif_protocol: u32,
    /// Who made the route towards the source, as the MIB numbers it; 0 without a route.
    pub route_protocol: u32,
    /// The network of that route.
    pub route: Prefix,
    /// Its age, in hundredths of a second with statistics and in seconds without.
    pub up_time: u32,
    /// The time until it ends or is renewed, in the same unit.
    pub expiry_time: u32,
    /// The outgoing interfaces, ascending; none for an entry that forwards nothing.
    pub oifs: Vec<Oif>,
    /// Its statistics, if they were asked for.
    pub statistics: Option<Statistics>,
}

/// Without or with statistics: what differs.
#[derive(Debug, Clone, Copy)]
enum Form {
    Plain,
    Statistics,
}

impl Form {
    /// Words of an entry without its interfaces, and of one of these.
    fn words(self) -> (usize, usize) {
        match self {
            Self::Plain => (sys::MFE_WORDS, sys::OIF_WORDS),
            Self::Statistics => (sys::STATS_WORDS, sys::OIF_STATS_WORDS),
        }
    }

    /// Takes the first entry off the words of a buffer; none where they are too few.
    fn decode(self, words: &mut &[u32]) -> Option<Mfe> {
        let (base, each) = self.words();
        let (head, rest) = words.split_at_checked(base)?;
        let count = head[if matches!(self, Self::Plain) { 12 } else { 11 }] as usize;
        let (oifs, rest) = rest.split_at_checked(count.checked_mul(each)?)?;
        *words = rest;
        let oif = |oif: &[u32]| Oif {
            interface: Interface::from_c(oif[0], oif[1]),
            packets: oif.get(5).copied().unwrap_or(0),
            ttl_too_low: if matches!(self, Self::Plain) { 0 } else { oif[3] },
        };
        Some(Mfe {
            group: address(head[0]),
            source: address(head[1]),
            upstream: address(head[3]),
            iif: head[4],
            iif_protocol: head[5],
            route_protocol: head[6],
            route: Prefix::from_c(head[7], head[8]),
            up_time: head[9],
            expiry_time: head[10],
            oifs: oifs.chunks_exact(each).map(oif).collect(),
            statistics: matches!(self, Self::Statistics).then(|| Statistics {
                packets: head[12],
                bytes: head[13],
                wrong_interface: head[14],
                queue_overflow: head[15],
            }),
        })
    }
}

/// Goes through all MFEs, ascending by group and source; see [`mfes`] and [`statistics`].
/// After an error it is over.
#[derive(Debug)]
pub struct Mfes {
    form: Form,
    buffer: Vec<u32>,
    /// Where the entries that are not yet given out begin, and how many there are.
    at: usize,
    left: usize,
    last: Option<(Ipv4Addr, Ipv4Addr)>,
    over: bool,
}

impl Mfes {
    fn new(form: Form) -> Self {
        Self { form, buffer: Vec::new(), at: 0, left: 0, last: None, over: false }
    }

    fn fill(&mut self) -> Result<(), Error> {
        self.at = 0;
        self.buffer.resize(self.buffer.len().max(16384), 0);
        loop {
            let mut size = size_of_val(&self.buffer[..]) as u32;
            let (mut count, buffer) = (0, self.buffer.as_mut_ptr().cast());
            let mut key = sys::MfeKey::default();
            if let Some((source, group)) = self.last {
                (key.source, key.group) = (network(source), network(group));
            }
            // SAFETY: `size` is that of `buffer`; the other pointers are to variables.
            let code = unsafe {
                match (self.form, self.last.is_some()) {
                    (Form::Plain, false) => sys::MgmGetFirstMfe(&mut size, buffer, &mut count),
                    (Form::Plain, true) => sys::MgmGetNextMfe(&mut key, &mut size, buffer, &mut count),
                    (Form::Statistics, false) => {
                        sys::MgmGetFirstMfeStats(&mut size, buffer, &mut count, sys::MGM_MFE_STATS_1)
                    }
                    (Form::Statistics, true) => {
                        sys::MgmGetNextMfeStats(&mut key, &mut size, buffer, &mut count, sys::MGM_MFE_STATS_1)
                    }
                }
            };
            match code {
                sys::ERROR_INSUFFICIENT_BUFFER => self.buffer.resize(size as usize / 4 + 1, 0),
                sys::ERROR_MORE_DATA | sys::ERROR_NO_MORE_ITEMS => {
                    self.left = count as usize;
                    self.over = code == sys::ERROR_NO_MORE_ITEMS;
                    return Ok(());
                }
                error => {
                    self.over = true;
                    return Err(Error::from_code(error));
                }
            }
        }
    }
}

impl Iterator for Mfes {
    type Item = Result<Mfe, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            if self.over {
                return None;
            }
            if let Err(error) = self.fill() {
                return Some(Err(error));
            }
            if self.left == 0 {
                return None;
            }
        }
        let mut words = &self.buffer[self.at..];
        let mfe = self.form.decode(&mut words)?;
        self.at = self.buffer.len() - words.len();
        self.left -= 1;
        self.last = Some((mfe.source, mfe.group));
        Some(Ok(mfe))
    }
}

impl std::iter::FusedIterator for Mfes {}

/// All MFEs (`MgmGetFirstMfe`, `MgmGetNextMfe`). Needs no registration.
///
/// ```
/// for mfe in mgm::mfes() {
///     let mfe = mfe?;
///     println!("{} to {} goes out of {:?}", mfe.source, mfe.group, mfe.oifs);
/// }
/// # Ok::<(), mgm::Error>(())
/// ```
pub fn mfes() -> Mfes {
    Mfes::new(Form::Plain)
}

/// All MFEs with their statistics (`MgmGetFirstMfeStats`, `MgmGetNextMfeStats`).
pub fn statistics() -> Mfes {
    Mfes::new(Form::Statistics)
}

fn one(form: Form, source: Ipv4Addr, group: Ipv4Addr) -> Result<Mfe, Error> {
    let mut key = sys::MfeKey { group: network(group), source: network(source), ..Default::default() };
    let mut buffer = vec![0u32; 64];
    loop {
        let mut size = size_of_val(&buffer[..]) as u32;
        let to = buffer.as_mut_ptr().cast();
        // SAFETY: `size` is that of `buffer`; the other pointers are to variables.
        let code = unsafe {
            match form {
                Form::Plain => sys::MgmGetMfe(&mut key, &mut size, to),
                Form::Statistics => sys::MgmGetMfeStats(&mut key, &mut size, to, sys::MGM_MFE_STATS_1),
            }
        };
        if code != sys::ERROR_INSUFFICIENT_BUFFER {
            Error::check(code)?;
            return form.decode(&mut &buffer[..]).ok_or(Error::CanNotComplete);
        }
        buffer.resize(size as usize / 4 + 1, 0);
    }
}

/// One MFE (`MgmGetMfe`). Needs no registration.
///
/// # Errors
/// [`Error::NotFound`] where there is none, [`Error::CanNotComplete`].
pub fn mfe(source: Ipv4Addr, group: Ipv4Addr) -> Result<Mfe, Error> {
    one(Form::Plain, source, group)
}

/// One MFE with its statistics (`MgmGetMfeStats`).
///
/// # Errors
/// As [`mfe`].
pub fn mfe_statistics(source: Ipv4Addr, group: Ipv4Addr) -> Result<Mfe, Error> {
    one(Form::Statistics, source, group)
}
