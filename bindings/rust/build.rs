//! Finds librtm.so: in RTM_LIB_DIR, else where pkg-config says. Only the shared library
//! will do: a manager linked statically would be a second one beside that of other modules.

use std::{env, path::PathBuf};

fn main() {
    println!("cargo::rerun-if-env-changed=RTM_LIB_DIR");
    if env::var_os("DOCS_RS").is_some() {
        return; // Documentation links nothing.
    }
    let directories = match env::var_os("RTM_LIB_DIR") {
        Some(directory) => vec![PathBuf::from(directory)],
        None => match pkg_config::Config::new().cargo_metadata(false).statik(false).probe("rtm") {
            Ok(found) => found.link_paths, // none: where the linker looks anyway
            Err(error) => {
                println!("cargo::error=no librtm: install it, or set RTM_LIB_DIR to its directory ({error})");
                return;
            }
        },
    };
    let shared = if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "windows") { "rtm.dll" } else { "librtm.so" };
    for directory in directories {
        if !directory.join(shared).exists() {
            println!("cargo::error=no {shared} in {}: only the shared library will do", directory.display());
        }
        println!("cargo::rustc-link-search=native={}", directory.display());
    }
}
