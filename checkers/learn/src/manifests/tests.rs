//! Planted rules are found at several rates of noise, and nothing is found where there is nothing.

#![allow(
    clippy::cast_possible_truncation,
    clippy::format_push_string,
    clippy::needless_for_each,
    clippy::too_many_lines,
    reason = "small numbers and short texts of tests"
)]

use std::sync::Arc;

use seatrial_core::SourceFile;
use seatrial_manifests::Object;

use super::*;

/// Numbers that look random and are the same everywhere (`SplitMix64`).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        super::corpus::mix(self.0, 17) % n
    }

    fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn word(&mut self) -> String {
        (0..7).map(|_| char::from(b'a' + u8::try_from(self.below(26)).unwrap())).collect()
    }
}

fn objects(path: &str, text: &str) -> Vec<Object> {
    let manifest = seatrial_manifests::read(Arc::new(SourceFile::new(path, text)));
    assert!(manifest.unreadable.is_empty(), "{text}");
    manifest.objects
}

fn thing(name: &str, spec: &str) -> String {
    format!("apiVersion: x.example/v1\nkind: Thing\nmetadata: {{name: {name}}}\nspec:\n{spec}")
}

/// 120 objects of 12 sources.
fn corpus(spec: impl Fn(usize, &mut Random) -> String) -> Corpus {
    let mut random = Random(7);
    let mut corpus = Corpus::default();
    for at in 0..120 {
        let source = format!("team/app{}", at % 12);
        let name = random.word();
        let text = thing(&name, &spec(at, &mut random));
        for object in objects(&format!("{source}/{at}.yaml"), &text) {
            corpus.add(&object, &source, "team");
        }
    }
    corpus
}

fn learned(corpus: &mut Corpus) -> Vec<Rule> {
    learn(corpus, &Settings::default(), &|_| false).rules
}

fn has(rules: &[Rule], template: &str, operands: &[&str]) -> bool {
    rules.iter().any(|rule| {
        let (name, found) = rule.template.slot();
        name == template && found.iter().take(operands.len()).eq(operands)
    })
}

type Spec = fn(bool, &mut Random) -> String;

