//! Which location a path belongs to.

use super::model::{Level, Locations, Name, Server};
use super::settings::redirects;
use crate::web::condition::{Ask, Condition, Opaque};
use crate::web::side::Oracle;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Located {
    /// The level of this position.
    Level(usize),
    /// A location that the path lacks a slash for: the client is sent there.
    Slash(usize),
}

/// What a search among the locations of one level comes to.
enum Search {
    /// A location that settles the matter.
    Settled(Located),
    /// The longest prefix so far, behind which expressions of outer levels may still come.
    Open(usize),
}

/// The location of a path: the exact one; else that of the longest prefix and what is in it, unless
/// an expression is found in the path first.
pub(super) fn locate(
    server: &Server,
    path: &[u8],
    shown: &str,
    known: &dyn Oracle,
) -> Result<Located, Ask> {
    match within(server, 0, path, shown, known)? {
        Search::Settled(located) => Ok(located),
        Search::Open(level) => Ok(Located::Level(level)),
    }
}

/// Searches the locations of a level.
fn within(
    server: &Server,
    level: usize,
    path: &[u8],
    shown: &str,
    known: &dyn Oracle,
) -> Result<Search, Ask> {
    let Some(here) = server.levels.get(level) else { return Ok(Search::Open(level)) };
    let mut best = level;
    let mut expressions = true;
    match prefix(server, &here.inner, path) {
        Prefix::Exact(found) => return Ok(Search::Settled(Located::Level(found))),
        Prefix::Slash(found) => return Ok(Search::Settled(Located::Slash(found))),
        Prefix::Longest(found) => {
            let keeps = |level: &Level| matches!(level.name, Name::Prefix(_, true));
            expressions = !server.levels.get(found).is_some_and(keeps);
            match within(server, found, path, shown, known)? {
                Search::Settled(located) => return Ok(Search::Settled(located)),
                Search::Open(inner) => best = inner,
            }
        }
        Prefix::None => {}
    }
    if expressions {
        for &candidate in &here.inner.pattern {
            if matches(server, candidate, path, shown, known)? {
                return Ok(Search::Settled(match within(server, candidate, path, shown, known)? {
                    Search::Settled(located) => located,
                    Search::Open(inner) => Located::Level(inner),
                }));
            }
        }
    }
    Ok(Search::Open(best))
}

fn matches(
    server: &Server,
    candidate: usize,
    path: &[u8],
    shown: &str,
    known: &dyn Oracle,
) -> Result<bool, Ask> {
    match server.levels.get(candidate).map(|level| &level.name) {
        Some(Name::Pattern(pattern)) => Ok(pattern.is_found_in(path)),
        Some(Name::Opaque(opaque)) => {
            let key = format!("{} of {shown}", opaque.key).into();
            known.ask(Condition::Opaque(Opaque { key, ..opaque.clone() }))
        }
        _ => Ok(false),
    }
}

enum Prefix {
    None,
    Exact(usize),
    Longest(usize),
    Slash(usize),
}

/// The location by the path as a text.
fn prefix(server: &Server, locations: &Locations, path: &[u8]) -> Prefix {
    if let Some(&found) = locations.exact.get(path) {
        return Prefix::Exact(found);
    }
    if let Some(&found) = locations.prefix.get(path) {
        return Prefix::Longest(found);
    }
    let slashed = [path, b"/"].concat();
    let behind = locations.exact.get(&slashed).or_else(|| locations.prefix.get(&slashed));
    if let Some(&found) = behind.filter(|&&found| redirects(server, found)) {
        return Prefix::Slash(found);
    }
    // The longest first; no path is looked at beyond the longest location.
    let longest = locations.prefix.keys().map(Vec::len).max().unwrap_or(0).min(path.len());
    let found = (0..=longest).rev().find_map(|length| locations.prefix.get(path.get(..length)?));
    found.map_or(Prefix::None, |&found| Prefix::Longest(found))
}
