//! Checks one configuration with what is known.

use seatrial_core::{Finding, Rule, Severity, SourceFile};
use seatrial_parse::settings::{Setting, Settings};

use super::facts::{self, Facts};
use super::learned::{Learned, Sample};
use super::relations::{ByName, Clash, ClashKind};
use super::typing::{self, Complaint};
use super::{Expectation, Source, System, Wanted, existence, names, rules};

/// A finding with the parameters that it blames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// The names of the parameters.
    pub parameters: Vec<String>,
    /// The finding.
    pub finding: Finding,
}

/// What a configuration is checked with.
#[derive(Clone, Debug)]
pub struct Knowledge<'a> {
    system: System,
    facts: Vec<&'static Facts>,
    learned: &'a Learned,
    with_names: bool,
}

impl<'a> Knowledge<'a> {
    /// What was learned, and nothing else.
    pub fn learned(system: System, learned: &'a Learned) -> Self {
        Self { system, facts: Vec::new(), learned, with_names: false }
    }

    /// With the documentation of the system and its family too.
    #[must_use]
    pub fn with_facts(mut self) -> Self {
        let others = self.system.family().iter().filter(|other| **other != self.system);
        self.facts =
            std::iter::once(&self.system).chain(others).filter_map(|s| facts::of(*s)).collect();
        self
    }

    /// With the full list of the names of parameters too: others are unknown.
    #[must_use]
    pub fn with_names(mut self) -> Self {
        self = self.with_facts();
        self.with_names = true;
        self
    }

    /// Checks one configuration; one alarm a parameter at most, in the order of places.
    pub fn check(&self, file: &SourceFile, settings: &Settings) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        for setting in &settings.settings {
            if let Some(alarm) = self.check_one(file, setting) {
                alarms.push(alarm);
            }
        }
        let by_name = ByName::new(self.system, &settings.settings);
        let clashes = by_name.exceeding(&self.facts).into_iter();
        for clash in clashes.chain(by_name.without_effect(&self.facts)) {
            self.add_clash(file, &clash, &mut alarms);
        }
        alarms.sort_by(|left, right| left.finding.cmp(&right.finding));
        alarms
    }

    /// The relations that a working configuration breaks, as pairs of names.
    pub fn broken_by(&self, sample: &Sample) -> Vec<(String, String)> {
        let by_name = ByName::new(self.system, &sample.settings.settings);
        let clashes = by_name.exceeding(&self.facts).into_iter();
        let clashes = clashes.chain(by_name.without_effect(&self.facts));
        clashes.map(|clash| (clash.first.name.clone(), clash.second.name.clone())).collect()
    }

    fn check_one(&self, file: &SourceFile, setting: &Setting) -> Option<Alarm> {
        if let Some(complaint) = existence::check(setting, &self.facts, self.with_names) {
            let evidence = self.documents();
            return Some(alarm(
                file,
                setting,
                setting.name_span,
                complaint,
                Severity::Warning,
                evidence,
            ));
        }
        let at = setting.value_span;
        if let Some(complaint) = typing::impossible(setting) {
            let severity = complaint.rule.severity;
            return Some(alarm(file, setting, at, complaint, severity, Vec::new()));
        }
        let expected = self.expected(&setting.name)?;
        let complaint = typing::against(self.system, setting, &expected)?;
        let certain = expected.source == Source::Documented && complaint.rule.id != rules::RANGE.id;
        let severity = if certain { Severity::Error } else { Severity::Warning };
        Some(alarm(file, setting, at, complaint, severity, expected.evidence))
    }

    /// What is expected of a parameter: what is documented, else what was seen of it, else what
    /// names like it have, else what its name says.
    pub fn expected(&self, name: &str) -> Option<Expectation> {
        self.facts
            .iter()
            .find_map(|facts| documented(facts, name).or_else(|| documented(facts, &generic(name))))
            .or_else(|| self.observed(name))
            .or_else(|| named(name))
    }

    fn observed(&self, name: &str) -> Option<Expectation> {
        let of_name = names::meaning(name).map(|(wanted, _)| wanted);
        // A port is seen as a number, and a permission may be.
        let refine = |seen: Wanted| match (&seen, of_name.clone()) {
            (Wanted::Number, Some(better @ (Wanted::Port | Wanted::Permission))) => better,
            _ => seen,
        };
        if let Some(seen) = self.learned.seen(self.system, name) {
            let wanted = refine(Wanted::named(&seen.is)?);
            let evidence = vec![format!(
                "in {} of {} working configurations it is {wanted}: {}",
                seen.holds, seen.of, seen.example
            )];
            // Values of several kinds say nothing.
            let wanted = if seen.holds == seen.of { wanted } else { Wanted::Anything };
            return Some(Expectation { wanted, source: Source::Observed, evidence });
        }
        let (end, rule) = self.learned.ending(name)?;
        let wanted = refine(Wanted::named(&rule.is)?);
        if of_name.as_ref().is_some_and(|of_name| *of_name != wanted) {
            // The ends of names and their words disagree: nothing is certain.
            let (wanted, source) = (Wanted::Anything, Source::Observed);
            return Some(Expectation { wanted, source, evidence: Vec::new() });
        }
        let evidence = vec![
            format!(
                "of {} parameters of {} systems whose names end in `{end}`, {} are {wanted}",
                rule.of, rule.systems, rule.holds
            ),
            format!("such as {}", rule.examples.join("; ")),
        ];
        Some(Expectation { wanted, source: Source::Observed, evidence })
    }

    fn documents(&self) -> Vec<String> {
        self.facts.first().map(|facts| said_by(facts)).into_iter().collect()
    }

    fn add_clash(&self, file: &SourceFile, clash: &Clash<'_>, alarms: &mut Vec<Alarm>) {
        let (first, second) = (clash.first, clash.second);
        let blamed = |alarm: &Alarm| {
            alarm.parameters.contains(&first.name) || alarm.parameters.contains(&second.name)
        };
        let tolerated = self.learned.tolerates(self.system, &first.name, &second.name);
        if tolerated || alarms.iter().any(blamed) {
            return;
        }
        let (rule, message, label, at): (&Rule, _, _, _) = match &clash.kind {
            ClashKind::Exceeds => (
                &rules::ORDER,
                format!(
                    "`{}` is `{}`, more than `{}`, which is `{}`",
                    first.name, first.value, second.name, second.value
                ),
                "more than its limit",
                first.value_span,
            ),
            ClashKind::WithoutEffect(values) => (
                &rules::EFFECT,
                format!(
                    "`{}` has no effect, because `{}` is `{}` and not `{}`",
                    second.name,
                    first.name,
                    first.value,
                    values.join("` or `")
                ),
                "switches the other off",
                first.value_span,
            ),
        };
        let location = file.location(at);
        // A switch that is off with what it switches still there is common, and mostly meant.
        let guessed =
            matches!(clash.kind, ClashKind::WithoutEffect(_)) && clash.source == Source::Named;
        let severity = if guessed { Severity::Note } else { rule.severity };
        let mut finding = Finding::new(rule.id.clone(), severity, location, message)
            .labelled(label)
            .related_to(file.location(second.name_span), format!("`{}` is set here", second.name));
        finding.evidence = match clash.source {
            Source::Documented => self.documents(),
            _ => vec!["the names of the two say so".to_owned()],
        };
        let parameters = match clash.kind {
            ClashKind::Exceeds => vec![first.name.clone(), second.name.clone()],
            ClashKind::WithoutEffect(_) => vec![first.name.clone()],
        };
        alarms.push(Alarm { parameters, finding });
    }
}

