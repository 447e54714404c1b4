//! Web servers, through the binary: comparisons, questions, assertions and checks.

use std::fs;

use crate::comparing::problems;
use crate::run::{folder, root, seatrial_in};

#[test]
fn changes_of_nginx_are_listed_proved_away_unknown_or_refused() {
    let gallery = root().join("corpus/access/web/nginx");
    for (case, side, code, said) in [
        ("regex-steals-prefix", "bad", 1, "opened: *:80"),
        ("regex-steals-prefix", "good", 0, "equal: no request is decided differently"),
        ("look-around", "bad", 3, "look-around"),
        ("merge-slashes-off", "good", 3, "merge_slashes"),
    ] {
        let case = gallery.join(case);
        let run = seatrial_in(&case, &["access", "diff", "before", side, "--kind", "nginx"]);
        assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains(said), "{}", run.stdout);
    }
}

#[test]
fn changes_of_httpd_are_listed_proved_away_unknown_or_refused() {
    let gallery = root().join("corpus/access/web/httpd");
    for (case, side, code, said) in [
        ("granted-in-a-later-section", "bad", 1, "opened: *:80"),
        ("htaccess-overrides", "good", 0, "equal: no request is decided differently"),
        ("htaccess-overrides", "bad", 1, ".htaccess:1:"),
        ("look-around", "bad", 3, "look-around"),
    ] {
        let case = gallery.join(case);
        let run = seatrial_in(&case, &["access", "diff", "before", side, "--kind", "httpd"]);
        assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains(said), "{}", run.stdout);
    }
}

#[test]
fn files_of_httpd_are_included_and_what_it_refuses_is_an_error_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let main = "IncludeOptional sites/*.conf\nInclude /etc/apache2/more\n";
    for side in ["a", "b"] {
        write(&format!("{side}/apache2.conf"), main);
        write(&format!("{side}/more/x.conf"), "Listen 80\n");
        write(&format!("{side}/etc/groups"), "staff: ann\n");
    }
    write("a/sites/x.conf", "<Location />\nRequire all denied\n</Location>\n");
    write("b/sites/x.conf", "<Location />\nRequire local\n</Location>\n");
    write("c/httpd.conf", "Listen 80\n<Location />\n  Requir all denied\n</Location>\n");
    write("d/httpd.conf", "Include missing.conf\n");
    write("e/httpd.conf", "Include ../a/apache2.conf\n");
    write("f/httpd.conf", "<Location />\nListen 80\n");
    let diff = |old: &str, new: &str| {
        seatrial_in(folder.path(), &["access", "diff", old, new, "--kind", "httpd"])
    };
    let run = diff("a", "b");
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("a/sites/x.conf:2:"), "{}", run.stdout);
    assert_eq!(diff("a", "a").code, 0);
    for (side, message) in [
        ("c", "3:3: unknown directive `Requir`"),
        ("d", "no such file"),
        ("e", "it leaves the folder"),
        ("f", "`<Location>` is not closed"),
    ] {
        let run = diff("a", side);
        assert_eq!(run.code, 2, "{}", run.stdout);
        assert!(run.stderr.contains(message), "{}", run.stderr);
    }
}

#[test]
fn included_files_are_found_and_what_nginx_refuses_is_an_error_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("a/nginx.conf", "http { include /etc/nginx/sites/*.conf; }");
    write("a/sites/x.conf", "server { location / { deny all; } }");
    write("b/nginx.conf", "http { include sites/*.conf; }");
    write("b/sites/x.conf", "server { location / { } }");
    write("c/nginx.conf", "http {\n server {\n locaton / { }\n }\n}");
    write("d/nginx.conf", "http { include missing.conf; }");
    let diff = |old: &str, new: &str| {
        seatrial_in(folder.path(), &["access", "diff", old, new, "--kind", "nginx"])
    };
    let run = diff("a", "b");
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("a/sites/x.conf:1:"), "{}", run.stdout);
    assert_eq!(diff("a", "a").code, 0);
    for (side, message) in [("c", "3:2: unknown directive `locaton`"), ("d", "no such file")] {
        let run = diff("a", side);
        assert_eq!(run.code, 2, "{}", run.stdout);
        assert!(run.stderr.contains(message), "{}", run.stderr);
    }
}

const SERVER: &str = "\
events {}
http {
  include mime.types;
  server {
    listen 80;
    server_name shop.example;
    location /admin/ {
      allow 10.0.0.0/8;
      deny all;
    }
    location /users/ {
      auth_basic users;
      auth_basic_user_file /etc/nginx/users;
    }
    location ~ ^/(?!x)look { deny all; }
  }
}
";

