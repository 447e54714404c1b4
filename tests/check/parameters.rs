//! Parameters of systems other than Kubernetes: `seatrial check --system`, files told by their
//! names, and `seatrial eval ciri`.

use crate::run::{Ran, folder, seatrial_in};

/// A Hadoop configuration with these properties, one a line from the second on.
fn hadoop(properties: &[(&str, &str)]) -> String {
    let line = |(name, value): &(&str, &str)| {
        format!("<property><name>{name}</name><value>{value}</value></property>\n")
    };
    format!(
        "<configuration>\n{}</configuration>\n",
        properties.iter().map(line).collect::<String>()
    )
}

/// The findings in one file, as `line rule severity`.
fn findings(name: &str, text: &str, arguments: &[&str]) -> Vec<String> {
    let folder = folder(&[(name, text)]);
    let all: Vec<_> = ["check", "--no-config", "--output-format=json"]
        .iter()
        .chain(arguments)
        .copied()
        .chain([name])
        .collect();
    let ran = seatrial_in(folder.path(), &all);
    let report = ran.json();
    let of = |finding: &serde_json::Value| {
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        format!("{} {} {}", finding["location"]["line"], text("rule"), text("severity"))
    };
    report["findings"].as_array().unwrap().iter().map(of).collect()
}

/// Checks a faulty file for its findings, and its working twin for none.
fn judge(name: &str, faulty: &str, expected: &[&str], clean: &str) {
    assert_eq!(findings(name, faulty, &[]), expected, "{name}");
    assert_eq!(findings(name, clean, &[]), [""; 0], "{name}");
}

#[test]
fn the_hadoop_family_has_its_faults_found_and_its_working_twin_passed() {
    let hdfs = |threads: &str, policy: &str| {
        hadoop(&[("dfs.namenode.handler.count", threads), ("dfs.http.policy", policy)])
    };
    let hbase = |min: &str, port: &str| {
        hadoop(&[
            ("hbase.hstore.compaction.min", min),
            ("hbase.hstore.compaction.max", "10"),
            ("hbase.master.port", port),
        ])
    };
    for (name, faulty, expected, clean) in [
        (
            "hdfs-site.xml",
            hdfs("many", "HTTPS"),
            vec!["2 parameter-type error", "3 parameter-choice error"],
            hdfs("10", "HTTPS_ONLY"),
        ),
        (
            "hbase-site.xml",
            hbase("12", "-1"),
            vec!["2 parameter-order warning", "4 parameter-range warning"],
            hbase("3", "16000"),
        ),
        (
            "core-site.xml",
            hadoop(&[("fs.defaultFS", "file:/"), ("hadoop.tmp.dir", "/tmp//x")]),
            vec!["2 impossible-value warning", "3 impossible-value warning"],
            hadoop(&[("fs.defaultFS", "hdfs://ns1"), ("hadoop.tmp.dir", "/tmp/x")]),
        ),
        (
            "yarn-site.xml",
            hadoop(&[("yarn.resourcemanager.zk-timeout-ms", "1"), ("yarn.acl.enabel", "true")]),
            vec!["2 removed-parameter warning", "3 unknown-parameter warning"],
            hadoop(&[("yarn.acl.enable", "true")]),
        ),
    ] {
        judge(name, &faulty, &expected, &clean);
    }
}

#[test]
fn other_systems_have_their_faults_found_and_their_working_twins_passed() {
    for (name, faulty, expected, clean) in [
        (
            "zoo.cfg",
            "tickTime=3000000000\nclientPort=70000\nclientPortAddress=256.0.0.1\n".to_owned(),
            vec![
                "1 parameter-range warning",
                "2 parameter-range warning",
                "3 impossible-value warning",
            ],
            "tickTime=2000\nclientPort=2181\nserver.1=a:2888:3888\n".to_owned(),
        ),
        (
            "redis.conf",
            "port 6379\nprotected-mode true\ntls-session-caching no\ntls-session-cache-size 5\n"
                .to_owned(),
            vec!["2 parameter-type error", "3 parameter-without-effect warning"],
            "port 6379\nprotected-mode yes\nsave 900 1\nsave 300 10\n".to_owned(),
        ),
        (
            "postgresql.conf",
            "authentication_timeout = 1moment\nwal_level = full # x\nlog_file_mode = 0888\n"
                .to_owned(),
            vec!["1 parameter-type error", "2 parameter-choice error", "3 parameter-range warning"],
            "authentication_timeout = 1min\nwal_level = replica # x\nlog_file_mode = 0640\n"
                .to_owned(),
        ),
        (
            "etcd.conf.yml",
            "client-cert-auth: false\ntrusted-ca-file: /ca\nca-file: /x\n".to_owned(),
            vec!["1 parameter-without-effect warning", "3 removed-parameter warning"],
            "client-cert-auth: true\ntrusted-ca-file: /ca\nlog-outputs: [stderr]\n".to_owned(),
        ),
        (
            "alluxio-site.properties",
            "alluxio.debug=-1\nalluxio.worker.data.folder.permissions=rwxrwx\n".to_owned(),
            vec!["1 parameter-type error", "2 parameter-type error"],
            "alluxio.debug=false\nalluxio.worker.data.folder.permissions=rwxrwx---\n".to_owned(),
        ),
    ] {
        judge(name, &faulty, &expected, &clean);
    }
}

