//! Writing manual pages, in the man(7) language.

use crate::header::{Header, Item, Kind, Part};

/// When the interface was last changed; goes with the version.
const DATE: &str = "2026-11-21";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How comments name the callbacks.
const CALLBACKS: [(&str, &str); 9] = [
    ("RPF", "PMGM_RPF_CALLBACK"),
    ("creation", "PMGM_CREATION_ALERT_CALLBACK"),
    ("PRUNE", "PMGM_PRUNE_ALERT_CALLBACK"),
    ("JOIN", "PMGM_JOIN_ALERT_CALLBACK"),
    ("WRONG_IF", "PMGM_WRONG_IF_CALLBACK"),
    ("LOCAL_JOIN", "PMGM_LOCAL_JOIN_CALLBACK"),
    ("LOCAL_LEAVE", "PMGM_LOCAL_LEAVE_CALLBACK"),
    ("DISABLE", "PMGM_DISABLE_IGMP_CALLBACK"),
    ("ENABLE", "PMGM_ENABLE_IGMP_CALLBACK"),
];

/// The page of a function, callback or structure.
pub fn of_item(header: &Header, item: &Item, names: &[String]) -> String {
    let own = &item.name;
    let mut words = Words { names, own, params: Vec::new(), seen: Vec::new() };
    for part in &item.doc {
        if let Part::Param(names, _) = part {
            words.params.extend(names.iter().cloned());
        }
    }
    words.params.extend(item.members.iter().map(|(name, _)| name.clone()));
    words.look(&item.declaration);

    let Some((Part::Text(first), rest)) = item.doc.split_first() else { panic!("{own} has no description") };
    let (summary, more) = first.split_once(". ").unwrap_or((first, ""));
    let mut page = title(own, 3);
    page += &format!(".SH NAME\n{own} \\- {}\n", escaped(&uncapitalised(summary.trim_end_matches('.'))));
    page += ".SH LIBRARY\nThe multicast group manager\n.RI ( librtm ,\\~ \\-lrtm )\n";
    page += &format!(".SH SYNOPSIS\n.nf\n.B #include <{}>\n.PP\n{}.fi\n", header.name, code(&item.declaration));

    let values: Vec<_> = rest.iter().filter(|part| matches!(part, Part::Value(..) | Part::Return(_))).collect();
    page += ".SH DESCRIPTION\n";
    page += &words.text(summary, if more.is_empty() { "" } else { "." });
    if more.is_empty() {
        page.truncate(page.trim_end().len());
        page += if page.ends_with('.') { "\n" } else { ".\n" };
    } else {
        page += &words.text(more, "");
    }
    let mut headed = false;
    let mut parameters = false;
    for part in rest {
        match part {
            Part::Text(text) => {
                if !std::mem::take(&mut headed) {
                    page += ".PP\n";
                }
                page += &words.text(text, "");
            }
            Part::Param(names, text) => {
                if !std::mem::replace(&mut parameters, true) {
                    page += ".SH PARAMETERS\n";
                }
                let names: Vec<String> = names.iter().map(|name| format!("\\fI{name}\\fP")).collect();
                page += &format!(".TP\n{}\n{}", names.join(", "), words.text(text, ""));
            }
            Part::Heading(text) => {
                page += &format!(".SH {}\n", text.to_uppercase());
                headed = true;
            }
            Part::Code(text) => {
                page += if headed { ".nf\n" } else { ".PP\n.nf\n" };
                page += &format!("{}.fi\n", code(text));
                headed = false;
            }
            // All of them where the first one stands.
            Part::Value(..) | Part::Return(_) => {
                if !values.first().is_some_and(|first| std::ptr::eq(*first, part)) {
                    continue;
                }
                page += ".SH RETURN VALUE\n";
                for value in &values {
                    match value {
                        Part::Value(code, text) => {
                            page += &format!(".TP\n.B {code}\n{}", words.text(text, ""));
                        }
                        Part::Return(text) => page += &format!(".PP\n{}", words.text(text, "")),
                        _ => {}
                    }
                }
                page = page.replace(".SH RETURN VALUE\n.PP\n", ".SH RETURN VALUE\n");
            }
        }
    }
    if item.kind == Kind::Structure {
        page += ".SH MEMBERS\n";
        for (name, text) in &item.members {
            page += &format!(".TP\n.I {name}\n{}", words.text(text, ""));
        }
    }
    // Left alone, names this long leave holes.
    page += ".SH SEE ALSO\n.ad l\n.nh\n";
    words.seen.extend(neighbours(header, item));
    words.seen.sort();
    words.seen.dedup();
    for name in &words.seen {
        page += &format!(".BR {name} (3),\n");
    }
    page + ".BR mgm (7)\n"
}

