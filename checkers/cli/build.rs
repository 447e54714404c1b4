//! Says where the program finds libz3 when it runs.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=Z3_LIBRARY_PATH_OVERRIDE");
    // A program that was copied finds the library beside it or where `make install` lays it; one that
    // `cargo install` copied finds it in the folder that it was built with.
    let mut folders = vec![
        "$ORIGIN".to_owned(),
        "$ORIGIN/../lib/seatrial".to_owned(),
        "$ORIGIN/../lib".to_owned(),
    ];
    let built_with = std::env::var("Z3_LIBRARY_PATH_OVERRIDE").unwrap_or_default();
    if Path::new(&built_with).is_absolute() {
        folders.push(built_with);
    }
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        let path = folders.join(":");
        println!("cargo:rustc-link-arg-bins=-Wl,-rpath,{path}");
    }
}
