use std::sync::Arc;

use seatrial_core::SourceFile;
use seatrial_manifests::{Object, read};

use super::*;
use crate::rbac::Baseline;

fn objects(text: &str) -> Vec<Object> {
    read(Arc::new(SourceFile::new("a.yaml", text))).objects
}

/// A cluster role of one rule, bound to the user `u` everywhere.
fn with_rule(rule: &str) -> Vec<Object> {
    objects(&format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: r}}\n\
         rules: [{rule}]\n---\n{}",
        binding("ClusterRoleBinding", "", "ClusterRole, name: r", "{kind: User, name: u}")
    ))
}

fn binding(kind: &str, namespace: &str, role: &str, subjects: &str) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\n\
         metadata: {{name: b, namespace: '{namespace}'}}\n\
         roleRef: {{kind: {role}, apiGroup: rbac.authorization.k8s.io}}\nsubjects: [{subjects}]\n"
    )
}

/// `verb group resource subresource namespace name`, `-` for nothing.
fn resource(text: &str) -> Action {
    let mut parts = text.split(' ').map(|part| part.trim_start_matches('-').to_owned());
    let mut next = || parts.next().unwrap();
    Action::Resource(ResourceAction {
        verb: next(),
        group: next(),
        resource: next(),
        subresource: next(),
        namespace: next(),
        name: next(),
    })
}

fn url(verb: &str, path: &str) -> Action {
    Action::Url { verb: verb.to_owned(), path: path.to_owned() }
}

fn decide(objects: &[Object], user: User, action: Action) -> Decision {
    let policy = Policy::read(objects, None);
    policy.authorize(&Request { user, action }).decision
}

#[test]
fn rules_match_resources_as_the_authorizer_does() {
    for (rule, action, expected) in [
        // Verbs.
        ("{verbs: [get], apiGroups: [''], resources: [pods]}", "get - pods - n a", true),
        ("{verbs: [get], apiGroups: [''], resources: [pods]}", "list - pods - n -", false),
        ("{verbs: ['*'], apiGroups: [''], resources: [pods]}", "frob - pods - n a", true),
        ("{verbs: [GET], apiGroups: [''], resources: [pods]}", "get - pods - n a", false),
        // Groups.
        ("{verbs: [get], apiGroups: ['*'], resources: [pods]}", "get x.y pods - n a", true),
        ("{verbs: [get], apiGroups: [''], resources: [pods]}", "get x.y pods - n a", false),
        // Resources and subresources.
        ("{verbs: [get], apiGroups: [''], resources: ['*']}", "get - pods log n a", true),
        ("{verbs: [get], apiGroups: [''], resources: [pods]}", "get - pods log n a", false),
        ("{verbs: [get], apiGroups: [''], resources: [pods/log]}", "get - pods log n a", true),
        ("{verbs: [get], apiGroups: [''], resources: [pods/log]}", "get - pods - n a", false),
        ("{verbs: [get], apiGroups: [''], resources: ['*/log']}", "get - pods log n a", true),
        ("{verbs: [get], apiGroups: [''], resources: ['*/log']}", "get - log - n a", false),
        ("{verbs: [get], apiGroups: [''], resources: ['*/*']}", "get - pods log n a", false),
        ("{verbs: [get], apiGroups: [''], resources: ['*/*']}", "get - pods - n a", false),
        ("{verbs: [get], apiGroups: [''], resources: ['pods/*']}", "get - pods log n a", false),
        ("{verbs: [get], apiGroups: [''], resources: ['pods/*']}", "get - pods * n a", true),
        // Names: no empty name is in a list of names.
        (
            "{verbs: ['*'], apiGroups: [''], resources: [pods], resourceNames: [a]}",
            "get - pods - n a",
            true,
        ),
        (
            "{verbs: ['*'], apiGroups: [''], resources: [pods], resourceNames: [a]}",
            "get - pods - n b",
            false,
        ),
        (
            "{verbs: ['*'], apiGroups: [''], resources: [pods], resourceNames: [a]}",
            "create - pods - n -",
            false,
        ),
        (
            "{verbs: ['*'], apiGroups: [''], resources: [pods], resourceNames: [a]}",
            "list - pods - n a",
            true,
        ),
        (
            "{verbs: [create], apiGroups: [''], resources: [pods/exec], resourceNames: [a]}",
            "create - pods exec n a",
            true,
        ),
        // No wildcards in names.
        (
            "{verbs: [get], apiGroups: [''], resources: [pods], resourceNames: ['*']}",
            "get - pods - n a",
            false,
        ),
        // A rule about URLs grants no resources.
        ("{verbs: ['*'], nonResourceURLs: ['*']}", "get - pods - n a", false),
    ] {
        let decision = decide(&with_rule(rule), User::named("u"), resource(action));
        assert_eq!(decision == Decision::Allowed, expected, "{rule} {action}");
    }
}