#[test]
fn a_settings_module_is_named_by_its_system() {
    let text = "import os\nDEBUG = -1\nFILE_CHARSET = 'utf-8'\nSECRET_KEY = os.environ['KEY']\nHOSTS_OF_MINE = []\n";
    assert_eq!(
        findings("settings.py", text, &["--system=django"]),
        [
            "1 skipped-configuration note",
            "2 parameter-type error",
            "3 removed-parameter warning",
            "5 unknown-parameter warning"
        ]
    );
    // The system named by the user counts for the files named by the user.
    let text = hadoop(&[("dfs.replication", "three")]);
    assert_eq!(findings("core-site.xml", &text, &["--system=hdfs"]), ["2 parameter-type error"]);
}

#[test]
fn what_cannot_be_read_is_reported_and_the_rest_is_checked() {
    for (name, text, expected) in [
        (
            "zoo.cfg",
            "=1\nclientPort=x\n",
            vec!["1 invalid-configuration error", "2 parameter-type error"],
        ),
        ("zoo.cfg", "tickTime=1\ntickTime=2\n", vec!["2 repeated-parameter warning"]),
        (
            "redis.conf",
            "port \"6379\nhz x\n",
            vec!["1 invalid-configuration error", "2 parameter-type error"],
        ),
        ("etcd.conf.yml", "name: [\n", vec!["2 invalid-configuration error"]),
        ("hdfs-site.xml", "", vec!["1 invalid-configuration error"]),
        (
            "hdfs-site.xml",
            "<!DOCTYPE x [<!ENTITY e SYSTEM \"/etc/passwd\">]>\n<configuration><property><name>a.b</name><value>&e;</value></property>\n</configuration>\n",
            vec![
                "1 skipped-configuration note",
                "2 unknown-parameter warning",
                "2 invalid-configuration error",
            ],
        ),
    ] {
        let mut found = findings(name, text, &[]);
        let mut expected = expected;
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected, "{name} {text:?}");
    }
    let folder = folder(&[("zoo.cfg", "tickTime=1\n")]);
    let ran = seatrial_in(folder.path(), &["check", "--system=mongodb", "zoo.cfg"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("zookeeper"), "{}", ran.stderr);
}

#[test]
fn settings_choose_rules_and_severities() {
    let text = "tickTime=x\nmaxSession=1\n";
    assert_eq!(findings("zoo.cfg", text, &["--ignore=parameter"]), [""; 0]);
    assert_eq!(
        findings("zoo.cfg", text, &["--select=unknown-parameter"]),
        ["2 unknown-parameter warning"]
    );
}

#[test]
fn findings_are_accepted_where_they_stand() {
    let property = "<property><name>dfs.replication</name>\n<value>three</value></property>\n";
    let xml = |comment: &str| format!("<configuration>\n{comment}\n{property}</configuration>\n");
    for (name, text, expected) in [
        ("hdfs-site.xml", xml("<!-- seatrial: ignore[parameter-type] a placeholder -->"), vec![]),
        (
            "hdfs-site.xml",
            xml("<!-- seatrial: ignore[parameter-type] -->"),
            vec!["2 invalid-suppression error", "4 parameter-type error"],
        ),
        (
            "zoo.cfg",
            "# seatrial: ignore[parameter-type] a placeholder\n\ntickTime=x\nclientPort=y\n"
                .to_owned(),
            vec!["4 parameter-type error"],
        ),
        (
            "redis.conf",
            "port 6379 # seatrial: ignore[parameter-type] no comment here\n".to_owned(),
            vec!["1 parameter-type error"],
        ),
        (
            "postgresql.conf",
            "wal_level = full # seatrial: ignore[parameter-choice] set later\n".to_owned(),
            vec![],
        ),
        (
            "postgresql.conf",
            "wal_level = replica # seatrial: ignore[parameter-choice] set later\n".to_owned(),
            vec!["1 unused-suppression warning"],
        ),
        (
            "etcd.conf.yml",
            "# seatrial: ignore[parameter-type] a placeholder\nheartbeat-interval: x\n".to_owned(),
            vec![],
        ),
        (
            "zoo.cfg",
            "# seatrial: ignore[invalid-configuration] an old line\n=1\ntickTime=2000\n".to_owned(),
            vec![],
        ),
    ] {
        assert_eq!(findings(name, &text, &[]), expected, "{name} {text:?}");
    }
}

