//! Random configurations and requests, decided here and by a running httpd.
//!
//! 20 configurations with 100 requests each; `SEATRIAL_FUZZ_CONFIGS` asks for more of them. The
//! frequencies of the constructs are fixed, and printed with what came of it.

use std::net::IpAddr;

use seatrial_access::Decision;
use seatrial_access::web::{Client, Local, Request, User, WebAnswer, WebServer, diff};

use crate::live::{BASE, Htaccess, Trial, assert_refused};
use crate::server::{CLIENTS, Source, wanted};

/// How often each construct is chosen, of a hundred times that it could be.
const FREQUENCIES: &[(&str, u32)] = &[
    ("Require", 60),
    ("container", 30),
    ("not", 40),
    ("user", 25),
    ("method", 10),
    ("AuthMerging", 15),
    ("AuthzSendForbiddenOnFailure", 5),
    ("Order", 20),
    ("Satisfy", 25),
    ("Limit", 15),
    ("AllowMethods", 4),
    ("AllowOverride", 50),
    ("AllowOverrideList", 10),
    ("Options", 15),
    ("htaccess", 50),
    ("nested Files", 25),
    ("wildcards", 25),
    ("expression", 30),
    ("condition that is not modelled", 2),
    ("If", 3),
    ("Alias", 30),
    ("Redirect", 15),
    ("RewriteRule", 15),
    ("RewriteCond", 15),
    ("DirectoryIndex", 15),
    ("MergeSlashes Off", 10),
    ("AllowEncodedSlashes", 15),
    ("virtual host", 20),
];

const ADDRESSES: [&str; 8] = [
    "127.0.0.1",
    "127.0.0.0/30",
    "127.0.0.2",
    "127.0.1",
    "10.0.0.0/8",
    "::1",
    "127",
    "2001:db8::/32",
];
const DIRECTORIES: [&str; 7] =
    ["ROOT", "ROOT/d", "ROOT/d/sub", "ROOT/p", "ROOT/p/secret", "ROOT/images", "/"];
const METHODS: [&str; 4] = ["GET", "POST", "GET POST", "PUT OTHER"];

fn address(source: &mut Source) -> &'static str {
    source.pick(&ADDRESSES)
}

/// One `Require`; a negated one only where that may stand.
fn one(source: &mut Source, negatable: bool) -> String {
    let not = if negatable && source.chance("not") { "not " } else { "" };
    if source.chance("condition that is not modelled") {
        return format!("Require {not}expr \"true\"\n");
    }
    if source.chance("user") {
        let what =
            source.pick(&["valid-user", "user ann", "user bob eve", "group staff", "group all"]);
        return format!("Require {not}{what}\n");
    }
    if source.chance("method") {
        return format!(
            "Require {not}method {}\n",
            source.pick(&["GET", "POST PUT", "HEAD PATCH"])
        );
    }
    match source.below(4) {
        0 => format!("Require {not}all granted\n"),
        1 => format!("Require {not}all denied\n"),
        _ => format!("Require {not}ip {}\n", address(source)),
    }
}

fn requires(source: &mut Source, within_all: bool, depth: usize) -> String {
    let mut out = String::new();
    for at in 0..=source.below(3) {
        if depth < 2 && source.chance("container") {
            let (name, all) =
                source.pick(&["RequireAll", "RequireAny", "RequireNone"]).split_at("Require".len());
            let none = all == "None";
            if none && (!within_all || at == 0) {
                continue;
            }
            let inner = requires(source, all == "All", depth + 1);
            out += &format!("<{name}{all}>\n{inner}</{name}{all}>\n");
        } else {
            out += &one(source, within_all && at > 0);
        }
    }
    // Something positive must be there.
    if out.is_empty() || within_all && !out.starts_with("Require ") {
        out = format!("Require {}\n{out}", source.pick(&["all granted", "ip 127", "all denied"]));
    }
    out
}

