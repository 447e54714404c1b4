//! `seatrial access diff --kind nginx`, through the binary.

use std::fs;

use crate::run::{root, seatrial_in};

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
