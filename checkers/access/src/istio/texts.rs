//! Texts that stand for all texts, so far as patterns can tell them apart.
//!
//! A text that no pattern names exactly is told from others by the longest prefix and the longest
//! suffix of patterns that it has: all shorter ones follow. So prefix, a sign that occurs in no
//! pattern, and suffix together stand for all such texts.

use std::collections::BTreeSet;

use super::model::{Pattern, Test};
use crate::network::Name;

/// A sign that is not in any of these texts.
fn fresh(texts: &[&str]) -> char {
    let free = |sign: &char| !texts.iter().any(|text| text.contains(*sign));
    ('a'..='z').chain('α'..='ω').chain('一'..='龥').find(free).unwrap_or('\u{10ffff}')
}

fn parts<'t>(patterns: &[&'t Pattern]) -> (Vec<&'t str>, Vec<&'t str>, Vec<&'t str>) {
    let (mut exact, mut prefixes, mut suffixes) = (Vec::new(), vec![""], vec![""]);
    for pattern in patterns {
        match pattern {
            Pattern::Present => {}
            Pattern::Exact(text) => exact.push(&**text),
            Pattern::Prefix(text) => prefixes.push(text),
            Pattern::Suffix(text) => suffixes.push(text),
        }
    }
    (exact, prefixes, suffixes)
}

/// A text, and what it is called: itself, or the pattern of the texts that it stands for; nothing
/// for that of all texts that no pattern fits.
pub(super) type Candidate = (String, Option<String>);

/// Texts of every kind that these patterns can tell apart.
pub(super) fn candidates(patterns: &[&Pattern]) -> BTreeSet<Candidate> {
    let (exact, prefixes, suffixes) = parts(patterns);
    let all: Vec<_> = exact.iter().chain(&prefixes).chain(&suffixes).copied().collect();
    let fresh = fresh(&all);
    let mut found: BTreeSet<Candidate> =
        exact.iter().map(|text| ((*text).to_owned(), Some((*text).to_owned()))).collect();
    for prefix in &prefixes {
        for suffix in &suffixes {
            let name = format!("{prefix}*{suffix}");
            let name = (name != "*").then_some(name);
            found.insert((format!("{prefix}{fresh}{suffix}"), name));
        }
    }
    found
}

/// Identities of every kind that these tests can tell apart, part by part: trust domain, namespace
/// and service account. No part has a `/`.
pub(super) fn identities(tests: &[&Test]) -> BTreeSet<Candidate> {
    let mut parts: [BTreeSet<Pattern>; 3] = Default::default();
    for test in tests {
        let [_, namespaces, accounts] = &mut parts;
        match test {
            Test::Namespace(pattern) => {
                namespaces.insert(pattern.clone());
            }
            Test::Account(namespace, account) => {
                namespaces.insert(Pattern::Exact(namespace.clone()));
                accounts.insert(Pattern::Exact(account.clone()));
            }
            Test::Text(pattern) => cut(pattern, &mut parts),
            Test::Block(_) | Test::Port(_) => {}
        }
    }
    let [domains, namespaces, accounts] =
        parts.map(|patterns| candidates(&patterns.iter().collect::<Vec<_>>()));
    let mut found = BTreeSet::new();
    for (domain, domain_name) in &domains {
        for (namespace, namespace_name) in &namespaces {
            for (account, account_name) in &accounts {
                let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "*".to_owned());
                let any = [domain_name, namespace_name, account_name].iter().all(|it| it.is_none());
                let shown = format!(
                    "{}/ns/{}/sa/{}",
                    name(domain_name),
                    name(namespace_name),
                    name(account_name)
                );
                let text = format!("{domain}/ns/{namespace}/sa/{account}");
                found.insert((text, (!any).then_some(shown)));
            }
        }
    }
    found
}

/// What a pattern of identities says of their parts: as no part has a `/`, the pieces of the
/// pattern between two `/` are, from the end that is fixed, domain, `ns`, namespace, `sa`, account.
fn cut(pattern: &Pattern, parts: &mut [BTreeSet<Pattern>; 3]) {
    let (text, from_start, open) = match pattern {
        Pattern::Present => return,
        Pattern::Exact(text) => (text, true, false),
        Pattern::Prefix(text) => (text, true, true),
        Pattern::Suffix(text) => (text, false, true),
    };
    let mut pieces: Vec<_> = text.split('/').collect();
    if !from_start {
        pieces.reverse();
    }
    let last = pieces.len() - 1;
    for (at, piece) in pieces.into_iter().enumerate() {
        let part = match (at, from_start) {
            (0, true) | (4, false) => 0,
            (2, _) => 1,
            (4, true) | (0, false) => 2,
            _ => continue,
        };
        let piece: Name = piece.into();
        let read = match (open && at == last, from_start) {
            (false, _) => Pattern::Exact(piece),
            (true, true) => Pattern::Prefix(piece),
            (true, false) => Pattern::Suffix(piece),
        };
        if let Some(part) = parts.get_mut(part) {
            part.insert(read);
        }
    }
}
