//! From a file to the Kubernetes objects in it.

use std::sync::Arc;

use seatrial_core::{Location, ResourceId, SourceFile, Span};
use seatrial_parse::{Entry, Node, Parsed, Problem, Unreadable, Value, yaml_or_json};

/// A Kubernetes object with its place.
#[derive(Debug, Clone)]
pub struct Object {
    /// Which object it is.
    pub id: ResourceId,
    /// The file it stands in.
    pub file: Arc<SourceFile>,
    /// Its tree.
    pub node: Node,
}

impl Object {
    /// The place of a span of this object's file.
    pub fn location(&self, span: Span) -> Location {
        self.file.location(span)
    }

    /// The place that stands for the object as a whole: its name, else its kind.
    pub fn name_location(&self) -> Location {
        let name = self.node.at(&["metadata", "name"]);
        let node = name.or_else(|| self.node.get("kind")).unwrap_or(&self.node);
        self.location(node.span)
    }

    /// The API group, such as `apps`; empty for the core group.
    pub fn group(&self) -> &str {
        self.id.group()
    }

    /// The kind, such as `Deployment`.
    pub fn kind(&self) -> &str {
        &self.id.kind
    }

    /// The name; see [`ResourceId::name`].
    pub fn name(&self) -> &str {
        &self.id.name
    }

    /// The namespace that it lives in if nothing else is said when it is applied: `default` where
    /// the manifest names none. Cluster-scoped objects have one here, too, without a meaning.
    pub fn namespace(&self) -> &str {
        self.id.namespace.as_deref().unwrap_or("default")
    }

    /// The entries of `metadata.labels`.
    pub fn labels(&self) -> &[Entry] {
        self.node.at(&["metadata", "labels"]).map_or(&[], Node::entries)
    }

    /// The text of an annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.node.at(&["metadata", "annotations"])?.get(key)?.as_str()
    }
}

/// A document that is no object to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The text of the document.
    pub span: Span,
    /// Why it is skipped.
    pub reason: SkippedReason,
}

/// Why a document is no object to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkippedReason {
    /// It is a template that has yet to be rendered (`{{`).
    Template,
    /// It has no `apiVersion` and `kind`.
    NotKubernetes,
}

/// What one file holds.
#[derive(Debug)]
pub struct Manifest {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The objects, those of a `List` one by one.
    pub objects: Vec<Object>,
    /// How many documents hold an object or a list of objects.
    pub documents: usize,
    /// Documents that are no objects to check.
    pub skipped: Vec<Skipped>,
    /// Documents that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// What reads otherwise than it looks.
    pub problems: Vec<Problem>,
    /// How many documents were empty.
    pub empty: usize,
}

/// Reads the objects of a file.
pub fn read(file: Arc<SourceFile>) -> Manifest {
    let Parsed { documents, unreadable, problems, empty } = yaml_or_json(file.text());
    let mut manifest = Manifest {
        file,
        objects: Vec::new(),
        documents: 0,
        skipped: Vec::new(),
        unreadable: Vec::new(),
        problems,
        empty,
    };
    for document in unreadable {
        // A template that happens to be valid YAML is found by its identity, see `sort_in`.
        if manifest.file.slice(document.text).contains("{{") {
            let span = document.text;
            manifest.skipped.push(Skipped { span, reason: SkippedReason::Template });
        } else {
            manifest.unreadable.push(document);
        }
    }
    for document in documents {
        let skipped = manifest.skipped.len();
        sort_in(document.root, &mut manifest);
        manifest.documents += usize::from(manifest.skipped.len() == skipped);
    }
    manifest
}

/// Adds a document as an object, as the objects of a list, or as skipped.
fn sort_in(mut node: Node, manifest: &mut Manifest) {
    let Some(id) = identity(&node) else {
        let reason = SkippedReason::NotKubernetes;
        manifest.skipped.push(Skipped { span: node.span, reason });
        return;
    };
    if [&id.api_version, &id.kind, &id.name].iter().any(|text| text.contains("{{")) {
        manifest.skipped.push(Skipped { span: node.span, reason: SkippedReason::Template });
        return;
    }
    match take_items(&id, &mut node) {
        Some(items) => items.into_iter().for_each(|item| sort_in(item, manifest)),
        None => manifest.objects.push(Object { id, file: Arc::clone(&manifest.file), node }),
    }
}

/// Takes the items out of a `List`, or of a typed list such as `PodList`.
fn take_items(id: &ResourceId, node: &mut Node) -> Option<Vec<Node>> {
    if !id.kind.ends_with("List") || !id.name.is_empty() {
        return None;
    }
    let Value::Mapping(map) = &mut node.value else { return None };
    let items = map.entries.iter_mut().find(|entry| &*entry.key.text == "items")?;
    match &mut items.value.value {
        Value::Sequence(items) => Some(std::mem::take(items)),
        _ => None,
    }
}

/// The identity of an object; `None` for what is no Kubernetes object.
fn identity(node: &Node) -> Option<ResourceId> {
    let text = |path: &[&str]| node.at(path).and_then(Node::as_str).map(str::to_owned);
    let api_version = text(&["apiVersion"])?;
    let kind = text(&["kind"])?;
    let generated = || text(&["metadata", "generateName"]).map(|prefix| prefix + "*");
    let name = text(&["metadata", "name"]).or_else(generated).unwrap_or_default();
    let namespace = text(&["metadata", "namespace"]).filter(|namespace| !namespace.is_empty());
    Some(ResourceId { api_version, kind, namespace, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Manifest {
        read(Arc::new(SourceFile::new("a.yaml", text)))
    }

    #[test]
    fn objects_lists_and_other_documents_are_told_apart() {
        let manifest = read_text(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: ns}\n---\n\
             apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: b}}\n\
             ---\nfoo: 1\n---\n# nothing\n---\nname: {{ .Values.x }}\n---\na: 'b\n",
        );
        let objects: Vec<_> = manifest.objects.iter().map(|o| o.id.to_string()).collect();
        assert_eq!(objects, ["Pod ns/a", "Service b"]);
        let reasons: Vec<_> = manifest.skipped.iter().map(|s| s.reason).collect();
        assert_eq!(reasons, [SkippedReason::Template, SkippedReason::NotKubernetes]);
        assert_eq!((manifest.empty, manifest.unreadable.len()), (1, 1));
    }

    #[test]
    fn braces_in_a_text_make_no_template_but_in_the_name_they_do() {
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: '{{ y }}'}\n";
        assert_eq!(read_text(text).objects.len(), 1);
        assert_eq!(read_text(&text.replace("name: a", "name: '{{ a }}'")).objects.len(), 0);
    }
}