#[test]
fn rules_match_urls_as_the_authorizer_does() {
    for (pattern, path, expected) in [
        ("*", "/healthz", true),
        ("*", "", true),
        ("/healthz", "/healthz", true),
        ("/healthz", "/healthz/", false),
        ("/api/*", "/api/v1", true),
        ("/api/*", "/api/", true),
        ("/api/*", "/api", false),
        ("/api*", "/apis", true),
        ("/api/**", "/api/v1", true),
        ("/a*/b", "/ax/b", false),
        ("/a*/b", "/a*/b", true),
    ] {
        let rule = format!("{{verbs: [get], nonResourceURLs: ['{pattern}']}}");
        let decision = decide(&with_rule(&rule), User::named("u"), url("get", path));
        assert_eq!(decision == Decision::Allowed, expected, "{pattern} {path}");
    }
    let objects = with_rule("{verbs: ['*'], apiGroups: ['*'], resources: ['*']}");
    assert_eq!(decide(&objects, User::named("u"), url("get", "/x")), Decision::Denied);
}

#[test]
fn subjects_match_users_groups_and_service_accounts() {
    let account = || User::service_account("n", "a");
    for (kind, namespace, subject, user, expected) in [
        ("RoleBinding", "n", "{kind: User, name: u}", User::named("u"), true),
        ("RoleBinding", "n", "{kind: User, name: U}", User::named("u"), false),
        ("RoleBinding", "n", "{kind: User, name: '*'}", User::named("u"), false),
        ("RoleBinding", "n", "{kind: Group, name: u}", User::named("u"), false),
        (
            "RoleBinding",
            "n",
            "{kind: Group, name: g}",
            User::with_groups("u", ["g".to_owned()]),
            true,
        ),
        ("RoleBinding", "n", "{kind: Group, name: 'system:authenticated'}", account(), true),
        (
            "RoleBinding",
            "n",
            "{kind: Group, name: 'system:authenticated'}",
            User::named("system:anonymous"),
            false,
        ),
        (
            "RoleBinding",
            "n",
            "{kind: Group, name: 'system:unauthenticated'}",
            User::named("system:anonymous"),
            true,
        ),
        ("RoleBinding", "n", "{kind: Group, name: 'system:serviceaccounts'}", account(), true),
        ("RoleBinding", "n", "{kind: Group, name: 'system:serviceaccounts:n'}", account(), true),
        ("RoleBinding", "n", "{kind: Group, name: 'system:serviceaccounts:m'}", account(), false),
        // The namespace of an account is that of the binding, if it has one.
        ("RoleBinding", "n", "{kind: ServiceAccount, name: a}", account(), true),
        ("RoleBinding", "n", "{kind: ServiceAccount, name: a, namespace: 'n'}", account(), true),
        ("RoleBinding", "n", "{kind: ServiceAccount, name: a, namespace: 'm'}", account(), false),
        ("ClusterRoleBinding", "", "{kind: ServiceAccount, name: a}", account(), false),
        (
            "ClusterRoleBinding",
            "",
            "{kind: ServiceAccount, name: a, namespace: 'n'}",
            account(),
            true,
        ),
        ("RoleBinding", "n", "{kind: User, name: 'system:serviceaccount:n:a'}", account(), true),
        ("RoleBinding", "n", "{kind: Pod, name: u}", User::named("u"), false),
    ] {
        let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n\
                    metadata: {name: r}\nrules: [{verbs: ['*'], apiGroups: ['*'], resources: ['*']}]";
        let text = binding(kind, namespace, "ClusterRole, name: r", subject);
        let decision =
            decide(&objects(&format!("{role}\n---\n{text}")), user, resource("get - pods - n a"));
        assert_eq!(decision == Decision::Allowed, expected, "{kind} {subject}");
    }
}

