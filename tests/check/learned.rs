//! Rules learned from a team's own manifests: learned, reviewed, checked.

use std::fmt::Write as _;
use std::fs;

use tempfile::TempDir;

use crate::run::{folder, seatrial_in, seatrial_with};

/// A manifest of a workload like all the others, but for its name, and what is said of pulling.
fn workload(team: usize, name: &str, pull: &str) -> String {
    let replicas = 1 + name.len() % 4;
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  labels: {{app: {name}, \
         team: t{team}}}\nspec:\n  replicas: {replicas}\n  selector: {{matchLabels: {{app: \
         {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      \
         containers:\n      - name: {name}\n        image: registry.example/{name}:{team}.{replicas}\n\
        \x20       imagePullPolicy: {pull}\n"
    )
}

/// The manifests of eight teams, each in a folder of its own.
fn teams() -> TempDir {
    const NAMES: [&str; 5] = ["web", "queue", "mailer", "reports", "search-index"];
    let folder = folder(&[]);
    for team in 0..8 {
        let path = folder.path().join(format!("teams/t{team}"));
        fs::create_dir_all(&path).unwrap();
        for name in NAMES {
            let name = format!("{name}-{team}");
            fs::write(path.join(format!("{name}.yaml")), workload(team, &name, "IfNotPresent"))
                .unwrap();
        }
    }
    folder
}

/// The arguments that check what is new by the learned rules alone.
const CHECK: [&str; 6] =
    ["check", "new.yaml", "--no-config", "--rules=rules.toml", "--select=learned", "--color=never"];

#[test]
fn what_all_teams_do_is_learned_reviewed_and_asked_of_a_newcomer() {
    let folder = teams();
    let ran = seatrial_in(folder.path(), &["learn", "teams", "-o", "rules.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    fs::write(folder.path().join("new.yaml"), workload(9, "newcomer", "IfNotPresnt")).unwrap();

    let pending = seatrial_in(folder.path(), &CHECK);
    assert_eq!(pending.code, 0, "a pending rule warns: {}{}", pending.stdout, pending.stderr);
    insta::assert_snapshot!("learned_pending", pending.stdout);

    let mut answers = String::new();
    (0..500).for_each(|_| writeln!(answers, "a").unwrap());
    let review = ["rules", "review", "rules.toml", "--reviewer=ada"];
    let ran = seatrial_with(folder.path(), &review, answers.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let accepted = seatrial_in(folder.path(), &CHECK);
    assert_eq!(accepted.code, 1, "an accepted rule gates: {}", accepted.stdout);

    let again = seatrial_in(folder.path(), &["learn", "teams", "-o", "rules.toml"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    let rules = fs::read_to_string(folder.path().join("rules.toml")).unwrap();
    assert!(rules.contains("reviewer = \"ada\""), "{rules}");
    assert!(!rules.contains("state = \"pending\""), "{rules}");
}

#[test]
fn a_rule_that_is_rejected_stays_so_and_is_not_asked_for() {
    let folder = teams();
    seatrial_in(folder.path(), &["learn", "teams", "-o", "rules.toml"]);
    let path = folder.path().join("rules.toml");
    let rejected = fs::read_to_string(&path).unwrap().replace("\"pending\"", "\"rejected\"");
    fs::write(&path, rejected).unwrap();
    let ran = seatrial_in(folder.path(), &["learn", "teams", "-o", "rules.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!fs::read_to_string(&path).unwrap().contains("\"pending\""));
    fs::write(folder.path().join("new.yaml"), workload(9, "newcomer", "IfNotPresnt")).unwrap();
    let ran = seatrial_in(folder.path(), &CHECK);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stdout.contains("learned-"), "{}", ran.stdout);
}

#[test]
fn a_difference_tells_what_appeared_and_vanished() {
    let folder = teams();
    seatrial_in(folder.path(), &["learn", "teams", "-o", "rules.toml"]);
    let same = seatrial_in(folder.path(), &["learn", "teams", "--diff", "rules.toml"]);
    assert_eq!(same.stdout, "0 appeared, 0 vanished, 0 changed\n");
    for team in 0..8 {
        for name in ["web", "queue", "mailer", "reports"] {
            let file = folder.path().join(format!("teams/t{team}/{name}-{team}.yaml"));
            let pull = if team % 2 == 0 { "Always" } else { "Never" };
            fs::write(file, workload(team, &format!("{name}-{team}"), pull)).unwrap();
        }
    }
    let changed = seatrial_in(folder.path(), &["learn", "teams", "--diff", "rules.toml"]);
    assert_eq!(changed.code, 0, "{}", changed.stderr);
    insta::assert_snapshot!("learned_difference", changed.stdout);
}

#[test]
fn what_cannot_be_learned_from_or_read_is_said_with_its_place() {
    let folder = folder(&[
        ("none/note.yaml", "# nothing here\n"),
        (
            "one/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n",
        ),
        ("broken/pod.yaml", "a: [\n"),
        ("rules.toml", "version = 1\n\n[[rule]]\nid = \"x\"\nstate = \"perhaps\"\n"),
    ]);
    let mut said = String::new();
    for arguments in [
        &["learn", "none", "-o", "-"][..],
        &["learn", "one", "-o", "-"],
        &["learn", "broken", "-o", "-"],
        &["learn", "none", "-o", "rules.toml"],
        &["learn", "missing", "-o", "-"],
        &["rules", "review", "rules.toml"],
        &["check", "one", "--rules=rules.toml"],
        &["check", "one", "--rules=absent.toml"],
    ] {
        let ran = seatrial_in(folder.path(), arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
        writeln!(said, "$ seatrial {}\n{}", arguments.join(" "), ran.stderr).unwrap();
    }
    insta::assert_snapshot!("learned_refused", said);
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_learned_from() {
    let folder = teams();
    fs::write(folder.path().join("teams/t0/broken.yaml"), "kind: Pod\nspec: [\n").unwrap();
    fs::write(folder.path().join("teams/t1/binary.yaml"), b"a\0b").unwrap();
    let ran = seatrial_in(folder.path(), &["learn", "teams", "-o", "rules.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let said = "not learned from, because it cannot be read: teams/t0/broken.yaml:3: ";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    assert!(ran.stderr.contains("(and 1 more)"), "{}", ran.stderr);
}

#[test]
fn a_review_holds_over_a_pending_rule_and_not_against_another_review() {
    let folder = teams();
    seatrial_in(folder.path(), &["learn", "teams", "-o", "rules.toml"]);
    let pending = fs::read_to_string(folder.path().join("rules.toml")).unwrap();
    for state in ["accepted", "rejected"] {
        let reviewed = pending.replace("\"pending\"", &format!("\"{state}\""));
        fs::write(folder.path().join(format!("{state}.toml")), reviewed).unwrap();
    }
    fs::write(folder.path().join("new.yaml"), workload(9, "newcomer", "IfNotPresnt")).unwrap();
    let check = |one: &str, other: &str| {
        let rules = [format!("--rules={one}.toml"), format!("--rules={other}.toml")];
        let fixed = ["check", "new.yaml", "--no-config", "--select=learned"];
        let all: Vec<&str> = fixed.into_iter().chain(rules.iter().map(String::as_str)).collect();
        seatrial_in(folder.path(), &all)
    };
    for (one, other, code) in [
        ("rules", "accepted", 1),
        ("accepted", "rules", 1),
        ("rules", "rejected", 0),
        ("rejected", "rules", 0),
        ("accepted", "accepted", 1),
        ("accepted", "rejected", 2),
    ] {
        let ran = check(one, other);
        assert_eq!(ran.code, code, "{one} {other}: {}{}", ran.stdout, ran.stderr);
    }
    let refused = check("accepted", "rejected").stderr;
    assert!(
        refused.contains(
            "is accepted in `accepted.toml` and rejected in `rejected.toml`: which review holds?"
        ),
        "{refused}"
    );
}

#[test]
fn a_file_with_mistakes_is_named_by_line_and_stays_as_it_is() {
    let folder = teams();
    seatrial_in(folder.path(), &["learn", "teams", "-o", "rules.toml"]);
    let right = fs::read_to_string(folder.path().join("rules.toml")).unwrap();
    for (from, to, why) in [
        ("k = ", "k = 9", "objects cannot be"),
        ("n = ", "n = -", "invalid value"),
        ("state = \"pending\"", "state = \"acepted\"", "unknown variant `acepted`"),
        ("state = \"pending\"", "state = \"muted\"\nstate = \"rejected\"", "duplicate key"),
        ("state = \"pending\"", "expires = \"2026-02-40\"", "is not a date"),
        ("template = \"", "template = \"x", "unknown template"),
        ("[[rule]]", "[[rules]]", "unknown field `rules`"),
        ("version = 1", "", "missing field `version`"),
    ] {
        let wrong = right.replacen(&format!("\n{from}"), &format!("\n{to}"), 1);
        fs::write(folder.path().join("rules.toml"), &wrong).unwrap();
        for arguments in [
            &["check", "teams", "--rules=rules.toml"][..],
            &["learn", "teams", "-o", "rules.toml"],
            &["learn", "teams", "--diff", "rules.toml"],
            &["rules", "review", "rules.toml"],
        ] {
            let ran = seatrial_in(folder.path(), arguments);
            assert_eq!(ran.code, 2, "{arguments:?} {to}: {}", ran.stdout);
            let said = ran.stderr.strip_prefix("error: rules.toml:").unwrap();
            assert!(said.contains(why), "{why}: {said}");
            assert!(said.split(':').next().unwrap().parse::<u32>().unwrap() > 0, "{said}");
        }
        assert_eq!(fs::read_to_string(folder.path().join("rules.toml")).unwrap(), wrong);
    }
}

#[test]
fn threads_and_the_order_of_paths_change_nothing() {
    let folder = teams();
    let paths: Vec<String> = (0..8).map(|team| format!("teams/t{team}")).collect();
    let learned = |threads: &str, paths: &[&str]| {
        let fixed = ["learn", "-o", "-", threads];
        let all: Vec<&str> = fixed.into_iter().chain(paths.iter().copied()).collect();
        let ran = seatrial_in(folder.path(), &all);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout
    };
    let forward: Vec<&str> = paths.iter().map(String::as_str).collect();
    let one = learned("--threads=1", &forward);
    assert!(one.contains("[[rule]]"), "{one}");
    let backward: Vec<&str> = forward.iter().rev().copied().collect();
    let mixed: Vec<&str> = [3, 0, 7, 5, 1, 6, 2, 4].map(|at| forward[at]).to_vec();
    for (threads, order) in [("2", &forward), ("7", &forward), ("2", &backward), ("7", &mixed)] {
        assert_eq!(learned(&format!("--threads={threads}"), order), one, "{threads} {order:?}");
    }
    let whole = |threads: &str| learned(threads, &["teams"]);
    assert_eq!(whole("--threads=1"), whole("--threads=7"));
}
