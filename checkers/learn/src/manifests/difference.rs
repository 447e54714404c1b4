//! What two files of rules differ in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::file::{Reviewed, RuleFile};
use super::rule::Evidence;

/// What two files of rules differ in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Rules that are new, in words.
    pub appeared: Vec<String>,
    /// Rules that are no more.
    pub vanished: Vec<String>,
    /// Rules of which what they say or the share that keeps them is another.
    pub changed: Vec<String>,
}

/// Compares the rules of an earlier file with later ones.
pub fn difference(old: &RuleFile, new: &RuleFile) -> Difference {
    let by_id = |file: &RuleFile| -> BTreeMap<String, Reviewed> {
        file.rules.iter().map(|rule| (rule.rule.id(), rule.clone())).collect()
    };
    let (old, new) = (by_id(old), by_id(new));
    let shown = |reviewed: &Reviewed| {
        let Reviewed { rule, state, .. } = reviewed;
        let Evidence { holding, objects, sources, .. } = rule.evidence;
        let words = rule.template.in_words();
        format!(
            "{} [{state}] {}: {words} ({holding} of {objects} objects, {sources} sources)",
            rule.id(),
            rule.context
        )
    };
    let mut difference = Difference::default();
    for (id, rule) in &new {
        match old.get(id) {
            None => difference.appeared.push(shown(rule)),
            Some(before)
                if before.rule.template != rule.rule.template || counts(before) != counts(rule) =>
            {
                difference.changed.push(format!("{}{}", shown(rule), changes(before, rule)));
            }
            Some(_) => {}
        }
    }
    difference.vanished =
        old.iter().filter(|(id, _)| !new.contains_key(*id)).map(|(_, rule)| shown(rule)).collect();
    difference
}

/// What is another in a rule, a line each.
fn changes(before: &Reviewed, after: &Reviewed) -> String {
    let (old, new) = (&before.rule.template, &after.rule.template);
    let mut lines = Vec::new();
    let nothing = BTreeSet::new();
    let (old_set, new_set) = (old.set().unwrap_or(&nothing), new.set().unwrap_or(&nothing));
    for (word, set, other) in [("now", new_set, old_set), ("no more", old_set, new_set)] {
        let only: Vec<_> = set.difference(other).map(|text| format!("`{text}`")).collect();
        if !only.is_empty() {
            lines.push(format!("{word} among them: {}", only.join(", ")));
        }
    }
    if lines.is_empty() && old != new {
        lines.push(format!("was: {}", old.in_words()));
    }
    if counts(before) != counts(after) {
        let (holding, objects, sources) = counts(before);
        lines.push(format!("was so in {holding} of {objects} objects, {sources} sources"));
    }
    lines.into_iter().map(|line| format!("\n    {line}")).collect()
}

const fn counts(reviewed: &Reviewed) -> (u32, u32, u32) {
    let Evidence { holding, objects, sources, .. } = reviewed.rule.evidence;
    (holding, objects, sources)
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (sign, rules) in [("+", &self.appeared), ("-", &self.vanished), ("~", &self.changed)] {
            for rule in rules {
                writeln!(f, "{sign} {rule}")?;
            }
        }
        let (new, gone, changed) = (self.appeared.len(), self.vanished.len(), self.changed.len());
        writeln!(f, "{new} appeared, {gone} vanished, {changed} changed")
    }
}