/// Learns from working configurations, the relations that they break included.
pub fn learn(samples: &[Sample]) -> Learned {
    let mut learned = Learned::of(samples);
    let nothing = Learned::default();
    for sample in samples {
        let knowledge = Knowledge::learned(sample.system, &nothing).with_facts();
        for pair in knowledge.broken_by(sample) {
            learned.tolerate(sample.system, pair);
        }
    }
    learned
}

/// The name as the documentation writes it: `ipc.8020.x` is `ipc.[port_number].x`.
fn generic(name: &str) -> String {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = name.split('.').map(|part| if number(part) { "[port_number]" } else { part });
    parts.collect::<Vec<_>>().join(".")
}

/// What the documentation says of a parameter.
fn documented(facts: &Facts, name: &str) -> Option<Expectation> {
    let types = &facts.types;
    let of_types = [
        (&types.boolean, Wanted::Boolean),
        (&types.number, Wanted::Number),
        (&types.permission, Wanted::Permission),
        (&types.port, Wanted::Port),
        (&types.text, Wanted::Anything),
    ];
    let choice = facts.choices.get(name).map(|words| Wanted::Choice(words.clone()));
    let of_type =
        || of_types.into_iter().find(|(names, _)| names.contains(name)).map(|(_, wanted)| wanted);
    let wanted = choice.or_else(of_type)?;
    Some(Expectation { wanted, source: Source::Documented, evidence: vec![said_by(facts)] })
}

fn said_by(facts: &Facts) -> String {
    format!("by the documentation of {} ({})", facts.title(), facts.source.documents.join(", "))
}

fn named(name: &str) -> Option<Expectation> {
    let (wanted, word) = names::meaning(name)?;
    let evidence =
        vec![format!("parameters whose names end in `{word}` are {wanted} in any system")];
    Some(Expectation { wanted, source: Source::Named, evidence })
}

fn alarm(
    file: &SourceFile,
    setting: &Setting,
    at: seatrial_core::Span,
    complaint: Complaint,
    severity: Severity,
    evidence: Vec<String>,
) -> Alarm {
    let Complaint { rule, message, label, help } = complaint;
    let mut finding =
        Finding::new(rule.id.clone(), severity, file.location(at), message).labelled(label);
    finding.evidence = evidence;
    if let Some(help) = help {
        finding = finding.help(help);
    }
    Alarm { parameters: vec![setting.name.clone()], finding }
}

#[cfg(test)]
mod tests;
