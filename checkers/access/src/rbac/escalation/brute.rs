//! Reach against a fixed point over concrete requests on random little clusters.
//!
//! What leads where is written once more, as questions to the direct authorizer: may this user, or
//! somebody with this role, make this request? Nothing of powers and grants is used.

use std::collections::BTreeSet;

use super::*;
use crate::Decision;
use crate::network::cases;
use crate::rbac::holders::Names;
use crate::rbac::testing::{Dice, granted, objects};
use crate::rbac::{Action, GROUP, Request, ResourceAction, User};

/// A namespace that nothing names, as good as any other and as none: what is allowed there is
/// allowed everywhere.
const ELSEWHERE: &str = "elsewhere";
const NAMESPACES: [Option<&str>; 3] = [None, Some("a"), Some("b")];
const NAMES: [&str; 4] = ["m", "n", "r0", "r1"];
const UNNAMED: &str = "unnamed";
const WRITE: &[&str] = &["create", "update", "patch"];
const CERTIFICATES: &str = "certificates.k8s.io";
const SIGNER: &str = "kubernetes.io/kube-apiserver-client";

/// Whose rights are asked about.
#[derive(Clone)]
enum Who<'a> {
    User(User),
    Role(RoleKind, &'a str, Option<&'a str>),
    All(Option<&'a str>),
}

struct Brute<'p, 'a> {
    policy: &'p Policy<'a>,
    names: Names<'a>,
    holders: Vec<Holder<'a>>,
}

/// Resources as they are asked for: groups, resources, subresource.
type What = (&'static [&'static str], &'static [&'static str], &'static str);

const fn rbac(resource: &'static [&'static str]) -> What {
    (&[GROUP], resource, "")
}

const fn core(resource: &'static [&'static str]) -> What {
    (&[""], resource, "")
}

const PODS: What = core(&["pods"]);
const WORKLOADS: What = (
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
);

