//! Regular expressions, compiled once each.

use std::sync::{PoisonError, RwLock};

use regex::{Regex, RegexBuilder};
use rustc_hash::FxHashMap;

use crate::error::{Evaluated, Failure};
use crate::value::{Plain, Value};

use super::re2::translated;
use super::{Call, Cost, Function, global, member};

/// How many computed patterns are kept; beyond, all are forgotten.
const MAX_KEPT: usize = 256;

/// How large the compiled form of a computed pattern may be, in bytes: it bounds the time that
/// compiling takes.
const MAX_COMPUTED_SIZE: usize = 1 << 17;

/// The patterns of a program, compiled.
#[derive(Debug, Default)]
pub(crate) struct RegexCache {
    /// Those that stand in it.
    literals: FxHashMap<Box<str>, Regex>,
    /// Those that were computed.
    computed: RwLock<FxHashMap<Box<str>, Option<Regex>>>,
}

impl RegexCache {
    /// Compiles a pattern that stands in the program.
    pub(crate) fn add_literal(&mut self, pattern: &str) -> Result<(), String> {
        let wrong = |_| format!("`{pattern}` is no regular expression");
        let compiled = Regex::new(&translated(pattern)).map_err(wrong)?;
        self.literals.insert(pattern.into(), compiled);
        Ok(())
    }

    /// Whether a value is a pattern that stands in the program.
    pub(crate) fn is_literal(&self, pattern: Option<&Value<'_>>) -> bool {
        pattern.and_then(Value::as_str).is_some_and(|pattern| self.literals.contains_key(pattern))
    }

    /// The compiled pattern.
    fn get(&self, pattern: &str) -> Evaluated<Regex> {
        if let Some(compiled) = self.literals.get(pattern) {
            return Ok(compiled.clone());
        }
        let known = {
            let computed = self.computed.read().unwrap_or_else(PoisonError::into_inner);
            computed.get(pattern).cloned()
        };
        let compiled = known.unwrap_or_else(|| {
            let mut builder = RegexBuilder::new(&translated(pattern));
            let compiled = builder.size_limit(MAX_COMPUTED_SIZE).build().ok();
            let mut computed = self.computed.write().unwrap_or_else(PoisonError::into_inner);
            if computed.len() >= MAX_KEPT {
                computed.clear();
            }
            computed.insert(pattern.into(), compiled.clone());
            compiled
        });
        compiled.ok_or_else(|| Failure::error(format!("`{pattern}` is no regular expression")))
    }
}

pub(super) const FUNCTIONS: &[Function] = &[
    member("matches", 2, Cost::Pattern, matches),
    global("matches", 2, Cost::Pattern, matches),
    member("find", 2, Cost::Pattern, |call| {
        let text = call.str(0)?;
        Some(
            call.regexes
                .get(call.str(1)?)
                .map(|regex| Value::text(regex.find(text).map_or("", |found| found.as_str()))),
        )
    }),
    member("findAll", 2, Cost::Pattern, |call| find_all(call, usize::MAX)),
    member("findAll", 3, Cost::Pattern, |call| {
        // A negative limit means none.
        find_all(call, usize::try_from(call.int(2)?).unwrap_or(usize::MAX))
    }),
];

fn matches<'a>(call: Call<'_, 'a>) -> Option<Evaluated<Value<'a>>> {
    let (Plain::Str(text), Plain::Str(pattern)) = (call.plain(0)?, call.plain(1)?) else {
        return None;
    };
    Some(call.regexes.get(pattern).map(|regex| Value::Bool(regex.is_match(text))))
}

fn find_all<'a>(call: Call<'_, 'a>, limit: usize) -> Option<Evaluated<Value<'a>>> {
    let text = call.str(0)?;
    Some(call.regexes.get(call.str(1)?).map(|regex| {
        Value::list(regex.find_iter(text).take(limit).map(|m| Value::text(m.as_str())).collect())
    }))
}
