//! What two sets of policies decide differently on requests to workloads that are in both.

use std::collections::BTreeMap;

use serde::Serialize;

use super::decide::{Answer, Request};
use super::model::{Condition, Mesh, Policy};
use super::partition::{Applied, Decided, Requests};
use crate::network::{Name, Truth, Unmodelled};
use crate::{Change, Decision, Difference, Differences, Extent, Members, Rectangle, Region};

/// What changed between two meshes.
#[derive(Debug, Clone, Serialize)]
pub struct IstioDifferences {
    /// The requests on which they decide differently: the workloads (`target`), and what the
    /// requests are like.
    pub differences: Differences<Request>,
    /// Objects that differ and are not modelled: what they change is unknown.
    #[serde(skip)]
    pub unmodelled: Vec<Unmodelled>,
}

/// Compares two meshes; lists no more than `limit` differences, but counts all.
///
/// # Errors
///
/// The request on which the direct evaluator does not confirm what the regions say: a fault of this
/// program.
pub fn diff(old: &Mesh, new: &Mesh, limit: usize) -> Result<IstioDifferences, Box<Request>> {
    let mut groups: BTreeMap<(Vec<Key>, Vec<Key>), Vec<Name>> = BTreeMap::new();
    for target in &old.targets {
        if let Some(other) = new.target(&target.id) {
            let keys = (keys(&old.policies_of(target)), keys(&new.policies_of(other)));
            if keys.0 != keys.1 {
                groups.entry(keys).or_default().push(target.id.clone());
            }
        }
    }
    let mut differences = Differences::default();
    for targets in groups.into_values() {
        group(old, new, &targets, limit, &mut differences)?;
    }
    differences.listed.sort();
    Ok(IstioDifferences {
        differences,
        unmodelled: Unmodelled::changed(&old.unmodelled, &new.unmodelled),
    })
}

/// All of a policy that bears on what it decides.
type Key = (Name, Truth, super::Action);

fn keys(policies: &[Applied<'_>]) -> Vec<Key> {
    policies.iter().map(|(policy, about)| (policy.text.clone(), *about, policy.action)).collect()
}

/// Compares what is decided for workloads that have the same policies.
fn group(
    old: &Mesh,
    new: &Mesh,
    targets: &[Name],
    limit: usize,
    differences: &mut Differences<Request>,
) -> Result<(), Box<Request>> {
    let Some(first) = targets.first() else { return Ok(()) };
    let (Some(before), Some(after)) = (old.target(first), new.target(first)) else {
        return Ok(());
    };
    let (old_policies, new_policies) = (old.policies_of(before), new.policies_of(after));
    let requests = Requests::of(&[&*old_policies, &*new_policies].concat());
    let decided = (requests.decide(&old_policies), requests.decide(&new_policies));
    let same_unknowns = unknowns(&old_policies) == unknowns(&new_policies);
    for (pair, region) in changes(&requests, &decided, same_unknowns) {
        let Some(change) = Change::between(pair.0, pair.1) else { continue };
        let rectangles = region.maximal();
        differences.count(change, rectangles.len());
        for rectangle in rectangles {
            if differences.listed.len() >= limit {
                break;
            }
            let witness = requests.witness(&rectangle, first);
            let answers = (old.decide(before, &witness), new.decide(after, &witness));
            if (answers.0.decision, answers.1.decision) != pair {
                return Err(Box::new(witness));
            }
            let region = region_of(&requests, targets, &rectangle);
            differences.listed.push(difference(change, region, witness, answers));
        }
    }
    Ok(())
}

fn difference(
    change: Change,
    region: Vec<Extent>,
    witness: Request,
    (old, new): (Answer, Answer),
) -> Difference<Request> {
    let reason = new.reason.or(old.reason);
    Difference { change, region, witness, old: old.sources, new: new.sources, reason }
}

fn region_of(requests: &Requests, targets: &[Name], rectangle: &Rectangle) -> Vec<Extent> {
    let mut region = vec![Extent { dimension: "target", members: Members::Only(targets.to_vec()) }];
    let extents = rectangle.extents(&requests.space);
    region.extend(extents.into_iter().filter(|extent| extent.members != Members::Any));
    region
}

/// The requests by how the decision changes.
fn changes(
    requests: &Requests,
    (old, new): &(Decided, Decided),
    same_unknowns: bool,
) -> Vec<((Decision, Decision), Region)> {
    let whole: Region = Rectangle::whole(&requests.space).into_iter().collect();
    let by_decision = |it: &Decided| {
        let known = it.allowed.rectangles().iter().chain(it.denied.rectangles());
        let unknown = whole.clone().minus(known);
        [
            (Decision::Allowed, it.allowed.clone()),
            (Decision::Denied, it.denied.clone()),
            (Decision::Unknown, unknown),
        ]
    };
    let (before, after) = (by_decision(old), by_decision(new));
    let mut changes = Vec::new();
    for (was, old_region) in &before {
        for (is, new_region) in &after {
            let mut region = old_region.intersection(new_region);
            if (was, is) == (&Decision::Unknown, &Decision::Unknown) && same_unknowns {
                region = region.intersection(&told_apart(old, new));
            }
            if !region.is_empty() {
                changes.push(((*was, *is), region));
            }
        }
    }
    changes
}

/// The requests that rules surely match on one side alone. Elsewhere, if the same is unknown on both
/// sides, what is unknown is decided alike.
fn told_apart(old: &Decided, new: &Decided) -> Region {
    let mut apart = Region::new();
    let pairs = [(&old.sure.denied, &new.sure.denied), (&old.sure.allowed, &new.sure.allowed)];
    for (one, other) in pairs.into_iter().flat_map(|(a, b)| [(a, b), (b, a)]) {
        let alone = one.clone().minus(other.rectangles());
        alone.rectangles().iter().for_each(|it| apart.add(it.clone()));
    }
    apart
}

/// The policies of which not everything is known, as they are written, and whether any may allow,
/// and any surely does.
fn unknowns(policies: &[Applied<'_>]) -> (Vec<(Name, Truth)>, [bool; 2]) {
    let in_doubt = |policy: &Policy, about: Truth| {
        let conditions = policy
            .rules
            .iter()
            .flat_map(|rule| rule.from.iter().chain(&rule.to).flatten().chain(&rule.when));
        about == Truth::Maybe
            || policy.action == super::Action::Custom
            || conditions.into_iter().any(|it| matches!(it, Condition::Unmodelled(_)))
    };
    let all = policies.iter().filter(|(policy, about)| in_doubt(policy, *about));
    let mut all: Vec<_> = all.map(|(policy, about)| (policy.text.clone(), *about)).collect();
    all.sort_unstable();
    let mut allowing = policies.iter().filter(|it| it.0.action == super::Action::Allow);
    let surely = allowing.clone().any(|(_, about)| *about == Truth::Yes);
    (all, [allowing.next().is_some(), surely])
}
