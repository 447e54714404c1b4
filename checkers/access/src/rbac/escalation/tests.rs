use super::*;
use crate::rbac::Baseline;
use crate::rbac::testing::{granted, objects};

/// What the user `u` comes to with a rule, everywhere or in the namespace `team`, beside a service
/// account `team/app` with rights on secrets of `prod`: a line a step.
fn reached(rules: &str, place: Option<&str>) -> String {
    let secrets = "{verbs: [get], apiGroups: [''], resources: [secrets]}";
    let text = granted("r", rules, place, "{kind: User, name: u}")
        + &granted(
            "app",
            secrets,
            Some("prod"),
            "{kind: ServiceAccount, name: app, namespace: team}",
        );
    let objects = objects(&text);
    let policy = Policy::read(&objects, Some(Baseline::kubernetes()));
    let reach = Closure::new(&policy).reach(Holder::User("u"));
    let lines = reach.steps.iter().map(|step| {
        let from = step.from.map(|from| format!("{from}: ")).unwrap_or_default();
        let unless = step.unless.map(|_| " (perhaps)").unwrap_or_default();
        format!("{from}{} -> {}{unless}\n", step.technique, step.gain)
    });
    lines.collect()
}

#[test]
fn each_technique_leads_where_it_should_and_half_of_it_nowhere() {
    let rbac = "apiGroups: [rbac.authorization.k8s.io]";
    let core = "apiGroups: ['']";
    let certificates = "apiGroups: [certificates.k8s.io]";
    for (rules, place, expected) in [
        (format!("{{verbs: [escalate, update], {rbac}, resources: [clusterroles]}}"), None, "escalate-roles -> everything in the cluster"),
        (format!("{{verbs: [escalate], {rbac}, resources: [clusterroles]}}"), None, ""),
        (format!("{{verbs: [escalate, update], {rbac}, resources: [clusterroles]}}"), Some("team"), ""),
        (format!("{{verbs: [escalate, create], {rbac}, resources: [roles]}}"), Some("team"), "escalate-roles -> everything in namespace team"),
        (format!("{{verbs: [bind, create], {rbac}, resources: [clusterroles, clusterrolebindings]}}"), None, "bind-roles -> everything in the cluster"),
        (format!("{{verbs: [bind, create], {rbac}, resources: [clusterroles, rolebindings]}}"), Some("team"), "bind-roles -> everything in namespace team"),
        (format!("{{verbs: [create], {rbac}, resources: [rolebindings, roles]}}"), Some("team"), ""),
        (format!("{{verbs: [bind], {rbac}, resources: [clusterroles], resourceNames: [view]}}, {{verbs: [create], {rbac}, resources: [rolebindings]}}"), Some("team"), "bind-roles -> what ClusterRole view grants in namespace team"),
        (format!("{{verbs: [impersonate], {core}, resources: [users, groups]}}"), None, "impersonate-groups -> everything in the cluster"),
        (format!("{{verbs: [impersonate], {core}, resources: [groups]}}"), None, ""),
        (format!("{{verbs: [impersonate], {core}, resources: [groups, users], resourceNames: [dev]}}"), None, "impersonate-users -> the rights of user dev"),
        (format!("{{verbs: [impersonate], {core}, resources: [serviceaccounts]}}"), Some("team"), "impersonate-service-accounts -> the rights of every service account of namespace team"),
        ("{verbs: [impersonate], apiGroups: [authentication.k8s.io], resources: [userextras/scopes]}".to_owned(), None, "impersonate-attributes -> ids and extra attributes of users"),
        (format!("{{verbs: [create], {core}, resources: [serviceaccounts/token], resourceNames: [app]}}"), Some("team"), "create-tokens -> the rights of service account team/app"),
        (format!("{{verbs: [create], {core}, resources: [serviceaccounts]}}"), Some("team"), ""),
        (format!("{{verbs: [create, get], {core}, resources: [secrets]}}"), Some("team"), "token-secrets -> the rights of every service account of namespace team"),
        (format!("{{verbs: [create], {core}, resources: [pods]}}"), Some("team"), "run-pods -> the rights of every service account of namespace team"),
        (format!("{{verbs: [create], {core}, resources: [pods], resourceNames: [x]}}"), Some("team"), ""),
        ("{verbs: [patch], apiGroups: [apps], resources: [deployments]}".to_owned(), Some("team"), "run-pods -> the secrets of namespace team"),
        (format!("{{verbs: [create], {core}, resources: [pods/exec]}}"), Some("team"), "enter-pods -> the rights of every service account of namespace team (perhaps)"),
        (format!("{{verbs: [patch], {core}, resources: [pods/ephemeralcontainers]}}"), Some("team"), "enter-pods -> the rights of every service account of namespace team (perhaps)"),
        (format!("{{verbs: [list], {core}, resources: [secrets]}}"), Some("team"), "read-secrets -> the secrets of namespace team"),
        (format!("{{verbs: [get], {core}, resources: [nodes/proxy]}}"), None, "proxy-nodes -> code on the nodes"),
        (format!("{{verbs: [create, update, approve], {certificates}, resources: [certificatesigningrequests, certificatesigningrequests/approval, signers]}}"), None, "approve-certificates -> the rights of user u2"),
        (format!("{{verbs: [create, update], {certificates}, resources: [certificatesigningrequests, certificatesigningrequests/approval]}}"), None, ""),
        ("{verbs: [patch], apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations]}".to_owned(), None, "mutating-webhooks -> everything in the cluster (perhaps)"),
        ("{verbs: [patch], apiGroups: [admissionregistration.k8s.io], resources: [validatingwebhookconfigurations]}".to_owned(), None, "validating-webhooks -> the secrets of all namespaces (perhaps)"),
        (format!("{{verbs: [patch], {core}, resources: [namespaces]}}"), Some("team"), "label-namespaces -> the pod security level of namespace team"),
        (format!("{{verbs: [patch, create], {core}, resources: [namespaces, pods]}}"), Some("team"), "label-namespaces -> code on the nodes"),
        (format!("{{verbs: [create], {core}, resources: [persistentvolumes, pods]}}"), None, "host-volumes -> code on the nodes"),
        (format!("{{verbs: [create], {rbac}, resources: [clusterroles]}}"), None, "feed-aggregation -> aggregated roles, fed with its own rights"),
        (format!("{{verbs: [get, list], {core}, resources: [pods, configmaps]}}"), None, ""),
    ] {
        let other = "{verbs: [get], apiGroups: [x], resources: [x]}";
        let rules = format!("{rules}, {other}");
        // Someone else to be: a user with rights.
        let reached = if expected.contains("u2") {
            let text = granted("r", &rules, place, "{kind: User, name: u}")
                + &granted("o", other, None, "{kind: User, name: u2}");
            let objects = objects(&text);
            let policy = Policy::read(&objects, None);
            let reach = Closure::new(&policy).reach(Holder::User("u"));
            reach.steps.iter().map(|s| format!("{} -> {}\n", s.technique, s.gain)).collect()
        } else {
            reached(&rules, place)
        };
        if expected.is_empty() {
            assert_eq!(reached, "", "{rules} {place:?}");
        } else {
            assert!(reached.lines().any(|line| line == expected), "{rules} {place:?}:\n{reached}");
        }
    }
}

