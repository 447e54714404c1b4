//! What differs between two trees.

use seatrial_core::Span;

use crate::tree::{Entry, Node, Value, escape_pointer_token};

/// A place at which two trees differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// JSON pointer; of an item that came or went, its position in the tree that has it.
    pub pointer: String,
    /// Its text in the first tree, with its key; `None` if it is not there.
    pub before: Option<Span>,
    /// Its text in the second tree, with its key; `None` if it is not there.
    pub after: Option<Span>,
}

/// The places at which two trees differ, as deep down as they can be told; the order of keys does
/// not count. Items of lists of different lengths are told apart by what is equal at both ends.
pub fn differences(before: &Node, after: &Node) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(before, after, "", &mut found);
    found
}

fn compare(before: &Node, after: &Node, pointer: &str, found: &mut Vec<Difference>) {
    match (&before.value, &after.value) {
        (Value::Mapping(a), Value::Mapping(b)) => {
            let below = |key: &str| format!("{pointer}/{}", escape_pointer_token(key));
            for entry in &a.entries {
                match b.entry(&entry.key.text) {
                    Some(other) => {
                        compare(&entry.value, &other.value, &below(&entry.key.text), found);
                    }
                    None => found.push(gone(below(&entry.key.text), whole(entry))),
                }
            }
            let new = b.entries.iter().filter(|entry| a.entry(&entry.key.text).is_none());
            found.extend(new.map(|entry| came(below(&entry.key.text), whole(entry))));
        }
        (Value::Sequence(a), Value::Sequence(b)) => compare_items(a, b, pointer, found),
        _ if before.same_value(after) => {}
        _ => found.push(Difference {
            pointer: pointer.to_owned(),
            before: Some(before.span),
            after: Some(after.span),
        }),
    }
}

fn compare_items(a: &[Node], b: &[Node], pointer: &str, found: &mut Vec<Difference>) {
    let same = |(a, b): &(&Node, &Node)| a.same_value(b);
    if a.len() == b.len() {
        for (at, (a, b)) in a.iter().zip(b).enumerate() {
            compare(a, b, &format!("{pointer}/{at}"), found);
        }
        return;
    }
    let head = a.iter().zip(b).take_while(same).count();
    let longest = a.len().min(b.len()) - head;
    let tail = a.iter().rev().zip(b.iter().rev()).take(longest).take_while(same).count();
    let middle = |items: &[Node]| {
        let items = items.iter().enumerate().take(items.len() - tail).skip(head);
        items.map(|(at, item)| (format!("{pointer}/{at}"), item.span)).collect::<Vec<_>>()
    };
    found.extend(middle(a).into_iter().map(|(pointer, span)| gone(pointer, span)));
    found.extend(middle(b).into_iter().map(|(pointer, span)| came(pointer, span)));
}

fn whole(entry: &Entry) -> Span {
    entry.key.span.to(entry.value.span)
}

fn gone(pointer: String, span: Span) -> Difference {
    Difference { pointer, before: Some(span), after: None }
}

fn came(pointer: String, span: Span) -> Difference {
    Difference { pointer, before: None, after: Some(span) }
}
