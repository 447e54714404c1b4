//! Comparisons, and configurations that cannot be read.

use std::collections::BTreeMap;
use std::sync::Arc;

use seatrial_core::SourceFile;

use super::*;
use crate::Change;
use crate::web::{WebDifferences, diff};

fn config(text: &str) -> Config {
    let file = Arc::new(SourceFile::new("nginx.conf", text));
    read(&file, &mut |_| Err("no such file".to_owned()))
}

/// Compares two servers with this content.
fn compared(old: &str, new: &str) -> WebDifferences {
    let [old, new] =
        [old, new].map(|it| config(&format!("http {{ server {{\nlisten 80;\n{it}\n}} }}")));
    assert_eq!((&old.findings, &new.findings), (&vec![], &vec![]));
    diff(&old, &new, 100).unwrap()
}

/// Each difference as `change path method witness`.
fn shown(found: &WebDifferences) -> Vec<String> {
    let each = found.differences.listed.iter().map(|it| {
        let region = it.region.iter().filter(|it| !matches!(it.dimension, "at" | "host"));
        let region: Vec<_> = region.map(|it| format!("{} {}", it.dimension, it.members)).collect();
        format!("{} {} | {}", it.change, region.join("; "), it.witness.path)
    });
    each.collect()
}

#[test]
fn equal_configurations_are_proved_equal() {
    for (old, new) in [
        ("location /a { deny all; }", "location /a { deny all; }"),
        ("location /a { deny all; }", "location /a { deny 0.0.0.0/0; deny ::/0; deny unix:; }"),
        (
            "location /a { allow 10.0.0.0/8; deny all; }",
            "location /a { allow 10.0.0.0/9; allow 10.128.0.0/9; deny all; }",
        ),
        (
            "location ~ \\.(php|inc)$ { deny all; }",
            "location ~ \\.php$ { deny all; } location ~ \\.inc$ { deny all; }",
        ),
        ("location /a/ { deny all; }", "location /a/ { deny all; } location /a/b/ { deny all; }"),
        ("location ~ ^/a { deny all; }", "location ^~ /a { deny all; }"),
        ("location /x { return 204; }", "location /x { return 301 /y; }"),
    ] {
        let found = compared(old, new);
        assert_eq!((shown(&found), &found.undecided), (vec![], &vec![]), "{old} {new}");
    }
}

#[test]
fn what_is_opened_and_closed_is_listed_with_a_witness() {
    for (old, new, expected) in [
        (
            "location /admin/ { deny all; }",
            "location /admin/ { deny all; } location ~ \\.php$ { fastcgi_pass 127.0.0.1:9; }",
            vec!["opened path /admin/* ~ \\.php$ | /admin/.php"],
        ),
        (
            "location /a { allow 10.0.0.0/8; deny all; }",
            "location /a { allow 10.0.0.0/16; deny all; }",
            vec!["closed path /a*, = /a; from 10.1.0.0-10.255.255.255 | /a"],
        ),
        ("location = /x { deny all; }", "location /x { deny all; }", vec!["closed path /x* | /xx"]),
        (
            "location / { limit_except GET { deny all; } }",
            "location / { limit_except GET POST { deny all; } }",
            vec!["opened method POST | /"],
        ),
        (
            "location /u { auth_basic x; auth_basic_user_file /f; }",
            "location /u { auth_basic x; auth_basic_user_file /f; satisfy any; allow 10.0.0.1; }",
            vec!["opened path /u*; from 10.0.0.1; user nobody | /u"],
        ),
    ] {
        let found = compared(old, new);
        let found: Vec<_> = shown(&found);
        assert_eq!(found.len(), expected.len(), "{old} {new} {found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            let (change, witness) = expected.split_once(" | ").unwrap();
            let first = change.split_whitespace().next().unwrap();
            assert!(found.starts_with(first), "{found} {expected}");
            let path = found.rsplit(" | ").next().unwrap();
            assert!(path.starts_with(witness.get(..2).unwrap_or(witness)), "{found} {expected}");
        }
    }
}

#[test]
fn what_is_not_modelled_is_unknown_and_the_same_on_both_sides_if_it_is_the_same() {
    let look = "location ~ ^/(?!open) { deny all; }";
    let same = compared(look, &format!("{look} location = /robots.txt {{ deny all; }}"));
    let changes: Vec<_> = same.differences.listed.iter().map(|it| it.change).collect();
    assert!(changes.iter().all(|it| *it == Change::MayClose), "{changes:?}");
    let other = compared("location / { deny all; }", look);
    let changes: Vec<_> = other.differences.listed.iter().map(|it| it.change).collect();
    assert!(changes.contains(&Change::MayOpen), "{changes:?}");
    let listed = &other.differences.listed[0];
    assert!(listed.reason.as_deref().unwrap().contains("look-around"), "{:?}", listed.reason);
}

