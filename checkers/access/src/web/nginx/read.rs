//! From directives to the configuration that is in force.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;

use seatrial_core::{Finding, Severity, SourceFile, nearest};
use seatrial_parse::nginx::{Block, Directive, Expanded, Included, expand, location};

use super::directives::{Context, Known, known, names};
use super::model::{
    At, Config, Level, Limit, Listen, Locations, Name, Server, ServerName, Settings, Step,
};
use super::rules;
use crate::web::condition::{Ground, Opaque};
use crate::web::pattern::Pattern;
use crate::web::request::{Endpoint, Local};

/// Reads a configuration: a main file, and the files that it includes.
pub fn read(main: &Arc<SourceFile>, resolve: &mut dyn FnMut(&str) -> Included) -> Config {
    let expanded = expand(main, resolve);
    let mut reader = Reader::new(&expanded);
    let servers = reader.main();
    let mut findings = reader.findings;
    findings.extend(expanded.problems.iter().map(|(at, problem)| {
        Finding::new(rules::INVALID, Severity::Error, at.clone(), problem.message.clone())
    }));
    findings.sort_unstable();
    findings.dedup();
    Config { files: expanded.files, servers, findings, users: BTreeMap::new() }
}

/// A directive as one line, with all that it encloses.
pub(super) fn rendered(directive: &Directive) -> String {
    let mut text = head(directive);
    match &directive.block {
        None => text.push(';'),
        Some(Block::Lua) => text.push_str(" {lua}"),
        Some(Block::Directives(inner)) => {
            text.push_str(" {");
            for it in inner {
                let _ = write!(text, " {}", rendered(it));
            }
            text.push_str(" }");
        }
    }
    text
}

/// A directive's name and arguments.
pub(super) fn head(directive: &Directive) -> String {
    let words = std::iter::once(&directive.name).chain(&directive.arguments);
    words.map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// Where we are, for the reader of a level.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) context: Context,
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
}

pub(super) struct Reader<'e> {
    expanded: &'e Expanded,
    pub(super) findings: Vec<Finding>,
    /// The blocks that define variables by others, with the variables.
    variables: Vec<(String, String)>,
    /// The levels of the server that is being read.
    pub(super) levels: Vec<Level>,
    named: BTreeMap<String, usize>,
}

impl<'e> Reader<'e> {
    fn new(expanded: &'e Expanded) -> Self {
        let (findings, variables) = (Vec::new(), Vec::new());
        Self { expanded, findings, variables, levels: Vec::new(), named: BTreeMap::new() }
    }

    /// What stands at a directive.
    pub(super) fn at(&self, directive: &Directive, scope: Scope<'_>) -> At {
        Arc::new(Ground {
            location: location(&self.expanded.files, directive),
            kind: scope.kind,
            name: scope.name.into(),
            text: head(directive).into(),
        })
    }

    /// A condition that is not modelled.
    pub(super) fn opaque(&self, directive: &Directive, what: &str) -> Opaque {
        let text = rendered(directive);
        let mut key = format!("{what} {text}");
        if let Some(Block::Lua) = directive.block {
            let span = directive.span;
            let file = self.expanded.files.get(directive.file);
            key.push_str(file.map_or("", |file| file.slice(span)));
        }
        let uses =
            |name: &str| text.contains(&format!("${name}")) || text.contains(&format!("${{{name}"));
        if self.variables.iter().any(|(name, _)| uses(name)) {
            // Variables may be defined by others: all definitions are part of what it means.
            self.variables.iter().for_each(|(_, definition)| key.push_str(definition));
        }
        Opaque {
            what: what.into(),
            key: key.into(),
            location: location(&self.expanded.files, directive),
        }
    }

    /// Notes something that nginx refuses.
    pub(super) fn refuse(&mut self, directive: &Directive, message: impl Into<String>) {
        let location = location(&self.expanded.files, directive);
        self.findings.push(Finding::new(rules::INVALID, Severity::Error, location, message.into()));
    }

    /// Whether a directive is one that may stand here; says so if not.
    pub(super) fn known(&mut self, directive: &Directive, context: Context) -> Known {
        let name = directive.name.text.as_str();
        let known = known(name, context);
        match known {
            Known::Here | Known::Decides | Known::Foreign => {}
            Known::Elsewhere => {
                let message = format!("`{name}` is not allowed in {}", context.as_str());
                self.refuse(directive, message);
            }
            Known::Not => {
                let location = location(&self.expanded.files, directive);
                let message = format!("unknown directive `{name}`");
                let rule = rules::UNKNOWN_DIRECTIVE;
                let finding = Finding::new(rule, Severity::Error, location, message);
                let help = match nearest(name, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "nginx refuses it unless a module brings it".to_owned(),
                };
                self.findings.push(finding.help(help));
            }
        }
        known
    }

