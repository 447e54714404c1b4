//! Rules that refuse less than they seem to.

use seatrial_core::{Finding, Severity};

use super::super::model::{Level, Rule, Step};
use super::super::rules::{
    ALLOW_REFUSES_NOBODY, LIMIT_EXCEPT_GAP, ONE_FAMILY, RETURN_BEFORE_DENY, SATISFY_NOTHING,
};
use super::{ANYTHING, Ward, beside, finding, named};
use crate::network::AddressSet;

/// Methods that change something.
const CHANGING: [&str; 6] = ["POST", "PUT", "PATCH", "DELETE", "MKCOL", "MOVE"];

impl Ward<'_> {
    pub(super) fn rules(&self, findings: &mut Vec<Finding>) {
        for (at, level) in self.levels() {
            self.returned(at, level, findings);
            self.limited(at, level, findings);
            findings.extend(self.one_family(level));
            findings.extend(allow_alone(level));
        }
    }

    /// `return` answers before what the level demands is asked.
    fn returned(&self, at: usize, level: &Level, findings: &mut Vec<Finding>) {
        let first = level.script.iter().find(|step| !matches!(step, Step::Set(..) | Step::If(..)));
        let Some(Step::Return { status: 200..=299, at: answer, .. }) = first else { return };
        let Some(stated) = Self::states(level) else { return };
        let gap = self.paths_of(at).find_map(|path| {
            let demand = self.demand(at, "GET", path)?;
            self.gap(("GET", path), &demand, ANYTHING)
        });
        let Some(gap) = gap else { return };
        let message =
            format!("`{}` answers before `{}` is asked: {}", answer.text, stated.text, gap.line());
        let finding = finding(RETURN_BEFORE_DENY, Severity::Warning, answer, message).help(
            "answer in a location of its own, to which `try_files` or `error_page` of the guarded \
             one leads",
        );
        findings.push(gap.shown(beside(finding, &stated)));
    }

    /// `limit_except` lets methods pass that change something, without what it demands of others.
    fn limited(&self, at: usize, level: &Level, findings: &mut Vec<Finding>) {
        let Some(limit) = &level.limit else { return };
        let Some(inner) = self.server.levels.get(limit.level) else { return };
        let Some(stated) = Self::states(inner) else { return };
        for method in CHANGING.into_iter().filter(|it| limit.methods.contains(*it)) {
            let gap = self.paths_of(at).find_map(|path| {
                let demand = self.demand(limit.level, method, path)?;
                // What is denied to all is a list of methods, not of people.
                let met_by_some = demand.leaves().iter().any(|leaf| leaf.allowed);
                met_by_some.then(|| self.gap((method, path), &demand, ANYTHING)).flatten()
            });
            let Some(gap) = gap else { continue };
            let message = format!(
                "`{}` demands nothing of {method}, and `{}` of other methods: {}",
                inner.at.text,
                stated.text,
                gap.line()
            );
            let finding = finding(LIMIT_EXCEPT_GAP, Severity::Warning, &inner.at, message)
                .help(format!("take {method} out of the list: those in it are not limited"));
            findings.push(gap.shown(beside(finding, &stated)));
            return;
        }
    }

    /// Rules that speak of addresses of one family alone.
    fn one_family(&self, level: &Level) -> Option<Finding> {
        let rules = own_rules(level);
        let denial = rules.iter().rfind(|rule| !rule.allow)?;
        let v4 = AddressSet::all_v4();
        let families = [("IPv4", v4.clone()), ("IPv6", AddressSet::all().difference(&v4))];
        let speaks =
            |family: &AddressSet| rules.iter().any(|rule| !rule.addresses.is_disjoint(family));
        let listens = self.families();
        let left_open = families.iter().zip(listens).find(|((_, family), listens)| {
            *listens && !speaks(family) && !rules.iter().all(|rule| rule.addresses.is_empty())
        });
        let ((family, _), _) = left_open?;
        let others = Self::demands(&level.settings).len() > denials(&rules);
        if others && level.settings.satisfy_any.is_none() {
            // Something else is demanded of everybody.
            return None;
        }
        let message = format!(
            "no rule of {} speaks of {family}, so that `{}` refuses nobody there",
            named(&level.at),
            denial.at.text
        );
        let help = "end the rules with `deny all`, which is about all families";
        Some(finding(ONE_FAMILY, Severity::Warning, &denial.at, message).help(help))
    }
}

fn denials(rules: &[&Rule]) -> usize {
    rules.iter().filter(|rule| !rule.allow).count()
}

/// The rules on addresses that a level states itself.
fn own_rules(level: &Level) -> Vec<&Rule> {
    let all = level.settings.rules.rules.iter();
    all.filter(|rule| (rule.at.kind, &rule.at.name) == (level.at.kind, &level.at.name)).collect()
}

/// `allow` without any `deny`: whoever no rule fits is let in.
fn allow_alone(level: &Level) -> Option<Finding> {
    let rules = own_rules(level);
    let last = rules.last()?;
    let everybody = |rule: &&&Rule| rule.unix && AddressSet::all().is_subset(&rule.addresses);
    if denials(&rules) > 0 || rules.iter().any(|rule| everybody(&rule)) {
        return None;
    }
    let others = Ward::demands(&level.settings).len();
    if level.settings.satisfy_any.is_some() {
        let any = level.settings.satisfy_any.as_ref().filter(|_| others == 0)?;
        let message = format!("`{}` with nothing that refuses: everybody is let in", any.text);
        let finding = finding(SATISFY_NOTHING, Severity::Warning, &last.at, message)
            .help("end the rules with `deny all`, or demand credentials as well");
        return Some(beside(finding, any));
    }
    let message =
        format!("`{}` without a `deny` refuses nobody: whom no rule fits is let in", last.at.text);
    let finding = finding(ALLOW_REFUSES_NOBODY, Severity::Warning, &last.at, message);
    Some(finding.help("end the rules with `deny all`"))
}
