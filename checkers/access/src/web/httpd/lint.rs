//! What is certainly wrong with a configuration: each finding rests on a request that is decided, or
//! on a directive that can have no effect.
//!
//! Most are found by taking away what one section says: a request that is then refused for certain,
//! and is let in for certain as it is, is let in by that section.

mod sections;
mod single;

use std::collections::BTreeSet;
use std::sync::Arc;

use seatrial_core::{Finding, Found, Location, Severity, Undecided};

use self::sections::{Part, parts, replaced};
use super::model::{At, Authz, Config, Merging, Node, Provider, Scope, What};
use super::rules::{
    ALLOW_REFUSES_NOBODY, DENIAL_UNDONE, LIMIT_GAP, LINTS, MERGED_OPEN, ORDER_RESET,
};
use crate::Decision;
use crate::web::condition::{Leaf, Tree};
use crate::web::gap::{Gap, beside, gap, named};
use crate::web::partition::{self, PathClass};
use crate::web::places::{first_place, pairs};
use crate::web::request::Endpoint;
use crate::web::side::{Situation, WebServer, tree};

/// Methods that change something.
const CHANGING: [&str; 4] = ["PUT", "POST", "DELETE", "PATCH"];

/// How many sections of a site are taken away, one after the other.
const MOST_PARTS: usize = 100;

/// What is certainly wrong; nothing for a configuration that httpd refuses. A site that has more paths
/// than can be told apart is undecided.
pub fn lint(config: &Config) -> Found {
    let mut found = Found::default();
    if config.findings.iter().any(|it| it.severity == Severity::Error) {
        return found;
    }
    found.findings.extend(single::ignored(config));
    let Ok(pairs) = pairs(config, config, &[]) else {
        let place = config.files.first().map(|file| Location::start_of(Arc::clone(file.path())));
        let place = place.unwrap_or_else(|| Location::start_of("".into()));
        found.undecided.push(too_many(place, "the names of sites"));
        return found;
    };
    let mut seen = BTreeSet::new();
    for (pair, places) in pairs {
        let [Some(site), _] = pair.sites else { continue };
        let there = config.sites.get(site).filter(|_| seen.insert(site));
        let Some((there, (endpoint, host))) = there.zip(first_place(&places)) else { continue };
        let merged = config.merges_slashes(endpoint, host);
        let place = there.at.location.clone();
        let Ok(classes) = partition::paths(&config.tests(site), merged) else {
            found.undecided.push(too_many(place, "the paths of this site"));
            continue;
        };
        let parts = parts(there);
        single::families(config, &parts, &mut found.findings);
        let mut ward = Ward { config, site, endpoint, host, classes, asked: Vec::new() };
        ward.asked = ward.classes.iter().map(|it| ward.tree(config, "GET", it)).collect();
        if ward.parts(&parts, &mut found.findings).is_none() {
            found.undecided.push(too_many(place, "the sections of this site"));
        }
        ward.limits(&parts, &mut found.findings);
    }
    found.findings.sort();
    found.findings.dedup();
    found
}

fn too_many(location: Location, what: &str) -> Undecided {
    let [rule, ..] = LINTS;
    let reason = format!("{what} are too many to be told apart: mistakes are not looked for");
    Undecided { location, rule: rule.into(), reason, resource: None }
}

/// A site that is looked at.
struct Ward<'c> {
    config: &'c Config,
    site: usize,
    endpoint: &'c Endpoint,
    host: &'c str,
    classes: Vec<PathClass>,
    /// What GET comes to, by class.
    asked: Vec<Option<Tree>>,
}

