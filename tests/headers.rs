//! The committed headers are what the sources give.

use std::{fs, path::Path};

/// Compares a committed header with the one that the build made.
fn compare(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("include").join(name);
    let committed = fs::read_to_string(&path).expect("the committed header");
    let differs = committed.lines().zip(made.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or(committed.lines().count().min(made.lines().count())) + 1;
    assert!(committed == made, "include/{name} differs from src/abi in line {line}: run make headers");
}

#[test]
fn mgm_h_is_up_to_date() {
    compare("mgm.h", include_str!(concat!(env!("OUT_DIR"), "/mgm.h")));
}

#[test]
fn mgmhost_h_is_up_to_date() {
    compare("mgmhost.h", include_str!(concat!(env!("OUT_DIR"), "/mgmhost.h")));
}

#[test]
fn headers_have_no_rust_in_them() {
    for text in [include_str!(concat!(env!("OUT_DIR"), "/mgm.h")), include_str!(concat!(env!("OUT_DIR"), "/mgmhost.h"))]
    {
        for trace in ["::", "[`", "`]", "Option<", "extern \"system\"", "# Safety", "SAFETY"] {
            assert!(!text.contains(trace), "{trace}");
        }
    }
}
