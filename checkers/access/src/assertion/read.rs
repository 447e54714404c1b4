//! Assertions as their files state them.

use std::str::FromStr;

use seatrial_core::{Severity, SourceFile, Span, nearest};
use seatrial_parse::{Node, Value, yaml};

use super::Who;
use crate::network::{PortSet, Protocol};
use crate::report::Which;
use crate::web::{Visitor, WebRegion};

/// Something that must be true of access.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    /// Its name: that of its file.
    pub name: String,
    /// What is wrong if it is refuted, a lower-case fragment.
    pub title: String,
    /// How bad that is.
    pub severity: Severity,
    /// Why it matters; may be empty.
    pub why: String,
    /// What is claimed.
    pub claim: Claim,
}

/// What an assertion claims.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// Nobody may make some requests.
    Nobody(Nobody),
    /// Nothing can connect to some workloads.
    Nothing(Nothing),
    /// Nobody, but some, reaches a part of web servers.
    NoVisitor(NoVisitor),
}

/// Nobody, but some, reaches a part of web servers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NoVisitor {
    /// Who may.
    pub but: Vec<Visitor>,
    /// What must not be reached.
    pub region: WebRegion,
}

/// Nobody, but some, may make some requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nobody {
    /// Who may.
    pub but: Vec<Who>,
    /// Who is asked about; everybody if there is none.
    pub among: Vec<Who>,
    /// The verbs; any if there is none.
    pub verbs: Vec<String>,
    /// The resources.
    pub resources: Vec<Resource>,
    /// The URLs.
    pub urls: Vec<String>,
    /// The names; any if there is none.
    pub names: Vec<String>,
    /// The namespaces; any if there is none.
    pub namespaces: Vec<String>,
}

/// `RESOURCE[.GROUP][/SUBRESOURCE]`; a part that is absent is any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The resource.
    pub resource: Option<String>,
    /// Its API group.
    pub group: Option<String>,
    /// The subresource; the empty one is the resource itself.
    pub subresource: Option<String>,
}

/// Nothing outside of some ends reaches others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nothing {
    /// Whose connections are no matter.
    pub outside: Vec<Which>,
    /// Who must not be reached.
    pub reaches: Vec<Which>,
    /// On which ports.
    pub ports: PortSet,
}

/// Why an assertion cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// Where in the file.
    pub span: Span,
    /// What is wrong, as a lower-case fragment.
    pub message: String,
}

impl Misread {
    pub(super) fn at(node: &Node, message: impl Into<String>) -> Self {
        Self { span: node.span, message: message.into() }
    }
}

impl Assertion {
    /// Reads the assertion of a file; its name is that of the file, without the ending.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn read(file: &SourceFile) -> Result<Self, Misread> {
        let parsed = yaml(file.text());
        let unreadable = parsed.unreadable.iter().map(|it| &it.problem).chain(&parsed.problems);
        if let Some(problem) = unreadable.into_iter().next() {
            return Err(Misread { span: problem.span, message: problem.message.clone() });
        }
        let [document] = parsed.documents.as_slice() else {
            let message = "expected one document with one assertion".to_owned();
            return Err(Misread { span: Span::default(), message });
        };
        let root = &document.root;
        known(root, &["title", "severity", "why", "nobody", "nothing", "no-visitor"])?;
        let name = file.path().rsplit('/').next().unwrap_or_default();
        let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
        let title = text(root, "title")?.ok_or_else(|| Misread::at(root, "`title` is missing"))?;
        let severity = match root.get("severity").zip(text(root, "severity")?) {
            Some((node, text)) => text.parse().map_err(|error: String| Misread::at(node, error))?,
            None => Severity::Error,
        };
        let claims = ["nobody", "nothing", "no-visitor"].map(|key| root.get(key));
        let claim = match claims {
            [Some(node), None, None] => Claim::Nobody(nobody(node)?),
            [None, Some(node), None] => Claim::Nothing(nothing(node)?),
            [None, None, Some(node)] => Claim::NoVisitor(super::web::no_visitor(node)?),
            _ => {
                let message = "expected one of `nobody`, `nothing` and `no-visitor`";
                return Err(Misread::at(root, message));
            }
        };
        let why = text(root, "why")?.unwrap_or_default();
        Ok(Self { name, title, severity, why, claim })
    }
}

fn nobody(node: &Node) -> Result<Nobody, Misread> {
    known(node, &["but", "among", "verbs", "resources", "urls", "names", "namespaces"])?;
    let claim = Nobody {
        but: list(node, "but")?,
        among: list(node, "among")?,
        verbs: any(list(node, "verbs")?),
        resources: list(node, "resources")?,
        urls: list(node, "urls")?,
        names: any(list(node, "names")?),
        namespaces: any(list(node, "namespaces")?),
    };
    if claim.resources.is_empty() == claim.urls.is_empty() {
        return Err(Misread::at(node, "expected either `resources` or `urls`"));
    }
    Ok(claim)
}

