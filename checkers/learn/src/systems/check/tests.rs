use std::sync::Arc;

use seatrial_parse::settings::{Dialect, read};

use super::*;

fn alarms(knowledge: &Knowledge<'_>, text: &str) -> Vec<Alarm> {
    let file = SourceFile::new("x.conf", text);
    knowledge.check(&file, &read(text, Dialect::KeyValue))
}

fn rules_of(alarms: &[Alarm]) -> Vec<(String, Severity, u32)> {
    let of = |alarm: &Alarm| {
        let finding = &alarm.finding;
        (finding.rule.to_string(), finding.severity, finding.location.line)
    };
    alarms.iter().map(of).collect()
}

#[test]
fn each_source_is_named_and_decides_on_the_severity() {
    let nothing = Learned::default();
    let text = "dfs.namenode.top.enabled=-1\ndfs.made.up.interval=soon\ndfs.replication=3\n";
    let by_names = alarms(&Knowledge::learned(System::Hdfs, &nothing), text);
    assert_eq!(
        rules_of(&by_names),
        [
            ("parameter-type".to_owned(), Severity::Warning, 1),
            ("parameter-type".to_owned(), Severity::Warning, 2)
        ]
    );
    assert!(by_names[0].finding.evidence[0].contains("in any system"));
    let documented = alarms(&Knowledge::learned(System::Hdfs, &nothing).with_facts(), text);
    assert_eq!(documented[0].finding.severity, Severity::Error);
    assert!(documented[0].finding.evidence[0].contains("HDFS 3.3.0"));
    let with_names = alarms(&Knowledge::learned(System::Hdfs, &nothing).with_names(), text);
    assert_eq!(with_names[1].finding.rule, "unknown-parameter");
}

#[test]
fn a_misspelt_name_is_corrected_and_a_renamed_one_replaced() {
    let nothing = Learned::default();
    let knowledge = Knowledge::learned(System::Hdfs, &nothing).with_names();
    let text =
        "dfs.replicatoin=3\ndfs.block.size=1\nfs.defaultFS=hdfs://ns1\ndfs.ha.namenodes.ns1=a\n";
    let alarms = alarms(&knowledge, text);
    let fixes: Vec<_> =
        alarms.iter().filter_map(|a| Some(a.finding.fix.clone()?.description)).collect();
    assert_eq!(fixes, ["did you mean `dfs.replication`?", "use `dfs.blocksize`"]);
    assert_eq!(alarms.len(), 2);
}

#[test]
fn one_parameter_is_reported_once() {
    let nothing = Learned::default();
    let knowledge = Knowledge::learned(System::Hcommon, &nothing).with_facts();
    let text = "fs.trash.interval=ciri\nfs.trash.checkpoint.interval=20\n";
    assert_eq!(alarms(&knowledge, text).len(), 1);
    let text = "fs.trash.interval=10\nfs.trash.checkpoint.interval=20\n";
    let found = alarms(&knowledge, text);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].parameters, ["fs.trash.checkpoint.interval", "fs.trash.interval"]);
    assert_eq!(found[0].finding.related.len(), 1);
}

#[test]
fn what_a_working_configuration_has_is_not_reported() {
    let text = "hbase.security.authentication=simple\nhadoop.policy.file=x\nodd.size=word\n";
    let settings = read(text, Dialect::KeyValue);
    let sample =
        Sample { system: System::Hbase, file: Arc::new(SourceFile::new("a", text)), settings };
    let nothing = Learned::default();
    assert_eq!(alarms(&Knowledge::learned(System::Hbase, &nothing).with_facts(), text).len(), 2);
    let learned = learn(&[sample]);
    assert_eq!(alarms(&Knowledge::learned(System::Hbase, &learned).with_facts(), text).len(), 0);
}

#[test]
fn values_of_several_kinds_say_nothing() {
    let sample = |place: &str, value: &str| Sample {
        system: System::Redis,
        file: Arc::new(SourceFile::new(place, format!("odd={value}\n"))),
        settings: read(&format!("odd={value}\n"), Dialect::KeyValue),
    };
    let learned = learn(&[sample("a", "1"), sample("b", "2")]);
    let knowledge = Knowledge::learned(System::Redis, &learned);
    let found = alarms(&knowledge, "odd=word\n");
    assert!(found[0].finding.evidence[0].contains("2 of 2 working configurations"));
    let learned = learn(&[sample("a", "1"), sample("b", "word")]);
    assert!(alarms(&Knowledge::learned(System::Redis, &learned), "odd=word\n").is_empty());
}

#[test]
fn names_with_a_port_are_those_of_the_documentation() {
    let nothing = Learned::default();
    let knowledge = Knowledge::learned(System::Hcommon, &nothing).with_names();
    let found = alarms(&knowledge, "ipc.8020.backoff.enable=5\nipc.8020.callqueue.impl=a.B\n");
    assert_eq!(rules_of(&found), [("parameter-type".to_owned(), Severity::Error, 1)]);
}
