//! An object as rows of tables.
//!
//! Every map that stands in a list (a container, a port, a rule) is a row of its own, and so is the
//! object as a whole; the maps nested in it are columns of the same row. The table of a row is its
//! context: the kind and the path, list items under their key, such as
//! `Deployment.apps:spec.template.spec.containers[name=*]`. What belongs to a pod template is a row
//! of two tables: that of its kind and that of all pods (`pod:spec.containers[name=*]`).

use seatrial_core::Span;
use seatrial_manifests::Object;
use seatrial_parse::{Node, Number, Value, escape_pointer_token};

use super::lexicon::{Lexicon, Sym};
use super::sort::Json;

/// The context that all pod templates share.
pub(crate) const POD: &str = "pod";

/// The context that stands for a field wherever it occurs.
pub(crate) const ANYWHERE: &str = "*";

/// The object as a whole, where maps are named by what they stand under.
pub(crate) const WHOLE: &str = "(object)";

/// One value of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    /// The path within the row.
    pub(crate) column: Sym,
    /// The JSON type.
    pub(crate) json: Json,
    /// The text of a scalar, the length of a list.
    pub(crate) value: Sym,
    /// The line of the file, from 1.
    pub(crate) line: u32,
}

/// One row: the values of a map, sorted by column.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its tables; a row of one table has it twice.
    pub(crate) contexts: [Sym; 2],
    /// Which list of the object it stands in; rows of the same list have the same number.
    pub(crate) list: u32,
    /// The line of the file on which it begins, from 1.
    pub(crate) line: u32,
    /// The name of the list that it is an item of, as `ports[*]`, [`WHOLE`] for the object; nothing
    /// for a pod template, which the row of its object has as well.
    pub(crate) nest: Sym,
    pub(crate) cells: Box<[Cell]>,
}

impl Row {
    /// The values of a column.
    pub(crate) fn cells_of(&self, column: Sym) -> &[Cell] {
        let start = self.cells.partition_point(|cell| cell.column < column);
        let rest = self.cells.get(start..).unwrap_or_default();
        let count = rest.iter().take_while(|cell| cell.column == column).count();
        rest.get(..count).unwrap_or_default()
    }

    /// Whether a column has a value that is not null.
    pub(crate) fn has(&self, column: Sym) -> bool {
        self.cells_of(column).iter().any(|cell| cell.json != Json::Null)
    }

    /// The index of a cell of the row, by its address within [`Self::cells_of`].
    pub(crate) fn index_of(&self, column: Sym, nth: usize) -> usize {
        self.cells.partition_point(|cell| cell.column < column) + nth
    }

    pub(crate) fn is_in(&self, context: Sym) -> bool {
        self.contexts.contains(&context)
    }
}

/// Where a cell or row stands: for findings, not kept while learning.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) pointer: String,
    pub(crate) span: Span,
    /// The span of the key, or of the item.
    pub(crate) key: Span,
}

/// The places of a row and of its cells, in the same order.
#[derive(Clone, Debug)]
pub(crate) struct RowPlaces {
    pub(crate) row: Place,
    pub(crate) cells: Vec<Place>,
}

/// Longer texts are contents, not settings; only their length is kept.
const LONGEST_VALUE: usize = 200;

/// Maps whose keys the user chooses and whose pairs mean something together.
pub(crate) const PAIRS: &[&str] = &["labels", "matchLabels", "selector", "nodeSelector"];

/// Maps whose keys are data.
pub(crate) const DATA: &[&str] = &["data", "stringData", "binaryData", "annotations", "config"];

/// What is wanted of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Rows to learn from: the shapes and units of values are known, too.
    Lessons,
    /// Rows to be checked: their places are left empty.
    Rows,
    /// Rows with their places.
    Places,
}

/// Reads an object into rows; the places are parallel to them.
pub(crate) fn read(
    object: &Object,
    lexicon: &mut Lexicon,
    wanted: Wanted,
) -> (Vec<Row>, Vec<RowPlaces>) {
    let kind = match object.group() {
        "" => object.kind().to_owned(),
        group => format!("{}.{group}", object.kind()),
    };
    let (rows, places) = (Vec::new(), Vec::new());
    let mut reader = Reader { object, lexicon, wanted, rows, places, lists: 0 };
    let whole = Place { pointer: String::new(), span: object.node.span, key: object.node.span };
    let contexts = if is_pod(&object.node) {
        vec![format!("{kind}:"), format!("{POD}:")]
    } else {
        vec![format!("{kind}:")]
    };
    reader.row(&object.node, contexts, 0, &whole, false);
    (reader.rows, reader.places)
}

/// Whether a map is a pod or the template of one.
fn is_pod(node: &Node) -> bool {
    let containers = node.at(&["spec", "containers"]);
    containers.is_some_and(|node| matches!(node.value, Value::Sequence(_)))
}

struct Reader<'a> {
    object: &'a Object,
    lexicon: &'a mut Lexicon,
    wanted: Wanted,
    rows: Vec<Row>,
    places: Vec<RowPlaces>,
    lists: u32,
}