fn compat(source: &mut Source) -> String {
    let mut out = String::new();
    if source.below(4) > 0 {
        out += &format!("Order {}\n", source.pick(&["allow,deny", "deny,allow", "mutual-failure"]));
    }
    for _ in 0..=source.below(2) {
        let verb = source.pick(&["Allow", "Deny"]);
        let from = if source.below(3) == 0 { "all" } else { address(source) };
        out += &format!("{verb} from {from}\n");
    }
    out
}

const USERS: &str =
    "AuthType Basic\nAuthName x\nAuthUserFile \"USERS2\"\nAuthGroupFile \"GROUPS\"\n";

/// What a section says on access.
fn access(source: &mut Source) -> String {
    let mut out = String::new();
    if source.chance("Require") {
        let requires = requires(source, false, 0);
        if requires.contains("user") || requires.contains("group") {
            if source.below(20) > 0 {
                out += USERS;
            }
            if source.below(4) == 0 {
                out += "AuthUserFile \"USERS1\"\n";
            }
        }
        out += &limited(source, requires);
    }
    if source.chance("AuthMerging") {
        out += &format!("AuthMerging {}\n", source.pick(&["And", "Or", "Off"]));
    }
    if source.chance("AuthzSendForbiddenOnFailure") {
        out += "AuthzSendForbiddenOnFailure On\n";
    }
    if source.chance("Order") {
        let text = compat(source);
        out += &limited(source, text);
        if source.chance("Satisfy") {
            out += &format!("Satisfy {}\n", source.pick(&["Any", "All"]));
        }
    }
    out
}

fn limited(source: &mut Source, text: String) -> String {
    if !source.chance("Limit") {
        return text;
    }
    let name = source.pick(&["Limit", "LimitExcept"]);
    format!("<{name} {}>\n{text}</{name}>\n", source.pick(&METHODS))
}

fn files(source: &mut Source) -> String {
    let body = access(source);
    if source.chance("expression") {
        let text = source.pick(&["\\.php$", "^[a-d]", "^\\.ht", "^$", "t$", "^(index|open)\\."]);
        return format!("<FilesMatch \"{text}\">\n{body}</FilesMatch>\n");
    }
    let names: &[&str] = if source.chance("wildcards") {
        &["*.php", "?.txt", "[.]ht*", "*e*"]
    } else {
        &["a.txt", "x.php", "index.html", "b.txt", "secret"]
    };
    format!("<Files \"{}\">\n{body}</Files>\n", source.pick(names))
}

fn directory(source: &mut Source) -> String {
    let mut body = access(source);
    if source.chance("AllowOverride") {
        let what = source.pick(&[
            "All",
            "None",
            "AuthConfig",
            "Limit",
            "AuthConfig Limit",
            "Limit Nonfatal=All",
            "AuthConfig Nonfatal=Override",
        ]);
        body += &format!("AllowOverride {what}\n");
    }
    if source.chance("AllowOverrideList") {
        body +=
            &format!("AllowOverrideList {}\n", source.pick(&["None", "Require", "Order Allow"]));
    }
    if source.chance("Options") {
        let what = source.pick(&["None", "FollowSymLinks", "-FollowSymLinks", "+FollowSymLinks"]);
        body += &format!("Options {what}\n");
    }
    if source.chance("nested Files") {
        body += &files(source);
    }
    if source.chance("AllowMethods") {
        body += &format!("AllowMethods {}\n", source.pick(&["GET", "POST", "reset"]));
    }
    if source.chance("expression") {
        let text =
            source.pick(&["/d/", "\\.php$", "/p(/|$)", "^ROOT/[^/]*$", "ROOT/(.*/)?secret", "t$"]);
        return format!("<DirectoryMatch \"{text}\">\n{body}</DirectoryMatch>\n");
    }
    let names: &[&str] = if source.chance("wildcards") {
        &["ROOT/*", "ROOT/*/s*", "ROOT/?", "ROOT/[dp]/*"]
    } else {
        &DIRECTORIES
    };
    format!("<Directory \"{}\">\n{body}</Directory>\n", source.pick(names))
}

