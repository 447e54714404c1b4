use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use seatrial_core::ResourceId;
use seatrial_manifests::Object;
use seatrial_parse::{Node, yaml};
use seatrial_policy::{
    Action, Binding, Evaluation, FailurePolicy, KnownNamespace, Matching, Operation, Outcome,
    Policy, Request, Review, native_kind,
};

use super::super::*;
use super::grammar::{Choices, Parts};
use super::pairs;
use crate::Change;

fn node(text: &str) -> Node {
    yaml(text).documents.into_iter().next().unwrap().root
}

/// A request as the server gets it.
struct Asked {
    operation: Operation,
    object: Node,
    old: Option<Node>,
    namespace: Node,
}

impl Asked {
    /// Whether a policy in force rejects it; `None` where evaluation does not decide it.
    fn rejected(&self, objects: &[Object]) -> Option<bool> {
        let text = |path: &[&str]| self.object.at(path).and_then(Node::as_str).unwrap().to_owned();
        let kind = text(&["kind"]);
        let namespace = text(&["metadata", "namespace"]);
        let id = ResourceId {
            api_version: text(&["apiVersion"]),
            kind: kind.clone(),
            namespace: Some(namespace.clone()),
            name: text(&["metadata", "name"]),
        };
        let resource = native_kind("apps", &kind).unwrap();
        let request = Request {
            operation: self.operation,
            id: &id,
            resource: &resource,
            object: &self.object,
            old_object: self.old.as_ref(),
            namespace: &namespace,
            namespace_object: KnownNamespace::Object(&self.namespace),
            user_info: None,
        };
        let mut known = true;
        for object in objects.iter().filter(|one| one.kind().ends_with("Binding")) {
            let (binding, _) = Binding::read(&object.node);
            let policy = objects.iter().find(|one| one.name() == &*binding.policy_name).unwrap();
            let (policy, problems) = Policy::read(&policy.node);
            assert!(problems.is_empty() && policy.compile_problems().is_empty(), "{problems:?}");
            if !binding.actions.contains(&Action::Deny) || binding.matches(&request) == Matching::No
            {
                continue;
            }
            let strict = policy.failure_policy == FailurePolicy::Fail;
            match policy.evaluate(&Review::new(request), None) {
                Evaluation::NotMatched => {}
                Evaluation::Undecided(_) => known = false,
                Evaluation::Failed { .. } => {
                    if strict {
                        return Some(true);
                    }
                }
                Evaluation::Checked { validations, .. } => {
                    for outcome in validations {
                        match outcome {
                            Outcome::Passes => {}
                            Outcome::Denied { .. } => return Some(true),
                            Outcome::Failed { .. } if strict => return Some(true),
                            Outcome::Failed { .. } => {}
                            Outcome::Undecided(_) => known = false,
                        }
                    }
                }
            }
        }
        known.then_some(false)
    }
}

/// All small requests about what two sets of manifests speak of.
fn requests(text: &str) -> Vec<Asked> {
    let mut all = Vec::new();
    let small = super::grammar::objects(&Parts::fields(text), 90);
    let object = |kind: &str, (spec, labels): &(String, String), bare: bool| {
        let labels = if labels.is_empty() { String::new() } else { format!(",{labels}") };
        let spec = if bare { String::new() } else { format!(",\"spec\":{spec}") };
        node(&format!(
            "{{\"apiVersion\":\"apps/v1\",\"kind\":\"{kind}\",\"metadata\":{{\"name\":\"n\",\
             \"namespace\":\"d\"{labels}}}{spec}}}"
        ))
    };
    let all_kinds = text.contains("statefulsets") || text.contains("resources: ['*']");
    let kinds: &[&str] = if all_kinds { &["Deployment", "StatefulSet"] } else { &["Deployment"] };
    let environments: &[&str] = if text.contains("env: prod") { &["", "prod"] } else { &[""] };
    for kind in kinds {
        for environment in environments {
            let labels = match *environment {
                "" => String::new(),
                name => format!(", labels: {{env: {name}}}"),
            };
            let namespace = || {
                node(&format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: d{labels}}}}}"))
            };
            for operation in [Operation::Create, Operation::Update, Operation::Delete] {
                let is_asked = operation == Operation::Create
                    || text.contains(operation.as_str())
                    || text.contains("operations: ['*']");
                for (at, one) in small.iter().enumerate().filter(|_| is_asked) {
                    let old = &small[(at * 7 + 3) % small.len()];
                    let update = operation == Operation::Update;
                    for bare in [false, true].into_iter().take(if at == 0 { 2 } else { 1 }) {
                        all.push(Asked {
                            operation,
                            object: object(kind, one, bare),
                            old: update.then(|| object(kind, old, false)),
                            namespace: namespace(),
                        });
                    }
                }
            }
        }
    }
    all
}