/// What a row is made of while it is read.
#[derive(Default)]
struct Draft {
    cells: Vec<(Cell, Place)>,
    /// The paths of the row in its tables, for the items of its lists.
    contexts: Vec<String>,
    /// Whether items are left out, because another row of the object has them.
    flat: bool,
}

impl Reader<'_> {
    fn row(&mut self, node: &Node, contexts: Vec<String>, list: u32, place: &Place, flat: bool) {
        let at = self.rows.len();
        let line = self.object.file.line_column(place.span.start).0;
        let mut table = |context: Option<&String>| {
            let name = context.map_or("", |context| context.trim_end_matches(':'));
            self.lexicon.intern(name)
        };
        let both = [table(contexts.first()), table(contexts.last())];
        let cells = Vec::new().into();
        let nest = self.lexicon.intern(&nest_of(&contexts, at));
        self.rows.push(Row { contexts: both, list, line, nest, cells });
        self.places.push(RowPlaces { row: place.clone(), cells: Vec::new() });
        let mut draft = Draft { cells: Vec::new(), contexts, flat };
        self.map(node, "", &place.pointer, &mut draft);
        draft.cells.sort_by_key(|(cell, _)| cell.column);
        let (cells, places): (Vec<_>, Vec<_>) = draft.cells.into_iter().unzip();
        if let (Some(row), Some(place)) = (self.rows.get_mut(at), self.places.get_mut(at)) {
            row.cells = cells.into();
            place.cells = places;
        }
    }

    fn map(&mut self, node: &Node, column: &str, pointer: &str, draft: &mut Draft) {
        let name = column.rsplit('.').next().unwrap_or(column);
        let (pairs, data) = (PAIRS.contains(&name), DATA.contains(&name));
        let plain = |value: &Node| !matches!(value.value, Value::Mapping(_) | Value::Sequence(_));
        let pairs = pairs && node.entries().iter().all(|entry| plain(&entry.value));
        for entry in node.entries() {
            let key: &str = &entry.key.text;
            let below = match key {
                _ if data => format!("{column}.*"),
                _ if key.contains(['.', '"']) => format!("{column}.\"{key}\""),
                _ if column.is_empty() => key.to_owned(),
                _ => format!("{column}.{key}"),
            };
            let pointer = match self.wanted {
                Wanted::Places => format!("{pointer}/{}", escape_pointer_token(key)),
                _ => String::new(),
            };
            let place = Place { pointer, span: entry.value.span, key: entry.key.span };
            if pairs {
                let text = format!("{key}={}", scalar(&entry.value).1);
                self.cell(&format!("{column}{{}}"), Json::Text, &text, place.clone(), draft);
            }
            self.value(&entry.value, &below, place, draft);
        }
    }

    fn value(&mut self, node: &Node, column: &str, place: Place, draft: &mut Draft) {
        match &node.value {
            Value::Mapping(_) => {
                self.cell(column, Json::Map, "", place.clone(), draft);
                if is_pod(node) && !draft.flat && !is_pod_row(draft) {
                    self.row(node, vec![format!("{POD}:")], 0, &place, true);
                }
                self.map(node, column, &place.pointer, draft);
            }
            Value::Sequence(items) => {
                let length = items.len().to_string();
                self.cell(column, Json::List, &length, place.clone(), draft);
                self.items(items, column, &place.pointer, draft);
            }
            _ => {
                let (json, text) = scalar(node);
                self.cell(column, json, &text, place, draft);
            }
        }
    }

    fn items(&mut self, items: &[Node], column: &str, pointer: &str, draft: &mut Draft) {
        self.lists += 1;
        let list = self.lists;
        for (index, item) in items.iter().enumerate() {
            let pointer = match self.wanted {
                Wanted::Places => format!("{pointer}/{index}"),
                _ => String::new(),
            };
            let place = Place { pointer, span: item.span, key: item.span };
            match &item.value {
                Value::Mapping(_) if draft.flat => {}
                Value::Mapping(_) => {
                    let contexts = contexts_of_items(&draft.contexts, column, item);
                    self.row(item, contexts, list, &place, false);
                }
                _ => self.value(item, &format!("{column}[*]"), place, draft),
            }
        }
    }

    fn cell(&mut self, column: &str, json: Json, text: &str, place: Place, draft: &mut Draft) {
        let line = self.object.file.line_column(place.span.start).0;
        let column = self.lexicon.column(column);
        let value = if text.len() > LONGEST_VALUE {
            self.lexicon.intern(&format!("a text of {} bytes", text.len()))
        } else if self.wanted == Wanted::Lessons {
            self.lexicon.value(text)
        } else {
            // A shape or unit that no rule knows need not be known.
            self.lexicon.intern(text)
        };
        draft.cells.push((Cell { column, json, value, line }, place));
    }
}

