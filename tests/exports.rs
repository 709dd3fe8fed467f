//! What the shared library exports, what the headers declare and the committed list of
//! exports are the same functions.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(project(path)).expect(path)
}

/// c-tests/exports.txt.
fn listed() -> BTreeSet<String> {
    read("c-tests/exports.txt").lines().map(str::to_owned).collect()
}

/// The functions that the headers declare.
fn declared() -> BTreeSet<String> {
    let text = read("include/mgm.h") + &read("include/mgmhost.h");
    let name = |line: &str| {
        let rest = line.split_once("MGM_CALL Mgm")?.1;
        Some(format!("Mgm{}", rest.split_once('(')?.0))
    };
    text.lines().filter_map(name).collect()
}

#[test]
fn the_list_is_sorted() {
    let text = read("c-tests/exports.txt");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.is_sorted());
    assert_eq!(lines.len(), listed().len(), "a name is there twice");
}

#[test]
fn headers_declare_what_is_listed() {
    assert_eq!(declared(), listed());
}

#[cfg(target_os = "linux")]
#[test]
fn the_library_exports_what_is_listed() {
    // Cargo builds it into the directory of the test programs before they run.
    let library = env::current_exe().expect("this test's path").with_file_name("librtm.so");
    let nm = Command::new("nm").args(["-D", "--defined-only"]).arg(&library).output();
    let nm = nm.expect("nm (binutils)");
    assert!(nm.status.success(), "{}: {}", library.display(), String::from_utf8_lossy(&nm.stderr));
    let text = String::from_utf8(nm.stdout).expect("names");
    let exported: BTreeSet<String> =
        text.lines().filter_map(|line| line.split(' ').next_back()).map(str::to_owned).collect();
    assert_eq!(exported, listed());
}