/// Each template: its name and operands, and a specification that keeps the rule or breaks it.
fn planted() -> Vec<(&'static str, &'static [&'static str], Spec)> {
    vec![
        ("type", &["spec.a"], |keeps, r| {
            let value = if keeps { r.below(90).to_string() } else { format!("[{}]", r.word()) };
            format!("  a: {value}\n  u: {}\n", r.word())
        }),
        ("values", &["spec.a"], |keeps, r| {
            let value = if keeps {
                ["Always", "Never", "Maybe"][r.below(3) as usize].to_owned()
            } else {
                r.word()
            };
            format!("  a: {value}\n  u: {}\n", r.word())
        }),
        ("range", &["spec.a"], |keeps, r| {
            let value = if keeps {
                5_000 + r.below(4_000)
            } else {
                10_u64.pow(7 + u32::try_from(r.below(9)).unwrap())
            };
            format!("  a: {value}\n  u: {}\n", r.word())
        }),
        ("shape", &["spec.a"], |keeps, r| {
            let value = if keeps {
                format!("'{}:{}'", r.word(), r.below(99))
            } else {
                format!("'{}/{}.{}!'", r.below(9), r.word(), r.word())
            };
            format!("  a: {value}\n  u: {}\n", r.word())
        }),
        ("required", &["spec.a"], |keeps, r| {
            let a = if keeps { format!("  a: {}\n", r.word()) } else { String::new() };
            format!("{a}  u: {}\n", r.word())
        }),
        ("implies", &["spec.a", "\0", "spec.b"], |keeps, r| {
            let both = r.percent(50);
            let a = if both { format!("  a: {}\n", r.word()) } else { String::new() };
            let b = if both && keeps { format!("  b: {}\n", r.word()) } else { String::new() };
            format!("{a}{b}  u: {}\n", r.word())
        }),
        ("excludes", &["spec.a", "spec.b"], |keeps, r| {
            let one = r.percent(50);
            let a = if one || !keeps { format!("  a: {}\n", r.word()) } else { String::new() };
            let b = if !one || !keeps { format!("  b: {}\n", r.word()) } else { String::new() };
            format!("{a}{b}  u: {}\n", r.word())
        }),
        ("equal", &["spec.a", "spec.b"], |keeps, r| {
            let a = r.word();
            let b = if keeps { a.clone() } else { r.word() };
            format!("  a: {a}\n  b: {b}\n  u: {}\n", r.word())
        }),
        ("refers", &["ref", "Thing.x.example:spec.volumes[name=*]", "name"], |keeps, r| {
            let (a, b, c) = (r.word(), r.word(), r.word());
            let named = if keeps { a.clone() } else { r.word() };
            format!(
                "  volumes:\n  - name: {a}\n  - name: {b}\n  mounts:\n  - ref: {named}\n    at: {c}\n"
            )
        }),
        ("unique", &["port"], |keeps, r| {
            let a = r.below(12);
            let b = if keeps { (a + 1 + r.below(11)) % 12 } else { a };
            format!("  ports:\n  - port: {a}\n  - port: {b}\n  u: {}\n", r.word())
        }),
        ("before", &["spec.steps[*]", "build", "deploy"], |keeps, r| {
            let (first, then) = if keeps { ("build", "deploy") } else { ("deploy", "build") };
            format!("  steps: [{first}, {}, {then}]\n", r.word())
        }),
        ("at-most", &["spec.a", "spec.b"], |keeps, r| {
            let (x, y) = (r.below(90), r.below(90));
            let (low, high) = (x.min(y), x.max(y) + 1);
            let (a, b) = if keeps { (low, high) } else { (high, low) };
            format!("  a: {a}\n  b: {b}\n  u: {}\n", r.word())
        }),
        ("affix", &["spec.a", "spec.b"], |keeps, r| {
            let a = r.word();
            let b = if keeps { format!("{a}-{}", r.word()) } else { r.word() };
            format!("  a: {a}\n  b: {b}\n  u: {}\n", r.word())
        }),
        ("count", &["spec.a"], |keeps, r| {
            let count = if keeps { 1 + r.below(2) } else { 0 };
            let items: Vec<String> = (0..count).map(|_| r.word()).collect();
            format!("  a: [{}]\n  u: {}\n", items.join(", "), r.word())
        }),
        ("units", &["spec.a"], |keeps, r| {
            let unit = if keeps { "Mi" } else { ["Ki", "m", "Pi", "k"][r.below(4) as usize] };
            format!("  a: {}{unit}\n  u: {}\n", 1 + r.below(900), r.word())
        }),
        ("keys", &["spec"], |keeps, r| {
            let key = "replicationfactor".to_owned();
            let key = if keeps { key } else { slip(&key, r) };
            format!("  {key}: {}\n  u: {}\n", r.below(90), r.word())
        }),
        ("spelling", &["spec.a"], |keeps, r| {
            let value = ["eventually-consistent", "strictly-serialised"][r.below(2) as usize];
            let value = match keeps {
                true if r.percent(10) => r.word(), // not a closed set
                true => value.to_owned(),
                false => slip(value, r),
            };
            format!("  a: {value}\n  u: {}\n", r.word())
        }),
        ("consistent", &[""], |keeps, r| {
            let name = format!("{}{}", r.word(), r.word());
            let other = if keeps { r.word() } else { slip(&name, r) };
            format!("  a: {name}\n  b: {name}\n  c: {other}\n")
        }),
    ]
}

/// A text with one letter of its inside replaced by one that it does not have.
fn slip(text: &str, r: &mut Random) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let at = loop {
        let at = 2 + r.below(letters.len() as u64 - 4) as usize;
        if letters[at].is_ascii_alphabetic() {
            break at;
        }
    };
    letters[at] = ['x', 'q', 'z', 'k', 'w', 'j', 'v'][r.below(7) as usize];
    let slipped: String = letters.into_iter().collect();
    if slipped == text { slip(text, r) } else { slipped }
}

/// How many of 120 objects may break a rule that is still found: with more, the bound on its share,
/// the share of alarms on sources held out or the budget is exceeded.
fn most_noise(template: &str) -> usize {
    match template {
        // It speaks of half the objects, and habits need more evidence.
        "implies" | "consistent" => 0,
        // What two sources write is usual.
        "units" | "values" | "shape" | "required" | "excludes" | "affix" | "count" | "equal" => 1,
        _ => 2,
    }
}

