use seatrial_parse::settings::{Dialect, read};

use super::*;
use crate::systems::facts;

/// The clashes of a text by names, with the documentation of a system or without.
fn clashes(system: System, text: &str, documented: bool) -> Vec<(String, String)> {
    let settings = read(text, Dialect::KeyValue).settings;
    let by_name = ByName::new(system, &settings);
    let facts: Vec<_> = facts::of(system).filter(|_| documented).into_iter().collect();
    let all = by_name.exceeding(&facts).into_iter().chain(by_name.without_effect(&facts));
    all.map(|clash| (clash.first.name.clone(), clash.second.name.clone())).collect()
}

#[test]
fn limits_are_compared_by_names_and_units() {
    for (text, clash) in [
        ("a.min=2\na.max=1\n", true),
        ("a.min=1\na.max=1\n", false),
        ("minSessionTimeout=20\nmaxSessionTimeout=10\n", true),
        ("x.minimum-mb=2\nx.maximum-mb=1\n", true),
        ("low.mark=0.9\nhigh.mark=0.8\n", true),
        ("a.min.size=1GB\na.max.size=900MB\n", true),
        ("a.min.size=1GB\na.max.size=2GB\n", false),
        ("a.min.time=2min\na.max.time=100s\n", true),
        // What is negative or zero switches a limit off; a plain number has no unit to compare.
        ("a.min=5\na.max=-1\n", false),
        ("a.min=5\na.max=0\n", false),
        ("a.min=-1\na.max=-5\n", false),
        ("a.min=5s\na.max=1\n", false),
        ("a.min=x\na.max=1\n", false),
        ("a.min=2\nb.max=1\n", false),
    ] {
        assert_eq!(clashes(System::Hdfs, text, false).len(), usize::from(clash), "{text}");
    }
}

#[test]
fn documented_limits_are_compared() {
    let text = "fs.trash.interval=10\nfs.trash.checkpoint.interval=20\n";
    assert_eq!(clashes(System::Hcommon, text, true).len(), 1);
    assert_eq!(clashes(System::Hcommon, text, false).len(), 0);
    let text = "dfs.heartbeat.interval=5s\ndfs.datanode.lifeline.interval.seconds=3\n";
    assert_eq!(clashes(System::Hdfs, text, true).len(), 1);
}

#[test]
fn what_is_switched_off_has_no_effect() {
    for (system, text, clash) in [
        (System::Redis, "tls-session-caching=no\ntls-session-cache-size=5\n", true),
        (System::Redis, "tls-session-caching=yes\ntls-session-cache-size=5\n", false),
        (System::Postgresql, "hot_standby=false\nhot_standby_feedback=on\n", true),
        (System::Postgresql, "hot_standby=true\nhot_standby_feedback=on\n", false),
        (System::Hbase, "hbase.security.authentication=simple\nhadoop.policy.file=x\n", true),
        (System::Hbase, "hbase.security.authentication=Kerberos\nhadoop.policy.file=x\n", false),
        (System::Hbase, "hbase.security.authentication=${x}\nhadoop.policy.file=x\n", false),
        (System::Hbase, "hadoop.policy.file=x\n", false),
    ] {
        assert_eq!(clashes(system, text, true).len(), usize::from(clash), "{system} {text}");
    }
}

#[test]
fn what_stands_below_a_switch_is_found_by_its_name() {
    for (text, clash) in [
        ("a.b.enabled=false\na.b.size=1\n", true),
        ("a.b.enabled=true\na.b.size=1\n", false),
        ("a.b=false\na.b.size=1\n", true),
        ("a.b.enabled=false\na.bc.size=1\n", false),
        // One word is too little to go by.
        ("a.enabled=false\na.size=1\n", false),
        ("a.b.enabled=no\na.b.size=1\n", false),
    ] {
        assert_eq!(clashes(System::Hdfs, text, false).len(), usize::from(clash), "{text}");
    }
}
