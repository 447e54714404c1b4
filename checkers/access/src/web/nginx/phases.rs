//! What happens to a request, phase by phase.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::locate::{Located, locate};
use super::model::{
    At, ErrorPage, Flag, Goal, Level, Name, Server, ServerName, Settings, Step, Test, TryFiles,
};
use crate::web::condition::{Ask, Condition, Leaf, Opaque, Reply};
use crate::web::side::{Oracle, Situation};

/// How often the path of one request may change.
const MOST_CHANGES: usize = 10;

/// A path inside of the server.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// The path of the request at hand.
    text: Vec<u8>,
    /// The path as a function of that of the request: `$uri`, with what is appended, or a fixed one.
    shown: String,
}

/// What is set by `set`: as it is written, and its value if that is known.
type Variables = BTreeMap<String, (String, Option<String>)>;

/// One request on its way through the phases.
pub(super) struct Trial<'t> {
    pub(super) server: &'t Server,
    pub(super) situation: &'t Situation<'t>,
    pub(super) known: &'t dyn Oracle,
    /// The method: a request for permission is always GET.
    method: &'t str,
    path: Path,
    /// Whether the server itself has made this request of another.
    internal: bool,
    /// Whether access is asked about; it is not for requests that the server makes by itself.
    main: bool,
    changes: usize,
    variables: Variables,
    because: Vec<At>,
    error_page: bool,
}

