//! Lists the assertions on access that are built in, every file of `invariants/access/`, and makes a
//! digest of all that decides what a check says, so that results kept by one program are used by
//! no other.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use sha2::{Digest, Sha256};

/// What results depend on, below the top of the repository.
const DECIDING: [&str; 5] = ["checkers", "configs", "corpus/learned", "invariants", "Cargo.lock"];

/// Crates that only show results.
const SHOWING: [&str; 3] = ["cli", "lsp", "report"];

fn main() -> io::Result<()> {
    let top = fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))?;
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    fs::write(Path::new(&out).join("assertions.rs"), assertions(&top)?)?;
    let mut digest = Sha256::new();
    for part in DECIDING {
        add(&top, &top.join(part), &mut digest)?;
    }
    println!("cargo::rustc-env=SEATRIAL_PROGRAM={}", hex(&digest.finalize()));
    Ok(())
}

fn assertions(top: &Path) -> io::Result<String> {
    let root = top.join("invariants/access");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut table = String::from("&[\n");
    for file in inside(&root)?.iter().filter(|file| file.is_file()) {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let shown = format!("invariants/access/{name}");
        let path = file.to_string_lossy();
        println!("cargo::rerun-if-changed={path}");
        let _ = writeln!(table, "    ({shown:?}, include_str!({path:?})),");
    }
    table.push(']');
    Ok(table)
}

/// Adds a file, or all files of a folder, to a digest, each with its path below the top.
fn add(top: &Path, path: &Path, digest: &mut Sha256) -> io::Result<()> {
    let shows = |path: &Path| SHOWING.iter().any(|it| path == top.join("checkers").join(it));
    if path.is_dir() {
        for path in inside(path)?.iter().filter(|path| !shows(path)) {
            add(top, path, digest)?;
        }
    } else {
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read(path)?;
        let name = path.strip_prefix(top).unwrap_or(path).to_string_lossy();
        digest.update(format!("{} {} ", name.len(), text.len()));
        digest.update(name.as_bytes());
        digest.update(text);
    }
    Ok(())
}

fn inside(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
