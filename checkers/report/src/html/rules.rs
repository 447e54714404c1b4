//! The manual pages of the rules that a page names, each once.

use super::findings::Rules;
use super::markup::Markup;
use super::page::{badge, section};
use super::prose;

/// Writes the explanation of each rule.
pub(super) fn pages(out: &mut Markup, rules: &Rules<'_>) {
    let number = rules.described().count();
    if number == 0 {
        return;
    }
    section(out, "rules", &format!("Rules ({number})"), |out| {
        for (anchor, rule) in rules.described() {
            out.element(
                "article",
                &[("class", "page"), ("id", anchor), ("tabindex", "-1")],
                |out| {
                    out.element("h3", &[], |out| {
                        out.leaf("code", &[], &rule.id);
                        out.text(" ");
                        badge(out, rule.severity.as_str(), rule.severity.as_str());
                        badge(out, "part", rule.part.as_str());
                    });
                    out.element("p", &[("class", "lead")], |out| {
                        prose::sentence(out, &rule.summary);
                    });
                    prose::page(out, &rule.explanation);
                },
            );
            out.line_break();
        }
    });
}
