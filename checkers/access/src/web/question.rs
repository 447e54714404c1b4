//! What a server decides on a request of which not all is said.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::net::IpAddr;

use serde::Serialize;

use super::answer::reason;
use super::cases::Cases;
use super::condition::{Condition, Fact, Leaf, TooMany, Tree};
use super::places::first_client;
use super::request::{Client, Endpoint, Local, Request, User};
use super::side::{Situation, WebServer, tree};
use crate::report::place;
use crate::{AtomSet, Decision, Extent, Members, Rectangle, Region, Source, Space};

/// A request by its URL. Who makes it, and from where, may be left open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The method.
    pub method: String,
    /// The URL as it was given.
    pub url: String,
    /// From where; anywhere if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<IpAddr>,
    /// By whom; without credentials if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(skip)]
    host: String,
    #[serde(skip)]
    port: u16,
    #[serde(skip)]
    path: String,
}

impl Question {
    /// Reads `http://HOST[:PORT]/PATH`, or the same with `https`.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as a lower-case fragment.
    pub fn new(
        method: &str,
        url: &str,
        from: Option<IpAddr>,
        user: Option<String>,
    ) -> Result<Self, String> {
        if method.is_empty() || !method.bytes().all(|it| it.is_ascii_uppercase() || it == b'-') {
            return Err(format!("`{method}` is no method: they are in capital letters"));
        }
        let known = url.strip_prefix("http://").map(|rest| (rest, 80));
        let known = known.or_else(|| url.strip_prefix("https://").map(|rest| (rest, 443)));
        let Some((rest, port)) = known else {
            return Err(format!("`{url}` does not begin with `http://` or `https://`"));
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (host, port) = match authority.rsplit_once(':').filter(|_| !authority.ends_with(']')) {
            None => (authority, port),
            Some((host, port)) => {
                let port = port.parse().map_err(|_| format!("`{port}` is no port"))?;
                (host, port)
            }
        };
        if host.is_empty() {
            return Err(format!("`{url}` names no host"));
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let (method, url, host) = (method.to_owned(), url.to_owned(), host.to_lowercase());
        Ok(Self { method, url, from, user, host, port, path })
    }

    /// The endpoints of a server that it may come to: of its port, of the family of the client, and
    /// the very address where the host is one.
    fn endpoints(&self, server: &dyn WebServer) -> Vec<Endpoint> {
        let address: Option<IpAddr> =
            self.host.trim_start_matches('[').trim_end_matches(']').parse().ok();
        let v6 = address.or(self.from).map(|it| it.is_ipv6());
        let of_port: Vec<_> =
            server.endpoints().into_iter().filter(|it| it.port == self.port).collect();
        let reached = |it: &Endpoint| match &it.local {
            Local::AnyV4 => v6 != Some(true),
            Local::AnyV6 => v6 != Some(false),
            Local::Address(local) => {
                address.map_or(v6.is_none_or(|v6| v6 == local.is_ipv6()), |it| it == *local)
            }
            Local::Name(_) => true,
            Local::Unix(_) => false,
        };
        let mut reached: Vec<_> = of_port.into_iter().filter(reached).collect();
        if address.is_some() && reached.iter().any(|it| matches!(it.local, Local::Address(_))) {
            // This very address comes before all addresses of its family.
            reached.retain(|it| matches!(it.local, Local::Address(_)));
        }
        reached
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)?;
        if let Some(from) = self.from {
            write!(f, " from {from}")?;
        }
        match &self.user {
            Some(user) => write!(f, " as {user}"),
            None => f.write_str(" without credentials"),
        }
    }
}

/// What the question says of conditions.
#[derive(Debug)]
struct Said<'q> {
    question: &'q Question,
    server: &'q dyn WebServer,
    /// Whether all files of users accept the credentials.
    accepted: bool,
}

impl Fact for Said<'_> {
    fn answer(&self, condition: &Condition) -> Option<bool> {
        match condition {
            Condition::From(addresses, _) => self.question.from.map(|it| addresses.contains(it)),
            Condition::Accepts(_) if self.accepted => Some(true),
            Condition::Accepts(file) => match &self.question.user {
                None => Some(false),
                // Whom a file accepts that is not there is not known.
                Some(user) => Some(self.server.users().get(&**file)?.contains(user)),
            },
            Condition::Answers(..) | Condition::Exists(_) | Condition::Opaque(_) => None,
        }
    }
}

