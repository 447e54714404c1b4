//! Flat and XML configurations: names with their values, and where each stands.
//!
//! [`read`] never fails: what cannot be read is a [`Problem`] with its place, and what is left out on
//! purpose (statements of a Django settings module, elements that are no property) is named in
//! [`Settings::skipped`]. Nothing is included from other files, and no entity is expanded but the
//! five of XML and characters by number.

mod comments;
mod django;
mod lines;
mod postgresql;
mod redis;
mod scan;
mod xml;

pub use comments::comments;

use std::fmt;
use std::str::FromStr;

use seatrial_core::Span;

use crate::{Problem, ProblemKind, Value};

/// How a configuration is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// `key=value`, one a line; comments begin with `#` or `;`.
    KeyValue,
    /// `key: value`, one a line; comments begin with `#`.
    KeyColon,
    /// `[section]`, `key=value`; a key in a section is named `section.key`.
    Ini,
    /// `java.util.Properties`: escapes and continued lines.
    Properties,
    /// `<configuration><property><name>…</name><value>…</value></property></configuration>`.
    HadoopXml,
    /// `redis.conf`: a name and its arguments, quoted where they must be; also `name=value`.
    Redis,
    /// `postgresql.conf`: `name = value`, quotes and comments behind the value.
    Postgresql,
    /// A Python module with assignments to upper-case names.
    Django,
    /// A YAML map of names to scalars and lists of them.
    Yaml,
}

impl Dialect {
    /// All dialects, in the order of their names.
    pub const ALL: [Self; 9] = [
        Self::Django,
        Self::HadoopXml,
        Self::Ini,
        Self::KeyColon,
        Self::KeyValue,
        Self::Postgresql,
        Self::Properties,
        Self::Redis,
        Self::Yaml,
    ];

    /// The name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Django => "django",
            Self::HadoopXml => "hadoop-xml",
            Self::Ini => "ini",
            Self::KeyColon => "key-colon",
            Self::KeyValue => "key-value",
            Self::Postgresql => "postgresql",
            Self::Properties => "properties",
            Self::Redis => "redis",
            Self::Yaml => "yaml",
        }
    }

    /// The dialect that a text looks like, judged by its first telling line.
    pub fn detect(text: &str) -> Self {
        let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
        if text.starts_with('<') {
            return Self::HadoopXml;
        }
        let telling = |line: &&str| !line.is_empty() && !line.starts_with(['#', ';', '!']);
        let mut lines = text.lines().map(str::trim).filter(telling);
        let Some(first) = lines.next() else { return Self::KeyValue };
        if first.starts_with('[') && first.ends_with(']') {
            return Self::Ini;
        }
        match (first.find('='), first.find(':')) {
            (Some(equals), Some(colon)) if colon < equals => Self::KeyColon,
            (Some(_), _) => Self::KeyValue,
            (None, Some(_)) => Self::KeyColon,
            (None, None) => Self::Redis,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Dialect {
    type Err = String;

    /// Reads a name of [`Dialect::as_str`]; the error names them all.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|dialect| dialect.as_str() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join("`, `");
            format!("unknown format `{text}`: one of `{known}`")
        })
    }
}

/// One parameter with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The name of the parameter.
    pub name: String,
    /// The value, without quotes and with its escapes resolved; of several arguments, with one
    /// space between them.
    pub value: String,
    /// The arguments one by one; one for most dialects.
    pub arguments: Vec<String>,
    /// The text of the name.
    pub name_span: Span,
    /// The text of the value; empty, behind the name, where there is none.
    pub value_span: Span,
    /// Whether later ones of the same name are ignored: `<final>` of Hadoop's XML.
    pub is_final: bool,
}

/// A part of a configuration that holds no parameter, and is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its text.
    pub span: Span,
    /// What it is, such as ``the statement `import os` ``.
    pub what: String,
}