fn location(source: &mut Source) -> String {
    let mut body = access(source);
    if source.chance("AllowMethods") {
        body += &format!("AllowMethods {}\n", source.pick(&["GET", "POST", "reset"]));
    }
    if source.chance("If") {
        body += &format!("<If \"%{{HTTP_USER_AGENT}} == 'x'\">\n{}</If>\n", access(source));
    }
    if source.chance("expression") {
        let text = source.pick(&["\\.php$", "^/d/", "^/[^/]*$", "/secret(/|$)", "^/p/.*t$", "//"]);
        return format!("<LocationMatch \"{text}\">\n{body}</LocationMatch>\n");
    }
    let names: &[&str] = if source.chance("wildcards") {
        &["/*", "/*/x.php", "/d/?ub", "/p/*/*"]
    } else {
        &["/", "/d", "/d/", "/d/sub", "/p", "/p/secret/", "/x.php", "/pub", "/d/index.html"]
    };
    format!("<Location \"{}\">\n{body}</Location>\n", source.pick(names))
}

/// A directive or a section of a server.
fn sections(source: &mut Source) -> String {
    let mut out = String::new();
    for _ in 0..2 + source.below(4) {
        out += &match source.below(5) {
            0 | 1 => directory(source),
            2 => files(source),
            _ => location(source),
        };
    }
    if source.chance("Redirect") {
        out += source.pick(&[
            "Redirect /p/a http://127.0.0.1/\n",
            "Redirect gone /images\n",
            "RedirectMatch 403 \\.php$\n",
            "<Directory \"ROOT/d\">\nRedirect /d/sub http://127.0.0.1/\n</Directory>\n",
        ]);
    }
    if source.chance("RewriteRule") {
        out += "RewriteEngine On\n";
        if source.chance("RewriteCond") {
            out += "RewriteCond %{HTTP_USER_AGENT} x\n";
        }
        out += source.pick(&[
            "RewriteRule ^/d/ - [F]\n",
            "RewriteRule \\.txt$ - [G]\n",
            "RewriteRule ^/p - [L]\nRewriteRule t$ - [F]\n",
            "RewriteRule !^/(d|p) http://127.0.0.1/ [R,L]\n",
            "RewriteRule ^/D/x - [NC,F]\n",
        ]);
    }
    if source.chance("DirectoryIndex") {
        out +=
            source.pick(&["DirectoryIndex none.html x.php\n", "DirectoryIndex a.txt index.html\n"]);
    }
    out
}

fn configuration(source: &mut Source) -> (String, Htaccess) {
    let mut out = BASE.to_owned();
    if source.chance("MergeSlashes Off") {
        out += "MergeSlashes Off\n";
    }
    if source.chance("AllowEncodedSlashes") {
        out += source.pick(&["AllowEncodedSlashes On\n", "AllowEncodedSlashes NoDecode\n"]);
    }
    if source.chance("Alias") {
        out += "Alias /pub \"ROOT/p\"\nAlias /im/ \"ROOT/images/\"\n";
    }
    out += &sections(source);
    if source.chance("virtual host") {
        out += &format!("<VirtualHost *:PORT>\n{}</VirtualHost>\n", sections(source));
    }
    let mut htaccess = Vec::new();
    for directory in ["", "d", "d/sub", "p"] {
        if source.chance("htaccess") {
            let mut text = access(source);
            // Methods cannot be made known there.
            text = text.replace("PUT OTHER", "PUT");
            if source.chance("nested Files") {
                text += &files(source).replace("PUT OTHER", "PUT");
            }
            htaccess.push((directory, text));
        }
    }
    (out, htaccess)
}