/// The request that a witness describes.
fn of_witness(witness: &Witness) -> Asked {
    let operation = [Operation::Create, Operation::Update, Operation::Delete]
        .into_iter()
        .find(|operation| operation.as_str() == witness.operation)
        .unwrap();
    let name = witness.namespace.as_deref().unwrap();
    Asked {
        operation,
        object: node(&witness.object),
        old: witness.old_object.as_deref().map(node),
        namespace: witness.namespace_object.as_deref().map_or_else(
            || node(&format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}")),
            node,
        ),
    }
}

/// How often each answer was given.
#[derive(Default)]
struct Tally {
    equal: Cell<usize>,
    stricter: Cell<usize>,
    differs: Cell<usize>,
    unknown: Cell<usize>,
    unreplayed: Cell<usize>,
    asked: Cell<usize>,
}

fn add(cell: &Cell<usize>, more: usize) {
    cell.set(cell.get() + more);
}

fn check(numbers: &[u16], tally: &Tally) -> Result<(), TestCaseError> {
    let choices = Choices::of(numbers);
    let old = Parts::random(&choices);
    let new = old.changed(&choices);
    let (old, new) = (old.text(), new.text());
    let both = format!("{old}\n=>\n{new}");
    let sides = [pairs::objects(&old), pairs::objects(&new)];
    let found = compare(&sides[0], &sides[1], &Limits { items: 2, ..Limits::default() });
    for difference in &found.differences.listed {
        let asked = of_witness(&difference.witness);
        let decided = [&sides[0], &sides[1]].map(|side| asked.rejected(side));
        let opened = difference.change == Change::Opened;
        prop_assert_eq!(decided, [Some(opened), Some(!opened)], "{}\n{}", difference.witness, both);
    }
    let certain = found.is_equal() || found.is_as_strict();
    for asked in requests(&both).iter().filter(|_| certain) {
        add(&tally.asked, 1);
        let decided = [&sides[0], &sides[1]].map(|side| asked.rejected(side));
        let [Some(before), Some(after)] = decided else { continue };
        let fine = if found.is_equal() { before == after } else { !before || after };
        prop_assert!(
            fine,
            "{:?} {}, before {:?}: rejected {} then {}\n{}",
            asked.operation,
            asked.object,
            asked.old.as_ref().map(ToString::to_string),
            before,
            after,
            both
        );
    }
    let kind = match (found.is_equal(), found.is_as_strict()) {
        (true, _) => &tally.equal,
        (_, true) => &tally.stricter,
        _ if found.differences.total() > 0 => &tally.differs,
        _ => &tally.unknown,
    };
    add(kind, 1);
    add(&tally.unreplayed, found.bounds.unreplayed);
    Ok(())
}

#[test]
fn random_changes_agree_with_evaluation_of_all_small_objects() {
    let config = Config { cases: Config::default().cases.max(500), ..Config::default() };
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..config });
    let tally = Tally::default();
    let numbers = proptest::collection::vec(any::<u16>(), 10..60);
    let result = runner.run(&numbers, |numbers| check(&numbers, &tally));
    let Tally { equal, stricter, differs, unknown, unreplayed, asked } = &tally;
    println!(
        "equal {}, as strict {}, different {}, unknown {}; not replayed {}; {} requests evaluated",
        equal.get(),
        stricter.get(),
        differs.get(),
        unknown.get(),
        unreplayed.get(),
        asked.get()
    );
    if let Err(error) = result {
        panic!("{error}");
    }
    let all = equal.get() + stricter.get() + differs.get() + unknown.get();
    assert!(equal.get() > all / 20 && differs.get() > all / 5, "every answer is given");
    assert!(unknown.get() < all / 4, "few are unknown");
}