/// What the rewrite phase comes to.
enum Rewritten {
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
    fn asking(&self, path: &str) -> Trial<'t> {
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
                Next::Redirected => self.from_server()?,
                Next::Named(level) => self.rewrite_and_serve(level)?,
            };
        }
    }

    fn tls(&self) -> bool {
        let here = self.situation.endpoint;
        self.server.listens.iter().any(|it| it.tls && it.endpoints.contains(here))
    }

    /// The server's own rewrite phase, then the location.
    fn from_server(&mut self) -> Result<Next, Ask> {
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
        let file = self.file(&level.settings, &String::from_utf8_lossy(&self.path.text));
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
                return self.moved_to(path).map(Some);
            }
            if self.exists(&level.settings, &format!("{}{name}", self.path.shown))? {
                return self.behind(name, &level.at).map(Some);
            }
        }
        Ok(None)
    }

    /// Whether a file exists, that is a function of the path.
    fn exists(&self, settings: &Settings, shown: &str) -> Result<bool, Ask> {
        let file = self.file(settings, shown);
        self.known.ask(Condition::Exists(file.into()))
    }

    /// The file of a path.
    fn file(&self, settings: &Settings, path: &str) -> String {
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
            let target = self.file(&level.settings, &shown);
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
            Goal::Named(name) => self.named(name),
            Goal::Path(path) => {
                self.moved_to(Path { text: path.clone().into_bytes(), shown: path.clone() })
            }
            Goal::Behind(suffix) => self.behind(suffix, at),
            Goal::Opaque(opaque) => self.either(self.of_this(opaque)),
        }
    }

    fn named(&mut self, name: &str) -> Result<Next, Ask> {
        self.internal = true;
        match self.server.named.get(name) {
            Some(&level) if self.changes > 0 => {
                self.changes -= 1;
                Ok(Next::Named(level))
            }
            _ => Ok(Next::Done(self.leaf(false, Some(500), None))),
        }
    }

    /// The path with something behind it.
    fn behind(&mut self, suffix: &str, at: &At) -> Result<Next, Ask> {
        let text = [&self.path.text, suffix.as_bytes()].concat();
        let doubled = text.windows(2).any(|it| it == b"//");
        if self.path.shown != "$uri" || doubled || suffix.contains("./") || suffix.ends_with('.') {
            if self.path.shown.starts_with('$') && !suffix.is_empty() {
                let opaque = self.unknown(&format!("where `$uri{suffix}` leads"), at);
                return self.either(opaque);
            }
        }
        let shown = format!("{}{suffix}", self.path.shown);
        self.moved_to(Path { text, shown })
    }

    fn moved_to(&mut self, path: Path) -> Result<Next, Ask> {
        self.path = path;
        self.internal = true;
        if self.changes == 0 {
            return Ok(Next::Done(self.leaf(false, Some(500), None)));
        }
        self.changes -= 1;
        Ok(Next::Redirected)
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
    fn unknown(&self, what: &str, at: &At) -> Opaque {
        let key =
            format!("{what} of {} {:?} in {}", self.path.shown, self.variables, self.server.text);
        Opaque { what: what.into(), key: key.into(), location: at.location.clone() }
    }

    /// A condition about the path as it is now.
    fn of_this(&self, opaque: &Opaque) -> Opaque {
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

/// The access phase.
impl Trial<'_> {
    /// The status with which the request is refused, and by what; `None` if it is not.
    fn access(&self, settings: &Settings) -> Result<Option<(u16, At)>, Ask> {
        let checks: [&dyn Fn(&Settings) -> Result<Checked, Ask>; 4] = [
            &|settings| self.addresses(settings),
            &|settings| self.basic(settings),
            &|settings| self.permission(settings),
            &|settings| self.unmodelled(settings),
        ];
        let mut refusal: Option<(u16, At)> = None;
        for check in checks {
            match (check(settings)?, &settings.satisfy_any) {
                (Checked::Declined, _) | (Checked::Passed, None) => {}
                (Checked::Passed, Some(_)) => return Ok(None),
                (Checked::Refused(status @ (401 | 403), at), Some(_)) => {
                    // 401 is remembered before 403.
                    if refusal.as_ref().is_none_or(|(known, _)| *known != 401) {
                        refusal = Some((status, at));
                    }
                }
                (Checked::Refused(status, at), _) => return Ok(Some((status, at))),
            }
        }
        Ok(refusal)
    }

    /// `allow` and `deny`: the first rule that fits.
    fn addresses(&self, settings: &Settings) -> Result<Checked, Ask> {
        for rule in &settings.rules.rules {
            if self.is_from(rule, settings)? {
                let refused = || Checked::Refused(403, Arc::clone(&rule.at));
                return Ok(if rule.allow { Checked::Passed } else { refused() });
            }
        }
        Ok(Checked::Declined)
    }

    /// Whether the client is where a rule says; behind a proxy that is trusted, the client is where
    /// a header says.
    fn is_from(&self, rule: &super::model::Rule, settings: &Settings) -> Result<bool, Ask> {
        let all = rule.unix && !rule.addresses.is_empty();
        if let Some((proxies, header)) = settings.real_ip.as_ref().filter(|_| !all)
            && self.known.ask(Condition::From(proxies.clone(), false))?
        {
            let key = format!("{} {}", header.key, rule.addresses).into();
            return self.known.ask(Condition::Opaque(Opaque { key, ..header.clone() }));
        }
        if all {
            return Ok(true);
        }
        self.known.ask(Condition::From(rule.addresses.clone(), rule.unix))
    }

    /// `auth_basic`, which is without effect unless there is a file of users.
    fn basic(&self, settings: &Settings) -> Result<Checked, Ask> {
        let Some((realm, file)) = settings.realm.as_ref().zip(settings.user_file.as_ref()) else {
            return Ok(Checked::Declined);
        };
        if let Some(dynamic) = &settings.dynamic_realm
            && self.known.ask(Condition::Opaque(self.of_this(dynamic)))?
        {
            return Ok(Checked::Declined);
        }
        let accepted = self.known.ask(Condition::Accepts(Arc::clone(file)))?;
        Ok(if accepted { Checked::Passed } else { Checked::Refused(401, Arc::clone(realm)) })
    }

    /// `auth_request`: what another location answers.
    fn permission(&self, settings: &Settings) -> Result<Checked, Ask> {
        let Some((path, at)) = &settings.auth_request else { return Ok(Checked::Declined) };
        Ok(match self.reply(path, at)? {
            Reply::Success => Checked::Passed,
            Reply::Unauthorized => Checked::Refused(401, Arc::clone(at)),
            Reply::Forbidden => Checked::Refused(403, Arc::clone(at)),
            Reply::Other => Checked::Refused(500, Arc::clone(at)),
        })
    }

    /// What a location answers that is asked for permission: a fixed answer is known; what a service
    /// behind it says is not.
    fn reply(&self, path: &str, at: &At) -> Result<Reply, Ask> {
        let mut asking = self.asking(path);
        let leaf = asking.run()?;
        if let Some(status) = leaf.status {
            return Ok(Reply::of_status(status));
        }
        let target = leaf.target.unwrap_or_default();
        let service: Arc<str> = format!("`{path}` ({target})").into();
        if path.contains('$') {
            let opaque = self.unknown(&format!("what `{}` answers", at.text), at);
            let passes = self.known.ask(Condition::Opaque(opaque))?;
            return Ok(if passes { Reply::Success } else { Reply::Forbidden });
        }
        for reply in [Reply::Success, Reply::Unauthorized, Reply::Forbidden] {
            if self.known.ask(Condition::Answers(Arc::clone(&service), reply))? {
                return Ok(reply);
            }
        }
        Ok(Reply::Other)
    }

    fn unmodelled(&self, settings: &Settings) -> Result<Checked, Ask> {
        let mut passed = Checked::Declined;
        for opaque in &settings.unmodelled {
            if !self.known.ask(Condition::Opaque(self.of_this(opaque)))? {
                let at = self.because.last().or(self.server.levels.first().map(|it| &it.at));
                let at = at.map_or_else(|| Arc::clone(&self.server.at), Arc::clone);
                return Ok(Checked::Refused(403, at));
            }
            passed = Checked::Passed;
        }
        Ok(passed)
    }
}

/// What one check of the access phase comes to.
enum Checked {
    /// It has nothing to say.
    Declined,
    /// The request may pass.
    Passed,
    /// The request may not.
    Refused(u16, At),
}

/// The rewrite phase.
impl Trial<'_> {
    /// Runs the directives of a level.
    fn rewritten(&mut self, index: usize) -> Result<Rewritten, Ask> {
        let server = self.server;
        let Some(level) = server.levels.get(index) else { return Ok(Rewritten::Goes(index)) };
        let mut state = State { level: index, moved: false };
        Ok(match self.steps(&level.script, &mut state)? {
            Some(Stop::Answered(status, text, at)) => Rewritten::Answered(status, text, at),
            _ if state.moved && index != 0 => Rewritten::Moved,
            _ => Rewritten::Goes(state.level),
        })
    }

    fn steps(&mut self, steps: &[Step], state: &mut State) -> Result<Option<Stop>, Ask> {
        for step in steps {
            match step {
                Step::Return { status, text, at } => {
                    return Ok(Some(Stop::Answered(*status, *text, Arc::clone(at))));
                }
                Step::Break => {
                    state.moved = false;
                    return Ok(Some(Stop::Over));
                }
                Step::Set(name, value) => self.set(name, value.as_deref()),
                Step::If(test, level, inner) => {
                    if self.holds(test)? {
                        state.level = level.unwrap_or(state.level);
                        if let Some(stop) = self.steps(inner, state)? {
                            return Ok(Some(stop));
                        }
                    }
                }
                Step::Rewrite { test, to, flag, at } => {
                    if self.holds(test)?
                        && let Some(stop) = self.rewrite(to.as_ref(), *flag, at, state)?
                    {
                        return Ok(Some(stop));
                    }
                }
                Step::Opaque(opaque) => {
                    let refused = !self.known.ask(Condition::Opaque(self.of_this(opaque)))?;
                    let status = if refused { 403 } else { 200 };
                    return Ok(Some(Stop::Answered(status, true, Arc::clone(&self.server.at))));
                }
            }
        }
        Ok(None)
    }

    fn rewrite(
        &mut self,
        to: Option<&Goal>,
        flag: Flag,
        at: &At,
        state: &mut State,
    ) -> Result<Option<Stop>, Ask> {
        self.because.push(Arc::clone(at));
        self.path = match to {
            None => return Ok(Some(Stop::Answered(302, true, Arc::clone(at)))),
            Some(Goal::Path(path)) => Path { text: path.clone().into_bytes(), shown: path.clone() },
            Some(goal) => {
                let what = match goal {
                    Goal::Opaque(opaque) => opaque.what.to_string(),
                    _ => "where a `rewrite` leads".to_owned(),
                };
                let refused = !self.known.ask(Condition::Opaque(self.unknown(&what, at)))?;
                let status = if refused { 403 } else { 200 };
                return Ok(Some(Stop::Answered(status, true, Arc::clone(at))));
            }
        };
        self.internal = true;
        state.moved = flag != Flag::Break;
        Ok((flag != Flag::None).then_some(Stop::Over))
    }

    fn set(&mut self, name: &str, written: Option<&str>) {
        let value = written.and_then(|written| self.interpolated(written));
        let written = written.unwrap_or("?").to_owned();
        // What it is made of, for variables of which the value is not known.
        let made = format!("{written} {:?}", self.variables);
        let text = if value.is_some() { written } else { made };
        self.variables.insert(name.to_owned(), (text, value));
    }

    /// A text with the values of its variables in it, if they are known.
    fn interpolated(&self, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('$') {
            out.push_str(before);
            let (name, behind) = match behind.strip_prefix('{') {
                Some(inner) => inner.split_once('}')?,
                None => {
                    let end = behind.find(|it: char| !it.is_ascii_alphanumeric() && it != '_');
                    behind.split_at(end.unwrap_or(behind.len()))
                }
            };
            out.push_str(self.variables.get(name)?.1.as_deref()?);
            rest = behind;
        }
        Some(out + rest)
    }

    fn holds(&mut self, test: &Test) -> Result<bool, Ask> {
        Ok(match test {
            Test::Path(path) => self.path.text == path.as_bytes(),
            Test::PathMatches(pattern) => {
                let found = pattern.is_found_in(&self.path.text);
                if found {
                    let captures = format!("{pattern} of {}", self.path.shown);
                    self.variables.insert("1".to_owned(), (captures, None));
                }
                found
            }
            Test::Host(host) => self.host() == host,
            Test::HostMatches(pattern) => pattern.is_found_in(self.host().as_bytes()),
            Test::Method(methods) => methods.contains(self.method),
            Test::Port(port) => self.situation.endpoint.port == *port,
            Test::From(address) => {
                let set = crate::network::AddressSet::one(*address);
                self.known.ask(Condition::From(set, false))?
            }
            Test::Set(name, opaque) => match self.variables.get(name).map(|it| &it.1) {
                Some(Some(value)) => !value.is_empty() && value != "0",
                _ => self.opaque_test(opaque)?,
            },
            Test::SetTo(name, value, opaque) => match self.variables.get(name).map(|it| &it.1) {
                Some(Some(known)) => known == value,
                _ => self.opaque_test(opaque)?,
            },
            Test::Exists(file) => {
                // Which file that is depends on where we are, and on the root there.
                let what = format!("whether `{file}` holds");
                self.known.ask(Condition::Opaque(self.unknown(&what, &self.server.at)))?
            }
            Test::Not(test) => !self.holds(test)?,
            Test::Opaque(opaque) => self.opaque_test(opaque)?,
        })
    }

    /// `$host`: without one in the request, the first name of the server.
    fn host(&self) -> &str {
        match (self.situation.host, self.server.names.first()) {
            ("", Some(ServerName::Exact(name))) => name,
            (host, _) => host,
        }
    }

    fn opaque_test(&self, opaque: &Opaque) -> Result<bool, Ask> {
        let key = format!("{} of {} {:?}", opaque.key, self.path.shown, self.variables).into();
        self.known.ask(Condition::Opaque(Opaque { key, ..opaque.clone() }))
    }
}

/// Where the rewrite phase of a level stands.
struct State {
    /// The level that is in force: that of the last `if` that holds.
    level: usize,
    /// Whether the path has changed, so that another location is sought.
    moved: bool,
}

/// Why the rewrite phase ends early.
enum Stop {
    Answered(u16, bool, At),
    Over,
}