#[test]
fn slashes_that_are_no_longer_merged_open_what_they_get_around() {
    let server = "location /admin { deny all; } location / { }";
    let found = compared(server, &format!("merge_slashes off; {server}"));
    assert_eq!(found.differences.of(Change::Opened), 1);
    assert_eq!(found.undecided.len(), 1);
    assert!(found.differences.listed[0].witness.path.contains("//"));
}

#[test]
fn what_nginx_refuses_is_named_with_its_place() {
    for (text, line, message) in [
        ("http { server {\n locaton / { }\n} }", 2, "unknown directive `locaton`"),
        (
            "http { server {\n location / { listen 80; }\n} }",
            2,
            "`listen` is not allowed in `location`",
        ),
        ("http {\n server {\n", 2, "this block is not closed: `}` is missing"),
        ("include missing.conf;", 1, "cannot include `missing.conf`: no such file"),
        (
            "http { server { location / { allow 10.0.0.300; } } }",
            1,
            "`10.0.0.300` is no address and no block of them",
        ),
        ("http { server { location / { if $x { } } } }", 1, "`if` takes a condition in brackets"),
        (
            "http { server { location /a { location /b { } } } }",
            1,
            "`/b` is outside of the location `/a` that encloses it",
        ),
        ("http { server { location = /a { } location = /a { } } }", 1, "a second location `= /a`"),
        (
            "http { server { location / { limit_except FOO { deny all; } } } }",
            1,
            "`FOO` is no method of `limit_except`",
        ),
        ("http { server { listen [::1; } }", 1, "`[::1` is no address to listen on"),
        (
            "http { server { location / { satisfy some; } } }",
            1,
            "`some` is neither `any` nor `all`",
        ),
    ] {
        let found = config(text).findings;
        let found: Vec<_> =
            found.iter().map(|it| (it.location.line, it.message.as_str())).collect();
        assert!(found.contains(&(line, message)), "{text}: {found:?}");
    }
}

#[test]
fn servers_of_included_files_are_read() {
    let files: BTreeMap<&str, &str> =
        BTreeMap::from([("sites/a", "server { listen 81; location / { deny all; } }")]);
    let main = Arc::new(SourceFile::new("nginx.conf", "http { deny 10.0.0.1; include sites/*; }"));
    let config = read(&main, &mut |pattern| {
        let prefix = pattern.trim_end_matches('*');
        let found = files.iter().filter(|(name, _)| name.starts_with(prefix));
        Ok(found.map(|(name, text)| Arc::new(SourceFile::new(*name, *text))).collect())
    });
    assert_eq!((config.servers.len(), config.findings.len()), (1, 0));
    assert_eq!(&*config.servers[0].at.location.path, "sites/a");
}

#[test]
fn an_include_that_cannot_be_looked_at_may_hold_anything() {
    let config = |text: &str| {
        let file = Arc::new(SourceFile::new("nginx.conf", text));
        read(&file, &mut |_| Ok(Vec::new()))
    };
    let inside = "server { location / { deny all; include /far/x.conf; } location /b { } }";
    let old = config(&format!("http {{ {inside} }}"));
    assert_eq!(old.findings.len(), 1);
    assert_eq!(old.findings[0].rule, rules::UNREAD_INCLUDE);
    assert!(shown(&diff(&old, &old, 10).unwrap()).is_empty());
    let new = config("http { server { location / { deny all; } location /b { } } }");
    let found = diff(&old, &new, 10).unwrap();
    assert!(shown(&found).iter().all(|it| it.starts_with("may-close")), "{:?}", shown(&found));
    assert_eq!(found.differences.of(Change::MayClose), found.differences.total());
    for text in [
        "http { include /far/x; server { deny all; } }",
        "http { server { include /far/x; deny all; } }",
    ] {
        let (old, new) = (config(text), config("http { server { deny all; } }"));
        let found = diff(&old, &new, 10).unwrap().differences;
        assert_eq!((found.total(), found.of(Change::MayClose)), (1, 1), "{text}");
    }
    // A pattern that matches nothing means nothing.
    assert_eq!(config("http { include /far/*.conf; }").findings, []);
}
