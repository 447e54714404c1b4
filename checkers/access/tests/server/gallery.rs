//! The classic mistakes of `corpus/access/web/`: what a bad change and a good one make of access.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use seatrial_access::web::{WebServer, diff};
use seatrial_core::Finding;

/// All differences of a side and what was there before, and what is certainly wrong with it.
fn said(old: &dyn WebServer, new: &dyn WebServer, lints: &[Finding], side: &str) -> String {
    let found = diff(old, new, 20).unwrap();
    let mut text = format!("{side}\n");
    for difference in &found.differences.listed {
        let region = difference.region.iter().filter(|it| !matches!(it.dimension, "host"));
        let region: Vec<_> = region.map(|it| format!("{} {}", it.dimension, it.members)).collect();
        let _ = writeln!(text, "  {}: {}", difference.change, region.join("; "));
        let _ = writeln!(text, "    such as {}", difference.witness);
        for (name, sources) in [("old", &difference.old), ("new", &difference.new)] {
            for it in sources {
                let _ = writeln!(
                    text,
                    "    {name} line {}: {}",
                    it.location.line,
                    it.text.as_deref().unwrap()
                );
            }
        }
        if let Some(reason) = &difference.reason {
            let _ = writeln!(text, "    because {reason}");
        }
    }
    for (_, reason) in &found.undecided {
        let _ = writeln!(text, "  unknown: {reason}");
    }
    if found.differences.total() == 0 && found.undecided.is_empty() {
        text += "  proved equal\n";
    }
    for finding in lints {
        let _ = writeln!(text, "  line {} {}", finding.location.line, finding.rule);
        let _ = writeln!(text, "    {}", finding.message);
    }
    text
}

/// Compares the cases of a kind of server with what is expected of them; what is found wrong with
/// any of them, which is nothing with the good ones.
pub(crate) fn check<S: WebServer>(
    kind: &str,
    least: usize,
    config: &dyn Fn(&Path) -> S,
    lint: &dyn Fn(&S) -> Vec<Finding>,
) -> BTreeSet<String> {
    let gallery = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/access/web").join(kind);
    let mut cases: Vec<_> = fs::read_dir(&gallery).unwrap().map(|it| it.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= least);
    let (mut wrong, mut shown) = (Vec::new(), BTreeSet::new());
    for case in cases {
        let before = config(&case.join("before"));
        let [bad, good] = ["bad", "good"].map(|side| config(&case.join(side)));
        let lints = [lint(&bad), lint(&good)];
        assert_eq!(lints[1], [], "{}", case.display());
        let text = said(&before, &bad, &lints[0], "bad") + &said(&before, &good, &[], "good");
        shown.extend(lints.into_iter().flatten().map(|finding| finding.rule.to_string()));
        let path = case.join("expected.txt");
        if fs::read_to_string(&path).unwrap_or_default() != text {
            wrong.push(format!("{}\n{text}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    shown
}
