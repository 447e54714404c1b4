//! The classic mistakes of `corpus/access/web/nginx/`: what a bad change and a good one make of access.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use seatrial_access::web::diff;
use seatrial_access::web::nginx::{Config, lint, read, rules};
use seatrial_core::SourceFile;

fn config(folder: &Path) -> Config {
    let text = fs::read_to_string(folder.join("nginx.conf")).unwrap();
    let file = Arc::new(SourceFile::new("nginx.conf", text));
    let config = read(&file, &mut |_| Err("no such file".to_owned()));
    assert_eq!(config.findings, [], "{}", folder.display());
    config
}

/// All differences of a side and what was there before, and what is certainly wrong with it.
fn said(case: &Path, side: &str) -> String {
    let (old, new) = (config(&case.join("before")), config(&case.join(side)));
    let found = diff(&old, &new, 20).unwrap();
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
    for finding in lint(&new).findings {
        let _ = writeln!(text, "  line {} {}", finding.location.line, finding.rule);
        let _ = writeln!(text, "    {}", finding.message);
    }
    text
}

#[test]
fn mistakes_open_what_they_are_said_to_open() {
    let gallery = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/access/web/nginx");
    let mut cases: Vec<_> = fs::read_dir(&gallery).unwrap().map(|it| it.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 11);
    let (mut wrong, mut shown) = (Vec::new(), BTreeSet::new());
    for case in cases {
        let (bad, good) = (said(&case, "bad"), said(&case, "good"));
        assert!(!good.contains("\n  line "), "{good}");
        let found = bad.lines().filter_map(|line| line.strip_prefix("  line "));
        shown.extend(found.filter_map(|it| Some(it.split_once(' ')?.1.to_owned())));
        let text = bad + &good;
        let path = case.join("expected.txt");
        if fs::read_to_string(&path).unwrap_or_default() != text {
            wrong.push(format!("{}\n{text}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let without: Vec<_> = rules::LINTS.iter().filter(|rule| !shown.contains(**rule)).collect();
    assert!(without.is_empty(), "no case shows {without:?}");
}
