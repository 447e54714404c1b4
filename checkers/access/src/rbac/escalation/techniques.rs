//! The steps by which rights lead to more.

use std::fmt;

use super::nodes::{Held, Node};
use super::powers::Power;
use super::{Closure, Gain};
use crate::rbac::request::MASTERS;
use crate::rbac::shape::Values;
use crate::rbac::{Holder, RoleKind, Subject};

/// A way from rights to more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Technique {
    /// `escalate` on roles that it may write: they get rights that it has not.
    EscalateRoles,
    /// `bind` on roles and bindings that it may write: it binds itself.
    BindRoles,
    /// `impersonate` on users.
    ImpersonateUsers,
    /// `impersonate` on groups, besides some user or service account.
    ImpersonateGroups,
    /// `impersonate` on service accounts.
    ImpersonateAccounts,
    /// `impersonate` on `uids` and `userextras`.
    ImpersonateAttributes,
    /// `create` on `serviceaccounts/token`.
    CreateTokens,
    /// A secret of type `kubernetes.io/service-account-token`, written, filled by the controller,
    /// and read.
    TokenSecrets,
    /// Pods, created or by a workload: they run with any service account, mount any secret, and
    /// reach for the host.
    RunPods,
    /// `pods/exec`, `pods/attach` or `pods/ephemeralcontainers`: into pods that run.
    EnterPods,
    /// `get`, `list` or `watch` on secrets.
    ReadSecrets,
    /// `nodes/proxy`: the kubelet runs commands in all pods of the node.
    ProxyNodes,
    /// The tokens of the pods of a node.
    PodsOfNode,
    /// Certificates for any user, requested and approved.
    ApproveCertificates,
    /// A webhook that changes what others write.
    MutatingWebhooks,
    /// A webhook that sees what others write.
    ValidatingWebhooks,
    /// The labels of a namespace, which say what its pods may do.
    LabelNamespaces,
    /// A persistent volume of a path of the host.
    HostVolumes,
    /// A cluster role with a label that an aggregated role collects.
    FeedAggregation,
    /// One of the service accounts of the step before.
    OneOfThem,
}

impl Technique {
    /// The name in output, such as `run-pods`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EscalateRoles => "escalate-roles",
            Self::BindRoles => "bind-roles",
            Self::ImpersonateUsers => "impersonate-users",
            Self::ImpersonateGroups => "impersonate-groups",
            Self::ImpersonateAccounts => "impersonate-service-accounts",
            Self::ImpersonateAttributes => "impersonate-attributes",
            Self::CreateTokens => "create-tokens",
            Self::TokenSecrets => "token-secrets",
            Self::RunPods => "run-pods",
            Self::EnterPods => "enter-pods",
            Self::ReadSecrets => "read-secrets",
            Self::ProxyNodes => "proxy-nodes",
            Self::PodsOfNode => "pods-of-node",
            Self::ApproveCertificates => "approve-certificates",
            Self::MutatingWebhooks => "mutating-webhooks",
            Self::ValidatingWebhooks => "validating-webhooks",
            Self::LabelNamespaces => "label-namespaces",
            Self::HostVolumes => "host-volumes",
            Self::FeedAggregation => "feed-aggregation",
            Self::OneOfThem => "one-of-them",
        }
    }
}

impl fmt::Display for Technique {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A step that a node can take.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) technique: Technique,
    pub(super) gain: Gain<'a>,
    /// The rights that it takes, and where.
    pub(super) needs: Vec<Power>,
    pub(super) place: Option<&'a str>,
    pub(super) unless: Option<&'static str>,
}

/// A technique whose gain depends on the place alone.
struct Plain {
    technique: Technique,
    needs: &'static [Power],
    /// Whether the rights have to be held outside of namespaces.
    outside: bool,
    gain: fn(Option<&str>) -> Gain<'_>,
    unless: Option<&'static str>,
}