fn nothing(node: &Node) -> Result<Nothing, Misread> {
    known(node, &["outside", "reaches", "ports"])?;
    let ports: Vec<Ports> = list(node, "ports")?;
    let claim = Nothing {
        outside: list(node, "outside")?,
        reaches: list(node, "reaches")?,
        ports: match ports.as_slice() {
            [] => PortSet::all(),
            ports => ports.iter().fold(PortSet::none(), |all, Ports(ports)| all.union(ports)),
        },
    };
    if claim.reaches.is_empty() {
        return Err(Misread::at(node, "`reaches` is missing"));
    }
    Ok(claim)
}

/// A list that holds `*` says no more than no list.
pub(super) fn any(values: Vec<String>) -> Vec<String> {
    if values.iter().any(|value| value == "*") { Vec::new() } else { values }
}

/// Every key must be one of these.
pub(super) fn known(node: &Node, keys: &[&'static str]) -> Result<(), Misread> {
    if !matches!(node.value, Value::Mapping(_)) {
        return Err(Misread::at(node, format!("expected a mapping, not {}", node.type_name())));
    }
    let unknown = node.entries().iter().find(|entry| !keys.contains(&&*entry.key.text));
    unknown.map_or(Ok(()), |entry| {
        let key = &entry.key.text;
        let hint = nearest(key, keys.iter().copied())
            .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        Err(Misread { span: entry.key.span, message: format!("unknown key `{key}`{hint}") })
    })
}

fn text(node: &Node, key: &str) -> Result<Option<String>, Misread> {
    let Some(value) = node.get(key) else { return Ok(None) };
    let text = value.as_str().map(|text| text.trim().to_owned());
    text.map(Some).ok_or_else(|| Misread::at(value, format!("`{key}` must be a text")))
}

/// The items of a list, each read from its text; a number is its text.
pub(super) fn list<T: FromStr<Err = E>, E: ToString>(
    node: &Node,
    key: &str,
) -> Result<Vec<T>, Misread> {
    let Some(value) = node.get(key) else { return Ok(Vec::new()) };
    if !matches!(value.value, Value::Sequence(_)) {
        return Err(Misread::at(value, format!("`{key}` must be a list")));
    }
    let read = |item: &Node| {
        let number = item.as_i64().map(|number| number.to_string());
        let text = item.as_str().map(str::to_owned).or(number);
        let text = text.ok_or_else(|| Misread::at(item, "expected a text".to_owned()))?;
        text.parse::<T>()
            .map_err(|error| Misread::at(item, format!("`{text}`: {}", error.to_string())))
    };
    value.items().iter().map(read).collect()
}

impl Resource {
    /// Whether its objects live in namespaces; resources that are not known are taken to.
    pub fn is_namespaced(&self) -> bool {
        let native = self.resource.as_deref().and_then(seatrial_policy::native_resource);
        let native = native.filter(|(group, _)| self.group.as_deref() == Some(group));
        native.is_none_or(|(_, namespaced)| namespaced)
    }
}

impl FromStr for Resource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let part = |text: &str| (text != "*").then(|| text.to_owned());
        if text == "*" {
            return Ok(Self { resource: None, group: None, subresource: None });
        }
        let (target, subresource) = text.split_once('/').unwrap_or((text, ""));
        let (resource, group) = match target.split_once('.') {
            Some((resource, group)) => (resource, group),
            None => (target, seatrial_policy::native_resource(target).map_or("", |it| it.0)),
        };
        if resource.is_empty() {
            return Err("expected `RESOURCE[.GROUP][/SUBRESOURCE]`".to_owned());
        }
        let (resource, group) = (part(resource), part(group));
        Ok(Self { resource, group, subresource: part(subresource) })
    }
}

/// `5432`, `8000-8100`, `UDP 53`.
struct Ports(PortSet);

impl FromStr for Ports {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (protocol, range) = match text.split_once(' ') {
            Some((name, range)) => {
                let known = Protocol::of_name(name);
                (known.ok_or_else(|| format!("`{name}` is none of TCP, UDP and SCTP"))?, range)
            }
            None => (Protocol::Tcp, text),
        };
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let number = |text: &str| text.parse::<u16>().ok().filter(|&number| number > 0);
        match number(first).zip(number(last)).filter(|(first, last)| first <= last) {
            Some((first, last)) => Ok(Self(PortSet::range(protocol, first, last))),
            None => Err("expected a port from 1 to 65535, or a range of them".to_owned()),
        }
    }
}
