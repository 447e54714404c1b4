//! What is checked as one: a folder of the workspace, or a file outside of all of them.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use seatrial_core::{Part, Rule};
use seatrial_gate::{Checked, Options};

/// Where whole checks take no longer, quick ones are not needed.
const QUICK_ENOUGH: Duration = Duration::from_millis(50);

/// How long the text must rest before a whole check that is not quick begins.
const REST: Duration = Duration::from_millis(200);

/// The parts whose rules look at one file at a time.
const OF_ONE_FILE: [Part; 4] = [Part::Parse, Part::Schema, Part::Invariant, Part::Parameter];

/// What is checked as one.
#[derive(Default)]
pub(crate) struct Scope {
    /// When the next whole check begins, if one is wanted.
    pub(crate) due: Option<Instant>,
    /// Whether one is under way.
    pub(crate) running: bool,
    /// What the last one came to.
    pub(crate) last: Option<Last>,
    /// Whether the client was told what is left out.
    pub(crate) told: bool,
    /// Why the last one could not be made.
    pub(crate) trouble: Option<String>,
}

/// What is kept of a whole check.
pub(crate) struct Last {
    /// The options that it was made with.
    pub(crate) options: Arc<Options>,
    /// The files that belong to the scope.
    files: BTreeSet<Arc<str>>,
    /// The names of the parts that quick checks leave out.
    pub(crate) of_all_files: Vec<String>,
    /// The files that others are checked by: those with definitions of resources.
    pub(crate) beside: Vec<PathBuf>,
    /// All rules, by id.
    pub(crate) rules: Vec<Rule>,
    took: Duration,
}

impl Last {
    pub(crate) fn new(options: Arc<Options>, checked: &Checked, took: Duration) -> Self {
        let defining = checked.report.objects.iter();
        let defining = defining.filter(|it| it.resource.kind == "CustomResourceDefinition");
        let beside: BTreeSet<_> = defining.map(|it| PathBuf::from(&*it.location.path)).collect();
        let parts: BTreeSet<_> = checked.report.rules.iter().map(|rule| rule.part).collect();
        let parts = parts.into_iter().filter(|part| !OF_ONE_FILE.contains(part));
        Self {
            of_all_files: parts.map(|part| part.as_str().to_owned()).collect(),
            options,
            files: checked.sources.iter().map(|file| Arc::clone(file.path())).collect(),
            beside: beside.into_iter().collect(),
            rules: checked.report.rules.clone(),
            took,
        }
    }
}

impl Scope {
    /// Asks for a whole check: at once, or when the text rests and checks are slow.
    pub(crate) fn ask(&mut self, at_once: bool) {
        let now = Instant::now();
        let slow = self.last.as_ref().is_some_and(|last| last.took > QUICK_ENOUGH);
        self.due = Some(if slow && !at_once { now + REST } else { now });
    }

    /// Whether a file is worth a quick check, because whole ones are not quick.
    pub(crate) fn quickens(&self, path: &Arc<str>) -> Option<&Last> {
        let last = self.last.as_ref().filter(|_| self.trouble.is_none())?;
        (last.took > QUICK_ENOUGH && last.files.contains(path)).then_some(last)
    }

    /// The rule with this id.
    pub(crate) fn rule(&self, id: &str) -> Option<&Rule> {
        self.last.as_ref()?.rules.iter().find(|rule| rule.id == id)
    }
}

/// Whether a quick check asks a rule. What it does not know, such as a policy of another file, it
/// does not ask.
pub(crate) fn is_asked_quickly(rules: &[Rule], id: &str) -> bool {
    rules.iter().any(|rule| rule.id == id && OF_ONE_FILE.contains(&rule.part))
}
