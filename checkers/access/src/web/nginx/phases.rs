//! What happens to a request, phase by phase.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::locate::{Located, locate};
use super::model::{At, ErrorPage, Goal, Level, Name, Server, Settings, Step, TryFiles};
use crate::web::condition::{Ask, Condition, Leaf, Opaque};
use crate::web::side::{Oracle, Situation};

/// How often the path of one request may change.
const MOST_CHANGES: usize = 10;

/// A path inside of the server.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// The path of the request at hand.
    pub(super) text: Vec<u8>,
    /// The path as a function of that of the request: `$uri`, with what is appended, or a fixed one.
    pub(super) shown: String,
}

/// What is set by `set`: as it is written, and its value if that is known.
pub(super) type Variables = BTreeMap<String, (String, Option<String>)>;

/// One request on its way through the phases.
pub(super) struct Trial<'t> {
    pub(super) server: &'t Server,
    pub(super) situation: &'t Situation<'t>,
    pub(super) known: &'t dyn Oracle,
    /// The method: a request for permission is always GET.
    pub(super) method: &'t str,
    pub(super) path: Path,
    /// Whether the server itself has made this request of another.
    pub(super) internal: bool,
    /// Whether access is asked about; it is not for requests that the server makes by itself.
    main: bool,
    changes: usize,
    pub(super) variables: Variables,
    pub(super) because: Vec<At>,
    error_page: bool,
}

/// What the rewrite phase comes to.
pub(super) enum Rewritten {
    /// An answer.
    Answered(u16, bool, At),
    /// The path has changed: another location is sought.
    Moved,
    /// It goes on, with the settings of this level.
    Goes(usize),
}

/// Where the request goes after a phase.
enum Next {
    Done(Leaf),
    /// To the location of the path, by way of the server's own rewrite phase.
    Redirected,
    /// To a named location.
    Named(usize),
}

impl<'t> Trial<'t> {
    pub(super) fn new(
        server: &'t Server,
        situation: &'t Situation<'t>,
        known: &'t dyn Oracle,
    ) -> Self {
        Self {
            server,
            situation,
            known,
            method: situation.method,
            path: Path { text: situation.path.to_vec(), shown: "$uri".to_owned() },
            internal: false,
            main: true,
            changes: MOST_CHANGES,
            variables: BTreeMap::new(),
            because: Vec::new(),
            error_page: false,
        }
    }

