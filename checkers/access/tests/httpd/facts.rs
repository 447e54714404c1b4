//! What is known of httpd, fact by fact.

use seatrial_access::Decision::{self, Allowed, Denied, Unknown};
use seatrial_access::web::{Client, User};

use crate::live::{BASE, Htaccess, Trial};

/// A request, what is decided and with which status the server answers.
type Case<'c> = (&'c str, &'c str, Decision, u16);

/// A request of somebody from somewhere to a host.
#[derive(Clone, Copy)]
struct Who<'w> {
    user: &'w str,
    from: &'w str,
    host: &'w str,
}

const ANYBODY: Who<'static> = Who { user: "", from: "127.0.0.1", host: "localhost" };

/// Decides requests of a server with this content, and asks the real one.
fn check(text: &str, cases: &[Case<'_>]) {
    check_as(text, ANYBODY, cases);
}

fn check_as(text: &str, who: Who<'_>, cases: &[Case<'_>]) {
    check_all(&format!("{BASE}{text}"), &Vec::new(), who, cases);
}

fn check_htaccess(text: &str, directory: &'static str, inside: &str, cases: &[Case<'_>]) {
    let htaccess = vec![(directory, inside.to_owned())];
    check_all(&format!("{BASE}{text}"), &htaccess, ANYBODY, cases);
}

fn check_all(text: &str, htaccess: &Htaccess, who: Who<'_>, cases: &[Case<'_>]) {
    let trial = Trial::start(text, htaccess);
    assert_eq!(trial.config.findings, [], "{text}");
    for &(method, path, decision, status) in cases {
        let mut request = trial.request(method, path);
        request.host = who.host.to_owned();
        request.client = Client::Address(who.from.parse().unwrap());
        if who.from.contains(':') {
            request.endpoint.local = seatrial_access::web::Local::Address("::1".parse().unwrap());
        }
        if !who.user.is_empty() {
            request.user = User::Named(who.user.to_owned());
        }
        let answer = trial.decide(&request);
        assert_eq!(answer.decision, decision, "{text}\n{}", answer.text());
        if trial.is_live() {
            let (real, body) = trial.ask(&request);
            assert_eq!(real, status, "{text}\n{}\n{body}", answer.text());
            if answer.decision == Denied && answer.status.is_some() {
                assert_eq!(answer.status, Some(status), "{text}\n{}", answer.text());
            }
        }
    }
}

const USERS: &str = "AuthType Basic\nAuthName x\nAuthUserFile \"USERS1\"\n";
const SECRET: &str = "<Directory \"ROOT/p\">\nRequire all denied\n</Directory>\n";

#[test]
fn locations_are_for_the_normalised_path_and_whole_parts_of_it() {
    check(
        "<Location /d>\nRequire all denied\n</Location>",
        &[
            ("GET", "/d/x.php", Denied, 403),
            ("GET", "//d/x.php", Denied, 403),
            ("GET", "/%64/x.php", Denied, 403),
            ("GET", "/a/../d/", Denied, 403),
            ("GET", "/d", Denied, 403),
            ("GET", "/dx", Allowed, 404),
            ("GET", "/D/x.php", Allowed, 404),
            ("GET", "/a.txt", Allowed, 200),
        ],
    );
}

#[test]
fn a_location_with_wildcards_is_for_whole_paths() {
    check(
        "<Location \"/*/x.php\">\nRequire all denied\n</Location>",
        &[
            ("GET", "/d/x.php", Denied, 403),
            ("GET", "/d/sub/x.php", Allowed, 200),
            ("GET", "/d/x.php/more", Allowed, 404),
        ],
    );
}

#[test]
fn a_location_that_ends_in_a_slash_is_not_for_its_name_without() {
    check(
        "<Location /d/>\nRequire all denied\n</Location>",
        &[("GET", "/d", Allowed, 301), ("GET", "/d/", Denied, 403)],
    );
}

