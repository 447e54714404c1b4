//! Files that hold a part of an object: what they lack stands elsewhere.

use std::collections::BTreeSet;

use seatrial_manifests::Object;
use seatrial_parse::Node;

/// The paths of files that a Kustomization names as patches.
pub(crate) fn patches(objects: &[&Object]) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for object in objects.iter().filter(|object| object.group() == "kustomize.config.k8s.io") {
        let path = object.file.path();
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let items = |key: &str| object.node.get(key).map_or(&[] as &[Node], Node::items);
        let named = items("patches").iter().filter_map(|patch| patch.get("path")?.as_str());
        let merged = items("patchesStrategicMerge").iter().filter_map(Node::as_str);
        paths.extend(named.chain(merged).map(|relative| joined(folder, relative)));
    }
    paths
}

/// A relative path from a folder.
fn joined(folder: &str, relative: &str) -> String {
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in relative.split('/') {
        match step {
            "." | "" => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    let root = if folder.starts_with('/') { "/" } else { "" };
    format!("{root}{}", steps.join("/"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use seatrial_core::SourceFile;

    use super::*;

    #[test]
    fn patches_are_found_beside_and_above() {
        let text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n\
                    patches: [{path: patch.yaml}, {patch: '{}'}]\npatchesStrategicMerge: [../x/./b.yaml]\n\
                    resources: [web.yaml]\n";
        let file = SourceFile::new("app/prod/kustomization.yaml", text);
        let manifest = seatrial_manifests::read(Arc::new(file));
        let found = patches(&manifest.objects.iter().collect::<Vec<_>>());
        let expected = ["app/prod/patch.yaml", "app/x/b.yaml"].map(str::to_owned);
        assert_eq!(found, BTreeSet::from(expected));
        assert_eq!(joined("/a", "b.yaml"), "/a/b.yaml");
    }
}