    /// The servers of a file: of its `http`, or its own if it is one that is included there.
    fn main(&mut self) -> Vec<Server> {
        let all = &self.expanded.directives;
        let fragment = all.iter().any(|it| matches!(it.name.text.as_str(), "server" | "upstream"))
            && !all.iter().any(|it| it.name.text == "http");
        let mut servers = Vec::new();
        if fragment {
            self.http(all, &mut servers);
            return servers;
        }
        for directive in all {
            match directive.name.text.as_str() {
                "http" => self.http(directive.inner(), &mut servers),
                // Connections that are not HTTP.
                "stream" | "mail" => {}
                _ => {
                    self.known(directive, Context::Main);
                }
            }
        }
        servers
    }

    fn http(&mut self, directives: &[Directive], servers: &mut Vec<Server>) {
        for directive in directives {
            let variable = match directive.name.text.as_str() {
                "map" | "split_clients" => directive.argument(1),
                "geo" => directive.arguments.last().map(|word| word.text.as_str()),
                _ => None,
            };
            if let Some(name) = variable {
                let name = name.trim_start_matches('$').to_owned();
                self.variables.push((name, rendered(directive)));
            }
        }
        let scope = Scope { context: Context::Http, kind: "http", name: "" };
        let settings = self.settings(directives, scope, &Settings::default());
        // Files that are alike in all that is not a server decide alike if their servers do.
        let around =
            directives.iter().filter(|it| !matches!(it.name.text.as_str(), "server" | "upstream"));
        let around: String = around.map(rendered).collect();
        let merge = flag(directives, "merge_slashes");
        for directive in directives.iter().filter(|it| it.name.text == "server") {
            if !directive.arguments.is_empty() || directive.block.is_none() {
                self.refuse(directive, "`server` takes a block, and no argument");
                continue;
            }
            servers.push(self.server(directive, &settings, &around, merge.unwrap_or(true)));
        }
    }

    fn server(&mut self, block: &Directive, outer: &Settings, around: &str, merge: bool) -> Server {
        let directives = block.inner();
        let names: Vec<_> = directives
            .iter()
            .filter(|it| it.name.text == "server_name")
            .flat_map(|it| {
                it.arguments.iter().map(move |word| (it, word.text.to_lowercase(), &word.text))
            })
            .collect();
        let title = names.first().map_or_else(String::new, |(_, name, _)| name.clone());
        let scope = Scope { context: Context::Server, kind: "server", name: &title };
        let at = self.at(block, scope);
        self.levels = Vec::new();
        self.named = BTreeMap::new();
        self.level(directives, scope, outer, Name::None, Arc::clone(&at));
        let mut listens: Vec<_> = directives
            .iter()
            .filter(|it| it.name.text == "listen")
            .filter_map(|it| self.listen(it))
            .collect();
        if listens.is_empty() {
            let endpoints = vec![Endpoint { local: Local::AnyV4, port: 80 }];
            listens.push(Listen { endpoints, default: false, tls: false });
        }
        let find = |name: &str, value: &str| {
            let mut all = directives.iter().filter(|it| it.name.text == name);
            all.find(|it| it.argument(0) == Some(value))
        };
        let client_certificate = find("ssl_verify_client", "on")
            .map(|it| self.opaque(it, "a client certificate that is accepted"));
        let reject_handshake = find("ssl_reject_handshake", "on").map(|it| self.at(it, scope));
        let mut names: Vec<_> = names
            .into_iter()
            .flat_map(|(it, name, written)| {
                // `.example.com` is `example.com` and all below it.
                let itself = name.strip_prefix('.').map(|it| ServerName::Exact(it.to_owned()));
                itself.into_iter().chain([self.server_name(it, &name, written)])
            })
            .collect();
        if names.is_empty() {
            names.push(ServerName::Exact(String::new()));
        }
        Server {
            listens,
            names,
            merge_slashes: flag(directives, "merge_slashes").unwrap_or(merge),
            client_certificate,
            reject_handshake,
            levels: std::mem::take(&mut self.levels),
            named: std::mem::take(&mut self.named),
            at,
            text: format!("{around}\n{}", rendered(block)).into(),
        }
    }

