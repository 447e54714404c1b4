//! Claims proved, refuted and left undecided; and held against asking request by request.

use seatrial_core::SourceFile;

use super::*;
use crate::web::nginx::{Config, read};

fn config(servers: &str) -> Config {
    let file = Arc::new(SourceFile::new("nginx.conf", format!("http {{\n{servers}\n}}\n")));
    let config = read(&file, &mut |_| Err("no such file".to_owned()));
    assert_eq!(config.findings, [], "{servers}");
    config
}

fn below(paths: &[&str]) -> WebRegion {
    let path = |text: &&str| match text.strip_prefix("~ ") {
        Some(expression) => PathRegion::Found(Pattern::read(expression, false).unwrap()),
        None => match text.strip_prefix("= ") {
            Some(path) => PathRegion::Exact(path.to_owned()),
            None => PathRegion::Below((*text).to_owned()),
        },
    };
    WebRegion { paths: paths.iter().map(path).collect(), ..WebRegion::default() }
}

fn user() -> Visitor {
    Visitor { user: true, ..Visitor::default() }
}

fn ten() -> Visitor {
    let from = crate::network::read_block("10.0.0.0/8").unwrap().addresses;
    Visitor { from: Some(from), ..Visitor::default() }
}

/// Each visit as `METHOD PATH from CLIENT by DIRECTIVE`, and how much is unknown.
fn judged(server: &str, region: &WebRegion, may: &[Visitor]) -> (Vec<String>, usize) {
    let server = format!("server {{ listen 80; server_name a.example;\n{server}\n}}");
    let found = visits(&config(&server), region, may);
    let shown = found.allowed.iter().map(|Visit { request, because }| {
        let by = because.last().map_or("", |it| &it.text);
        format!("{} {} from {} by {by}", request.method, request.path, request.client)
    });
    (shown.collect(), found.unknown.len())
}

const USERS: &str = "auth_basic x; auth_basic_user_file /u;";

#[test]
fn claims_are_proved_or_refuted_by_a_request() {
    for (server, region, may, expected) in [
        (format!("location /admin {{ {USERS} }}"), below(&["/admin"]), vec![user()], vec![]),
        (
            format!("location /admin/ {{ {USERS} }}"),
            below(&["/admin"]),
            vec![user()],
            vec!["GET /admin from 203.0.113.9 by server"],
        ),
        (
            format!("location /admin/ {{ {USERS} }} location ~ \\.php$ {{ }}"),
            below(&["/admin/"]),
            vec![user()],
            vec!["GET /admin/.php from 203.0.113.9 by location ~ \\.php$"],
        ),
        (
            "location /metrics { allow 10.0.0.0/8; deny all; }".to_owned(),
            below(&["/metrics"]),
            vec![ten()],
            vec![],
        ),
        (
            "location /metrics { allow 10.0.0.0/7; deny all; }".to_owned(),
            below(&["/metrics"]),
            vec![ten()],
            vec!["GET /metrics from 11.0.0.0 by location /metrics"],
        ),
        (
            "location /x { deny all; } location = /x/ok { }".to_owned(),
            below(&["/x"]),
            vec![],
            vec!["GET /x/ok from 203.0.113.9 by location = /x/ok"],
        ),
        ("location /x { return 301 /y; }".to_owned(), below(&["/x"]), vec![], vec![]),
        ("location /x { try_files $uri =404; internal; }".to_owned(), below(&["/x"]), vec![], vec![]),
        ("location ~ \\.(git|svn) { deny all; }".to_owned(), below(&["~ /\\.git"]), vec![], vec![]),
        (
            "location ~ \\.git$ { deny all; }".to_owned(),
            below(&["~ /\\.git"]),
            vec![],
            vec!["GET /.git/ from 203.0.113.9 by server"],
        ),
        (
            "merge_slashes off; location /admin { deny all; } location / { proxy_pass http://b; }"
                .to_owned(),
            below(&["/admin"]),
            vec![],
            vec!["GET //admin from 203.0.113.9 by location /"],
        ),
        (
            "merge_slashes off; location ~ ^/+admin { deny all; }".to_owned(),
            below(&["/admin"]),
            vec![],
            vec![],
        ),
        (
            "location /r { limit_except GET { deny all; } }".to_owned(),
            WebRegion { methods: vec!["POST".to_owned(), "PUT".to_owned()], ..below(&["/r"]) },
            vec![],
            vec![],
        ),
        (
            "location /r { limit_except GET POST { deny all; } }".to_owned(),
            WebRegion { methods: vec!["POST".to_owned(), "PUT".to_owned()], ..below(&["/r"]) },
            vec![],
            vec!["POST /r from 203.0.113.9 by location /r"],
        ),
        (
            format!("satisfy any; allow 10.0.0.0/8; deny all; {USERS}"),
            below(&["/"]),
            vec![user(), ten()],
            vec![],
        ),
        (
            "location / { auth_request /auth; } location = /auth { internal; proxy_pass http://b; }"
                .to_owned(),
            below(&["/"]),
            vec![Visitor { permission: true, ..Visitor::default() }],
            vec![],
        ),
    ] {
        let expected = expected.into_iter().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(judged(&server, &region, &may), (expected, 0), "{server}");
    }
}

