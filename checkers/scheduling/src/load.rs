//! From files to a cluster.

use std::sync::Arc;

use seatrial_core::{Location, SourceFile};
use seatrial_manifests::{Manifest, Object, SkippedReason};

use crate::{Expanded, Profile, ReadError, Scale, expand};

/// Reads files, YAML or JSON, with one or several documents or lists of objects each: what `kubectl
/// get nodes,pods,priorityclasses,pdb,pvc,pv -A -o yaml` prints, or manifests, for which a profile
/// has the nodes. Workloads are expanded. Documents that are no Kubernetes objects are passed over.
///
/// # Errors
///
/// Documents that cannot be read, templates that have not been rendered, and what is wrong with
/// workloads; and if there is no node at all.
pub fn load(
    files: &[Arc<SourceFile>],
    profile: Option<&Profile>,
    scale: Scale,
) -> Result<Expanded, Vec<ReadError>> {
    let expanded = expand(objects(files)?, profile, scale)?;
    let is_node = |kind: &str, group: &str| group.is_empty() && kind == "Node";
    if expanded.objects.iter().any(|object| is_node(object.kind(), object.group())) {
        return Ok(expanded);
    }
    let location = files.first().map(|file| Location::start_of(Arc::clone(file.path())));
    Err(vec![ReadError {
        location,
        message: "there are no nodes".to_owned(),
        help: Some("name a snapshot that has them, or a cluster profile".to_owned()),
    }])
}

/// The objects of files, YAML or JSON, as they are written.
///
/// # Errors
///
/// Documents that cannot be read, and templates that have not been rendered.
pub fn objects(files: &[Arc<SourceFile>]) -> Result<Vec<Object>, Vec<ReadError>> {
    let mut objects = Vec::new();
    let mut errors = Vec::new();
    for file in files {
        let manifest = seatrial_manifests::read(Arc::clone(file));
        errors.extend(unreadable(&manifest));
        objects.extend(manifest.objects);
    }
    if errors.is_empty() { Ok(objects) } else { Err(errors) }
}

/// What of a file cannot be read.
fn unreadable(manifest: &Manifest) -> Vec<ReadError> {
    let broken = manifest.unreadable.iter().map(|document| ReadError {
        location: Some(manifest.file.location(document.problem.span)),
        message: document.problem.message.clone(),
        help: document.problem.help.clone(),
    });
    let templates = manifest.skipped.iter().filter(|it| it.reason == SkippedReason::Template);
    let templates = templates.map(|skipped| ReadError {
        location: Some(manifest.file.location(skipped.span)),
        message: "a template is no object".to_owned(),
        help: Some("render it first".to_owned()),
    });
    broken.chain(templates).collect()
}

impl Expanded {
    /// All objects as one JSON list: a snapshot that holds what was expanded, too.
    pub fn document(&self) -> String {
        let objects: Vec<String> =
            self.objects.iter().map(|object| object.node.to_string()).collect();
        let items = objects.join(",\n");
        format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n{items}\n]}}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{node, pod};

    fn loaded(texts: &[&str]) -> Result<Expanded, Vec<ReadError>> {
        let file = |(number, text): (usize, &&str)| {
            Arc::new(SourceFile::new(format!("{number}.yaml"), *text))
        };
        let files: Vec<_> = texts.iter().enumerate().map(file).collect();
        load(&files, None, Scale::Stated)
    }

    #[test]
    fn files_make_a_cluster_together_and_its_document_is_that_cluster() {
        let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: \
                          {replicas: 2, template: {metadata: {labels: {a: b}}, spec: {containers: \
                          [{name: c, resources: {requests: {cpu: 0.5}}}]}}}\n";
        let nodes = node("a", "", "");
        let expanded = loaded(&[&nodes, "some: values\n", deployment]).unwrap();
        let cluster = expanded.read().unwrap();
        assert_eq!((cluster.nodes.len(), cluster.pods.len()), (1, 2));
        let again = loaded(&[&expanded.document()]).unwrap().read().unwrap();
        let names = |cluster: &crate::Cluster| -> Vec<String> {
            cluster.pods.iter().map(|pod| pod.name.clone()).collect()
        };
        assert_eq!(names(&again), names(&cluster), "nothing is expanded twice");
        assert_eq!(again.templates, cluster.templates);
        assert!(again.trusted.is_empty());
    }

    #[test]
    fn what_cannot_be_loaded_is_said_with_its_place() {
        let pods = pod("p", "", "");
        for (texts, expected) in [
            (&[][..], "there are no nodes"),
            (&[pods.as_str()], "0.yaml:1: there are no nodes"),
            (&["", "a: [1\n"], "1.yaml:2: "),
            (
                &["apiVersion: v1\nkind: Pod\nmetadata: {name: '{{ x }}'}\n"],
                "0.yaml:1: a template is no object",
            ),
        ] {
            let error = loaded(texts).unwrap_err().remove(0);
            let place = error.location.as_ref().map(|at| format!("{}:{}: ", at.path, at.line));
            let found = format!("{}{error}", place.unwrap_or_default());
            assert!(found.starts_with(expected), "{found}");
        }
    }
}
