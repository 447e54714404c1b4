//! Lists the invariants that are built in: every folder of `invariants/` with a `policy.yaml`.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../invariants");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut folders: Vec<PathBuf> =
        fs::read_dir(&root)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    folders.sort();
    let mut table = String::from("&[\n");
    for folder in folders {
        let file = folder.join("policy.yaml");
        if file.is_file() {
            println!("cargo::rerun-if-changed={}", file.display());
            println!("cargo::rerun-if-changed={}", folder.join("fail.yaml").display());
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            let text = |path: &Path| {
                let path = fs::canonicalize(path)?;
                io::Result::Ok(format!("include_str!({:?})", path.to_string_lossy()))
            };
            let (policy, fails) = (text(&file)?, text(&folder.join("fail.yaml"))?);
            let _ = writeln!(table, "    ({name:?}, {policy}, {fails}),");
        }
    }
    table.push(']');
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    fs::write(Path::new(&out).join("invariants.rs"), table)
}
