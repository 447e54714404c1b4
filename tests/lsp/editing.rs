//! Documents: open, edit, ask, mend, save and close.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::client::{Client, between, is_there, on_line, rules};

/// A file of `ConfigMap`s with as many lines, the last value of each with characters of one, two and
/// four bytes of UTF-8.
fn manifest(lines: usize) -> String {
    let mut text = String::new();
    for index in 0..lines / 10 {
        let _ = write!(
            text,
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings-{index}\n  namespace: shop\n\
             data:\n  size: \"80\"\n  tint: web\n  name: \"zoë 🚢\"\n---\n"
        );
    }
    text
}

fn offset(text: &str, place: &Value) -> usize {
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').take(number(&place["line"])).collect();
    let start: usize = lines.iter().map(|line| line.len()).sum();
    let mut units = 0;
    let within = text[start..].char_indices().find(|(_, char)| {
        let here = units == number(&place["character"]);
        units += char.len_utf16();
        here
    });
    start + within.map_or(text[start..].len(), |(at, _)| at)
}

/// Carries out the edits of an action, which must be for this version of the document.
fn carry_out(text: &str, action: &Value, version: i32) -> String {
    let change = &action["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"]["version"], version, "{action}");
    let mut edits = change["edits"].as_array().unwrap().clone();
    edits.sort_by_key(|edit| std::cmp::Reverse(offset(text, &edit["range"]["start"])));
    let mut text = text.to_owned();
    for edit in edits {
        let range = &edit["range"];
        let (from, to) = (offset(&text, &range["start"]), offset(&text, &range["end"]));
        text.replace_range(from..to, edit["newText"].as_str().unwrap());
    }
    text
}

#[test]
fn a_file_of_2000_lines_is_opened_edited_asked_mended_and_closed() {
    let text = manifest(2_000);
    assert_eq!(text.lines().count(), 2_000);
    let mut client = Client::over(&[("a.yaml", &text)]);
    client.open("a.yaml", 1, &text);
    assert!(client.diagnostics("a.yaml", 1).is_empty());

    // A number where a string belongs, behind a ship on the line before.
    let line = 1_006;
    client.edit("a.yaml", 2, on_line(line, 8, 12), "80");
    let mut edited: Vec<_> = text.lines().map(str::to_owned).collect();
    edited[line] = "  size: 80".to_owned();
    let edited = edited.join("\n") + "\n";
    let shown = client.until("a.yaml", 2, |shown| !shown.is_empty());
    assert_eq!(rules(&shown), ["wrong-type"], "{shown:?}");
    assert_eq!((&shown[0]["severity"], &shown[0]["source"]), (&json!(1), &json!("seatrial")));
    assert_eq!(shown[0]["range"], on_line(line, 8, 10));
    assert!(shown[0]["message"].as_str().unwrap().contains("must be a string"), "{shown:?}");

    let uri = client.uri("a.yaml");
    let place = json!({ "line": line, "character": 9 });
    let asked = json!({ "textDocument": { "uri": uri }, "position": place });
    let hover = client.ask("textDocument/hover", asked);
    let page = hover["contents"]["value"].as_str().unwrap();
    assert!(page.starts_with("# wrong-type\n") && page.contains("## What it checks"), "{page}");
    let nowhere =
        json!({ "textDocument": { "uri": uri }, "position": { "line": 3, "character": 0 } });
    assert_eq!(client.ask("textDocument/hover", nowhere), Value::Null);

    let actions = client.actions("a.yaml", &shown[0]["range"]);
    assert_eq!(actions.len(), 1, "{actions:?}");
    assert_eq!(actions[0]["kind"], "quickfix");
    assert_eq!(actions[0]["isPreferred"], true, "{actions:?}");
    assert_eq!(carry_out(&edited, &actions[0], 2), text);
    assert!(client.actions("a.yaml", &on_line(3, 0, 1)).is_empty());
    // The client does what the action says.
    let change = actions[0]["edit"]["documentChanges"][0].clone();
    let edits = change["edits"].as_array().unwrap().iter().rev();
    let changes: Vec<_> =
        edits.map(|edit| json!({ "range": edit["range"], "text": edit["newText"] })).collect();
    let document = json!({ "uri": uri, "version": 3 });
    client.tell(
        "textDocument/didChange",
        json!({ "textDocument": document, "contentChanges": changes }),
    );
    assert!(client.until("a.yaml", 3, <[Value]>::is_empty).is_empty());
    assert_eq!(std::fs::read_to_string(client.path("a.yaml")).unwrap(), text, "nothing is written");

    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    let cleared = client.next(|message| {
        message["method"] == "textDocument/publishDiagnostics"
            && message["params"].get("version").is_none()
    });
    assert_eq!(cleared["params"], json!({ "uri": uri, "diagnostics": [] }));
    assert_eq!(client.answer("shutdown", Value::Null)["result"], Value::Null);
    client.tell("exit", Value::Null);
    assert_eq!(client.wait(), 0);
}