#[test]
fn a_binding_of_a_namespace_grants_there_and_nothing_else() {
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\n\
                rules:\n- {verbs: ['*'], apiGroups: ['*'], resources: ['*']}\n\
                - {verbs: ['*'], nonResourceURLs: ['*']}";
    let text = binding("RoleBinding", "n", "ClusterRole, name: r", "{kind: User, name: u}");
    let objects = objects(&format!("{role}\n---\n{text}"));
    for (action, expected) in [
        (resource("get - pods - n a"), true),
        (resource("get - pods - m a"), false),
        (resource("list - pods - - -"), false),
        (resource("get - nodes - - a"), false),
        (resource("get - namespaces - n n"), true),
        (url("get", "/healthz"), false),
    ] {
        let decision = decide(&objects, User::named("u"), action.clone());
        assert_eq!(decision == Decision::Allowed, expected, "{action}");
    }
}

#[test]
fn a_role_is_that_of_the_bindings_namespace_and_a_missing_one_is_unknown() {
    let role = |namespace: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n\
             metadata: {{name: r, namespace: '{namespace}'}}\n\
             rules: [{{verbs: [get], apiGroups: [''], resources: [pods]}}]"
        )
    };
    let text = binding("RoleBinding", "n", "Role, name: r", "{kind: User, name: u}");
    for (namespace, action, expected) in [
        ("n", "get - pods - n a", Decision::Allowed),
        ("n", "get - secrets - n a", Decision::Denied),
        ("m", "get - pods - n a", Decision::Unknown),
        ("m", "get - pods - m a", Decision::Denied),
    ] {
        let objects = objects(&format!("{}\n---\n{text}", role(namespace)));
        assert_eq!(decide(&objects, User::named("u"), resource(action)), expected, "{action}");
    }
}

#[test]
fn masters_may_do_everything() {
    let user = User::with_groups("u", ["system:masters".to_owned()]);
    let answer = Policy::default().authorize(&Request { user, action: url("get", "/x") });
    assert!(answer.privileged && answer.decision == Decision::Allowed);
}

#[test]
fn built_in_roles_are_unknown_unless_they_are_taken_from_the_baseline() {
    let text = binding("RoleBinding", "n", "ClusterRole, name: edit", "{kind: User, name: u}");
    let feeder = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n\
                  metadata: {name: f, labels: {rbac.authorization.k8s.io/aggregate-to-view: 'true'}}\n\
                  rules: [{verbs: [get], apiGroups: [x.y], resources: [things]}]";
    let objects = objects(&format!("{text}---\n{feeder}"));
    let request = |action: &str| Request { user: User::named("u"), action: resource(action) };
    let alone = Policy::read(&objects, None);
    assert_eq!(alone.authorize(&request("get - secrets - n a")).decision, Decision::Unknown);
    let with = Policy::read(&objects, Some(Baseline::kubernetes()));
    assert_eq!(with.authorize(&request("get - secrets - n a")).decision, Decision::Allowed);
    assert_eq!(with.authorize(&request("get - nodes - n a")).decision, Decision::Denied);
    // What is collected from `view` by way of `edit` is attributed to the role that states it.
    let answer = with.authorize(&request("get x.y things - n a"));
    let source = with.rules[answer.grants[0].rule].source();
    assert_eq!((&*source.resource.name, &*source.pointer), ("f", "/rules/0"));
    assert_eq!(with.assumed, ["edit", "system:aggregate-to-edit", "system:aggregate-to-view"]);
}

#[test]
fn an_aggregated_role_collects_through_circles_and_its_own_rules_do_not_count() {
    let role = |name: &str, label: &str, from: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n\
             metadata: {{name: {name}, labels: {{{label}: 'true'}}}}\n\
             aggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{{from}: 'true'}}}}]}}\n\
             rules: [{{verbs: [delete], apiGroups: [''], resources: [pods]}}]\n---\n"
        )
    };
    let leaf = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n\
                metadata: {name: leaf, labels: {b: 'true'}}\n\
                rules: [{verbs: [get], apiGroups: [''], resources: [pods]}]\n---\n";
    let text = binding("ClusterRoleBinding", "", "ClusterRole, name: x", "{kind: User, name: u}");
    let objects =
        objects(&[role("x", "b", "a"), role("y", "a", "b"), leaf.to_owned(), text].concat());
    let decided = |action: &str| decide(&objects, User::named("u"), resource(action));
    assert_eq!(decided("get - pods - n a"), Decision::Allowed);
    assert_eq!(decided("delete - pods - n a"), Decision::Denied);
}