/// The functions before and behind a function in its header, which are about the same.
fn neighbours(header: &Header, item: &Item) -> Vec<String> {
    let functions: Vec<&Item> = header.items.iter().filter(|item| item.kind == Kind::Function).collect();
    let Some(at) = functions.iter().position(|function| function.name == item.name) else { return Vec::new() };
    let around = [at.checked_sub(1), at.checked_add(1)].into_iter().flatten();
    around.filter_map(|n| functions.get(n).map(|function| function.name.clone())).collect()
}

/// mgm(7): what the headers say of themselves, and what they declare.
pub fn overview(headers: &[Header]) -> String {
    let names: Vec<String> = headers.iter().flat_map(|h| h.items.iter().map(|item| item.name.clone())).collect();
    let mut words = Words { names: &names, own: "mgm", params: Vec::new(), seen: Vec::new() };
    let mut page = title("mgm", 7);
    page += ".SH NAME\nmgm \\- the multicast group manager\n.SH SYNOPSIS\n.nf\n";
    for header in headers {
        page += &format!(".B #include <{}>\n", header.name);
    }
    page += ".PP\ncc ... \\-lrtm\n.fi\n.SH DESCRIPTION\n";
    for header in headers {
        page += &format!(".SS {}\n", header.name);
        // @file, the title, and how the header is made.
        for (n, part) in header.about.iter().skip(3).enumerate() {
            let Part::Text(text) = part else { continue };
            page += if n == 0 { "" } else { ".PP\n" };
            page += &words.text(text, "");
        }
    }
    for (kind, heading) in
        [(Kind::Function, "FUNCTIONS"), (Kind::Callback, "CALLBACKS"), (Kind::Structure, "STRUCTURES")]
    {
        page += &format!(".SH {heading}\n");
        for header in headers {
            page += &format!(".SS {}\n", header.name);
            for item in header.items.iter().filter(|item| item.kind == kind) {
                let Some(Part::Text(text)) = item.doc.first() else { continue };
                let summary = text.split_once(". ").map_or(text.as_str(), |(first, _)| first);
                page += &format!(".TP\n.BR {} (3)\n{}.\n", item.name, escaped(summary.trim_end_matches('.')));
            }
        }
    }
    page + ".SH SEE ALSO\n.BR mgm\\-diagnose (8)\n"
}

/// A command's page, from its --help: headings, text, and options or codes with what they do.
pub fn command(help: &str) -> String {
    let mut page = title("mgm-diagnose", 8);
    let mut section = "";
    let mut paragraph = false;
    for line in help.lines() {
        let text = line.trim();
        if !line.starts_with(' ') && !text.is_empty() {
            section = text;
            page += &format!(".SH {text}\n");
            if section == "EXAMPLES" {
                page += ".nf\n";
            }
            paragraph = false;
        } else if text.is_empty() {
            paragraph = true;
        } else if matches!(section, "OPTIONS" | "EXIT STATUS") && line.starts_with("    ") && !line.starts_with("     ")
        {
            let (what, does) = text.split_once("  ").expect("what it does");
            page += &format!(".TP\n.B {}\n{}\n", options(what), escaped(does.trim()));
        } else {
            if std::mem::take(&mut paragraph) && section == "DESCRIPTION" {
                page += ".PP\n";
            }
            let text = if section == "NAME" { text.replacen(" - ", " \\- ", 1) } else { options(text) };
            page += &format!("{}\n", if section == "NAME" { text.replacen('-', "\\-", 1) } else { text });
        }
    }
    page + ".fi\n.SH SEE ALSO\n.BR mgm (7),\n.BR MgmHostDiagnose (3)\n"
}

