//! Bad input: a clear message, no panic, in bounded time.

use std::fs;

use crate::clusters::{harbour, node, pod};
use crate::run::{folder, seatrial_in};
use crate::verifying::{certified, verify};

#[test]
fn snapshots_that_make_no_sense_are_refused() {
    let alpha = node("alpha", "4");
    for (text, said) in [
        (node("alpha", "-4"), "-4"),
        (node("alpha", "4x"), "4x"),
        (node("alpha", "1e40"), "1e40"),
        (alpha.clone() + &pod("web", "-1", 0, ""), "-1"),
        (alpha.clone() + &pod("web", "one", 0, ""), "one"),
        (alpha.clone() + &pod("web", "9e18", 0, ""), "9e18"),
        (alpha.clone() + &alpha, "alpha"),
        (pod("web", "1", 0, "") + &pod("web", "1", 0, "") + &alpha, "web"),
        ("a: [".to_owned(), "a.yaml:1"),
        (pod("web", "1", 0, ""), "node"),
    ] {
        let folder = folder(&[("a.yaml", &text)]);
        let ran = seatrial_in(folder.path(), &["place", "a.yaml", "--time-limit=1s"]);
        assert_eq!(ran.code, 2, "{said}\n{}", ran.stdout);
        assert!(ran.stderr.contains(said), "{said}\n{}", ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    }
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    let folder = folder(&[("a.yaml", &harbour())]);
    for (arguments, said) in [
        (&["missing.yaml"][..], "missing.yaml"),
        (&["a.yaml", "--fragments=cpu"], "RESOURCE:UNIT"),
        (&["a.yaml", "--fragments=cpu:0"], "not a positive number"),
        (&["a.yaml", "--fragments=example.com/gpu:1"], "example.com/gpu"),
        (&["a.yaml", "--opb=o.opb", "--tier=3"], "no pod has the priority 3"),
        (&["a.yaml", "--pbp=o.pbp"], "--opb"),
        (&[], "SNAPSHOT"),
    ] {
        let all = [&["place", "--time-limit=1s"], arguments].concat();
        let ran = seatrial_in(folder.path(), &all);
        assert_eq!(ran.code, 2, "{arguments:?}\n{}", ran.stdout);
        assert!(ran.stderr.contains(said), "{said}\n{}", ran.stderr);
    }
}

#[test]
fn hostile_certificates_are_refused() {
    let folder = certified();
    let path = folder.path().join("c.json");
    let good = fs::read_to_string(&path).unwrap();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (text, code, said) in [
        (good[..good.len() / 2].to_owned(), 2, "the certificate cannot be read"),
        (String::new(), 2, "the certificate cannot be read"),
        (good.replace("\"plan\":[", &format!("\"plan\":[{deep},")), 2, "cannot be read"),
        (good.replace("\"version\":1", "\"version\":2"), 2, "version 2"),
        (good.replace("\"plan\":", "\"more\":1,\"plan\":"), 2, "more"),
        (good.replace("\"bind\":[", "\"bind\":[4000000000,"), 2, "cannot be read"),
        (good.replace("\"evict\":0", "\"evict\":4000000000"), 1, "does not exist"),
        (good.replacen("\"placed\":1", "\"placed\":18446744073709551615", 1), 1, "rejected"),
        (good.replacen("\"placed\":1", "\"placed\":2", 1), 1, "rejected"),
        (good.replacen("\"placed\":1", "\"placed\":99999999999999999999", 1), 2, "cannot be read"),
    ] {
        assert_ne!(text, good, "{said}");
        fs::write(&path, text).unwrap();
        let ran = verify(folder.path(), &[]);
        assert_eq!(ran.code, code, "{said}\n{}{}", ran.stdout, ran.stderr);
        let all = ran.stdout + &ran.stderr;
        assert!(all.contains(said), "{said}\n{all}");
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(verify(folder.path(), &[]).code, 2);
}