impl Ward<'_> {
    fn situation<'s>(&'s self, method: &'s str, class: &'s PathClass) -> Situation<'s> {
        let (endpoint, host) = (self.endpoint, self.host);
        Situation { endpoint, host, method, path: &class.witness }
    }

    fn tree(&self, config: &Config, method: &str, class: &PathClass) -> Option<Tree> {
        Some(tree(config, &self.situation(method, class), None).ok()?.reduced())
    }

    /// Requests that get in, and are refused where a section says something else; one a class.
    fn gaps(&self, part: &Part, instead: &Scope) -> Vec<(&PathClass, Gap)> {
        let Some(site) = self.config.sites.get(self.site) else { return Vec::new() };
        let mut other = self.config.clone();
        if let Some(slot) = other.sites.get_mut(self.site) {
            *slot = replaced(site, part, &Arc::new(instead.clone()));
        }
        let each = self.classes.iter().zip(&self.asked);
        let found = each.filter_map(|(class, is)| {
            let is = is.as_ref().filter(|it| it.decision() != Decision::Denied)?;
            let would_be = self.tree(&other, "GET", class)?;
            let situation = self.situation("GET", class);
            Some((class, gap(self.config, &situation, is, &would_be, &|_, _| true)?))
        });
        found.collect()
    }

    /// What each section lets in that the others refuse; `None` if there are too many.
    fn parts(&self, parts: &[Part], findings: &mut Vec<Finding>) -> Option<()> {
        let mut left = MOST_PARTS;
        for part in parts {
            let scope = &part.scope;
            if let Some(at) = part.compat_without_order() {
                left = left.checked_sub(1)?;
                findings.extend(self.reset(part, at).or_else(|| part.allow_alone()));
            } else {
                findings.extend(part.allow_alone());
            }
            if let Some(granted) = all_granted(&scope.authz) {
                left = left.checked_sub(1)?;
                findings.extend(self.undone(part, granted));
            }
            if let (Some(Merging::Or), Some(node)) = (scope.authz.merging, &scope.authz.section) {
                left = left.checked_sub(1)?;
                findings.extend(self.merged(part, node));
            }
        }
        Some(())
    }

    /// A section with `Allow` or `Satisfy` and without `Order`, which opens what one before denies.
    fn reset(&self, part: &Part, at: &At) -> Option<Finding> {
        let instead = Scope { compat: None, ..Scope::clone(&part.scope) };
        let gaps = self.gaps(part, &instead);
        let is_order = |leaf: &Leaf| {
            leaf.because
                .last()
                .is_some_and(|it| it.text.starts_with("Deny") || it.text.starts_with("Order"))
        };
        let (_, gap) = gaps.into_iter().find(|(_, gap)| is_order(&gap.would_be))?;
        let denial = gap.would_be.because.last()?;
        let message = format!(
            "`{}` of {} resets what {} says, `{}` included: {}",
            at.text,
            named(at),
            named(denial),
            denial.text,
            gap.line()
        );
        let finding = at.finding("httpd", ORDER_RESET, Severity::Warning, message).help(
            "repeat `Order` and `Deny` beside it, or say all of it by `Require`: nothing of \
             mod_access_compat is inherited where a section says anything of it",
        );
        Some(gap.shown(beside(finding, denial)))
    }

    /// `Require all granted` in a section of a later kind, which leaves nothing of a denial.
    fn undone(&self, part: &Part, granted: &Node) -> Option<Finding> {
        if !part.is_late() {
            return None;
        }
        let authz = Authz { section: None, merging: None, ..part.scope.authz.clone() };
        let gaps = self.gaps(part, &Scope { authz, ..Scope::clone(&part.scope) });
        let by = |gap: &Gap| gap.would_be.because.last().cloned();
        let (_, gap) = gaps.iter().find(|(_, gap)| {
            let Some(denial) = by(gap) else { return false };
            let earlier = order(denial.kind) < order(part.kind);
            // A file to which `<Location>` grants it by its name is meant.
            let its_own = |(class, gap): &(&PathClass, Gap)| {
                class.witness == part.name.as_bytes() && by(gap).as_ref() == Some(&denial)
            };
            let is_meant = denial.kind == "Files" && gaps.iter().any(its_own);
            let by_default = denial.kind == "Directory" && &*denial.name == "/" && part.name != "/";
            let nothing_left = denial.kind == "Files" || !self.is_in_force(&denial);
            earlier && !is_meant && !by_default && nothing_left
        })?;
        let denial = gap.would_be.because.last()?;
        let message = format!(
            "`{}` of {} undoes `{}` of {}: {}",
            granted.at.text,
            named(&granted.at),
            denial.text,
            named(denial),
            gap.line()
        );
        let finding = granted.at.finding("httpd", DENIAL_UNDONE, Severity::Warning, message).help(
            "take it out, or write `AuthMerging And` beside it: of `Require`, the last section in \
             force counts alone, and `<Location>` comes behind `<Files>` behind `<Directory>`",
        );
        Some(gap.shown(beside(finding, denial)))
    }

    /// Whether a denial refuses any path still.
    fn is_in_force(&self, denial: &At) -> bool {
        let refuses = |leaf: &&Leaf| !leaf.allowed && leaf.because.last() == Some(denial);
        self.asked.iter().flatten().any(|tree| tree.leaves().iter().any(&refuses))
    }

    /// `AuthMerging Or` where everybody is let in anyway: what the section requires refuses nobody.
    fn merged(&self, part: &Part, node: &Arc<Node>) -> Option<Finding> {
        let authz = Authz { merging: Some(Merging::Off), ..part.scope.authz.clone() };
        let gaps = self.gaps(part, &Scope { authz, ..Scope::clone(&part.scope) });
        let everywhere = |class: &PathClass| {
            let is =
                self.classes.iter().zip(&self.asked).find(|(it, _)| it.witness == class.witness);
            is.and_then(|(_, is)| is.as_ref()).is_some_and(|is| is.decision() == Decision::Allowed)
        };
        let (_, gap) = gaps.iter().find(|(class, _)| everywhere(class))?;
        let message = format!(
            "`{}` of {} refuses nobody: `AuthMerging Or` adds to it what lets everybody in: {}",
            node.at.text,
            named(&node.at),
            gap.line()
        );
        let finding = node.at.finding("httpd", MERGED_OPEN, Severity::Warning, message);
        Some(gap.shown(finding.help("write `AuthMerging And`, or take it out")))
    }

    /// `<Limit>` refuses by some methods what others, which change something, let in.
    fn limits(&self, parts: &[Part], findings: &mut Vec<Finding>) {
        for part in parts {
            for (methods, at) in part.limits() {
                let gap = self.limit_gap(&methods.names().collect::<Vec<_>>(), at);
                let Some((limited, gap)) = gap else { continue };
                let message = format!(
                    "`{}` of {} is limited to some methods: {} is let in where {limited} is refused",
                    at.text,
                    named(at),
                    gap.line()
                );
                let help = "take it out of `<Limit>`, or name the methods that may go without it by \
                            `<LimitExcept>`";
                let finding = at.finding("httpd", LIMIT_GAP, Severity::Warning, message);
                findings.push(gap.shown(finding.help(help)));
            }
        }
    }

    fn limit_gap<'m>(&self, limited: &[&'m str], at: &At) -> Option<(&'m str, Gap)> {
        let by_it = |_: &Leaf, would_be: &Leaf| would_be.because.last() == Some(at);
        for class in &self.classes {
            for &refused in limited {
                let would_be = self.tree(self.config, refused, class)?;
                let mut leaves = would_be.leaves().into_iter();
                if !leaves.any(|leaf| !leaf.allowed && by_it(leaf, leaf)) {
                    continue;
                }
                for method in CHANGING.into_iter().filter(|it| !limited.contains(it)) {
                    let is = self.tree(self.config, method, class)?;
                    let situation = self.situation(method, class);
                    if let Some(gap) = gap(self.config, &situation, &is, &would_be, &by_it) {
                        return Some((refused, gap));
                    }
                }
            }
        }
        None
    }
}

