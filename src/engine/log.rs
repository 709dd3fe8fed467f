//! Log lines: formatted without allocating, kept while the lock is held, written when
//! it is free. To standard error, or to the host program's callback.

use std::{
    ffi::{c_char, c_void},
    fmt::{self, Write as _},
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// How much is logged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u32)]
pub enum Level {
    /// Nothing.
    Off = 0,
    /// What did not work.
    Error = 1,
    /// What may be wrong.
    Warn = 2,
    /// What was chosen, started and stopped.
    Info = 3,
    /// Every request.
    Debug = 4,
}

impl Level {
    /// From its number.
    pub fn from_number(number: u32) -> Option<Self> {
        [Self::Off, Self::Error, Self::Warn, Self::Info, Self::Debug].into_iter().find(|&level| level as u32 == number)
    }

    /// From its name, as MGM_LOG gives it.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Off, Self::Error, Self::Warn, Self::Info, Self::Debug].into_iter().find(|level| level.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

/// A C log callback: gets a context, the level's number and the NUL-terminated line.
pub type CLogFunction = unsafe extern "system" fn(*mut c_void, u32, *const c_char);

/// Where log lines go instead of standard error: called on any thread, also on two at
/// the same time, with no lock held.
#[derive(Clone, Copy)]
pub struct LogSink(Sink);

#[derive(Clone, Copy)]
enum Sink {
    Rust(fn(Level, &str)),
    C(CLogFunction, *mut c_void),
}

// SAFETY: whoever makes a sink of a pointer promises (`LogSink::from_c`) that the function
// may be called with it on any thread; the pointer is only handed through.
unsafe impl Send for LogSink {}

impl LogSink {
    /// A function that gets each line, without newline.
    pub const fn new(function: fn(Level, &str)) -> Self {
        Self(Sink::Rust(function))
    }

    /// A host program's C function and its context.
    ///
    /// # Safety
    /// The function may be called with the context on any thread, at any time, and returns
    /// normally.
    pub const unsafe fn from_c(function: CLogFunction, context: *mut c_void) -> Self {
        Self(Sink::C(function, context))
    }
}

/// The longest line; what is longer is cut.
const LINE: usize = 384;
/// The most lines that wait for the lock to be free.
pub(super) const LINES: usize = 16;

/// One line.
#[derive(Clone, Copy)]
pub struct Line {
    level: Level,
    len: usize,
    text: [u8; LINE],
}

impl Line {
    const EMPTY: Self = Self { level: Level::Off, len: 0, text: [0; LINE] };

    /// Writes the line out. Called without a lock.
    pub fn write(&self, sink: Option<LogSink>) {
        match sink {
            None => self.write_to_standard_error(),
            Some(LogSink(Sink::Rust(function))) => {
                // As a client's callback, it ends nobody's request by a panic.
                let _ = catch_unwind(AssertUnwindSafe(|| function(self.level, self.text())));
            }
            Some(LogSink(Sink::C(function, context))) => {
                let text = self.text.as_ptr().cast();
                // SAFETY: `LogSink::from_c`'s contract; the text is NUL-terminated and lives
                // during the call.
                unsafe { function(context, self.level as u32, text) };
            }
        }
    }

    fn write_to_standard_error(&self) {
        let mut buffer = [0; LINE + 32];
        let mut rest = &mut buffer[..];
        // A line that does not fit is cut; a standard error that is closed is no reason to fail.
        let _ = write!(rest, "rtm: {}: {}", self.level.name(), self.text()).and_then(|()| writeln!(rest));
        let len = LINE + 32 - rest.len();
        let _ = std::io::stderr().write_all(&buffer[..len]);
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.text[..self.len]).unwrap_or("?")
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut len = text.len().min(LINE - 1 - self.len);
        while !text.is_char_boundary(len) {
            len -= 1;
        }
        self.text[self.len..self.len + len].copy_from_slice(&text.as_bytes()[..len]);
        self.len += len;
        Ok(())
    }
}

/// The lines that wait.
pub struct Log {
    level: Level,
    lines: [Line; LINES],
    first: usize,
    waiting: usize,
    lost: u64,
    sink: Option<LogSink>,
}

impl Log {
    /// Nothing waits.
    pub const fn new() -> Self {
        Self { level: Level::Warn, lines: [Line::EMPTY; LINES], first: 0, waiting: 0, lost: 0, sink: None }
    }

    /// Sets how much is logged.
    pub fn set_level(&mut self, level: Level) {
        self.level = level;
    }

    /// Sets where lines go; `None` is standard error.
    pub fn set_sink(&mut self, sink: Option<LogSink>) {
        self.sink = sink;
    }

    /// How many lines found no room.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Whether lines of a level are logged.
    pub fn takes(&self, level: Level) -> bool {
        level <= self.level && level != Level::Off
    }

    /// Adds a line.
    pub fn add(&mut self, level: Level, message: fmt::Arguments<'_>) {
        if !self.takes(level) {
            return;
        }
        if self.waiting == LINES {
            self.lost += 1;
            return;
        }
        let line = &mut self.lines[(self.first + self.waiting) % LINES];
        *line = Line { level, ..Line::EMPTY };
        let _ = line.write_fmt(message);
        self.waiting += 1;
    }

    /// Whether lines wait.
    pub fn is_waiting(&self) -> bool {
        self.waiting > 0
    }

    /// Takes the oldest line, and where it goes.
    pub fn pop(&mut self) -> Option<(Line, Option<LogSink>)> {
        if self.waiting == 0 {
            return None;
        }
        let line = self.lines[self.first];
        self.first = (self.first + 1) % LINES;
        self.waiting -= 1;
        Some((line, self.sink))
    }
}

impl Default for Log {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_cut_and_many_are_counted() {
        let mut log = Log::new();
        for _ in 0..LINES + 3 {
            log.add(Level::Error, format_args!("{}", "ä".repeat(LINE)));
        }
        log.add(Level::Info, format_args!("below the level"));
        assert_eq!(log.lost(), 3);
        let (line, _) = log.pop().unwrap();
        assert!(line.text().len() >= LINE - 2 && line.text().len() < LINE);
        assert_eq!(line.text[line.len], 0);
    }
}
