//! Edits change what they name and nothing else.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::yaml_or_json;

fn set(pointer: &str, value: Json) -> Change {
    Change::Set { pointer: pointer.to_owned(), value }
}

fn append(pointer: &str, value: Json) -> Change {
    Change::Append { pointer: pointer.to_owned(), value }
}

fn remove(pointer: &str) -> Change {
    Change::Remove { pointer: pointer.to_owned() }
}

fn rename(pointer: &str, key: &str) -> Change {
    Change::Rename { pointer: pointer.to_owned(), key: key.to_owned() }
}

/// The text after a change to its first document.
fn changed(text: &str, change: &Change) -> Option<String> {
    let parsed = yaml_or_json(text);
    let replacement = replacement(text, &parsed.documents[0].root, change)?;
    apply(text, &[replacement])
}

#[test]
fn each_kind_of_text_is_changed_in_its_own_style() {
    for (text, change, expected) in [
        // Scalars keep their quotes and the comments behind them.
        ("a: 1 # x\n", set("/a", json!(2)), "a: 2 # x\n"),
        ("a: 'x' # x\n", set("/a", json!("it's")), "a: 'it''s' # x\n"),
        ("a: \"x\"\n", set("/a", json!("y")), "a: \"y\"\n"),
        ("a: x\n", set("/a", json!("yes")), "a: \"yes\"\n"),
        ("a: \"8080\"\n", set("/a", json!(8080)), "a: 8080\n"),
        ("a: b c\nd: e\n", set("/a", json!("b d")), "a: \"b d\"\nd: e\n"),
        ("a: {b: 1}\n", set("/a", json!(true)), "a: true\n"),
        // New keys come last, behind comments on the line, in the column of the others.
        ("a: 1\n", set("/b", json!(2)), "a: 1\nb: 2\n"),
        ("a: 1", set("/b", json!(2)), "a: 1\nb: 2"),
        ("a: 1\r\nc: 3\r\n", set("/b", json!(2)), "a: 1\r\nc: 3\r\nb: 2\r\n"),
        ("- a: 1 # x\n  # y\n- c\n", set("/0/b", json!(2)), "- a: 1 # x\n  b: 2\n  # y\n- c\n"),
        (
            "a:\n    b: 1\n---\nc: 1\n",
            set("/x/z", json!([1])),
            "a:\n    b: 1\nx:\n    z:\n      - 1\n---\nc: 1\n",
        ),
        ("l:\n- a\n", set("/x", json!(["A"])), "l:\n- a\nx:\n- A\n"),
        ("a: |\n  x\n\nb: 1\n", set("/c", json!(2)), "a: |\n  x\n\nb: 1\nc: 2\n"),
        ("b: 1\na: |\n  x\n", set("/c", json!(2)), "b: 1\na: |\n  x\nc: 2\n"),
        ("a:\n", set("/c", json!(2)), "a:\nc: 2\n"),
        ("a: # x\n", set("/a/c", json!(2)), "a: # x\n  c: 2\n"),
        ("a: # x\n", set("/a", json!(2)), "a: 2 # x\n"),
        ("a: ~\nb: 1\n", set("/a/c", json!(2)), "a: {c: 2}\nb: 1\n"),
        ("a: {}\n", set("/a/c/d", json!("ALL")), "a: {c: {d: ALL}}\n"),
        ("a: {b: 1, } # x\n", set("/a/c", json!(2)), "a: {b: 1, c: 2 } # x\n"),
        ("a: {b: {c: 1}}\n", set("/a/b/d", json!(2)), "a: {b: {c: 1, d: 2}}\n"),
        // JSON.
        ("{\"a\": 1}\n", set("/b", json!("x")), "{\"a\": 1, \"b\": \"x\"}\n"),
        ("{\n  \"a\": {}\n}\n", set("/a/c", json!(2)), "{\n  \"a\": {\"c\": 2}\n}\n"),
        ("{\n  \"a\": 1\n}\n", set("/c", json!(2)), "{\n  \"a\": 1,\n  \"c\": 2\n}\n"),
        ("[\n  1\n]", append("", json!("x")), "[\n  1,\n  \"x\"\n]"),
        // Lists.
        ("a:\n- 1 # x\nb: 2\n", append("/a", json!(3)), "a:\n- 1 # x\n- 3\nb: 2\n"),
        (
            "a:\n  - b: 1\n",
            append("/a", json!({"b": {"c": 2}})),
            "a:\n  - b: 1\n  - b:\n      c: 2\n",
        ),
        ("a: [1]\n", append("/a", json!(3)), "a: [1, 3]\n"),
        ("a: []\n", append("/a", json!(3)), "a: [3]\n"),
        ("a: 1\n", append("/b", json!(3)), "a: 1\nb:\n  - 3\n"),
        // What goes takes its line with it; what holds nothing else goes, too.
        ("a: 1\nb: 2 # x\nc: 3\n", remove("/b"), "a: 1\nc: 3\n"),
        ("a: 1\nb: 2", remove("/b"), "a: 1"),
        ("a: 1\nb:\nc: 3\n", remove("/b"), "a: 1\nc: 3\n"),
        ("- a: 1\n  b: 2\n", remove("/0/a"), "- b: 2\n"),
        ("a: 1\nb:\n  c:\n  - d\n", remove("/b/c/0"), "a: 1\n"),
        ("a: [1, 2, 3]\n", remove("/a/1"), "a: [1, 3]\n"),
        ("a: [1, 2]\n", remove("/a/1"), "a: [1]\n"),
        ("{\"a\": 1, \"b\": {\"c\": 2}}", remove("/b/c"), "{\"a\": 1}"),
        ("a:\n- x\n- y\n", remove("/a/0"), "a:\n- y\n"),
        // Keys.
        ("a: 1 # x\n", rename("/a", "b"), "b: 1 # x\n"),
        ("\"a\": 1\n", rename("/a", "b"), "\"b\": 1\n"),
        ("a:\n  b~c: 1\n", rename("/a/b~0c", "d/e"), "a:\n  d/e: 1\n"),
    ] {
        assert_eq!(changed(text, &change).as_deref(), Some(expected), "{text:?} {change:?}");
    }
}

