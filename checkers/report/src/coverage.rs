//! What a run looked at, and what it did not: an account of every file and every object.

use serde::{Deserialize, Serialize};

/// What a run looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Every file met.
    pub files: Files,
    /// Every document in the files that were read as manifests.
    pub documents: Documents,
    /// Every object in those documents.
    pub objects: Objects,
    /// How many policies were evaluated: the written invariants that are on, the user's own, and
    /// those found among the manifests.
    pub policies: usize,
}

/// What became of a file. Each file has exactly one outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileOutcome {
    /// It holds at least one Kubernetes object, and its objects were checked.
    Checked,
    /// It is a template: it holds `{{`, and cannot be read before it is rendered.
    Template,
    /// It was read, and holds no Kubernetes object.
    NotKubernetes,
    /// It holds nothing but white space and comments.
    Empty,
    /// It is no well-formed YAML or JSON, and no object could be read from it.
    Malformed,
    /// It could not be opened, is larger than the limit, or is no text.
    Unreadable,
    /// The configuration leaves it out.
    Excluded,
    /// Its directory was rendered, and it was checked as a part of what came out.
    Rendered,
}

/// Every file met, by what became of it: `checked` as a number, the others by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Files {
    /// How many files there are: the sum of all that follows.
    pub total: usize,
    /// How many hold Kubernetes objects and were checked.
    pub checked: usize,
    /// Paths of templates.
    pub templates: Vec<String>,
    /// Paths of files without a Kubernetes object.
    pub not_kubernetes: Vec<String>,
    /// Paths of files with nothing in them.
    pub empty: Vec<String>,
    /// Paths of files that are no well-formed YAML or JSON.
    pub malformed: Vec<String>,
    /// Paths of files that could not be read.
    pub unreadable: Vec<String>,
    /// Paths of files that the configuration leaves out.
    pub excluded: Vec<String>,
    /// Paths of files that were checked as a part of what their directory renders to.
    pub rendered: Vec<String>,
}

impl Files {
    /// Counts one file.
    pub fn add(&mut self, path: &str, outcome: FileOutcome) {
        self.total += 1;
        let names = match outcome {
            FileOutcome::Checked => {
                self.checked += 1;
                return;
            }
            FileOutcome::Template => &mut self.templates,
            FileOutcome::NotKubernetes => &mut self.not_kubernetes,
            FileOutcome::Empty => &mut self.empty,
            FileOutcome::Malformed => &mut self.malformed,
            FileOutcome::Unreadable => &mut self.unreadable,
            FileOutcome::Excluded => &mut self.excluded,
            FileOutcome::Rendered => &mut self.rendered,
        };
        names.push(path.to_owned());
    }

    /// The files that were not checked, by outcome: what one and what many are called, and names.
    pub fn unchecked(&self) -> [(&'static str, &'static str, &[String]); 6] {
        [
            ("template", "templates", &self.templates),
            (
                "file without Kubernetes objects",
                "files without Kubernetes objects",
                &self.not_kubernetes,
            ),
            ("empty file", "empty files", &self.empty),
            ("malformed file", "malformed files", &self.malformed),
            ("unreadable file", "unreadable files", &self.unreadable),
            ("excluded file", "excluded files", &self.excluded),
        ]
    }

    /// Puts every list in its order.
    pub fn sort(&mut self) {
        for names in [
            &mut self.templates,
            &mut self.not_kubernetes,
            &mut self.empty,
            &mut self.malformed,
            &mut self.unreadable,
            &mut self.excluded,
            &mut self.rendered,
        ] {
            names.sort();
        }
    }
}

/// Every document in the files that were read as manifests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Documents {
    /// How many documents there are: the sum of all that follows.
    pub total: usize,
    /// Documents that hold an object, or a list of objects.
    pub kubernetes: usize,
    /// Documents with nothing in them.
    pub empty: usize,
    /// Documents that hold something else.
    pub not_kubernetes: usize,
    /// Templates, which cannot be read before they are rendered.
    pub templates: usize,
    /// Documents that are not well-formed, and of which no object could be read.
    pub malformed: usize,
}

/// Every object in the documents; the items of lists count, the lists do not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objects {
    /// How many objects there are.
    pub total: usize,
    /// How many of them were checked against a schema.
    pub with_schema: usize,
    /// Those whose kind has no schema in the bundle nor in a CRD met, by kind, sorted.
    pub without_schema: Vec<KindCount>,
}

impl Objects {
    /// Counts an object that was checked against a schema.
    pub fn add_with_schema(&mut self) {
        self.total += 1;
        self.with_schema += 1;
    }

    /// Counts an object that was not held against schemas: they were not asked for, or the time was
    /// up.
    pub fn add_unchecked(&mut self) {
        self.total += 1;
    }

    /// Counts an object whose kind has no schema.
    pub fn add_without_schema(&mut self, api_version: &str, kind: &str) {
        self.total += 1;
        let key = |known: &KindCount| {
            (known.api_version.as_str(), known.kind.as_str()).cmp(&(api_version, kind))
        };
        match self.without_schema.binary_search_by(key) {
            Ok(at) => {
                if let Some(known) = self.without_schema.get_mut(at) {
                    known.count += 1;
                }
            }
            Err(at) => self.without_schema.insert(
                at,
                KindCount { api_version: api_version.to_owned(), kind: kind.to_owned(), count: 1 },
            ),
        }
    }
}

/// How many objects there are of a kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KindCount {
    /// Group and version, such as `example.com/v1`.
    #[serde(rename = "apiVersion")]
    pub api_version: String,
    /// The kind, such as `Widget`.
    pub kind: String,
    /// How many objects there are of it.
    pub count: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_counted_once_and_named_unless_checked() {
        let mut files = Files::default();
        let outcomes = [
            FileOutcome::Checked,
            FileOutcome::Template,
            FileOutcome::NotKubernetes,
            FileOutcome::Empty,
            FileOutcome::Malformed,
            FileOutcome::Unreadable,
            FileOutcome::Excluded,
        ];
        for outcome in outcomes {
            files.add(&format!("{outcome:?}"), outcome);
        }
        let named: usize = files.unchecked().iter().map(|(_, _, names)| names.len()).sum();
        assert_eq!((files.total, files.checked, named), (7, 1, 6));
        assert_eq!(files.empty, ["Empty"]);
    }

    #[test]
    fn kinds_without_a_schema_are_counted_in_order() {
        let mut objects = Objects::default();
        for (api_version, kind) in [("b/v1", "X"), ("a/v1", "Z"), ("b/v1", "X"), ("a/v1", "Y")] {
            objects.add_without_schema(api_version, kind);
        }
        objects.add_with_schema();
        let counts: Vec<_> =
            objects.without_schema.iter().map(|k| (k.kind.as_str(), k.count)).collect();
        assert_eq!(counts, [("Y", 1), ("Z", 1), ("X", 2)]);
        assert_eq!((objects.total, objects.with_schema), (5, 1));
    }
}