#[test]
fn steps_are_followed_to_the_end_with_their_sources() {
    insta::assert_snapshot!(
        reached("{verbs: [create], apiGroups: [''], resources: [pods]}", Some("team")),
        @r#"
    run-pods -> the rights of every service account of namespace team
    run-pods -> the secrets of namespace team
    run-pods -> code on the nodes (perhaps)
    0: one-of-them -> the rights of service account team/app
    3: read-secrets -> the secrets of namespace prod
    "#
    );
    // The service account of the controller that aggregates roles may change any of them.
    let text = granted(
        "r",
        "{verbs: [create], apiGroups: [''], resources: [serviceaccounts/token]}",
        Some("kube-system"),
        "{kind: User, name: u}",
    ) + "---\n"
        + Baseline::kubernetes().objects()[0].file.text();
    let objects = objects(&text);
    let policy = Policy::read(&objects, None);
    let reach = Closure::new(&policy).reach(Holder::User("u"));
    let end = reach.steps.iter().position(|step| step.gain == Gain::Everything).unwrap();
    let path = reach.path(end);
    let shown: String = path
        .iter()
        .map(|step| {
            let sources: Vec<_> = step
                .sources
                .iter()
                .map(|source| format!("{}{}", source.resource, source.pointer))
                .collect();
            format!("{} -> {} [{}]\n", step.technique, step.gain, sources.join(", "))
        })
        .collect();
    insta::assert_snapshot!(shown, @r#"
    create-tokens -> the rights of every service account of namespace kube-system [ClusterRole r/rules/0, RoleBinding kube-system/r]
    one-of-them -> the rights of service account kube-system/clusterrole-aggregation-controller []
    escalate-roles -> everything in the cluster [ClusterRole system:controller:clusterrole-aggregation-controller/rules/0, ClusterRoleBinding system:controller:clusterrole-aggregation-controller]
    "#);
}

#[test]
fn who_acts_as_one_with_more_rights_has_new_reach_without_a_change_of_its_own() {
    let token = "{verbs: [create], apiGroups: [''], resources: [serviceaccounts/token]}";
    let secrets = "{verbs: [get], apiGroups: [''], resources: [secrets]}";
    let policy = |rules: &str, place| {
        let account = "{kind: ServiceAccount, name: app, namespace: team}";
        granted("u", token, Some("team"), "{kind: User, name: u}")
            + &granted("app", rules, place, account)
    };
    let (old, new) = (objects(&policy(secrets, Some("team"))), objects(&policy(secrets, None)));
    let (old, new) = (Policy::read(&old, None), Policy::read(&new, None));
    let found = new_reach(&old, &new);
    let gains: Vec<_> = found
        .iter()
        .flat_map(|one| one.new.iter().map(|&at| (one.holder, one.reach.steps[at].gain)))
        .collect();
    let account = Holder::ServiceAccount("team", "app");
    let expected = [(account, Gain::Secrets(None)), (Holder::User("u"), Gain::Secrets(None))];
    assert_eq!(gains, expected);
    assert!(new_reach(&new, &old).iter().all(|one| {
        one.new.iter().all(|&at| one.reach.steps[at].gain == Gain::Secrets(Some("team")))
    }));
    assert_eq!(new_reach(&new, &new), []);
}
