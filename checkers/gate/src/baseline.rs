//! Baselines: the findings that were there before, so that only new ones count.
//!
//! ```json
//! {
//! "version": 1,
//! "entries": [
//! {"rule":"host-port","object":"apps/DaemonSet shop/agent","pointer":"/spec/template","count":1,"paths":["agent.yaml"]}
//! ]
//! }
//! ```
//!
//! A finding is known by its rule, its object and its pointer into the object, never by its line:
//! what moves stays accepted, and what is copied to another object is new. What belongs to no
//! object is known by its file. Equal findings are counted: one more than there were is new.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use seatrial_core::{Finding, Location, Part, ResourceId, Rule, Severity, SourceFile, Span};
use seatrial_parse::{Node, json};
use seatrial_report::{Suppressed, SuppressedBy};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{access, files, opinion};

/// Where a baseline is written unless the user says otherwise. Walks leave hidden files out.
pub const FILE_NAME: &str = ".seatrial-baseline.json";

/// The version of the form of the file.
const VERSION: u32 = 1;

/// An entry of a baseline whose findings are gone.
pub(crate) static STALE: Rule = Rule::fixed(
    "stale-baseline-entry",
    Part::Configuration,
    Severity::Warning,
    "an entry of the baseline whose findings are gone",
    "## What it checks\n\nEvery entry of the file of `--baseline` accepts as many findings as it \
         says: the object is there, the rule runs, and it still reports so much at that pointer.\n\n\
         ## Why it matters\n\nAn entry that outlives its findings accepts the next ones of their \
         kind without anybody having looked at them. It is also good news: a fault was mended.\n\n\
         ## What to do\n\nWrite the baseline again with `--write-baseline`; the difference in \
         review shows what was mended, and that nothing was added.\n\n\
         ## Known limits\n\nEntries of rules that do not run (`--select`, `--ignore`) are not \
         looked at, nor those of files that are there but were not among the checked ones.",
);

/// A baseline that cannot be used.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// The file cannot be read.
    #[error("the baseline `{path}` cannot be read: {why}; `--write-baseline` makes one")]
    Read {
        /// The file.
        path: String,
        /// What is wrong, as a lower-case fragment.
        why: String,
    },
    /// Its content is wrong.
    #[error("{}:{}:{}: {message}", location.path, location.line, location.column)]
    Content {
        /// Where.
        location: Location,
        /// What is wrong.
        message: String,
    },
}

/// What a finding is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    rule: String,
    /// `GROUP/KIND NAMESPACE/NAME`, or the path of a file.
    object: String,
    pointer: String,
}

impl Key {
    fn of(finding: &Finding) -> Self {
        Self {
            rule: finding.rule.to_string(),
            object: finding
                .resource
                .as_ref()
                .map_or_else(|| finding.location.path.to_string(), identity),
            pointer: finding.pointer.clone().unwrap_or_default(),
        }
    }
}

/// The identity of an object, whatever the version of its API: `apps/Deployment shop/web`.
fn identity(resource: &ResourceId) -> String {
    match resource.group() {
        "" => resource.to_string(),
        group => format!("{group}/{resource}"),
    }
}

/// An entry as it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    rule: String,
    object: String,
    #[serde(default)]
    pointer: String,
    count: usize,
    /// Where the findings stood, so that a part of the files can be checked alone.
    #[serde(default)]
    paths: BTreeSet<String>,
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    entries: Vec<Written>,
}

/// What an entry accepts, and what it has accepted.
#[derive(Debug)]
struct Entry {
    at: Location,
    count: usize,
    used: usize,
    paths: BTreeSet<String>,
}

/// The findings that were there before.
#[derive(Debug)]
pub(crate) struct Baseline {
    entries: BTreeMap<Key, Entry>,
    /// The file, for excerpts.
    pub(crate) file: Arc<SourceFile>,
}

impl Baseline {
    /// Reads the file that the user names.
    pub(crate) fn read(path: &Path) -> Result<Self, BaselineError> {
        let text = files::text_of(path)
            .map_err(|why| BaselineError::Read { path: path.display().to_string(), why })?;
        Self::parse(SourceFile::new(path.to_string_lossy().trim_start_matches("./"), text))
    }

