//! The opinion of a language model: a stub that speaks the protocol of real endpoints.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;
use tiny_http::{Header, Response, Server};

use crate::run::{Ran, folder, seatrial_in};

/// What the stub does with a request.
enum Reply {
    /// Answers with this text, as a model would.
    Says(String),
    /// Answers with this status and body.
    Raw(u16, String),
    /// Answers when it is too late.
    Hangs,
}

/// A stub of an endpoint, with the requests that it had.
struct Stub {
    url: String,
    requests: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Stub {
    /// Answers by the number of the sample that is asked for.
    fn new(reply: impl Fn(u64) -> Reply + Send + 'static) -> Self {
        let server = Server::http("127.0.0.1:0").unwrap();
        let url = format!("http://{}", server.server_addr());
        let requests: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
        let kept = Arc::clone(&requests);
        std::thread::spawn(move || {
            let mut hanging = Vec::new();
            while let Ok(mut request) = server.recv() {
                let mut body = String::new();
                request.as_reader().read_to_string(&mut body).unwrap();
                let body: Value = serde_json::from_str(&body).unwrap();
                let key = request.headers().iter().find(|h| h.field.equiv("authorization"));
                let key = key.map_or(String::new(), |header| format!(" {}", header.value));
                let seed = body["seed"].as_u64().unwrap();
                kept.lock().unwrap().push((format!("{}{key}", request.url()), body));
                let (status, text) = match reply(seed) {
                    Reply::Says(text) => (200, said(&text)),
                    Reply::Raw(status, text) => (status, text),
                    Reply::Hangs => {
                        hanging.push(request);
                        continue;
                    }
                };
                let kind = Header::from_bytes("content-type", "application/json").unwrap();
                let reply = Response::from_string(text).with_status_code(status).with_header(kind);
                let _ = request.respond(reply);
            }
        });
        Self { url, requests }
    }

    fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

/// A reply by the protocol.
fn said(text: &str) -> String {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "stub",
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    })
    .to_string()
}

/// An answer that blames these, or nothing.
fn blames(names: &[&str]) -> Reply {
    let reasons: Vec<_> = names.iter().map(|name| format!("{name} is too small")).collect();
    let answer = json!({"hasError": !names.is_empty(), "errParameter": names, "reason": reasons});
    Reply::Says(answer.to_string())
}

/// A configuration of Redis that no rule has anything against.
const REDIS: &str = "port 6379\ntimeout 1\ntcp-backlog 511\n";

/// Checks it, with the opinion of the model behind an address.
fn check(folder: &TempDir, url: &str, more: &[&str]) -> Ran {
    let fixed = ["check", "redis.conf", "--no-config", "--output-format=json", "--model=stub"];
    let (llm, cache) = (format!("--llm={url}"), "--cache-dir=cache".to_owned());
    let more = more.iter().copied();
    let all: Vec<&str> = fixed.into_iter().chain([&*llm, &*cache]).chain(more).collect();
    seatrial_in(folder.path(), &all)
}

