//! The main server and the virtual hosts, with what each inherits.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use seatrial_parse::httpd::Directive;

use super::directives::{Known, known};
use super::model::{
    At, EncodedSlashes, HostName, Htaccess, Map, MapTo, Matcher, Override, Redirect, Rewrite,
    Scope, Section, Site, SiteAddress, SiteTests,
};
use super::read::{Place, Reader, has_wildcards, head, plain, rendered, wildcards};
use crate::network::AddressSet;
use crate::web::condition::Opaque;
use crate::web::pattern::Pattern;
use crate::web::request::{Endpoint, Local};

/// Where Debian's httpd looks for files if nothing is said.
const DEFAULT_ROOT: &str = "/etc/apache2/htdocs";

/// A place in a server.
const SERVER: Place<'static> = Place { kind: "", name: "", htaccess: false };

/// What a server or a virtual host says itself.
#[derive(Default)]
struct Part {
    scope: Scope,
    /// The text without plain sections.
    frame: String,
    directories: Vec<Section>,
    locations: Vec<Section>,
    proxies: Vec<Section>,
    maps: Vec<Map>,
    proxied: Vec<Map>,
    redirects: Vec<Redirect>,
    root: Option<Map>,
    names: Vec<HostName>,
    merge_slashes: Option<bool>,
    encoded: Option<EncodedSlashes>,
    /// Whether there is any directive of httpd itself, not of a module.
    core: bool,
    trace: Option<bool>,
    tls: Option<bool>,
    remote_ip: Option<Opaque>,
    proxies_trusted: Vec<AddressSet>,
    unmapped: Vec<Opaque>,
}