    fn server_name(&mut self, directive: &Directive, name: &str, written: &str) -> ServerName {
        if let Some(expression) = written.strip_prefix('~') {
            let caseless = expression.bytes().any(|byte| byte.is_ascii_uppercase());
            return match Pattern::read(expression, caseless) {
                Ok(pattern) => ServerName::Pattern(pattern),
                Err(why) => {
                    let what = format!("whether the host matches `{expression}` ({why})");
                    ServerName::Opaque(self.opaque(directive, &what))
                }
            };
        }
        if name.contains('$') {
            let what = format!("whether the host is `{name}`");
            return ServerName::Opaque(self.opaque(directive, &what));
        }
        if let Some(rest) = name.strip_prefix('*') {
            return ServerName::EndsIn(rest.to_owned());
        }
        if let Some(rest) = name.strip_suffix('*') {
            return ServerName::BeginsWith(rest.to_owned());
        }
        match name.strip_prefix('.') {
            Some(_) => ServerName::EndsIn(name.to_owned()),
            None => ServerName::Exact(name.to_owned()),
        }
    }

    fn listen(&mut self, directive: &Directive) -> Option<Listen> {
        let flag = |name: &str| directive.arguments.iter().skip(1).any(|word| word.text == name);
        let (default, tls) = (flag("default_server") || flag("default"), flag("ssl"));
        let text = directive.argument(0).unwrap_or_default();
        let Some(endpoints) = endpoints(text, flag("ipv6only=off")) else {
            self.refuse(directive, format!("`{text}` is no address to listen on"));
            return None;
        };
        Some(Listen { endpoints, default, tls })
    }

    /// Reads a level and all that it encloses; returns its position.
    pub(super) fn level(
        &mut self,
        directives: &[Directive],
        scope: Scope<'_>,
        outer: &Settings,
        name: Name,
        at: At,
    ) -> usize {
        let settings = self.settings(directives, scope, outer);
        let index = self.levels.len();
        self.levels.push(Level {
            name,
            settings: settings.clone(),
            script: Vec::new(),
            try_files: None,
            limit: None,
            inner: Locations::default(),
            at,
        });
        let mut script = self.script(directives, scope, &settings);
        if let Some(unread) = &settings.unread {
            script.insert(0, Step::Opaque(unread.clone()));
        }
        let try_files = directives.iter().rfind(|it| it.name.text == "try_files");
        let try_files = try_files.and_then(|it| self.try_files(it, scope));
        let limit = directives.iter().find(|it| it.name.text == "limit_except");
        let limit = limit.map(|it| self.limit(it, scope, &settings));
        let inner = self.locations(directives, &settings, index);
        if let Some(level) = self.levels.get_mut(index) {
            (level.script, level.try_files, level.limit, level.inner) =
                (script, try_files, limit, inner);
        }
        index
    }

    fn limit(&mut self, directive: &Directive, scope: Scope<'_>, outer: &Settings) -> Limit {
        let mut methods: BTreeSet<String> =
            directive.arguments.iter().map(|word| word.text.to_uppercase()).collect();
        for method in &methods.clone() {
            if !METHODS.contains(&method.as_str()) {
                self.refuse(directive, format!("`{method}` is no method of `limit_except`"));
            }
        }
        if methods.contains("GET") {
            methods.insert("HEAD".to_owned());
        }
        let inner = Scope { context: Context::LimitExcept, ..scope };
        let at = self.at(directive, scope);
        let level = self.level(directive.inner(), inner, outer, Name::None, at);
        Limit { methods, level }
    }

    fn locations(
        &mut self,
        directives: &[Directive],
        outer: &Settings,
        parent: usize,
    ) -> Locations {
        let mut locations = Locations::default();
        for directive in directives.iter().filter(|it| it.name.text == "location") {
            let Some(name) = self.location_name(directive) else { continue };
            let title = match directive.arguments.as_slice() {
                [first, second] => format!("{} {}", first.text, second.text),
                words => words.first().map_or_else(String::new, |word| word.text.clone()),
            };
            let scope = Scope { context: Context::Location, kind: "location", name: &title };
            let at = self.at(directive, scope);
            self.check_parent(directive, &name, parent);
            let key = match &name {
                Name::Exact(path) | Name::Prefix(path, _) => Some(path.clone().into_bytes()),
                _ => None,
            };
            let mut settings = outer.clone();
            settings.handler = None;
            let index = self.level(directive.inner(), scope, &settings, name.clone(), at);
            let twice = match (name, key) {
                (Name::Exact(_), Some(key)) => locations.exact.insert(key, index).is_some(),
                (Name::Prefix(..), Some(key)) => locations.prefix.insert(key, index).is_some(),
                (Name::Named(name), _) => self.named.insert(name, index).is_some(),
                _ => {
                    locations.pattern.push(index);
                    false
                }
            };
            if twice {
                self.refuse(directive, format!("a second location `{title}`"));
            }
        }
        locations
    }

