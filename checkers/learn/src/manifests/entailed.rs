//! Rules that say no more than others do.

use std::collections::BTreeSet;

use super::learn::Believed;
use super::rows::{ANYWHERE, POD, WHOLE};
use super::rule::Rule;
use super::template::{Atom, Template};

/// The rules that say more than the schema, the written rules and the more general learned rules.
pub(crate) fn without_entailed(
    rules: Vec<(Rule, Believed)>,
    entailed: &dyn Fn(&Rule) -> bool,
) -> Vec<(Rule, Believed)> {
    let general: BTreeSet<String> = rules.iter().map(|(rule, _)| rule.id()).collect();
    let by_general =
        |rule: &Rule| generalised(rule).iter().any(|rule| general.contains(&rule.id()));
    let strong: Vec<&Rule> = rules.iter().map(|(rule, _)| rule).collect();
    let keep: Vec<bool> = strong
        .iter()
        .map(|rule| !by_general(rule) && !entailed(rule) && !is_entailed_within(rule, &strong))
        .collect();
    rules.into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(rule, _)| rule).collect()
}

/// The same rule where it is more general: for all pod templates, for the map above, for all keys.
fn generalised(rule: &Rule) -> Vec<Rule> {
    let with = |context: &str, template: Template<String>| Rule {
        template,
        context: context.to_owned(),
        evidence: rule.evidence.clone(),
    };
    let mut all = Vec::new();
    all.extend(for_all_pods(rule));
    match &rule.template {
        Template::Implies { given, then } => {
            let (column, value) = given.parts();
            let then_column = then.parts().0.clone();
            all.push(with(&rule.context, Template::Required { column: then_column }));
            if value.is_some() {
                let given = Atom::Present(column.clone());
                all.push(with(&rule.context, Template::Implies { given, then: then.clone() }));
            }
            let above =
                column.match_indices('.').map(|(dot, _)| column.get(..dot).unwrap_or_default());
            for above in above {
                let given = Atom::Present(above.to_owned());
                all.push(with(&rule.context, Template::Implies { given, then: then.clone() }));
            }
        }
        Template::Equal { column, to } => {
            let pairs = |column: &str| {
                let parent = column.split_once(".\"").or_else(|| column.rsplit_once('.'))?.0;
                Some(format!("{parent}{{}}"))
            };
            if let (Some(a), Some(b)) = (pairs(column), pairs(to)) {
                let equal = |column: &String, to: &String| Template::Equal {
                    column: column.clone(),
                    to: to.clone(),
                };
                all.push(with(&rule.context, equal(&a, &b)));
                all.push(with(&rule.context, equal(&b, &a)));
            }
        }
        Template::Required { column } => {
            let required = |column: String| Template::Required { column };
            let nests = nests_of(&rule.context, column).into_iter();
            all.extend(nests.map(|column| with(ANYWHERE, required(column))));
        }
        _ => {}
    }
    all.retain(|general| general.id() != rule.id());
    all
}

/// The columns by which a field is known in all objects: by the map or list that it stands in.
fn nests_of(context: &str, column: &str) -> Vec<String> {
    if context == ANYWHERE {
        let shorter = column.split_once('.').filter(|(_, rest)| rest.contains('.'));
        return shorter.map(|(_, rest)| rest.to_owned()).into_iter().collect();
    }
    let (_, path) = context.split_once(':').unwrap_or((context, ""));
    let list = path.rsplit('.').next().and_then(|last| last.split_once('['));
    let row = list.map_or(WHOLE.to_owned(), |(name, _)| format!("{name}[*]"));
    let full = format!("{row}.{column}");
    let from_end = |steps: usize| {
        let (start, _) = full.rmatch_indices('.').nth(steps - 1)?;
        full.get(start + 1..).map(str::to_owned)
    };
    // In a row of its own a pod template is no whole object.
    let known = [from_end(2), from_end(3), Some(full.clone())].into_iter().flatten();
    known.filter(|name| context != POD || !name.starts_with(WHOLE)).collect()
}

/// The rule of a kind's pod template as one of all pod templates.
fn for_all_pods(rule: &Rule) -> Option<Rule> {
    const TEMPLATES: [&str; 2] = ["spec.template.", "spec.jobTemplate.spec.template."];
    let (kind, path) = rule.context.split_once(':').unwrap_or((&rule.context, ""));
    if kind == POD || kind == ANYWHERE {
        return None;
    }
    let evidence = rule.evidence.clone();
    if kind == "Pod" {
        let dot = if path.is_empty() { "" } else { ":" };
        let context = format!("{POD}{dot}{path}");
        return Some(Rule { template: rule.template.clone(), context, evidence });
    }
    if !path.is_empty() {
        let path = TEMPLATES.iter().find_map(|template| path.strip_prefix(template))?;
        let context = format!("{POD}:{path}");
        return Some(Rule { template: rule.template.clone(), context, evidence });
    }
    let (_, operands) = rule.template.slot();
    let template = TEMPLATES
        .iter()
        .find(|template| operands.first().is_some_and(|o| o.starts_with(**template)))?;
    let lifted = rule.template.map(|text| text.strip_prefix(template).unwrap_or(text).to_owned());
    Some(Rule { template: lifted, context: POD.to_owned(), evidence })
}

/// Whether another rule of the same context says the same and more.
fn is_entailed_within(rule: &Rule, all: &[&Rule]) -> bool {
    let mut others = all.iter().filter(|other| other.context == rule.context);
    match &rule.template {
        // A field that must be there brings the map that it stands in.
        Template::Implies { given, then: Atom::Present(column) } => others.any(|other| {
            matches!(&other.template, Template::Implies { given: same, then: Atom::Present(below) }
                if same == given && is_below(below, column))
        }),
        Template::Spelling { column, .. } => others
            .any(|other| matches!(&other.template, Template::Values { column: same, .. } if same == column)),
        Template::Type { column, sort } => {
            let leaf = column.rsplit('.').next().unwrap_or(column);
            rule.context != ANYWHERE
                && all.iter().any(|other| {
                    other.context == ANYWHERE
                        && matches!(&other.template, Template::Type { column, sort: same }
                            if column == leaf && same == sort)
                })
        }
        _ => false,
    }
}

fn is_below(column: &str, above: &str) -> bool {
    column.strip_prefix(above).is_some_and(|rest| rest.starts_with('.'))
}