#[test]
fn encoded_slashes_and_what_is_above_the_root_are_refused() {
    check(
        "",
        &[
            ("GET", "/d%2fx.php", Denied, 404),
            ("GET", "/../a.txt", Denied, 400),
            ("GET", "/a%00", Denied, 404),
            ("GET", "/a%zz", Denied, 400),
        ],
    );
    check(
        "AllowEncodedSlashes On\n<Location /d/x.php>\nRequire all denied\n</Location>",
        &[("GET", "/d%2fx.php", Denied, 403), ("GET", "/p%2f..%2fd/x.php", Denied, 403)],
    );
    check("AllowEncodedSlashes NoDecode", &[("GET", "/d%2fx.php", Allowed, 404)]);
}

#[test]
fn slashes_that_are_not_merged_do_not_get_around_locations() {
    let text = "MergeSlashes Off\n<Location /d/sub>\nRequire all denied\n</Location>\n\
                <LocationMatch ^/p/>\nRequire all denied\n</LocationMatch>";
    check(
        text,
        &[
            ("GET", "/d//sub/b.txt", Denied, 403),
            ("GET", "/p/a.txt", Denied, 403),
            ("GET", "//p/a.txt", Allowed, 200),
        ],
    );
}

#[test]
fn a_later_location_opens_what_was_denied_elsewhere() {
    let denied = format!(
        "{SECRET}<Files \".ht*\">\nRequire all denied\n</Files>\n<Directory \"ROOT/images\">\n\
         <RequireAll>\nRequire all granted\nRequire not ip 127.0.0.1\n</RequireAll>\n</Directory>\n\
         <Directory \"ROOT/d\">\nAllowOverride AuthConfig\n</Directory>\n"
    );
    let deny = "Require all denied\n";
    for (more, decision, status) in
        [("", Denied, 403), ("<Location />\nRequire all granted\n</Location>", Allowed, 200)]
    {
        check_htaccess(
            &format!("{denied}{more}"),
            "d/sub",
            deny,
            &[
                ("GET", "/p/secret/f.txt", decision, status),
                ("GET", "/.htsecret", decision, status),
                ("GET", "/images/pic.txt", decision, status),
                ("GET", "/d/sub/b.txt", decision, status),
            ],
        );
    }
}

#[test]
fn auth_merging_adds_to_what_is_required_before() {
    let location = |merging: &str, granted: &str| {
        format!("{SECRET}<Location /p>\nAuthMerging {merging}\nRequire all {granted}\n</Location>")
    };
    for (merging, granted, decision, status) in [
        ("Off", "granted", Allowed, 200),
        ("And", "granted", Denied, 403),
        ("Or", "granted", Allowed, 200),
        ("Or", "denied", Denied, 403),
    ] {
        check(&location(merging, granted), &[("GET", "/p/a.txt", decision, status)]);
    }
}

#[test]
fn a_section_that_requires_nothing_changes_nothing() {
    check(
        &format!("{SECRET}<Location /p>\nAuthzSendForbiddenOnFailure On\n</Location>"),
        &[("GET", "/p/a.txt", Denied, 403)],
    );
    check(
        &format!("{SECRET}<Location /p>\nAuthMerging Off\n</Location>"),
        &[("GET", "/p/a.txt", Allowed, 200)],
    );
}

#[test]
fn directories_are_merged_from_the_root_on_whatever_their_order() {
    check(
        "<Directory \"ROOT/d/sub\">\nRequire all granted\n</Directory>\n\
         <Directory \"ROOT/d\">\nRequire all denied\n</Directory>",
        &[("GET", "/d/sub/b.txt", Allowed, 200), ("GET", "/d/x.php", Denied, 403)],
    );
}

