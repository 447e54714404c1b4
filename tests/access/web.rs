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
