//! What policies say about themselves, and what is wrong with them.

use seatrial_core::{Finding, Part, Rule, Severity};
use seatrial_manifests::Object;
use seatrial_policy::{Binding, Policy, PolicyProblem};

use super::{Profile, Recipe, place};

/// The prefix of the annotations by which a policy describes itself.
const PREFIX: &str = "seatrial.dev/";

/// A policy or a binding that the API server refuses, or whose expressions do not compile.
pub static INVALID_POLICY: Rule = Rule::fixed(
    "invalid-policy",
    Part::Invariant,
    Severity::Error,
    "a ValidatingAdmissionPolicy, or a binding of one, that does not work",
    "## What it checks\n\nPolicies and bindings, those inspected and those of `--invariants`, have \
     the fields they need, and their CEL expressions compile: they parse, and name only variables \
     and functions that exist. A binding names a policy that is among the inspected manifests.\n\n\
     ## Why it matters\n\nThe API server refuses a policy that does not compile. One that fails \
     when it is evaluated denies every request that it matches, or, with `failurePolicy: Ignore`, \
     none.\n\n\
     ## What to do\n\nCorrect the expression at the place named.\n\n\
     ## Known limits\n\nExpressions are not type-checked before they are evaluated: a field that \
     does not exist is found only when an object matches.",
);

/// What a policy says about itself under a key.
fn annotation<'o>(object: &'o Object, key: &str) -> Option<&'o str> {
    object.annotation(&format!("{PREFIX}{key}")).map(str::trim)
}

/// What to do about a violation, in short: the first sentence of the remedy, as a fragment.
pub(super) fn remedy(object: &Object) -> Option<String> {
    let text = annotation(object, "remedy")?;
    let first = text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.');
    let mut chars = first.chars();
    let lower = chars.next()?.to_lowercase();
    Some(lower.chain(chars).collect())
}

/// What a policy says to change where it denies; adds what is wrong with that.
pub(super) fn recipe(object: &Object, problems: &mut Vec<Finding>) -> Option<Recipe> {
    let read = Recipe::parse(annotation(object, "fix")?);
    if let Err(problem) = &read {
        let message = format!("the annotation `{PREFIX}fix` is not understood: {problem}");
        let finding = Finding::new(
            INVALID_POLICY.id.clone(),
            Severity::Warning,
            object.name_location(),
            message,
        );
        problems.push(finding.of(&object.id, "/metadata/annotations"));
    }
    read.ok()
}

/// The profiles that a policy says it belongs to, separated by commas.
pub(super) fn profiles(object: &Object) -> Vec<Profile> {
    let names = annotation(object, "profiles").unwrap_or_default().split(',');
    names.filter_map(|name| name.trim().parse().ok()).collect()
}

/// Adds the first document of an invariant's `fail.yaml` to its manual page.
pub(super) fn add_example(rule: &mut Rule, fails: &str) {
    let first = fails.split("\n---\n").next().unwrap_or_default().trim();
    let lines = first.lines().filter(|line| !line.starts_with('#'));
    let example: Vec<_> = lines.collect();
    let example = format!(
        "## An example that fails\n\n```yaml\n{}\n```\n\n## What to do",
        example.join("\n")
    );
    rule.explanation = rule.explanation.replacen("## What to do", &example, 1).into();
}

/// The rule that a policy is, as its annotations have it.
pub(super) fn rule(
    object: &Object,
    policy: &Policy,
    profiles: &[Profile],
    inspected: bool,
) -> Rule {
    let about = |key: &str| annotation(object, key);
    let severity = about("severity").and_then(|text| text.parse().ok());
    let summary = about("title").map_or_else(
        || format!("an object that the policy `{}` denies", policy.name),
        str::to_owned,
    );
    let why = about("rationale").map_or_else(
        || {
            let whose = if inspected { "inspected" } else { "team's own" };
            format!("The {whose} policy `{}` does not say.", policy.name)
        },
        str::to_owned,
    );
    let what = about("remedy").unwrap_or("Change the object so that the expressions hold.");
    let checks = checks(policy);
    let references = annotation(object, "reference").map_or_else(String::new, |references| {
        let items = references.lines().map(|line| format!("\n* {}", line.trim()));
        format!("\n\n## References\n{}", items.collect::<String>())
    });
    let profiles = if profiles.is_empty() {
        String::new()
    } else {
        let names: Vec<_> = profiles.iter().map(|profile| format!("`{profile}`")).collect();
        format!("\n\n## Profiles\n\nOne of the rules of {}.", names.join(", "))
    };
    let fix = about("fix").and_then(|text| Recipe::parse(text).ok());
    let fix = fix.map_or_else(String::new, |recipe| {
        format!("\n\n## Fix\n\nThe first of these that fits:\n{}", recipe.describe())
    });
    let page = format!(
        "## What it checks\n\n{checks}\n\n## Why it matters\n\n{why}\n\n\
         ## What to do\n\n{what}{fix}{profiles}{references}"
    );
    Rule {
        id: policy.name.to_string().into(),
        part: Part::Invariant,
        severity: severity.unwrap_or(Severity::Error),
        summary: summary.into(),
        explanation: page.into(),
    }
}

/// The expressions of a policy, as Markdown.
fn checks(policy: &Policy) -> String {
    let blocks = policy.validations.iter().map(|validation| {
        let text = validation.expression.text.trim();
        format!("```cel\n{text}\n```")
    });
    let expressions: Vec<_> = blocks.collect();
    format!("For each object that the policy matches, this holds:\n\n{}", expressions.join("\n\n"))
}

/// The finding that a problem of a policy or a binding is.
pub(super) fn invalid(object: &Object, problem: &PolicyProblem) -> Finding {
    let location = object.location(place(object, problem));
    let rule = &INVALID_POLICY;
    let finding = Finding::new(rule.id.clone(), rule.severity, location, problem.message.clone())
        .of(&object.id, "");
    match &problem.help {
        Some(help) => finding.help(help.clone()),
        None => finding,
    }
}

/// The finding that a binding puts no inspected policy in force.
pub(super) fn unbound(object: &Object, binding: &Binding) -> Finding {
    let message =
        format!("the policy `{}` is not among the inspected manifests", binding.policy_name);
    let location = object.location(binding.policy_span);
    Finding::new(INVALID_POLICY.id.clone(), Severity::Note, location, message)
        .of(&object.id, "/spec/policyName")
}