#[test]
fn what_stands_or_counts_elsewhere_is_left_alone() {
    for (text, change) in [
        ("a: &x 1\nb: *x\n", set("/a", json!(2))),
        ("a: &x 1\nb: *x\n", set("/b", json!(2))),
        ("a: &x\n  c: 1\nb: *x\n", set("/b/c", json!(2))),
        ("a: &x\n  c: 1\nb: *x\n", set("/a/d", json!(2))),
        ("a: &x {c: 1}\nb:\n  <<: *x\n  d: 1\n", set("/b/c", json!(2))),
        ("a:\n  <<: {c: 1}\n  d: 1\n", remove("/a/c")),
        ("- &x a: 1\n- *x\n", set("/1", json!(2))),
        ("- &x a\n- *x\n", remove("/1")),
        ("a: !!str 1\n", set("/a", json!("2"))),
        ("a: |\n  x\n", set("/a", json!("y"))),
        ("a:\n  b: 1\n", set("/a", json!("y"))),
        ("a: |+\n  x\n\n", set("/b", json!("y"))),
        ("a: {b: 1 # x\n  }\n", set("/a/c", json!("y"))),
        ("a: 1\n", set("/a", json!(1))),
        ("a: 1\n", set("/a/b", json!(1))),
        ("a: [1]\n", set("/a/1", json!(1))),
        ("a: 1\n", remove("/b")),
        ("a: 1\n", remove("/a")),
        ("- a: 1\n  # y\n  b: 2\n", remove("/0/a")),
        ("a: 1\nb: 2\n", rename("/a", "b")),
        ("a: 1\n", set("a", json!(2))),
    ] {
        assert_eq!(changed(text, &change), None, "{text:?} {change:?}");
    }
}

#[test]
fn replacements_that_overlap_are_refused_and_others_are_in_order() {
    let at =
        |start, end, text: &str| Replacement { span: Span::new(start, end), text: text.into() };
    assert_eq!(apply("abc", &[at(2, 3, "z"), at(0, 1, "x")]).as_deref(), Some("xbz"));
    assert_eq!(apply("abc", &[at(1, 1, "1"), at(1, 1, "2")]).as_deref(), Some("a12bc"));
    assert_eq!(apply("abc", &[at(0, 2, "x"), at(1, 3, "y")]), None);
    assert_eq!(apply("abc", &[at(2, 9, "x")]), None);
}

#[test]
fn differences_name_the_deepest_places() {
    let trees = |text: &str| yaml_or_json(text).documents[0].root.clone();
    for (before, after, expected) in [
        ("a: 1\nb: 2", "b: 2\na: 1.0", vec![]),
        ("a: {b: 1}", "a: {b: 2, c: 3}", vec!["/a/b", "/a/c"]),
        ("a: 1\nb: 2", "b: 2", vec!["/a"]),
        ("[1, 2, 3]", "[1, 3]", vec!["/1"]),
        ("[1, 2]", "[1, 5, 2]", vec!["/1"]),
        ("[{a: 1}]", "[{a: 2}]", vec!["/0/a"]),
        ("a: 1", "a: [1]", vec!["/a"]),
    ] {
        let found = differences(&trees(before), &trees(after));
        let found: Vec<_> = found.iter().map(|it| it.pointer.as_str()).collect();
        assert_eq!(found, expected, "{before} {after}");
    }
}

