//! `--fix` and `--diff`: what is changed, what is not, and what is said of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::run::{CLEAN, folder, root, seatrial_in, seatrial_with};

/// A workload with faults that can be mended, and habits that must be kept.
const WEB: &str = "\
# The shop's front.
apiVersion: v1
kind: Service
metadata: {name: web, labels: {app: web}}
spec:
  selector:
    app: 'web'   # as the pods
  ports:
    - port: \"80\"        # a number
      protocol: tcp
      targetPort: 'http'
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations:
    port: 8080
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}

  template:
    metadata:
      labels:
        app: web
    spec:
      # The account of the shop.
      serviceAccount: shop
      containers:
        - name: web
          image: registry.example/web:1.4.2
          imagePullPolicy: ifNotPresent # saves time
          ports:
            - name: http
              containerPort: 8080
";

#[test]
fn a_diff_shows_what_is_safe_and_writes_nothing() {
    let folder = folder(&[("web.yaml", WEB), ("settings.yaml", CLEAN)]);
    let ran = seatrial_in(
        folder.path(),
        &["check", "--diff", "--select=schema,deprecated-service-account-field"],
    );
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    insta::assert_snapshot!("fix_diff", ran.stdout);
    insta::assert_snapshot!("fix_diff_summary", ran.stderr);
    assert_eq!(fs::read_to_string(folder.path().join("web.yaml")).unwrap(), WEB);
    // The report is that of the check; it has no room on standard output.
    let refused = seatrial_in(folder.path(), &["check", "--diff", "--output-format=json"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("the diff takes standard output"), "{}", refused.stderr);
    let both = ["check", "--diff", "--output-format=json", "--output=report.json"];
    assert_eq!(seatrial_in(folder.path(), &both).code, 1);
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["fixes"]["files"], serde_json::json!(["web.yaml"]));
    assert!(report["findings"].as_array().unwrap().len() >= 4);
}