fn title(name: &str, section: u8) -> String {
    format!(
        ".\\\" Made from the headers' comments by tests/man_pages: change those, then run make headers.\n\
         .TH {} {section} {DATE} \"multicast-group-manager {VERSION}\" MGM\n",
        options(name)
    )
}

/// What turns a comment's words into roff, and remembers what they name.
struct Words<'a> {
    names: &'a [String],
    own: &'a str,
    params: Vec<String>,
    seen: Vec<String>,
}

impl Words<'_> {
    /// Remembers the pages that a text names.
    fn look(&mut self, text: &str) {
        for word in text.split(|c: char| c != '_' && !c.is_ascii_alphanumeric()) {
            let name = CALLBACKS.iter().find(|(short, _)| *short == word).map_or(word, |(_, name)| name);
            // PMGM_HOST_OPTIONS is the address of a MGM_HOST_OPTIONS.
            for name in [name, name.strip_prefix('P').unwrap_or(name)] {
                if name != self.own && self.names.iter().any(|known| known == name) {
                    self.seen.push(name.to_owned());
                }
            }
        }
    }

    /// A paragraph, a line for each sentence.
    fn text(&mut self, text: &str, end: &str) -> String {
        self.look(text);
        let mut result = String::new();
        for word in text.split(' ') {
            // Punctuation around a name stays outside of it.
            let name = word.trim_matches(|c: char| c != '_' && !c.is_ascii_alphanumeric());
            let marked = if name.is_empty() {
                escaped(word)
            } else if self.params.iter().any(|param| param == name) {
                escaped(&word.replace('`', "")).replacen(name, &format!("\\fI{name}\\fP"), 1)
            } else if name == self.own || name.starts_with("ERROR_") || name == "NO_ERROR" || word.starts_with('`') {
                escaped(&word.replace('`', "")).replacen(&escaped(name), &format!("\\fB{}\\fP", escaped(name)), 1)
            } else if self.names.iter().any(|known| known == name) && !word.contains('(') {
                escaped(word).replacen(name, &format!("\\fB{name}\\fP(3)"), 1)
            } else {
                escaped(word)
            };
            if !result.is_empty() {
                let ended = result.ends_with(['.', ';']) && name.starts_with(|c: char| c.is_ascii_uppercase());
                result.push(if ended && !result.ends_with("..") { '\n' } else { ' ' });
            }
            result.push_str(&marked);
        }
        guarded(&(result + end + "\n"))
    }
}

/// C in a page: as it stands.
fn code(text: &str) -> String {
    guarded(&text.replace('\\', "\\e").replace('-', "\\-").replace('^', "\\(ha").replace('~', "\\(ti"))
}

/// Text for roff.
fn escaped(text: &str) -> String {
    let mut result = String::new();
    let mut before = ' ';
    let characters: Vec<char> = text.chars().collect();
    for (n, c) in characters.iter().enumerate() {
        let after = characters.get(n + 1);
        match c {
            '\\' => result.push_str("\\e"),
            // A minus, not a hyphen.
            '-' if !before.is_ascii_alphabetic() || !after.is_some_and(char::is_ascii_alphabetic) => {
                result.push_str("\\-");
            }
            _ => result.push(*c),
        }
        before = *c;
    }
    result
}

/// Options and commands: every - is typed.
fn options(text: &str) -> String {
    guarded(&text.replace('\\', "\\e").replace('-', "\\-"))
}

/// No line begins with what roff takes for a request.
fn guarded(text: &str) -> String {
    text.split('\n')
        .map(|line| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() })
        .collect::<Vec<_>>()
        .join("\n")
}

fn uncapitalised(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        // Not MFE, IGMP and the like.
        Some(first) if !characters.clone().next().is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(characters).collect()
        }
        _ => text.to_owned(),
    }
}