/// A value, and how to write it.
fn values() -> impl Strategy<Value = Json> {
    let texts = ["x", "yes", "0777", "a b", "it's", "a: b", "# c", "", "web:1.0", "é", "1", "- x"];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-9..9_i64).prop_map(Json::from),
        prop::sample::select(texts.to_vec()).prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map("[a-e]", inner, 0..4)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

/// A document: a map with at least one key.
fn roots() -> impl Strategy<Value = Json> {
    prop::collection::btree_map("[a-e]", values(), 1..5)
        .prop_map(|map| Json::Object(map.into_iter().collect()))
}

/// Writes values in a mix of styles that a stream of bytes chooses.
struct Writer<'a> {
    choices: &'a [u8],
    at: usize,
    eol: &'static str,
}

impl Writer<'_> {
    fn choose(&mut self, of: u8) -> u8 {
        self.at += 1;
        self.choices[self.at % self.choices.len()] % of
    }

    fn comment(&mut self, column: usize, out: &mut String) {
        if self.choose(4) == 0 {
            out.push_str(" # one");
        }
        if self.choose(6) == 0 {
            out.push_str(self.eol);
            out.push_str(&" ".repeat(column));
            out.push_str("# two");
        }
        out.push_str(self.eol);
    }

    fn scalar(&mut self, value: &Json) -> String {
        match value {
            Json::String(text) => match self.choose(3) {
                0 => Json::from(&**text).to_string(),
                1 => format!("'{}'", text.replace('\'', "''")),
                _ => quoted_like("", text, false),
            },
            other => other.to_string(),
        }
    }

    fn flow(&mut self, value: &Json) -> String {
        match value {
            Json::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.flow(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Json::Object(map) => {
                let entries: Vec<_> =
                    map.iter().map(|(key, value)| format!("{key}: {}", self.flow(value))).collect();
                format!("{{ {} }}", entries.join(", "))
            }
            other => self.scalar(other),
        }
    }

    /// Writes what stands behind `key:` or `-`, with the end of the line.
    fn value(&mut self, value: &Json, column: usize, dash: bool, out: &mut String) {
        let empty = value.as_array().is_some_and(Vec::is_empty)
            || value.as_object().is_some_and(serde_json::Map::is_empty);
        match value {
            Json::Null if !dash && self.choose(2) == 0 => self.comment(column, out),
            Json::Object(map) if !empty && self.choose(4) > 0 => {
                if dash {
                    out.push(' ');
                    self.map(map, column + 2, true, out);
                } else {
                    let inner = column + 2 + usize::from(self.choose(2)) * 2;
                    self.comment(inner, out);
                    self.map(map, inner, false, out);
                }
            }
            Json::Array(items) if !empty && !dash && self.choose(4) > 0 => {
                let inner = column + usize::from(self.choose(2)) * 2;
                self.comment(inner, out);
                for item in items {
                    out.push_str(&" ".repeat(inner));
                    out.push('-');
                    self.value(item, inner, true, out);
                }
            }
            _ => {
                let text = self.flow(value);
                out.push(' ');
                out.push_str(&text);
                self.comment(column, out);
            }
        }
    }

    fn map(
        &mut self,
        map: &serde_json::Map<String, Json>,
        column: usize,
        mut inline: bool,
        out: &mut String,
    ) {
        for (key, value) in map {
            if !std::mem::take(&mut inline) {
                out.push_str(&" ".repeat(column));
            }
            out.push_str(key);
            out.push(':');
            self.value(value, column, false, out);
        }
    }

    fn document(&mut self, root: &Json) -> String {
        match self.choose(6) {
            0 => serde_json::to_string_pretty(root).unwrap().replace('\n', self.eol) + self.eol,
            1 => root.to_string(),
            _ => {
                let mut out = "# top".to_owned() + self.eol;
                self.map(root.as_object().unwrap(), 0, false, &mut out);
                out
            }
        }
    }
}