    /// A location must lie within the one that encloses it.
    fn check_parent(&mut self, directive: &Directive, name: &Name, parent: usize) {
        let outer = self.levels.get(parent).map(|level| level.name.clone());
        let fault = match (outer, name) {
            (None | Some(Name::None), _) => None,
            (Some(_), Name::Named(_)) => Some("a named location stands in a server".to_owned()),
            (Some(Name::Exact(outer)), _) => {
                Some(format!("no location can be inside of `= {outer}`"))
            }
            (Some(Name::Named(outer)), _) => {
                Some(format!("no location can be inside of `{outer}`"))
            }
            (Some(Name::Prefix(outer, _)), Name::Prefix(path, _) | Name::Exact(path))
                if !path.starts_with(&outer) =>
            {
                Some(format!("`{path}` is outside of the location `{outer}` that encloses it"))
            }
            (Some(Name::Pattern(outer)), Name::Prefix(path, _) | Name::Exact(path))
                if !path.starts_with(outer.text()) =>
            {
                Some(format!("`{path}` is outside of the location `{outer}` that encloses it"))
            }
            _ => None,
        };
        if let Some(message) = fault {
            self.refuse(directive, message);
        }
    }

    fn location_name(&mut self, directive: &Directive) -> Option<Name> {
        let words: Vec<_> = directive.arguments.iter().map(|word| word.text.as_str()).collect();
        let (modifier, path) = match words.as_slice() {
            [modifier @ ("=" | "^~" | "~" | "~*"), path] => (*modifier, *path),
            [path] => {
                // The modifier may stand without a space.
                let modifiers = ["=", "^~", "~*", "~"];
                let found = modifiers.into_iter().find(|it| path.starts_with(it));
                found.map_or(("", *path), |it| (it, path.get(it.len()..).unwrap_or_default()))
            }
            _ => {
                self.refuse(directive, "`location` takes a path, or a modifier and a path");
                return None;
            }
        };
        Some(match modifier {
            "=" => Name::Exact(path.to_owned()),
            "^~" => Name::Prefix(path.to_owned(), true),
            "" if path.starts_with('@') => Name::Named(path.to_owned()),
            "" => Name::Prefix(path.to_owned(), false),
            _ => match Pattern::read(path, modifier == "~*") {
                Ok(pattern) => Name::Pattern(pattern),
                Err(why) => {
                    let what = format!("whether the path matches `{path}` ({why})");
                    let mut opaque = self.opaque(directive, &what);
                    opaque.key = format!("location {modifier} {path}").into();
                    Name::Opaque(opaque)
                }
            },
        })
    }
}

/// The methods that `limit_except` knows.
const METHODS: [&str; 14] = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "MKCOL",
    "COPY",
    "MOVE",
    "OPTIONS",
    "PROPFIND",
    "PROPPATCH",
    "LOCK",
    "UNLOCK",
    "PATCH",
];

/// The value of a flag, if it is set.
fn flag(directives: &[Directive], name: &str) -> Option<bool> {
    let last = directives.iter().rfind(|it| it.name.text == name)?;
    Some(last.argument(0) == Some("on"))
}

/// The endpoints of the first argument of `listen`.
fn endpoints(text: &str, both_families: bool) -> Option<Vec<Endpoint>> {
    if let Some(path) = text.strip_prefix("unix:") {
        return Some(vec![Endpoint { local: Local::Unix(path.to_owned()), port: 0 }]);
    }
    let (host, port) = match (text.rfind(']'), text.rsplit_once(':')) {
        (Some(end), _) => {
            let (host, port) = text.split_at(end + 1);
            (host, port.strip_prefix(':'))
        }
        (None, Some((host, port))) => (host, Some(port)),
        (None, None) if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') => {
            ("*", Some(text))
        }
        (None, None) => (text, None),
    };
    let (first, last) = port.map_or(Some((80, 80)), |port| {
        let (first, last) = port.split_once('-').unwrap_or((port, port));
        Some((first.parse().ok()?, last.parse().ok()?))
    })?;
    let locals = match host {
        "*" | "0.0.0.0" => vec![Local::AnyV4],
        "[::]" if both_families => vec![Local::AnyV6, Local::AnyV4],
        "[::]" => vec![Local::AnyV6],
        _ => {
            let plain = host.trim_start_matches('[').trim_end_matches(']');
            match plain.parse::<IpAddr>() {
                Ok(address) => vec![Local::Address(address)],
                Err(_) if host.is_empty() || host.starts_with('[') => return None,
                Err(_) => vec![Local::Name(host.to_owned())],
            }
        }
    };
    let ports = first..=last;
    let all = ports.flat_map(|port| locals.iter().map(move |local| (local.clone(), port)));
    Some(all.map(|(local, port)| Endpoint { local, port }).collect())
}
