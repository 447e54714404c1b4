use std::sync::Arc;

use seatrial_core::SourceFile;
use seatrial_manifests::read;

use super::*;

/// The findings of a text, as `line: id: message`.
fn findings(text: &str) -> String {
    let objects = read(Arc::new(SourceFile::new("a.yaml", text))).objects;
    let mut policy = Policy::read(&objects, None);
    policy.found.findings.sort();
    let known: Vec<_> = FINDINGS.iter().map(|(id, _)| *id).collect();
    let line = |finding: &Finding| {
        assert!(known.contains(&&*finding.rule), "{}", finding.rule);
        let pointer = finding.pointer.as_deref().unwrap_or_default();
        let id = finding.rule.trim_start_matches("access-rbac-");
        format!("{}: {id} {pointer}: {}\n", finding.location.line, finding.message)
    };
    policy.found.findings.iter().map(line).collect()
}

#[test]
fn rules_that_are_refused_or_match_nothing_are_found() {
    insta::assert_snapshot!(findings(
        "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: a}
rules:
- {verbs: [], apiGroups: [''], resources: [pods]}
- {verbs: [get], resources: [pods]}
- {verbs: [get], apiGroups: ['']}
- {verbs: [get], apiGroups: [''], resources: [pods], nonResourceURLs: [/x]}
- {verbs: [GET, post, 'get*'], apiGroups: [core, apps/v1, v1], resources: [pods]}
- {verbs: [get], apiGroups: [''], resources: ['pods/*', '*/*', Pods, a/b/c, pods/, 'po*', '*/scale', '*']}
- {verbs: [get, create, list], apiGroups: [''], resources: [pods], resourceNames: [a, 'b*']}
- {verbs: [create], apiGroups: [''], resources: [pods/exec], resourceNames: [a]}
- {verbs: [get, post], nonResourceURLs: [healthz, '/a/*/b', '/api/*', '*']}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: a, namespace: 'n'}
rules:
- {verbs: [get], nonResourceURLs: [/x]}
"
    ), @r#"
    5: invalid /rules/0/verbs: a rule needs at least one verb
    6: invalid /rules/1: a rule about resources needs at least one API group; the core group is `""`
    7: invalid /rules/2: a rule about resources needs at least one resource
    8: invalid /rules/3/nonResourceURLs: a rule is about resources or about URLs, not both
    9: dead-rule /rules/4/verbs/0: `GET` matches no request: verbs are lower-case (`get`)
    9: dead-rule /rules/4/verbs/1: `post` is no verb of API objects: `create`
    9: dead-rule /rules/4/verbs/2: `get*` is taken literally: only `*` alone is a wildcard
    9: dead-rule /rules/4/apiGroups/0: `core` is no API group: the core group has the empty name (`""`)
    9: dead-rule /rules/4/apiGroups/1: `apps/v1` is no API group: API groups are written without a version (`"apps"`)
    9: dead-rule /rules/4/apiGroups/2: `v1` is no API group: this is a version, and the core group's is empty (`""`)
    10: dead-rule /rules/5/resources/0: `pods/*` matches no request: `*` is no wildcard behind `/`; `*` alone covers all subresources
    10: dead-rule /rules/5/resources/1: `*/*` matches no request: `*` is no wildcard behind `/`; `*` alone covers all subresources
    10: dead-rule /rules/5/resources/2: `Pods` matches no request: resources are lower-case plurals, such as `pods`
    10: dead-rule /rules/5/resources/3: `a/b/c` matches no request: a subresource has one part
    10: dead-rule /rules/5/resources/4: `pods/` matches no request: a part of it is empty
    10: dead-rule /rules/5/resources/5: `po*` matches no request: only `*` alone is a wildcard
    11: names /rules/6/verbs/1: `resourceNames` with `create`: a request to create names no object, so that this allows none
    11: names /rules/6/verbs/2: `resourceNames` with `list`: a list is allowed only with a field selector for one `metadata.name`
    11: dead-rule /rules/6/resourceNames/1: `b*` is taken literally: names have no wildcards
    13: dead-rule /rules/8/nonResourceURLs/0: `healthz` matches no request: paths begin with `/`
    13: dead-rule /rules/8/nonResourceURLs/1: `/a/*/b`: a `*` that is not at the end is taken literally
    19: invalid /rules/0/nonResourceURLs: a role cannot grant URLs, only a cluster role can
    "#);
}

