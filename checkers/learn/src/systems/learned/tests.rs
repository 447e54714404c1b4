use seatrial_parse::settings::{Dialect, read};

use super::*;

fn sample(system: System, place: &str, text: &str) -> Sample {
    let file = Arc::new(SourceFile::new(place, text));
    Sample { system, file, settings: read(text, Dialect::KeyValue) }
}

fn corpus() -> Vec<Sample> {
    let mut samples = Vec::new();
    for (at, system) in [System::Hdfs, System::Yarn, System::Redis].into_iter().enumerate() {
        for file in 0..4 {
            let text = format!(
                "a{at}{file}.cache.enabled=true\nb{at}{file}.poll.interval={file}s\nc{at}{file}.name=x{file}\nmode=0{file}44\nshape=SOME_{file}\n"
            );
            samples.push(sample(system, &format!("{system}/{file}"), &text));
        }
    }
    samples
}

#[test]
fn endings_on_which_systems_agree_become_rules() {
    let learned = Learned::of(&corpus());
    let rule = |name: &str| {
        learned
            .ending(name)
            .map(|(end, rule)| (end, rule.is.as_str(), rule.holds, rule.of, rule.systems))
    };
    assert_eq!(rule("x.cache.enabled"), Some(("cache enabled".to_owned(), "boolean", 12, 12, 3)));
    assert_eq!(rule("x.enabled"), Some(("enabled".to_owned(), "boolean", 12, 12, 3)));
    assert_eq!(rule("x.interval").map(|r| r.1), Some("number"));
    // Texts say nothing, and three parameters are too few.
    assert_eq!(rule("x.name"), None);
    assert_eq!(rule("mode"), None);
    let seen = learned.seen(System::Hdfs, "mode").unwrap();
    assert_eq!((seen.is.as_str(), seen.holds, seen.of), ("permission", 4, 4));
    assert_eq!(learned.seen(System::Hdfs, "shape").unwrap().is, "constant");
    assert_eq!(learned.seen(System::Etcd, "mode"), None);
}

#[test]
fn endings_that_disagree_or_come_from_one_system_are_no_rules() {
    let mixed = |file: usize| if file.is_multiple_of(2) { "1" } else { "true" };
    let one: Vec<_> =
        (0..9).map(|f| sample(System::Hdfs, &format!("{f}"), &format!("p{f}.x=1\n"))).collect();
    assert_eq!(Learned::of(&one).ending("a.x"), None);
    let two: Vec<_> = (0..12)
        .map(|f| {
            let system = if f < 6 { System::Hdfs } else { System::Yarn };
            sample(system, &format!("{f}"), &format!("p{f}.x={}\n", mixed(f)))
        })
        .collect();
    assert_eq!(Learned::of(&two).ending("a.x"), None);
}

#[test]
fn the_order_of_files_does_not_matter() {
    let forward = corpus();
    let backward: Vec<_> = forward.iter().rev().cloned().collect();
    let text = |samples: &[Sample]| Learned::of(samples).to_toml("x").unwrap();
    assert_eq!(text(&forward), text(&backward));
}

#[test]
fn one_more_file_changes_only_what_it_touches() {
    let mut samples = corpus();
    let before = Learned::of(&samples);
    samples.push(sample(System::Etcd, "etcd/0", "z.quota=5\n"));
    let after = Learned::of(&samples);
    assert_eq!(before.endings, after.endings);
    assert_eq!(before.parameters.get("hdfs"), after.parameters.get("hdfs"));
}

#[test]
fn what_is_learned_reads_back() {
    let mut learned = Learned::of(&corpus());
    learned.tolerate(System::Hdfs, ("a".to_owned(), "b".to_owned()));
    let text = learned.to_toml("one\ntwo").unwrap();
    assert!(text.starts_with("# one\n# two\n"), "{text}");
    assert_eq!(from_toml(&text).unwrap(), learned);
    assert!(
        learned.tolerates(System::Hdfs, "a", "b") && !learned.tolerates(System::Hdfs, "b", "a")
    );
    assert!(from_toml("samples = \"x\"").is_err());
    assert!(from_toml("[unknown]").is_err());
}

#[test]
fn what_is_shipped_is_read_and_says_something() {
    let shipped = from_toml(SHIPPED_TEXT).unwrap();
    assert!(shipped.samples > 100 && shipped.endings.len() > 10);
    for (end, rule) in &shipped.endings {
        assert!(Wanted::named(&rule.is).is_some(), "{end}");
        assert!(wilson_lower(rule.holds, rule.of, Z_95) >= LEAST_SHARE, "{end}");
    }
}

/// Numbers below a bound, the same on every run: a linear congruential generator.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// A corpus of 40 parameters in two systems whose names end in `enabled`; this share in percent
/// are no booleans.
fn planted(random: &mut Random, noise: u64) -> Vec<Sample> {
    let file = |at: u64, random: &mut Random| {
        let value = if random.below(100) < noise { "7" } else { "true" };
        let system = if at.is_multiple_of(2) { System::Hdfs } else { System::Redis };
        sample(system, &format!("{at}"), &format!("p{at}.enabled={value}\n"))
    };
    (0..40).map(|at| file(at, random)).collect()
}

#[test]
fn a_planted_ending_is_found_through_some_noise_and_not_through_much() {
    let mut random = Random(1);
    let mut found = |noise: u64| {
        let corpora = (0..100).map(|_| Learned::of(&planted(&mut random, noise)));
        corpora.filter(|learned| learned.ending("x.enabled").is_some()).count()
    };
    assert_eq!(found(0), 100);
    assert!(found(5) >= 98, "5 % noise");
    assert!(found(60) == 0, "60 % noise");
}

#[test]
fn corpora_without_a_rule_yield_hardly_any() {
    let mut random = Random(2);
    let (mut rules, mut endings) = (0, 0);
    for _ in 0..1000 {
        let mut samples = Vec::new();
        for at in 0..24 {
            let value = ["true", "7", "word here"][usize::try_from(random.below(3)).unwrap()];
            let system = if at % 2 == 0 { System::Hdfs } else { System::Redis };
            let text = format!("p{at}.end{}={value}\n", at / 8);
            samples.push(sample(system, &format!("{at}"), &text));
        }
        rules += Learned::of(&samples).endings.len();
        endings += 3;
    }
    // Eight parameters of a random kind agree once in a thousand times.
    assert!(rules * 100 <= endings, "{rules} rules of {endings} endings");
}