/// What was found, as `line rule severity: message`.
fn found(ran: &Ran) -> Vec<String> {
    let of = |finding: &Value| {
        let text = |key: &str| finding[key].as_str().unwrap();
        let line = &finding["location"]["line"];
        format!("{line} {} {}: {}", text("rule"), text("severity"), text("message"))
    };
    ran.json()["findings"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn what_most_answers_say_is_passed_on_with_its_votes() {
    for (answers, expected) in [
        (["timeout", "timeout", "timeout"], Some(3)),
        (["timeout", "", "timeout"], Some(2)),
        (["timeout", "", ""], None),
        (["timeout", "tcp-backlog", "port"], None),
        (["", "", ""], None),
    ] {
        let stub = Stub::new(move |seed| match answers[usize::try_from(seed).unwrap()] {
            "" => blames(&[]),
            name => blames(&[name]),
        });
        let folder = folder(&[("redis.conf", REDIS)]);
        let ran = check(&folder, &stub.url, &[]);
        let opinion = |votes| {
            format!(
                "2 model-opinion note: a language model's opinion on `timeout`, {votes} of 3 votes: \
                 timeout is too small"
            )
        };
        assert_eq!(found(&ran), expected.map(opinion).into_iter().collect::<Vec<_>>());
        assert_eq!((ran.code, stub.count()), (0, 3), "{}", ran.stderr);
    }
}

#[test]
fn the_protocol_is_spoken_with_examples_before_the_question_and_no_secret_in_it() {
    let stub = Stub::new(|_| blames(&[]));
    let folder = folder(&[("redis.conf", "port 6379\nrequirepass hunter2\n")]);
    let ran = check(&folder, &stub.url, &["--llm-samples=1"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let (path, body) = stub.requests.lock().unwrap()[0].clone();
    assert_eq!(path, "/v1/chat/completions");
    assert_eq!((&body["model"], &body["stream"]), (&json!("stub"), &json!(false)));
    let messages = body["messages"].as_array().unwrap();
    let roles: Vec<_> = messages.iter().map(|m| m["role"].as_str().unwrap()).collect();
    assert_eq!(roles[0], "system");
    assert_eq!(roles.last(), Some(&"user"));
    assert!(roles.len() >= 6, "examples of both kinds: {roles:?}");
    let asked = messages.last().unwrap()["content"].as_str().unwrap();
    assert!(asked.contains("port = 6379") && asked.contains("requirepass = (hidden)"), "{asked}");
    assert!(!body.to_string().contains("hunter2"));
}

#[test]
fn objects_are_asked_about_but_secrets_are_not() {
    let stub = Stub::new(|_| blames(&["/data/level"]));
    let folder = folder(&[(
        "a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata:\n  level: inof\n---\n\
         apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: b}\nstringData: {a: hunter2}\n",
    )]);
    let url = format!("--llm={}/v1/chat/completions", stub.url);
    let ran = seatrial_in(
        folder.path(),
        &["check", "a.yaml", "--no-config", "--model=stub", &url, "--cache-dir=c", "--color=never"],
    );
    assert_eq!((ran.code, stub.count()), (0, 3), "{}", ran.stderr);
    insta::assert_snapshot!("opinion_object", ran.stdout);
    let asked = format!("{:?}", stub.requests.lock().unwrap());
    assert!(!asked.contains("hunter2") && asked.contains("inof"));
}

#[test]
fn an_answer_about_what_is_not_there_does_not_count() {
    let stub = Stub::new(|_| blames(&["timeout", "tiemout"]));
    let folder = folder(&[("redis.conf", REDIS)]);
    let ran = check(&folder, &stub.url, &[]);
    assert_eq!(
        found(&ran),
        [
            "1 model-unavailable note: of the language model `stub`, 3 of its answers do not count: it \
          names `tiemout`, which is not there"
        ]
    );
    assert_eq!(ran.code, 0);
}

#[test]
fn nothing_is_asked_twice() {
    let stub = Stub::new(|_| blames(&["timeout"]));
    let folder = folder(&[("redis.conf", REDIS)]);
    let first = check(&folder, &stub.url, &[]);
    let again = check(&folder, &stub.url, &[]);
    assert_eq!((first.stdout, stub.count()), (again.stdout, 3));
    // What is kept and can no longer be read is asked for again.
    for kept in std::fs::read_dir(folder.path().join("cache")).unwrap() {
        std::fs::write(kept.unwrap().path(), b"\xff{").unwrap();
    }
    check(&folder, &stub.url, &[]);
    assert_eq!(stub.count(), 6);
    // Another text, another question.
    std::fs::write(folder.path().join("redis.conf"), "port 6380\n").unwrap();
    check(&folder, &stub.url, &[]);
    assert_eq!(stub.count(), 9);
}

/// A listener that does something with the first connection, and then nothing more.
fn raw(reply: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(reply);
        }
    });
    url
}

#[test]
fn an_endpoint_that_fails_is_one_note_and_nothing_is_lost() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let huge = || Reply::Raw(200, "x".repeat(3 << 20));
    let stub = |reply: fn() -> Reply| Stub::new(move |_| reply()).url;
    let short = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"choices\"";
    for (url, why) in [
        (stub(|| Reply::Raw(500, "oh".to_owned())), "status 500"),
        (stub(|| Reply::Raw(404, String::new())), "status 404"),
        (stub(|| Reply::Raw(302, String::new())), "status 302"),
        (stub(|| Reply::Raw(200, "<html>".to_owned())), "not one of this protocol"),
        (stub(|| Reply::Raw(200, "{\"choices\": []}".to_owned())), "not one of this protocol"),
        (stub(|| Reply::Says("All is well!".to_owned())), "3 of its answers do not count"),
        (stub(|| Reply::Says("{\"hasError\": true}".to_owned())), "missing field"),
        (stub(|| Reply::Hangs), "no reply within 0.5 s"),
        (stub(|| Reply::Raw(503, String::new())), "status 503"),
        (Stub::new(move |_| huge()).url, "a reply of more than 1048576 bytes"),
        (raw(short), "could not be asked"),
        (raw(b""), "could not be asked"),
        (raw(b"SSH-2.0-OpenSSH_9\r\n"), "could not be asked"),
        (closed, "the connection failed"),
    ] {
        let folder = folder(&[("redis.conf", "port 70000\ntimeout 1\n")]);
        let ran = check(&folder, &url, &["--llm-timeout=0.5s", "--llm-time-limit=0.9s"]);
        let found = found(&ran);
        assert_eq!(found.len(), 2, "{why}: {found:?} {}", ran.stderr);
        assert!(found[0].starts_with("1 model-unavailable note"), "{found:?}");
        assert!(found[0].contains(why), "{why}: {found:?}");
        assert!(found[1].starts_with("1 parameter-range"), "{found:?}");
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{why}");
        assert_eq!(ran.json()["summary"]["undecided"], 0, "{why}");
    }
}

