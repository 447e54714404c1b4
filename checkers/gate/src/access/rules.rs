//! What the rules on access say about themselves.

use seatrial_access::istio::rules as istio;
use seatrial_access::network::rules as network;
use seatrial_core::{Part, Rule, Severity};

/// A rule with the three sections of its manual page.
macro_rules! rule {
    ($id:expr, $severity:ident, $summary:literal, $checks:literal, $matters:literal, $todo:literal) => {
        &Rule::fixed(
            $id,
            Part::Access,
            Severity::$severity,
            $summary,
            concat!(
                "## What it checks\n\n",
                $checks,
                "\n\n## Why it matters\n\n",
                $matters,
                "\n\n## What to do\n\n",
                $todo,
                "\n"
            ),
        )
    };
}

mod httpd;
mod nginx;

/// Requests that were denied and are allowed.
pub(crate) const OPENED: &str = "access-opened";
/// The same, where they are as good as many more.
pub(super) const OPENED_SENSITIVE: &str = "access-opened-sensitive";
/// Requests that were allowed and are denied.
pub(super) const CLOSED: &str = "access-closed";
/// What a subject can come to that it could not before.
pub(super) const NEW_REACH: &str = "access-new-reach";
/// What differs and is not modelled.
const UNMODELLED: &str = "access-unmodelled";
/// Workloads whose connections are not compared.
pub(super) const WORKLOADS: &str = "access-workloads";

/// The rules on what a change does, with `--base`.
pub(super) static CHANGE: &[&Rule] = &[
    rule!(
        OPENED,
        Warning,
        "requests or connections that were denied and are now allowed",
        "With `--base`, roles, bindings, network policies and configurations of web servers are \
         compared with those of the base: all requests and all connections, as regions that are decided alike. Each region that was \
         denied and is allowed is a finding at the rule that allows it, with one concrete request \
         that was decided again, directly, on both sides. What is not known on one side is \
         undecided.",
        "A change that opens more than it should is seldom seen in its text: an added subject, a \
         label, a policy that goes away.",
        "Check that each is meant. `seatrial access diff git:BASE .` lists all regions."
    ),
    rule!(
        OPENED_SENSITIVE,
        Error,
        "what was opened is as good as much more: secrets, other identities, the whole cluster",
        "As `access-opened`, for regions that hold requests such as: reading secrets; `escalate`, \
         `bind` and `impersonate`; creating pods or tokens of service accounts; `exec` into pods; \
         the proxy of nodes; changing webhooks or roles; anything for requests without credentials \
         or for everybody; for connections from anywhere; and for requests to web servers without \
         credentials, from addresses that are not written out.",
        "Each of these is a step to other rights, or open to people whom nobody has chosen.",
        "Grant less, to fewer, in one namespace. Where it is meant, accept it with a reason."
    ),
    rule!(
        CLOSED,
        Note,
        "requests or connections that were allowed and are now denied",
        "With `--base`, as `access-opened`, in the other direction.",
        "Whoever relied on it fails: a controller, a probe, a job that runs once a month.",
        "Check that nobody needs it any more."
    ),
    rule!(
        NEW_REACH,
        Warning,
        "a subject can come to rights that it could not come to before",
        "With `--base`, what each subject can come to step by step is compared: a right to create \
         pods leads to the service accounts of the namespace, theirs to secrets, and so on. \
         Reported are subjects with new ends, the shortest way to one of them, and the grants it \
         rests on.",
        "Rights that look harmless add up: the last step is often in another file than the first.",
        "Take one of the steps away. `seatrial access reach SUBJECT` shows all of them."
    ),
    rule!(
        UNMODELLED,
        Note,
        "an object that bears on access differs from the base, and is not modelled",
        "With `--base`, objects such as network policies of plugins and `PeerAuthentication`: \
         whether they are the same on both sides. Where they are not, what they change is \
         undecided, as is what policies on admission decide by expressions that are not modelled.",
        "What is not modelled is neither allowed nor denied, and never shown as safe.",
        "Review such objects by hand."
    ),
    rule!(
        WORKLOADS,
        Note,
        "workloads that are new or gone, so that their connections are not compared",
        "With `--base`, workloads that are on one side only, where there are network policies.",
        "A new workload is reached by all that no policy keeps away.",
        "`seatrial access connect . --to NAMESPACE/NAME` lists who reaches it."
    ),
];

