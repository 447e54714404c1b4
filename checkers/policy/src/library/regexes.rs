//! Regular expressions, compiled once each.

use std::sync::{PoisonError, RwLock};

use regex::Regex;
use rustc_hash::FxHashMap;

use crate::error::{Evaluated, Failure};
use crate::value::{Plain, Value};

use super::{Call, Cost, Function, global, member};

/// How many patterns are kept; a program with more computed ones compiles the rest each time.
const MAX_KEPT: usize = 256;

/// The patterns of a program, compiled. Literal ones are there from the start.
#[derive(Debug, Default)]
pub(crate) struct RegexCache {
    patterns: RwLock<FxHashMap<Box<str>, Option<Regex>>>,
}

impl RegexCache {
    /// The compiled pattern.
    pub(crate) fn get(&self, pattern: &str) -> Evaluated<Regex> {
        let known = {
            let patterns = self.patterns.read().unwrap_or_else(PoisonError::into_inner);
            patterns.get(pattern).cloned()
        };
        let compiled = known.unwrap_or_else(|| {
            let compiled = Regex::new(pattern).ok();
            let mut patterns = self.patterns.write().unwrap_or_else(PoisonError::into_inner);
            if patterns.len() < MAX_KEPT {
                patterns.insert(pattern.into(), compiled.clone());
            }
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