const fn plain(
    technique: Technique,
    needs: &'static [Power],
    gain: fn(Option<&str>) -> Gain<'_>,
) -> Plain {
    Plain { technique, needs, outside: false, gain, unless: None }
}

impl Plain {
    const fn outside(self) -> Self {
        Self { outside: true, ..self }
    }

    const fn unless(self, unless: &'static str) -> Self {
        Self { unless: Some(unless), ..self }
    }
}

const fn everything(place: Option<&str>) -> Gain<'_> {
    Gain::EverythingIn(place)
}

const fn accounts(place: Option<&str>) -> Gain<'_> {
    Gain::ActAsAccounts(place)
}

const fn all_secrets(place: Option<&str>) -> Gain<'_> {
    Gain::Secrets(place)
}

const fn pod_security(place: Option<&str>) -> Gain<'_> {
    Gain::PodSecurity(place)
}

const HOST: &str = "pod security admission keeps the pods of the namespace from the host";
const RUNNING: &str = "no pod that runs there uses the service account";
const WRITTEN: &str = "nobody with more rights writes what the webhook gets to see";

const PLAIN: &[Plain] = &[
    plain(
        Technique::EscalateRoles,
        &[Power::EscalateClusterRoles, Power::WriteClusterRoles],
        |_| Gain::Everything,
    )
    .outside(),
    plain(Technique::EscalateRoles, &[Power::EscalateRoles, Power::WriteRoles], everything),
    plain(Technique::MutatingWebhooks, &[Power::WriteMutatingWebhooks], |_| Gain::Everything)
        .outside()
        .unless(WRITTEN),
    plain(Technique::ValidatingWebhooks, &[Power::WriteValidatingWebhooks], |_| {
        Gain::Secrets(None)
    })
    .outside()
    .unless(WRITTEN),
    plain(Technique::ProxyNodes, &[Power::ProxyNodes], |_| Gain::Nodes).outside(),
    plain(Technique::RunPods, &[Power::RunPods], accounts),
    plain(Technique::RunPods, &[Power::RunWorkloads], accounts),
    plain(Technique::RunPods, &[Power::RunPods], all_secrets),
    plain(Technique::RunPods, &[Power::RunWorkloads], all_secrets),
    plain(Technique::LabelNamespaces, &[Power::WriteNamespaces], pod_security),
    plain(Technique::LabelNamespaces, &[Power::WriteNamespaces, Power::RunPods], |_| Gain::Nodes),
    plain(Technique::LabelNamespaces, &[Power::WriteNamespaces, Power::RunWorkloads], |_| {
        Gain::Nodes
    }),
    plain(Technique::HostVolumes, &[Power::CreateVolumes, Power::RunPods], |_| Gain::Nodes),
    plain(Technique::HostVolumes, &[Power::CreateVolumes, Power::RunWorkloads], |_| Gain::Nodes),
    plain(Technique::RunPods, &[Power::RunPods], |_| Gain::Nodes).unless(HOST),
    plain(Technique::RunPods, &[Power::RunWorkloads], |_| Gain::Nodes).unless(HOST),
    plain(Technique::EnterPods, &[Power::EnterPods], accounts).unless(RUNNING),
    plain(Technique::EnterPods, &[Power::DebugPods], accounts).unless(RUNNING),
    plain(Technique::ImpersonateAttributes, &[Power::ImpersonateAttributes], |_| Gain::Attributes)
        .outside(),
    plain(Technique::FeedAggregation, &[Power::WriteClusterRoles], |_| Gain::Aggregation).outside(),
];

