//! docs/behaviour.md names the tests that prove each point: each must be there, and every
//! test of the rules must prove a point.
//! And docs/diagnosis.md explains every finding that mgmhost.h names.

use std::{fs, path::Path};

/// The names in the document's tables: tests, files, and tests with one `*` for a part.
fn names(document: &str) -> Vec<&str> {
    let rows = document.lines().filter(|line| line.starts_with('|'));
    let words = rows.flat_map(|row| row.split(|c: char| !(c.is_alphanumeric() || "_.*".contains(c))));
    let is_test = |word: &str| word.matches('_').count() >= 1 && !word.contains(char::is_uppercase);
    let is_file = |word: &str| word.ends_with(".c") || word.ends_with(".sh") || word.ends_with(".rs");
    words
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| !word.starts_with(['_', '.']) && (is_test(word) || is_file(word)))
        .filter(|word| *word != "test_*.sh")
        .collect()
}

/// Whether a name of the document is this test or file.
fn names_it(name: &str, it: &str) -> bool {
    match name.split_once('*') {
        Some((start, end)) => it.len() > start.len() + end.len() && it.starts_with(start) && it.ends_with(end),
        None => name == it,
    }
}

/// Files below a directory, and the tests and functions in them.
fn collect(directory: &Path, is_rules: bool, all: &mut Vec<String>, rules: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, is_rules || name == "rules" || name == "api", all, rules);
        } else if path.extension().is_some_and(|e| e == "c" || e == "h" || e == "rs" || e == "sh") {
            let text = fs::read_to_string(&path).unwrap();
            for line in text.lines() {
                let test = line.strip_prefix("C_").unwrap_or(line).strip_prefix("TEST(");
                if let Some(test) = test.and_then(|rest| rest.split([')', ',']).next()) {
                    if is_rules {
                        rules.push(test.to_owned());
                    }
                    all.push(test.to_owned());
                }
            }
            // Rust tests, and helpers that the document names.
            let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            let functions = words.filter(|word| word.matches('_').count() >= 1);
            all.extend(functions.map(str::to_owned));
            all.push(name);
        }
    }
}

#[test]
fn every_rule_names_tests_that_are_there_and_every_test_of_the_rules_is_named() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("docs/behaviour.md")).unwrap();
    let names = names(&document);
    let (mut all, mut rules) = (Vec::new(), Vec::new());
    for directory in ["c-tests", "tests", "src"] {
        collect(&root.join(directory), false, &mut all, &mut rules);
    }
    all.sort_unstable();
    all.dedup();
    assert!(names.len() > 500 && rules.len() > 500, "has the form of the document or of the tests changed?");

    let is_there = |name: &&str| match name.contains('*') {
        true => all.iter().any(|it| names_it(name, it)),
        false => all.binary_search_by(|it| it.as_str().cmp(name)).is_ok(),
    };
    let missing: Vec<_> = names.iter().filter(|name| !is_there(name)).collect();
    assert!(missing.is_empty(), "docs/behaviour.md names what is not there: {missing:?}");

    let unnamed: Vec<_> = rules.iter().filter(|test| !names.iter().any(|name| names_it(name, test))).collect();
    assert!(unnamed.is_empty(), "no rule in docs/behaviour.md names these tests: {unnamed:?}");
}

#[test]
fn every_finding_is_explained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let header = fs::read_to_string(root.join("include/mgmhost.h")).unwrap();
    let document = fs::read_to_string(root.join("docs/diagnosis.md")).unwrap();
    let named = header.lines().filter_map(|line| line.strip_prefix("#define MGM_HOST_FINDING_")?.split_once(' '));
    let expected: Vec<_> = named.map(|(name, number)| format!("| {} | {name} |", number.trim())).collect();
    assert!(expected.len() > 30, "only {} findings: has the header's form changed?", expected.len());
    let rows = |row: &str| document.lines().filter(|line| line.starts_with(row)).count();
    let missing: Vec<_> = expected.iter().filter(|row| rows(row) != 1).collect();
    assert!(missing.is_empty(), "docs/diagnosis.md lacks {missing:?}");
    let explained = document.lines().filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit());
    assert_eq!(explained.count(), expected.len(), "docs/diagnosis.md explains what there is not");
}
