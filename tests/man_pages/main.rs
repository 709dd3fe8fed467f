//! The manual pages in docs/man are what the headers' comments give.
//!
//! `make headers` writes them anew (MGM_UPDATE_MAN=1). A page is made for each function,
//! callback and structure, mgm(7) of the headers' own comments, and mgm-diagnose(8) of what
//! the command says with --help.

mod header;
mod page;

use std::collections::BTreeMap;
use std::{env, fs, path::Path};

/// Name of a file in docs/man, and its text.
type Pages = BTreeMap<String, String>;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

fn made() -> Pages {
    let headers: Vec<header::Header> =
        ["mgm.h", "mgmhost.h"].map(|name| header::parse(name, &read(&format!("include/{name}")))).into();
    let names: Vec<String> = headers.iter().flat_map(|h| h.items.iter().map(|item| item.name.clone())).collect();
    let mut pages = Pages::new();
    for header in &headers {
        for item in &header.items {
            pages.insert(format!("{}.3", item.name), page::of_item(header, item, &names));
        }
    }
    pages.insert("mgm.7".to_owned(), page::overview(&headers));
    pages.insert("mgm-diagnose.8".to_owned(), page::command(&help(&read("tools/mgm_diagnose.c"))));
    pages
}

/// The text that a C program has as `help`.
fn help(source: &str) -> String {
    let (_, rest) = source.split_once("help[] =").expect("the text of --help");
    let (literal, _) = rest.split_once("\";\n").expect("its end");
    let line = |line: &str| Some(line.trim().strip_prefix('"')?.trim_end_matches('"').to_owned());
    literal.lines().filter_map(line).collect::<String>().replace("\\n", "\n")
}

#[test]
fn manual_pages_are_up_to_date() {
    let made = made();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/man");
    if env::var("MGM_UPDATE_MAN").is_ok_and(|value| value == "1") {
        fs::create_dir_all(&directory).expect("docs/man");
        for entry in fs::read_dir(&directory).expect("docs/man") {
            fs::remove_file(entry.expect("a file of docs/man").path()).expect("an old page removed");
        }
        for (name, text) in &made {
            fs::write(directory.join(name), text).expect("a page written");
        }
        return;
    }
    let mut committed = Pages::new();
    for entry in fs::read_dir(&directory).expect("docs/man") {
        let entry = entry.expect("a file of docs/man");
        let text = fs::read_to_string(entry.path()).expect("a page");
        committed.insert(entry.file_name().into_string().expect("a name"), text);
    }
    let names = |pages: &Pages| pages.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&made), "run make headers");
    for (name, text) in &made {
        assert!(&committed[name] == text, "docs/man/{name} is not what the headers give: run make headers");
    }
}

#[test]
fn every_exported_function_has_a_page() {
    let made = made();
    for name in read("c-tests/exports.txt").lines() {
        let page = made.get(&format!("{name}.3")).unwrap_or_else(|| panic!("no page about {name}"));
        for part in ["NAME", "SYNOPSIS", "DESCRIPTION", "RETURN VALUE", "THREADS", "SEE ALSO"] {
            assert!(page.contains(&format!(".SH {part}\n")), "{name}(3) has no {part}");
        }
    }
}