#[test]
fn expressions_for_directories_come_behind_paths_of_them() {
    check(
        "<DirectoryMatch \"/d/\">\nRequire all denied\n</DirectoryMatch>\n\
         <Directory \"ROOT/d/sub\">\nRequire all granted\n</Directory>",
        &[("GET", "/d/sub/b.txt", Denied, 403), ("GET", "/p/a.txt", Allowed, 200)],
    );
    check(
        "<Directory ~ \"/p/.*t$\">\nRequire all denied\n</Directory>",
        &[("GET", "/p/a.txt", Denied, 403), ("GET", "/p/secret/f.txt", Denied, 403)],
    );
}

#[test]
fn directories_with_wildcards_stop_at_slashes() {
    check(
        "<Directory \"ROOT/*/s*\">\nRequire all denied\n</Directory>",
        &[
            ("GET", "/d/sub/b.txt", Denied, 403),
            ("GET", "/p/secret/f.txt", Denied, 403),
            ("GET", "/p/secret", Denied, 403),
            ("GET", "/secret.txt", Allowed, 200),
        ],
    );
}

#[test]
fn files_come_behind_directories_and_locations_behind_files() {
    let files = "<Files \"x.php\">\nRequire all granted\n</Files>\n\
                 <Directory \"ROOT/d\">\nRequire all denied\n</Directory>\n";
    check(files, &[("GET", "/d/x.php", Allowed, 200), ("GET", "/d/index.html", Denied, 403)]);
    check(
        &format!("<Location /d>\nRequire all denied\n</Location>\n{files}"),
        &[("GET", "/d/x.php", Denied, 403)],
    );
}

#[test]
fn files_in_a_directory_are_for_files_there() {
    check(
        "<Directory \"ROOT/d\">\n<FilesMatch \"\\.php$\">\nRequire all denied\n</FilesMatch>\n\
         </Directory>",
        &[
            ("GET", "/d/sub/x.php", Denied, 403),
            ("GET", "/x.php", Allowed, 200),
            ("GET", "/d/sub/b.txt", Allowed, 200),
        ],
    );
}

#[test]
fn a_path_that_goes_on_behind_a_file_is_one_of_the_file() {
    check(
        "<FilesMatch \"\\.php$\">\nRequire all denied\n</FilesMatch>",
        &[
            ("GET", "/x.php/more", Denied, 403),
            ("GET", "/d/x.php/a/b", Denied, 403),
            ("GET", "/none/x.php", Denied, 404),
        ],
    );
    check(
        "<Files \"b.txt\">\nRequire all denied\n</Files>",
        &[("GET", "/d/sub/b.txt/x.php", Denied, 403), ("GET", "/x.php/b.txt", Denied, 404)],
    );
}

#[test]
fn limit_leaves_other_methods_open() {
    check(
        "<Directory \"ROOT/d\">\n<Limit POST>\nRequire all denied\n</Limit>\n</Directory>",
        &[
            ("GET", "/d/x.php", Allowed, 200),
            ("HEAD", "/d/x.php", Allowed, 200),
            ("POST", "/d/x.php", Denied, 403),
            ("OTHER", "/d/x.php", Allowed, 501),
        ],
    );
}

#[test]
fn limit_of_get_is_limit_of_head() {
    check(
        "<Directory \"ROOT/d\">\n<Limit GET>\nRequire all denied\n</Limit>\n</Directory>",
        &[("GET", "/d/x.php", Denied, 403), ("HEAD", "/d/x.php", Denied, 403), ("POST", "/d/x.php", Allowed, 200)],
    );
}

#[test]
fn limit_except_closes_all_others() {
    check(
        "<Location /d>\n<LimitExcept GET>\nRequire all denied\n</LimitExcept>\n</Location>",
        &[
            ("GET", "/d/x.php", Allowed, 200),
            ("POST", "/d/x.php", Denied, 403),
            ("OTHER", "/d/x.php", Denied, 403),
        ],
    );
}