#[test]
fn a_fixed_file_passes_and_is_fixed_once() {
    let folder = folder(&[("web.yaml", WEB)]);
    let path = folder.path().join("web.yaml");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    }
    let arguments = ["check", "--select=schema,deprecated-service-account-field", "--fix"];
    let ran = seatrial_in(folder.path(), &arguments);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let fixed = fs::read_to_string(&path).unwrap();
    let changed = [
        ("port: \"80\" ", "port: 80 "),
        ("protocol: tcp", "protocol: TCP"),
        ("port: 8080\n", "port: \"8080\"\n"),
        ("serviceAccount: shop", "serviceAccountName: shop"),
        ("ifNotPresent", "IfNotPresent"),
    ];
    let expected = changed.iter().fold(WEB.to_owned(), |text, (a, b)| text.replacen(a, b, 1));
    assert_eq!(fixed, expected);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }
    let again = seatrial_in(folder.path(), &arguments);
    assert_eq!((again.code, again.stderr.trim()), (0, "nothing to fix"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_rest_is_fixed_when_asked_for() {
    let folder = folder(&[("web.yaml", WEB)]);
    let ran = seatrial_in(folder.path(), &["check", "--profile=strict", "--fix"]);
    assert!(ran.stderr.contains("can be fixed with --unsafe"), "{}", ran.stderr);
    let ran = seatrial_in(folder.path(), &["check", "--profile=strict", "--fix", "--unsafe"]);
    assert!(!ran.stderr.contains("not fixed"), "{}", ran.stderr);
    insta::assert_snapshot!(
        "fix_unsafe",
        fs::read_to_string(folder.path().join("web.yaml")).unwrap()
    );
    let alone = seatrial_in(folder.path(), &["check", "--unsafe"]);
    assert_eq!(alone.code, 2);
}

#[test]
fn standard_input_becomes_the_fixed_text() {
    let arguments = ["check", "-", "--fix", "--select=schema"];
    let ran = seatrial_with(Path::new("/"), &arguments, WEB.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("protocol: TCP") && ran.stdout.starts_with("# The shop's front."));
    assert!(ran.stderr.starts_with("fixed 4 findings in 1 file"), "{}", ran.stderr);
}

#[test]
fn other_line_ends_and_json_are_kept() {
    let service =
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: \"80\"";
    let crlf = service.replace('\n', "\r\n");
    let json = "{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"api\"},\n\t\"spec\": {\"ports\": [{\"port\": \"80\"}]}}\n";
    let folder = folder(&[("a.yaml", &crlf), ("b.json", json)]);
    let ran = seatrial_in(folder.path(), &["check", "--select=schema", "--fix"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("a.yaml"), crlf.replace("\"80\"", "80"));
    assert_eq!(read("b.json"), json.replace("\"80\"", "80"));
}

#[test]
fn what_would_bring_another_error_is_not_applied() {
    let text = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: a\nspec:\n  minReadySecond: soon\n  \
        selector:\n    matchLabels: {a: b}\n  template:\n    metadata:\n      labels: {a: b}\n    spec:\n      \
        containers:\n      - name: a\n        image: a:1\n";
    let folder = folder(&[("a.yaml", text)]);
    let arguments = ["check", "--select=schema", "--fix", "--unsafe"];
    let ran = seatrial_in(folder.path(), &arguments);
    assert_eq!(ran.code, 1);
    let said =
        "nothing to fix\nnot fixed: unknown-field at a.yaml:6:3: there would be a new error\n";
    assert_eq!(ran.stderr, said);
    assert_eq!(fs::read_to_string(folder.path().join("a.yaml")).unwrap(), text);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_out_is_not_written() {
    use std::os::unix::fs::symlink;
    let outside = folder(&[("web.yaml", WEB)]);
    let inside = folder(&[("kept/near.yaml", WEB)]);
    symlink(outside.path().join("web.yaml"), inside.path().join("far.yaml")).unwrap();
    let ran = seatrial_in(inside.path(), &["check", "--select=schema", "--fix"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("`far.yaml` is not fixed: it leads out of what is checked"),
        "{}",
        ran.stderr
    );
    assert_eq!(fs::read_to_string(outside.path().join("web.yaml")).unwrap(), WEB);
    assert_ne!(fs::read_to_string(inside.path().join("kept/near.yaml")).unwrap(), WEB);
}

/// The bad manifests of the corpus and of the written invariants, by their paths from the top.
fn bad() -> Vec<PathBuf> {
    let mut folders = vec![root().join("corpus"), root().join("invariants")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                folders.push(path);
            } else if name == "bad.yaml"
                || name == "fail.yaml"
                || path.with_extension("expected").is_file()
            {
                files.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    files.retain(|path| {
        !path
            .components()
            .any(|part| ["access", "learned"].iter().any(|it| part.as_os_str() == *it))
    });
    files.sort();
    files
}

/// The documents of a file.
fn documents(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    let parsed = seatrial_parse::yaml_or_json(&text);
    parsed.documents.iter().map(|document| document.root.to_json()).collect()
}

/// The pointers at which two values differ; where items came or went, that of their list.
fn different(a: &Value, b: &Value, at: &str, found: &mut BTreeSet<String>) {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
                let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                different(
                    a.get(key).unwrap_or(&Value::Null),
                    b.get(key).unwrap_or(&Value::Null),
                    &at,
                    found,
                );
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                different(a, b, &format!("{at}/{index}"), found);
            }
        }
        _ if a == b => {}
        _ => {
            found.insert(at.to_owned());
        }
    }
}

/// How many findings, and how many errors, there are by rule and file.
fn counts(report: &Value) -> BTreeMap<(String, String), (usize, usize)> {
    let mut counts = BTreeMap::<_, (usize, usize)>::new();
    for finding in report["findings"].as_array().unwrap() {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let place = (text(&finding["rule"]), text(&finding["location"]["path"]));
        let (all, errors) = counts.entry(place).or_default();
        *all += 1;
        *errors += usize::from(finding["severity"] == "error");
    }
    counts
}

#[test]
fn the_corpus_passes_when_fixed_and_differs_only_where_it_must() {
    let folder = tempfile::tempdir().unwrap();
    let files = bad();
    assert!(files.len() > 150, "{}", files.len());
    for file in &files {
        let copy = folder.path().join(file);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(root().join(file), copy).unwrap();
    }
    let check = ["check", "--no-config", "--profile=strict", "--output-format=json", "--exit-zero"];
    let fix: Vec<_> = check.iter().copied().chain(["--fix", "--unsafe"]).collect();
    let before = seatrial_in(folder.path(), &check).json();
    let fixed = seatrial_in(folder.path(), &fix).json();
    let after = seatrial_in(folder.path(), &check).json();
    assert_eq!(fixed["findings"], after["findings"]);
    let applied = fixed["fixes"]["by_rule"].as_object().unwrap();
    assert!(applied.len() >= 30, "{applied:?}");
    // Whatever was fixed is gone, and no error came.
    let (counted, left) = (counts(&before), counts(&after));
    let none = (0, 0);
    for (rule, count) in applied {
        let of_rule = counted.iter().filter(|((it, _), _)| it == rule);
        let gone = of_rule
            .map(|(place, before)| before.0.saturating_sub(left.get(place).unwrap_or(&none).0));
        assert!(gone.sum::<usize>() as u64 >= count.as_u64().unwrap(), "{rule}: {count}");
    }
    for (place, after) in &left {
        assert!(counted.get(place).unwrap_or(&none).1 >= after.1, "{place:?}");
    }
    // What differs was pointed to.
    let changed = fixed["fixes"]["files"].as_array().unwrap();
    assert!(changed.len() > 80, "{}", changed.len());
    for file in changed {
        differs_only_where_named(folder.path(), file.as_str().unwrap(), &before);
    }
}

/// What is different in a fixed file was pointed to by a finding with a fix.
fn differs_only_where_named(folder: &Path, file: &str, before: &Value) {
    let named: Vec<_> = before["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| {
            finding["location"]["path"] == file && finding["fix"]["edits"] != serde_json::json!([])
        })
        .filter_map(|finding| finding["pointer"].as_str())
        .collect();
    // What is found in reading has no pointer: it is known by the key that it writes.
    let keys: Vec<_> = before["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["location"]["path"] == file && it["pointer"].is_null())
        .flat_map(|finding| finding["fix"]["edits"].as_array().into_iter().flatten())
        .map(|edit| edit["replacement"].as_str().unwrap().trim_matches('"'))
        .collect();
    let (old, new) = (documents(&root().join(file)), documents(&folder.join(file)));
    assert_eq!(old.len(), new.len(), "{file}");
    for (old, new) in old.iter().zip(&new) {
        let mut found = BTreeSet::new();
        different(old, new, "", &mut found);
        // A key that reads otherwise than it is written changes its name.
        let split = |pointer: &str| {
            let (around, key) = pointer.rsplit_once('/').unwrap_or(("", pointer));
            (around.to_owned(), key.to_owned())
        };
        let written = found.iter().map(|it| split(it));
        let written = written.filter(|(_, key)| keys.contains(&&**key));
        let respelt: BTreeSet<_> = written.map(|(around, _)| around).collect();
        for pointer in found {
            // Those of the items of a list begin at the item.
            let own = pointer
                .split_once("/items/")
                .and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)));
            let own = own.unwrap_or(&pointer);
            let around = own.rsplit_once('/').map_or("", |(around, _)| around);
            let is_named = named.iter().any(|it| {
                own.starts_with(it)
                    || it.starts_with(own)
                    || !around.is_empty() && it.starts_with(around)
            }) || respelt.contains(&split(&pointer).0);
            assert!(is_named, "{file}: {pointer} of {named:?}");
        }
    }
}

