//! The rights that lead further, taken out of what roles grant.

use crate::rbac::GROUP;
use crate::rbac::shape::{Content, ResourceShape, Values};

/// A right that leads further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Power {
    EscalateClusterRoles,
    WriteClusterRoles,
    EscalateRoles,
    WriteRoles,
    BindClusterRoles,
    BindRoles,
    WriteClusterRoleBindings,
    WriteRoleBindings,
    ImpersonateUsers,
    ImpersonateGroups,
    ImpersonateAccounts,
    ImpersonateAttributes,
    CreateTokens,
    RunPods,
    RunWorkloads,
    EnterPods,
    DebugPods,
    ReadSecrets,
    CreateSecrets,
    ProxyNodes,
    CreateRequests,
    ApproveRequests,
    ApproveSigners,
    WriteMutatingWebhooks,
    WriteValidatingWebhooks,
    WriteNamespaces,
    CreateVolumes,
}

/// The requests that a power stands for: any of the verbs on any of the resources, with this
/// subresource; `*` is any.
struct Needed {
    power: Power,
    group: &'static [&'static str],
    resources: &'static [&'static str],
    subresource: &'static str,
    verbs: &'static [&'static str],
    /// Why to have it is as good as much more, if it is without any other.
    weight: Option<&'static str>,
}

/// A right that is as good as much more: any of the verbs on any of the resources of any of the
/// groups, with this subresource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    /// The verbs.
    pub verbs: &'static [&'static str],
    /// The API groups; the core group is empty.
    pub groups: &'static [&'static str],
    /// The resources.
    pub resources: &'static [&'static str],
    /// The subresource; empty for the resource itself.
    pub subresource: &'static str,
    /// What it is as good as.
    pub why: &'static str,
}

/// The rights that are as good as much more. Sources: the Kubernetes documentation of good practices
/// for RBAC, and the API server's checks for `escalate`, `bind` and `impersonate`.
pub fn weighty_rights() -> impl Iterator<Item = Right> {
    NEEDED.iter().filter_map(|needed| {
        let Needed { group: groups, resources, subresource, verbs, weight, .. } = *needed;
        Some(Right { verbs, groups, resources, subresource, why: weight? })
    })
}

const WRITE: &[&str] = &["create", "update", "patch"];
const CHANGE: &[&str] = &["update", "patch"];
const CORE: &[&str] = &[""];
const RBAC: &[&str] = &[GROUP];
const AUTHENTICATION: &[&str] = &["authentication.k8s.io"];
const CERTIFICATES: &[&str] = &["certificates.k8s.io"];
const ADMISSION: &[&str] = &["admissionregistration.k8s.io"];

const fn needed(
    power: Power,
    group: &'static [&'static str],
    resources: &'static [&'static str],
    subresource: &'static str,
    verbs: &'static [&'static str],
) -> Needed {
    Needed { power, group, resources, subresource, verbs, weight: None }
}

impl Needed {
    const fn weighing(self, why: &'static str) -> Self {
        Self { weight: Some(why), ..self }
    }
}