/// The rules on roles and bindings.
static RBAC: &[&Rule] = &[
    rule!(
        "access-rbac-version",
        Error,
        "a role or binding in a version of the API that is not known",
        "The version of each `Role`, `ClusterRole`, `RoleBinding` and `ClusterRoleBinding`.",
        "It is not known what it grants, and it is left out of every comparison.",
        "Write `rbac.authorization.k8s.io/v1`."
    ),
    rule!(
        "access-rbac-duplicate",
        Warning,
        "a role or binding that is stated more than once",
        "Whether two manifests state the same role or binding.",
        "The one that is applied last counts, and that is up to the order.",
        "Keep one."
    ),
    rule!(
        "access-rbac-invalid",
        Error,
        "a role or binding that the API server refuses",
        "What the API server validates in roles and bindings beyond their schema.",
        "The whole object is refused, so that nothing is granted.",
        "As the message says."
    ),
    rule!(
        "access-rbac-dead-rule",
        Warning,
        "an entry of a rule that matches no request",
        "Verbs, groups and resources of rules: HTTP methods in place of verbs, wildcards where \
         there are none (`pods/*`), a version in place of a group.",
        "The rule reads as a grant and is none; whoever notices grants too much instead.",
        "As the message says."
    ),
    rule!(
        "access-rbac-names",
        Warning,
        "resource names on verbs whose requests carry no name",
        "`resourceNames` with `create` or `deletecollection`, which name no object, or with `list` \
         and `watch`, which do only with a field selector.",
        "The verb is not granted at all; a rule without names is then added, which grants all.",
        "Move such verbs to a rule without `resourceNames`, or leave them out."
    ),
    rule!(
        "access-rbac-dead-grant",
        Note,
        "a rule that grants nothing in a namespace, granted in one",
        "Bindings in a namespace to roles with rules about URLs or about objects that live in no \
         namespace.",
        "Such rules count only in a `ClusterRoleBinding`.",
        "Bind them in the whole cluster, if they are meant."
    ),
    rule!(
        "access-rbac-missing-role",
        Warning,
        "a binding to a role that is not there",
        "Whether the role of each binding is among the manifests, or one that every cluster has.",
        "What the binding grants is not known; once somebody creates the role, it grants that.",
        "Correct the name, or add the role to what is checked."
    ),
    rule!(
        "access-rbac-subject",
        Warning,
        "a subject that matches nobody",
        "The subjects of bindings: kinds and API groups that match no user, and names of service \
         accounts in a form that no user has.",
        "Nothing is granted, though the binding reads so.",
        "As the message says."
    ),
    rule!(
        "access-rbac-aggregation",
        Warning,
        "an aggregated role whose contributors are not there",
        "Whether any cluster role has the labels that an aggregated role selects, and whether an \
         aggregated role states rules of its own.",
        "The controller overwrites the rules of an aggregated role with those of its contributors.",
        "Label the roles that shall contribute; state rules in a role of their own."
    ),
];