impl Reader<'_> {
    /// The sites of a configuration, and where it listens.
    pub(super) fn main(&mut self) -> (Vec<Site>, BTreeSet<Endpoint>) {
        let all = &self.expanded.directives;
        let hosts: Vec<&Directive> = all.iter().filter(|it| it.is("VirtualHost")).collect();
        let own: Vec<Directive> = all.iter().filter(|it| !it.is("VirtualHost")).cloned().collect();
        let main = self.part(&own);
        let around: String = own.iter().map(rendered).collect();
        let parts: Vec<_> = hosts.iter().map(|it| self.part(it.inner())).collect();
        let htaccess =
            self.htaccess_under(main.overrides().chain(parts.iter().flat_map(Part::overrides)));
        let first = own.first().or(all.first());
        let nowhere = || {
            let location = seatrial_core::Location::start_of("".into());
            Arc::new(crate::web::Ground {
                location,
                kind: "server",
                name: "".into(),
                text: "".into(),
            })
        };
        let at = first.map_or_else(nowhere, |it| self.at(it, &SERVER));
        let written = htaccess.1;
        let frame = |host: &str, part: &Part| {
            Arc::from(format!("{}\n{host}\n{}\n{written}", main.frame, part.frame))
        };
        let mut sites =
            vec![self.site(&main, &Part::default(), Vec::new(), at, format!("{around}{written}"))];
        for site in &mut sites {
            site.frame = frame("", &Part::default());
        }
        for (host, part) in hosts.iter().zip(&parts) {
            let addresses = host.arguments.iter();
            let addresses = addresses.filter_map(|it| self.address(host, &it.text)).collect();
            let name = host.rest.text.clone();
            let place = Place { kind: "VirtualHost", name: &name, htaccess: false };
            let at = self.at(host, &place);
            let text = format!("{around}\n{}{written}", rendered(host));
            let site = self.site(&main, part, addresses, at, text);
            sites.push(Site { frame: frame(&head(host), part), ..site });
        }
        for site in &mut sites {
            site.htaccess.clone_from(&htaccess.0);
            site.settle();
        }
        let endpoints = self.endpoints(&own, &sites);
        (sites, endpoints)
    }

    fn part(&mut self, directives: &[Directive]) -> Part {
        let mut part = Part::default();
        let mut rest = Vec::new();
        for directive in directives {
            part.core |= is_of_core(directive);
            if plain(directive).is_none() {
                part.frame.push_str(&rendered(directive));
            }
            if directive.section.is_some() && self.section(directive, &mut part) {
                continue;
            }
            if !self.of_server(directive, &mut part) {
                rest.push(directive.clone());
            }
        }
        part.scope = self.scope(&rest, &SERVER);
        part
    }

    /// A section that stands in a server only; whether it is one.
    fn section(&mut self, directive: &Directive, part: &mut Part) -> bool {
        let text = directive.rest.text.clone();
        let place = |kind| Place { kind, name: &text, htaccess: false };
        let (kind, list, regex) = match directive.name.text.to_lowercase().as_str() {
            "directory" => ("Directory", &mut part.directories, false),
            "directorymatch" => ("Directory", &mut part.directories, true),
            "location" => ("Location", &mut part.locations, false),
            "locationmatch" => ("Location", &mut part.locations, true),
            "proxy" => ("Proxy", &mut part.proxies, false),
            "proxymatch" => ("Proxy", &mut part.proxies, true),
            "authzprovideralias" | "authnprovideralias" => return true,
            _ => return false,
        };
        if !self.known(directive, &SERVER) {
            return true;
        }
        let place = place(kind);
        let (tilde, name) = match directive.arguments.as_slice() {
            [first, second] if first.text == "~" => (true, second.text.clone()),
            [only] => (false, only.text.clone()),
            _ => {
                self.refuse(directive, format!("`<{}>` takes one path", directive.name.text));
                return true;
            }
        };
        let what = match (regex || tilde, kind) {
            (true, _) => self.url_pattern(directive, &name),
            (false, "Directory") => self.directory(directive, &name),
            (false, "Location") if has_wildcards(&name) => self.location(directive, &name),
            (false, _) if has_wildcards(&name) => {
                self.url_pattern(directive, &wildcards(&name, true))
            }
            (false, _) => Matcher::Literal(name),
        };
        let said = Arc::new(self.scope(directive.inner(), &place));
        let at = self.at(directive, &place);
        list.push(Section { what, scope: said, at, plain: plain(directive) });
        true
    }

    /// What `<Directory>` is for.
    fn directory(&mut self, directive: &Directive, name: &str) -> Matcher {
        if !name.starts_with('/') {
            self.refuse(directive, format!("`{name}` is no absolute path"));
        }
        let plain = format!("{}/", collapsed(name).trim_end_matches('/'));
        if !has_wildcards(&plain) {
            return Matcher::Literal(plain);
        }
        let slashes = plain.matches('/').count();
        let whole = wildcards(&plain, false);
        let bare = wildcards(plain.trim_end_matches('/'), false);
        // The directory is the beginning of the path of a file.
        let whole = whole.trim_end_matches("\\z");
        match (Pattern::read(whole, false), Pattern::read(&bare, false)) {
            (Ok(whole), Ok(bare)) => Matcher::Glob(slashes, Box::new([whole, bare])),
            (Err(why), _) | (_, Err(why)) => {
                let what = format!("whether a directory is `{name}` ({why})");
                Matcher::OpaqueGlob(self.opaque(directive, &what))
            }
        }
    }

    /// What `<Location>` with wildcards is for.
    fn location(&self, directive: &Directive, name: &str) -> Matcher {
        match self.url_pattern(directive, &wildcards(name, false)) {
            Matcher::Pattern(pattern) => Matcher::Wildcards(pattern),
            other => other,
        }
    }

    /// A directive of a server; whether it is one.
    fn of_server(&mut self, directive: &Directive, part: &mut Part) -> bool {
        let name = directive.name.text.to_lowercase();
        let first = directive.argument(0).unwrap_or_default().to_owned();
        let second = directive.argument(1).unwrap_or_default().to_owned();
        let at = self.at(directive, &SERVER);
        let regex = name.ends_with("match");
        match name.as_str() {
            "servername" => {
                // A scheme and a port may be there.
                let host = first.split("://").last().unwrap_or_default();
                let host = host.split(':').next().unwrap_or_default().to_lowercase();
                part.names.insert(0, HostName::Exact(host));
            }
            "serveralias" => {
                let words = directive.arguments.iter().map(|word| word.text.to_lowercase());
                part.names.extend(words.map(host_name));
            }
            "documentroot" => {
                let to = MapTo::File(collapsed(first.trim_end_matches('/')));
                part.root = Some(Map { what: Matcher::Literal(String::new()), to, at });
            }
            "alias" | "scriptalias" | "aliasmatch" | "scriptaliasmatch" => {
                let (what, to) = if regex {
                    let opaque = self.opaque(directive, "which file `AliasMatch` leads to");
                    (self.url_pattern(directive, &first), MapTo::Opaque(opaque))
                } else {
                    (Matcher::Literal(first), MapTo::File(second))
                };
                part.maps.push(Map { what, to, at });
            }
            "proxypass" | "proxypassmatch" => {
                let what = if regex {
                    self.url_pattern(directive, &first)
                } else {
                    Matcher::Literal(first)
                };
                let to = if second == "!" { MapTo::NoProxy } else { MapTo::Proxy(second) };
                part.proxied.push(Map { what, to, at });
            }
            "redirect" | "redirectpermanent" | "redirecttemp" | "redirectmatch" => {
                let redirect = self.redirect(directive, &SERVER);
                part.redirects.extend(redirect.map(|(redirect, _)| redirect));
            }
            "remoteipheader" => {
                let what = "the address of the client that a header names";
                part.remote_ip = Some(self.opaque(directive, what));
            }
            "remoteipinternalproxy" | "remoteiptrustedproxy" => {
                let blocks = directive.arguments.iter();
                let blocks = blocks.filter_map(|it| super::require::block(&it.text));
                part.proxies_trusted.extend(blocks);
            }
            "userdir" | "virtualdocumentroot" | "virtualdocumentrootip" | "virtualscriptalias" => {
                let off = ["disabled", "none"].contains(&first.to_lowercase().as_str());
                if !(off && second.is_empty()) {
                    let what = format!("which file `{}` leads to", directive.name.text);
                    part.unmapped.push(self.opaque(directive, &what));
                }
            }
            _ if part.flag(&name, &first) => {}
            _ => return false,
        }
        self.known(directive, &SERVER);
        true
    }

    fn site(
        &self,
        main: &Part,
        host: &Part,
        addresses: Vec<SiteAddress>,
        at: At,
        text: String,
    ) -> Site {
        let is_main = addresses.is_empty();
        let mut directories = [main.directories.as_slice(), &host.directories].concat();
        directories.sort_by_key(depth);
        let own = if is_main { main } else { host };
        let root = host.root.clone().or_else(|| main.root.clone()).unwrap_or_else(|| Map {
            what: Matcher::Literal(String::new()),
            to: MapTo::File(DEFAULT_ROOT.to_owned()),
            at: Arc::clone(&at),
        });
        let users = main.unmapped.iter().chain(&host.unmapped).map(|opaque| Map {
            what: if opaque.what.contains("UserDir") {
                Matcher::Literal("/~".to_owned())
            } else {
                Matcher::Literal(String::new())
            },
            to: MapTo::Opaque(opaque.clone()),
            at: Arc::clone(&at),
        });
        let maps = main.proxied.iter().chain(&host.proxied).chain(&host.maps).chain(&main.maps);
        let maps = maps.cloned().chain(users).chain([root]).collect();
        let engine = host.scope.rewriting.or(main.scope.rewriting).unwrap_or(false);
        let rules = own.scope.rewrites.clone().filter(|_| engine);
        let remote = host.remote_ip.clone().or_else(|| main.remote_ip.clone());
        let trusted: Vec<_> =
            main.proxies_trusted.iter().chain(&host.proxies_trusted).cloned().collect();
        let trusted = if trusted.is_empty() { AddressSet::all() } else { AddressSet::of(&trusted) };
        let mut defaults = main.scope.merged(&host.scope);
        // The rules of a server are not those of directories.
        (defaults.rewrites, defaults.rewriting) = (None, None);
        Site {
            addresses,
            names: own.names.clone(),
            merge_slashes: host.merge_slashes.or(main.merge_slashes).unwrap_or(true),
            // A virtual host inherits it only as long as it says nothing of httpd itself.
            encoded_slashes: (host.encoded)
                .or(main.encoded.filter(|_| !host.core))
                .unwrap_or_default(),
            trace: host.trace.or(main.trace).unwrap_or(true),
            tls: host.tls.or(main.tls).unwrap_or(false),
            remote_ip: remote.map(|opaque| (trusted, opaque)),
            rewrites: rules.map(|it| Vec::<Rewrite>::clone(&it)).unwrap_or_default(),
            redirects: [host.redirects.as_slice(), &main.redirects].concat(),
            maps,
            defaults: Arc::new(defaults),
            by_directory: by_directory(&directories),
            directories,
            htaccess: BTreeMap::new(),
            locations: [main.locations.as_slice(), &host.locations].concat(),
            proxies: [main.proxies.as_slice(), &host.proxies].concat(),
            frame: "".into(),
            tests: SiteTests::default(),
            asks_once: self.modules.ask_once(),
            at,
            text: text.into(),
        }
    }

    fn address(&mut self, directive: &Directive, text: &str) -> Option<SiteAddress> {
        let (host, port) = match (text.rfind(']'), text.rsplit_once(':')) {
            (Some(end), _) => {
                let (host, port) = text.split_at(end + 1);
                (host, port.strip_prefix(':'))
            }
            (None, Some((host, port))) => (host, Some(port)),
            (None, None) => (text, None),
        };
        let port = match port {
            None | Some("*") => None,
            Some(port) => match port.parse() {
                Ok(port) => Some(port),
                Err(_) => {
                    self.refuse(directive, format!("`{port}` is no port"));
                    return None;
                }
            },
        };
        let plain = host.trim_start_matches('[').trim_end_matches(']');
        let written = plain.to_owned();
        let address = match plain {
            "*" | "_default_" | "0.0.0.0" | "::" => None,
            _ => match plain.parse::<IpAddr>() {
                Ok(address) => Some(address),
                Err(_) => {
                    let message = format!("the address of `{plain}` is not looked up");
                    self.refuse(directive, message);
                    return None;
                }
            },
        };
        Some(SiteAddress { address, port, written })
    }

    /// Where it listens: at what `Listen` says, and by name at the addresses of virtual hosts. A part of
    /// a configuration has no `Listen`: it listens where its virtual hosts are.
    fn endpoints(&mut self, own: &[Directive], sites: &[Site]) -> BTreeSet<Endpoint> {
        let mut endpoints = BTreeSet::new();
        let mut ports = BTreeSet::new();
        for directive in own.iter().filter(|it| it.is("Listen")) {
            let text = directive.argument(0).unwrap_or_default();
            let plain = text.bytes().all(|byte| byte.is_ascii_digit());
            let text = if plain { format!("*:{text}") } else { text.to_owned() };
            let Some(SiteAddress { address, port: Some(port), .. }) =
                self.address(directive, &text)
            else {
                self.refuse(directive, format!("`{text}` is nowhere to listen"));
                continue;
            };
            match address {
                Some(address) => {
                    endpoints.insert(Endpoint { local: Local::Address(address), port });
                }
                None => {
                    ports.insert(port);
                }
            }
        }
        let any = |port| [Local::AnyV4, Local::AnyV6].map(|local| Endpoint { local, port });
        let addresses = || sites.iter().flat_map(|site| &site.addresses);
        if endpoints.is_empty() && ports.is_empty() {
            ports.extend(addresses().filter_map(|it| it.port));
            if ports.is_empty() {
                ports.insert(80);
            }
        }
        for &port in &ports {
            endpoints.extend(any(port));
            let here = addresses().filter(|it| it.port.is_none_or(|it| it == port));
            let here = here.filter_map(|it| it.address);
            endpoints.extend(here.map(|it| Endpoint { local: Local::Address(it), port }));
        }
        endpoints
    }

    /// `.htaccess` files under each `AllowOverride` that may be in force, and their text.
    fn htaccess_under<'p>(
        &mut self,
        all: impl Iterator<Item = &'p Scope>,
    ) -> (BTreeMap<String, Htaccess>, String) {
        let files = std::mem::take(&mut self.htaccess);
        let (mut classes, mut lists) = (BTreeSet::new(), BTreeSet::new());
        for scope in all {
            classes.extend(scope.overrides.clone());
            lists.extend(scope.override_list.clone());
        }
        let mut classes: Vec<_> = classes.into_iter().map(Some).collect();
        classes.push(None);
        lists.insert(BTreeSet::new());
        let mut read = BTreeMap::new();
        let mut text = String::new();
        for file in &files {
            text.push_str(&file.directory);
            text.extend(file.directives.iter().map(rendered));
            let mut under = BTreeMap::new();
            for classes in &classes {
                for names in &lists {
                    let allowed = Override::of(classes.as_ref(), names);
                    if allowed.reads() {
                        let said = self.of_directory(file, &allowed);
                        under.insert(allowed, said);
                    }
                }
            }
            let first = self.first_refusing(file);
            read.insert(file.directory.clone(), Htaccess { first, under });
        }
        (read, text)
    }
}

