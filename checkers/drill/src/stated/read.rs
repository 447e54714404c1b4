//! Files of properties.

use std::sync::Arc;

use seatrial_core::{Location, SourceFile, Span, nearest};
use seatrial_parse::{Node, Value, yaml_or_json};
use seatrial_policy::{Formula, place_in_source};
use seatrial_scheduling::ReadError;

use super::{Claimed, NAMES, Stated};
use crate::{Event, Faults};

/// The fields of a property.
const FIELDS: [&str; 7] = ["name", "kind", "workload", "with", "faults", "when", "expression"];

type Read<T> = Result<T, ReadError>;

/// Reads the properties under `properties`.
pub(super) fn read(file: &Arc<SourceFile>) -> Result<Vec<Arc<Stated>>, Vec<ReadError>> {
    let reader = Reader { file };
    let parsed = yaml_or_json(file.text());
    if let Some(broken) = parsed.unreadable.first() {
        return Err(vec![reader.error(broken.problem.span, &broken.problem.message)]);
    }
    let [document] = parsed.documents.as_slice() else {
        let found = parsed.documents.len();
        let message = format!("expected one document with `properties`, found {found}");
        return Err(vec![reader.error(Span::default(), &message)]);
    };
    let mut errors = reader.unknown(&document.root, &["properties"]);
    let Some(list) = document.root.get("properties").filter(|it| !it.items().is_empty()) else {
        errors.push(reader.error(document.root.span, "expected a list `properties`"));
        return Err(errors);
    };
    let mut all: Vec<Arc<Stated>> = Vec::new();
    for item in list.items() {
        errors.extend(reader.unknown(item, &FIELDS));
        match reader.property(item) {
            Ok(stated) if all.iter().any(|other| other.name == stated.name) => {
                let message = format!("`{}` is stated twice", stated.name);
                errors.push(reader.error(item.span, &message));
            }
            Ok(stated) => all.push(Arc::new(stated)),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(all) } else { Err(errors) }
}

struct Reader<'a> {
    file: &'a Arc<SourceFile>,
}

impl Reader<'_> {
    fn error(&self, span: Span, message: &str) -> ReadError {
        ReadError {
            location: Some(self.file.location(span)),
            message: message.to_owned(),
            help: None,
        }
    }

    /// The fields that a map may not have.
    fn unknown(&self, map: &Node, known: &[&str]) -> Vec<ReadError> {
        let strange = map.entries().iter().filter(|it| !known.contains(&&*it.key.text));
        let error = |entry: &seatrial_parse::Entry| {
            let key = &*entry.key.text;
            let near = nearest(key, known.iter().copied());
            ReadError {
                help: near.map(|near| format!("did you mean `{near}`?")),
                ..self.error(entry.key.span, &format!("unknown field `{key}`"))
            }
        };
        strange.map(error).collect()
    }

    fn property(&self, item: &Node) -> Read<Stated> {
        let (name, _) = self.text(item, "name")?;
        let kind = self.kind(item)?;
        let when = item.get("when").map(|_| self.formula(item, "when")).transpose()?;
        match (kind, &when) {
            (Claimed::LeadsTo, None) => {
                return Err(self.error(item.span, "a property of kind `leads-to` needs a `when`"));
            }
            (Claimed::Eventually, Some(_)) => {
                let span = item.get("when").map_or(item.span, |when| when.span);
                return Err(self.error(span, "a property of kind `eventually` has no `when`"));
            }
            _ => {}
        }
        Ok(Stated {
            name: name.to_owned(),
            kind,
            workload: self.text(item, "workload")?.0.to_owned(),
            with: self.names(item)?,
            faults: item.get("faults").map(|faults| self.faults(faults)).transpose()?,
            when,
            holds: self.formula(item, "expression")?,
            location: self.place(item, "expression"),
        })
    }

    /// A text that has to be there.
    fn text<'n>(&self, item: &'n Node, key: &str) -> Read<(&'n str, Span)> {
        let Some(node) = item.get(key).filter(|node| !node.is_null()) else {
            return Err(self.error(item.span, &format!("a property needs `{key}`")));
        };
        match node.as_str().filter(|text| !text.trim().is_empty()) {
            Some(text) => Ok((text, node.span)),
            None => {
                let found = node.type_name();
                Err(self.error(node.span, &format!("expected a text for `{key}`, found {found}")))
            }
        }
    }

    fn kind(&self, item: &Node) -> Read<Claimed> {
        let (text, span) = self.text(item, "kind")?;
        match text {
            "always" => Ok(Claimed::Always),
            "eventually" => Ok(Claimed::Eventually),
            "leads-to" => Ok(Claimed::LeadsTo),
            _ => {
                let known = ["always", "eventually", "leads-to"];
                let message = format!("unknown kind `{text}` (known: {})", known.join(", "));
                Err(self.error(span, &message))
            }
        }
    }

    fn names(&self, item: &Node) -> Read<Vec<String>> {
        let Some(list) = item.get("with") else { return Ok(Vec::new()) };
        if !matches!(list.value, Value::Sequence(_)) {
            return Err(self.error(list.span, "expected a list of workloads for `with`"));
        }
        let name = |node: &Node| {
            let error = || self.error(node.span, "expected the name of a workload");
            node.as_str().map(ToOwned::to_owned).ok_or_else(error)
        };
        list.items().iter().map(name).collect()
    }

    /// Events with their numbers, read as `--faults` are; what is not named does not happen.
    fn faults(&self, node: &Node) -> Read<Faults> {
        if node.as_mapping().is_none() {
            return Err(self.error(node.span, "expected `faults` such as `{drain: 1}`"));
        }
        let mut faults = Faults::NONE;
        for entry in node.entries() {
            let text = format!("{}={}", entry.key.text, entry.value);
            let read = Faults::parse(&text);
            let read = read.map_err(|message| self.error(entry.key.span, &message))?;
            let event = Event::ALL.into_iter().find(|it| it.name() == &*entry.key.text);
            if let Some(event) = event {
                faults.set(event, read.of(event));
            }
        }
        Ok(faults)
    }

    /// A compiled expression; an error stands at the part that is wrong.
    fn formula(&self, item: &Node, key: &str) -> Read<Formula> {
        let (text, span) = self.text(item, key)?;
        Formula::compile(text, NAMES).map_err(|error| {
            let place = place_in_source(self.file.text(), span, text, error.at);
            let message = format!("`{key}` does not compile: {}", error.message);
            ReadError { help: error.help, ..self.error(place, &message) }
        })
    }

    fn place(&self, item: &Node, key: &str) -> Location {
        let entry = item.entry(key).map_or(item.span, |entry| entry.key.span);
        self.file.location(entry)
    }
}