const NEEDED: &[Needed] = &[
    needed(Power::EscalateClusterRoles, RBAC, &["clusterroles"], "", &["escalate"])
        .weighing("may write roles with any rules"),
    needed(Power::WriteClusterRoles, RBAC, &["clusterroles"], "", WRITE),
    needed(Power::EscalateRoles, RBAC, &["roles"], "", &["escalate"])
        .weighing("may write roles with any rules"),
    needed(Power::WriteRoles, RBAC, &["roles"], "", WRITE),
    needed(Power::BindClusterRoles, RBAC, &["clusterroles"], "", &["bind"])
        .weighing("may bind roles it does not have"),
    needed(Power::BindRoles, RBAC, &["roles"], "", &["bind"])
        .weighing("may bind roles it does not have"),
    needed(Power::WriteClusterRoleBindings, RBAC, &["clusterrolebindings"], "", WRITE)
        .weighing("writes bindings"),
    needed(Power::WriteRoleBindings, RBAC, &["rolebindings"], "", WRITE)
        .weighing("writes bindings"),
    needed(Power::ImpersonateUsers, CORE, &["users"], "", &["impersonate"])
        .weighing("acts as other users"),
    needed(Power::ImpersonateGroups, CORE, &["groups"], "", &["impersonate"])
        .weighing("acts as members of other groups"),
    needed(Power::ImpersonateAccounts, CORE, &["serviceaccounts"], "", &["impersonate"])
        .weighing("acts as service accounts"),
    needed(Power::ImpersonateAttributes, AUTHENTICATION, &["uids"], "", &["impersonate"]),
    needed(Power::ImpersonateAttributes, AUTHENTICATION, &["userextras"], "*", &["impersonate"]),
    needed(Power::CreateTokens, CORE, &["serviceaccounts"], "token", &["create"])
        .weighing("makes tokens of service accounts"),
    needed(Power::RunPods, CORE, &["pods"], "", &["create"])
        .weighing("runs pods as any service account of the namespace"),
    needed(
        Power::RunWorkloads,
        &["", "apps", "batch"],
        &[
            "replicationcontrollers",
            "deployments",
            "daemonsets",
            "statefulsets",
            "replicasets",
            "jobs",
            "cronjobs",
        ],
        "",
        WRITE,
    )
    .weighing("runs pods as any service account of the namespace"),
    needed(Power::EnterPods, CORE, &["pods"], "exec", &["create", "get"])
        .weighing("runs commands in pods"),
    needed(Power::EnterPods, CORE, &["pods"], "attach", &["create", "get"])
        .weighing("attaches to pods"),
    needed(Power::DebugPods, CORE, &["pods"], "ephemeralcontainers", CHANGE)
        .weighing("adds containers to pods"),
    needed(Power::ReadSecrets, CORE, &["secrets"], "", &["get", "list", "watch"])
        .weighing("reads secrets"),
    needed(Power::CreateSecrets, CORE, &["secrets"], "", &["create"]),
    needed(Power::ProxyNodes, CORE, &["nodes"], "proxy", &["get", "create"])
        .weighing("runs commands in pods through the kubelet"),
    needed(Power::CreateRequests, CERTIFICATES, &["certificatesigningrequests"], "", &["create"]),
    needed(
        Power::ApproveRequests,
        CERTIFICATES,
        &["certificatesigningrequests"],
        "approval",
        CHANGE,
    )
    .weighing("approves certificates"),
    needed(Power::ApproveSigners, CERTIFICATES, &["signers"], "", &["approve"]),
    needed(Power::WriteMutatingWebhooks, ADMISSION, &["mutatingwebhookconfigurations"], "", WRITE)
        .weighing("changes webhooks"),
    needed(
        Power::WriteValidatingWebhooks,
        ADMISSION,
        &["validatingwebhookconfigurations"],
        "",
        WRITE,
    )
    .weighing("changes webhooks"),
    needed(Power::WriteNamespaces, CORE, &["namespaces"], "", CHANGE),
    needed(Power::CreateVolumes, CORE, &["persistentvolumes"], "", &["create"]),
];

/// The powers of a content, each with the names that it is limited to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Powers<'a> {
    list: Vec<(Power, Values<'a>)>,
}

impl<'a> Powers<'a> {
    pub(super) fn of(content: &Content<'a>) -> Self {
        let shapes = content.resources.iter();
        let list = shapes.flat_map(|shape| {
            let held = NEEDED.iter().filter_map(|needed| Some((needed.power, needed.of(shape)?)));
            held.collect::<Vec<_>>()
        });
        Self { list: list.collect() }
    }

    /// All of them, for all names.
    pub(super) fn all() -> Self {
        Self { list: NEEDED.iter().map(|needed| (needed.power, Values::All)).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The names for which a power is held, one item a grant.
    pub(super) fn names(&self, power: Power) -> impl Iterator<Item = &Values<'a>> {
        self.list.iter().filter(move |(held, _)| *held == power).map(|(_, names)| names)
    }
}

impl Needed {
    /// The names for which a product of sets grants it; `None` if it does not.
    fn of<'a>(&self, shape: &ResourceShape<'a>) -> Option<Values<'a>> {
        let any = |values: &Values<'_>, wanted: &[&str]| match values {
            Values::All => !wanted.is_empty(),
            Values::Only(values) => values.iter().any(|value| wanted.contains(value)),
        };
        // Who creates a thing itself names none; on a subresource, the parent's name counts. Who
        // lists or watches can ask for one name.
        let named = |verb: &&&str| **verb != "create" || !self.subresource.is_empty();
        let verbs: Vec<&str> = match shape.names {
            Values::All => self.verbs.to_vec(),
            Values::Only(_) => self.verbs.iter().filter(named).copied().collect(),
        };
        let granted = any(&shape.verbs, &verbs)
            && any(&shape.groups, self.group)
            && any(&shape.resources, self.resources)
            && (self.subresource == "*" || any(&shape.subresources, &[self.subresource]));
        granted.then(|| shape.names.clone())
    }
}