/// What is decided in some of the cases that a question leaves open.
#[derive(Debug, Clone, Serialize)]
pub struct WebCase {
    /// The decision.
    pub decision: Decision,
    /// Where the request is made, in which cases; empty where that makes no difference.
    pub when: Vec<Extent>,
    /// The status, where the server itself answers, and always in the same way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What is served: a file, or the service that the request is handed to.
    pub served: Vec<String>,
    /// The directives that it rests on.
    pub rules: Vec<Source>,
    /// What is not known.
    pub reasons: Vec<String>,
    /// How to ask a server.
    pub replay: String,
}

/// What a server decides on a question.
#[derive(Debug, Clone, Serialize)]
pub struct WebAnswers {
    /// The decision, if it is one in all cases; unknown if it depends on what is left open.
    pub decision: Decision,
    /// What was asked.
    pub request: Question,
    /// The cases, those of one decision together.
    pub cases: Vec<WebCase>,
    /// What is worth knowing beside it.
    pub notes: Vec<String>,
}

impl WebAnswers {
    /// Decides a question.
    pub fn of(server: &dyn WebServer, question: Question) -> Self {
        let endpoints = question.endpoints(server);
        let mut found: Vec<(Endpoint, Vec<WebCase>)> = endpoints
            .into_iter()
            .map(|endpoint| {
                let cases = At { server, question: &question, endpoint: &endpoint }.cases(false);
                (endpoint, cases)
            })
            .collect();
        let mut notes = Vec::new();
        if found.is_empty() {
            let port = question.port;
            notes.push(format!("no server listens on port {port} for it"));
        }
        notes.extend(with_credentials(server, &question, &found));
        // Endpoints at which all is decided alike need not be told apart.
        let alike = |a: &[WebCase], b: &[WebCase]| {
            let key = |it: &WebCase| (it.decision, it.when.clone(), it.rules.clone(), it.status);
            a.iter().map(key).eq(b.iter().map(key))
        };
        let mut cases: Vec<WebCase> = Vec::new();
        let one = found.windows(2).all(|pair| match pair {
            [(_, a), (_, b)] => alike(a, b),
            _ => true,
        });
        if one {
            found.truncate(1);
        }
        for (endpoint, of_endpoint) in found {
            cases.extend(of_endpoint.into_iter().map(|mut case| {
                if !one {
                    let members = Members::Only(vec![endpoint.to_string().into()]);
                    case.when.insert(0, Extent { dimension: "at", members });
                }
                case
            }));
        }
        cases.sort_by(|a, b| (a.decision, &a.when).cmp(&(b.decision, &b.when)));
        let decisions: BTreeSet<Decision> = cases.iter().map(|case| case.decision).collect();
        let decision = match decisions.first() {
            None => Decision::Denied,
            Some(decision) if decisions.len() == 1 => *decision,
            Some(_) => Decision::Unknown,
        };
        Self { decision, request: question, cases, notes }
    }

    /// The answer in words.
    pub fn text(&self) -> String {
        let mut text = format!("{}: {}\n", self.decision, self.request);
        let several = self.cases.len() > 1;
        if several && self.decision == Decision::Unknown {
            text.push_str("  because  it depends on what is not said:\n");
        }
        for case in &self.cases {
            let when: Vec<_> =
                case.when.iter().map(|it| format!("{} {}", it.dimension, it.members)).collect();
            let status = case.status.map_or_else(String::new, |status| format!(" ({status})"));
            if several {
                let _ = writeln!(text, "{}{status}: {}", case.decision, when.join(", "));
            } else if let Some(status) = case.status {
                let _ = writeln!(text, "  status   {status}");
            }
            for reason in &case.reasons {
                let _ = writeln!(text, "  because  {reason}");
            }
            for served in &case.served {
                let _ = writeln!(text, "  served   {served}");
            }
            for rule in &case.rules {
                let _ = writeln!(text, "  {:<8} {}", rule.role, place(rule));
            }
            let _ = writeln!(text, "  replay   {}", case.replay);
        }
        for note in &self.notes {
            let _ = writeln!(text, "note: {note}");
        }
        text
    }
}

/// What credentials would change, where none are given.
fn with_credentials(
    server: &dyn WebServer,
    question: &Question,
    found: &[(Endpoint, Vec<WebCase>)],
) -> Option<String> {
    question.user.is_none().then_some(())?;
    let decisions = |cases: &[WebCase]| {
        cases.iter().map(|it| (it.decision, it.when.clone())).collect::<BTreeSet<_>>()
    };
    let differs = found.iter().any(|(endpoint, cases)| {
        let with = At { server, question, endpoint }.cases(true);
        decisions(&with) != decisions(cases)
    });
    differs.then(|| "credentials that the file of users accepts change the decision".to_owned())
}