/// A random configuration that httpd takes. It must refuse those before that are refused here.
fn accepted(source: &mut Source, refused: &mut usize) -> (String, Htaccess) {
    loop {
        let (text, htaccess) = configuration(source);
        if Trial::read(&text, &htaccess).findings.is_empty() {
            return (text, htaccess);
        }
        assert_refused(text.strip_prefix(BASE).unwrap());
        *refused += 1;
    }
}

fn path(source: &mut Source) -> String {
    let known = [
        "/",
        "/d/",
        "/d/sub/b.txt",
        "/p/secret/f.txt",
        "/p/a.txt",
        "/x.php",
        "/d/x.php",
        "/.htsecret",
        "/images/pic.txt",
        "/d",
        "/p/secret",
        "/pub/a.txt",
        "/pub/secret/f.txt",
        "/im/pic.txt",
        "/p/",
        "/x.php/more",
        "/d/sub/x.php/a.txt",
        "/d/sub/",
    ];
    if source.below(2) == 0 {
        return source.pick(&known).to_owned();
    }
    source.path(&[
        "a",
        "d",
        "p",
        "sub",
        "secret",
        "x.php",
        "images",
        "a.txt",
        "index.html",
        "secret.txt",
        "..",
        "%61.txt",
        "",
        "pub",
        "b.txt",
    ])
}

/// Whether a path leads to something that is there.
fn is_there(trial: &Trial, request: &Request) -> bool {
    let Ok(path) = trial.config.normalised(&request.endpoint, &request.host, &request.path) else {
        return true;
    };
    let mut path = String::from_utf8(path).unwrap();
    while path.contains("//") {
        path = path.replace("//", "/");
    }
    let folder = |path: &str| {
        let path = trial.root().join(path.trim_start_matches('/'));
        path.exists()
    };
    let aliases = trial.config.sites[0].maps.len() > 1;
    let alias = |prefix: &str, to: &str| {
        aliases && path.strip_prefix(prefix).is_some_and(|rest| folder(&format!("{to}/{rest}")))
    };
    // Behind a file is something, too.
    let info =
        path.match_indices('/').skip(1).any(|(at, _)| trial.root().join(&path[1..at]).is_file());
    folder(&path) || info || alias("/pub", "p") || alias("/im/", "images")
}

/// Whether the server's answer is what was decided.
fn agrees(trial: &Trial, request: &Request, answer: &WebAnswer, status: u16) -> bool {
    match (answer.decision, answer.status) {
        (Decision::Unknown, _) => true,
        (Decision::Denied, Some(known)) => {
            known == status || (400..600).contains(&status) && !is_there(trial, request)
        }
        (Decision::Denied, None) => (400..600).contains(&status),
        (Decision::Allowed, Some(known)) => known == status,
        (Decision::Allowed, None) => {
            // What leads to nothing is decided as if it led to a file, whichever sections httpd meets
            // on the way.
            matches!(status, 200 | 301 | 404 | 405 | 501)
                || matches!(status, 401 | 403 | 500) && !is_there(trial, request)
        }
    }
}

fn user(name: &str) -> User {
    if name.is_empty() { User::None } else { User::Named(name.to_owned()) }
}