    /// The request that the server makes to ask for permission.
    pub(super) fn asking(&self, path: &str) -> Trial<'t> {
        Trial {
            server: self.server,
            situation: self.situation,
            known: self.known,
            method: "GET",
            path: Path { text: path.as_bytes().to_vec(), shown: path.to_owned() },
            internal: true,
            main: false,
            changes: self.changes,
            variables: self.variables.clone(),
            because: Vec::new(),
            error_page: true,
        }
    }

    /// Decides the request.
    pub(super) fn run(&mut self) -> Result<Leaf, Ask> {
        if matches!(self.method, "TRACE" | "CONNECT") {
            return Ok(self.leaf(false, Some(405), None));
        }
        if self.tls() {
            if let Some(at) = self.server.reject_handshake.clone() {
                self.because.push(at);
                return Ok(self.leaf(false, None, None));
            }
            if let Some(opaque) = self.server.client_certificate.clone()
                && !self.known.ask(Condition::Opaque(opaque))?
            {
                return Ok(self.leaf(false, Some(400), None));
            }
        }
        let mut next = Next::Redirected;
        loop {
            next = match next {
                Next::Done(leaf) => return Ok(leaf),
                Next::Redirected => self.enter_server()?,
                Next::Named(level) => self.rewrite_and_serve(level)?,
            };
        }
    }

    /// Whether a level lets the request in, as far as the access phase goes.
    pub(super) fn admitted(&self, index: usize) -> Result<Leaf, Ask> {
        let Some(level) = self.server.levels.get(index) else {
            return Ok(self.leaf(false, Some(500), None));
        };
        let limited = level.limit.as_ref().filter(|it| !it.methods.contains(self.method));
        let level = limited.and_then(|it| self.server.levels.get(it.level)).unwrap_or(level);
        let refused = self.access(&level.settings)?;
        Ok(self.leaf(refused.is_none(), refused.map(|(status, _)| status), None))
    }

    fn tls(&self) -> bool {
        let here = self.situation.endpoint;
        self.server.listens.iter().any(|it| it.tls && it.endpoints.contains(here))
    }

    /// The server's own rewrite phase, then the location.
    fn enter_server(&mut self) -> Result<Next, Ask> {
        if let Some(server) = self.server.levels.first()
            && let Rewritten::Answered(status, text, at) = self.rewritten(0)?
        {
            return self.answered(status, text, at, &server.settings);
        }
        self.find_location()
    }

    fn find_location(&mut self) -> Result<Next, Ask> {
        let found = locate(self.server, &self.path.text, &self.path.shown, self.known)?;
        let (Located::Level(index) | Located::Slash(index)) = found;
        let Some(level) = self.server.levels.get(index) else { return Ok(self.lost()) };
        if let Some(at) = level.settings.internal.clone().filter(|_| !self.internal) {
            return self.refused(404, at, &level.settings);
        }
        if let Located::Slash(_) = found {
            self.because.push(Arc::clone(&level.at));
            return Ok(Next::Done(self.leaf(true, Some(301), None)));
        }
        self.rewrite_and_serve(index)
    }

    /// A position that is none, which does not happen.
    fn lost(&self) -> Next {
        Next::Done(self.leaf(false, Some(500), None))
    }

    /// From the rewrite phase of a location to its content.
    fn rewrite_and_serve(&mut self, index: usize) -> Result<Next, Ask> {
        let Some(level) = self.server.levels.get(index) else { return Ok(self.lost()) };
        if let Name::Pattern(pattern) = &level.name
            && pattern.text().contains('(')
        {
            let captures = format!("{pattern} of {}", self.path.shown);
            self.variables.insert("1".to_owned(), (captures, None));
        }
        let limited = level.limit.as_ref().filter(|it| !it.methods.contains(self.method));
        let index = limited.map_or(index, |limit| limit.level);
        // The level of `limit_except` has no directives of the rewrite phase of its own.
        let index = match self.rewritten(index)? {
            Rewritten::Answered(status, text, at) => {
                let settings = self.server.levels.get(index).map(|it| &it.settings);
                let settings = settings.cloned().unwrap_or_default();
                return self.answered(status, text, at, &settings);
            }
            Rewritten::Moved => {
                if self.changes == 0 {
                    return Ok(Next::Done(self.leaf(false, Some(500), None)));
                }
                self.changes -= 1;
                return self.find_location();
            }
            Rewritten::Goes(index) => index,
        };
        let Some(level) = self.server.levels.get(index) else { return Ok(self.lost()) };
        if self.main
            && let Some((status, at)) = self.access(&level.settings)?
        {
            return self.refused(status, at, &level.settings);
        }
        self.content(level)
    }

    fn content(&mut self, level: &Level) -> Result<Next, Ask> {
        self.because.push(Arc::clone(&level.at));
        if let Some(tried) = &level.try_files
            && let Some(next) = self.tried(tried, level)?
        {
            return Ok(next);
        }
        if let Some((handler, _)) = &level.settings.handler {
            return Ok(Next::Done(self.leaf(true, None, Some(handler.to_string()))));
        }
        if self.path.text.ends_with(b"/")
            && let Some(next) = self.index(level)?
        {
            return Ok(next);
        }
        let file = file_of(&level.settings, &String::from_utf8_lossy(&self.path.text));
        Ok(Next::Done(self.leaf(true, None, Some(file))))
    }

    /// `index`: the first file that exists is asked for inside of the server.
    fn index(&mut self, level: &Level) -> Result<Option<Next>, Ask> {
        if !matches!(self.method, "GET" | "HEAD" | "POST") {
            return Ok(None);
        }
        let default = ["index.html".to_owned()];
        let names =
            if level.settings.index.is_empty() { &default[..] } else { &level.settings.index };
        for name in names {
            if name.contains('$') {
                let shown = format!("which file `index {name}` is");
                let opaque = self.unknown(&shown, &level.at);
                return Ok(Some(self.either(opaque)?));
            }
            if name.starts_with('/') {
                let path = Path { text: name.clone().into_bytes(), shown: name.clone() };
                return Ok(Some(self.moved_to(path)));
            }
            if self.exists(&level.settings, &format!("{}{name}", self.path.shown))? {
                return self.behind(name, &level.at).map(Some);
            }
        }
        Ok(None)
    }

    /// Whether a file exists, that is a function of the path.
    fn exists(&self, settings: &Settings, shown: &str) -> Result<bool, Ask> {
        let file = file_of(settings, shown);
        self.known.ask(Condition::Exists(file.into()))
    }

    /// `try_files`: `None` if a file is served here.
    fn tried(&mut self, tried: &TryFiles, level: &Level) -> Result<Option<Next>, Ask> {
        for file in &tried.files {
            let here = file.replace("${uri}", "$uri").replace("$document_uri", "$uri");
            let fixed = self.path.shown.clone();
            let shown = here.replace("$uri", &fixed);
            // What else a name is made of is not modelled: neither is which file it is.
            let key = if shown.replace("$uri", "").contains('$') {
                format!("{shown} of {} {:?}", level.at.name, self.variables)
            } else {
                shown.clone()
            };
            if !self.exists(&level.settings, &key)? {
                continue;
            }
            self.because.push(Arc::clone(&tried.at));
            if level.settings.handler.is_some() {
                return Ok(None);
            }
            if here.ends_with('/') {
                // A directory, of which the index is served.
                if here == "$uri/" {
                    return self.directory(level);
                }
                let opaque =
                    self.unknown(&format!("what is served of the directory `{here}`"), &tried.at);
                return self.either(opaque).map(Some);
            }
            let now = here.replace("$uri", &String::from_utf8_lossy(&self.path.text));
            let target = file_of(&level.settings, &now);
            return Ok(Some(Next::Done(self.leaf(true, None, Some(target)))));
        }
        self.because.push(Arc::clone(&tried.at));
        self.go(&tried.last, &tried.at, &level.settings).map(Some)
    }

    /// A directory that `$uri/` found.
    fn directory(&mut self, level: &Level) -> Result<Option<Next>, Ask> {
        if self.path.text.ends_with(b"/") {
            return self.index(level);
        }
        // The client is sent to the path with a slash.
        Ok(Some(Next::Done(self.leaf(true, Some(301), None))))
    }

    /// Goes somewhere inside of the server.
    fn go(&mut self, goal: &Goal, at: &At, settings: &Settings) -> Result<Next, Ask> {
        match goal {
            // That there is no such file is nobody's refusal.
            Goal::Status(404) => Ok(Next::Done(self.leaf(true, Some(404), None))),
            Goal::Status(status) if *status >= 400 => {
                self.refused(*status, Arc::clone(at), settings)
            }
            Goal::Status(status) => Ok(Next::Done(self.leaf(true, Some(*status), None))),
            Goal::Named(name) => Ok(self.named(name)),
            Goal::Path(path) => {
                let text = path.clone().into_bytes();
                Ok(self.moved_to(Path { text, shown: path.clone() }))
            }
            Goal::Behind(suffix) => self.behind(suffix, at),
            Goal::Opaque(opaque) => self.either(self.of_this(opaque)),
        }
    }

    fn named(&mut self, name: &str) -> Next {
        self.internal = true;
        match self.server.named.get(name) {
            Some(&level) if self.changes > 0 => {
                self.changes -= 1;
                Next::Named(level)
            }
            _ => Next::Done(self.leaf(false, Some(500), None)),
        }
    }

    /// The path with something behind it.
    fn behind(&mut self, suffix: &str, at: &At) -> Result<Next, Ask> {
        let text = [&self.path.text, suffix.as_bytes()].concat();
        let doubled = text.windows(2).any(|it| it == b"//");
        let odd = doubled || suffix.contains("./") || suffix.ends_with('.');
        let variable = self.path.shown.starts_with('$') && !suffix.is_empty();
        if variable && (odd || self.path.shown != "$uri") {
            let opaque = self.unknown(&format!("where `$uri{suffix}` leads"), at);
            return self.either(opaque);
        }
        let shown = format!("{}{suffix}", self.path.shown);
        Ok(self.moved_to(Path { text, shown }))
    }

    fn moved_to(&mut self, path: Path) -> Next {
        self.path = path;
        self.internal = true;
        if self.changes == 0 {
            return Next::Done(self.leaf(false, Some(500), None));
        }
        self.changes -= 1;
        Next::Redirected
    }

    /// An answer of `return`.
    fn answered(
        &mut self,
        status: u16,
        text: bool,
        at: At,
        settings: &Settings,
    ) -> Result<Next, Ask> {
        if status < 400 {
            self.because.push(at);
            return Ok(Next::Done(self.leaf(true, Some(status), None)));
        }
        if text || status == 444 {
            self.because.push(at);
            return Ok(Next::Done(self.leaf(false, Some(status), None)));
        }
        self.refused(status, at, settings)
    }

    /// A refusal, in place of which an error page may be sent. One that another program makes, or
    /// that is sent as a success in place of a fixed answer, is not modelled.
    fn refused(&mut self, status: u16, at: At, settings: &Settings) -> Result<Next, Ask> {
        self.because.push(at);
        let denied = self.leaf(false, Some(status), None);
        let page = settings.error_pages.iter().rfind(|it| it.statuses.contains(&status));
        let Some(page) = page.filter(|_| !self.error_page) else { return Ok(Next::Done(denied)) };
        if self.is_plain(page, status)? {
            return Ok(Next::Done(denied));
        }
        self.because.push(Arc::clone(&page.at));
        let key = format!("{} of {} {}", page.opaque.key, self.path.shown, self.server.text).into();
        self.either(Opaque { key, ..page.opaque.clone() })
    }

    /// Whether an error page is a file, a fixed answer, or on another server.
    fn is_plain(&self, page: &ErrorPage, status: u16) -> Result<bool, Ask> {
        let fixed = !matches!(status, 401 | 403 | 404);
        if page.replaces && fixed {
            return Ok(false);
        }
        let target = match page.page.as_str() {
            path if path.starts_with("http") => return Ok(true),
            path if path.contains('$') => return Ok(false),
            name if name.starts_with('@') => self.server.named.get(name).copied(),
            path => match locate(self.server, path.as_bytes(), path, self.known)? {
                Located::Level(level) => Some(level),
                Located::Slash(_) => None,
            },
        };
        let Some(level) = target.and_then(|level| self.server.levels.get(level)) else {
            return Ok(true);
        };
        let answers = level.script.iter().all(|step| matches!(step, Step::Return { .. }));
        let of_server = self.server.levels.first().is_none_or(|level| level.script.is_empty());
        Ok(answers && of_server && level.settings.handler.is_none() && level.try_files.is_none())
    }

    /// A decision that is not known.
    fn either(&self, opaque: Opaque) -> Result<Next, Ask> {
        let allowed = self.known.ask(Condition::Opaque(opaque))?;
        Ok(Next::Done(self.leaf(allowed, None, None)))
    }

    /// A condition that depends on all of the server's text.
    pub(super) fn unknown(&self, what: &str, at: &At) -> Opaque {
        let key =
            format!("{what} of {} {:?} in {}", self.path.shown, self.variables, self.server.text);
        Opaque { what: what.into(), key: key.into(), location: at.location.clone() }
    }

    /// A condition about the path as it is now.
    pub(super) fn of_this(&self, opaque: &Opaque) -> Opaque {
        let key = format!(
            "{} of {} {:?} in {}",
            opaque.key, self.path.shown, self.variables, self.server.text
        );
        Opaque { key: key.into(), ..opaque.clone() }
    }

    pub(super) fn leaf(&self, allowed: bool, status: Option<u16>, target: Option<String>) -> Leaf {
        Leaf { allowed, status, target, because: self.because.clone() }
    }
}

/// The file of a path.
pub(super) fn file_of(settings: &Settings, path: &str) -> String {
    match &settings.root {
        None => format!("html{path}"),
        Some(root) => match root.alias {
            None => format!("{}{path}", root.path),
            Some(length) => match path.get(length..).filter(|_| !path.starts_with('$')) {
                Some(rest) => format!("{}{rest}", root.path),
                None => format!("{} ({}) {path}", root.path, root.at.name),
            },
        },
    }
}
