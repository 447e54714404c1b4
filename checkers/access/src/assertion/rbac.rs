//! Claims about requests to the API server.

use super::read::{Nobody, Resource};
use super::{Doubt, Judgement, Refutation};
use crate::Decision;
use crate::rbac::{Holder, Pattern, Policy, Request, Rule, Share, who_can};
use crate::report::can_i;

/// Proves or refutes a claim: everybody who may make some of the requests, and should not.
pub(super) fn judge(claim: &Nobody, policy: &Policy<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    for pattern in patterns(claim) {
        for permitted in who_can(policy, &pattern) {
            if !asked(claim, permitted.holder) {
                continue;
            }
            match permitted.share {
                Share::All | Share::Some => {
                    judgement.refuted.push(refutation(
                        policy,
                        permitted.holder,
                        &permitted.witness,
                    ));
                }
                Share::Unknown => judgement.undecided.extend(doubts(policy, &permitted.witness)),
            }
        }
    }
    judgement
}

/// Whether a claim is about a holder.
fn asked(claim: &Nobody, holder: Holder<'_>) -> bool {
    let among = claim.among.is_empty() || claim.among.iter().any(|who| who.meets(holder));
    among && !claim.but.iter().any(|who| who.covers(holder))
}

/// The requests of a claim: one pattern for each resource.
fn patterns(claim: &Nobody) -> Vec<Pattern> {
    let some = |values: &[String]| (!values.is_empty()).then(|| values.to_vec());
    let verbs = || some(&claim.verbs);
    if !claim.urls.is_empty() {
        return vec![Pattern::Urls { verbs: verbs(), urls: claim.urls.clone() }];
    }
    let one = |value: &Option<String>| value.clone().map(|value| vec![value]);
    let pattern = |Resource { resource, group, subresource }: &Resource| Pattern::Resources {
        namespaces: some(&claim.namespaces),
        verbs: verbs(),
        groups: one(group),
        resources: one(resource),
        subresources: one(subresource),
        names: some(&claim.names),
    };
    claim.resources.iter().map(pattern).collect()
}

/// A holder who may, with the rules that say so. The witness is decided by the direct authorizer.
fn refutation(policy: &Policy<'_>, holder: Holder<'_>, witness: &Request) -> Refutation {
    let authorization = policy.authorize(witness);
    let sources = authorization.grants.iter().flat_map(|grant| {
        let binding = policy.bindings.get(grant.binding);
        let binding = binding.map(|binding| binding.subject_source(grant.subject));
        binding.into_iter().chain(policy.rules.get(grant.rule).map(Rule::source))
    });
    Refutation {
        message: format!("{holder} may {}", witness.action),
        witness: format!("{witness} is {}", authorization.decision),
        replay: Some(can_i(witness)),
        sources: sources.collect(),
    }
}

/// Why it is not known whether a request is allowed.
fn doubts(policy: &Policy<'_>, witness: &Request) -> Vec<Doubt> {
    let authorization = policy.authorize(witness);
    debug_assert_eq!(authorization.decision, Decision::Unknown);
    let bindings = authorization.unknown.iter().filter_map(|&at| policy.bindings.get(at));
    let doubt = |binding: &crate::rbac::Binding<'_>| {
        let reason = policy.unknown_because(binding)?;
        Some(Doubt { reason, source: Some(binding.source()) })
    };
    bindings.filter_map(doubt).collect()
}
