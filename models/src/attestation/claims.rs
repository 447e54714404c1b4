//! What is claimed.

use seatrial_explore::Property;

use super::Attestation;
use super::cluster::stays_on_failed;
use super::state::{Pod, State};
use crate::rules::Machine;

type Claim = crate::rules::Claim<Attestation>;

/// All properties, with the names of the catalogue.
pub(super) fn all() -> Vec<Property<Machine<Attestation>>> {
    let mut all = of_quotes();
    all.extend(of_time());
    all.push(Claim::sometimes(
        (
            "CanStartOnCompromised",
            "a pod may run on a node on which something bad has run",
            &["nodes", "pods"],
        ),
        |_, s| {
            let bad = |n: u8| s.nodes[n].compromised.is_some();
            s.pods.iter().any(|pod| matches!(pod, Pod::Running { node, .. } if bad(*node)))
        },
    ));
    all
}

/// How quotes are judged.
fn of_quotes() -> Vec<Property<Machine<Attestation>>> {
    vec![
        Claim::always(
            (
                "QuoteIsFresh",
                "a quote is accepted only if the TPM made it for the nonce of that request",
                &["wrongs"],
            ),
            |_, s| !s.wrongs.stale_quote,
        ),
        Claim::always(
            (
                "BadNeverAccepted",
                "no quote is accepted whose PCR holds what the policy does not list",
                &["wrongs"],
            ),
            |_, s| !s.wrongs.bad_quote,
        ),
        Claim::always(
            (
                "HealthyNotRevoked",
                "the quote of a node on which nothing bad ran is not found invalid",
                &["wrongs"],
            ),
            |_, s| !s.wrongs.false_alarm,
        ),
        Claim::always(
            (
                "RevokedStaysRevoked",
                "an agent that failed is not trusted before the tenant reactivates it",
                &["agents"],
            ),
            |_, s| s.agents.iter().all(|agent| !agent.revoked || !agent.is_trusted()),
        ),
    ]
}

/// How long a node is trusted on which something bad has run.
fn of_time() -> Vec<Property<Machine<Attestation>>> {
    vec![
        Claim::always(
            (
                "TrustedWithinPoll",
                "a node on which something bad ran is trusted no longer than an interval and the retries",
                &["nodes", "agents"],
            ),
            |p, s| {
                let mut pairs = s.nodes.iter().zip(s.agents.iter());
                pairs.all(|(node, agent)| {
                    !agent.is_trusted() || node.compromised.is_none_or(|since| since <= p.poll())
                })
            },
        ),
        Claim::always(
            (
                "StartsWithinWindow",
                "no pod starts on a node on which something bad ran longer ago than the window",
                &["wrongs"],
            ),
            |_, s| !s.wrongs.late_start,
        ),
        Claim::leads_to(
            (
                "CompromiseFound",
                "an agent on whose node something bad ran fails, or the node reboots",
                &["nodes", "agents"],
            ),
            |_, s| is_unfound(s),
            |_, s| !is_unfound(s),
        ),
        Claim::leads_to(
            (
                "PodsEvicted",
                "pods leave a node whose agent has failed, or it is reactivated",
                &["agents", "pods"],
            ),
            |_, s| !stays_on_failed(s).is_empty(),
            |_, s| stays_on_failed(s).is_empty(),
        ),
    ]
}

/// Whether something bad runs on the first node and its agent has not failed.
fn is_unfound(s: &State) -> bool {
    s.nodes[0].compromised.is_some() && !s.agents[0].has_failed()
}
