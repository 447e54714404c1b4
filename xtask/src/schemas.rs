//! `cargo xtask schemas`: the bundle of the Kubernetes schemas.
//!
//! The source is a wheel from `PyPI`, pinned by version and hash. The output depends on nothing
//! but the wheel: the same wheel gives the same bytes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

mod encode;
mod model;
mod source;

/// The package that carries the schemas.
const PACKAGE: &str = "kubernetes-validate";
/// Its version.
const VERSION: &str = "1.37.0";
/// The file that the package index hands out for it.
const WHEEL: &str = "kubernetes_validate-1.37.0-py3-none-any.whl";
/// The SHA-256 of that file.
const SHA256: &str = "85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9";
/// Where the bundle goes, below the root of the repository.
const BUNDLE: &str = "configs/schemas/kubernetes.bundle";

/// What the command takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The wheel `kubernetes-validate`; fetched with pip where none is named.
    wheel: Option<PathBuf>,
    /// Only check that the committed bundle is what this command would write.
    #[arg(long)]
    check: bool,
}

/// Makes the bundle, or checks it; returns what to tell the user.
pub(crate) fn run(arguments: &Arguments) -> Result<String, String> {
    let root = root();
    let wheel = match &arguments.wheel {
        Some(path) => path.clone(),
        None => fetch(&root.join(".tools/schemas"))?,
    };
    let bytes = fs::read(&wheel).map_err(|error| format!("`{}`: {error}", wheel.display()))?;
    let digest = Sha256::digest(&bytes);
    let found: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    if found != SHA256 {
        return Err(format!(
            "`{}` is not {PACKAGE} {VERSION}: its SHA-256 is {found}, expected {SHA256}",
            wheel.display()
        ));
    }
    let versions = source::read(bytes)?;
    let (bundle, summary) = encode::encode(&versions, digest.into())?;
    let target = root.join(BUNDLE);
    if arguments.check {
        let committed =
            fs::read(&target).map_err(|error| format!("`{}`: {error}", target.display()))?;
        if committed != bundle {
            return Err(format!("`{BUNDLE}` is stale: run `cargo xtask schemas`"));
        }
        return Ok(format!("`{BUNDLE}` is up to date: {summary}"));
    }
    fs::write(&target, &bundle).map_err(|error| format!("`{}`: {error}", target.display()))?;
    Ok(format!("wrote `{BUNDLE}`: {summary}"))
}

/// The root of the repository.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Fetches the wheel with pip, unless it is there already.
fn fetch(folder: &Path) -> Result<PathBuf, String> {
    let wheel = folder.join(WHEEL);
    if wheel.exists() {
        return Ok(wheel);
    }
    fs::create_dir_all(folder).map_err(|error| format!("`{}`: {error}", folder.display()))?;
    let wanted = format!("{PACKAGE}=={VERSION}");
    let outcome = Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest"])
        .arg(folder)
        .arg(&wanted)
        .status();
    match outcome {
        Ok(status) if status.success() && wheel.exists() => Ok(wheel),
        Ok(_) => Err(format!(
            "pip could not fetch {wanted}: is there a network? A wheel at hand can be named: \
             `cargo xtask schemas {WHEEL}`"
        )),
        Err(error) => Err(format!("`python3 -m pip` could not be started: {error}")),
    }
}
