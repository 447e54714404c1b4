//! What is known of nginx, fact by fact.

use std::net::IpAddr;

use seatrial_access::Decision::{self, Allowed, Denied};
use seatrial_access::web::{Client, Reply, User};

use crate::live::Trial;

/// A request, what is decided and with which status the server answers.
type Case<'c> = (&'c str, &'c str, Decision, u16);

/// Decides requests of a server with this content, and asks the real one.
fn check(server: &str, cases: &[Case<'_>]) {
    check_as(server, &User::None, Reply::Success, "127.0.0.1", cases);
}

fn check_as(server: &str, user: &User, reply: Reply, from: &str, cases: &[Case<'_>]) {
    check_http(
        &format!("server {{ listen 127.0.0.1:PORT; listen [::1]:PORT; root ROOT;\n{server}\n}}"),
        user,
        reply,
        from,
        "localhost",
        cases,
    );
}

fn check_http(http: &str, user: &User, reply: Reply, from: &str, host: &str, cases: &[Case<'_>]) {
    let trial = Trial::start(http);
    assert_eq!(trial.config.findings, [], "{http}");
    for &(method, path, decision, status) in cases {
        let mut request = trial.request(method, path);
        request.user = user.clone();
        request.host = host.to_owned();
        let from: IpAddr = from.parse().unwrap();
        request.client = Client::Address(from);
        if from.is_ipv6() {
            request.endpoint.local = seatrial_access::web::Local::Address("::1".parse().unwrap());
        }
        let answer = trial.decide(&request, reply);
        assert_eq!(answer.decision, decision, "{http}\n{}", answer.text());
        if trial.is_live() {
            let (real, body) = trial.ask(&request, reply);
            assert_eq!(real, status, "{http}\n{}\n{body}", answer.text());
            if answer.decision == Denied && answer.status.is_some() && status >= 400 {
                assert_eq!(answer.status, Some(status), "{http}\n{}", answer.text());
            }
        }
    }
}

fn ann() -> User {
    User::Named("ann".to_owned())
}

const USERS: &str = "auth_basic x; auth_basic_user_file USERS1;";

#[test]
fn return_answers_before_access_is_asked() {
    check("location /ret { deny all; return 200 r; }", &[("GET", "/ret", Allowed, 200)]);
}

#[test]
fn an_expression_takes_requests_from_a_protected_prefix() {
    let steal = "location ~ \\.php$ { proxy_pass http://127.0.0.1:BACK; }";
    check(
        &format!("location /admin/ {{ deny all; }} {steal}"),
        &[("GET", "/admin/x.php", Allowed, 200), ("GET", "/admin/x.txt", Denied, 403)],
    );
    check(
        &format!("location ^~ /admin2/ {{ deny all; }} {steal}"),
        &[("GET", "/admin2/x.php", Denied, 403)],
    );
}

#[test]
fn nested_expressions_come_before_outer_ones() {
    check(
        "location /n/ { deny all; location ~ \\.txt$ { allow all; proxy_pass http://127.0.0.1:BACK; } } \
         location ~ n/a\\.txt$ { deny all; }",
        &[("GET", "/n/a.txt", Allowed, 200), ("GET", "/n/b", Denied, 403)],
    );
}

#[test]
fn a_nested_prefix_with_a_caret_does_not_keep_outer_expressions_out() {
    check(
        "location /n/ { location ^~ /n/m/ { deny all; } location ~ \\.htm$ { deny all; } } \
         location ~ \\.txt$ { return 204; }",
        &[
            ("GET", "/n/m/a.txt", Allowed, 204),
            ("GET", "/n/m/a.htm", Denied, 403),
            ("GET", "/n/a.htm", Denied, 403),
        ],
    );
}

#[test]
fn alias_leads_out_of_its_directory() {
    check(
        "location /i { alias ROOT/images/; }",
        &[("GET", "/i../secret.txt", Allowed, 200), ("GET", "/i/pic.txt", Allowed, 200)],
    );
}

#[test]
fn access_is_asked_before_files_are_tried() {
    check("location /t/ { deny all; try_files $uri /open.txt; }", &[("GET", "/t/x", Denied, 403)]);
}

#[test]
fn the_last_of_the_tried_files_is_another_request() {
    check(
        "location /u/ { try_files $uri /secret.txt; } location = /secret.txt { deny all; }",
        &[("GET", "/u/none", Denied, 403)],
    );
}

#[test]
fn other_tried_files_are_served_where_they_are_tried() {
    check(
        "location /w/ { try_files /secret.txt =404; } location = /secret.txt { deny all; }",
        &[("GET", "/w/x", Allowed, 200), ("GET", "/secret.txt", Denied, 403)],
    );
}

#[test]
fn satisfy_any_takes_credentials_or_an_address() {
    let location = format!(
        "location /sa1 {{ satisfy any; allow 10.0.0.0/8; {USERS} proxy_pass http://127.0.0.1:BACK; }}"
    );
    check(&location, &[("GET", "/sa1", Denied, 401)]);
    check_as(&location, &ann(), Reply::Success, "127.0.0.1", &[("GET", "/sa1", Allowed, 200)]);
    check_as(
        &location,
        &User::Named("eve".to_owned()),
        Reply::Success,
        "127.0.0.1",
        &[("GET", "/sa1", Denied, 401)],
    );
}

#[test]
fn satisfy_any_refuses_what_deny_refuses() {
    check(
        "location /sa2 { satisfy any; allow 10.0.0.0/8; deny all; }",
        &[("GET", "/sa2", Denied, 403)],
    );
}

#[test]
fn satisfy_any_without_a_refusal_lets_all_in() {
    check(
        "location /sa3 { satisfy any; allow 10.0.0.0/8; proxy_pass http://127.0.0.1:BACK; }",
        &[("GET", "/sa3", Allowed, 200)],
    );
}

#[test]
fn limit_except_refuses_other_methods_and_get_is_head() {
    check(
        "location / { limit_except GET { deny all; } proxy_pass http://127.0.0.1:BACK; }",
        &[
            ("POST", "/x", Denied, 403),
            ("HEAD", "/x", Allowed, 200),
            ("GET", "/x", Allowed, 200),
            ("OTHER", "/x", Denied, 403),
        ],
    );
}

#[test]
fn limited_methods_meet_no_directives_of_the_rewrite_phase() {
    check(
        "location /r { limit_except GET { deny all; } return 204; }",
        &[("GET", "/r", Allowed, 204), ("POST", "/r", Denied, 403)],
    );
}

#[test]
fn an_error_page_does_not_let_anybody_in() {
    check(
        "location /ep { deny all; error_page 403 =200 /open.txt; }",
        &[("GET", "/ep", Denied, 200)],
    );
}

#[test]
fn auth_basic_is_inherited_and_can_be_turned_off() {
    let location = format!(
        "location /ab {{ {USERS} proxy_pass http://127.0.0.1:BACK; \
         location /ab/pub {{ auth_basic off; proxy_pass http://127.0.0.1:BACK; }} }}"
    );
    check(&location, &[("GET", "/ab", Denied, 401), ("GET", "/ab/pub", Allowed, 200)]);
    check_as(&location, &ann(), Reply::Success, "127.0.0.1", &[("GET", "/ab", Allowed, 200)]);
}

#[test]
fn auth_basic_without_users_asks_nobody() {
    check(
        "location / { auth_basic x; proxy_pass http://127.0.0.1:BACK; }",
        &[("GET", "/", Allowed, 200)],
    );
}

#[test]
fn rules_of_one_family_replace_inherited_ones_of_both() {
    let server = "deny all; location /v6 { allow 2001:db8::/32; proxy_pass http://127.0.0.1:BACK; } \
                  location /only6 { allow ::1; deny ::/0; proxy_pass http://127.0.0.1:BACK; }";
    check(
        server,
        &[
            ("GET", "/v6", Allowed, 200),
            ("GET", "/x", Denied, 403),
            ("GET", "/only6", Allowed, 200),
        ],
    );
    check_as(
        server,
        &User::None,
        Reply::Success,
        "::1",
        &[
            ("GET", "/v6", Allowed, 200),
            ("GET", "/only6", Allowed, 200),
            ("GET", "/x", Denied, 403),
        ],
    );
}

#[test]
fn slashes_that_are_not_merged_get_around_a_location() {
    let server = "deny all; location /admin { deny all; } location / { allow all; proxy_pass http://127.0.0.1:BACK; }";
    check(
        &format!("merge_slashes off; {server}"),
        &[("GET", "//admin/x", Allowed, 200), ("GET", "/admin/x", Denied, 403)],
    );
    check(server, &[("GET", "//admin/x", Denied, 403)]);
}

#[test]
fn paths_are_normalised_before_locations_are_chosen() {
    check(
        "location / { return 204; } location = /exact { deny all; } location /admin { deny all; }",
        &[
            ("GET", "/exact", Denied, 403),
            ("GET", "/%65xact", Denied, 403),
            ("GET", "/x/../exact", Denied, 403),
            ("GET", "//exact", Denied, 403),
            ("GET", "/exact/", Allowed, 204),
            ("GET", "/EXACT", Allowed, 204),
            ("GET", "/admin%2fx", Denied, 403),
            ("GET", "/administrator", Denied, 403),
            ("GET", "/x/%2e%2e/admin", Denied, 403),
            ("GET", "/admin/..", Allowed, 204),
            ("GET", "/admin/.", Denied, 403),
            ("GET", "/..", Denied, 400),
            ("GET", "/a%00", Denied, 400),
            ("GET", "/exact?x=/../", Denied, 403),
        ],
    );
}

#[test]
fn internal_locations_are_not_found_and_nested_ones_neither() {
    check(
        "location /in/ { internal; proxy_pass http://127.0.0.1:BACK; \
           location /in/a/ { proxy_pass http://127.0.0.1:BACK; } } \
         location /go { try_files /none /in/x; } location /re { rewrite ^ /in/y last; }",
        &[
            ("GET", "/in/x", Denied, 404),
            ("GET", "/in/a/x", Denied, 404),
            ("GET", "/go", Allowed, 200),
            ("GET", "/re", Allowed, 200),
        ],
    );
}

#[test]
fn a_location_that_is_proxied_adds_its_slash() {
    check(
        "location /p/ { deny all; proxy_pass http://127.0.0.1:BACK; } location / { return 204; }",
        &[("GET", "/p", Allowed, 301), ("GET", "/p/", Denied, 403), ("GET", "/px", Allowed, 204)],
    );
}

#[test]
fn an_index_is_another_request() {
    check(
        "location / { } location ~ \\.html$ { deny all; }",
        &[
            ("GET", "/", Denied, 403),
            ("GET", "/d/", Denied, 403),
            ("GET", "/a.txt", Allowed, 200),
            ("GET", "/images/", Allowed, 403),
        ],
    );
}

#[test]
fn what_a_location_answers_that_is_asked_decides() {
    let server = "location /a { auth_request /ask; proxy_pass http://127.0.0.1:BACK/x; } \
         location = /ask { internal; proxy_pass http://127.0.0.1:BACK; proxy_pass_request_body off; }";
    for (reply, decision, status) in [
        (Reply::Success, Allowed, 200),
        (Reply::Unauthorized, Denied, 401),
        (Reply::Forbidden, Denied, 403),
        (Reply::Other, Denied, 500),
    ] {
        check_as(server, &User::None, reply, "127.0.0.1", &[("GET", "/a", decision, status)]);
    }
    let fixed = |status: u16| {
        format!(
            "location / {{ auth_request /ask; proxy_pass http://127.0.0.1:BACK; }} location = /ask {{ return {status}; }}"
        )
    };
    check(&fixed(204), &[("GET", "/a", Allowed, 200)]);
    check(&fixed(403), &[("GET", "/a", Denied, 403)]);
    check(&fixed(404), &[("GET", "/a", Denied, 500)]);
}

#[test]
fn the_first_rule_of_a_family_that_fits_counts() {
    let server = "location / { deny 127.0.0.2; allow 127.0.0.0/24; deny all; proxy_pass http://127.0.0.1:BACK; }";
    for (from, decision, status) in
        [("127.0.0.1", Allowed, 200), ("127.0.0.2", Denied, 403), ("127.0.1.1", Denied, 403)]
    {
        check_as(server, &User::None, Reply::Success, from, &[("GET", "/", decision, status)]);
    }
}

#[test]
fn servers_are_chosen_by_their_names() {
    let server = |name: &str, what: &str, more: &str| {
        format!(
            "server {{ listen 127.0.0.1:PORT{more}; server_name {name}; location / {{ {what} }} }}\n"
        )
    };
    let http = server("first", "deny all;", "")
        + &server("exact.example.com", "return 201;", "")
        + &server("*.example.com", "return 202;", "")
        + &server("*.b.example.com", "return 203;", "")
        + &server("www.example.*", "return 204;", "")
        + &server("~^www\\d+\\.", "return 205;", "")
        + &server(".example.org", "return 206;", "")
        + &server("last", "return 207;", " default_server");
    for (host, status) in [
        ("exact.example.com", 201),
        ("a.example.com", 202),
        ("a.b.example.com", 203),
        ("www.example.de", 204),
        ("www.example.com", 202),
        ("www1.x", 205),
        ("example.org", 206),
        ("a.example.org", 206),
        ("example.com", 207),
        ("unknown", 207),
    ] {
        check_http(
            &http,
            &User::None,
            Reply::Success,
            "127.0.0.1",
            host,
            &[("GET", "/", Allowed, status)],
        );
    }
    check_http(
        &http,
        &User::None,
        Reply::Success,
        "127.0.0.1",
        "first",
        &[("GET", "/", Denied, 403)],
    );
}

#[test]
fn a_path_is_read_by_the_settings_of_the_default_server() {
    let server = |name: &str, more: &str| {
        format!(
            "server {{ listen 127.0.0.1:PORT; server_name {name}; {more} location /admin {{ deny all; }} \
             location / {{ return 204; }} }}\n"
        )
    };
    let http = server("first", "merge_slashes off;") + &server("second", "");
    check_http(
        &http,
        &User::None,
        Reply::Success,
        "127.0.0.1",
        "second",
        &[("GET", "//admin", Allowed, 204)],
    );
    let http = server("first", "") + &server("second", "merge_slashes off;");
    check_http(
        &http,
        &User::None,
        Reply::Success,
        "127.0.0.1",
        "second",
        &[("GET", "//admin", Denied, 403)],
    );
}

#[test]
fn the_rewrite_phase_goes_on_until_it_is_stopped() {
    check(
        "set $x 1; if ($x = 1) { set $y 2; } \
         location /if { if ($y = 2) { return 403; } return 204; } \
         location /set { set $z \"\"; if ($z) { return 403; } return 204; } \
         location /break { break; return 403; } \
         location /rw { rewrite ^/rw/a$ /secret last; rewrite ^/rw/b$ /secret; deny all; } \
         location /rb { rewrite ^ /secret break; deny all; } \
         location /redirect { rewrite ^ /x redirect; } \
         location /method { if ($request_method = POST) { return 405; } return 204; } \
         location /uri { if ($uri ~ x$) { return 403; } return 204; } \
         location /secret { return 201; }",
        &[
            ("GET", "/if", Denied, 403),
            ("GET", "/set", Allowed, 204),
            ("GET", "/break", Allowed, 404),
            ("GET", "/rw/a", Allowed, 201),
            ("GET", "/rw/b", Allowed, 201),
            ("GET", "/rw/c", Denied, 403),
            ("GET", "/rb", Denied, 403),
            ("GET", "/redirect", Allowed, 302),
            ("POST", "/method", Denied, 405),
            ("GET", "/method", Allowed, 204),
            ("GET", "/uri/x", Denied, 403),
            ("GET", "/uri/y", Allowed, 204),
        ],
    );
}

#[test]
fn try_files_is_not_inherited_and_lost_in_an_if() {
    check(
        "try_files /secret.txt =404; \
         location /none { proxy_pass http://127.0.0.1:BACK; } \
         location /if { if ($request_method = GET) { set $x 1; } try_files /nothing @refuse; } \
         location @refuse { return 403; }",
        &[
            ("GET", "/none", Allowed, 200),
            ("GET", "/if", Allowed, 404),
            ("HEAD", "/if", Denied, 403),
        ],
    );
}

#[test]
fn named_locations_ask_for_access_once_more() {
    check(
        "location / { try_files /nothing @app; } location @app { deny all; } ",
        &[("GET", "/x", Denied, 403)],
    );
}

#[test]
fn trace_is_refused() {
    check("location / { return 204; }", &[("TRACE", "/", Denied, 405), ("GET", "/", Allowed, 204)]);
}