#[test]
fn a_request_is_decided_by_what_is_said_of_it() {
    let plain = SERVER.replace("    location ~ ^/(?!x)look { deny all; }\n", "");
    let folder = folder(&[("nginx.conf", &plain), ("users", "ann:x\n"), ("a/nginx.conf", SERVER)]);
    let can = |arguments: &[&str]| {
        let all = [&["access", "can", "--web"], arguments].concat();
        seatrial_in(folder.path(), &all)
    };
    for (arguments, code) in [
        (&["GET", "http://shop.example/"][..], 0),
        (&["GET", "http://shop.example/admin/", "--from", "10.1.2.3"], 0),
        (&["GET", "http://shop.example/admin/", "--from", "192.0.2.1"], 1),
        (&["GET", "http://shop.example/admin/"], 3),
        (&["GET", "http://shop.example/admin/", "--exit-zero"], 0),
        (&["POST", "http://shop.example/users/x"], 1),
        (&["POST", "http://shop.example/users/x", "--user", "ann", "--kind", "nginx"], 0),
        (&["POST", "http://shop.example/users/x", "--user", "bob"], 1),
        (&["GET", "http://shop.example/x", "-f", "a"], 3),
        (&["GET", "http://shop.example:81/"], 1),
        (&["GET", "/admin/"], 2),
        (&["GET", "http://shop.example/", "-f", "missing"], 2),
        (&["GET", "http://shop.example/", "get", "pods"], 2),
    ] {
        let ran = can(arguments);
        assert_eq!(ran.code, code, "{arguments:?}\n{}{}", ran.stdout, ran.stderr);
    }
    insta::assert_snapshot!("can", can(&["GET", "http://shop.example/admin/x"]).stdout);
    let refused = can(&["GET", "http://shop.example/users/", "--output-format=json"]).json();
    assert_eq!(refused["summary"]["decision"], "denied");
    assert_eq!(refused["cases"][0]["status"], 401);
    assert_eq!(refused["cases"][0]["rules"][0]["location"]["line"], 12);
    let open = can(&["GET", "http://shop.example/admin/", "--output-format=json"]).json();
    for document in [refused, open] {
        assert_eq!(problems(&document), [""; 0], "{document}");
    }
}

const CLAIM: &str = "\
title: somebody outside of the office reaches the administration
no-visitor:
  but: [10.0.0.0/8]
  paths: [/admin]
";

/// Checks a folder `app` with what lies around it.
fn checked(files: &[(&str, &str)], more: &[&str]) -> crate::run::Ran {
    let folder = folder(files);
    let arguments = [&["check", "app", "--select=access", "--output-format=json"], more].concat();
    seatrial_in(folder.path(), &arguments)
}

#[test]
fn assertions_on_web_servers_are_proved_refuted_or_undecided() {
    let judge = |server: &str| {
        let files = [("app/nginx.conf", server), ("policies/access/office.yaml", CLAIM)];
        checked(&files, &["--invariants=policies", "--select=office"])
    };
    let admin = |location: &str| format!("http {{ server {{\n{location}\n}} }}");
    let guarded = "location /admin { allow 10.0.0.0/8; deny all; }";
    for (server, code, findings) in [
        (admin(guarded), 0, 0),
        (admin("location /admin/ { allow 10.0.0.0/8; deny all; }"), 1, 1),
        (admin(&format!("{guarded}\nlocation ~ ^/(?!x)a {{ }}")), 3, 0),
        (admin(&format!("{guarded}\ninclude /far/away.conf;")), 3, 0),
    ] {
        let ran = judge(&server);
        let office = ran.findings().iter().filter(|it| it.ends_with(" office")).count();
        assert_eq!((ran.code, office), (code, findings), "{server}{}{}", ran.stdout, ran.stderr);
    }
    let files = [
        ("app/nginx.conf", &*admin("location /admin/ { allow 10.0.0.0/8; deny all; }")),
        ("policies/access/office.yaml", CLAIM),
    ];
    let folder = folder(&files);
    let arguments =
        ["check", "app", "--select=access", "--invariants=policies", "--output-format=full"];
    insta::assert_snapshot!("assertion", seatrial_in(folder.path(), &arguments).stdout);
    for (old, new, message) in [
        ("paths", "path", "unknown key `path`; did you mean `paths`?"),
        ("/admin", "admin", "`admin`: expected `/PATH`"),
        ("10.0.0.0/8", "somebody", "`somebody`: expected `a user`"),
        ("10.0.0.0/8", "10.0.0.1/8", "`10.0.0.1/8`: the block is `10.0.0.0/8`"),
    ] {
        let claim = CLAIM.replace(old, new);
        let files = [("app/nginx.conf", SERVER), ("policies/access/office.yaml", &*claim)];
        let ran = checked(&files, &["--invariants=policies"]);
        assert!(ran.code == 2 && ran.stderr.contains(message), "{}", ran.stderr);
    }
}

