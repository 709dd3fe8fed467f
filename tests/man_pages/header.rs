//! Reading a header that build.rs made: comments in doxygen's form, and what they declare.

/// One header.
pub struct Header {
    /// `mgm.h`.
    pub name: String,
    /// What it says of itself.
    pub about: Vec<Part>,
    /// Its functions, callbacks and structures, in its order.
    pub items: Vec<Item>,
}

/// What is declared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Function,
    Callback,
    Structure,
}

/// One declaration with its comment.
pub struct Item {
    pub name: String,
    pub kind: Kind,
    pub doc: Vec<Part>,
    /// As C has it, without comments.
    pub declaration: String,
    /// The comments of a structure's members.
    pub members: Vec<(String, String)>,
}

/// A paragraph of a comment, on one line; code keeps its lines.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    Text(String),
    /// @param: names, and what they mean.
    Param(Vec<String>, String),
    /// @retval: code, and when.
    Value(String, String),
    /// @return.
    Return(String),
    /// @par: a heading; what follows belongs to it.
    Heading(String),
    Code(String),
}

/// Takes a header apart.
pub fn parse(name: &str, text: &str) -> Header {
    let mut header = Header { name: name.to_owned(), about: Vec::new(), items: Vec::new() };
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while at < lines.len() {
        if !lines[at].starts_with("/**") {
            at += 1;
            continue;
        }
        let end = at + lines[at..].iter().position(|line| line.ends_with("*/")).expect("the end of a comment");
        let doc = parts(&lines[at..=end]);
        at = end + 1;
        if doc.first() == Some(&Part::Text("@file".to_owned())) {
            header.about = doc;
            continue;
        }
        let last = if lines[at].starts_with("struct ") { "};" } else { ";" };
        let Some(length) = lines[at..].iter().position(|line| line.ends_with(last)) else { continue };
        let declaration = &lines[at..=at + length];
        if let Some((name, kind)) = declares(declaration[0]) {
            let (declaration, members) = without_comments(declaration);
            header.items.push(Item { name: name.to_owned(), kind, doc, declaration, members });
        }
    }
    header
}

/// What a declaration that begins like this declares.
fn declares(line: &str) -> Option<(&str, Kind)> {
    let (rest, kind) = if let Some(rest) = line.strip_prefix("struct _") {
        (rest, Kind::Structure)
    } else if let Some((_, rest)) = line.split_once("(MGM_CALL *") {
        (rest, Kind::Callback)
    } else if let Some((_, rest)) = line.split_once("MGM_CALL ") {
        (rest, Kind::Function)
    } else {
        return None;
    };
    let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric())?;
    Some((&rest[..end], kind))
}

/// The lines of a declaration, and the comments of its members.
fn without_comments(lines: &[&str]) -> (String, Vec<(String, String)>) {
    let mut declaration = String::new();
    let mut members = Vec::new();
    let mut comment = Vec::new();
    let mut inside = false;
    for line in lines {
        let words = line.trim();
        inside |= words.starts_with("/**");
        if inside {
            comment.push(words.trim_start_matches(['/', '*']).trim_end_matches(['/', '*']).trim());
            inside = !words.ends_with("*/");
            continue;
        }
        if !comment.is_empty() {
            let member = words.trim_end_matches(';').split('[').next().unwrap_or_default();
            let name = member.rsplit([' ', '*']).next().unwrap_or_default();
            members.push((name.to_owned(), comment.join(" ").trim().to_owned()));
            comment.clear();
        }
        declaration.push_str(line);
        declaration.push('\n');
    }
    (declaration, members)
}

/// The paragraphs of a comment.
fn parts(lines: &[&str]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut paragraph = String::new();
    let mut code: Option<String> = None;
    for line in lines {
        let line = line.strip_prefix("/**").or(line.strip_prefix(" *")).unwrap_or(line);
        let line = line.strip_suffix("*/").unwrap_or(line);
        let line = line.strip_prefix(' ').unwrap_or(line);
        if line == "```c" {
            code = Some(String::new());
        } else if line == "```" {
            parts.push(Part::Code(code.take().expect("the beginning of code")));
        } else if let Some(code) = &mut code {
            code.push_str(line);
            code.push('\n');
        } else if line.trim() == "/" || line.trim().is_empty() {
            parts.extend(part(&paragraph));
            paragraph.clear();
        } else {
            if line.starts_with('@') {
                parts.extend(part(&paragraph));
                paragraph.clear();
            } else if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line.trim());
            // A heading has its line for itself.
            if line.starts_with("@par ") || line == "@file" {
                parts.extend(part(&paragraph));
                paragraph.clear();
            }
        }
    }
    parts.extend(part(&paragraph));
    parts
}

fn part(paragraph: &str) -> Option<Part> {
    let two = |rest: &str| {
        let (first, rest) = rest.split_once(' ').expect("what it means");
        (first.to_owned(), rest.to_owned())
    };
    if paragraph.is_empty() {
        None
    } else if let Some(rest) = paragraph.strip_prefix("@param ") {
        let (names, text) = two(rest);
        Some(Part::Param(names.split(',').map(str::to_owned).collect(), text))
    } else if let Some(rest) = paragraph.strip_prefix("@retval ") {
        let (code, text) = two(rest);
        Some(Part::Value(code, text))
    } else if let Some(rest) = paragraph.strip_prefix("@return ") {
        Some(Part::Return(rest.to_owned()))
    } else if let Some(rest) = paragraph.strip_prefix("@par ") {
        Some(Part::Heading(rest.to_owned()))
    } else {
        Some(Part::Text(paragraph.to_owned()))
    }
}
