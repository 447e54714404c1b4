//! Property names as CEL identifiers.
//!
//! In a schema-typed object (`self` of a custom resource's rule) the API server makes a property
//! accessible under its escaped name: `__` is written `__underscores__`, `.` `__dot__`, `-`
//! `__dash__`, `/` `__slash__`, and a reserved word `namespace` `__namespace__`. In an admission
//! policy objects are untyped, and raw names apply. Both are understood everywhere here: the raw
//! name first, then what the escaped name stands for.

use crate::syntax::RESERVED;

/// The property name that an escaped identifier stands for; `None` where nothing is escaped.
pub(crate) fn unescape(identifier: &str) -> Option<Box<str>> {
    if !identifier.contains("__") {
        return None;
    }
    let whole = identifier.strip_prefix("__").and_then(|rest| rest.strip_suffix("__"));
    if let Some(word) = whole
        && (RESERVED.contains(&word) || LITERALS.contains(&word))
    {
        return Some(word.into());
    }
    let mut name = String::with_capacity(identifier.len());
    let mut rest = identifier;
    while let Some((before, after)) = rest.split_once("__") {
        name.push_str(before);
        let (escape, after) = after.split_once("__")?;
        name.push_str(match escape {
            "underscores" => "__",
            "dot" => ".",
            "dash" => "-",
            "slash" => "/",
            _ => return None,
        });
        rest = after;
    }
    name.push_str(rest);
    Some(name.into())
}

/// The words that CEL reserves beside those that are no names.
const LITERALS: [&str; 4] = ["true", "false", "null", "in"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_names_read_back_and_others_do_not() {
        for (identifier, expected) in [
            ("__namespace__", Some("namespace")),
            ("a__dot__b", Some("a.b")),
            ("app__dot__kubernetes__dot__io__slash__name", Some("app.kubernetes.io/name")),
            ("a__underscores__b", Some("a__b")),
            ("x__dash__y", Some("x-y")),
            ("__int__", None),
            ("a__b", None),
            ("a__b__c", None),
            ("plain", None),
        ] {
            assert_eq!(unescape(identifier).as_deref(), expected, "{identifier}");
        }
    }
}
