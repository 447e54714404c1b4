//! What reading a file finds: files that are no text, documents that are no YAML, keys and values
//! that read otherwise than they look.

use seatrial_core::{Edit, Finding, Fix, Safety, Severity, SourceFile};
use seatrial_parse::{Problem, ProblemKind};

use crate::{Part, Rule};

/// A file that cannot be read.
pub static UNREADABLE_FILE: Rule = Rule::fixed(
    "unreadable-file",
    Part::Parse,
    Severity::Error,
    "a file that cannot be opened, or is no text",
    "## What it checks\n\nEvery file that is found can be opened, is at most 32 MiB large, and \
         is a text in UTF-8.\n\n\
         ## Why it matters\n\nWhat cannot be read is not checked, and the API server would not \
         read it either.\n\n\
         ## What to do\n\nSave the file as UTF-8, split it, correct its permissions, or exclude it \
         in `seatrial.yaml`. A link that leads back to one of its own directories is not followed.",
);

/// A document that is not well-formed.
pub static INVALID_YAML: Rule = Rule::fixed(
    "invalid-yaml",
    Part::Parse,
    Severity::Error,
    "a document that is not the YAML or JSON that the API server reads",
    "## What it checks\n\nEvery document is YAML or JSON, nests at most 256 levels deep, has \
         texts as its keys, holds only numbers that JSON can carry, and does not grow out of \
         proportion by its aliases.\n\n\
         ## Why it matters\n\n`kubectl apply` stops at the first document that it cannot read; \
         what stands before it has been applied by then.\n\n\
         ## What to do\n\nCorrect the text at the place named. The other documents of the file are \
         checked all the same.\n\n\
         ## Known limits\n\nA document with `{{` that is not well-formed is taken for a template \
         and only counted: render it first. In a file that was found in a directory, a document \
         which nowhere says `apiVersion` may be no manifest; then this is a note.\n\n\
         ## References\n\nYAML 1.1 as read by `sigs.k8s.io/yaml`; the alias budget is that of \
         go-yaml.",
);

/// A key that occurs twice.
pub static DUPLICATE_KEY: Rule = Rule::fixed(
    "duplicate-key",
    Part::Parse,
    Severity::Error,
    "a key that occurs twice in one mapping",
    "## What it checks\n\nThe keys of a mapping differ.\n\n\
         ## Why it matters\n\nThe last value silently wins, so a setting that is plain to see in \
         the file is not in force. `kubectl` refuses such a manifest under strict field \
         validation, its default.\n\n\
         ## What to do\n\nRemove one of the two, or join them.",
);

/// A key that reads as a boolean or a number.
pub static AMBIGUOUS_KEY: Rule = Rule::fixed(
    "ambiguous-key",
    Part::Parse,
    Severity::Warning,
    "a key that is read as a boolean or a number",
    "## What it checks\n\nKeys that are not quoted do not read as booleans (`on`, `yes`, `y`) \
         or numbers (`0777`).\n\n\
         ## Why it matters\n\nKubernetes reads YAML 1.1. The key `on:` of a ConfigMap becomes \
         `true`, and `0777:` becomes `511`.\n\n\
         ## What to do\n\nQuote the key.\n\n## Fix\n\n`--fix --unsafe` quotes it.",
);

/// A tag without a meaning.
pub static UNKNOWN_TAG: Rule = Rule::fixed(
    "unknown-tag",
    Part::Parse,
    Severity::Warning,
    "a YAML tag that has no meaning to the API server",
    "## What it checks\n\nTags are those of YAML's own types, such as `!!str`.\n\n\
         ## Why it matters\n\nOther tags (`!Ref`, `!vault`) belong to tools that process a file \
         before it is applied. Here, they are dropped, and the value is taken as it stands.\n\n\
         ## What to do\n\nCheck the processed file, or remove the tag.",
);

/// All rules on reading.
pub static RULES: &[&Rule] =
    &[&AMBIGUOUS_KEY, &DUPLICATE_KEY, &INVALID_YAML, &UNKNOWN_TAG, &UNREADABLE_FILE];

/// The rule that a kind of problem belongs to.
pub fn rule_of(kind: ProblemKind) -> &'static Rule {
    match kind {
        ProblemKind::DuplicateKey => &DUPLICATE_KEY,
        ProblemKind::AmbiguousKey => &AMBIGUOUS_KEY,
        ProblemKind::UnknownTag => &UNKNOWN_TAG,
        ProblemKind::Syntax
        | ProblemKind::InvalidKey
        | ProblemKind::InvalidNumber
        | ProblemKind::AliasBudget
        | ProblemKind::TooDeep => &INVALID_YAML,
    }
}

/// The finding that a problem is, at the severity of its rule.
pub fn finding(file: &SourceFile, problem: &Problem) -> Finding {
    let rule = rule_of(problem.kind);
    let location = file.location(problem.span);
    let mut finding =
        Finding::new(rule.id.clone(), rule.severity, location.clone(), problem.message.clone());
    if let Some((span, message)) = &problem.related {
        finding = finding.related_to(file.location(*span), message.clone());
    }
    finding.fix = problem.help.clone().map(Fix::of_words);
    match problem.kind {
        // A quoted key is the text that was written.
        ProblemKind::AmbiguousKey => {
            let replacement = format!("\"{}\"", file.slice(problem.span));
            finding.edited(Safety::Unsafe, vec![Edit { location, replacement }])
        }
        _ => finding,
    }
}
