//! Locations that take requests away from others.

use std::collections::BTreeSet;

use seatrial_core::{Finding, Severity};

use super::super::model::{Level, Name, Server};
use super::super::rules::{EXACT_WITHOUT_CHILDREN, STOLEN_PREFIX, UNMERGED_SLASHES};
use super::{ANYTHING, Ward, beside, finding, is_same, named};

impl Ward<'_> {
    pub(super) fn locations(&self, findings: &mut Vec<Finding>) {
        self.stolen(findings);
        self.without_children(findings);
        if !self.server.merge_slashes {
            self.unmerged(findings);
        }
    }

    /// Expressions that are found in paths of a prefix that demands something.
    fn stolen(&self, findings: &mut Vec<Finding>) {
        let mut known = BTreeSet::new();
        for class in &self.classes {
            let path = class.witness.as_slice();
            let Some(thief) = self.located(path) else { continue };
            let Some(owner) = by_prefix(self.server, path).filter(|owner| *owner != thief) else {
                continue;
            };
            let levels = (self.server.levels.get(owner), self.server.levels.get(thief));
            let (Some(of_owner), Some(of_thief)) = levels else { continue };
            let Some(stated) = stated_by_location(of_owner) else { continue };
            if known.contains(&(owner, thief))
                || is_below(self.server, owner, thief)
                || self.is_on_purpose(of_owner, of_thief)
            {
                continue;
            }
            let demand = self.demand(owner, "GET", path);
            let Some(gap) = demand.and_then(|it| self.gap(("GET", path), &it, ANYTHING)) else {
                continue;
            };
            known.insert((owner, thief));
            let message = format!(
                "{} takes requests away from {}, whose `{}` is not asked: {}",
                named(&of_thief.at),
                named(&of_owner.at),
                stated.text,
                gap.line()
            );
            let finding = finding(STOLEN_PREFIX, Severity::Warning, &of_thief.at, message)
                .help("write `location ^~` for the prefix, or demand the same of the expression");
            findings.push(gap.shown(beside(finding, stated)));
        }
    }

    /// Whether an expression is found in paths of the prefix alone: whoever wrote it meant them.
    fn is_on_purpose(&self, owner: &Level, thief: &Level) -> bool {
        let (Name::Prefix(prefix, _), Name::Pattern(pattern)) = (&owner.name, &thief.name) else {
            return true;
        };
        let found = self.classes.iter().filter(|it| pattern.is_found_in(&it.witness));
        let mut outside = found.filter(|it| !it.witness.starts_with(prefix.as_bytes()));
        outside.next().is_none()
    }

    /// `location = /admin` demands something, and `/admin/` is served by the same without.
    fn without_children(&self, findings: &mut Vec<Finding>) {
        for (at, level) in self.levels() {
            let Name::Exact(path) = &level.name else { continue };
            let Some(stated) = stated_by_location(level) else { continue };
            let last = path.rsplit('/').next().unwrap_or_default();
            let plain = level.settings.handler.is_none();
            if level.settings.internal.is_some() || last.is_empty() || (plain && last.contains('.'))
            {
                continue;
            }
            let below = format!("{path}/").into_bytes();
            let other = self.located(&below).and_then(|other| self.server.levels.get(other));
            let Some(other) = other.filter(|other| is_served_alike(level, other)) else { continue };
            let demand = self.demand(at, "GET", path.as_bytes());
            let Some(gap) = demand.and_then(|it| self.gap(("GET", &below), &it, ANYTHING)) else {
                continue;
            };
            let message = format!(
                "{} covers this path alone; what is below is let in without `{}`: {}",
                named(&level.at),
                stated.text,
                gap.line()
            );
            let finding = finding(EXACT_WITHOUT_CHILDREN, Severity::Warning, &level.at, message)
                .help(format!("write a location for `{path}/` as well"));
            let finding =
                if is_same(&other.at, &level.at) { finding } else { beside(finding, &other.at) };
            findings.push(gap.shown(finding));
        }
    }

    /// Paths with one more slash that get around a location.
    fn unmerged(&self, findings: &mut Vec<Finding>) {
        let mut known = BTreeSet::new();
        for class in &self.classes {
            let path = class.witness.as_slice();
            let owner = self.located(path).and_then(|at| self.server.levels.get(at));
            let Some(stated) = owner.and_then(stated_by_location) else { continue };
            if path.windows(2).any(|it| it == b"//") || known.contains(&stated.location) {
                continue;
            }
            let Some(demand) = self.allowed("GET", path) else { continue };
            let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
            let found = slashes.map(|(at, _)| at).find_map(|at| {
                let (before, behind) = path.split_at(at);
                let doubled = [before, b"/", behind].concat();
                self.gap(("GET", &doubled), &demand, ANYTHING)
            });
            let Some(gap) = found else { continue };
            known.insert(stated.location.clone());
            let message = format!(
                "`merge_slashes` is off, so that {} gets around `{}`",
                gap.line(),
                stated.text
            );
            let finding = finding(UNMERGED_SLASHES, Severity::Warning, stated, message)
                .help("leave `merge_slashes` on, or write the location as `~ ^/+…`");
            findings.push(gap.shown(finding));
        }
    }
}

/// What a location itself demands.
fn stated_by_location(level: &Level) -> Option<&super::At> {
    let of_location = |at: &&super::At| at.kind == "location";
    Ward::demands(&level.settings).into_iter().find(of_location)
}

/// The location of the longest prefix of a path, expressions left aside; none if an exact location
/// or no prefix fits, or if the prefix keeps expressions away.
fn by_prefix(server: &Server, path: &[u8]) -> Option<usize> {
    let mut found = None;
    let mut here = server.levels.first()?;
    loop {
        let fits = here.inner.prefix.iter().filter(|(prefix, _)| path.starts_with(prefix));
        let Some((_, &level)) = fits.max_by_key(|(prefix, _)| prefix.len()) else { break };
        if here.inner.exact.contains_key(path) {
            return None;
        }
        here = server.levels.get(level)?;
        found = Some(level);
    }
    found
}

/// Whether a location stands inside of another.
fn is_below(server: &Server, outer: usize, inner: usize) -> bool {
    let Some(level) = server.levels.get(outer) else { return false };
    let inside = level.inner.prefix.values().chain(level.inner.exact.values());
    let mut inside = inside.chain(&level.inner.pattern);
    inside.any(|&at| at == inner || is_below(server, at, inner))
}

/// Whether two locations hand requests to the same service, or to files below the same folder.
fn is_served_alike(one: &Level, other: &Level) -> bool {
    let handler = |level: &Level| level.settings.handler.as_ref().map(|(text, _)| text.clone());
    let root = |level: &Level| level.settings.root.as_ref().map(|it| (it.path.clone(), it.alias));
    match (handler(one), handler(other)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => root(one) == root(other),
        _ => false,
    }
}