#[test]
fn a_limited_condition_beside_others_is_none_for_other_methods() {
    check(
        "<Location /d>\nRequire all denied\n<Limit POST>\nRequire all granted\n</Limit>\n</Location>",
        &[("GET", "/d/x.php", Denied, 403), ("POST", "/d/x.php", Allowed, 200)],
    );
    check(
        "<Location /d>\n<RequireAll>\n<Limit POST>\nRequire all denied\n</Limit>\n\
         Require all granted\n</RequireAll>\n</Location>",
        &[("GET", "/d/x.php", Allowed, 200), ("POST", "/d/x.php", Denied, 403)],
    );
}

#[test]
fn conditions_of_which_one_is_enough_and_of_which_all_are_needed() {
    for (inside, decision, status) in [
        ("Require ip 10.0.0.0/8\nRequire ip 127.0.0.0/8\n", Allowed, 200),
        ("<RequireAll>\nRequire ip 10.0.0.0/8\nRequire ip 127.0.0.0/8\n</RequireAll>\n", Denied, 403),
        ("<RequireAll>\nRequire all granted\nRequire not ip 127.0.0.1\n</RequireAll>\n", Denied, 403),
        ("<RequireAll>\nRequire all granted\nRequire not ip 10\n</RequireAll>\n", Allowed, 200),
        (
            "<RequireAll>\nRequire all granted\n<RequireNone>\nRequire ip 10\nRequire ip 127\n\
             </RequireNone>\n</RequireAll>\n",
            Denied,
            403,
        ),
        ("Require ip 127.0.0.1/255.255.255.0\n", Allowed, 200),
        ("Require ip 127.0\n", Allowed, 200),
        ("Require local\n", Allowed, 200),
        ("Require method POST\n", Denied, 403),
        ("Require method GET\n", Allowed, 200),
    ] {
        check(&format!("<Location /d>\n{inside}</Location>"), &[("GET", "/d/x.php", decision, status)]);
    }
}

#[test]
fn users_are_asked_for_only_where_they_help() {
    let text = format!(
        "<Location /d>\n{USERS}Require valid-user\n</Location>\n<Location /p>\n{USERS}\
         Require ip 127\nRequire valid-user\n</Location>\n<Location /images>\n{USERS}\
         <RequireAll>\nRequire ip 10\nRequire valid-user\n</RequireAll>\n</Location>"
    );
    let cases = |code| {
        let decision = if code == 200 { Allowed } else { Denied };
        [
            ("GET", "/d/x.php", decision, code),
            ("GET", "/p/a.txt", Allowed, 200),
            ("GET", "/images/pic.txt", Denied, 403),
        ]
    };
    check(&text, &cases(401));
    check_as(&text, Who { user: "ann", ..ANYBODY }, &cases(200));
    check_as(&text, Who { user: "eve", ..ANYBODY }, &cases(401));
}

#[test]
fn users_and_groups_by_name() {
    let text = format!(
        "<Location /d>\n{USERS}AuthUserFile \"USERS2\"\nAuthGroupFile \"GROUPS\"\nRequire group staff\n\
         </Location>\n<Location /p>\n{USERS}AuthUserFile \"USERS2\"\nRequire user bob eve\n</Location>"
    );
    for (user, staff, bob) in [("ann", 200, 401), ("bob", 401, 200)] {
        let decision = |status| if status == 200 { Allowed } else { Denied };
        check_as(
            &text,
            Who { user, ..ANYBODY },
            &[
                ("GET", "/d/x.php", decision(staff), staff),
                ("GET", "/p/a.txt", decision(bob), bob),
            ],
        );
    }
}

#[test]
fn credentials_without_a_way_to_tell_them_are_an_error() {
    check(
        "<Location /d>\nRequire valid-user\n</Location>\n<Location /p>\nAuthType Basic\n\
         AuthName x\n</Location>\n<Location /images>\nAuthType Basic\nRequire valid-user\n</Location>",
        &[
            ("GET", "/d/x.php", Denied, 500),
            ("GET", "/p/a.txt", Denied, 500),
            ("GET", "/images/pic.txt", Denied, 500),
        ],
    );
}