impl<'a> Brute<'_, 'a> {
    fn allowed(&self, who: &Who<'a>, action: Action) -> bool {
        let namespace = action.namespace().to_owned();
        match who {
            Who::User(user) => {
                let request = Request { user: user.clone(), action };
                self.policy.authorize(&request).decision == Decision::Allowed
            }
            Who::All(place) => place.is_none_or(|place| place == namespace),
            Who::Role(kind, name, place) => {
                let of = place.filter(|_| *kind == RoleKind::Role);
                let role = self.policy.role(of, name);
                place.is_none_or(|place| place == namespace)
                    && role.is_some_and(|role| {
                        self.policy.rules_of(role).any(|(_, rule)| rule.allows(&action))
                    })
            }
        }
    }

    /// Whether some verb is allowed on some of the resources, of this name.
    fn may(&self, who: &Who<'a>, verbs: &[&str], what: What, place: &str, name: &str) -> bool {
        let (groups, resources, subresource) = what;
        groups.iter().any(|group| {
            resources.iter().any(|resource| {
                verbs.iter().any(|verb| {
                    let unnamed = *verb == "create" && subresource.is_empty();
                    let name = if unnamed { "" } else { name };
                    let [verb, group, resource, subresource, namespace, name] =
                        [*verb, *group, *resource, subresource, place, name].map(str::to_owned);
                    let action =
                        ResourceAction { verb, group, resource, subresource, namespace, name };
                    self.allowed(who, Action::Resource(action))
                })
            })
        })
    }

    /// Whether that is so for some name.
    fn can(&self, who: &Who<'a>, verbs: &[&str], what: What, place: &str) -> bool {
        let names = NAMES.iter().chain([&UNNAMED]);
        names.into_iter().any(|name| self.may(who, verbs, what, place, name))
    }

    /// Everything that follows from these rights at once.
    fn gains(&self, who: &Who<'a>) -> Vec<Gain<'a>> {
        let mut gains = self.cluster_gains(who);
        for place in NAMESPACES {
            let at = place.unwrap_or(ELSEWHERE);
            let can = |verbs: &[&str], what| self.can(who, verbs, what, at);
            if can(&["create"], PODS) || can(WRITE, WORKLOADS) {
                gains.extend([Gain::ActAsAccounts(place), Gain::Secrets(place), Gain::Nodes]);
            }
            let enter = [(&[""][..], &["pods"][..], "exec"), (&[""], &["pods"], "attach")];
            let debug = (&[""][..], &["pods"][..], "ephemeralcontainers");
            if enter.iter().any(|what| can(&["create", "get"], *what))
                || can(&["update", "patch"], debug)
            {
                gains.push(Gain::ActAsAccounts(place));
            }
            if can(&["update", "patch"], core(&["namespaces"])) {
                gains.push(Gain::PodSecurity(place));
            }
            if can(&["get", "list", "watch"], core(&["secrets"])) {
                gains.push(Gain::Secrets(place));
                if can(&["create"], core(&["secrets"])) {
                    gains.push(Gain::ActAsAccounts(place));
                }
            }
            if can(&["escalate"], rbac(&["roles"])) && can(WRITE, rbac(&["roles"])) {
                gains.push(Gain::EverythingIn(place));
            }
            gains.extend(self.bound(who, place));
            gains.extend(self.accounts(who, place));
        }
        gains
    }

    /// What follows from rights outside of namespaces.
    fn cluster_gains(&self, who: &Who<'a>) -> Vec<Gain<'a>> {
        let can = |verbs: &[&str], what| self.can(who, verbs, what, ELSEWHERE);
        let hooks = |kind: &'static [&'static str]| -> What {
            (&["admissionregistration.k8s.io"], kind, "")
        };
        let mut gains = Vec::new();
        let roles = rbac(&["clusterroles"]);
        if can(WRITE, roles) {
            gains.push(Gain::Aggregation);
            gains.extend(can(&["escalate"], roles).then_some(Gain::Everything));
        }
        if can(WRITE, hooks(&["mutatingwebhookconfigurations"])) {
            gains.push(Gain::Everything);
        }
        if can(WRITE, hooks(&["validatingwebhookconfigurations"])) {
            gains.push(Gain::Secrets(None));
        }
        if can(&["get", "create"], (&[""], &["nodes"], "proxy")) {
            gains.push(Gain::Nodes);
        }
        if can(&["impersonate"], (&["authentication.k8s.io"], &["uids"], "")) {
            gains.push(Gain::Attributes);
        }
        let signers = (&[CERTIFICATES][..], &["signers"][..], "");
        if can(&["create"], (&[CERTIFICATES], &["certificatesigningrequests"], ""))
            && can(
                &["update", "patch"],
                (&[CERTIFICATES], &["certificatesigningrequests"], "approval"),
            )
            && self.may(who, &["approve"], signers, ELSEWHERE, SIGNER)
        {
            let signed = |it: &&Holder<'_>| {
                matches!(it, Holder::User(_) | Holder::Group(_) | Holder::OtherUser)
            };
            gains.extend(self.holders.iter().filter(signed).map(|it| Gain::ActAs(*it)));
        }
        gains.extend(self.impersonated(who));
        gains
    }

    fn impersonated(&self, who: &Who<'a>) -> Vec<Gain<'a>> {
        let may =
            |resource, name: &str| self.may(who, &["impersonate"], core(resource), ELSEWHERE, name);
        let mut gains = Vec::new();
        for &holder in self.holders.iter().chain(&NAMES.map(Holder::User)) {
            let name = match holder {
                Holder::User(name) => name,
                _ => UNNAMED,
            };
            let is_user = matches!(holder, Holder::User(_) | Holder::OtherUser);
            gains.extend((is_user && may(&["users"], name)).then_some(Gain::ActAs(holder)));
        }
        let somebody = self.can(who, &["impersonate"], core(&["users"]), ELSEWHERE)
            || NAMESPACES.iter().any(|place| {
                let at = place.unwrap_or(ELSEWHERE);
                self.can(who, &["impersonate"], core(&["serviceaccounts"]), at)
            });
        if somebody && may(&["groups"], "system:masters") {
            gains.push(Gain::Everything);
        }
        let groups = NAMES.iter().filter(|name| somebody && may(&["groups"], name));
        gains.extend(groups.map(|name| Gain::ActAs(Holder::Group(name))));
        gains
    }

    /// What it may bind itself to.
    fn bound(&self, who: &Who<'a>, place: Option<&'a str>) -> Vec<Gain<'a>> {
        let at = place.unwrap_or(ELSEWHERE);
        let bind = |resource, name: &str| self.may(who, &["bind"], rbac(resource), at, name);
        let writes = |resource| self.can(who, WRITE, rbac(resource), at);
        let mut gains = Vec::new();
        let everywhere = place.is_none() && writes(&["clusterrolebindings"]);
        if everywhere && bind(&["clusterroles"], UNNAMED) {
            gains.push(Gain::Everything);
        }
        if writes(&["rolebindings"]) && bind(&["clusterroles"], UNNAMED) {
            gains.push(Gain::EverythingIn(place));
        }
        let roles = self.policy.roles.iter().map(|it| it.object.name());
        let bound = roles.filter(|name| {
            (everywhere || writes(&["rolebindings"])) && bind(&["clusterroles"], name)
        });
        gains.extend(bound.map(|name| Gain::Role(RoleKind::ClusterRole, name, place)));
        gains
    }

    /// The service accounts that it may impersonate or make tokens of.
    fn accounts(&self, who: &Who<'a>, place: Option<&'a str>) -> Vec<Gain<'a>> {
        let at = place.unwrap_or(ELSEWHERE);
        let may = |name: &str| {
            let token = (&[""][..], &["serviceaccounts"][..], "token");
            self.may(who, &["create"], token, at, name)
                || self.may(who, &["impersonate"], core(&["serviceaccounts"]), at, name)
        };
        let all = may(UNNAMED).then_some(Gain::ActAsAccounts(place));
        let known = self.holders.iter().filter_map(|holder| match holder {
            Holder::ServiceAccount(namespace, _) | Holder::ServiceAccountOf(namespace) => {
                Some(*namespace)
            }
            _ => None,
        });
        let namespaces: Vec<_> = place.map_or_else(|| known.collect(), |place| vec![place]);
        let named = namespaces.iter().flat_map(|namespace| {
            NAMES.iter().map(move |name| Holder::ServiceAccount(namespace, name))
        });
        let named = named.filter(|it| matches!(it, Holder::ServiceAccount(_, name) if may(name)));
        all.into_iter().chain(named.map(Gain::ActAs)).collect()
    }

    /// Whose rights come with a gain.
    fn rights(&self, gain: Gain<'a>) -> Vec<Who<'a>> {
        let user = |holder| Who::User(self.names.user(holder));
        let accounts = |of: Option<&str>| {
            let inside = |holder: &&Holder<'a>| match holder {
                Holder::ServiceAccount(namespace, _) | Holder::ServiceAccountOf(namespace) => {
                    of.is_none_or(|of| of == *namespace)
                }
                _ => false,
            };
            self.holders.iter().filter(inside).map(|it| user(*it)).collect::<Vec<_>>()
        };
        match gain {
            Gain::ActAs(holder) => vec![user(holder)],
            Gain::ActAsAccounts(Some(at)) => {
                let other = user(Holder::ServiceAccountOf(at));
                accounts(Some(at)).into_iter().chain([other]).collect()
            }
            Gain::ActAsAccounts(None) | Gain::Nodes => {
                let other = user(Holder::OtherServiceAccount);
                accounts(None).into_iter().chain([other]).collect()
            }
            Gain::EverythingIn(place) => vec![Who::All(place)],
            Gain::Role(kind, name, place) => vec![Who::Role(kind, name, place)],
            _ => Vec::new(),
        }
    }

    /// All gains, by applying the steps until nothing is added.
    fn reach(&self, holder: Holder<'a>) -> BTreeSet<Gain<'a>> {
        let mut gains: BTreeSet<_> = [Gain::ActAs(holder)].into();
        let mut fresh = gains.clone();
        while !fresh.is_empty() {
            let rights = fresh.iter().flat_map(|gain| self.rights(*gain));
            let next: BTreeSet<_> = rights.flat_map(|who| self.gains(&who)).collect();
            fresh = next.difference(&gains).copied().collect();
            gains.extend(&fresh);
        }
        gains
    }
}