#[test]
fn planted_rules_are_found_while_noise_is_low_and_not_beyond() {
    let mut faults = Vec::new();
    for (template, operands, spec) in planted() {
        // 0, 1, 2, 5 and 10 % of the objects.
        for noise in [0, 1, 2, 6, 12] {
            let mut corpus = corpus(|at, random| spec(at >= noise, random));
            let rules = narrow(learned(&mut corpus), noise);
            let (found, expected) =
                (has(&rules, template, operands), noise <= most_noise(template));
            if found != expected {
                faults.push(format!("{template} with {noise} of 120 against it: found {found}"));
            }
        }
        let mut corpus = corpus(|_, random| {
            let keeps = random.percent(50);
            spec(keeps, random)
        });
        if has(&narrow(learned(&mut corpus), 60), template, operands) {
            faults.push(format!("{template} found by chance"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Without bands and sets that are wide enough for what breaks the rule planted: what they say is
/// true.
fn narrow(mut rules: Vec<Rule>, noise: usize) -> Vec<Rule> {
    rules.retain(|rule| {
        noise == 0 || !is_wide(&rule.template) || rule.evidence.holding < rule.evidence.objects
    });
    rules
}

fn is_wide(template: &Template<String>) -> bool {
    matches!(
        template,
        Template::Range { .. }
            | Template::Units { .. }
            | Template::Count { .. }
            | Template::Shape { .. }
    )
}

/// A corpus in which nothing holds but that there is a specification.
fn random_corpus(seed: u64) -> Corpus {
    let mut random = Random(seed.wrapping_mul(0x5851_f42d_4c95_7f2d));
    let shares: Vec<u64> = (0..8).map(|_| 20 + random.below(60)).collect();
    let mut corpus = Corpus::default();
    for at in 0..60 {
        let mut spec = String::from("  seed: {}\n");
        for (key, share) in shares.iter().enumerate() {
            if !random.percent(*share) {
                continue;
            }
            let value = match random.below(4) {
                0 => random.below(1_000_000).to_string(),
                1 => random.percent(50).to_string(),
                2 => random.word(),
                _ => {
                    format!("[{}]", vec!["1"; usize::try_from(random.below(4)).unwrap()].join(", "))
                }
            };
            spec.push_str(&format!("  k{key}: {value}\n"));
        }
        let source = format!("team/app{}", at % 6);
        let name = random.word();
        for object in objects(&format!("{source}/{at}.yaml"), &thing(&name, &spec)) {
            corpus.add(&object, &source, "team");
        }
    }
    corpus
}

#[test]
fn random_corpora_hold_no_rules() {
    let mut with_rules = 0;
    for seed in 0..1_000 {
        let rules = learned(&mut random_corpus(seed));
        // That keys are not misspelt is true of them.
        let found = rules.iter().filter(|rule| {
            let (name, operands) = rule.template.slot();
            name != "keys" && operands.iter().any(|operand| operand.contains(".k"))
        });
        with_rules += u32::from(found.count() > 0);
    }
    println!("{with_rules} of 1000 random corpora gave a rule");
    assert!(with_rules <= 10, "{with_rules} of 1000: more than the stated level of 1 %");
}

#[test]
fn the_order_of_files_does_not_matter() {
    let texts: Vec<(String, String)> = (0..60)
        .map(|at| {
            let mut random = Random(at);
            let spec = format!(
                "  a: {}\n  b: {}Mi\n  c: {}\n",
                random.word(),
                random.below(90),
                random.below(9)
            );
            (format!("team/app{}/{at}.yaml", at % 6), thing(&random.word(), &spec))
        })
        .collect();
    let learn_in = |order: Vec<&(String, String)>| {
        let mut corpus = Corpus::default();
        for (path, text) in order {
            let source = path.rsplit_once('/').unwrap().0.to_owned();
            objects(path, text).iter().for_each(|object| corpus.add(object, &source, "team"));
        }
        let learned = learn(&mut corpus, &Settings::default(), &|_| false);
        RuleFile::of(&learned, None).write().unwrap()
    };
    let forward = learn_in(texts.iter().collect());
    assert_eq!(forward, learn_in(texts.iter().rev().collect()));
    assert!(forward.contains("units-"), "{forward}");
}

#[test]
fn one_file_more_changes_only_rules_that_it_touches() {
    let kinds = |kind: &str, from: u64, to: u64, corpus: &mut Corpus| {
        for at in from..to {
            let mut random = Random(at);
            let spec = format!("  {kind}a: {}\n  {kind}b: {}Mi\n", random.word(), random.below(90));
            let source = format!("team/app{}", at % 6);
            let text = thing(&random.word(), &spec).replace("Thing", kind);
            objects(&format!("{source}/{kind}{at}.yaml"), &text)
                .iter()
                .for_each(|object| corpus.add(object, &source, "team"));
        }
    };
    let learn_with = |more: u64| {
        let mut corpus = Corpus::default();
        kinds("One", 0, 60, &mut corpus);
        kinds("Two", 0, 60 + more, &mut corpus);
        let learned = learn(&mut corpus, &Settings::default(), &|_| false);
        let of_one = learned.rules.into_iter().filter(|rule| rule.context.starts_with("One"));
        of_one.collect::<Vec<_>>()
    };
    let before = learn_with(0);
    assert!(!before.is_empty());
    assert_eq!(before, learn_with(1));
}

#[test]
fn copies_are_one_piece_of_evidence() {
    let mut corpus = Corpus::default();
    let mut random = Random(3);
    let text = thing("shop", &format!("  a: {}\n  b: 5\n", random.word()));
    for at in 0..100 {
        let source = format!("fork{at}");
        objects(&format!("{source}/shop.yaml"), &text)
            .iter()
            .for_each(|object| corpus.add(object, &source, "team"));
    }
    let learned = learn(&mut corpus, &Settings::default(), &|_| false);
    assert_eq!((learned.objects, learned.duplicates, learned.rules.len()), (100, 99, 0));
}

#[test]
fn departures_name_their_place() {
    let mut corpus = corpus(|at, random| {
        format!(
            "  a: {}Mi\n  u: {}\n  mode: {}\n",
            1 + random.below(90),
            random.word(),
            ["Fast", "Slow"][at % 2]
        )
    });
    let rules = learned(&mut corpus);
    let wrong = objects("new/x.yaml", &thing("x", "  a: 5m\n  mode: Fsat\n"));
    let departures = Checker::new(&rules).check(&wrong.iter().collect::<Vec<_>>());
    let shown: Vec<_> = departures
        .iter()
        .map(|d| format!("{}:{} {} {}", d.location.line, d.location.column, d.pointer, d.message))
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
    let right = objects("new/y.yaml", &thing("why", "  a: 5Mi\n  u: abc\n  mode: Fast\n"));
    let departures = Checker::new(&rules).check(&right.iter().collect::<Vec<_>>());
    assert!(departures.is_empty(), "{departures:?}");
}

#[test]
fn files_are_read_back_and_mistakes_in_them_are_named() {
    let mut corpus =
        corpus(|_, random| format!("  a: {}Mi\n  u: {}\n", 1 + random.below(90), random.word()));
    let learned = learn(&mut corpus, &Settings::default(), &|_| false);
    let mut file = RuleFile::of(&learned, None);
    let text = file.write().unwrap();
    assert_eq!(RuleFile::parse(&text).unwrap(), file);
    for (from, to, expected) in [
        ("state = \"pending\"", "state = \"maybe\"", "unknown variant `maybe`"),
        ("template = \"", "template = \"x", "unknown template `x"),
        ("version = 1", "version = 9", "version 9 is not one that can be read"),
        ("id = \"", "id = \"x", "is not that of this rule"),
        ("operands = ", "operand = ", "unknown field `operand`"),
        ("state = \"pending\"", "expires = \"soon\"", "`soon` is not a date"),
        ("state = \"pending\"", "expires = \"2026-13-01\"", "`2026-13-01` is not a date"),
        ("state = \"pending\"", "expires = \"026-12--31\"", "`026-12--31` is not a date"),
        ("says = \"", "says = \"\"\"", ""),
    ] {
        let error = RuleFile::parse(&text.replacen(from, to, 1)).unwrap_err();
        assert!(error.message.contains(expected) && error.line > 0, "{from}: {error}");
    }
    let stanza = text.split("[[rule]]").nth(1).unwrap();
    let twice = format!("{text}\n[[rule]]{}", stanza.replace("pending", "rejected"));
    let error = RuleFile::parse(&twice).unwrap_err();
    assert!(error.message.contains("which review holds?"), "{error}");

    file.rules[0].state = State::Rejected;
    let again = RuleFile::of(&learned, Some(&file));
    assert_eq!(again.rules[0].state, State::Rejected);
    let nothing = Learned::default();
    assert_eq!(
        RuleFile::of(&nothing, Some(&file)).rules.len(),
        1,
        "a rejected rule stays rejected"
    );
    let change = difference(&file, &RuleFile::of(&nothing, None));
    assert_eq!((change.appeared.len(), change.vanished.len()), (0, file.rules.len()));
}

#[test]
fn an_empty_corpus_and_a_single_source_teach_nothing() {
    let nothing = learn(&mut Corpus::default(), &Settings::default(), &|_| false);
    assert_eq!(nothing, Learned::default());
    let mut one = Corpus::default();
    let mut random = Random(1);
    for at in 0..50 {
        let text = thing(&random.word(), &format!("  a: {}\n", random.word()));
        objects(&format!("a/{at}.yaml"), &text)
            .iter()
            .for_each(|object| one.add(object, "a", "team"));
    }
    assert_eq!(learn(&mut one, &Settings::default(), &|_| false).rules, []);
}

#[test]
fn the_shipped_set_can_be_read() {
    let file = RuleFile::parse(include_str!("../../../../corpus/learned/kubernetes.toml")).unwrap();
    assert!(file.rules.len() > 100 && file.provenance.len() > 3);
    assert!(file.rules.iter().all(|rule| rule.state == State::Pending));
}