#[test]
fn failures_of_users_may_be_sent_as_403() {
    let text = format!(
        "<Location /d>\n{USERS}AuthzSendForbiddenOnFailure On\nRequire user bob\n</Location>"
    );
    check_as(&text, Who { user: "ann", ..ANYBODY }, &[("GET", "/d/x.php", Denied, 403)]);
    check(&text, &[("GET", "/d/x.php", Denied, 401)]);
}

#[test]
fn nothing_required_is_all_granted() {
    check("", &[("GET", "/a.txt", Allowed, 200)]);
}

#[test]
fn order_says_which_of_allow_and_deny_wins() {
    for (inside, decision) in [
        ("Order allow,deny\n", Denied),
        ("Order deny,allow\n", Allowed),
        ("Order allow,deny\nAllow from 127\nDeny from 127.0.0.1\n", Denied),
        ("Order deny,allow\nAllow from 127\nDeny from 127.0.0.1\n", Allowed),
        ("Deny from 127.0.0.1\nAllow from 127\nOrder deny,allow\n", Allowed),
        ("Order mutual-failure\nAllow from 127\nDeny from 10\n", Allowed),
        ("Order mutual-failure\nDeny from 10\n", Denied),
        ("Deny from all\n", Denied),
        ("Allow from 10.0.0.0/8\n", Allowed),
        ("Order deny,allow\nDeny from all\nAllow from 127.0.0.0/255.0.0.0\n", Allowed),
    ] {
        let status = if decision == Allowed { 200 } else { 403 };
        check(&format!("<Location /d>\n{inside}</Location>"), &[("GET", "/d/x.php", decision, status)]);
    }
}

#[test]
fn a_later_allow_resets_order_and_deny() {
    check(
        "<Directory \"ROOT/d\">\nOrder allow,deny\nDeny from all\n<Files x.php>\n\
         Allow from 10.0.0.0/8\n</Files>\n</Directory>",
        &[("GET", "/d/x.php", Allowed, 200), ("GET", "/d/index.html", Denied, 403)],
    );
}

#[test]
fn a_later_satisfy_resets_order_and_deny() {
    check(
        "<Directory \"ROOT/d\">\nDeny from all\n<Files x.php>\nSatisfy All\n</Files>\n</Directory>",
        &[("GET", "/d/x.php", Allowed, 200), ("GET", "/d/index.html", Denied, 403)],
    );
}

#[test]
fn both_ways_to_say_it_must_admit_unless_any_is_enough() {
    for (inside, decision, status) in [
        ("Deny from all\nRequire all granted\n", Denied, 403),
        ("Allow from all\nRequire all denied\n", Denied, 403),
        ("Satisfy Any\nDeny from all\nRequire all granted\n", Allowed, 200),
        ("Satisfy Any\nRequire all denied\n", Allowed, 200),
        ("Satisfy Any\nDeny from all\nRequire all denied\n", Denied, 403),
        ("Satisfy Any\nDeny from all\n", Allowed, 200),
        ("Satisfy Any\nOrder allow,deny\nRequire all denied\n", Denied, 403),
    ] {
        check(&format!("<Location /d>\n{inside}</Location>"), &[("GET", "/d/x.php", decision, status)]);
    }
    let text = format!(
        "<Location /d>\n{USERS}Satisfy Any\nOrder deny,allow\nDeny from all\nAllow from 10\n\
         Require valid-user\n</Location>"
    );
    check(&text, &[("GET", "/d/x.php", Denied, 401)]);
    check_as(&text, Who { user: "ann", ..ANYBODY }, &[("GET", "/d/x.php", Allowed, 200)]);
}

#[test]
fn allow_and_deny_are_kept_by_methods() {
    check(
        "<Location /d>\n<Limit POST>\nOrder allow,deny\n</Limit>\nDeny from 10\n</Location>",
        &[("GET", "/d/x.php", Allowed, 200), ("POST", "/d/x.php", Denied, 403)],
    );
}