impl<'a> Closure<'_, 'a> {
    /// The steps that a node can take, the surest first.
    pub(super) fn steps_of(&self, node: &Node<'a>) -> Vec<Found<'a>> {
        let held = self.held(node);
        if held.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for plain in PLAIN {
            let everywhere = || if held.has_all(plain.needs, None) { vec![None] } else { vec![] };
            let places = if plain.outside { everywhere() } else { held.places(plain.needs) };
            found.extend(places.into_iter().map(|place| Found {
                technique: plain.technique,
                gain: (plain.gain)(place),
                needs: plain.needs.to_vec(),
                place,
                unless: plain.unless,
            }));
        }
        self.bindings(&held, &mut found);
        self.impersonation(&held, &mut found);
        self.accounts_by_name(&held, &mut found);
        secrets(&held, &mut found);
        self.certificates(&held, &mut found);
        found.sort_by_key(|found| found.unless.is_some());
        found
    }

    /// `bind`: any cluster role, so `cluster-admin`; or those that are named.
    fn bindings(&self, held: &Held<'_, 'a>, found: &mut Vec<Found<'a>>) {
        use Power::{BindClusterRoles, BindRoles, WriteClusterRoleBindings, WriteRoleBindings};
        let mut add = |needs: [Power; 2], gain: Gain<'a>, place| {
            let (technique, needs) = (Technique::BindRoles, needs.to_vec());
            found.push(Found { technique, gain, needs, place, unless: None });
        };
        let needs = [BindClusterRoles, WriteClusterRoleBindings];
        if held.has_all(&needs, None) {
            match held.names(BindClusterRoles, None) {
                Some(Values::Only(names)) => names.into_iter().for_each(|name| {
                    add(needs, Gain::Role(RoleKind::ClusterRole, name, None), None);
                }),
                _ => add(needs, Gain::Everything, None),
            }
        }
        let needs = [BindClusterRoles, WriteRoleBindings];
        for place in held.places_by_name(&needs) {
            match held.names(BindClusterRoles, place) {
                Some(Values::Only(names)) => names.into_iter().for_each(|name| {
                    add(needs, Gain::Role(RoleKind::ClusterRole, name, place), place);
                }),
                _ => add(needs, Gain::EverythingIn(place), place),
            }
        }
        let needs = [BindRoles, WriteRoleBindings];
        for place in held.places_by_name(&needs) {
            let limit = held.names(BindRoles, place);
            let fits = |name: &str| match &limit {
                Some(Values::Only(names)) => names.contains(&name),
                _ => true,
            };
            for role in &self.policy.roles {
                let here = role.namespace.is_some() && (place.is_none() || role.namespace == place);
                if here && fits(role.object.name()) {
                    let gain = Gain::Role(RoleKind::Role, role.object.name(), role.namespace);
                    add(needs, gain, place);
                }
            }
        }
    }

    /// `impersonate` on users and groups: those that something is granted to.
    fn impersonation(&self, held: &Held<'_, 'a>, found: &mut Vec<Found<'a>>) {
        let users = held.names(Power::ImpersonateUsers, None);
        let groups = held.names(Power::ImpersonateGroups, None);
        let mut add = |technique, gain, needs: &[Power]| {
            let needs = needs.to_vec();
            found.push(Found { technique, gain, needs, place: None, unless: None });
        };
        let needs = [Power::ImpersonateUsers];
        match &users {
            Some(Values::All) => {
                let users = self.holders().filter(|holder| matches!(holder, Holder::User(_)));
                for user in users.chain([Holder::OtherUser]) {
                    add(Technique::ImpersonateUsers, Gain::ActAs(user), &needs);
                }
            }
            Some(Values::Only(names)) => {
                for name in names {
                    if let Some(user) = Holder::of(Subject::User(name)) {
                        add(Technique::ImpersonateUsers, Gain::ActAs(user), &needs);
                    }
                }
            }
            None => {}
        }
        // A group is impersonated along with a user.
        let somebody = users.is_some() || !held.places(&[Power::ImpersonateAccounts]).is_empty();
        let needs = [Power::ImpersonateGroups, Power::ImpersonateUsers, Power::ImpersonateAccounts];
        match groups.filter(|_| somebody) {
            Some(Values::All) => add(Technique::ImpersonateGroups, Gain::Everything, &needs),
            Some(Values::Only(names)) if names.contains(&MASTERS) => {
                add(Technique::ImpersonateGroups, Gain::Everything, &needs);
            }
            Some(Values::Only(names)) => {
                for name in names {
                    if let Some(group) = Holder::of(Subject::Group(name)) {
                        add(Technique::ImpersonateGroups, Gain::ActAs(group), &needs);
                    }
                }
            }
            None => {}
        }
    }

    /// Tokens for service accounts, and their impersonation: all of a namespace, or those named.
    fn accounts_by_name(&self, held: &Held<'_, 'a>, found: &mut Vec<Found<'a>>) {
        for (technique, power) in [
            (Technique::ImpersonateAccounts, Power::ImpersonateAccounts),
            (Technique::CreateTokens, Power::CreateTokens),
        ] {
            for place in held.places_by_name(&[power]) {
                let gains = match held.names(power, place) {
                    Some(Values::Only(names)) => {
                        let namespaces = match place {
                            Some(namespace) => vec![namespace],
                            None => self.accounts.keys().copied().collect(),
                        };
                        let of = |namespace| {
                            let account = move |name: &&'a str| {
                                Gain::ActAs(Holder::ServiceAccount(namespace, name))
                            };
                            names.iter().map(account).collect::<Vec<_>>()
                        };
                        namespaces.into_iter().flat_map(of).collect()
                    }
                    _ => vec![Gain::ActAsAccounts(place)],
                };
                let step =
                    |gain| Found { technique, gain, needs: vec![power], place, unless: None };
                found.extend(gains.into_iter().map(step));
            }
        }
    }

    /// Client certificates: any user or group but `system:masters`, which admission refuses; for
    /// the kubelets' signer, the nodes.
    fn certificates(&self, held: &Held<'_, 'a>, found: &mut Vec<Found<'a>>) {
        let needs = [Power::CreateRequests, Power::ApproveRequests, Power::ApproveSigners];
        let signers = held.names(Power::ApproveSigners, None);
        let Some(signers) = signers.filter(|_| held.has_all(&needs, None)) else { return };
        let signs = |signer: &str| match &signers {
            Values::All => true,
            Values::Only(names) => names.contains(&signer) || names.contains(&"kubernetes.io/*"),
        };
        let anybody = signs("kubernetes.io/kube-apiserver-client");
        let node = signs("kubernetes.io/kube-apiserver-client-kubelet");
        let reached = self.holders().chain([Holder::OtherUser]).filter(|holder| match holder {
            Holder::Group("system:nodes") => anybody || node,
            Holder::User(_) | Holder::Group(_) | Holder::OtherUser => anybody,
            _ => false,
        });
        found.extend(reached.map(|holder| Found {
            technique: Technique::ApproveCertificates,
            gain: Gain::ActAs(holder),
            needs: needs.to_vec(),
            place: None,
            unless: None,
        }));
    }
}

/// Reading secrets; with writing them, the tokens of service accounts.
fn secrets<'a>(held: &Held<'_, 'a>, found: &mut Vec<Found<'a>>) {
    let read = Power::ReadSecrets;
    for place in held.places_by_name(&[read]) {
        let some = matches!(held.names(read, place), Some(Values::Only(_)));
        found.push(Found {
            technique: Technique::ReadSecrets,
            gain: Gain::Secrets(place),
            needs: vec![read],
            place,
            unless: some.then_some("the secrets that it is limited to are of no use"),
        });
    }
    for place in held.places(&[read, Power::CreateSecrets]) {
        // A name that is known beforehand is one that can be chosen.
        found.push(Found {
            technique: Technique::TokenSecrets,
            gain: Gain::ActAsAccounts(place),
            needs: vec![read, Power::CreateSecrets],
            place,
            unless: None,
        });
    }
}
