//! What is known of httpd, fact by fact.

use seatrial_access::Decision::{self, Allowed, Denied};
use seatrial_access::web::{Client, User};

use crate::live::{BASE, Htaccess, Trial, assert_refused};

/// A request, what is decided and with which status the server answers.
pub(crate) type Case<'c> = (&'c str, &'c str, Decision, u16);

/// A request of somebody from somewhere to a host.
#[derive(Clone, Copy)]
pub(crate) struct Who<'w> {
    pub(crate) user: &'w str,
    pub(crate) from: &'w str,
    pub(crate) host: &'w str,
}

pub(crate) const ANYBODY: Who<'static> = Who { user: "", from: "127.0.0.1", host: "localhost" };

/// Decides requests of a server with this content, and asks the real one.
pub(crate) fn check(text: &str, cases: &[Case<'_>]) {
    check_as(text, ANYBODY, cases);
}

pub(crate) fn check_as(text: &str, who: Who<'_>, cases: &[Case<'_>]) {
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
        who.host.clone_into(&mut request.host);
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
                let missing = status == 404 && answer.status == Some(403);
                assert!(missing || answer.status == Some(status), "{text}\n{}", answer.text());
            }
        }
    }
}

const USERS: &str = "AuthType Basic\nAuthName x\nAuthUserFile \"USERS1\"\n";
pub(crate) const SECRET: &str = "<Directory \"ROOT/p\">\nRequire all denied\n</Directory>\n";

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
            ("GET", "//p/a.txt", Denied, 403),
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
    // Among themselves, they come by the slashes in their text.
    check(
        "<DirectoryMatch \"ROOT/d/x\">\nRequire all granted\n</DirectoryMatch>\n\
         <DirectoryMatch \"/d\">\nRequire all denied\n</DirectoryMatch>",
        &[("GET", "/d/x.php", Allowed, 200), ("GET", "/d/sub/b.txt", Denied, 403)],
    );
    check(
        "<Directory ~ \"/p/.*t$\">\nRequire all denied\n</Directory>",
        &[("GET", "/p/a.txt", Denied, 403), ("GET", "/p/secret/f.txt", Denied, 403)],
    );
}

#[test]
fn expressions_end_at_the_very_end() {
    check(
        "<LocationMatch /secret$>\nRequire all denied\n</LocationMatch>\n\
         <LocationMatch ^/p.a>\nRequire all denied\n</LocationMatch>",
        &[
            ("GET", "/p/secret", Denied, 403),
            ("GET", "/p/secret%0a", Allowed, 404),
            ("GET", "/p%0aa", Denied, 403),
        ],
    );
}

#[test]
fn directories_with_wildcards_stop_at_slashes() {
    check(
        "<Directory \"ROOT/*/s*\">\nRequire all denied\n</Directory>",
        &[("GET", "/d/x.php", Allowed, 200), ("GET", "/secret.txt", Allowed, 200)],
    );
    // What is named beside is known to be a directory.
    check(
        "<Directory \"ROOT/*/s*\">\nRequire all denied\n</Directory>\n\
         <Directory \"ROOT/d/sub\">\n</Directory>\n<Directory \"ROOT/p/secret\">\n</Directory>",
        &[("GET", "/d/sub/b.txt", Denied, 403), ("GET", "/p/secret/f.txt", Denied, 403)],
    );
}

