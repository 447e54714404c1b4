//! Says what to do when libz3 is missing, before the linker says something else.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-env-changed=Z3_LIBRARY_PATH_OVERRIDE");
    let Ok(folder) = std::env::var("Z3_LIBRARY_PATH_OVERRIDE") else { return };
    println!("cargo:rerun-if-changed={folder}");
    let names = ["libz3.so", "libz3.dylib", "libz3.lib"];
    if !names.iter().any(|name| Path::new(&folder).join(name).exists()) {
        println!("cargo:warning=libz3 is not in {folder}: run `make` once, which fetches it");
    }
}