#[test]
fn configurations_are_found_checked_and_accepted_with_a_reason() {
    let stealing = "http { server {
location /admin/ { deny all; }
location ~ \\.php$ { fastcgi_pass 127.0.0.1:9000; }
} }";
    let accepted = stealing.replace(
        "location ~",
        "# seatrial: ignore[nginx-location-steals-prefix] no php\nlocation ~",
    );
    let found = |files: &[(&str, &str)]| {
        let ran = checked(files, &["--fail-on=warning"]);
        (ran.code, ran.findings())
    };
    let steals = |path: &str| vec![format!("{path}:3:1 nginx-location-steals-prefix")];
    assert_eq!(found(&[("app/nginx.conf", stealing)]), (1, steals("app/nginx.conf")));
    assert_eq!(found(&[("app/nginx.conf", &accepted)]), (0, vec![]));
    let main = "http { include conf.d/*.conf; }";
    let site = stealing.strip_prefix("http { ").unwrap().strip_suffix(" }").unwrap();
    assert_eq!(
        found(&[("app/nginx.conf", main), ("app/conf.d/a.conf", site)]),
        (1, steals("app/conf.d/a.conf"))
    );
    assert_eq!(found(&[("app/proxy.conf", stealing)]), (0, vec![]));
    let settings = ("app/seatrial.yaml", "web: {nginx: [proxy.conf]}");
    assert_eq!(found(&[("app/proxy.conf", stealing), settings]), (1, steals("app/proxy.conf")));
    assert_eq!(found(&[("app/nginx.conf", "http { {{ .Values.x }} }")]), (0, vec![]));
    let broken = [("app/nginx.conf", "http { server {\n locaton / { } }")];
    let expected =
        ["app/nginx.conf:1:15 nginx-invalid", "app/nginx.conf:2:2 nginx-unknown-directive"];
    let (code, findings) = found(&broken);
    assert_eq!((code, findings.len()), (1, 2), "{findings:?} {expected:?}");
}

#[test]
fn a_change_of_a_web_server_is_compared_with_the_base() {
    let server = |rule: &str| format!("http {{ server {{\nlocation /a {{ {rule} }}\n}} }}");
    let (closed, open) = (server("deny all;"), server(""));
    let users = server("auth_basic x; auth_basic_user_file users;");
    let compared = |old: &str, new: &str, more: &[(&str, &str)]| {
        let files = [&[("app/nginx.conf", new), ("base/nginx.conf", old)], more].concat();
        let ran = checked(&files, &["--base=base"]);
        let undecided = ran.json()["undecided"].as_array().unwrap().len();
        let rules = ran.findings().into_iter().map(|it| it.split_once(' ').unwrap().1.to_owned());
        (ran.code, rules.collect::<Vec<_>>(), undecided)
    };
    let of = |code, rules: &[&str], undecided| {
        (code, rules.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>(), undecided)
    };
    assert_eq!(compared(&closed, &closed, &[]), of(0, &[], 0));
    assert_eq!(compared(&closed, &open, &[]), of(1, &["access-opened-sensitive"], 0));
    assert_eq!(compared(&open, &closed, &[]), of(0, &["access-closed"], 0));
    assert_eq!(compared(&closed, &users, &[]), of(0, &["access-opened"], 0));
    let of_users = [("app/users", "ann:x\nbob:x\n"), ("base/users", "ann:x\n")];
    assert_eq!(compared(&users, &users, &of_users), of(3, &[], 1));
    // One that cannot be read is not compared; all of one that is new is opened.
    let (code, _, undecided) = compared("http { locaton; }", &closed, &[]);
    assert_eq!((code, undecided), (3, 1));
    let new = checked(&[("app/nginx.conf", &*closed), ("base/a.yaml", "")], &["--base=base"]);
    assert_eq!(
        (new.code, new.findings()),
        (0, vec!["app/nginx.conf:1:1 access-opened".to_owned()])
    );
}
