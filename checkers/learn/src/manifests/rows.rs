//! An object as rows of tables.
//!
//! Every map that stands in a list (a container, a port, a rule) is a row of its own, and so is the
//! object as a whole; the maps nested in it are columns of the same row. The table of a row is its
//! context: the kind and the path, list items under their key, such as
//! `Deployment.apps:spec.template.spec.containers[name=*]`. What belongs to a pod template is a row
//! of two tables: that of its kind and that of all pods (`pod:spec.containers[name=*]`).

use std::borrow::Cow;

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
    /// Rows to be checked: their places are left out.
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
    let (cells, cell_places) = (Vec::with_capacity(128), Vec::new());
    let (lists, line) = (0, 0);
    let mut reader =
        Reader { object, lexicon, wanted, rows, places, lists, line, cells, cell_places };
    let whole = Place { pointer: String::new(), span: object.node.span, key: object.node.span };
    let paths = if is_pod(&object.node) {
        vec![format!("{kind}:"), format!("{POD}:")]
    } else {
        vec![format!("{kind}:")]
    };
    let tables = reader.tables(paths, true);
    reader.row(&object.node, &tables, (0, false), whole);
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
    /// The line of the last cell.
    line: u32,
    /// The cells of the rows that are being read, those of an inner row last.
    cells: Vec<Cell>,
    /// The places of the cells, if they are wanted.
    cell_places: Vec<Place>,
}

/// The tables that rows belong to.
struct Tables {
    /// Their paths, for the items of lists in the row.
    paths: Vec<String>,
    contexts: [Sym; 2],
    nest: Sym,
    /// Whether one of them is the table of all pods, or below it.
    of_pods: bool,
}

/// The row that is being read.
#[derive(Clone, Copy)]
struct Within<'t> {
    tables: &'t Tables,
    /// Whether items are left out, because another row of the object has them.
    flat: bool,
}

impl Reader<'_> {
    fn tables(&mut self, paths: Vec<String>, whole: bool) -> Tables {
        let mut context = |path: Option<&String>| {
            self.lexicon.intern(path.map_or("", |path| path.trim_end_matches(':')))
        };
        let contexts = [context(paths.first()), context(paths.last())];
        let nest = self.lexicon.intern(&nest_of(&paths, whole));
        let of_pods = paths.iter().any(|path| path.starts_with("pod:"));
        Tables { paths, contexts, nest, of_pods }
    }

    fn row(&mut self, node: &Node, tables: &Tables, (list, flat): (u32, bool), place: Place) {
        let at = self.rows.len();
        let Tables { contexts, nest, .. } = *tables;
        let line = self.object.file.line(place.span.start);
        self.rows.push(Row { contexts, list, line, nest, cells: Box::default() });
        let pointer = place.pointer.clone();
        if self.wanted == Wanted::Places {
            self.places.push(RowPlaces { row: place, cells: Vec::new() });
        }
        let start = self.cells.len();
        self.map(node, &mut String::with_capacity(96), &pointer, Within { tables, flat });
        let cells = self.cells.get_mut(start..).unwrap_or_default();
        if let Some(row) = self.places.get_mut(at) {
            let places = self.cell_places.drain(start..);
            let mut both: Vec<(Cell, Place)> = cells.iter().copied().zip(places).collect();
            both.sort_by_key(|(cell, _)| cell.column);
            row.cells = both.into_iter().map(|(_, place)| place).collect();
        }
        cells.sort_by_key(|cell| cell.column);
        if let Some(row) = self.rows.get_mut(at) {
            row.cells = (&*cells).into();
        }
        self.cells.truncate(start);
    }

    fn map(&mut self, node: &Node, column: &mut String, pointer: &str, row: Within<'_>) {
        let name = column.rsplit('.').next().unwrap_or(column);
        let (pairs, data) = (PAIRS.contains(&name), DATA.contains(&name));
        let plain = |value: &Node| !matches!(value.value, Value::Mapping(_) | Value::Sequence(_));
        let pairs = pairs && node.entries().iter().all(|entry| plain(&entry.value));
        for entry in node.entries() {
            let key: &str = &entry.key.text;
            let place = Place {
                pointer: self.pointer_below(pointer, || escape_pointer_token(key)),
                span: entry.value.span,
                key: entry.key.span,
            };
            if pairs {
                let text = format!("{key}={}", scalar(&entry.value).1);
                within(column, "{}", |column| {
                    self.cell(column, Json::Text, &text, place.clone());
                });
            }
            let outer = column.len();
            step(column, key, data);
            self.value(&entry.value, column, place, row);
            column.truncate(outer);
        }
    }

    fn value(&mut self, node: &Node, column: &mut String, place: Place, row: Within<'_>) {
        match &node.value {
            Value::Mapping(_) => {
                self.cell(column, Json::Map, "", place.clone());
                if !row.flat && !row.tables.of_pods && is_pod(node) {
                    let tables = self.tables(vec![format!("{POD}:")], false);
                    self.row(node, &tables, (0, true), place.clone());
                }
                self.map(node, column, &place.pointer, row);
            }
            Value::Sequence(items) => {
                let length = items.len().to_string();
                self.cell(column, Json::List, &length, place.clone());
                self.items(items, column, &place.pointer, row);
            }
            _ => {
                let (json, text) = scalar(node);
                self.cell(column, json, &text, place);
            }
        }
    }

    fn items(&mut self, items: &[Node], column: &mut String, pointer: &str, row: Within<'_>) {
        self.lists += 1;
        let list = self.lists;
        // The tables of the items with and without a name.
        let mut tables: [Option<Tables>; 2] = [None, None];
        for (index, item) in items.iter().enumerate() {
            let pointer = self.pointer_below(pointer, || index.to_string());
            let place = Place { pointer, span: item.span, key: item.span };
            match &item.value {
                Value::Mapping(_) if row.flat => {}
                Value::Mapping(_) => {
                    let named = is_named(item) && is_keyed(column);
                    let [without, with] = &mut tables;
                    let tables = if named { with } else { without };
                    let tables = tables.get_or_insert_with(|| {
                        self.tables(paths_of_items(&row.tables.paths, column, named), false)
                    });
                    self.row(item, tables, (list, false), place);
                }
                _ => within(column, "[*]", |column| self.value(item, column, place, row)),
            }
        }
    }

    fn pointer_below<T: AsRef<str>>(&self, pointer: &str, token: impl Fn() -> T) -> String {
        match self.wanted {
            Wanted::Places => format!("{pointer}/{}", token().as_ref()),
            _ => String::new(),
        }
    }

    fn cell(&mut self, column: &str, json: Json, text: &str, place: Place) {
        self.line = self.object.file.line_near(self.line, place.span.start);
        let line = self.line;
        let column = self.lexicon.column(column);
        let value = if text.len() > LONGEST_VALUE {
            self.lexicon.intern(&format!("a text of {} bytes", text.len()))
        } else if self.wanted == Wanted::Lessons {
            self.lexicon.value(text)
        } else {
            // A shape or unit that no rule knows need not be known.
            self.lexicon.intern(text)
        };
        self.cells.push(Cell { column, json, value, line });
        if self.wanted == Wanted::Places {
            self.cell_places.push(place);
        }
    }
}

