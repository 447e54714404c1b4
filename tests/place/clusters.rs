//! Clusters to place pods in.

use std::fmt::Write;

/// Two nodes, one of them with a taint. `web` has to displace `batch`, which has a place on the other; `huge`
/// fits nowhere, and for `gpu` there is no device.
pub(crate) fn harbour() -> String {
    let mut text = node("alpha", "4") + &node("beta", "2");
    text += &pod("batch", "2", 0, "nodeName: alpha");
    text += &pod("huge", "8", 0, "");
    text += &pod("web", "3", 10, "");
    text
}

/// A node with so much processor.
pub(crate) fn node(name: &str, cpu: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Node\nmetadata: {{name: {name}}}\nstatus:\n  allocatable: \
         {{cpu: \"{cpu}\", memory: 8Gi, pods: \"110\"}}\n"
    )
}

/// A pod that asks for so much processor; `more` is a further line of its specification.
pub(crate) fn pod(name: &str, cpu: &str, priority: i32, more: &str) -> String {
    let mut text = String::new();
    let _ = write!(
        text,
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  \
         priority: {priority}\n  containers:\n  - name: main\n    image: registry.example/main:1\n    \
         resources: {{requests: {{cpu: \"{cpu}\"}}}}\n"
    );
    if !more.is_empty() {
        let _ = writeln!(text, "  {more}");
    }
    text
}