#[test]
fn an_endpoint_that_asks_for_patience_has_it() {
    let busy = Mutex::new(true);
    let stub = Stub::new(move |_| {
        if std::mem::take(&mut *busy.lock().unwrap()) {
            return Reply::Raw(429, String::new());
        }
        blames(&["timeout"])
    });
    let folder = folder(&[("redis.conf", REDIS)]);
    let ran = check(&folder, &stub.url, &["--llm-samples=1"]);
    assert_eq!((found(&ran).len(), stub.count()), (1, 2), "{:?}", found(&ran));
}

#[test]
fn an_opinion_never_fails_a_run() {
    let stub = Stub::new(|_| blames(&["timeout"]));
    let folder = folder(&[
        ("redis.conf", REDIS),
        ("seatrial.yaml", "severity: {model-opinion: error}\nfail-on: note\n"),
    ]);
    let llm = format!("--llm={}", stub.url);
    let ran = seatrial_in(
        folder.path(),
        &["check", "redis.conf", "--output-format=json", "--model=stub", "--cache-dir=c", &llm],
    );
    assert!(found(&ran)[0].starts_with("2 model-opinion note"), "{:?}", found(&ran));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn what_another_rule_has_said_is_not_said_again() {
    let stub = Stub::new(|_| blames(&["port"]));
    let folder = folder(&[("redis.conf", "port 70000\n")]);
    let ran = check(&folder, &stub.url, &[]);
    assert_eq!(found(&ran).len(), 1, "{:?}", found(&ran));
    assert!(found(&ran)[0].contains("parameter-range"), "{:?}", found(&ran));
}

#[test]
fn usage_is_checked_before_anything_is_asked() {
    let folder = folder(&[("redis.conf", REDIS)]);
    for arguments in [
        &["check", "redis.conf", "--llm=http://localhost:1"][..],
        &["check", "redis.conf", "--model=x"],
        &["check", "redis.conf", "--model=x", "--llm=localhost"],
        &["check", "redis.conf", "--model=x", "--llm=http://me:key@localhost"],
        &["check", "redis.conf", "--model=x", "--llm=http://localhost:1", "--llm-samples=0"],
    ] {
        let ran = seatrial_in(folder.path(), arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(!ran.stderr.contains("me:key"), "{}", ran.stderr);
    }
}