#[test]
fn hosts_and_what_is_not_modelled() {
    let servers = "server { server_name a.example; location / { deny all; } }
        server { server_name b.example; location / { } }";
    let of = |host: &str| {
        let hosts = vec![Pattern::read(host, false).unwrap()];
        let region = WebRegion { hosts, ..below(&["/"]) };
        visits(&config(servers), &region, &[]).allowed.len()
    };
    assert_eq!([of("^a\\.example$"), of("^b\\.example$"), of("\\.example$")], [0, 1, 1]);
    let (allowed, unknown) = judged("location ~ ^/(?!x)y { deny all; }", &below(&["/y"]), &[]);
    assert_eq!((allowed.len(), unknown > 0), (0, true));
    let look = "location ~ ^/(?!x)y { deny all; } location = /z { return 403; }";
    assert_eq!(judged(look, &below(&["= /w"]), &[user()]).0.len(), 0);
}

/// Claims on random paths are what asking about each request of a sample says.
#[test]
fn a_proved_claim_is_true_of_each_request_of_a_sample() {
    let locations = [
        "location /a { deny all; }",
        "location /a/b { allow 10.0.0.0/8; deny all; }",
        "location = /a/b { }",
        "location ^~ /b { auth_basic x; auth_basic_user_file /u; }",
        "location ~ x$ { satisfy any; allow 10.0.0.0/8; auth_basic x; auth_basic_user_file /u; }",
    ];
    let parts = ["", "a", "b", "x", "ax"];
    let mut paths: Vec<String> = Vec::new();
    for first in parts {
        for second in parts {
            paths.extend([format!("/{first}"), format!("/{first}/{second}")]);
        }
    }
    paths.retain(|path| !path.contains("//"));
    for chosen in 0..1_usize << locations.len() {
        let of = locations.iter().enumerate().filter(|(at, _)| chosen & (1 << at) != 0);
        let text: String = of.map(|(_, text)| *text).collect();
        let config = config(&format!("server {{ listen 80; {text} }}"));
        for (region, may) in [(below(&["/a"]), vec![ten()]), (below(&["/b"]), vec![user()])] {
            let found = visits(&config, &region, &may);
            let inside = Asked::of(&region.paths[0], true);
            let mut broken = false;
            for path in paths.iter().filter(|path| inside.has(path.as_bytes())) {
                for client in ["10.0.0.1", "192.0.2.1"] {
                    for user in [&[][..], &["/u"]] {
                        let endpoint = config.endpoints().into_iter().next().unwrap();
                        let client: std::net::IpAddr = client.parse().unwrap();
                        let from = crate::web::Client::Address(client);
                        let mut request = Request::new(endpoint, "", "GET", path, from);
                        let files: BTreeSet<String> =
                            user.iter().map(|it| (*it).to_owned()).collect();
                        let excepted = may.iter().any(|it| {
                            it.from.as_ref().is_none_or(|set| set.contains(client))
                                && (!it.user || !files.is_empty())
                        });
                        request.user = crate::web::User::Of(files);
                        broken |= !excepted && decide(&config, &request).0 == Decision::Allowed;
                    }
                }
            }
            assert_eq!(!found.allowed.is_empty(), broken, "{text}");
        }
    }
}