#[test]
fn htaccess_needs_allow_override() {
    let deny = "Require all denied\n";
    check_htaccess("", "d", deny, &[("GET", "/d/x.php", Allowed, 200)]);
    for (over, status) in [
        ("AllowOverride AuthConfig", 403),
        ("AllowOverride All", 403),
        ("AllowOverrideList Require", 403),
        ("AllowOverride Limit", 500),
        ("AllowOverride Limit Nonfatal=Override", 200),
    ] {
        let decision = if status == 200 { Allowed } else { Denied };
        check_htaccess(
            &format!("<Directory \"ROOT\">\n{over}\n</Directory>"),
            "d",
            deny,
            &[("GET", "/d/sub/b.txt", decision, status), ("GET", "/p/a.txt", Allowed, 200)],
        );
    }
}

#[test]
fn htaccess_comes_behind_its_directory_and_is_for_all_below() {
    let text = "<Directory \"ROOT\">\nAllowOverride AuthConfig Limit\n</Directory>\n\
                <Directory \"ROOT/d\">\nRequire all denied\n</Directory>\n";
    let granted = "Require all granted\n";
    check_htaccess(text, "d", granted, &[("GET", "/d/sub/b.txt", Allowed, 200)]);
    check_htaccess(text, "", granted, &[("GET", "/d/sub/b.txt", Denied, 403)]);
    check_htaccess(
        text,
        "p",
        "Order deny,allow\nDeny from all\n<Files a.txt>\nAllow from all\n</Files>\n",
        &[("GET", "/p/a.txt", Allowed, 200), ("GET", "/p/secret/f.txt", Denied, 403)],
    );
    check_htaccess(text, "p", "Listen 80\n", &[("GET", "/p/a.txt", Denied, 500)]);
    check_htaccess(text, "p", "Nonsense\n", &[("GET", "/p/a.txt", Denied, 500)]);
}

#[test]
fn an_index_is_asked_for_as_a_file() {
    check(
        "<Files index.html>\nRequire all denied\n</Files>",
        &[("GET", "/d/", Denied, 403), ("GET", "/d/index.html", Denied, 403)],
    );
    check(
        "DirectoryIndex none.html x.php\n<Files none.html>\nRequire all denied\n</Files>",
        &[("GET", "/d/", Allowed, 200), ("GET", "/p/", Denied, 403)],
    );
    check(
        "<Location /d/index.html>\nRequire all granted\n</Location>\n<Location ~ ^/d/$>\n\
         Require all denied\n</Location>",
        &[("GET", "/d/", Denied, 403)],
    );
}

#[test]
fn aliases_lead_to_other_directories_with_their_sections() {
    check(
        &format!("Alias /pub \"ROOT/p\"\nAlias /open/ \"ROOT/d/\"\n{SECRET}"),
        &[
            ("GET", "/pub/a.txt", Denied, 403),
            ("GET", "/pub", Denied, 403),
            ("GET", "/public", Allowed, 404),
            ("GET", "/open/x.php", Allowed, 200),
        ],
    );
    check(
        "Alias /i/ \"ROOT/image\"\n<Directory \"ROOT/images\">\nRequire all denied\n</Directory>",
        &[("GET", "/i/s/pic.txt", Denied, 403)],
    );
}

#[test]
fn redirects_of_the_server_come_before_access_and_those_of_sections_behind() {
    check(
        "Redirect /p/a http://127.0.0.1/\nRedirect 403 /images\n\
         RedirectMatch 404 ^/d/.*\\.php$\n<Location />\nRequire all denied\n</Location>",
        &[
            ("GET", "/p/a", Allowed, 302),
            ("GET", "/p/a/x", Allowed, 302),
            ("GET", "/p/ax", Denied, 403),
            ("GET", "/images/pic.txt", Denied, 403),
            ("GET", "/d/x.php", Denied, 404),
        ],
    );
    check(
        "<Directory \"ROOT/p\">\nRedirect /p/a.txt http://127.0.0.1/\nRequire all denied\n</Directory>\n\
         <Location /d>\nRedirect http://127.0.0.1/\nRequire all denied\n</Location>\n\
         <Directory \"ROOT/images\">\nRedirect gone /images\n</Directory>",
        &[
            ("GET", "/p/a.txt", Denied, 403),
            ("GET", "/d/x.php", Allowed, 302),
            ("GET", "/images/pic.txt", Denied, 410),
        ],
    );
}