    fn parse(file: SourceFile) -> Result<Self, BaselineError> {
        let refuse = |span: Span, message: String| BaselineError::Content {
            location: file.location(span),
            message,
        };
        let parsed = json(file.text());
        let unreadable = parsed.unreadable.iter().map(|unreadable| &unreadable.problem);
        if let Some(problem) = unreadable.chain(&parsed.problems).next() {
            return Err(refuse(problem.span, problem.message.clone()));
        }
        let Some(root) = parsed.documents.first().map(|document| &document.root) else {
            return Err(refuse(Span::default(), "the baseline is empty".to_owned()));
        };
        let document: Document = serde_json::from_value(root.to_json())
            .map_err(|error| refuse(wrong_entry(root).unwrap_or(root.span), error.to_string()))?;
        if document.version != VERSION {
            let span = root.get("version").map_or(root.span, |version| version.span);
            let message = format!("this is version {} of baselines", document.version);
            return Err(refuse(span, format!("{message}; this seatrial reads version {VERSION}")));
        }
        let places = root.get("entries").map_or(&[][..], Node::items);
        let mut entries = BTreeMap::new();
        for (written, node) in document.entries.into_iter().zip(places) {
            let Written { rule, object, pointer, count, paths } = written;
            let entry = Entry { at: file.location(node.span), count, used: 0, paths };
            if entries.insert(Key { rule, object, pointer }, entry).is_some() {
                return Err(refuse(node.span, "this entry is there twice".to_owned()));
            }
        }
        Ok(Self { entries, file: Arc::new(file) })
    }

    /// Takes away the findings that were there before; of equal ones, the first so many.
    pub(crate) fn accept(&mut self, findings: Vec<Finding>) -> (Vec<Finding>, Vec<Suppressed>) {
        let (mut new, mut known) = (Vec::new(), Vec::new());
        for finding in findings {
            match self.entries.get_mut(&Key::of(&finding)) {
                Some(entry) if entry.used < entry.count && may_be_accepted(&finding.rule) => {
                    entry.used += 1;
                    known.push(accepted(finding, Some(entry.at.clone())));
                }
                _ => new.push(finding),
            }
        }
        (new, known)
    }

    /// The entries whose findings are gone. `runs` says whether a rule runs, and is `None` for one
    /// that does not exist; `is_checked` whether a path was among the checked ones.
    pub(crate) fn stale(
        &self,
        runs: impl Fn(&str) -> Option<bool>,
        is_checked: impl Fn(&str) -> bool,
    ) -> Vec<Finding> {
        let was_left_out = |path: &String| !is_checked(path) && files::exists(Path::new(path));
        let gone = self.entries.iter().filter(|(key, entry)| {
            entry.used < entry.count
                && runs(&key.rule) != Some(false)
                && !entry.paths.iter().any(was_left_out)
        });
        gone.map(|(key, entry)| stale_finding(key, entry, runs(&key.rule).is_some())).collect()
    }
}

/// The place of the first entry that is no entry.
fn wrong_entry(root: &Node) -> Option<Span> {
    let entries = root.get("entries")?.items();
    let is_wrong = |node: &&Node| serde_json::from_value::<Written>(node.to_json()).is_err();
    entries.iter().find(is_wrong).map(|node| node.span)
}

/// What a change does is no state that was there before, a stale entry is none to keep, and advice
/// is none of the tool's own findings.
fn may_be_accepted(rule: &str) -> bool {
    rule != STALE.id && !access::is_of_change(rule) && !opinion::is_advice(rule)
}

fn accepted(finding: Finding, suppressed_at: Option<Location>) -> Suppressed {
    Suppressed {
        finding,
        suppressed_by: SuppressedBy::Baseline,
        reason: "it was there when the baseline was written".to_owned(),
        suppressed_at,
    }
}

fn stale_finding(key: &Key, entry: &Entry, exists: bool) -> Finding {
    let Key { rule, object, pointer } = key;
    let place = if pointer.is_empty() { object.clone() } else { format!("{object}, {pointer}") };
    let message = match (exists, entry.used) {
        (false, _) => format!("the baseline names `{rule}`, which is no rule"),
        (true, 0) => format!("`{rule}` reports nothing any more at {place}"),
        (true, used) => {
            format!("`{rule}` reports {used} instead of {} times at {place}", entry.count)
        }
    };
    Finding::new(STALE.id.clone(), STALE.severity, entry.at.clone(), message)
        .help("write the baseline again with `--write-baseline`")
}