/// All that gains mean, in single rights, so that what is said in other words is the same.
fn meaning<'a>(gains: &BTreeSet<Gain<'a>>, holders: &[Holder<'a>]) -> BTreeSet<String> {
    if gains.contains(&Gain::Everything) {
        return [Gain::Everything.to_string()].into();
    }
    let mut all = BTreeSet::new();
    for &gain in gains {
        let places = |place: Option<&'a str>| match place {
            None => NAMESPACES.to_vec(),
            Some(place) => vec![Some(place)],
        };
        let accounts = |of: Option<&str>| {
            let inside = |holder: &&Holder<'_>| match holder {
                Holder::ServiceAccount(namespace, _) => of.is_none_or(|of| of == *namespace),
                _ => false,
            };
            holders.iter().filter(inside).map(|it| Gain::ActAs(*it)).collect::<Vec<_>>()
        };
        let means = match gain {
            Gain::EverythingIn(at) => places(at).into_iter().map(Gain::EverythingIn).collect(),
            Gain::Secrets(at) => places(at).into_iter().map(Gain::Secrets).collect(),
            Gain::PodSecurity(at) => places(at).into_iter().map(Gain::PodSecurity).collect(),
            Gain::Role(kind, name, at) if name.starts_with('r') => {
                let all = |at: Option<&'a str>| {
                    gains.contains(&Gain::EverythingIn(None))
                        || gains.contains(&Gain::EverythingIn(at))
                };
                places(at)
                    .into_iter()
                    .filter(|at| !all(*at))
                    .map(|at| Gain::Role(kind, name, at))
                    .collect()
            }
            Gain::ActAsAccounts(at) => {
                let of = places(at).into_iter().map(Gain::ActAsAccounts);
                of.chain(accounts(at)).collect()
            }
            Gain::Nodes => accounts(None).into_iter().chain([gain]).collect(),
            // What roles that are not there grant is nothing.
            Gain::Role(_, name, _) if !name.starts_with('r') => Vec::new(),
            // What those without grants of their own have is what their groups grant, which is
            // followed; that they are reached is not the point.
            Gain::ActAs(Holder::OtherServiceAccount | Holder::ServiceAccountOf(_)) => Vec::new(),
            Gain::ActAs(holder) if !holders.contains(&holder) => Vec::new(),
            _ => vec![gain],
        };
        all.extend(means.iter().map(ToString::to_string));
    }
    all
}

