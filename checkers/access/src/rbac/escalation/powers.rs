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
    Needed { power, group, resources, subresource, verbs }
}

const NEEDED: &[Needed] = &[
    needed(Power::EscalateClusterRoles, RBAC, &["clusterroles"], "", &["escalate"]),
    needed(Power::WriteClusterRoles, RBAC, &["clusterroles"], "", WRITE),
    needed(Power::EscalateRoles, RBAC, &["roles"], "", &["escalate"]),
    needed(Power::WriteRoles, RBAC, &["roles"], "", WRITE),
    needed(Power::BindClusterRoles, RBAC, &["clusterroles"], "", &["bind"]),
    needed(Power::BindRoles, RBAC, &["roles"], "", &["bind"]),
    needed(Power::WriteClusterRoleBindings, RBAC, &["clusterrolebindings"], "", WRITE),
    needed(Power::WriteRoleBindings, RBAC, &["rolebindings"], "", WRITE),
    needed(Power::ImpersonateUsers, CORE, &["users"], "", &["impersonate"]),
    needed(Power::ImpersonateGroups, CORE, &["groups"], "", &["impersonate"]),
    needed(Power::ImpersonateAccounts, CORE, &["serviceaccounts"], "", &["impersonate"]),
    needed(Power::ImpersonateAttributes, AUTHENTICATION, &["uids"], "", &["impersonate"]),
    needed(Power::ImpersonateAttributes, AUTHENTICATION, &["userextras"], "*", &["impersonate"]),
    needed(Power::CreateTokens, CORE, &["serviceaccounts"], "token", &["create"]),
    needed(Power::RunPods, CORE, &["pods"], "", &["create"]),
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
    ),
    needed(Power::EnterPods, CORE, &["pods"], "exec", &["create", "get"]),
    needed(Power::EnterPods, CORE, &["pods"], "attach", &["create", "get"]),
    needed(Power::DebugPods, CORE, &["pods"], "ephemeralcontainers", CHANGE),
    needed(Power::ReadSecrets, CORE, &["secrets"], "", &["get", "list", "watch"]),
    needed(Power::CreateSecrets, CORE, &["secrets"], "", &["create"]),
    needed(Power::ProxyNodes, CORE, &["nodes"], "proxy", &["get", "create"]),
    needed(Power::CreateRequests, CERTIFICATES, &["certificatesigningrequests"], "", &["create"]),
    needed(
        Power::ApproveRequests,
        CERTIFICATES,
        &["certificatesigningrequests"],
        "approval",
        CHANGE,
    ),
    needed(Power::ApproveSigners, CERTIFICATES, &["signers"], "", &["approve"]),
    needed(Power::WriteMutatingWebhooks, ADMISSION, &["mutatingwebhookconfigurations"], "", WRITE),
    needed(
        Power::WriteValidatingWebhooks,
        ADMISSION,
        &["validatingwebhookconfigurations"],
        "",
        WRITE,
    ),
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
