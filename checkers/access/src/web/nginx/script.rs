//! The directives of the rewrite phase.

use std::collections::BTreeSet;

use seatrial_parse::nginx::Directive;

use super::directives::Context;
use super::model::{Flag, Goal, Name, Settings, Step, Test};
use super::read::{Reader, Scope};
use crate::web::condition::Opaque;
use crate::web::pattern::Pattern;

impl Reader<'_> {
    /// The directives of the rewrite phase among those of a level, in order.
    pub(super) fn script(
        &mut self,
        directives: &[Directive],
        scope: Scope<'_>,
        settings: &Settings,
    ) -> Vec<Step> {
        let mut script = Vec::new();
        for directive in directives {
            let name = directive.name.text.as_str();
            let step = match name {
                "return" => self.return_step(directive, scope),
                "rewrite" => self.rewrite_step(directive, scope),
                "set" => set_step(directive),
                "break" => Some(Step::Break),
                "if" => self.if_step(directive, scope, settings),
                _ if name.starts_with("rewrite_by_lua") || name == "modsecurity_rules" => {
                    Some(Step::Opaque(self.opaque(directive, &format!("what `{name}` does"))))
                }
                _ if name.starts_with("set_by_lua") => {
                    // A variable of which the value is not known.
                    let variable = directive.argument(0).unwrap_or_default();
                    Some(Step::Set(variable.trim_start_matches('$').to_owned(), None))
                }
                _ => None,
            };
            script.extend(step);
        }
        script
    }

    fn return_step(&mut self, directive: &Directive, scope: Scope<'_>) -> Option<Step> {
        let at = self.at(directive, scope);
        let first = directive.argument(0).unwrap_or_default();
        let text = directive.arguments.len() > 1;
        match first.parse::<u16>() {
            Ok(status) if status <= 999 => Some(Step::Return { status, text, at }),
            _ if first.starts_with("http") || first.starts_with('$') => {
                Some(Step::Return { status: 302, text: true, at })
            }
            _ => {
                self.refuse(directive, format!("`{first}` is no status"));
                None
            }
        }
    }

    fn rewrite_step(&mut self, directive: &Directive, scope: Scope<'_>) -> Option<Step> {
        let words: Vec<_> = directive.arguments.iter().map(|word| word.text.as_str()).collect();
        let (expression, to, flag) = match words.as_slice() {
            [expression, to] => (*expression, *to, None),
            [expression, to, flag] => (*expression, *to, Some(*flag)),
            _ => {
                self.refuse(directive, "`rewrite` takes an expression, a replacement and a flag");
                return None;
            }
        };
        let outside = ["http://", "https://", "$scheme"].iter().any(|it| to.starts_with(it));
        let (redirect, flag) = match flag {
            None => (outside, Flag::None),
            Some("last") => (outside, Flag::Last),
            Some("break") => (outside, Flag::Break),
            Some("redirect" | "permanent") => (true, Flag::None),
            Some(other) => {
                self.refuse(directive, format!("`{other}` is no flag of `rewrite`"));
                return None;
            }
        };
        let what = format!("whether the path matches `{expression}`");
        let test = match Pattern::read(expression, false) {
            Ok(pattern) => Test::PathMatches(pattern),
            Err(why) => Test::Opaque(self.opaque(directive, &format!("{what} ({why})"))),
        };
        let goal = match self.goal(directive, to) {
            Goal::Named(_) | Goal::Status(_) => {
                Goal::Opaque(self.opaque(directive, &format!("where `{to}` leads")))
            }
            goal => goal,
        };
        let (to, at) = ((!redirect).then_some(goal), self.at(directive, scope));
        Some(Step::Rewrite { test, to, flag, at })
    }

    fn if_step(
        &mut self,
        directive: &Directive,
        scope: Scope<'_>,
        settings: &Settings,
    ) -> Option<Step> {
        let test = self.test(directive)?;
        let in_location = scope.context == Context::Location;
        let context = if in_location { Context::If } else { Context::ServerIf };
        let inner = Scope { context, ..scope };
        if in_location {
            let at = self.at(directive, scope);
            let level = self.level(directive.inner(), inner, settings, Name::None, at);
            let script = self.levels.get_mut(level).map(|it| std::mem::take(&mut it.script));
            return Some(Step::If(test, Some(level), script.unwrap_or_default()));
        }
        for directive in directive.inner() {
            self.known(directive, context);
        }
        let script = self.script(directive.inner(), inner, settings);
        Some(Step::If(test, None, script))
    }

    /// Reads `( … )`.
    fn test(&mut self, directive: &Directive) -> Option<Test> {
        let mut words: Vec<String> =
            directive.arguments.iter().map(|word| word.text.clone()).collect();
        let open = words.first_mut().and_then(|it| it.strip_prefix('(').map(str::to_owned));
        let Some(first) = open else {
            self.refuse(directive, "`if` takes a condition in brackets");
            return None;
        };
        if let Some(word) = words.first_mut() {
            *word = first;
        }
        let close = words.last().and_then(|it| it.strip_suffix(')').map(str::to_owned));
        let Some(last) = close else {
            self.refuse(directive, "the condition of `if` lacks its `)`");
            return None;
        };
        if let Some(word) = words.last_mut() {
            *word = last;
        }
        let words: Vec<_> =
            words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        let what = format!("whether `{}`", words.join(" "));
        let opaque = self.opaque(directive, &what);
        // What is done then is no part of the condition.
        let head = super::read::head(directive);
        let rest = opaque.key.strip_prefix(&format!("{what} {}", super::read::rendered(directive)));
        let key = format!("{head} {}", rest.unwrap_or_default()).into();
        let opaque = Opaque { key, ..opaque };
        Some(match words.as_slice() {
            [test, file] if test.trim_start_matches('!').starts_with('-') => {
                let exists = Test::Exists(format!("{} {file}", test.trim_start_matches('!')));
                if test.starts_with('!') { Test::Not(Box::new(exists)) } else { exists }
            }
            [variable] => match variable.strip_prefix('$') {
                Some(name) => Test::Set(name.to_owned(), opaque),
                None => Test::Opaque(opaque),
            },
            [variable, operator, value] => comparison(variable, operator, value, opaque),
            _ => Test::Opaque(opaque),
        })
    }
}

