//! docs/behaviour.md names the tests that prove each point: each must be there.

use std::{fs, path::Path};

fn sources(directory: &Path, text: &mut String) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|e| e == "c" || e == "h" || e == "rs" || e == "sh") {
            text.push_str(&format!("\n{}\n", path.file_name().unwrap().to_string_lossy()));
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_test_that_behaviour_md_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = String::new();
    sources(&root.join("c-tests"), &mut tests);
    sources(&root.join("tests"), &mut tests);
    let document = fs::read_to_string(root.join("docs/behaviour.md")).unwrap();
    let mut names = 0;
    let mut missing = Vec::new();
    for line in document.lines().filter(|line| line.starts_with('|')) {
        let named = line.split(|c: char| !(c.is_alphanumeric() || "_.*".contains(c)));
        for name in named.filter(|name| !name.starts_with(['_', '.']) && !name.contains('*')) {
            let is_test = name.matches('_').count() >= 2 && !name.contains(char::is_uppercase);
            let is_file = name.ends_with(".c") || name.ends_with(".sh");
            if is_test || is_file {
                names += 1;
                if !tests.contains(name.trim_end_matches('.')) {
                    missing.push(name.to_owned());
                }
            }
        }
    }
    assert!(names > 300, "only {names} names were found: has the document's form changed?");
    assert!(missing.is_empty(), "docs/behaviour.md names what is not there: {missing:?}");
}
