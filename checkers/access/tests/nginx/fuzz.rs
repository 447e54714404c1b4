//! Random configurations and requests, decided here and by a running nginx.
//!
//! 20 configurations with 100 requests each; `SEATRIAL_FUZZ_CONFIGS` asks for more of them. The
//! frequencies of the constructs are fixed, and printed with what came of it.

use std::net::IpAddr;

use seatrial_access::Decision;
use seatrial_access::web::{Client, Condition, Reply, User, WebAnswer, diff};

use crate::live::{FILES, Trial, config};
use crate::server::{CLIENTS, Source, wanted};

/// How often each construct is chosen, of a hundred times that it could be.
const FREQUENCIES: &[(&str, u32)] = &[
    ("rules", 50),
    ("rule of one family", 25),
    ("basic", 30),
    ("basic off", 10),
    ("satisfy any", 25),
    ("auth_request", 12),
    ("limit_except", 12),
    ("internal", 8),
    ("return", 12),
    ("return of 400 and above", 8),
    ("rewrite", 12),
    ("if", 15),
    ("if that is not modelled", 3),
    ("try_files", 15),
    ("static", 30),
    ("alias", 8),
    ("nested locations", 35),
    ("expression", 35),
    ("expression that is not modelled", 2),
    ("exact", 25),
    ("caret", 15),
    ("error_page", 6),
    ("merge_slashes off", 15),
    ("rules of the server", 35),
];

const SEGMENTS: [&str; 6] = ["a", "ab", "d", "p", "x.php", "images"];
const ADDRESSES: [&str; 7] = [
    "127.0.0.1",
    "127.0.0.0/30",
    "127.0.0.2",
    "127.0.1.0/24",
    "10.0.0.0/8",
    "::1",
    "2001:db8::/32",
];
const EXPRESSIONS: [&str; 9] = [
    "\\.php$",
    "\\.(txt|html)$",
    "^/a",
    "^/[a-d]+/",
    "/d/",
    "[^/]+b",
    "^/p(/|$)",
    "x",
    "^/(a|d)/.*\\.php$",
];
const UNMODELLED: [&str; 2] = ["^/(?!d)", "(a)\\1"];

/// What a location decides on access.
fn access(source: &mut Source, out: &mut String) {
    if source.chance("rules") {
        rules(source, out);
    }
    if source.chance("basic") {
        let file = source.pick(&["1", "2"]);
        *out += &format!("auth_basic x; auth_basic_user_file USERS{file}; ");
    } else if source.chance("basic off") {
        *out += "auth_basic off; ";
    }
    if source.chance("satisfy any") {
        *out += "satisfy any; ";
    }
    if source.chance("auth_request") {
        *out +=
            source.pick(&["auth_request /ask; ", "auth_request /fixed; ", "auth_request off; "]);
    }
}

fn rules(source: &mut Source, out: &mut String) {
    let single = source.chance("rule of one family");
    for _ in 0..=source.below(3) {
        let verb = source.pick(&["allow", "deny"]);
        let address = if single { "::1" } else { source.pick(&ADDRESSES) };
        *out += &format!("{verb} {address}; ");
    }
    if !single && source.below(2) == 0 {
        *out += &format!("{} all; ", source.pick(&["deny", "deny", "allow"]));
    }
}

/// The directives of a location that answer.
fn content(source: &mut Source, out: &mut String, plain: bool) {
    if source.chance("return") {
        let refuses = source.chance("return of 400 and above");
        *out += if refuses { "return 403; " } else { "return 204; " };
    }
    if source.chance("rewrite") {
        let to = source.pick(&["/a/x", "/d/", "/p/x.php", "/in/x"]);
        let flag = source.pick(&["", " last", " break"]);
        *out += &format!("rewrite \"{}\" {to}{flag}; ", source.pick(&EXPRESSIONS));
    }
    if source.chance("if") {
        let test = source.pick(&[
            "$request_method = POST",
            "$request_method != GET",
            "$uri ~ x$",
            "$uri = /a/x",
            "$host = localhost",
            "$remote_addr = 127.0.0.2",
            "$request_method ~ ^(PUT|POST)$",
        ]);
        let then = source.pick(&[
            "return 403;",
            "return 204;",
            "break;",
            "rewrite ^ /d/x last;",
            "set $y 1;",
        ]);
        *out += &format!("if ({test}) {{ {then} }} ");
    }
    if source.chance("if that is not modelled") {
        *out += "if ($http_x_test) { return 403; } ";
    }
    if source.chance("limit_except") {
        *out += &format!("limit_except {} {{ ", source.pick(&["GET", "GET POST", "PUT", "HEAD"]));
        rules(source, out);
        *out += "} ";
    }
    if source.chance("error_page") {
        *out += source.pick(&["error_page 403 /open.txt; ", "error_page 403 =200 /open.txt; "]);
    }
    let served = plain && source.chance("static");
    if source.chance("try_files") {
        let first = source.pick(&["$uri", "/secret.txt", "$uri $uri/", "/nothing", "$uri/"]);
        let last =
            source.pick(&["=404", "=403", "/a/x", "/secret.txt", "@named", "/in/x", "/p/x.php"]);
        *out += &format!("try_files {first} {last}; ");
    }
    if !served {
        *out += "proxy_pass http://127.0.0.1:BACK; ";
    }
}