fn set_step(directive: &Directive) -> Option<Step> {
    let name = directive.argument(0)?.strip_prefix('$')?;
    let value = directive.argument(1)?;
    Some(Step::Set(name.to_owned(), Some(value.to_owned())))
}

fn comparison(variable: &str, operator: &str, value: &str, opaque: Opaque) -> Test {
    let name = variable.trim_start_matches("${").trim_start_matches('$').trim_end_matches('}');
    let (negated, operator) = match operator.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, operator),
    };
    let test = match operator {
        "=" if !value.contains('$') => equality(name, value, opaque),
        "~" | "~*" => matching(name, operator == "~*", value, opaque),
        _ => Test::Opaque(opaque),
    };
    match (negated, test) {
        // The text of the condition has the negation in it.
        (true, Test::Opaque(opaque)) => Test::Opaque(opaque),
        (true, Test::SetTo(name, value, opaque)) => {
            Test::Not(Box::new(Test::SetTo(name, value, negated_key(opaque))))
        }
        (true, test) => Test::Not(Box::new(test)),
        (false, test) => test,
    }
}

/// The condition without its negation, for the case that it is not known.
fn negated_key(opaque: Opaque) -> Opaque {
    let key = format!("not {}", opaque.key).into();
    Opaque { key, ..opaque }
}

fn equality(name: &str, value: &str, opaque: Opaque) -> Test {
    match name {
        "uri" | "document_uri" => Test::Path(value.to_owned()),
        "host" => Test::Host(value.to_owned()),
        "request_method" => Test::Method(BTreeSet::from([value.to_owned()])),
        "server_port" => value.parse().map_or(Test::Opaque(opaque), Test::Port),
        "remote_addr" => match value.parse() {
            // Another way to write an address of IPv6 would not be equal.
            Ok(address @ std::net::IpAddr::V4(_)) => Test::From(address),
            _ => Test::Opaque(opaque),
        },
        _ => Test::SetTo(name.to_owned(), value.to_owned(), opaque),
    }
}

fn matching(name: &str, caseless: bool, value: &str, opaque: Opaque) -> Test {
    let Ok(pattern) = Pattern::read(value, caseless) else { return Test::Opaque(opaque) };
    match name {
        "uri" | "document_uri" => Test::PathMatches(pattern),
        "host" => Test::HostMatches(pattern),
        "request_method" => match pattern.words() {
            Some(words) => Test::Method(words.into_iter().map(str::to_owned).collect()),
            None => Test::Opaque(opaque),
        },
        _ => Test::Opaque(opaque),
    }
}
