use seatrial_core::Span;

use super::*;

fn setting(name: &str, value: &str) -> Setting {
    Setting {
        name: name.to_owned(),
        value: value.to_owned(),
        arguments: vec![value.to_owned()],
        name_span: Span::default(),
        value_span: Span::default(),
        is_final: false,
    }
}

fn expect(wanted: Wanted) -> Expectation {
    Expectation { wanted, source: Source::Documented, evidence: Vec::new() }
}

/// Checks values against an expectation: those that pass, and those that do not.
fn judge(system: System, name: &str, wanted: &Wanted, accepted: &[&str], rejected: &[&str]) {
    for value in accepted {
        let complaint = against(system, &setting(name, value), &expect(wanted.clone()));
        assert_eq!(complaint, None, "{system} {name} {value}");
    }
    for value in rejected {
        let complaint = against(system, &setting(name, value), &expect(wanted.clone()));
        assert!(complaint.is_some(), "{system} {name} {value}");
    }
}

#[test]
fn booleans_are_those_of_the_system() {
    use System::*;
    for (system, accepted, rejected) in [
        (Hdfs, &["true", "FALSE", "${x}", ""] as &[_], &["yes", "-1", "1", "maybe"] as &[_]),
        (Redis, &["yes", "no"], &["true", "-1"]),
        (Postgresql, &["on", "off", "true", "1"], &["-1", "enabled"]),
        (Django, &["True", "False", "env('X')", "DEBUG", "not DEBUG"], &["-1", "true"]),
        (Zookeeper, &["true"], &["-1"]),
    ] {
        let rejected: Vec<_> = rejected.to_vec();
        let accepted: Vec<_> = accepted.iter().filter(|v| **v != "not DEBUG").copied().collect();
        judge(system, "a.enabled", &Wanted::Boolean, &accepted, &rejected);
    }
    // Where nothing is documented, another system's words pass.
    let learned = Expectation { source: Source::Observed, ..expect(Wanted::Boolean) };
    assert_eq!(against(System::Hdfs, &setting("a", "yes"), &learned), None);
    assert!(against(System::Hdfs, &setting("a", "-1"), &learned).is_some());
}

#[test]
fn numbers_may_have_units_that_exist() {
    let accepted = [
        "0",
        "-1",
        "0.5",
        "1e6",
        "10sec",
        "2 days",
        "64MB",
        "16k",
        "80%",
        "1.0f",
        "none",
        "auto",
        "1500,0,0,0",
        "0 200 800",
        "normal 0 0 0",
        "60 * 60 * 24",
        "2147483647",
        "${x}",
    ];
    let rejected = ["ciri", "10nounit", "1O", "ten", "true", "3000000000", "-3000000000"];
    judge(System::Hdfs, "a.interval", &Wanted::Number, &accepted, &rejected);
    let unit = against(System::Redis, &setting("a", "64nounit"), &expect(Wanted::Number)).unwrap();
    assert!(unit.message.contains("no unit `nounit`"), "{}", unit.message);
    assert_eq!(unit.rule.id, rules::TYPE.id);
}

#[test]
fn a_wide_number_is_fine_where_it_is_a_size() {
    let wide = ["3000000000", "9223372036854775807", "10737418240", "4294967295"];
    judge(System::Hbase, "a.filesize", &Wanted::Number, &wide, &[]);
    judge(System::Hbase, "a.threads", &Wanted::Number, &wide[1..], &wide[..1]);
    let complaint =
        against(System::Hbase, &setting("a.threads", wide[0]), &expect(Wanted::Number)).unwrap();
    assert_eq!(complaint.rule.id, rules::RANGE.id);
}

#[test]
fn ports_end_at_65535() {
    let accepted = ["0", "65535", "localhost:80", "80,443", "none"];
    let rejected = ["-1", "65536", "hadoop", "80a", "localhost:70000", "host:x"];
    judge(System::Hdfs, "a.port", &Wanted::Port, &accepted, &rejected);
    // The user interfaces of HBase are switched off so.
    judge(System::Hbase, "hbase.master.info.port", &Wanted::Port, &["-1"], &["-2"]);
    judge(System::Hbase, "hbase.master.port", &Wanted::Port, &[], &["-1"]);
}

#[test]
fn permissions_are_octal() {
    let accepted = ["0644", "700", "1777", "rwxr-x---", "0o755", "u=rwx,g=rx", "22", "None"];
    judge(System::Hdfs, "a.perm", &Wanted::Permission, &accepted, &["888", "ciri", "0798", "99"]);
    // PostgreSQL reads 511 as 0777.
    let (accepted, rejected) = (["0777", "511", "388"], ["888", "777", "0888"]);
    judge(System::Postgresql, "log_file_mode", &Wanted::Permission, &accepted, &rejected);
    judge(System::Django, "A", &Wanted::Permission, &["0o644", "420", "840"], &["ciri", "9999"]);
}

#[test]
fn choices_are_closed_and_the_nearest_is_suggested() {
    let words = |words: &[&str]| Wanted::Choice(words.iter().map(|w| (*w).to_owned()).collect());
    let policy = words(&["HTTP_ONLY", "HTTPS_ONLY"]);
    judge(System::Hdfs, "a", &policy, &["HTTP_ONLY", "https_only"], &["uiuc", "HTTP"]);
    let open = words(&["simple", "@class", "@number"]);
    judge(System::Hdfs, "a", &open, &["org.example.Auth", "3.1"], &["complex"]);
    let engine = words(&["offheap", "file:"]);
    judge(System::Hbase, "a", &engine, &["offheap", "file:/mnt/a,b"], &["heap", "/mnt/a"]);
    judge(System::Postgresql, "a", &words(&["partition", "on"]), &["off", "partition"], &["x"]);
    let list = words(&["GET", "POST"]);
    judge(System::Yarn, "a", &list, &["GET,POST", "GET, POST"], &["GET,PUSH"]);
    let complaint = against(System::Hdfs, &setting("a", "HTTP_ONLI"), &expect(policy)).unwrap();
    assert_eq!(complaint.help.as_deref(), Some("did you mean `HTTP_ONLY`?"));
}

#[test]
fn constants_are_in_capitals() {
    judge(System::Alluxio, "a", &Wanted::Constant, &["OTHER", "1", "a.b"], &["uiuc"]);
}

#[test]
fn what_no_parameter_can_have_is_found() {
    for value in [
        "/tmp//x",
        "../a//b",
        "256.0.0.0",
        "xxx.0.0.0",
        "1.2.3.999:80",
        "file:/",
        "http:/host/x",
        "a, 300.1.1.1",
    ] {
        assert!(impossible(&setting("a.host", value)).is_some(), "{value}");
    }
    for value in [
        "/",
        "/tmp/x",
        "http://h//x",
        "file:///",
        "file:/tmp/x",
        "127.0.0.1",
        "0.0.0.0:0",
        "1.2.3",
        "4.1.0.Final",
        "${x}//y",
        "//",
        "^//.*$",
        "org.apache.hadoop.x",
        "::1",
        "",
        "hdfs://ns1/a",
        "10.0.0.0/8",
    ] {
        assert_eq!(impossible(&setting("a.host", value)), None, "{value}");
    }
    assert_eq!(impossible(&setting("a.version", "2.2.7.300")), None);
}

#[test]
fn calculations_are_numbers() {
    for (text, is) in
        [("60 * 60", true), ("(1+2)/3", true), ("60", false), ("a * b", false), ("--", false)]
    {
        assert_eq!(is_arithmetic(text), is, "{text}");
    }
}
