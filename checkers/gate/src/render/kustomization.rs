//! What a `kustomization.yaml` refers to.

use std::path::{Path, PathBuf};

use seatrial_parse::{Node, yaml_or_json};

use super::{folder_of, normal};
use crate::files::{self, Found, Input};

/// The names that kustomize accepts (`api/konfig/general.go`).
pub(super) const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The fields that are lists of paths, or of maps with paths.
const LISTS: [&str; 14] = [
    "resources",
    "bases",
    "components",
    "crds",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "replacements",
    "configMapGenerator",
    "secretGenerator",
];

/// What one file says.
#[derive(Debug)]
pub(super) struct Kustomization {
    /// Whether it is a part of others, and cannot be rendered alone.
    pub(super) is_component: bool,
    /// The files and directories that it refers to.
    pub(super) references: Vec<PathBuf>,
}

impl Kustomization {
    /// Reads a file; nothing if it is no YAML.
    pub(super) fn read(found: &Found) -> Option<Self> {
        let Input::Text { file, .. } = files::read(found) else { return None };
        let parsed = yaml_or_json(file.text());
        let folder = folder_of(found.path());
        let Some(document) = parsed.documents.first() else {
            let references = Vec::new();
            return parsed
                .unreadable
                .is_empty()
                .then_some(Self { is_component: false, references });
        };
        let root = &document.root;
        let is_component = root.get("kind").and_then(Node::as_str) == Some("Component");
        let mut references = Vec::new();
        for field in LISTS {
            for item in root.get(field).map_or(&[][..], Node::items) {
                references.extend(paths(item).map(|path| normal(&folder.join(path))));
            }
        }
        let of_openapi = root.at(&["openapi", "path"]).and_then(Node::as_str);
        references.extend(of_openapi.map(|path| normal(&folder.join(path))));
        Some(Self { is_component, references })
    }
}

/// The paths that an item of a list names: itself, its `path`, or its files. An address or a text
/// that stands for itself is a path that is not there, which does no harm.
fn paths(item: &Node) -> impl Iterator<Item = &Path> {
    let files = ["files", "envs"].into_iter().filter_map(|field| item.get(field));
    let of_files = files.flat_map(Node::items).filter_map(Node::as_str);
    // `name=path` gives a file another name.
    let of_files = of_files.map(|text| text.split_once('=').map_or(text, |(_, path)| path));
    let own = item.as_str().into_iter().chain(item.get("path").and_then(Node::as_str));
    own.chain(of_files).map(Path::new)
}