#[test]
fn the_page_of_a_rule_says_whether_it_has_a_fix() {
    let ran = seatrial_in(&root(), &["explain", "privilege-escalation"]);
    assert!(
        ran.stdout.contains(
            "`--fix --unsafe`: set `{container}/securityContext/allowPrivilegeEscalation` to"
        ),
        "{}",
        ran.stdout
    );
    let ran = seatrial_in(&root(), &["explain", "missing-config"]);
    assert!(ran.stdout.contains("--fix --unsafe"), "{}", ran.stdout);
    // Whatever rule has edits in the corpus says so on its page.
    let arguments =
        ["check", "--no-config", "--profile=strict", "--output-format=json", "--exit-zero"];
    let files: Vec<_> = bad().iter().map(|path| path.to_str().unwrap().to_owned()).collect();
    let all: Vec<_> = arguments.iter().copied().chain(files.iter().map(String::as_str)).collect();
    let report = seatrial_in(&root(), &all).json();
    let with_edits: BTreeSet<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["fix"]["edits"].as_array().is_some_and(|edits| !edits.is_empty()))
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect();
    let rules = seatrial_in(&root(), &["rules", "list", "--output-format=json"]).json();
    for rule in rules["rules"].as_array().unwrap() {
        let says = rule["explanation"].as_str().unwrap().contains("## Fix");
        let id = rule["id"].as_str().unwrap();
        assert!(says || !with_edits.contains(id), "{id} does not say that it has a fix");
    }
}