/// In which order kinds of sections are merged.
fn order(kind: &str) -> usize {
    let kinds = ["server", "Directory", "Files", "Location", "If"];
    kinds.iter().position(|it| *it == kind).unwrap_or(0)
}

/// What a section grants to all by itself.
fn all_granted(authz: &Authz) -> Option<&Node> {
    let node = authz
        .section
        .as_ref()
        .filter(|_| !matches!(authz.merging, Some(Merging::And | Merging::Or)))?;
    let What::Section(_, children) = &node.what else { return None };
    let [only] = children.as_slice() else { return None };
    let granted = matches!(only.what, What::Provider(Provider::All(true))) && !only.negate;
    (granted && !only.limited.is_list()).then_some(only)
}

impl Part {
    /// `Allow` without any `Deny` where nothing is denied otherwise: everybody is let in.
    fn allow_alone(&self) -> Option<Finding> {
        let compat = self.scope.compat.as_ref()?;
        let (_, _, at) = compat.allow.first()?;
        let denies = compat.order.iter().any(|(_, order, _)| order.denies_by_default());
        let satisfies = compat.satisfy_any.iter().any(|(_, any)| *any);
        let everybody = compat.allow.iter().any(|(_, origin, _)| origin.is_everybody());
        if denies || satisfies || everybody || !compat.deny.is_empty() {
            return None;
        }
        let message = format!("`{}` of {} refuses nobody: nothing is denied", at.text, named(at));
        let finding = at.finding("httpd", ALLOW_REFUSES_NOBODY, Severity::Warning, message);
        Some(finding.help("write `Require ip …` instead, or `Order allow,deny` beside it"))
    }
}

#[cfg(test)]
mod tests;