/// All pointers of a value, and some that lead to what is not there.
fn pointers(value: &Json, at: &str, found: &mut Vec<String>) {
    if !at.is_empty() {
        found.push(at.to_owned());
    }
    match value {
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{index}"), found);
            }
        }
        Json::Object(map) => {
            for (key, value) in map {
                pointers(value, &format!("{at}/{key}"), found);
            }
            found.push(format!("{at}/new"));
            found.push(format!("{at}/new/er"));
        }
        _ => {}
    }
}

/// What a change makes of a value; `None` where it makes no sense.
fn expected(root: &Json, change: &Change) -> Option<Json> {
    let mut root = root.clone();
    match change {
        Change::Set { pointer, value } => *make(&mut root, pointer)? = value.clone(),
        Change::Append { pointer, value } => {
            let list = make(&mut root, pointer)?;
            match list {
                Json::Array(items) => items.push(value.clone()),
                _ => *list = json!([value]),
            }
        }
        Change::Remove { pointer } => {
            let mut pointer = pointer.as_str();
            loop {
                let (parent, key) = pointer.rsplit_once('/')?;
                match root.pointer_mut(parent)? {
                    Json::Array(items) if items.len() > 1 => {
                        items.remove(key.parse().ok()?);
                        break;
                    }
                    Json::Object(map) if map.len() > 1 => {
                        map.shift_remove(key)?;
                        break;
                    }
                    _ => pointer = parent,
                }
            }
        }
        Change::Rename { pointer, key } => {
            let (parent, old) = pointer.rsplit_once('/')?;
            let map = root.pointer_mut(parent)?.as_object_mut()?;
            let value = map.remove(old)?;
            map.insert(key.clone(), value);
        }
    }
    Some(root)
}

/// The place of a pointer, with the maps on the way to it.
fn make<'v>(root: &'v mut Json, pointer: &str) -> Option<&'v mut Json> {
    pointer.split('/').skip(1).try_fold(root, |value, token| {
        if value.is_null() {
            *value = json!({});
        }
        match value {
            Json::Object(map) => Some(map.entry(token).or_insert(Json::Null)),
            Json::Array(items) => items.get_mut(token.parse::<usize>().ok()?),
            _ => None,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// The tree afterwards is that before but for the change, and all comments are there.
    #[test]
    fn a_change_changes_the_tree_as_it_says(
        root in roots(),
        choices in prop::collection::vec(any::<u8>(), 1..40),
        windows in any::<bool>(),
        pick in any::<prop::sample::Index>(),
        kind in 0..4_u8,
        value in values(),
    ) {
        let eol = if windows { "\r\n" } else { "\n" };
        let text = Writer { choices: &choices, at: 0, eol }.document(&root);
        let parsed = yaml_or_json(&text);
        prop_assert_eq!(parsed.documents.len(), 1, "{}", text);
        let tree = &parsed.documents[0].root;
        prop_assert_eq!(&tree.to_json(), &root, "{}", text);
        let mut all = Vec::new();
        pointers(&root, "", &mut all);
        let pointer = pick.get(&all).clone();
        let change = match kind {
            0 => Change::Set { pointer, value },
            1 => Change::Append { pointer, value },
            2 => Change::Remove { pointer },
            _ => Change::Rename { pointer, key: "other".to_owned() },
        };
        let Some(replacement) = replacement(&text, tree, &change) else { return Ok(()) };
        let after = apply(&text, std::slice::from_ref(&replacement)).unwrap();
        let reread = yaml_or_json(&after);
        prop_assert!(reread.unreadable.is_empty(), "{change:?}\n{text}\n{after}");
        let wanted = expected(&root, &change);
        let found = reread.documents.first().map(|document| document.root.to_json());
        prop_assert_eq!(found, wanted, "{:?}\n{}\n{}", change, text, after);
        if !matches!(change, Change::Remove { .. }) {
            let comments = |text: &str| text.matches("# one").count() + text.matches("# two").count();
            prop_assert_eq!(comments(&text), comments(&after), "{}\n{}", text, after);
        }
        let crlf = |text: &str| text.matches('\n').count() == text.matches("\r\n").count();
        prop_assert!(!windows || crlf(&after), "{after:?}");
    }
}

#[test]
fn most_changes_are_possible() {
    let text = "a:\n  b: 1\n  c: [x]\nd:\n- e: 2\n  f: {g: 3}\n";
    let root = &yaml_or_json(text).documents[0].root.clone();
    let mut all = Vec::new();
    pointers(&root.to_json(), "", &mut all);
    let refused: Vec<_> = all
        .iter()
        .filter(|pointer| root.pointer(pointer).is_none())
        .filter(|pointer| replacement(text, root, &set(pointer, json!(7))).is_none())
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
}
