//! Each mistake beside what looks like it and is none.

use seatrial_core::SourceFile;

use super::*;
use crate::web::nginx::read;

/// What is found in a server, as `LINE RULE`.
fn found(server: &str) -> Vec<String> {
    let text = format!("http {{ server {{ listen 80; listen [::]:80; root /srv;\n{server}\n}} }}");
    let file = Arc::new(SourceFile::new("nginx.conf", text));
    let config = read(&file, &mut |_| Err("no such file".to_owned()));
    assert_eq!(config.findings, [], "{server}");
    let found = lint(&config);
    found.iter().map(|it| format!("{} {}", it.location.line, it.rule)).collect()
}

const USERS: &str = "auth_basic x; auth_basic_user_file /u;";

#[track_caller]
fn is(server: &str, expected: &[&str]) {
    let server = server.replace("USERS", USERS);
    assert_eq!(found(&server), expected, "{server}");
}

#[test]
fn expressions_that_take_requests_from_a_guarded_prefix() {
    let steals = &["3 nginx-location-steals-prefix"];
    let php = "\nlocation ~ \\.php$ { fastcgi_pass 127.0.0.1:9; }";
    is(&format!("location /admin/ {{ deny all; }}{php}"), steals);
    is(&format!("location /admin/ {{ USERS }}{php}"), steals);
    is(&format!("location /admin/ {{ allow 10.0.0.0/8; deny all; }}{php}"), steals);
    is(&format!("location ^~ /admin/ {{ deny all; }}{php}"), &[]);
    is(&format!("location /admin/ {{ }}{php}"), &[]);
    is(&format!("deny all; location /admin/ {{ }}{php}"), &[]);
    is("location /admin/ { deny all; }\nlocation ~ \\.php$ { deny all; }", &[]);
    is("location /admin/ { deny all; }\nlocation ~ \\.php$ { return 301 /; }", &[]);
    is("location /admin/ { deny all; }\nlocation ~ ^/admin/public/ { }", &[]);
    is("location /admin/ { deny all; location ~ \\.txt$ { allow all; } }", &[]);
    is("location = /a.php { deny all; }\nlocation ~ \\.php$ { }", &[]);
    // What an expression means that is not modelled is not known.
    is("location /admin/ { deny all; }\nlocation ~ ^/(?!x) { }", &[]);
    is("location /a/ { location /a/b/ { deny all; } }\nlocation ~ x$ { }", steals);
}

#[test]
fn answers_before_a_demand() {
    is(
        "location /s { allow 10.0.0.0/8; deny all; return 200 up; }",
        &["2 nginx-return-before-access"],
    );
    is("location /s { USERS set $x 1; return 204; }", &["2 nginx-return-before-access"]);
    is("deny all; location /s { return 200 up; }", &[]);
    is("location /s { deny all; return 301 https://a/; }", &[]);
    is("location /s { deny all; return 403; }", &[]);
    is("location /s { deny all; if ($request_method = POST) { return 200; } }", &[]);
    is("location /s { allow all; return 200 up; }", &[]);
}

#[test]
fn aliases_that_lead_out() {
    is("location /i { alias /d/; }", &["2 nginx-alias-traversal"]);
    is("location /i/ { alias /d/; }", &[]);
    is("location /i { alias /d; }", &[]);
    is("location /i { deny all; alias /d/; }", &[]);
    is("location /i { alias /d/; }\nlocation ~ \\.\\. { deny all; }", &[]);
    is("location /favicon.ico { alias /d/favicon.ico; }", &[]);
    is("location ~ ^/i(.*)$ { alias /d/$1; }", &[]);
    is("location /i { USERS alias /d/; }", &["2 nginx-alias-traversal"]);
}