#[test]
fn rules_of_rewriting_that_answer_come_before_access() {
    check(
        "RewriteEngine On\nRewriteRule ^/p/ - [F]\nRewriteRule ^/d/x - [G,L]\n\
         RewriteRule ^/open - [L]\nRewriteRule ^/o - [F]\n\
         RewriteRule !^/[a-z.]*$ http://127.0.0.1/ [R=301]\n\
         <Location />\nRequire all denied\n</Location>",
        &[
            ("GET", "/p/a.txt", Denied, 403),
            ("GET", "/d/x.php", Denied, 410),
            ("GET", "/open.txt", Denied, 403),
            ("GET", "/images/pic.txt", Allowed, 301),
        ],
    );
    check("RewriteRule ^/p/ - [F]", &[("GET", "/p/a.txt", Allowed, 200)]);
    check(
        "RewriteEngine On\nRewriteCond %{REQUEST_METHOD} POST\nRewriteRule ^/p/ - [F]",
        &[("GET", "/p/a.txt", Unknown, 200), ("GET", "/d/x.php", Allowed, 200)],
    );
}

#[test]
fn rules_of_rewriting_in_a_directory_come_behind_access() {
    check(
        "<Directory \"ROOT/p\">\nRewriteEngine On\nRewriteRule ^ - [F]\n</Directory>\n\
         <Directory \"ROOT/p/secret\">\nRewriteEngine Off\n</Directory>",
        &[("GET", "/p/a.txt", Denied, 403), ("GET", "/p/secret/f.txt", Allowed, 200)],
    );
}

#[test]
fn what_is_handed_to_another_server_meets_no_directories() {
    check(
        "ProxyPass /p http://127.0.0.1:1/\nProxyPass /d !\nProxyPass / http://127.0.0.1:1/\n\
         <Directory />\nRequire all denied\n</Directory>",
        &[("GET", "/p/a.txt", Allowed, 503), ("GET", "/d/x.php", Denied, 403)],
    );
    check(
        "ProxyPass /p http://127.0.0.1:1/\n<Proxy \"*\">\nRequire all denied\n</Proxy>",
        &[("GET", "/p/a.txt", Denied, 403)],
    );
}

#[test]
fn a_virtual_host_is_chosen_by_address_then_by_name() {
    let host = |address: &str, names: &str, path: &str| {
        format!(
            "<VirtualHost {address}>\n{names}\n<Location {path}>\nRequire all denied\n</Location>\n\
             </VirtualHost>\n"
        )
    };
    let text = host("*:PORT", "ServerName one.test", "/d")
        + &host("*:PORT", "ServerName two.test\nServerAlias *.two.test", "/p")
        + &host("[::1]:PORT", "ServerName one.test", "/images");
    for (name, from, denied) in [
        ("one.test", "127.0.0.1", "/d/x.php"),
        ("two.test", "127.0.0.1", "/p/a.txt"),
        ("a.two.test", "127.0.0.1", "/p/a.txt"),
        ("other.test", "127.0.0.1", "/d/x.php"),
        ("two.test", "::1", "/images/pic.txt"),
    ] {
        let cases = ["/d/x.php", "/p/a.txt", "/images/pic.txt"].map(|path| {
            if path == denied { ("GET", path, Denied, 403) } else { ("GET", path, Allowed, 200) }
        });
        check_as(&text, Who { host: name, from, user: "" }, &cases);
    }
}

