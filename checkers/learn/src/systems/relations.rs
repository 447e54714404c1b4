//! Parameters against each other: what must not exceed what, and what has no effect.

use std::collections::BTreeMap;

use seatrial_parse::settings::Setting;

use super::facts::Facts;
use super::{Source, System, names};
use crate::values::{self, Kind};

/// Two settings of one file that do not go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clash<'a> {
    /// The one that is reported: the smaller that is too large, or what decides on the effect.
    pub(super) first: &'a Setting,
    /// The other.
    pub(super) second: &'a Setting,
    pub(super) kind: ClashKind,
    pub(super) source: Source,
}

/// What is wrong between two settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ClashKind {
    /// The first exceeds the second.
    Exceeds,
    /// The second has no effect unless the first is one of these.
    WithoutEffect(Vec<String>),
}

/// The settings of a file by name.
pub(super) struct ByName<'a> {
    system: System,
    settings: &'a [Setting],
    names: BTreeMap<&'a str, &'a Setting>,
    words: BTreeMap<Vec<String>, &'a Setting>,
}

impl<'a> ByName<'a> {
    pub(super) fn new(system: System, settings: &'a [Setting]) -> Self {
        let names = settings.iter().map(|setting| (setting.name.as_str(), setting)).collect();
        let words = settings.iter().map(|setting| (names::words(&setting.name), setting)).collect();
        Self { system, settings, names, words }
    }

    fn get(&self, name: &str) -> Option<&'a Setting> {
        self.names.get(name).copied()
    }

    /// Pairs of which the first exceeds the second: those documented, and those whose names differ
    /// in `min` and `max` or words like them.
    pub(super) fn exceeding(&self, facts: &[&Facts]) -> Vec<Clash<'a>> {
        let documented = facts.iter().flat_map(|facts| &facts.order.rules);
        let documented =
            documented.filter_map(|(low, high)| Some((self.get(low)?, self.get(high)?)));
        let mut clashes: Vec<_> = documented
            .filter(|(low, high)| exceeds(low, high))
            .map(|pair| Clash::exceeds(pair, Source::Documented))
            .collect();
        for (words, low) in &self.words {
            for high in names::not_above(words).iter().filter_map(|name| self.words.get(name)) {
                if exceeds(low, high) && !clashes.iter().any(|clash| clash.is_of(low, high)) {
                    clashes.push(Clash::exceeds((low, high), Source::Named));
                }
            }
        }
        clashes
    }

    /// Settings without effect: those documented, and those below a switch that is off.
    pub(super) fn without_effect(&self, facts: &[&Facts]) -> Vec<Clash<'a>> {
        let mut clashes = Vec::new();
        for need in facts.iter().flat_map(|facts| &facts.needs.rules) {
            let Some(controller) = self.get(&need.parameter) else { continue };
            if self.has_value(controller, &need.values) {
                continue;
            }
            for dependent in need.dependents.iter().filter_map(|name| self.get(name)) {
                let kind = ClashKind::WithoutEffect(need.values.clone());
                let source = Source::Documented;
                clashes.push(Clash { first: controller, second: dependent, kind, source });
            }
        }
        for switch in self.settings.iter().filter(|s| self.system.truth(&s.value) == Some(false)) {
            let stem = names::below_switch(&switch.name);
            let below = |other: &&Setting| {
                let words = names::words(&other.name);
                stem.len() >= 2 && words.len() > stem.len() && words.starts_with(&stem)
            };
            for dependent in self.settings.iter().filter(below) {
                let same = dependent.name == switch.name;
                if !same && !clashes.iter().any(|clash| clash.is_of(switch, dependent)) {
                    let (yes, _) = self.system.booleans();
                    let kind = ClashKind::WithoutEffect(
                        yes.iter().take(1).map(|w| (*w).to_owned()).collect(),
                    );
                    clashes.push(Clash {
                        first: switch,
                        second: dependent,
                        kind,
                        source: Source::Named,
                    });
                }
            }
        }
        clashes
    }

    /// Whether a setting has one of these values, as the system reads it. What is put in later
    /// may be any of them.
    fn has_value(&self, setting: &Setting, values: &[String]) -> bool {
        let value = setting.value.trim();
        let truth = self.system.truth(value);
        let is = |wanted: &String| {
            wanted.eq_ignore_ascii_case(value)
                || (truth.is_some() && self.system.truth(wanted) == truth)
        };
        value.is_empty() || value.contains("${") || values.iter().any(is)
    }
}

impl<'a> Clash<'a> {
    fn exceeds((first, second): (&'a Setting, &'a Setting), source: Source) -> Self {
        Self { first, second, kind: ClashKind::Exceeds, source }
    }

    fn is_of(&self, first: &Setting, second: &Setting) -> bool {
        self.first.name == first.name && self.second.name == second.name
    }
}

/// Whether the value of one is a quantity larger than that of the other. Nothing can be said where
/// one is negative (it switches something off), the limit is zero, or their units differ in kind.
fn exceeds(low: &Setting, high: &Setting) -> bool {
    let (Some((low_kind, low_value)), Some((high_kind, high_value))) =
        (measure(low), measure(high))
    else {
        return false;
    };
    let same = low_kind == high_kind
        || [low_kind, high_kind]
            .iter()
            .all(|kind| *kind != Measure::Size && *kind != Measure::Plain)
        || [low_kind, high_kind]
            .iter()
            .all(|kind| *kind != Measure::Time && *kind != Measure::Plain);
    same && low_value >= 0.0 && high_value > 0.0 && low_value > high_value
}

/// What a quantity is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    Plain,
    Time,
    Size,
}

/// The quantity that a setting has: in seconds, in bytes, or as it is.
fn measure(setting: &Setting) -> Option<(Measure, f64)> {
    let value = setting.value.trim();
    if let Some(seconds) = values::duration(value).filter(|_| !is_size(setting)) {
        return Some((Measure::Time, seconds));
    }
    if let Some(bytes) = values::size(value) {
        return Some((Measure::Size, bytes));
    }
    let number = values::percent(value).or_else(|| values::decimal(value))?;
    Some(match (names::unit(&setting.name), values::kind(value)) {
        (Some(unit), Kind::Integer | Kind::Decimal) if unit > 1000.0 || is_size(setting) => {
            (Measure::Size, number * unit)
        }
        (Some(unit), Kind::Integer | Kind::Decimal) => (Measure::Time, number * unit),
        _ => (Measure::Plain, number),
    })
}

/// Whether a name speaks of storage, so that `8m` are megabytes and not minutes.
fn is_size(setting: &Setting) -> bool {
    let of_size = ["bytes", "size", "mb", "memory", "buffer", "filesize", "blocksize"];
    names::words(&setting.name).iter().any(|word| of_size.contains(&word.as_str()))
}

#[cfg(test)]
mod tests;