#[test]
fn a_file_is_taken_for_a_directory_where_links_are_followed() {
    let denied = "<Directory \"ROOT/*\">\nRequire all denied\n</Directory>\n";
    check(denied, &[("GET", "/a.txt", Denied, 403), ("GET", "/d/x.php", Denied, 403)]);
    for (options, decision, status) in [
        ("None", Allowed, 200),
        ("SymLinksIfOwnerMatch", Allowed, 200),
        ("-FollowSymLinks", Allowed, 200),
        ("FollowSymLinks SymLinksIfOwnerMatch", Allowed, 200),
        ("Indexes FollowSymLinks", Denied, 403),
        ("All", Denied, 403),
        ("+Indexes", Denied, 403),
    ] {
        check(
            &format!("{denied}<Directory \"ROOT\">\nOptions {options}\n</Directory>"),
            &[("GET", "/a.txt", decision, status), ("GET", "/d/x.php", Denied, 403)],
        );
    }
    // What stands behind a file is not looked at.
    check(
        "<Directory \"ROOT/d/x*\">\nRequire all denied\n</Directory>",
        &[("GET", "/d/x.php", Denied, 403), ("GET", "/d/x.php/more", Allowed, 404)],
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
        &[("GET", "/d/sub/b.txt/x.php", Denied, 403), ("GET", "/x.php/b.txt", Allowed, 404)],
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
        &[
            ("GET", "/d/x.php", Denied, 403),
            ("HEAD", "/d/x.php", Denied, 403),
            ("POST", "/d/x.php", Allowed, 200),
        ],
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
        (
            "<RequireAll>\nRequire ip 10.0.0.0/8\nRequire ip 127.0.0.0/8\n</RequireAll>\n",
            Denied,
            403,
        ),
        (
            "<RequireAll>\nRequire all granted\nRequire not ip 127.0.0.1\n</RequireAll>\n",
            Denied,
            403,
        ),
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
        check(
            &format!("<Location /d>\n{inside}</Location>"),
            &[("GET", "/d/x.php", decision, status)],
        );
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
            &[("GET", "/d/x.php", decision(staff), staff), ("GET", "/p/a.txt", decision(bob), bob)],
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
        check(
            &format!("<Location /d>\n{inside}</Location>"),
            &[("GET", "/d/x.php", decision, status)],
        );
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
        check(
            &format!("<Location /d>\n{inside}</Location>"),
            &[("GET", "/d/x.php", decision, status)],
        );
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
    let none = "<Directory \"ROOT\">\nAllowOverride None\n</Directory>";
    check_htaccess(none, "d", deny, &[("GET", "/d/x.php", Allowed, 200)]);
    // Where nothing is said, the file is read, and may say nothing.
    check_htaccess("", "d", deny, &[("GET", "/d/x.php", Denied, 500)]);
    for (over, status) in [
        ("AllowOverride AuthConfig", 403),
        ("AllowOverride All", 403),
        ("AllowOverrideList Require", 403),
        ("AllowOverride Limit", 500),
        ("AllowOverride Limit Nonfatal=Override", 200),
        ("AllowOverride Limit Nonfatal=All", 200),
        ("AllowOverride Limit Nonfatal=Unknown", 500),
        ("AllowOverride Nonfatal=All AuthConfig", 403),
        ("AllowOverride Nonfatal=All None", 200),
        ("AllowOverride Nonfatal=Override All", 403),
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
fn what_htaccess_may_not_say_takes_back_what_is_not_merged() {
    let text = format!(
        "<Directory \"ROOT\">\nAllowOverride Indexes Nonfatal=Override\nDeny from all\n</Directory>\n\
         <Directory \"ROOT/p\">\n{USERS}Require valid-user\nOrder deny,allow\n</Directory>"
    );
    let cases = [("GET", "/d/x.php", Allowed, 200), ("GET", "/images/pic.txt", Denied, 403)];
    check_htaccess(&text, "d", "Order allow,deny\n", &cases);
    check_htaccess(&text, "d", "Require all denied\n", &[("GET", "/d/x.php", Denied, 403)]);
    check_htaccess(&text, "p", "AuthUserFile /x\n", &[("GET", "/p/a.txt", Denied, 401)]);
    check_htaccess(&text, "p", "AuthName x\n", &[("GET", "/p/a.txt", Denied, 401)]);
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
fn an_index_that_is_there_is_in_the_sections_of_its_directory() {
    let text = "<DirectoryMatch \"html$\">\nRequire all denied\n</DirectoryMatch>";
    check(text, &[("GET", "/d/", Allowed, 200), ("GET", "/d/index.html", Denied, 403)]);
    let text = "<DirectoryMatch \"/d/$\">\nRequire all denied\n</DirectoryMatch>";
    check(text, &[("GET", "/d/", Denied, 403), ("GET", "/d/index.html", Allowed, 200)]);
    // One that is not there is not.
    check(
        "DirectoryIndex none.html\n<DirectoryMatch \"html$\">\nRequire all denied\n\
         </DirectoryMatch>",
        &[("GET", "/d/", Denied, 403)],
    );
}

#[test]
fn an_index_is_asked_for_by_get_unless_its_directory_says_all() {
    let post = "<Limit GET>\nRequire all denied\n</Limit>\n";
    let cases = |status| {
        let decision = if status == 200 { Allowed } else { Denied };
        [("POST", "/d/", decision, status), ("GET", "/d/", Denied, 403)]
    };
    // Without mod_allowmethods, what was admitted by the same sections is not asked about anew.
    let directory = format!("<Directory \"ROOT/d\">\n{post}</Directory>\n");
    check(&directory, &cases(200));
    let location = format!("<Location /d>\n{post}</Location>\n");
    check(&location, &cases(200));
    check(&format!("{location}<Files index.html>\n</Files>\n"), &cases(403));
    // With it, only where no section is for a name or a path.
    let methods = "<Directory \"ROOT/p\">\nAllowMethods GET\n</Directory>\n";
    check(&format!("{directory}{methods}"), &cases(200));
    check(&format!("{location}{methods}"), &cases(403));
}

#[test]
fn containers_hold_something_positive() {
    for refused in [
        "<RequireAll>\nRequire not ip 10\n</RequireAll>",
        "<RequireAll>\n<RequireNone>\nRequire ip 10\n</RequireNone>\n</RequireAll>",
        "<RequireAny>\nRequire all granted\n<RequireAll>\nRequire not ip 10\n</RequireAll>\n\
         </RequireAny>",
    ] {
        let text = format!("<Location /d>\n{refused}\n</Location>");
        let found = Trial::read(&format!("{BASE}{text}"), &Vec::new());
        assert!(!found.findings.is_empty(), "{text}");
        assert_refused(&text);
    }
    // A part of one of its kind is nothing by itself.
    check(
        "<Location /d>\n<RequireAll>\nRequire ip 127\n<RequireAll>\nRequire not ip 127.0.0.2\n\
         </RequireAll>\n</RequireAll>\n</Location>",
        &[("GET", "/d/x.php", Allowed, 200)],
    );
    // Nobody asks `.htaccess` for it; it admits nobody.
    check_htaccess(
        "<Directory \"ROOT\">\nAllowOverride All\n</Directory>",
        "d",
        "<RequireAll>\nRequire not ip 10\n</RequireAll>\nRequire method POST\n",
        &[("GET", "/d/x.php", Denied, 403), ("POST", "/d/x.php", Allowed, 200)],
    );
}