#[test]
fn random_configurations_are_decided_as_httpd_does() {
    let (number, seed) = wanted();
    let mut source = Source::new(seed, FREQUENCIES);
    let (mut requests, mut unknown, mut allowed, mut live) = (0_usize, 0_usize, 0_usize, 0_usize);
    let (mut wrong, mut refused) = (Vec::new(), 0_usize);
    for _ in 0..number {
        let (text, htaccess) = accepted(&mut source, &mut refused);
        let trial = Trial::start(&text, &htaccess);
        for _ in 0..100 {
            let method = source.pick(&["GET", "GET", "GET", "HEAD", "POST", "PUT", "OTHER"]);
            let mut request = trial.request(method, &path(&mut source));
            let from: IpAddr = source.pick(&CLIENTS).parse().unwrap();
            request.client = Client::Address(from);
            if from.is_ipv6() {
                request.endpoint.local = Local::Address(from);
            }
            request.user = user(source.pick(&["ann", "bob", "eve", ""]));
            let answer = trial.decide(&request);
            requests += 1;
            unknown += usize::from(answer.decision == Decision::Unknown);
            allowed += usize::from(answer.decision == Decision::Allowed);
            if trial.is_live() {
                live += 1;
                let (status, body) = trial.ask(&request);
                if !agrees(&trial, &request, &answer, status) {
                    wrong.push(format!(
                        "{text}\n{htaccess:?}\n{request}\nserver: {status} {}\n{}",
                        body.get(..80).unwrap_or_default(),
                        answer.text()
                    ));
                    break;
                }
            }
        }
    }
    eprintln!("constructs: {}", source.constructs());
    eprintln!(
        "{number} configurations besides {refused} that are refused, {requests} requests ({live} to httpd), {allowed} allowed, {unknown} unknown ({:.1} %)",
        unknown as f64 * 100.0 / requests as f64
    );
    assert!(wrong.is_empty(), "{} disagreements, of which\n{}", wrong.len(), wrong[0]);
    assert!(requests == number * 100 && unknown * 5 < requests && allowed * 10 > requests);
}

/// Differences of random configurations: each witness is decided by the servers as was said.
#[test]
fn witnesses_of_differences_replay_on_both_servers() {
    let mut source = Source::new(2, FREQUENCIES);
    let (mut listed, mut replayed) = (0_usize, 0_usize);
    for _ in 0..10 {
        let sides = [(); 2].map(|()| accepted(&mut source, &mut 0));
        let configs = sides.each_ref().map(|(text, htaccess)| Trial::read(text, htaccess));
        let trials = sides.each_ref().map(|(text, htaccess)| Trial::start(text, htaccess));
        let [before, after] = &configs;
        let found = diff(before, after, 40).unwrap();
        for difference in &found.differences.listed {
            if !difference.change.is_certain() || !difference.witness.files.is_empty() {
                continue;
            }
            listed += 1;
            let opened = difference.change == seatrial_access::Change::Opened;
            let predicted = [!opened, opened];
            // Somebody of this machine who is told apart by nothing from the witness.
            let all =
                CLIENTS.iter().flat_map(|from| ["", "ann", "bob", "eve"].map(|it| (*from, it)));
            let request = all.into_iter().map(|(from, name)| {
                let mut request = difference.witness.clone();
                request.client = Client::Address(from.parse().unwrap());
                request.user = user(name);
                request
            });
            let same_family =
                |request: &Request| match (&difference.witness.client, &request.client) {
                    (Client::Address(a), Client::Address(b)) => a.is_ipv4() == b.is_ipv4(),
                    _ => false,
                };
            let mut request = request.filter(same_family).filter(|request| {
                let decided =
                    configs.each_ref().map(|it| WebAnswer::of(it, request.clone()).decision);
                decided.map(|it| it == Decision::Allowed) == predicted
                    && !decided.contains(&Decision::Unknown)
            });
            let Some(request) = request.next() else { continue };
            for (trial, expected) in trials.iter().zip(predicted) {
                let mut here = trial.request(&request.method, &request.path);
                (here.client, here.user) = (request.client, request.user.clone());
                if let Client::Address(from) = request.client
                    && from.is_ipv6()
                {
                    here.endpoint.local = Local::Address(from);
                }
                let answer = trial.decide(&here);
                assert_eq!(answer.decision == Decision::Allowed, expected, "{}", answer.text());
                if trial.is_live() {
                    let (status, _) = trial.ask(&here);
                    assert!(
                        agrees(trial, &here, &answer, status),
                        "{sides:?}\n{status}\n{}",
                        answer.text()
                    );
                    replayed += 1;
                }
            }
        }
    }
    eprintln!(
        "{listed} certain differences without conditions on files, {replayed} decisions on their witnesses confirmed by httpd"
    );
    assert!(listed >= 20);
}