impl Part {
    /// A setting of a server in one word; whether it is one.
    fn flag(&mut self, name: &str, first: &str) -> bool {
        match name {
            "mergeslashes" => self.merge_slashes = Some(!first.eq_ignore_ascii_case("off")),
            "allowencodedslashes" => {
                self.encoded = Some(match first.to_lowercase().as_str() {
                    "on" => EncodedSlashes::On,
                    "nodecode" => EncodedSlashes::NoDecode,
                    _ => EncodedSlashes::Off,
                });
            }
            "traceenable" => self.trace = Some(!first.eq_ignore_ascii_case("off")),
            "sslengine" => self.tls = Some(first.eq_ignore_ascii_case("on")),
            _ => return false,
        }
        true
    }

    /// What may say which files `.htaccess` may be.
    fn overrides(&self) -> impl Iterator<Item = &Scope> {
        std::iter::once(&self.scope).chain(self.directories.iter().map(|it| &*it.scope))
    }
}

/// Where the sections are that name a directory by its text.
fn by_directory(directories: &[Section]) -> BTreeMap<String, Vec<usize>> {
    let mut found: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, section) in directories.iter().enumerate() {
        if let Matcher::Literal(path) = &section.what {
            found.entry(path.clone()).or_default().push(at);
        }
    }
    found
}

