//! The same expression, found elsewhere: in what is behind a text, or in one part of a path.

use regex_syntax::hir::{
    Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look,
    Repetition,
};

use super::{Pattern, any_bytes};

impl Pattern {
    /// Finds this expression in `replaced` followed by what stands behind `prefix` in a path that
    /// begins with `prefix`.
    ///
    /// # Errors
    ///
    /// What in it is not modelled.
    pub fn behind(&self, prefix: &str, replaced: &str) -> Result<Self, String> {
        let mut hir = Hir::concat(vec![any_bytes(), self.hir.clone(), any_bytes()]);
        for (at, &byte) in replaced.as_bytes().iter().enumerate() {
            hir = derivative(&hir, byte, at == 0).ok_or(
                "a word boundary, or a choice of letters beyond ASCII, in a path of files",
            )?;
        }
        let hir = if replaced.is_empty() { hir } else { without_start(&hir) };
        let parts = vec![Hir::look(Look::Start), Hir::literal(prefix.as_bytes()), hir];
        let parts = if replaced.is_empty() && !prefix.is_empty() {
            return Err("an expression on what is behind a prefix".to_owned());
        } else {
            parts
        };
        let text = format!("{} of {replaced} behind {prefix}/", self.text);
        Self::built(text, self.caseless, Hir::concat(parts))
    }

    /// Finds this expression in a path in which each slash may be many.
    ///
    /// # Errors
    ///
    /// A choice of characters of which one is a slash: then it is not known how many are meant.
    pub fn with_many_slashes(&self) -> Result<Self, String> {
        if holds_slash(&self.hir) {
            return Err("a choice of characters with a slash".to_owned());
        }
        let text = format!("{} (slashes not merged)", self.text);
        let hir = mapped(&self.hir, &|hir| match hir.kind() {
            HirKind::Literal(literal) if literal.0.contains(&b'/') => {
                Some(Hir::concat(literal.0.iter().map(|&byte| slashes(byte)).collect()))
            }
            _ => None,
        });
        Self::built(text, self.caseless, hir)
    }

    /// Finds this expression in one part of a path, between slashes: in the last one, or in any.
    ///
    /// # Errors
    ///
    /// What in it is not modelled.
    pub fn in_part(&self, last: bool) -> Result<Self, String> {
        Self::any_in_part(&[self], last)
    }

    /// The text of the same expression in one part.
    pub fn text_in_part(&self, last: bool) -> String {
        format!("{} ({})", self.text, if last { "name" } else { "part" })
    }

    /// Finds any of some expressions in one part of a path.
    ///
    /// # Errors
    ///
    /// What in them is not modelled.
    pub fn any_in_part(all: &[&Self], last: bool) -> Result<Self, String> {
        let any = no_slash(&Class::Bytes(ClassBytes::new([ClassBytesRange::new(0, 255)])));
        let (min, max, greedy) = (0, None, true);
        let rest = Hir::repetition(Repetition { min, max, greedy, sub: Box::new(any) });
        let each: Vec<_> = all.iter().map(|it| it.text_in_part(last)).collect();
        let found = Hir::alternation(all.iter().map(|it| within_part(&it.hir)).collect());
        let mut parts = vec![Hir::literal([b'/']), rest.clone(), found];
        if last {
            parts.extend([rest, Hir::look(Look::End)]);
        }
        let caseless = all.iter().any(|it| it.caseless);
        Self::built(each.join(" or "), caseless, Hir::concat(parts))
    }
}

/// A byte; of a slash, one or more.
fn slashes(byte: u8) -> Hir {
    let sub = Box::new(Hir::literal([byte]));
    if byte != b'/' {
        return *sub;
    }
    Hir::repetition(Repetition { min: 1, max: None, greedy: true, sub })
}

/// Whether a choice of characters has the slash.
fn holds_slash(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Class(class) => has(class, b'/') != Some(false),
        HirKind::Repetition(it) => holds_slash(&it.sub),
        HirKind::Capture(it) => holds_slash(&it.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(holds_slash),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) => false,
    }
}

