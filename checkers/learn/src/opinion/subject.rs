//! What a question is about: the lines of one configuration, secrets left out.

use seatrial_core::Span;
use seatrial_manifests::Object;
use seatrial_parse::settings::Settings;
use seatrial_parse::{Node, Number, Value, escape_pointer_token};

use crate::systems::{System, facts, names};
use crate::values::{Kind, kind};

/// The most lines of one question; what has more is asked about in parts.
const MOST_LINES: usize = 60;

/// Longer texts are contents, not settings: only their length is told.
const LONGEST_VALUE: usize = 200;

/// What stands for a value that is not told.
const HIDDEN: &str = "(hidden)";

/// Words of names whose values are not told.
const SECRET_WORDS: &[&str] =
    &["credential", "credentials", "pass", "passphrase", "passwd", "password", "secret", "token"];

/// Last words of names that tell where a secret is, not what it is.
const PLACES: &[&str] = &["file", "name", "path"];

/// Pairs of words of names whose values are not told.
const SECRET_PAIRS: &[[&str; 2]] =
    &[["access", "key"], ["api", "key"], ["private", "key"], ["account", "key"]];

/// One line of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The parameter, or the JSON pointer of the value.
    pub name: String,
    /// The value as it is told.
    pub value: String,
    /// Where the value stands in its file.
    pub span: Span,
}

/// What a question is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What it is, such as `HDFS 3.3.0` or `the Kubernetes object Deployment of apps/v1`.
    pub title: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

impl Subject {
    fn parts(title: &str, lines: &[Line]) -> Vec<Self> {
        let part = |lines: &[Line]| Self { title: title.to_owned(), lines: lines.to_vec() };
        lines.chunks(MOST_LINES).map(part).collect()
    }
}

/// The parameters of a configuration file.
pub fn of_settings(system: System, settings: &Settings) -> Vec<Subject> {
    let line = |setting: &seatrial_parse::settings::Setting| Line {
        name: setting.name.clone(),
        value: told(&setting.name, &setting.value),
        span: setting.value_span,
    };
    let title = facts::of(system).map_or_else(|| system.to_string(), facts::Facts::title);
    let lines: Vec<Line> = settings.settings.iter().map(line).collect();
    Subject::parts(&title, &lines)
}

/// The values of an object by their JSON pointers; nothing of a `Secret`.
pub fn of_object(object: &Object) -> Vec<Subject> {
    if object.kind() == "Secret" {
        return Vec::new();
    }
    let mut lines = Vec::new();
    walk(&object.node, "", "", &mut lines);
    let title = format!("the Kubernetes object {} of {}", object.kind(), object.id.api_version);
    Subject::parts(&title, &lines)
}

/// `meant` is what the value is of beside its own name: that of an environment variable, say.
fn walk(node: &Node, pointer: &str, meant: &str, lines: &mut Vec<Line>) {
    match &node.value {
        Value::Mapping(map) if !map.entries.is_empty() => {
            let name = node.get("name").and_then(Node::as_str).unwrap_or(meant);
            for entry in node.entries() {
                let key: &str = &entry.key.text;
                let meant = if key == "value" { name } else { key };
                let below = format!("{pointer}/{}", escape_pointer_token(key));
                walk(&entry.value, &below, meant, lines);
            }
        }
        Value::Sequence(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                walk(item, &format!("{pointer}/{at}"), meant, lines);
            }
        }
        _ => {
            let value = told(meant, &scalar(node));
            lines.push(Line { name: pointer.to_owned(), value, span: node.span });
        }
    }
}

/// A scalar as JSON writes it, so that a number is told from a text.
fn scalar(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(Number::Int(value)) => value.to_string(),
        Value::Number(Number::UInt(value)) => value.to_string(),
        Value::Number(Number::Float(value)) => value.to_string(),
        Value::String(text) => serde_json::Value::from(&**text).to_string(),
        Value::Sequence(_) => "[]".to_owned(),
        Value::Mapping(_) => "{}".to_owned(),
    }
}

/// A value as it is told: no secret, nothing long.
fn told(name: &str, value: &str) -> String {
    if (is_secret_name(name) && kind(value) != Kind::Boolean) || has_secret(value) {
        return HIDDEN.to_owned();
    }
    if value.len() > LONGEST_VALUE || value.contains('\n') {
        return format!("(a text of {} bytes)", value.len());
    }
    value.to_owned()
}

fn is_secret_name(name: &str) -> bool {
    let words = names::words(name);
    let pair = |pair: &[String]| SECRET_PAIRS.iter().any(|secret| pair == secret);
    let place = words.last().is_some_and(|word| PLACES.contains(&word.as_str()));
    let secret = words.iter().any(|word| {
        SECRET_WORDS.contains(&word.as_str())
            || word.ends_with("pass")
            || word.ends_with("password")
    });
    !place && (secret || words.windows(2).any(pair))
}

/// Whether a text holds a secret itself: `--password=x`, `https://user:x@host`.
fn has_secret(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let user = |rest: &str| {
        let place = rest.split(['/', '?', ' ']).next().unwrap_or_default();
        place.split_once('@').is_some_and(|(user, _)| user.contains(':'))
    };
    lower.split("://").skip(1).any(user)
        || lower.contains("bearer ")
        || lower.contains("-----begin")
        || lower.split(['=', ':']).rev().skip(1).any(|part| {
            let name = part.rsplit([' ', ',', ';', '"', '{']).next().unwrap_or_default();
            is_secret_name(name)
        })
}
