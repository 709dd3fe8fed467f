//! What a diagnosis finds: a severity, a code, an interface and a line of text, made
//! without allocating and handed over one at a time.

use std::{
    ffi::CStr,
    fmt::{self, Write as _},
};

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Severity {
    /// Traffic cannot flow because of it.
    Problem = 1,
    /// It may be why traffic does not flow.
    Hint = 2,
    /// Good to know; nothing is wrong.
    Note = 3,
}

/// What was found. The numbers are those of `mgmhost.h`; docs/diagnosis.md explains them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
#[allow(missing_docs)] // mgmhost.h has the words.
pub enum Code {
    MemoryForwarder = 1,
    TableHeld = 2,
    TableNotHeld = 3,
    NoRule = 4,
    NoMulticastRouting = 5,
    NoTables = 6,
    NoWrongInterfaceReports = 7,
    NoIpMulticast = 8,
    UnicastForwardingOff = 9,
    NoFreeVif = 10,
    UpcallsWait = 11,
    EntryLimit = 12,
    NotChecked = 13,
    NoInterface = 20,
    LinkDown = 21,
    NoVif = 22,
    PortOfAnother = 23,
    NoQuerier = 24,
    RpFilter = 25,
    SourceRefused = 26,
    McForwardingOff = 27,
    LinkLocalGroup = 40,
    SourceNotUnicast = 41,
    NoRoute = 42,
    NoOwner = 43,
    NoEntry = 44,
    EntryInTheMaking = 45,
    NoMember = 46,
    MemberOnIif = 47,
    Vetoed = 48,
    Pruned = 49,
    EntryEmpty = 50,
    WrongInterface = 51,
    NoPackets = 52,
    LowTtl = 53,
    TooLarge = 54,
    NotSent = 55,
    KernelDiffers = 56,
    Boundary = 57,
}

/// The longest text; what is longer is cut.
const TEXT: usize = 512;

/// A line of text in a fixed place, NUL-terminated.
pub struct Text {
    bytes: [u8; TEXT],
    len: usize,
}

impl Text {
    const fn new() -> Self {
        Self { bytes: [0; TEXT], len: 0 }
    }

    /// As a Rust text.
    pub fn as_str(&self) -> &str {
        self.as_c_str().to_str().unwrap_or_default()
    }

    /// For C.
    pub fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.bytes).unwrap_or_default()
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            // One line, and no NUL before its end.
            let character = if character.is_control() { '?' } else { character };
            let end = self.len + character.len_utf8();
            if end >= TEXT {
                return Err(fmt::Error);
            }
            character.encode_utf8(&mut self.bytes[self.len..end]);
            self.len = end;
        }
        Ok(())
    }
}

/// One finding.
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is.
    pub code: Code,
    /// The interface it is about, 0 if none.
    pub if_index: u32,
    /// What is wrong, where, and what to do.
    pub text: Text,
}

/// Where findings go. They are handed over at once, so no lock may be held.
pub struct Findings<'a> {
    sink: &'a mut dyn FnMut(&Finding),
}

impl<'a> Findings<'a> {
    /// Hands every finding to `sink`.
    pub fn new(sink: &'a mut dyn FnMut(&Finding)) -> Self {
        Self { sink }
    }

    /// Adds one. The text begins with the interface's name where there is one.
    pub fn add(&mut self, severity: Severity, code: Code, if_index: u32, text: fmt::Arguments<'_>) {
        let mut line = Text::new();
        // What does not fit is cut.
        let _ = match if_index {
            0 => line.write_fmt(text),
            _ => write!(line, "{}: {text}", Name(if_index)),
        };
        (self.sink)(&Finding { severity, code, if_index, text: line });
    }

    /// Adds one that stops traffic.
    pub fn problem(&mut self, code: Code, if_index: u32, text: fmt::Arguments<'_>) {
        self.add(Severity::Problem, code, if_index, text);
    }

    /// Adds one that may stop traffic.
    pub fn hint(&mut self, code: Code, if_index: u32, text: fmt::Arguments<'_>) {
        self.add(Severity::Hint, code, if_index, text);
    }

    /// Adds one that is good to know.
    pub fn note(&mut self, code: Code, if_index: u32, text: fmt::Arguments<'_>) {
        self.add(Severity::Note, code, if_index, text);
    }
}

/// Shows an interface by its name, or by its number where it has none.
#[derive(Clone, Copy)]
pub struct Name(pub u32);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(target_os = "linux")]
        {
            let mut name = [0 as libc::c_char; libc::IF_NAMESIZE];
            // SAFETY: the buffer has the IF_NAMESIZE bytes that the function may write, and
            // a name that it writes is NUL-terminated.
            let known = !unsafe { libc::if_indextoname(self.0, name.as_mut_ptr()) }.is_null();
            if known {
                // SAFETY: as above; the buffer outlives the borrow.
                let name = unsafe { CStr::from_ptr(name.as_ptr()) };
                return f.write_str(name.to_str().unwrap_or("?"));
            }
        }
        write!(f, "interface {}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_one_line_and_are_cut_between_characters() {
        let mut lines = Vec::new();
        let mut sink = |finding: &Finding| lines.push(finding.text.as_c_str().to_str().map(str::to_owned));
        let mut findings = Findings::new(&mut sink);
        findings.note(Code::NotChecked, 0, format_args!("a\nb\0c"));
        findings.note(Code::NotChecked, u32::MAX, format_args!("gone"));
        findings.note(Code::NotChecked, 0, format_args!("{}", "ä".repeat(TEXT)));
        assert_eq!(lines[0], Ok("a?b?c".to_owned()));
        assert_eq!(lines[1], Ok("interface 4294967295: gone".to_owned()));
        assert_eq!(lines[2], Ok("ä".repeat((TEXT - 1) / 2)));
    }
}
