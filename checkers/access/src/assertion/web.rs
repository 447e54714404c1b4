//! Claims about requests to web servers.

use std::str::FromStr;

use seatrial_core::{Location, ResourceId};
use seatrial_parse::Node;

use super::read::{Misread, NoVisitor, any, known, list};
use super::{Doubt, Judgement, Refutation, World};
use crate::Source;
use crate::network::{AddressSet, read_block};
use crate::web::{PathRegion, Pattern, Visit, Visitor, WebRegion, WebServer, quoted, visits};

/// Proves or refutes a claim: for each directive that lets somebody in who should not get there, one
/// request.
pub(super) fn judge(claim: &NoVisitor, world: &World<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    for &server in &world.servers {
        let found = visits(server, &claim.region, &claim.but);
        judgement.refuted.extend(found.allowed.iter().map(|visit| refutation(server, visit)));
        judgement.undecided.extend(found.unknown.into_iter().map(|(location, reason)| {
            let placed = !location.path.is_empty();
            let source = placed.then(|| place(server.name(), location));
            Doubt { reason, source }
        }));
    }
    judgement.undecided.extend(world.unread.iter().map(|location| Doubt {
        reason: "it is not known what a configuration allows that cannot be read".to_owned(),
        source: Some(place("web server", location.clone())),
    }));
    judgement
}

fn place(server: &str, location: Location) -> Source {
    let resource = ResourceId {
        api_version: server.to_owned(),
        kind: "configuration".to_owned(),
        namespace: None,
        name: location.path.to_string(),
    };
    Source { resource, location, pointer: String::new(), role: "rule", text: None }
}

fn refutation(server: &dyn WebServer, visit: &Visit) -> Refutation {
    let Visit { request, because } = visit;
    let mut sources: Vec<Source> =
        because.iter().rev().map(|ground| ground.source(server.name())).collect();
    sources.dedup();
    let by = because.last().map_or_else(String::new, |it| format!(", by `{}`", it.text));
    Refutation {
        message: format!("{request} is let in{by}"),
        witness: format!("`{request}` is allowed"),
        replay: Some(request.curl()),
        sources,
    }
}

/// Reads the claim of an assertion.
pub(super) fn no_visitor(node: &Node) -> Result<NoVisitor, Misread> {
    known(node, &["but", "paths", "methods", "hosts"])?;
    let paths: Vec<Path> = list(node, "paths")?;
    let hosts: Vec<Host> = list(node, "hosts")?;
    let region = WebRegion {
        paths: paths.into_iter().map(|Path(path)| path).collect(),
        methods: any(list(node, "methods")?).into_iter().map(|it| it.to_uppercase()).collect(),
        hosts: hosts.into_iter().map(|Host(host)| host).collect(),
    };
    if region == WebRegion::default() {
        return Err(Misread::at(node, "expected `paths`, `methods` or `hosts`"));
    }
    Ok(NoVisitor { but: list(node, "but")?, region })
}

/// `/admin`, `= /status`, `~ \.php$`, `~* \.PHP$`.
struct Path(PathRegion);

impl FromStr for Path {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let of_expression = |text: &str, caseless| {
            Pattern::read(text.trim(), caseless)
                .map(|pattern| Self(PathRegion::Found(pattern)))
                .map_err(|why| format!("{why} is not modelled"))
        };
        if let Some(expression) = text.strip_prefix("~*") {
            return of_expression(expression, true);
        }
        if let Some(expression) = text.strip_prefix('~') {
            return of_expression(expression, false);
        }
        let (exact, path) = match text.strip_prefix('=') {
            Some(rest) => (true, rest.trim()),
            None => (false, text),
        };
        let parts = path.strip_prefix('/').into_iter().flat_map(|it| it.split('/'));
        if !path.starts_with('/') || parts.clone().any(|part| part == "." || part == "..") {
            let forms = "`/PATH`, `= /PATH`, `~ EXPRESSION` or `~* EXPRESSION`";
            return Err(format!("expected {forms}, without `.` and `..`"));
        }
        if path.contains("//") {
            return Err("slashes that follow one another are one".to_owned());
        }
        let path = path.to_owned();
        Ok(Self(if exact { PathRegion::Exact(path) } else { PathRegion::Below(path) }))
    }
}

/// `shop.example`, `*.example.com`.
struct Host(Pattern);

impl FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (begin, name) = match text.strip_prefix("*.") {
            Some(rest) => ("\\.", rest),
            None => ("^", text),
        };
        let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_');
        if name.is_empty() || !name.chars().all(plain) {
            return Err("expected a name, or `*.` and a name".to_owned());
        }
        Pattern::read(&format!("{begin}{}$", quoted(&name.to_lowercase())), false).map(Self)
    }
}

impl FromStr for Visitor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (who, from) = match text.split_once(" from ") {
            Some((who, from)) => (Some(who), Some(from)),
            None if text.starts_with(|it: char| it.is_ascii_hexdigit() || it == ':')
                && !text.starts_with("a ") =>
            {
                (None, Some(text))
            }
            None => (Some(text), None),
        };
        let mut visitor = Self::default();
        match who {
            None => {}
            Some("a user") => visitor.user = true,
            Some("a permission") => visitor.permission = true,
            Some("a local process") if from.is_none() => visitor.local = true,
            Some(_) => {
                let who = "`a user`, `a permission`, `a local process`";
                return Err(format!("expected {who}, an address or a block of them"));
            }
        }
        visitor.from = from.map(addresses).transpose()?;
        Ok(visitor)
    }
}

fn addresses(text: &str) -> Result<AddressSet, String> {
    if !text.contains('/') {
        let address = text.parse().map_err(|_| format!("`{text}` is no address"))?;
        return Ok(AddressSet::one(address));
    }
    let block = read_block(text)?;
    if block.has_host_bits {
        return Err(format!("the block is `{}`", block.canonical));
    }
    Ok(block.addresses)
}