/// The rules on network policies.
static NETWORK: &[&Rule] = &[
    rule!(
        network::INVALID,
        Error,
        "a network policy that the API server refuses",
        "Blocks of addresses, ports, selectors, priorities and actions of network policies of all \
         tiers.",
        "The policy is refused, so that what it should keep out stays open.",
        "As the message says."
    ),
    rule!(
        network::UNKNOWN_VERSION,
        Error,
        "a network policy in a version of the API that is not known",
        "The version of each network policy of Kubernetes' own APIs.",
        "What it does is not known; what depends on it is undecided.",
        "Write the version that the message names."
    ),
    rule!(
        network::HOST_BITS,
        Warning,
        "a block of addresses with bits set behind its prefix",
        "Whether the address of each block is its first one: `10.0.0.1/8` is `10.0.0.0/8`.",
        "Who writes so probably means one address, and allows 16 million.",
        "Write the block that is meant."
    ),
    rule!(
        network::CONTRADICTORY,
        Warning,
        "a selector whose requirements contradict each other",
        "Whether any object could meet all requirements of a selector.",
        "The policy or rule is about nobody, ever.",
        "Split it into two items if either is meant."
    ),
    rule!(
        network::SELECTS_NOTHING,
        Warning,
        "a network policy that selects no pod",
        "Whether the pods that a policy is about are among the workloads, where there are any in \
         its namespaces.",
        "A policy that selects nothing protects nothing: a typing error in a label leaves all open.",
        "Use a label of the workload's pod template."
    ),
    rule!(
        network::PEER_SELECTS_NOTHING,
        Note,
        "a peer of a network policy that is no pod of the input",
        "Whether the peers of rules are among the workloads.",
        "The connection that the rule should allow is denied.",
        "Check the labels; pods that come from elsewhere are not seen."
    ),
    rule!(
        network::OR_FOR_AND,
        Warning,
        "two items of a list of peers where one with both selectors was probably meant",
        "Lists of peers in which an item with only a `namespaceSelector` stands beside one with only \
         a `podSelector`: `- namespaceSelector` and `- podSelector` are alternatives.",
        "All pods of the namespaces are let in, and the pods of the own namespace, too.",
        "Write both selectors in one item, without the second dash, if both must hold."
    ),
    rule!(
        network::NO_DNS,
        Warning,
        "pods that are isolated from what goes out and cannot ask for names",
        "Policies that isolate what goes out of pods which can then connect nowhere on port 53.",
        "The first thing that nearly every program does is to ask for a name.",
        "Allow UDP and TCP 53 to the cluster's name service."
    ),
    rule!(
        network::SAME_PRIORITY,
        Warning,
        "policies of the same tier and priority that decide differently on a connection",
        "Whether policies of the whole cluster with equal priority allow and deny the same \
         connection.",
        "Which counts is not defined: it differs between plugins, and from day to day.",
        "Give them different priorities."
    ),
    rule!(
        network::RULES_WITHOUT_EFFECT,
        Warning,
        "rules for a direction in which the policy does not apply",
        "`ingress` or `egress` rules of a policy whose `policyTypes` leave that direction out.",
        "The rules count for nothing, and nothing is isolated in that direction.",
        "Add the direction to `policyTypes`."
    ),
];

/// The rules on Istio's policies.
static ISTIO: &[&Rule] = &[
    rule!(
        istio::INVALID,
        Error,
        "an `AuthorizationPolicy` that Istio refuses",
        "Blocks of addresses, ports, actions and conditions of `AuthorizationPolicy` objects.",
        "The policy is refused, or never matches: what it should deny is allowed.",
        "As the message says."
    ),
    rule!(
        istio::SELECTS_NOTHING,
        Warning,
        "an `AuthorizationPolicy` that is about no workload",
        "Whether the workloads that a policy selects are among those of its namespace, where there \
         are any.",
        "A policy that selects nothing protects nothing: a typing error in a label leaves all open.",
        "Use a label of the workload's pod template."
    ),
    rule!(
        istio::WITHOUT_RULES,
        Warning,
        "an `AuthorizationPolicy` without rules",
        "Policies without `rules`, or with an empty list: these match no request. With the action \
         `DENY`, `CUSTOM` or `AUDIT` they have no effect; with `ALLOW`, the default, they deny what \
         no other policy allows, which is a note, as this is how all is denied on purpose.",
        "`rules: []` matches nothing and `rules: [{}]` everything: one for the other opens all, or \
         closes all.",
        "State the rules."
    ),
    rule!(
        istio::WITHOUT_IDENTITY,
        Warning,
        "a rule of an `AuthorizationPolicy` that requests in plain text get around",
        "Rules that deny by `principals`, `namespaces` or service accounts, and rules that allow by \
         their negations, where no `PeerAuthentication` of the namespace or the mesh makes mutual \
         TLS strict. A note, if nothing is said of it among the files.",
        "Requests without mutual TLS have no identity: no such denial matches them, and every \
         negation does (ISTIO-SECURITY-2021-004).",
        "Require mutual TLS: a `PeerAuthentication` with `mtls: {mode: STRICT}`."
    ),
];

/// All rules on access that are code.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    CHANGE
        .iter()
        .chain(RBAC)
        .chain(NETWORK)
        .chain(ISTIO)
        .chain(nginx::NGINX)
        .chain(httpd::HTTPD)
        .copied()
}

/// Whether a rule speaks of what a change does, not of what is there.
pub(crate) fn is_of_change(rule: &str) -> bool {
    CHANGE.iter().any(|of_change| of_change.id == rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_of_reading_roles_has_a_rule() {
        let mut known: Vec<_> = RBAC.iter().map(|rule| &*rule.id).collect();
        let mut found: Vec<_> = seatrial_access::rbac::FINDINGS.iter().map(|it| it.0).collect();
        known.sort_unstable();
        found.sort_unstable();
        assert_eq!(known, found);
    }
}