/// A question at one endpoint.
struct At<'q> {
    server: &'q dyn WebServer,
    question: &'q Question,
    endpoint: &'q Endpoint,
}

impl At<'_> {
    fn request(&self) -> Request {
        let Question { host, method, path, from, user, .. } = self.question;
        let client = from.map_or_else(|| first_client(self.endpoint), Client::Address);
        let mut request = Request::new(self.endpoint.clone(), host, method, path, client);
        if let Some(name) = user {
            request.user = User::Named(name.clone());
        }
        request
    }

    fn single(&self, decision: Decision, status: Option<u16>, reason: &str) -> Vec<WebCase> {
        let reasons = vec![reason.to_owned()];
        let replay = self.request().curl();
        let (when, served, rules) = (Vec::new(), Vec::new(), Vec::new());
        vec![WebCase { decision, when, status, served, rules, reasons, replay }]
    }

    /// The cases of what the question leaves open.
    fn cases(&self, accepted: bool) -> Vec<WebCase> {
        let Self { server, question, endpoint } = *self;
        let path = match server.normalised(endpoint, &question.host, &question.path) {
            Ok(path) => path,
            Err(leaf) => {
                return self.single(Decision::Denied, leaf.status, "it is no valid request");
            }
        };
        let Question { host, method, .. } = question;
        let situation = Situation { endpoint, host, method, path: &path };
        let said = Said { question, server, accepted };
        let too_much = "it depends on more conditions than are looked at";
        let Ok(whole): Result<Tree, TooMany> = tree(server, &situation, Some(&said)) else {
            return self.single(Decision::Unknown, None, too_much);
        };
        let reduced = whole.clone().reduced();
        match Cases::of(&[&reduced], endpoint) {
            Ok(cases) => self.told(&cases, &reduced, &whole),
            Err(_) => self.single(Decision::Unknown, None, too_much),
        }
    }

    /// The cases, those together that are decided alike for the same reasons.
    fn told(&self, cases: &Cases, reduced: &Tree, whole: &Tree) -> Vec<WebCase> {
        let server = self.server.name();
        let mut alike: BTreeMap<Told, Vec<Rectangle>> = BTreeMap::new();
        for case in cases.all() {
            let (outcome, ..) = cases.compare(&case, reduced, reduced);
            let leaves = whole.leaves_in(&|condition| cases.answer(&case, condition));
            let told = Told::of(outcome.decision(), &leaves, server);
            let sets = case.iter().map(|&atom| AtomSet::single(atom)).collect();
            alike.entry(told).or_default().extend(Rectangle::new(sets));
        }
        let space = Space::new(cases.dimensions.clone());
        let opaque: BTreeSet<_> = cases.opaque.iter().map(reason).collect();
        let mut found = Vec::new();
        for (told, rectangles) in alike {
            for rectangle in Region::union_of(rectangles).maximal() {
                let mut when = rectangle.extents(&space);
                when.retain(|it| it.members != Members::Any);
                let cell: Vec<_> =
                    rectangle.sets().iter().filter_map(|set| set.iter().next()).collect();
                let mut request = self.request();
                let user = request.user.clone();
                cases.put(&cell, &mut request);
                if let Some(from) = self.question.from {
                    request.client = Client::Address(from);
                }
                if user != User::None {
                    request.user = user;
                }
                let unknown = told.decision == Decision::Unknown;
                let Told { decision, status, served, rules } = told.clone();
                let reasons = opaque.iter().filter(|_| unknown).cloned().collect();
                let replay = request.curl();
                found.push(WebCase { decision, when, status, served, rules, reasons, replay });
            }
        }
        found
    }
}

/// A decision with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    decision: Decision,
    status: Option<u16>,
    served: Vec<String>,
    rules: Vec<Source>,
}

impl Told {
    fn of(decision: Decision, leaves: &[&Leaf], server: &str) -> Self {
        let statuses: BTreeSet<_> = leaves.iter().map(|leaf| leaf.status).collect();
        let status = statuses.first().copied().flatten().filter(|_| statuses.len() == 1);
        let served: BTreeSet<_> = leaves.iter().filter_map(|leaf| leaf.target.clone()).collect();
        let rules = leaves.iter().flat_map(|leaf| &leaf.because);
        let rules: BTreeSet<_> = rules.map(|ground| ground.source(server)).collect();
        let (served, rules) = (served.into_iter().collect(), rules.into_iter().collect());
        Self { decision, status, served, rules }
    }
}

#[cfg(test)]
mod tests;