/// Goes from the column of a map to that of a key in it.
fn step(column: &mut String, key: &str, data: bool) {
    if data {
        column.push_str(".*");
    } else if key.contains(['.', '"']) {
        column.extend([".\"", key, "\""]);
    } else {
        if !column.is_empty() {
            column.push('.');
        }
        column.push_str(key);
    }
}

/// Goes a step below a column, and back.
fn within(column: &mut String, step: &str, visit: impl FnOnce(&mut String)) {
    let outer = column.len();
    column.push_str(step);
    visit(column);
    column.truncate(outer);
}

/// The name of a row where it is compared with rows of other kinds.
fn nest_of(paths: &[String], whole: bool) -> String {
    let path = paths.first().map_or("", String::as_str);
    match path.split_once(':') {
        // What tools read is no object of the API: it need not have a name.
        _ if whole && path.ends_with(".kustomize.config.k8s.io:") => String::new(),
        _ if whole => WHOLE.to_owned(),
        Some((_, path)) if !path.is_empty() => {
            let last = path.rsplit('.').next().unwrap_or(path);
            format!("{}[*]", last.split('[').next().unwrap_or(last))
        }
        _ => String::new(),
    }
}

/// The paths of the items of a list: below those of the row, and below that of all pods where the
/// list belongs to a pod template of it.
fn paths_of_items(paths: &[String], column: &str, named: bool) -> Vec<String> {
    let key = if named { "[name=*]" } else { "[*]" };
    let below = |path: &String| {
        let dot = if path.ends_with(':') { "" } else { "." };
        format!("{path}{dot}{column}{key}")
    };
    let mut all: Vec<String> = paths.iter().map(below).collect();
    if let ([_], Some((_, rest))) = (paths, column.split_once("template.spec.")) {
        all.push(format!("{POD}:spec.{rest}{key}"));
    }
    all
}

/// Whether an item has a name.
fn is_named(item: &Node) -> bool {
    item.get("name").is_some_and(|name| name.as_str().is_some())
}

/// The lists that the API merges by name.
fn is_keyed(column: &str) -> bool {
    let name = column.rsplit('.').next().unwrap_or(column);
    ["containers", "initContainers", "ephemeralContainers", "env", "volumes", "imagePullSecrets"]
        .contains(&name)
}

fn scalar(node: &Node) -> (Json, Cow<'_, str>) {
    match &node.value {
        Value::Null => (Json::Null, "".into()),
        Value::Bool(value) => (Json::Bool, value.to_string().into()),
        Value::Number(Number::Int(value)) => (Json::Integer, value.to_string().into()),
        Value::Number(Number::UInt(value)) => (Json::Integer, value.to_string().into()),
        Value::Number(Number::Float(value)) => (Json::Number, value.to_string().into()),
        Value::String(text) => (Json::Text, Cow::Borrowed(text)),
        Value::Sequence(_) | Value::Mapping(_) => (Json::Map, "".into()),
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
