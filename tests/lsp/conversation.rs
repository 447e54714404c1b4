//! The protocol around the documents: greeting, refusals, farewell.

use serde_json::{Value, json};

use crate::client::{Client, rules};

const CLEAN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: shop\ndata:\n  a: b\n";

fn code(answer: &Value) -> i64 {
    answer["error"]["code"].as_i64().unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn a_conversation_is_orderly_or_not() {
    let mut client = Client::silent(&[]);
    assert_eq!(code(&client.answer("textDocument/hover", json!({}))), -32002);
    client.tell("textDocument/didOpen", json!({})); // before the greeting: not heard
    let capabilities = client.greet(json!({}))["capabilities"].clone();
    assert_eq!(capabilities["textDocumentSync"]["change"], 2, "{capabilities}");
    assert_eq!(capabilities["hoverProvider"], true, "{capabilities}");
    assert_eq!(code(&client.answer("initialize", json!({ "capabilities": {} }))), -32600);
    assert_eq!(code(&client.answer("textDocument/rename", json!({}))), -32601);
    assert_eq!(code(&client.answer("textDocument/hover", json!({ "no": 1 }))), -32602);
    client.tell("$/cancelRequest", json!({ "id": 99 }));
    client.tell("$/setTrace", json!({ "value": "off" }));
    assert_eq!(client.answer("shutdown", Value::Null)["result"], Value::Null);
    assert_eq!(code(&client.answer("textDocument/hover", json!({}))), -32600);
    client.tell("exit", Value::Null);
    assert_eq!(client.wait(), 0);

    let mut client = Client::over(&[]);
    client.tell("exit", Value::Null);
    assert_eq!(client.wait(), 1);
    assert_eq!(Client::silent(&[]).wait(), 1, "a client that goes away");
}

#[test]
fn malformed_messages_are_refused_and_survived() {
    let mut client = Client::over(&[]);
    for (bytes, expected) in [
        (&b"Content-Length: 1\r\n\r\n{"[..], -32700),
        (b"Content-Length: 2\r\n\r\n[]", -32600),
        (b"Content-Length: many\r\n\r\n", -32600),
        (b"\xff\xfe\r\n\r\n", -32600),
        (b"Content-Length: 2\r\n\r\n\xff\xff", -32700),
    ] {
        client.raw(bytes);
        let answer =
            client.next(|message| message["id"].is_null() && message.get("error").is_some());
        assert_eq!(code(&answer), expected, "{answer}");
    }
    // Notifications with wrong parameters change nothing and are logged.
    client.tell("textDocument/didChange", json!({ "textDocument": 1 }));
    let log = client.next(|message| message["method"] == "window/logMessage");
    assert!(log["params"]["message"].as_str().unwrap().contains("didChange"), "{log}");
    client.open("a.yaml", 1, CLEAN);
    assert!(client.diagnostics("a.yaml", 1).is_empty());
}

#[test]
fn wrong_settings_are_shown_where_they_stand_and_never_as_a_clean_file() {
    let settings = "ignore: [host-path-volume]\nfail-onn: error\n";
    let mut client = Client::over(&[("seatrial.yaml", settings), ("a.yaml", CLEAN)]);
    client.open("a.yaml", 1, CLEAN);
    let shown = client.diagnostics("a.yaml", 1);
    assert!(shown[0]["message"].as_str().unwrap().contains("nothing is checked"), "{shown:?}");
    assert_eq!(shown[0]["severity"], 1, "{shown:?}");
    client.open("seatrial.yaml", 1, settings);
    let shown = client.diagnostics("seatrial.yaml", 1);
    assert_eq!(shown[0]["range"]["start"]["line"], 1, "{shown:?}");
    // Mended on the disk, and said so: what was wrong is gone.
    std::fs::write(client.path("seatrial.yaml"), "fail-on: error\n").unwrap();
    let uri = client.uri("seatrial.yaml");
    client.tell("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
    assert!(client.until("a.yaml", 1, <[Value]>::is_empty).is_empty());
}

#[test]
fn settings_hold_for_open_documents_and_what_is_undecided_is_shown() {
    let policy = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\n\
        metadata:\n  name: asks\nspec:\n  matchConstraints:\n    resourceRules:\n    - apiGroups: ['']\n      \
        apiVersions: [v1]\n      operations: [CREATE]\n      resources: [configmaps]\n  validations:\n  \
        - expression: authorizer.group('').resource('configmaps').check('get').allowed()\n---\n\
        apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\n\
        metadata:\n  name: asks\nspec:\n  policyName: asks\n  validationActions: [Deny]\n";
    let mut client = Client::over(&[("policy.yaml", policy), ("a.yaml", CLEAN)]);
    client.open("a.yaml", 7, CLEAN);
    let shown = client.until("a.yaml", 7, |shown| !shown.is_empty());
    assert_eq!(rules(&shown), ["asks"], "{shown:?}");
    assert_eq!(shown[0]["severity"], 3, "{shown:?}");
    assert!(shown[0]["message"].as_str().unwrap().starts_with("undecided: "), "{shown:?}");

    let mut client = Client::over(&[("seatrial.yaml", "exclude: [old/**]\n"), ("b.yaml", CLEAN)]);
    client.open("old/a.yaml", 1, "not: [yaml\n");
    std::fs::create_dir(client.path("old")).unwrap();
    std::fs::write(client.path("old/a.yaml"), "not: [yaml\n").unwrap();
    let uri = client.uri("old/a.yaml");
    client.tell("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
    assert!(client.until("old/a.yaml", 1, <[Value]>::is_empty).is_empty());
}