/// Makes a baseline of all findings: its text, what it accepts, and what no baseline does.
pub(crate) fn write(findings: Vec<Finding>) -> (String, Vec<Suppressed>, Vec<Finding>) {
    let (known, left): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| may_be_accepted(&finding.rule));
    let mut entries: BTreeMap<Key, Written> = BTreeMap::new();
    for finding in &known {
        let key = Key::of(finding);
        let Key { rule, object, pointer } = key.clone();
        let entry = entries.entry(key).or_insert_with(|| Written {
            rule,
            object,
            pointer,
            count: 0,
            paths: BTreeSet::new(),
        });
        entry.count += 1;
        entry.paths.insert(finding.location.path.to_string());
    }
    // One entry a line: what is mended is one line less in a review.
    let lines: Vec<_> =
        entries.values().map(|entry| serde_json::json!(entry).to_string()).collect();
    let text =
        format!("{{\n\"version\": {VERSION},\n\"entries\": [\n{}\n]\n}}\n", lines.join(",\n"));
    (text, known.into_iter().map(|finding| accepted(finding, None)).collect(), left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(rule: &'static str, path: &str, object: Option<(&str, &str)>) -> Finding {
        let at = Location::start_of(path.into());
        let finding = Finding::new(rule, Severity::Error, at, "message");
        match object {
            None => finding,
            Some((name, pointer)) => {
                let id = ResourceId {
                    api_version: "apps/v1".to_owned(),
                    kind: "Deployment".to_owned(),
                    namespace: Some("shop".to_owned()),
                    name: name.to_owned(),
                };
                finding.of(&id, pointer)
            }
        }
    }

    fn read(text: &str) -> Result<Baseline, String> {
        Baseline::parse(SourceFile::new("b.json", text)).map_err(|error| error.to_string())
    }

    #[test]
    fn what_was_there_is_accepted_wherever_it_moved_and_what_is_new_is_not() {
        let before = vec![
            finding("host-port", "a.yaml", Some(("web", "/spec"))),
            finding("host-port", "a.yaml", Some(("web", "/spec"))),
            finding("syntax-error", "b.yaml", None),
            finding("access-opened", "a.yaml", Some(("web", ""))),
        ];
        let (text, known, left) = write(before);
        assert_eq!((known.len(), left.len()), (3, 1));
        let mut baseline = read(&text).unwrap();
        let mut moved = finding("host-port", "c.yaml", Some(("web", "/spec")));
        moved.location.line = 7;
        moved.resource.as_mut().unwrap().api_version = "apps/v2".to_owned();
        let after = vec![
            moved.clone(),
            finding("host-port", "a.yaml", Some(("web", "/spec/template"))),
            finding("host-port", "a.yaml", Some(("job", "/spec"))),
            finding("host-path", "a.yaml", Some(("web", "/spec"))),
            finding("syntax-error", "c.yaml", None),
            finding("access-opened", "a.yaml", Some(("web", ""))),
        ];
        let (new, known) = baseline.accept(after);
        assert_eq!((new.len(), known.len()), (5, 1));
        assert_eq!(known.first().map(|it| &it.finding), Some(&moved));
        let (new, known) = baseline.accept(vec![moved.clone(), moved]);
        assert_eq!((new.len(), known.len()), (1, 1), "no more than were counted");
    }

    #[test]
    fn entries_that_match_nothing_are_stale_where_they_were_looked_for() {
        let web = || finding("host-port", "a.yaml", Some(("web", "/spec")));
        let (text, ..) = write(vec![web(), web(), finding("no-rule", "a.yaml", None)]);
        let mut baseline = read(&text).unwrap();
        let runs = |rule: &str| (rule == "host-port").then_some(true);
        let messages = |baseline: &Baseline| {
            let stale = baseline.stale(runs, |_| true);
            stale.into_iter().map(|it| (it.location.line, it.message)).collect::<Vec<_>>()
        };
        let place = "apps/Deployment shop/web, /spec";
        let unknown = (5, "the baseline names `no-rule`, which is no rule".to_owned());
        assert_eq!(
            messages(&baseline),
            [(4, format!("`host-port` reports nothing any more at {place}")), unknown.clone()]
        );
        baseline.accept(vec![web()]);
        assert_eq!(
            messages(&baseline),
            [(4, format!("`host-port` reports 1 instead of 2 times at {place}")), unknown]
        );
        assert_eq!(baseline.stale(|_| Some(false), |_| true).len(), 0);
    }

    #[test]
    fn a_baseline_that_is_not_understood_is_refused_with_its_place() {
        for (text, message) in [
            ("", "b.json:1:1: the baseline is empty"),
            ("{\"version\": 1,\n\"entries\": [", "b.json:2:13: "),
            (
                "{\"version\": 2, \"entries\": []}",
                "b.json:1:13: this is version 2 of baselines; this seatrial reads version 1",
            ),
            (
                "{\"version\": 1,\n\"entries\": [{\"rule\": \"a\"}]}",
                "b.json:2:13: missing field `object`",
            ),
            (
                "{\"version\": 1, \"entries\": [{\"rule\": \"a\", \"object\": \"b\", \"count\": 1},\n{\"rule\": \"a\", \"object\": \"b\", \"count\": 2}]}",
                "b.json:2:1: this entry is there twice",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(message), "{text}: {error}");
        }
    }
}