fn host_name(name: String) -> HostName {
    if !has_wildcards(&name) {
        return HostName::Exact(name);
    }
    match Pattern::read(&wildcards(&name, true), false) {
        Ok(pattern) => HostName::Pattern(pattern),
        Err(_) => HostName::Exact(name),
    }
}

/// Sections for directories are merged from the root on, and expressions at last. Of these, too, those
/// come first that have fewer slashes in their text.
fn depth(section: &Section) -> (bool, usize) {
    let slashes = |text: &str| if text == "/" { 0 } else { text.matches('/').count() };
    match &section.what {
        Matcher::Literal(path) => (false, slashes(path)),
        Matcher::Glob(slashes, _) => (false, *slashes),
        // Nothing is decided where one is that is not modelled.
        Matcher::OpaqueGlob(_) => (false, 0),
        Matcher::Wildcards(_) | Matcher::Pattern(_) | Matcher::Opaque(_) => {
            (true, slashes(section.at.name.trim_matches('"')))
        }
    }
}

/// A path without slashes that follow one another.
pub(super) fn collapsed(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for next in path.chars() {
        if next != '/' || !out.ends_with('/') {
            out.push(next);
        }
    }
    out
}

/// Whether a directive is one of httpd itself, not of a module.
fn is_of_core(directive: &Directive) -> bool {
    let name = &directive.name.text;
    let name = if directive.section.is_some() { format!("<{name}") } else { name.clone() };
    matches!(known(&name), Known::Here(entry) if entry.module == "core")
}
