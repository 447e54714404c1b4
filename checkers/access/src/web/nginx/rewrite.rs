//! The rewrite phase: `return`, `rewrite`, `if`, `set`, `break`.

use std::sync::Arc;

use super::model::{At, Flag, Goal, ServerName, Step, Test};
use super::phases::{Path, Rewritten, Trial};
use crate::web::condition::{Ask, Condition, Opaque};

/// The rewrite phase.
impl Trial<'_> {
    /// Runs the directives of a level.
    pub(super) fn rewritten(&mut self, index: usize) -> Result<Rewritten, Ask> {
        let server = self.server;
        let Some(level) = server.levels.get(index) else { return Ok(Rewritten::Goes(index)) };
        let mut state = State { level: index, moved: false };
        Ok(match self.steps(&level.script, &mut state)? {
            Some(Stop::Answered(status, text, at)) => Rewritten::Answered(status, text, at),
            _ if state.moved && index != 0 => Rewritten::Moved,
            _ => Rewritten::Goes(state.level),
        })
    }

    fn steps(&mut self, steps: &[Step], state: &mut State) -> Result<Option<Stop>, Ask> {
        for step in steps {
            match step {
                Step::Return { status, text, at } => {
                    return Ok(Some(Stop::Answered(*status, *text, Arc::clone(at))));
                }
                Step::Break => {
                    state.moved = false;
                    return Ok(Some(Stop::Over));
                }
                Step::Set(name, value) => self.set(name, value.as_deref()),
                Step::If(test, level, inner) => {
                    if self.holds(test)? {
                        state.level = level.unwrap_or(state.level);
                        if let Some(stop) = self.steps(inner, state)? {
                            return Ok(Some(stop));
                        }
                    }
                }
                Step::Rewrite { test, to, flag, at } => {
                    if self.holds(test)?
                        && let Some(stop) = self.rewrite(to.as_ref(), *flag, at, state)?
                    {
                        return Ok(Some(stop));
                    }
                }
                Step::Opaque(opaque) => {
                    let refused = !self.known.ask(Condition::Opaque(self.of_this(opaque)))?;
                    let status = if refused { 403 } else { 200 };
                    return Ok(Some(Stop::Answered(status, true, Arc::clone(&self.server.at))));
                }
            }
        }
        Ok(None)
    }

    fn rewrite(
        &mut self,
        to: Option<&Goal>,
        flag: Flag,
        at: &At,
        state: &mut State,
    ) -> Result<Option<Stop>, Ask> {
        self.because.push(Arc::clone(at));
        self.path = match to {
            None => return Ok(Some(Stop::Answered(302, true, Arc::clone(at)))),
            Some(Goal::Path(path)) => Path { text: path.clone().into_bytes(), shown: path.clone() },
            Some(goal) => {
                let what = match goal {
                    Goal::Opaque(opaque) => opaque.what.to_string(),
                    _ => "where a `rewrite` leads".to_owned(),
                };
                let refused = !self.known.ask(Condition::Opaque(self.unknown(&what, at)))?;
                let status = if refused { 403 } else { 200 };
                return Ok(Some(Stop::Answered(status, true, Arc::clone(at))));
            }
        };
        self.internal = true;
        state.moved = flag != Flag::Break;
        Ok((flag != Flag::None).then_some(Stop::Over))
    }

    fn set(&mut self, name: &str, written: Option<&str>) {
        let value = written.and_then(|written| self.interpolated(written));
        let written = written.unwrap_or("?").to_owned();
        // What it is made of, for variables of which the value is not known.
        let made = format!("{written} {:?}", self.variables);
        let text = if value.is_some() { written } else { made };
        self.variables.insert(name.to_owned(), (text, value));
    }

    /// A text with the values of its variables in it, if they are known.
    fn interpolated(&self, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('$') {
            out.push_str(before);
            let (name, behind) = match behind.strip_prefix('{') {
                Some(inner) => inner.split_once('}')?,
                None => {
                    let end = behind.find(|it: char| !it.is_ascii_alphanumeric() && it != '_');
                    behind.split_at(end.unwrap_or(behind.len()))
                }
            };
            out.push_str(self.variables.get(name)?.1.as_deref()?);
            rest = behind;
        }
        Some(out + rest)
    }

    fn holds(&mut self, test: &Test) -> Result<bool, Ask> {
        Ok(match test {
            Test::Path(path) => self.path.text == path.as_bytes(),
            Test::PathMatches(pattern) => {
                let found = pattern.is_found_in(&self.path.text);
                if found {
                    let captures = format!("{pattern} of {}", self.path.shown);
                    self.variables.insert("1".to_owned(), (captures, None));
                }
                found
            }
            Test::Host(host) => self.host() == host,
            Test::HostMatches(pattern) => pattern.is_found_in(self.host().as_bytes()),
            Test::Method(methods) => methods.contains(self.method),
            Test::Port(port) => self.situation.endpoint.port == *port,
            Test::From(address) => {
                let set = crate::network::AddressSet::one(*address);
                self.known.ask(Condition::From(set, false))?
            }
            Test::Set(name, opaque) => match self.variables.get(name).map(|it| &it.1) {
                Some(Some(value)) => !value.is_empty() && value != "0",
                _ => self.opaque_test(opaque)?,
            },
            Test::SetTo(name, value, opaque) => match self.variables.get(name).map(|it| &it.1) {
                Some(Some(known)) => known == value,
                _ => self.opaque_test(opaque)?,
            },
            Test::Exists(file) => {
                // Which file that is depends on where we are, and on the root there.
                let what = format!("whether `{file}` holds");
                self.known.ask(Condition::Opaque(self.unknown(&what, &self.server.at)))?
            }
            Test::Not(test) => !self.holds(test)?,
            Test::Opaque(opaque) => self.opaque_test(opaque)?,
        })
    }

    /// `$host`: without one in the request, the first name of the server.
    fn host(&self) -> &str {
        match (self.situation.host, self.server.names.first()) {
            ("", Some(ServerName::Exact(name))) => name,
            (host, _) => host,
        }
    }

    fn opaque_test(&self, opaque: &Opaque) -> Result<bool, Ask> {
        let key = format!("{} of {} {:?}", opaque.key, self.path.shown, self.variables).into();
        self.known.ask(Condition::Opaque(Opaque { key, ..opaque.clone() }))
    }
}

/// Where the rewrite phase of a level stands.
struct State {
    /// The level that is in force: that of the last `if` that holds.
    level: usize,
    /// Whether the path has changed, so that another location is sought.
    moved: bool,
}

/// Why the rewrite phase ends early.
enum Stop {
    Answered(u16, bool, At),
    Over,
}