/// Whether an expression is found in nothing, in front of more text; `None` at a word boundary.
fn is_nullable(hir: &Hir, at_start: bool) -> Option<bool> {
    match hir.kind() {
        HirKind::Empty => Some(true),
        HirKind::Literal(_) | HirKind::Class(_) => Some(false),
        HirKind::Look(Look::Start) => Some(at_start),
        HirKind::Look(Look::End) => Some(false),
        HirKind::Look(_) => None,
        HirKind::Repetition(it) => Some(it.min == 0 || is_nullable(&it.sub, at_start)?),
        HirKind::Capture(it) => is_nullable(&it.sub, at_start),
        HirKind::Concat(parts) => all(parts, at_start),
        HirKind::Alternation(parts) => {
            let found: Option<Vec<_>> = parts.iter().map(|it| is_nullable(it, at_start)).collect();
            Some(found?.contains(&true))
        }
    }
}

fn all(parts: &[Hir], at_start: bool) -> Option<bool> {
    let found: Option<Vec<_>> = parts.iter().map(|it| is_nullable(it, at_start)).collect();
    Some(!found?.contains(&false))
}

/// What is left of an expression behind a byte.
fn derivative(hir: &Hir, byte: u8, at_start: bool) -> Option<Hir> {
    Some(match hir.kind() {
        HirKind::Empty => Hir::fail(),
        HirKind::Look(Look::Start | Look::End) => Hir::fail(),
        HirKind::Look(_) => return None,
        HirKind::Literal(literal) => match literal.0.split_first() {
            Some((first, rest)) if *first == byte => Hir::literal(rest),
            _ => Hir::fail(),
        },
        HirKind::Class(class) => {
            if has(class, byte)? {
                Hir::empty()
            } else {
                Hir::fail()
            }
        }
        HirKind::Repetition(it) => {
            if it.max == Some(0) {
                return Some(Hir::fail());
            }
            let rest = Hir::repetition(Repetition {
                min: it.min.saturating_sub(1),
                max: it.max.map(|max| max.saturating_sub(1)),
                ..it.clone()
            });
            Hir::concat(vec![derivative(&it.sub, byte, at_start)?, rest])
        }
        HirKind::Capture(it) => derivative(&it.sub, byte, at_start)?,
        HirKind::Alternation(parts) => {
            let parts: Option<Vec<_>> =
                parts.iter().map(|it| derivative(it, byte, at_start)).collect();
            alternation(parts?)
        }
        HirKind::Concat(parts) => {
            let mut found = Vec::new();
            for (at, part) in parts.iter().enumerate() {
                let rest = parts.get(at + 1..).unwrap_or_default().iter().cloned();
                let first = std::iter::once(derivative(part, byte, at_start)?);
                found.push(Hir::concat(first.chain(rest).collect()));
                if !is_nullable(part, at_start)? {
                    break;
                }
            }
            alternation(found)
        }
    })
}

/// Alternatives, each once, without those that are never found.
fn alternation(parts: Vec<Hir>) -> Hir {
    let mut kept: Vec<Hir> = Vec::new();
    for part in parts {
        if !never(&part) && !kept.contains(&part) {
            kept.push(part);
        }
    }
    Hir::alternation(kept)
}

/// Whether an expression is certainly never found.
fn never(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Class(Class::Bytes(bytes)) => bytes.ranges().is_empty(),
        HirKind::Concat(parts) => parts.iter().any(never),
        HirKind::Alternation(parts) => parts.iter().all(never),
        HirKind::Capture(it) => never(&it.sub),
        HirKind::Repetition(it) => it.min > 0 && never(&it.sub),
        _ => false,
    }
}

/// An expression behind a text, where the start is never met again.
fn without_start(hir: &Hir) -> Hir {
    mapped(hir, &|hir| matches!(hir.kind(), HirKind::Look(Look::Start)).then(Hir::fail))
}

/// An expression that is found between two slashes: these are where it begins and ends.
fn within_part(hir: &Hir) -> Hir {
    mapped(hir, &|hir| match hir.kind() {
        HirKind::Look(Look::Start) => Some(Hir::look(Look::StartLF)),
        HirKind::Look(Look::End) => Some(Hir::look(Look::EndLF)),
        HirKind::Literal(literal) => literal.0.contains(&b'/').then(Hir::fail),
        HirKind::Class(class) => Some(no_slash(class)),
        _ => None,
    })
}

