//! Properties of the readers over arbitrary texts and values.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test that fails here fails as it should"
)]

use proptest::prelude::*;
use seatrial_core::Span;
use seatrial_parse::{Node, Parsed, comments, json, yaml, yaml_or_json};

/// Texts that are more often YAML than random characters are.
fn yamlish() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("a: "),
        Just("b:\n"),
        Just("- "),
        Just("\n"),
        Just("  "),
        Just("    "),
        Just("[1, x"),
        Just("]"),
        Just("{k: v"),
        Just("}"),
        Just(", "),
        Just("'q"),
        Just("'"),
        Just("\""),
        Just("\\"),
        Just("|\n  "),
        Just(">-\n "),
        Just("# c\n"),
        Just("---\n"),
        Just("...\n"),
        Just("&x "),
        Just("*x"),
        Just("<<: "),
        Just("!!str "),
        Just("!t "),
        Just("? "),
        Just("é"),
        Just("\t"),
        Just("\r\n"),
        Just("\u{feff}"),
        Just("0777"),
        Just("~"),
        Just("{{ x }}"),
        Just("%YAML 1.1\n"),
        Just("\0"),
        Just("\u{2028}"),
        Just("𝄞"),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn json_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        (-1e9..1e9_f64).prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn assert_spans_fit(text: &str, parsed: &Parsed) {
    fn fits(text: &str, span: Span) -> bool {
        text.get(span.start as usize..span.end as usize).is_some()
    }
    fn walk(text: &str, node: &Node) {
        assert!(fits(text, node.span), "{:?} of {text:?}", node.span);
        node.items().iter().for_each(|item| walk(text, item));
        for entry in node.entries() {
            assert!(fits(text, entry.key.span), "{:?} of {text:?}", entry.key);
            walk(text, &entry.value);
        }
    }
    parsed.documents.iter().for_each(|document| walk(text, &document.root));
    for problem in &parsed.problems {
        assert!(fits(text, problem.span), "{problem:?} of {text:?}");
    }
    for unreadable in &parsed.unreadable {
        assert!(fits(text, unreadable.text), "{unreadable:?} of {text:?}");
        assert!(fits(text, unreadable.problem.span), "{unreadable:?} of {text:?}");
    }
    for comment in comments(text, parsed.documents.iter().map(|document| &document.root)) {
        assert!(fits(text, comment.span));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_panic_and_with_spans_inside(text in yamlish()) {
        assert_spans_fit(&text, &yaml_or_json(&text));
        assert_spans_fit(&text, &json(&text));
    }

    #[test]
    fn any_characters_are_read_without_panic(text in any::<String>()) {
        assert_spans_fit(&text, &yaml(&text));
        assert_spans_fit(&text, &json(&text));
    }
}

proptest! {
    #[test]
    fn json_reads_back_as_written(value in json_value(), pretty in any::<bool>()) {
        let text = if pretty { format!("{value:#}") } else { value.to_string() };
        let parsed = json(&text);
        if value.is_null() {
            prop_assert_eq!(parsed.empty, 1);
        } else {
            prop_assert_eq!(parsed.documents.len(), 1);
            prop_assert_eq!(parsed.documents[0].root.to_json(), value);
        }
    }

    #[test]
    fn yaml_reads_block_style_back_as_written(value in json_value()) {
        let text = block_style(&value, 0);
        let parsed = yaml(&text);
        prop_assert!(parsed.unreadable.is_empty(), "{:?}\n{}", parsed.unreadable, text);
        let read = parsed.documents.first().map(|document| document.root.to_json());
        prop_assert_eq!(read.unwrap_or_default(), value);
    }
}

/// Writes a value as block YAML, every text in double quotes.
fn block_style(value: &serde_json::Value, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let quote = |text: &str| {
        let escape = |c: char| match c {
            '"' | '\\' => format!("\\{c}"),
            ' '..='~' => c.to_string(),
            c => format!("\\U{:08x}", u32::from(c)),
        };
        format!("\"{}\"", text.chars().map(escape).collect::<String>())
    };
    let below = |value: &serde_json::Value| match value {
        serde_json::Value::Array(items) if !items.is_empty() => {
            format!("\n{}", block_style(value, indent + 2))
        }
        serde_json::Value::Object(map) if !map.is_empty() => {
            format!("\n{}", block_style(value, indent + 2))
        }
        other => format!(" {}\n", block_style(other, 0)),
    };
    match value {
        serde_json::Value::Array(items) if !items.is_empty() => {
            items.iter().map(|item| format!("{pad}-{}", below(item))).collect()
        }
        serde_json::Value::Object(map) if !map.is_empty() => {
            map.iter().map(|(key, item)| format!("{pad}{}:{}", quote(key), below(item))).collect()
        }
        serde_json::Value::String(text) => quote(text),
        other => other.to_string(),
    }
}