/// The name of a row where it is compared with rows of other kinds.
fn nest_of(contexts: &[String], at: usize) -> String {
    let path = contexts.first().map_or("", String::as_str);
    match path.split_once(':') {
        // What tools read is no object of the API: it need not have a name.
        _ if at == 0 && path.ends_with(".kustomize.config.k8s.io:") => String::new(),
        _ if at == 0 => WHOLE.to_owned(),
        Some((_, path)) if !path.is_empty() => {
            let last = path.rsplit('.').next().unwrap_or(path);
            format!("{}[*]", last.split('[').next().unwrap_or(last))
        }
        _ => String::new(),
    }
}

/// Whether a row is one of the table of all pods already.
fn is_pod_row(draft: &Draft) -> bool {
    draft.contexts.iter().any(|context| context.starts_with("pod:"))
}

/// The contexts of the items of a list: below those of the row, and below that of all pods where
/// the list belongs to a pod template of it.
fn contexts_of_items(contexts: &[String], column: &str, item: &Node) -> Vec<String> {
    let key = if item.get("name").is_some_and(|name| name.as_str().is_some()) && is_keyed(column) {
        "[name=*]"
    } else {
        "[*]"
    };
    let below = |context: &String| {
        let dot = if context.ends_with(':') { "" } else { "." };
        format!("{context}{dot}{column}{key}")
    };
    let mut all: Vec<String> = contexts.iter().map(below).collect();
    if let ([_], Some((_, rest))) = (contexts, column.split_once("template.spec.")) {
        all.push(format!("{POD}:spec.{rest}{key}"));
    }
    all
}

/// The lists that the API merges by name.
fn is_keyed(column: &str) -> bool {
    let name = column.rsplit('.').next().unwrap_or(column);
    ["containers", "initContainers", "ephemeralContainers", "env", "volumes", "imagePullSecrets"]
        .contains(&name)
}

fn scalar(node: &Node) -> (Json, String) {
    match &node.value {
        Value::Null => (Json::Null, String::new()),
        Value::Bool(value) => (Json::Bool, value.to_string()),
        Value::Number(Number::Int(value)) => (Json::Integer, value.to_string()),
        Value::Number(Number::UInt(value)) => (Json::Integer, value.to_string()),
        Value::Number(Number::Float(value)) => (Json::Number, value.to_string()),
        Value::String(text) => (Json::Text, (**text).to_owned()),
        Value::Sequence(_) | Value::Mapping(_) => (Json::Map, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use seatrial_core::SourceFile;

    use super::*;

    fn rows(text: &str) -> Vec<String> {
        let manifest = seatrial_manifests::read(Arc::new(SourceFile::new("a.yaml", text)));
        let mut lexicon = Lexicon::default();
        let (rows, places) = read(&manifest.objects[0], &mut lexicon, Wanted::Places);
        let show = |(row, places): (&Row, &RowPlaces)| {
            let [first, last] = row.contexts.map(|context| lexicon.text(context).to_owned());
            let mut cells: Vec<_> = (row.cells.iter().zip(&places.cells))
                .filter(|(cell, _)| !matches!(cell.json, Json::Map))
                .map(|(cell, place)| {
                    let (column, value) = (lexicon.text(cell.column), lexicon.text(cell.value));
                    format!("{column}={value}@{}", place.pointer)
                })
                .collect();
            cells.sort();
            format!("{first} | {last}: {}", cells.join(" "))
        };
        rows.iter().zip(&places).map(show).collect()
    }

    #[test]
    fn a_deployment_is_rows_of_its_kind_and_of_pods() {
        let rows = rows(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n    \
             metadata: {labels: {app: a}}\n    spec:\n      containers:\n      - {name: c, args: [x]}\n",
        );
        let container = rows.iter().find(|row| row.contains("name=c@")).unwrap();
        let tables =
            "Deployment.apps:spec.template.spec.containers[name=*] | pod:spec.containers[name=*]: ";
        assert!(container.starts_with(tables), "{container}");
        let argument = "args[*]=x@/spec/template/spec/containers/0/args/0";
        assert!(container.contains(argument), "{container}");
        let pod = rows.iter().find(|row| row.starts_with("pod | pod: ")).unwrap();
        assert!(
            pod.contains("metadata.labels{}=app=a@/spec/template/metadata/labels/app"),
            "{pod}"
        );
        assert_eq!(rows.len(), 3);
    }

    #[test]
    fn a_pod_is_one_row_of_two_tables_and_keys_of_data_are_one_column() {
        let pod =
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c}]}\n";
        let rows_of_pod = rows(pod);
        assert!(rows_of_pod[0].starts_with("Pod | pod: "), "{rows_of_pod:?}");
        let tables = "Pod:spec.containers[name=*] | pod:spec.containers[name=*]: ";
        assert!(rows_of_pod[1].starts_with(tables), "{rows_of_pod:?}");
        let map = rows("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x.y: '1'}\n");
        assert!(map[0].contains("data.*=1@/data/x.y"), "{map:?}");
    }
}