#[test]
fn places_are_counted_in_utf_16_units() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop, labels: {x: \"é🚢\", y: 1}}\n";
    // The name of the file needs care, too.
    let mut client = Client::over(&[("zoë 1.yaml", text)]);
    client.open("zoë 1.yaml", 1, text);
    let shown = client.until("zoë 1.yaml", 1, |shown| !shown.is_empty());
    let wrong = shown.iter().find(|it| it["code"] == "wrong-type").unwrap();
    assert_eq!(between(text, &wrong["range"]), "1");
    let actions = client.actions("zoë 1.yaml", &wrong["range"]);
    assert_eq!(carry_out(text, &actions[0], 1), text.replace("y: 1", "y: \"1\""));
    // An edit behind the ship, with a character of two units, and one of the whole text.
    let end = text.lines().nth(2).unwrap().encode_utf16().count();
    client.edit("zoë 1.yaml", 2, on_line(2, end - 3, end - 2), "🚢");
    let shown = client.until("zoë 1.yaml", 2, |shown| !shown.is_empty());
    assert!(!rules(&shown).contains(&"wrong-type"), "{shown:?}");
    let uri = client.uri("zoë 1.yaml");
    let params = json!({ "textDocument": { "uri": uri, "version": 3 }, "contentChanges": [{ "text": text }] });
    client.tell("textDocument/didChange", params);
    let shown = client.until("zoë 1.yaml", 3, |shown| rules(shown).contains(&"wrong-type"));
    assert_eq!(
        between(text, &shown.iter().find(|it| it["code"] == "wrong-type").unwrap()["range"]),
        "1"
    );
}

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  \
    selector: {app: wbe}\n  ports:\n  - port: 80\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: shop\n  labels: {app: web}\n\
    spec:\n  containers:\n  - name: web\n    image: registry.example/web:1.4.2\n    ports:\n    \
    - containerPort: 80\n";

#[test]
fn findings_between_files_follow_unsaved_texts() {
    let files = [("service.yaml", SERVICE), ("pod.yaml", POD)];
    let mut client = Client::over(&files);
    client.open("service.yaml", 1, SERVICE);
    let reported = |shown: &[Value]| rules(shown).contains(&"service-without-pods");
    let shown = client.until("service.yaml", 1, reported);
    let finding = shown.iter().find(|it| it["code"] == "service-without-pods").unwrap();
    let related = &finding["relatedInformation"][0];
    assert_eq!(related["location"]["uri"], client.uri("pod.yaml"), "{finding}");
    assert!(!related["message"].as_str().unwrap().is_empty(), "{finding}");
    // The other file gets the label, and nobody saves it.
    client.open("pod.yaml", 1, POD);
    client.edit("pod.yaml", 2, on_line(5, 16, 19), "wbe");
    client.until("service.yaml", 1, |shown| !reported(shown));
    let uri = client.uri("pod.yaml");
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    client.until("service.yaml", 1, reported);
}

#[test]
fn unsafe_fixes_say_so_and_come_last() {
    let text = POD.replace("    ports:", "    securityContext: {privileged: true}\n    ports:");
    let mut client = Client::over(&[("pod.yaml", &text)]);
    client.open("pod.yaml", 1, &text);
    let shown = client.until("pod.yaml", 1, |shown| rules(shown).contains(&"privileged-container"));
    let finding = shown.iter().find(|it| it["code"] == "privileged-container").unwrap();
    let actions = client.actions("pod.yaml", &finding["range"]);
    let action = actions.iter().find(|it| it["diagnostics"][0]["code"] == "privileged-container");
    let action = action.unwrap_or_else(|| panic!("{actions:?}"));
    assert!(action["title"].as_str().unwrap().contains("unsafe"), "{action}");
    assert_eq!(action["isPreferred"], false, "{action}");
    let params = json!({
        "textDocument": { "uri": client.uri("pod.yaml") }, "range": finding["range"],
        "context": { "diagnostics": [], "only": ["refactor"] },
    });
    assert_eq!(client.ask("textDocument/codeAction", params), json!([]));
}

#[test]
fn files_outside_of_the_workspace_and_files_that_are_none_yet_are_checked() {
    let mut client = Client::over(&[("a/seatrial.yaml", "severity: {wrong-type: note}\n")]);
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata: {x: 1}\n";
    client.open("new.yaml", 1, text);
    let shown = client.until("new.yaml", 1, |shown| !shown.is_empty());
    assert_eq!((rules(&shown), &shown[0]["severity"]), (vec!["wrong-type"], &json!(1)));
    // By itself, in the settings found upward from it.
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("seatrial.yaml"), "severity: {wrong-type: note}\n").unwrap();
    let name = outside.path().join("a.yaml").to_str().unwrap().to_owned();
    client.open(&name, 1, text);
    let shown = client.until(&name, 1, |shown| !shown.is_empty());
    assert_eq!((rules(&shown), &shown[0]["severity"]), (vec!["wrong-type"], &json!(3)));
    let uri = "untitled:Untitled-1";
    let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": text });
    client.tell("textDocument/didOpen", json!({ "textDocument": document }));
    let log = client.next(|message| message["method"] == "window/logMessage");
    assert!(log["params"]["message"].as_str().unwrap().contains("untitled:"), "{log}");
    assert!(!is_there(&client.path("new.yaml")));
}

#[test]
fn what_is_shown_follows_the_last_of_many_changes() {
    let text = manifest(200);
    let mut client = Client::over(&[("a.yaml", &text)]);
    client.open("a.yaml", 1, &text);
    // One character after the other, as one types.
    let typed = "  nmae: 1";
    client.edit("a.yaml", 2, on_line(3, 0, 18), "");
    for (at, char) in typed.chars().enumerate() {
        let version = i32::try_from(at).unwrap() + 3;
        client.edit("a.yaml", version, on_line(3, at, at), &char.to_string());
    }
    let last = i32::try_from(typed.len()).unwrap() + 2;
    let shown = client.until("a.yaml", last, |shown| rules(shown).contains(&"unknown-field"));
    let field = shown.iter().find(|it| it["code"] == "unknown-field").unwrap();
    assert_eq!(field["range"], on_line(3, 2, 6));
}