#[test]
fn rules_that_leave_a_family_open() {
    is("location /a { allow 10.0.0.0/8; deny 0.0.0.0/0; }", &["2 nginx-rules-for-one-family"]);
    is("location /a { allow ::1; deny ::/0; }", &["2 nginx-rules-for-one-family"]);
    is("location /a { allow 10.0.0.0/8; deny all; }", &[]);
    is("location /a { deny 192.0.2.1; deny 2001:db8::1; }", &[]);
    is("location /a { USERS deny 0.0.0.0/0; }", &[]);
    is("deny all; location /a { allow 2001:db8::/32; }", &["2 nginx-allow-without-deny"]);
    is("location /a { allow 10.0.0.0/8; USERS }", &["2 nginx-allow-without-deny"]);
    is("deny all; location /a { allow all; }", &[]);
    is("location /a { satisfy any; allow 10.0.0.0/8; }", &["2 nginx-satisfy-any-open"]);
    is("location /a { satisfy any; allow 10.0.0.0/8; USERS }", &[]);
    is("location /a { satisfy any; allow 10.0.0.0/8; deny all; }", &[]);
    is("USERS satisfy any; location /a { allow all; }", &[]);
}

#[test]
fn methods_that_are_not_limited() {
    let gap = &["2 nginx-limit-except-gap"];
    is("location /a { limit_except GET POST { USERS } }", gap);
    is("location /a { limit_except GET PUT { allow 10.0.0.0/8; deny all; } }", gap);
    is("location /a { limit_except GET { USERS } }", &[]);
    is("location /a { limit_except GET POST { deny all; } }", &[]);
    is("location /a { USERS limit_except GET POST { deny all; } }", &[]);
}

#[test]
fn slashes_that_get_around_a_location() {
    let gap = &["2 nginx-merge-slashes-off"];
    is("merge_slashes off; location /admin { deny all; }", gap);
    is("merge_slashes off; location /a/b { USERS }", gap);
    is("location /admin { deny all; }", &[]);
    is("merge_slashes off; location ~ ^/+admin { deny all; }", &[]);
    is("merge_slashes off; location /admin { }", &[]);
    is("merge_slashes off; location / { deny all; }", &[]);
}

#[test]
fn files_that_are_tried_past_their_location() {
    let past = &["2 nginx-try-files-protected"];
    let secret = "location = /secret.txt { deny all; }";
    is(&format!("location /w/ {{ try_files /secret.txt =404; }} {secret}"), past);
    is("location /w/ { try_files $uri.bak =404; }\nlocation ~ ^/w/.*\\.bak$ { deny all; }", past);
    is(&format!("location /w/ {{ try_files $uri /secret.txt; }} {secret}"), &[]);
    is("location /w/ { try_files /x.txt =404; } location = /x.txt { internal; }", &[]);
    is(&format!("location /w/ {{ deny all; try_files /secret.txt =404; }} {secret}"), &[]);
    is("location /w/ { try_files /x.txt =404; } location = /x.txt { }", &[]);
}

#[test]
fn exact_locations_and_what_is_below() {
    let children = &["2 nginx-exact-location-without-children"];
    let app = "proxy_pass http://127.0.0.1:9;";
    is(&format!("location = /admin {{ deny all; {app} }} location / {{ {app} }}"), children);
    is("location = /admin { USERS }", children);
    is("location = /admin { USERS } location /admin/ { USERS }", &[]);
    is("location = /metrics { deny all; stub_status; }", &[]);
    is("location = /wp-config.php { deny all; }", &[]);
    is(&format!("location = /admin {{ deny all; {app} }} location / {{ return 404; }}"), &[]);
}

#[test]
fn a_configuration_that_is_refused_is_not_judged() {
    let text = "http { server { location /i { alias /d/; } locaton / { } } }";
    let file = Arc::new(SourceFile::new("nginx.conf", text));
    let config = read(&file, &mut |_| Err("no such file".to_owned()));
    assert_eq!(lint(&config), []);
}

#[test]
fn a_finding_names_the_request_and_the_directives() {
    let text = "http { server { listen 80; server_name a.example;
location /admin/ { deny all; }
location ~ \\.php$ { fastcgi_pass 127.0.0.1:9; } } }";
    let file = Arc::new(SourceFile::new("nginx.conf", text));
    let found = lint(&read(&file, &mut |_| Err("no such file".to_owned())));
    let [it] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        it.message,
        "`location ~ \\.php$` takes requests away from `location /admin/`, whose `deny all` is not \
         asked: GET /admin/.php"
    );
    assert_eq!(
        it.evidence[0],
        "`GET /admin/.php to a.example at *:80 from 203.0.113.9` is let in, from `fastcgi_pass \
         127.0.0.1:9`"
    );
    assert_eq!((it.related[0].location.line, it.related.len()), (2, 1));
}