fn location(source: &mut Source, outer: &str, expression: bool, depth: usize) -> (String, String) {
    let mut out = String::new();
    let (name, key) = if expression || source.chance("expression") {
        let text = if source.chance("expression that is not modelled") {
            source.pick(&UNMODELLED)
        } else {
            source.pick(&EXPRESSIONS)
        };
        let modifier = source.pick(&["~", "~", "~*"]);
        (format!("{modifier} \"{text}\""), String::new())
    } else {
        let end = source.pick(&["", "/"]);
        let path = format!("{outer}/{}{end}", source.pick(&SEGMENTS)).replace("//", "/");
        let modifier = if source.chance("exact") {
            "= "
        } else if source.chance("caret") {
            "^~ "
        } else {
            ""
        };
        (format!("{modifier}{path}"), path)
    };
    out += &format!("location {name} {{ ");
    access(source, &mut out);
    if source.chance("internal") {
        out += "internal; proxy_pass http://127.0.0.1:BACK; }\n";
        return (out, key);
    }
    let prefix = !key.is_empty() && !name.starts_with('=');
    if prefix && depth == 0 && source.chance("alias") {
        out += "alias ROOT/images/; }\n";
        return (out, key);
    }
    if !name.starts_with('=') && depth < 2 && source.chance("nested locations") {
        let mut known = Vec::new();
        for _ in 0..=source.below(2) {
            let outer = key.trim_end_matches('/');
            let (inner, key) = location(source, outer, !prefix, depth + 1);
            if key.is_empty() || !known.contains(&key) {
                out += &inner;
                known.push(key);
            }
        }
    }
    content(source, &mut out, true);
    out += "}\n";
    (out, key)
}

fn configuration(source: &mut Source) -> String {
    let mut out =
        "server { listen 127.0.0.1:PORT; listen [::1]:PORT; server_name localhost; root ROOT;\n"
            .to_owned();
    if source.chance("merge_slashes off") {
        out += "merge_slashes off;\n";
    }
    if source.chance("rules of the server") {
        access(source, &mut out);
    }
    let mut known =
        vec!["/in".to_owned(), "/in/".to_owned(), "/ask".to_owned(), "/fixed".to_owned()];
    for _ in 0..3 + source.below(6) {
        let (text, key) = location(source, "", false, 0);
        if key.is_empty() || !known.contains(&key) {
            out += &text;
            known.push(key);
        }
    }
    out += "location /in/ { internal; proxy_pass http://127.0.0.1:BACK; }\n\
            location = /ask { internal; proxy_pass http://127.0.0.1:BACK; }\n";
    out += &format!("location = /fixed {{ return {}; }}\n", source.pick(&["204", "403", "401"]));
    out += "location @named { ";
    access(source, &mut out);
    out += "proxy_pass http://127.0.0.1:BACK; }\n}\n";
    out
}

fn path(source: &mut Source) -> String {
    source.path(&[
        "a",
        "ab",
        "d",
        "p",
        "x.php",
        "images",
        "a.txt",
        "index.html",
        "secret.txt",
        "x",
        "in",
        "..",
        "%61",
        "",
    ])
}

/// Whether the server's answer is what was decided.
fn agrees(answer: &WebAnswer, status: u16, body: &str, method: &str) -> bool {
    let error_page = body.contains("file open.txt") || status == 200 && method == "HEAD";
    match answer.decision {
        Decision::Unknown => true,
        Decision::Denied => {
            let alike = answer.status.is_none_or(|known| known == status);
            // An error page that the method cannot be asked for with is a 405.
            (alike && (400..600).contains(&status))
                || answer.rules.iter().any(|it| {
                    it.text.as_deref().is_some_and(|it| {
                        it.starts_with("deny") || it.starts_with("auth") || it.starts_with("return")
                    })
                }) && (error_page || status == 405)
        }
        // Whatever a condition that is not modelled is: one of several answers.
        Decision::Allowed if answer.open.iter().any(|it| matches!(it, Condition::Opaque(_))) => {
            status < 400 || matches!(status, 404 | 405)
        }
        Decision::Allowed => match (answer.status, answer.served.as_slice()) {
            (Some(known), _) => known == status,
            (None, [handler]) if handler.starts_with("proxy_pass") => {
                status == 200 && (body.is_empty() || body.contains("backend"))
            }
            (None, [file]) => match Trial::kind(file) {
                _ if !matches!(method, "GET" | "HEAD") => matches!(status, 405 | 404 | 403 | 301),
                Some(true) => status == 200 && (method == "HEAD" || body.contains("file ")),
                Some(false) if file.ends_with('/') => matches!(status, 403 | 200 | 404 | 301),
                Some(false) => matches!(status, 301 | 403),
                None => matches!(status, 404 | 403),
            },
            _ => status < 400 || matches!(status, 404 | 405),
        },
    }
}

