//! Which of the rules run.

use std::collections::BTreeMap;

use seatrial_core::nearest;
use seatrial_rules::invariants::{Invariants, Profile};
use seatrial_rules::{Part, Rule, references};

use crate::check::{CheckError, Options};
use crate::opinion;

/// Which rules run.
pub(crate) struct Selection<'a> {
    rules: &'a [Rule],
    select: &'a [String],
    ignore: &'a [String],
    enable: &'a [String],
    /// The profiles in force.
    profiles: &'a [Profile],
    /// The profiles of the rules that belong to some only.
    profiles_of: BTreeMap<&'a str, &'a [Profile]>,
    /// The only parts to run, if that was said.
    only: &'a [Part],
    /// The parts not to run: those without what they need, and those to skip.
    without: Vec<Part>,
    /// Whether there is a language model: without, no rule on its opinion runs.
    with_model: bool,
}

impl<'a> Selection<'a> {
    /// Takes the settings; a name that is neither a rule nor a part is an error.
    pub(crate) fn new(
        rules: &'a [Rule],
        invariants: &'a Invariants,
        options: &'a Options,
    ) -> Result<Self, CheckError> {
        let settings = &options.config.settings;
        // Rules are learned or not: the part is there even without any.
        let parts = rules.iter().map(|rule| rule.part.as_str()).chain([Part::Learned.as_str()]);
        let names: Vec<&str> = rules.iter().map(|rule| &*rule.id).chain(parts).collect();
        let of_overrides = settings.overrides.iter().flat_map(|rule| rule.severity.keys());
        let severities = settings.severity.keys().chain(of_overrides);
        let selected = settings.select.iter().chain(&settings.enable);
        let mut asked = selected.chain(&settings.ignore).chain(severities);
        if let Some(name) = asked.find(|name| !names.contains(&name.as_str())) {
            let hint = nearest(name, names)
                .map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
            return Err(CheckError::UnknownRule { name: name.clone(), hint });
        }
        let of_references = references::REFERENCES.iter().filter(|it| !it.profiles.is_empty());
        let of_references = of_references.map(|it| (&*it.rule.id, it.profiles));
        Ok(Self {
            rules,
            select: &settings.select,
            ignore: &settings.ignore,
            enable: &settings.enable,
            profiles: settings.profiles(),
            profiles_of: of_references.chain(invariants.profiles()).collect(),
            only: &options.only,
            without: without(options),
            with_model: options.model.is_some(),
        })
    }

    /// Whether a rule belongs to the profiles in force, or is asked for by its id.
    fn is_chosen(&self, id: &str) -> bool {
        let Some(profiles) = self.profiles_of.get(id) else { return true };
        let by_id = self.select.iter().chain(self.enable).any(|name| name == id);
        by_id || profiles.iter().any(|profile| self.profiles.contains(profile))
    }

    /// Whether the API server itself rejects what breaks a rule, under the profiles in force.
    pub(crate) fn is_enforced(&self, id: &str) -> bool {
        let profiles = self.profiles_of.get(id).copied().unwrap_or_default();
        profiles.iter().any(|profile| profile.is_enforced() && self.profiles.contains(profile))
    }

    /// Whether a rule runs; `None` for one that does not exist.
    pub(crate) fn runs(&self, id: &str) -> Option<bool> {
        let at = self.rules.binary_search_by(|rule| (*rule.id).cmp(id)).ok()?;
        self.rules.get(at).map(|rule| {
            let named =
                |names: &[String]| names.iter().any(|n| *n == rule.id || n == rule.part.as_str());
            let possible = self.includes(rule.part) && (self.with_model || !opinion::is_advice(id));
            let selected = self.select.is_empty() || named(self.select);
            possible && selected && self.is_chosen(id) && !named(self.ignore)
        })
    }

    /// Whether a part runs: without files and settings nothing does.
    fn includes(&self, part: Part) -> bool {
        let optional = Part::OPTIONAL.contains(&part);
        let asked = self.only.is_empty() || self.only.contains(&part);
        !optional || asked && !self.without.contains(&part)
    }

    /// The rules of a part that run.
    pub(crate) fn of_part(&self, part: Part) -> impl Iterator<Item = &str> {
        let of_part = self.rules.iter().filter(move |rule| rule.part == part);
        of_part.map(|rule| &*rule.id).filter(|id| self.runs(id) == Some(true))
    }

    /// Whether any rule of a part runs.
    pub(crate) fn runs_any(&self, part: Part) -> bool {
        self.of_part(part).next().is_some()
    }
}

/// The parts that have not what they need, or are to be skipped.
fn without(options: &Options) -> Vec<Part> {
    let needs = [
        (Part::Placement, options.cluster.is_some()),
        (Part::Drill, options.drill),
        (Part::Protocol, options.protocols.is_some()),
    ];
    let unmet = needs.into_iter().filter(|(_, met)| !met).map(|(part, _)| part);
    unmet.chain(options.skip.iter().copied()).collect()
}
