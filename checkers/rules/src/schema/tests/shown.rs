//! What users see.

use seatrial_core::Finding;

use super::check_in;

/// A finding on a few lines, with the underlined text.
fn show(text: &str, finding: &Finding) -> String {
    let slice = |span: seatrial_core::Span| &text[span.start as usize..span.end as usize];
    let at = &finding.location;
    let mut lines = vec![
        format!("{} [{}] {}", finding.severity, finding.rule, finding.message),
        format!("  {}:{} `{}`", at.line, at.column, slice(at.span)),
    ];
    lines.extend(finding.label.iter().map(|label| format!("  = {label}")));
    lines.extend(finding.evidence.iter().map(|fact| format!("  because {fact}")));
    for related in &finding.related {
        lines.push(format!("  see {}: {}", related.location.line, related.message));
    }
    if let Some(fix) = &finding.fix {
        lines.push(format!("  help: {}", fix.description));
        for edit in &fix.edits {
            lines.push(format!(
                "  edit: `{}` -> `{}`",
                slice(edit.location.span),
                edit.replacement
            ));
        }
    }
    lines.join("\n")
}

fn shown(text: &str) -> String {
    let (_, mut findings) = check_in(text, "1.37");
    findings.sort();
    findings.iter().map(|finding| show(text, finding)).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn a_deployment_with_many_faults() {
    insta::assert_snapshot!(shown(include_str!("deployment.yaml")));
}

#[test]
fn custom_resources_with_faults() {
    insta::assert_snapshot!(shown(include_str!("custom.yaml")));
}

#[test]
fn quotes_stay_where_a_word_is_replaced() {
    insta::assert_snapshot!(shown(r#"{"apiVersion": "apps/v1beta9", "kind": "Deployment"}"#));
}