#[test]
fn what_a_file_includes_is_named() {
    for (name, text) in [
        ("redis.conf", "include /etc/redis/local.conf\nport 6379\n".to_owned()),
        ("postgresql.conf", "include_if_exists 'local.conf'\n".to_owned()),
        (
            "hdfs-site.xml",
            "<configuration><xi:include href=\"local.xml\"/></configuration>\n".to_owned(),
        ),
    ] {
        assert_eq!(findings(name, &text, &[]), ["1 skipped-configuration note"], "{name}");
    }
}

/// A directory with a configuration of three systems and a manifest.
fn shown(arguments: &[&str]) -> Ran {
    let core = hadoop(&[
        ("hadoop.security.group.mapping.ldap.read.timeout.ms", "slow"),
        ("fs.trash.interval", "10"),
        ("fs.trash.checkpoint.interval", "20"),
        ("hadoop.tmp.dri", "/tmp/x"),
    ]);
    let folder = folder(&[
        ("a/core-site.xml", &core),
        ("b/zoo.cfg", "clientPort=hadoop\nmySize=1x\n"),
        ("c/redis.conf", "tls-session-caching no\ntls-session-cache-size 5\n"),
        ("d/app.yaml", crate::run::CLEAN),
    ]);
    let all: Vec<_> = ["check", "--no-config"].iter().chain(arguments).copied().collect();
    seatrial_in(folder.path(), &all)
}

#[test]
fn findings_name_their_evidence() {
    let ran = shown(&["--output-format=full", "."]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!("parameters_full", ran.stdout);
    insta::assert_snapshot!("parameters_concise", shown(&["--output-format=concise", "."]).stdout);
}

#[test]
fn threads_and_the_order_of_files_change_nothing() {
    let one = shown(&["--threads=1", "--output-format=json", "a", "b", "c", "d"]).stdout;
    for arguments in [["--threads=8", "a", "b", "c", "d"], ["--threads=3", "d", "c", "b", "a"]] {
        let all: Vec<_> = ["--output-format=json"].iter().chain(&arguments).copied().collect();
        assert_eq!(shown(&all).stdout, one);
    }
    for format in ["sarif", "junit", "github", "gitlab"] {
        let ran = shown(&[&format!("--output-format={format}"), "."]);
        assert!(ran.stdout.contains("clientPort"), "{format}: {}", ran.stdout);
    }
}

fn labelled(text: &str, parameter: &str, reason: &str) -> String {
    let parameters = if parameter.is_empty() { String::new() } else { format!("{parameter:?}") };
    format!(
        "{text}\nQuestion: x\n\nAnswer:\n{{\"hasError\": {}, \"errParameter\": [{parameters}], \"reason\": [{reason:?}]}}\n",
        !parameter.is_empty()
    )
}

#[test]
fn labelled_files_are_scored_in_three_modes() {
    let fault = labelled("port=-1\nhz=10\n", "port", "out of the valid range of a port number");
    let renamed = labelled("slave-priority=1\n", "slave-priority", "was removed");
    let correct = labelled("timeout=1\nhz=20\n", "", "");
    let folder = folder(&[
        ("redis/Misconfig/1_range", &fault),
        ("redis/Misconfig/2_version", &renamed),
        ("redis/ValidConfig/1", &correct),
        ("redis/ValidConfig/2", &correct),
    ]);
    let ran =
        seatrial_in(folder.path(), &["eval", "ciri", "--data=.", "--leave-one-out", "--details"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    insta::assert_snapshot!("eval_ciri", ran.stdout);
    let ran = seatrial_in(folder.path(), &["eval", "ciri", "--data=.", "--learn=learned.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let learned = std::fs::read_to_string(folder.path().join("learned.toml")).unwrap();
    assert!(learned.contains("samples = 2") && learned.contains("timeout"), "{learned}");
}

#[test]
fn what_cannot_be_scored_is_named() {
    let empty = folder(&[("x/y", "")]);
    let ran = seatrial_in(empty.path(), &["eval", "ciri", "--data=."]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no labelled configurations"), "{}", ran.stderr);
    let unlabelled = folder(&[("redis/ValidConfig/1", "port=1\n")]);
    let ran = seatrial_in(unlabelled.path(), &["eval", "ciri", "--data=."]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("`redis/ValidConfig/1` has no label"), "{}", ran.stderr);
}