#[test]
fn sections_of_the_main_server_come_before_those_of_a_virtual_host() {
    check(
        "<Location /d>\nRequire all granted\n</Location>\n<VirtualHost *:PORT>\n\
         <Location />\nRequire all denied\n</Location>\n</VirtualHost>",
        &[("GET", "/d/x.php", Denied, 403)],
    );
    check(
        "AllowEncodedSlashes On\n<VirtualHost *:PORT>\n</VirtualHost>",
        &[("GET", "/d%2fx.php", Denied, 404)],
    );
}

#[test]
fn trace_is_answered_before_anything_is_asked() {
    let deny = "<Location />\nRequire all denied\n</Location>";
    check(deny, &[("TRACE", "/a.txt", Allowed, 200)]);
    check(&format!("TraceEnable Off\n{deny}"), &[("TRACE", "/a.txt", Denied, 405)]);
}

#[test]
fn methods_may_be_allowed_by_name() {
    check(
        "<Location />\nAllowMethods GET\n</Location>\n<Location /d>\nAllowMethods reset\n</Location>",
        &[
            ("GET", "/a.txt", Allowed, 200),
            ("POST", "/a.txt", Denied, 405),
            ("POST", "/d/x.php", Allowed, 200),
        ],
    );
}

#[test]
fn what_is_not_modelled_is_unknown_and_other_paths_are_not() {
    check(
        "<Location /d>\nRequire expr \"true\"\n</Location>\n<Location /p>\n\
         Require env nothing\n</Location>\n<If \"false\">\nRequire all denied\n</If>\n",
        &[("GET", "/d/x.php", Unknown, 200), ("GET", "/p/a.txt", Unknown, 403)],
    );
    check(
        "<LocationMatch \"^/(?!d)\">\nRequire all denied\n</LocationMatch>",
        &[("GET", "/d/x.php", Unknown, 200)],
    );
}

#[test]
fn a_proxy_in_front_may_say_where_the_client_is() {
    check(
        "RemoteIPHeader X-Forwarded-For\n<Location /d>\nRequire ip 127\n</Location>",
        &[("GET", "/d/x.php", Unknown, 200)],
    );
    check(
        "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 10.0.0.1\n<Location /d>\n\
         Require ip 127\n</Location>",
        &[("GET", "/d/x.php", Allowed, 200)],
    );
}

#[test]
fn httpd_refuses_what_is_refused_here() {
    for (text, message) in [
        ("Requir all granted", "unknown directive `Requir`"),
        ("Require all granted", "`Require` is not allowed in a server"),
        ("<Location />\nDocumentRoot /x\n</Location>", "`DocumentRoot` is not allowed in `<Location>`"),
        ("<Location />\nRequire not ip 10\n</Location>", "no effect in <RequireAny>"),
        (
            "<Location />\n<RequireAll>\nRequire not ip 10\n</RequireAll>\n</Location>",
            "<RequireAll> contains only negative authorization directives",
        ),
        (
            "<Location />\n<RequireNone>\nRequire all granted\n</RequireNone>\n</Location>",
            "<RequireNone> has no effect in <RequireAny>",
        ),
        ("<Location />\nRequire nothing\n</Location>", "unknown authorization provider `nothing`"),
        ("<Location />\n<Limit TRACE>\n</Limit>\n</Location>", "TRACE cannot be limited"),
        ("<Location />\nOrder deny\n</Location>", "`deny` is no order"),
        ("<Location />\nRequire ip 1.2.3.x\n</Location>", "`1.2.3.x` is no address"),
        ("SSLEngine On", "is of the module `ssl`, which is not loaded"),
        ("<Directory /a>\n<Location /b>\n</Location>\n</Directory>", "is not allowed in `<Directory>`"),
    ] {
        let folder = std::path::Path::new("/nowhere");
        let config = crate::live::config(&crate::live::with_modules(text), folder, &Vec::new());
        let messages: Vec<_> = config.findings.iter().map(|it| it.message.as_str()).collect();
        assert!(messages.iter().any(|it| it.contains(message)), "{text}: {messages:?}");
        crate::live::assert_refused(text);
    }
}