#[test]
fn random_configurations_are_decided_as_nginx_does() {
    let (number, seed) = wanted();
    let mut source = Source::new(seed, FREQUENCIES);
    let (mut requests, mut unknown, mut allowed, mut live) = (0_usize, 0_usize, 0_usize, 0_usize);
    for _ in 0..number {
        let http = configuration(&mut source);
        let trial = Trial::start(&http);
        assert_eq!(trial.config.findings, [], "{http}");
        for _ in 0..100 {
            let method = source.pick(&["GET", "GET", "GET", "HEAD", "POST", "PUT", "OTHER"]);
            let mut request = trial.request(method, &path(&mut source));
            let from = source.pick(&CLIENTS);
            let from: IpAddr = from.parse().unwrap();
            request.client = Client::Address(from);
            if from.is_ipv6() {
                request.endpoint.local = seatrial_access::web::Local::Address(from);
            }
            request.user = match source.below(4) {
                0 => User::Named("ann".to_owned()),
                1 => User::Named("bob".to_owned()),
                2 => User::Named("eve".to_owned()),
                _ => User::None,
            };
            let reply = Reply::ALL[source.below(4)];
            let answer = trial.decide(&request, reply);
            requests += 1;
            unknown += usize::from(answer.decision == Decision::Unknown);
            allowed += usize::from(answer.decision == Decision::Allowed);
            if trial.is_live() {
                live += 1;
                let (status, body) = trial.ask(&request, reply);
                assert!(
                    agrees(&answer, status, &body, method),
                    "{http}\n{request}, services answer {reply}\nserver: {status} {body}\n{}",
                    answer.text()
                );
            }
        }
    }
    eprintln!("constructs: {}", source.constructs());
    eprintln!(
        "{number} configurations, {requests} requests ({live} to nginx), {allowed} allowed, {unknown} unknown ({:.1} %)",
        unknown as f64 * 100.0 / requests as f64
    );
    assert!(requests == number * 100 && unknown * 5 < requests && allowed * 10 > requests);
    assert!(!FILES.is_empty());
}

/// Differences of random configurations: each witness is decided by the servers as was said.
#[test]
fn witnesses_of_differences_replay_on_both_servers() {
    let mut source = Source::new(2, FREQUENCIES);
    let mut replayed = 0;
    for _ in 0..6 {
        let (old, new) = (configuration(&mut source), configuration(&mut source));
        let trials = [Trial::start(&old), Trial::start(&new)];
        // The same ports and folders in both, so that they can be compared.
        let same = |http: &str| config(&http.replace("PORT", "8080").replace("BACK", "8081"));
        let (before, after) = (same(&old), same(&new));
        let found = diff(&before, &after, 40).unwrap_or_else(|it| panic!("{it}\n{old}\n{new}"));
        assert!(found.differences.total() > 0, "{old}\n{new}");
        for difference in found.differences.listed.iter().filter(|it| it.change.is_certain()) {
            let witness = &difference.witness;
            let Client::Address(client) = witness.client else { continue };
            let user = match &witness.user {
                User::Of(files) if files.contains("USERS1") => User::Named("ann".to_owned()),
                User::Of(files) if files.contains("USERS2") => User::Named("bob".to_owned()),
                _ => User::None,
            };
            // Addresses beyond the loopback interface cannot be taken, and files cannot be wished
            // for.
            let loopback = client.is_loopback();
            if !loopback
                || !witness.files.is_empty()
                || matches!(&witness.user, User::Of(it) if it.len() == 1 && it.contains("USERS1"))
            {
                continue;
            }
            let reply = witness.replies.values().next().copied().unwrap_or(Reply::Success);
            for (trial, expected) in trials.iter().zip([
                difference.change == seatrial_access::Change::Closed,
                difference.change == seatrial_access::Change::Opened,
            ]) {
                let mut request = trial.request(&witness.method, &witness.path);
                (request.client, request.user) = (witness.client, user.clone());
                request.host.clone_from(&witness.host);
                if client.is_ipv6() {
                    request.endpoint.local = seatrial_access::web::Local::Address(client);
                }
                let answer = trial.decide(&request, reply);
                assert_eq!(
                    answer.decision == Decision::Allowed,
                    expected,
                    "{old}\n{new}\n{}",
                    answer.text()
                );
                if trial.is_live() {
                    let (status, body) = trial.ask(&request, reply);
                    assert!(
                        agrees(&answer, status, &body, &request.method),
                        "{old}\n{new}\n{status} {body}\n{}",
                        answer.text()
                    );
                    replayed += 1;
                }
            }
        }
    }
    eprintln!("{replayed} decisions on witnesses confirmed by nginx");
}
