//! Any text is read without a panic, in bounded time, with every span inside the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use seatrial_parse::{Node, comments, json, yaml};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for parsed in [yaml(text), json(text)] {
        for document in &parsed.documents {
            walk(text, &document.root);
        }
        for problem in parsed.problems.iter().chain(parsed.unreadable.iter().map(|u| &u.problem)) {
            assert!(text.get(problem.span.start as usize..problem.span.end as usize).is_some());
        }
        comments(text, parsed.documents.iter().map(|document| &document.root));
    }
});

fn walk(text: &str, node: &Node) {
    assert!(text.get(node.span.start as usize..node.span.end as usize).is_some());
    node.items().iter().for_each(|item| walk(text, item));
    node.entries().iter().for_each(|entry| walk(text, &entry.value));
}
