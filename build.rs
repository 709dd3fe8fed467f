//! Makes the C headers from `src/abi`, and gives the shared library its name.
//!
//! The headers go to OUT_DIR, where `tests/headers.rs` compares them with the ones in
//! `include/`. `MGM_UPDATE_HEADERS=1 cargo build` writes those anew.
//!
//! cbindgen writes one fragment per file of `src/abi`; the parts in `src/abi/header`
//! stand between them, so that on Windows the system headers take the place of some.

use std::{env, error::Error, fs, path::Path};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    for path in ["src/abi", "cbindgen.toml", "build.rs"] {
        println!("cargo:rerun-if-changed={path}");
    }
    println!("cargo:rerun-if-env-changed=MGM_UPDATE_HEADERS");
    name_library()?;
    let out = env::var("OUT_DIR")?;
    let update = env::var("MGM_UPDATE_HEADERS").is_ok_and(|value| value == "1");
    for (name, text) in [("mgm.h", mgm()?), ("mgmhost.h", mgmhost()?)] {
        fs::write(Path::new(&out).join(name), &text)?;
        if update {
            fs::write(Path::new("include").join(name), &text)?;
        }
    }
    Ok(())
}

/// The SONAME; and no unloading, as threads may run code of the library when a host
/// program calls dlclose.
fn name_library() -> Outcome<()> {
    if env::var("CARGO_CFG_TARGET_OS")? == "linux" {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,librtm.so.1");
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
    Ok(())
}

fn mgm() -> Outcome<String> {
    Ok([
        part("mgm_begin.h")?,
        guarded(&types("base")?),
        types("mib")?,
        part("mgm_mib.h")?,
        guarded(&types("rtm")?),
        part("mgm_protocols.h")?,
        types("types")?,
        functions("protocol")?,
        functions("mfe")?,
        functions("groups")?,
        part("mgm_end.h")?,
    ]
    .join("\n"))
}

fn mgmhost() -> Outcome<String> {
    let begin = part("mgmhost_begin.h")?;
    let functions =
        [functions("host")?, functions("scope")?, functions("restart")?, functions("forwarder")?].join("\n");
    Ok([begin, types("host_types")?, functions, part("mgmhost_end.h")?].join("\n"))
}

/// Text that is no Rust: guards, includes, macros.
fn part(name: &str) -> Outcome<String> {
    Ok(fs::read_to_string(Path::new("src/abi/header").join(name))?)
}

/// The types and constants of a file.
fn types(file: &str) -> Outcome<String> {
    fragment(file, &[cbindgen::ItemType::Constants, cbindgen::ItemType::Enums]).map(|text| called(&bare(&text)))
}

/// The functions of a file.
fn functions(file: &str) -> Outcome<String> {
    fragment(file, &[cbindgen::ItemType::Functions]).map(|text| called(&text))
}

/// What cbindgen makes of one file.
fn fragment(file: &str, items: &[cbindgen::ItemType]) -> Outcome<String> {
    let source = fs::read_to_string(Path::new("src/abi").join(file).with_extension("rs"))?;
    let mut config = cbindgen::Config::from_file("cbindgen.toml")?;
    if items.contains(&cbindgen::ItemType::Functions) {
        config.export.item_types = items.to_vec();
    } else {
        // No function of this file uses the types: they have to be asked for.
        config.export.include = declared(&source);
    }
    // cbindgen knows no "system"; `called` puts the convention back.
    let source = source.replace("extern \"system\"", "extern \"C\"");
    let copy = Path::new(&env::var("OUT_DIR")?).join(file).with_extension("rs");
    fs::write(&copy, source)?;
    let mut text = Vec::new();
    cbindgen::Builder::new().with_src(&copy).with_config(config).generate()?.write(&mut text);
    Ok(short(String::from_utf8(text)?.trim()))
}

/// Makes one line of each comment that has one line of text.
fn short(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut result = String::new();
    let mut rest = &lines[..];
    while let [line, after @ ..] = rest {
        rest = after;
        if line.trim() == "/**" && after.get(1).is_some_and(|line| line.trim() == "*/") {
            let words = after[0].trim_start_matches([' ', '*']);
            result.extend([*line, " ", words, " */"]);
            rest = &after[2..];
        } else {
            result.push_str(line);
        }
        result.push('\n');
    }
    result
}

/// The names of the public types in a source file.
fn declared(source: &str) -> Vec<String> {
    let name = |line: &str| {
        let rest = ["pub struct ", "pub enum ", "pub type "].iter().find_map(|p| line.strip_prefix(p))?;
        let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric())?;
        Some(rest[..end].to_owned())
    };
    source.lines().filter_map(name).collect()
}

/// Drops the comment that only the Rust documentation needs.
fn bare(text: &str) -> String {
    text.replace("/** See the structure. */\n", "")
}

/// Lets a program define a macro first.
fn guarded(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix("#define ").and_then(|l| l.split(' ').next()) {
        Some(name) => format!("#ifndef {name}\n{line}\n#endif\n"),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// Puts the calling convention into functions and function pointers, and moves the
/// lines that continue them.
fn called(text: &str) -> String {
    const CALL: &str = "MGM_CALL ";
    let mut result = String::new();
    let mut continues = false;
    for line in text.lines() {
        if continues {
            result.push_str(&" ".repeat(CALL.len()));
        }
        let place = if line.starts_with("typedef ") {
            line.find("(*P").map(|at| at + 1)
        } else if line.starts_with("DWORD Mgm") || line.starts_with("const char *Mgm") {
            line.find("Mgm")
        } else {
            None
        };
        match place {
            Some(at) => result.extend([&line[..at], CALL, &line[at..]]),
            None => result.push_str(line),
        }
        result.push('\n');
        continues = (continues || place.is_some()) && !line.ends_with(");");
    }
    result
}