#[test]
fn bindings_that_are_refused_or_name_nobody_are_found() {
    insta::assert_snapshot!(findings(
        "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
- {verbs: [get], apiGroups: [''], resources: [nodes]}
- {verbs: [get], nonResourceURLs: [/metrics]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: a}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: raeder}
subjects:
- {kind: ServiceAccount, name: x}
- {kind: User, name: '*', apiGroup: rbac.authorization.k8s.io}
- {kind: User, name: x, apiGroup: rbac}
- {kind: Group}
- {kind: Deployment, name: x}
- {kind: ServiceAccount, name: x, namespace: 'n', apiGroup: rbac.authorization.k8s.io}
- {kind: ServiceAccount, name: 'x:y', namespace: 'n'}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: b},
 roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: c, namespace: 'n'}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: c, namespace: 'n'}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: d, namespace: 'n'}
roleRef: {apiGroup: rbac, kind: ClusterRole, name: reader}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: e, namespace: 'n'}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
---
{apiVersion: rbac.authorization.k8s.io/v1alpha1, kind: RoleBinding, metadata: {name: f}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: collector}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {none: 'true'}}]}
"
    ), @r#"
    11: missing-role /roleRef/name: `ClusterRole raeder` is not there: what this grants is unknown
    13: subject /subjects/0: this subject matches nobody: a ServiceAccount needs a namespace in a ClusterRoleBinding
    14: subject /subjects/1/name: `*` is a user of that name, and no wildcard
    15: subject /subjects/2: this subject matches nobody: `apiGroup` of a User is `rbac.authorization.k8s.io`
    16: subject /subjects/3: this subject matches nobody: a name is missing
    17: subject /subjects/4: this subject matches nobody: `Deployment` is no kind of subject: `User`, `Group` or `ServiceAccount`
    18: subject /subjects/5: this subject matches nobody: `apiGroup` of a ServiceAccount is empty
    19: subject /subjects/6: this subject matches nobody: `x:y` is no name of a ServiceAccount
    22: invalid /roleRef: it cannot refer to a `Role`, only to a `ClusterRole`
    31: duplicate : stated more than once; the last statement is taken
    32: missing-role /roleRef/name: `ClusterRole cluster-admin` is not there: what this grants is unknown
    37: invalid /roleRef/apiGroup: `rbac` has no roles; write `rbac.authorization.k8s.io`
    42: dead-grant /roleRef: `ClusterRole reader` is granted inside one namespace, where its rule on URLs such as `/metrics` allows nothing
    44: version /apiVersion: `rbac.authorization.k8s.io/v1alpha1` is not known
    49: aggregation /aggregationRule: what it collects is not known: no role contributes to it
    "#);
}

#[test]
fn what_is_in_order_has_no_finding() {
    let text = "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: a, namespace: 'n'}
rules:
- {verbs: [get, list], apiGroups: ['', apps], resources: [pods, pods/log, '*/scale']}
- {verbs: [get, update], apiGroups: [''], resources: [configmaps], resourceNames: [a]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: a, namespace: 'n'}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: a}
subjects:
- {kind: ServiceAccount, name: x}
- {kind: Group, name: g, apiGroup: rbac.authorization.k8s.io}
";
    assert_eq!(findings(text), "");
}

#[test]
fn a_role_that_cannot_be_read_is_unknown_and_not_what_is_left_of_it() {
    use crate::Decision;
    use crate::rbac::testing::{granted, objects};
    use crate::rbac::{Action, Request, User};

    let rule = "{verbs: [get], apiGroups: [''], resources: [pods], resourceNames: [1]}";
    let text = granted("r", rule, None, "{kind: User, name: u}");
    let wrong = "4: invalid /rules/0/resourceNames: this has to be a list of texts\n";
    assert!(findings(&text).replace("5: ", "4: ").contains(wrong), "{}", findings(&text));
    let objects = objects(&text);
    let policy = Policy::read(&objects, None);
    let action = Action::Url { verb: "get".to_owned(), path: "/".to_owned() };
    let answer = policy.authorize(&Request { user: User::named("u"), action });
    assert_eq!(answer.decision, Decision::Unknown);
    let verb = text.replace("verbs: [get]", "verbs: get");
    assert!(findings(&verb).contains("/rules/0/verbs: this has to be a list of texts"));
    let subjects =
        text.replace("subjects: [{kind: User, name: u}]", "subjects: {kind: User, name: u}");
    assert!(findings(&subjects).contains("/subjects: the subjects have to be a list"));
}