/// All that was read from a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The parameters, in the order of the text.
    pub settings: Vec<Setting>,
    /// What is left out on purpose.
    pub skipped: Vec<Skipped>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

impl Settings {
    fn add(&mut self, name: &str, name_span: Span, value: String, value_span: Span) {
        let arguments = vec![value.clone()];
        let name = name.to_owned();
        let is_final = false;
        self.settings.push(Setting { name, value, arguments, name_span, value_span, is_final });
    }

    fn complain(&mut self, span: Span, message: impl Into<String>, help: Option<&str>) {
        let (message, help) = (message.into(), help.map(str::to_owned));
        let kind = ProblemKind::Syntax;
        self.problems.push(Problem { span, kind, message, help, related: None });
    }

    fn skip(&mut self, span: Span, what: impl Into<String>) {
        self.skipped.push(Skipped { span, what: what.into() });
    }

    /// Reports names that occur again, where the last one wins.
    fn find_duplicates(&mut self) {
        let mut seen = std::collections::BTreeMap::new();
        for setting in &self.settings {
            let here = (setting.name_span, setting.is_final);
            if let Some((first, is_final)) = seen.get(&setting.name).copied() {
                let in_force =
                    if is_final { "the first one, which is final," } else { "the last one" };
                self.problems.push(Problem {
                    span: setting.name_span,
                    kind: ProblemKind::DuplicateKey,
                    message: format!("`{}` is set again", setting.name),
                    help: Some(format!("remove one of the two: {in_force} is in force")),
                    related: Some((first, "it was set here before".to_owned())),
                });
                if is_final {
                    continue;
                }
            }
            seen.insert(setting.name.clone(), here);
        }
    }
}

/// What a configuration gets from another file, which is not read.
fn included(file: &str) -> String {
    format!("what `{file}` sets, which is included")
}

/// Reads a configuration.
pub fn read(text: &str, dialect: Dialect) -> Settings {
    let mut settings = match dialect {
        Dialect::KeyValue => lines::read(text, &lines::KEY_VALUE),
        Dialect::KeyColon => lines::read(text, &lines::KEY_COLON),
        Dialect::Ini => lines::read(text, &lines::INI),
        Dialect::Properties => lines::properties(text),
        Dialect::HadoopXml => xml::read(text),
        Dialect::Redis => redis::read(text),
        Dialect::Postgresql => postgresql::read(text),
        Dialect::Django => django::read(text),
        Dialect::Yaml => of_yaml(text),
    };
    // Directives of Redis may be repeated; each adds to those before.
    if dialect != Dialect::Redis {
        settings.find_duplicates();
    }
    settings.problems.sort();
    settings
}

/// Reads a YAML map. The text of a value is kept as it is written, so that `0644` stays octal.
fn of_yaml(text: &str) -> Settings {
    let parsed = crate::yaml(text);
    let mut settings = Settings::default();
    if parsed.documents.is_empty() && !parsed.unreadable.is_empty() {
        // What a line says by itself is still worth checking.
        settings.settings = lines::read(text, &lines::KEY_COLON).settings;
    }
    settings.problems.extend(parsed.unreadable.into_iter().map(|unreadable| unreadable.problem));
    settings.problems.extend(parsed.problems);
    // A duplicate is reported by the reader of YAML, which keeps the last one alone.
    for document in &parsed.documents {
        let Value::Mapping(map) = &document.root.value else {
            settings.skip(document.root.span, "a document that is no map of names to values");
            continue;
        };
        for entry in &map.entries {
            let span = entry.value.span;
            let written =
                text.get(span.start as usize..span.end as usize).unwrap_or_default().trim();
            let value = match &entry.value.value {
                Value::String(text) => text.to_string(),
                Value::Null => String::new(),
                _ => written.to_owned(),
            };
            settings.add(&entry.key.text, entry.key.span, value, span);
        }
    }
    settings
}

#[cfg(test)]
mod tests;