const RULES: &[(&str, &str, &str)] = &[
    ("escalate", GROUP, "roles"),
    ("escalate", GROUP, "clusterroles"),
    ("update", GROUP, "roles"),
    ("create", GROUP, "clusterroles"),
    ("bind", GROUP, "clusterroles"),
    ("bind", GROUP, "clusterroles"),
    ("create", GROUP, "rolebindings"),
    ("patch", GROUP, "rolebindings"),
    ("create", GROUP, "clusterrolebindings"),
    ("impersonate", "", "users"),
    ("impersonate", "", "groups"),
    ("impersonate", "", "serviceaccounts"),
    ("impersonate", "authentication.k8s.io", "uids"),
    ("create", "", "serviceaccounts/token"),
    ("create", "", "pods"),
    ("patch", "apps", "deployments"),
    ("get", "", "pods/exec"),
    ("update", "", "pods/ephemeralcontainers"),
    ("get", "", "secrets"),
    ("list", "", "secrets"),
    ("create", "", "secrets"),
    ("get", "", "nodes/proxy"),
    ("create", CERTIFICATES, "certificatesigningrequests"),
    ("update", CERTIFICATES, "certificatesigningrequests/approval"),
    ("approve", CERTIFICATES, "signers"),
    ("update", "admissionregistration.k8s.io", "validatingwebhookconfigurations"),
    ("update", "admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
    ("get", "", "configmaps"),
];

const SUBJECTS: &[&str] = &[
    "{kind: User, name: m}",
    "{kind: User, name: n}",
    "{kind: User, name: 'system:anonymous'}",
    "{kind: Group, name: m}",
    "{kind: Group, name: 'system:authenticated'}",
    "{kind: Group, name: 'system:serviceaccounts'}",
    "{kind: Group, name: 'system:serviceaccounts:a'}",
    "{kind: ServiceAccount, name: m, namespace: a}",
    "{kind: ServiceAccount, name: n, namespace: a}",
    "{kind: ServiceAccount, name: m, namespace: b}",
];

fn cluster(dice: &mut Dice) -> String {
    let count = 2 + dice.below(3);
    let mut text = String::new();
    for role in 0..count {
        let rules: Vec<_> = (0..=dice.below(3))
            .map(|_| {
                let (verb, group, resource) = dice.pick(RULES);
                let (verb, resource) = match dice.below(12) {
                    0 => ("*", resource),
                    1 => (verb, "*"),
                    _ => (verb, resource),
                };
                // What a namespace's label is worth is up to which one it is, so that names count.
                let names = if dice.one_in(3) {
                    format!(", resourceNames: [{}]", dice.pick(&NAMES))
                } else {
                    String::new()
                };
                format!(
                    "{{verbs: ['{verb}'], apiGroups: ['{group}'], resources: ['{resource}']{names}}}"
                )
            })
            .collect();
        let place = dice.pick(&NAMESPACES);
        text += &granted(&format!("r{role}"), &rules.join(", "), place, dice.pick(SUBJECTS));
    }
    text
}

fn compare_many(seed: u64, count: usize) -> usize {
    let mut dice = Dice(seed);
    let mut far = 0;
    for _ in 0..count {
        let text = cluster(&mut dice);
        let objects = objects(&text);
        let policy = Policy::read(&objects, None);
        let closure = Closure::new(&policy);
        let holders: BTreeSet<_> = closure.holders().chain([Holder::OtherUser]).collect();
        let holders: Vec<_> = holders.into_iter().collect();
        let names = Names::of(holders.iter().copied());
        let brute = Brute { policy: &policy, names, holders: holders.clone() };
        for &holder in &holders {
            let reach = closure.reach(holder);
            let said: BTreeSet<_> =
                holder.with_groups().map(Gain::ActAs).chain(reach.gains()).collect();
            let mut expected = brute.reach(holder);
            expected.extend(holder.with_groups().map(Gain::ActAs));
            let [said_means, means] = [&said, &expected].map(|gains| meaning(gains, &holders));
            assert_eq!(said_means, means, "{holder}\n{said:?}\n{text}");
            far += usize::from(reach.steps.iter().any(|step| step.from.is_some()));
        }
    }
    far
}

#[test]
fn reach_is_the_fixed_point_over_concrete_requests() {
    let clusters = cases(400).cases as usize;
    let far = compare_many(11, clusters);
    assert!(far > clusters / 10, "{far}");
}
