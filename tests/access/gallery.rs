//! The classic mistakes of `corpus/access/`: a bad change and a good one, and what is said of each.

use std::fs;

use crate::run::{root, seatrial_in};

#[test]
fn mistakes_are_reported_and_good_changes_pass() {
    let gallery = root().join("corpus/access");
    let entries = fs::read_dir(&gallery).unwrap().map(|entry| entry.unwrap().path());
    // Those of web servers are no objects, and are compared beside the code.
    let mut cases: Vec<_> =
        entries.filter(|path| path.is_dir() && !path.ends_with("web")).collect();
    cases.sort();
    assert_eq!(cases.len(), 13);
    for case in cases {
        let name = case.file_name().unwrap().to_str().unwrap().to_owned();
        let report = |side: &str| {
            let diff = seatrial_in(&case, &["access", "diff", "before", side]);
            let arguments =
                ["check", side, "--select=access", "--base=before", "--output-format=concise"];
            let check = seatrial_in(&case, &arguments);
            assert!(diff.code != 2 && check.code != 2, "{name}: {}{}", diff.stderr, check.stderr);
            let text = format!("{}\n$ seatrial check --base before\n{}", diff.stdout, check.stdout);
            (check.stdout, text)
        };
        let ((bad, bad_text), (good, good_text)) = (report("bad"), report("good"));
        insta::with_settings!({
            snapshot_path => &case, prepend_module_to_snapshot => false, omit_expression => true,
        }, {
            insta::assert_snapshot!("bad", bad_text);
            insta::assert_snapshot!("good", good_text);
        });
        let weight = |text: &str| {
            let heavy = ["error", "warning", "undecided"].map(|word| format!(": {word}["));
            text.lines().filter(|line| heavy.iter().any(|it| line.contains(it))).count()
        };
        assert!(
            weight(&bad) > weight(&good),
            "{name}: the bad change must weigh more\n{bad}\n{good}"
        );
    }
}
