//! Questions of which not all is said.

use std::sync::Arc;

use seatrial_core::SourceFile;

use super::*;
use crate::web::nginx::{Config, read};

fn config(servers: &str) -> Config {
    let file = Arc::new(SourceFile::new("nginx.conf", format!("http {{\n{servers}\n}}\n")));
    let mut config = read(&file, &mut |_| Err("no such file".to_owned()));
    assert_eq!(config.findings, []);
    config.users.insert("/known".to_owned(), BTreeSet::from(["ann".to_owned()]));
    config
}

fn asked(servers: &str, url: &str, from: Option<&str>, user: Option<&str>) -> WebAnswers {
    let from = from.map(|it| it.parse().unwrap());
    let question = Question::new("GET", url, from, user.map(str::to_owned)).unwrap();
    WebAnswers::of(&config(servers), question)
}

/// Each case as `DECISION WHEN`.
fn shown(answers: &WebAnswers) -> Vec<String> {
    let each = answers.cases.iter().map(|case| {
        let when = case.when.iter().map(|it| format!("{} {}", it.dimension, it.members));
        format!("{} {}", case.decision, when.collect::<Vec<_>>().join("; ")).trim().to_owned()
    });
    each.collect()
}

const SERVER: &str = "server { listen 80; server_name shop.example;
location /open { }
location /admin/ { allow 10.0.0.0/8; deny all; }
location /users/ { auth_basic x; auth_basic_user_file /known; }
location /others/ { auth_basic x; auth_basic_user_file /unknown; }
location /ask { auth_request /auth; }
location = /auth { proxy_pass http://127.0.0.1:9; }
}";

#[test]
fn what_is_not_said_is_told_apart_and_never_decided() {
    use Decision::{Allowed, Denied, Unknown};
    let all =
        |url: &str, from, user| asked(SERVER, &format!("http://shop.example{url}"), from, user);
    for (url, from, user, decision, cases) in [
        ("/open/x", None, None, Allowed, &["allowed"][..]),
        (
            "/admin/x",
            None,
            None,
            Unknown,
            &["allowed from 10.0.0.0/8", "denied from any but 10.0.0.0/8"],
        ),
        ("/admin/x", Some("10.1.2.3"), None, Allowed, &["allowed"]),
        ("/%61dmin/./x", Some("192.0.2.1"), None, Denied, &["denied"]),
        ("/users/x", None, None, Denied, &["denied"]),
        ("/users/x", None, Some("ann"), Allowed, &["allowed"]),
        ("/users/x", None, Some("bob"), Denied, &["denied"]),
        (
            "/others/x",
            None,
            Some("ann"),
            Unknown,
            &["allowed user a user of /unknown", "denied user nobody"],
        ),
        ("/..", None, None, Denied, &["denied"]),
    ] {
        let found = all(url, from, user);
        assert_eq!(
            (found.decision, shown(&found)),
            (decision, cases.iter().map(|it| (*it).to_owned()).collect()),
            "{url}"
        );
    }
    let ask = all("/ask", None, None);
    assert_eq!((ask.decision, ask.cases.len()), (Unknown, 4));
    let look =
        asked("server { location ~ ^/(?!x)secret { deny all; } }", "http://a/secret", None, None);
    assert_eq!((look.decision, look.cases[0].decision), (Unknown, Unknown));
    assert!(look.cases[0].reasons[0].contains("look-around"));
    let users = all("/users/x", None, None);
    assert_eq!((users.cases[0].status, users.notes.len()), (Some(401), 1));
    assert_eq!(users.cases[0].rules.last().unwrap().location.line, 5);
    assert!(all("/open", None, None).notes.is_empty());
}

#[test]
fn endpoints_that_decide_otherwise_are_told_apart() {
    let two = "server { listen 80; location / { deny all; } } server { listen [::]:80; }";
    let found = asked(two, "http://a.example/", None, None);
    assert_eq!(found.decision, Decision::Unknown);
    assert_eq!(shown(&found), ["allowed at [::]:80", "denied at *:80"]);
    let found = asked(two, "http://a.example/", Some("2001:db8::1"), None);
    assert_eq!((found.decision, found.cases.len()), (Decision::Allowed, 1));
    let found = asked(two, "http://127.0.0.1/", None, None);
    assert_eq!(found.decision, Decision::Denied);
    let nobody = asked(two, "http://a.example:81/", None, None);
    assert_eq!((nobody.decision, nobody.notes.len()), (Decision::Denied, 1));
}

#[test]
fn urls_are_read_and_others_refused() {
    let read = |method: &str, url: &str| {
        Question::new(method, url, None, None).map(|it| (it.host, it.port, it.path))
    };
    let of = |host: &str, port, path: &str| Ok((host.to_owned(), port, path.to_owned()));
    assert_eq!(read("GET", "http://Shop.example"), of("shop.example", 80, "/"));
    assert_eq!(read("GET", "https://a/b//c?d"), of("a", 443, "/b//c?d"));
    assert_eq!(read("GET", "http://a:8080?x"), of("a", 8080, "/?x"));
    assert_eq!(read("PUT", "http://[::1]:81/x"), of("[::1]", 81, "/x"));
    assert_eq!(read("PUT", "http://[::1]/x"), of("[::1]", 80, "/x"));
    for (method, url) in [
        ("get", "http://a/"),
        ("GET", "/a"),
        ("GET", "ftp://a/"),
        ("GET", "http:///a"),
        ("GET", "http://a:x/"),
        ("", "http://a/"),
    ] {
        assert!(read(method, url).is_err(), "{method} {url}");
    }
}
