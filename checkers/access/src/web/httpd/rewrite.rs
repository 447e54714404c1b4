//! `RewriteRule` as it is read: what answers is modelled, what leads elsewhere is not.

use seatrial_parse::httpd::Directive;

use super::model::{Action, Rewrite, RewriteTest};
use super::read::{Place, Reader, rendered};
use crate::web::condition::Opaque;

/// Directives of rewriting in one section.
#[derive(Default)]
pub(super) struct Draft {
    engine: Option<bool>,
    rules: Vec<Rewrite>,
    conditions: Vec<String>,
    /// Whether there is anything of rewriting at all.
    any: bool,
    inherits: Option<Opaque>,
}

impl Reader<'_> {
    /// A directive of rewriting; whether it is one.
    pub(super) fn rewriting(
        &mut self,
        directive: &Directive,
        place: &Place<'_>,
        draft: &mut Draft,
    ) -> bool {
        let name = directive.name.text.to_lowercase();
        let first = directive.argument(0).unwrap_or_default();
        match name.as_str() {
            "rewriteengine" => draft.engine = Some(first.eq_ignore_ascii_case("on")),
            "rewritecond" => draft.conditions.push(rendered(directive)),
            "rewriteoptions" => {
                if directive.rest.text.to_lowercase().contains("inherit") {
                    let what = "which rules `RewriteOptions Inherit` brings";
                    draft.inherits = Some(self.opaque(directive, what));
                }
            }
            "rewritebase" | "rewritemap" => {}
            "rewriterule" => {
                let conditions = std::mem::take(&mut draft.conditions);
                let rule = self.rule(directive, place, &conditions);
                draft.rules.extend(rule);
            }
            _ => return false,
        }
        draft.any = true;
        true
    }

    /// The rules of a section; `None` if it says nothing of rewriting.
    pub(super) fn rewrites(&self, draft: Draft) -> (Option<bool>, Option<Vec<Rewrite>>) {
        let mut rules = draft.rules;
        if let Some(opaque) = draft.inherits {
            let at = self.ground(&opaque);
            rules.push(Rewrite {
                test: RewriteTest::Opaque(opaque.clone()),
                conditions: None,
                action: Action::Opaque(opaque),
                last: true,
                at,
            });
        }
        (draft.engine, draft.any.then_some(rules))
    }

    fn rule(
        &mut self,
        directive: &Directive,
        place: &Place<'_>,
        conditions: &[String],
    ) -> Option<Rewrite> {
        let (Some(pattern), Some(target)) = (directive.argument(0), directive.argument(1)) else {
            self.refuse(directive, "`RewriteRule` takes an expression and what replaces it");
            return None;
        };
        let flags = flags(directive.argument(2).unwrap_or_default());
        let has = |names: &[&str]| flags.iter().any(|(name, _)| names.contains(&name.as_str()));
        let redirect = flags.iter().find(|(name, _)| matches!(name.as_str(), "r" | "redirect"));
        let conditions = (!conditions.is_empty()).then(|| {
            let what = format!("whether `{}` holds", conditions.join("; "));
            let mut opaque = self.opaque(directive, &what);
            opaque.key = format!("{what} {}", self.environment).into();
            opaque
        });
        let elsewhere = |reader: &Self| {
            let mut opaque = reader.opaque(directive, "where `RewriteRule` leads");
            opaque.key = format!("{} {}", rendered(directive), reader.environment).into();
            Action::Opaque(opaque)
        };
        let action = if has(&["c", "chain", "s", "skip", "n", "next", "p", "proxy"]) {
            elsewhere(self)
        } else if has(&["f", "forbidden"]) {
            Action::Answer(403)
        } else if has(&["g", "gone"]) {
            Action::Answer(410)
        } else if let Some((_, status)) = redirect {
            match status.as_str() {
                "" | "temp" => Action::Answer(302),
                "permanent" => Action::Answer(301),
                "seeother" => Action::Answer(303),
                number => number.parse().map_or_else(|_| elsewhere(self), Action::Answer),
            }
        } else if target == "-" {
            Action::Nothing
        } else {
            // Another server, which the client is sent to, or a file.
            elsewhere(self)
        };
        let test = self.rewrite_test(directive, place, pattern, has(&["nc", "nocase"]));
        let last = has(&["l", "last", "end", "pt", "passthrough"]);
        Some(Rewrite { test, conditions, action, last, at: self.at(directive, place) })
    }

    /// In a directory, the expression is sought in what is behind the directory: only one that is
    /// found in anything is modelled.
    fn rewrite_test(
        &self,
        directive: &Directive,
        place: &Place<'_>,
        text: &str,
        caseless: bool,
    ) -> RewriteTest {
        let (positive, negated) = (text.trim_start_matches('!'), text.starts_with('!'));
        let trivial = ["^", ".*", "^.*", "^.*$", "(.*)", "^(.*)$", "^(.*)", "(.*)$", ".?"];
        if !negated && trivial.contains(&positive) {
            return RewriteTest::Always;
        }
        let why = match self.expression(positive, caseless) {
            Ok(pattern) if place.kind.is_empty() => {
                return RewriteTest::Pattern(pattern, negated);
            }
            Ok(_) => "in a directory".to_owned(),
            Err(why) => why,
        };
        let what = format!("whether the path matches `{text}` ({why})");
        let mut opaque = self.opaque(directive, &what);
        opaque.key = format!("{what} in {} {}", place.kind, place.name).into();
        RewriteTest::Opaque(opaque)
    }
}

/// `[R=301,L]`: the names in lower case, with their values.
fn flags(text: &str) -> Vec<(String, String)> {
    let inner = text.trim_start_matches('[').trim_end_matches(']');
    let each = inner.split(',').map(str::trim).filter(|it| !it.is_empty());
    each.map(|flag| {
        let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
        (name.to_lowercase(), value.to_lowercase())
    })
    .collect()
}