/// A class without the slash. Alternatives of single characters are a class of characters.
fn no_slash(class: &Class) -> Hir {
    let mut kept = class.clone();
    match &mut kept {
        Class::Bytes(bytes) => {
            bytes.difference(&ClassBytes::new([ClassBytesRange::new(b'/', b'/')]));
        }
        Class::Unicode(characters) => {
            characters.difference(&ClassUnicode::new([ClassUnicodeRange::new('/', '/')]));
        }
    }
    Hir::class(kept)
}

/// Whether a byte is in a class; `None` where the class has characters of several bytes.
fn has(class: &Class, byte: u8) -> Option<bool> {
    let bytes = match class {
        Class::Bytes(bytes) => bytes.clone(),
        Class::Unicode(characters) => characters.to_byte_class()?,
    };
    Some(bytes.ranges().iter().any(|it| (it.start()..=it.end()).contains(&byte)))
}

/// An expression with parts replaced.
fn mapped(hir: &Hir, replace: &dyn Fn(&Hir) -> Option<Hir>) -> Hir {
    if let Some(replaced) = replace(hir) {
        return replaced;
    }
    let each = |parts: &[Hir]| parts.iter().map(|it| mapped(it, replace)).collect();
    match hir.kind() {
        HirKind::Repetition(it) => {
            let sub = Box::new(mapped(&it.sub, replace));
            Hir::repetition(Repetition { sub, ..it.clone() })
        }
        HirKind::Capture(it) => mapped(&it.sub, replace),
        HirKind::Concat(parts) => Hir::concat(each(parts)),
        HirKind::Alternation(parts) => Hir::alternation(each(parts)),
        _ => hir.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_found_behind_a_text() {
        for (expression, root) in [
            ("^/srv/www/(.+/)?private", "/srv/www"),
            ("\\.php$", "/srv/www"),
            ("www/a", "/srv/www"),
            ("^/srv/[^/]+/a/?$", "/srv/www"),
            ("^/etc", "/srv/www"),
            ("(s|v)r?v?/www/.{2}", "/srv/www"),
            ("^(?:/srv)?/www", "/srv/www"),
            ("w{3}/x*$|^/srv", "/srv/www"),
        ] {
            let pattern = Pattern::read(expression, false).unwrap();
            let behind = pattern.behind("", root).unwrap();
            for path in
                ["/", "/a", "/private/x", "/b/private", "/x.php", "/srv/www/a", "/xx", "/a/"]
            {
                let file = format!("{root}{path}");
                assert_eq!(
                    behind.is_found_in(path.as_bytes()),
                    pattern.is_found_in(file.as_bytes()),
                    "{expression} in {file}"
                );
            }
        }
        assert!(Pattern::read("\\bsrv", false).unwrap().behind("", "/srv").is_err());
    }

    #[test]
    fn expressions_are_found_where_slashes_are_many() {
        for (expression, yes, no) in [
            ("^/a/b", "//a///b", "/ab"),
            ("^/[^/]+/b\\z", "//a//b", "//b"),
            ("^(/a|/b)c/\\z", "//ac//", "//ac"),
        ] {
            let pattern = Pattern::read(expression, false).unwrap().with_many_slashes().unwrap();
            assert!(pattern.is_found_in(yes.as_bytes()), "{expression}");
            assert!(!pattern.is_found_in(no.as_bytes()), "{expression}");
        }
        assert!(Pattern::read("^/.*", false).unwrap().with_many_slashes().is_err());
    }

    #[test]
    fn expressions_are_found_in_parts_of_paths() {
        for expression in [
            "^\\.ht",
            "\\.php$",
            "^a|b$",
            "x",
            "[^a]",
            "^$",
            "a/b",
            "^(a|x\\.php)$",
            "a(/|b)",
            "(é|/)b",
        ] {
            let pattern = Pattern::read(expression, false).unwrap();
            let [any, last] = [false, true].map(|last| pattern.in_part(last).unwrap());
            for path in
                ["/", "/a", "/.htaccess", "/.ht/x", "/x.php/y", "/a/b", "/y/x.php", "/b/", "/ab"]
            {
                let parts: Vec<_> = path.split('/').skip(1).collect();
                let found = |part: &&str| pattern.is_found_in(part.as_bytes());
                assert_eq!(
                    any.is_found_in(path.as_bytes()),
                    parts.iter().any(&found),
                    "{expression} in {path}"
                );
                assert_eq!(last.is_found_in(path.as_bytes()), found(parts.last().unwrap()));
            }
        }
    }
}
