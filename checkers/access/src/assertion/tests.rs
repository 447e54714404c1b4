use std::sync::Arc;

use seatrial_core::SourceFile;
use seatrial_manifests::{Object, read};

use super::*;

fn objects(text: &str) -> Vec<Object> {
    read(Arc::new(SourceFile::new("a.yaml", text))).objects
}

fn assertion(text: &str) -> Assertion {
    Assertion::read(&SourceFile::new("invariants/access/test.yaml", text)).unwrap()
}

fn judge(claim: &str, manifests: &str) -> Judgement {
    assertion(&format!("title: wrong\n{claim}")).judge(&World::read(&objects(manifests)))
}

const ROLES: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
- {kind: ServiceAccount, name: vault, namespace: shop}
- {kind: Group, apiGroup: rbac.authorization.k8s.io, name: devs}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: unknown}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: not-here}
subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: ann}]
";

#[test]
fn requests_are_proved_refuted_or_undecided() {
    for (claim, refuted, undecided) in [
        ("nobody: {verbs: [get], resources: [secrets]}", 2, 1),
        ("nobody: {verbs: [get], resources: [secrets], but: [user ann]}", 2, 0),
        ("nobody: {verbs: [get], resources: [secrets], among: [service account shop/*]}", 1, 0),
        ("nobody: {resources: [secrets], among: [service account */vault]}", 1, 0),
        (
            "nobody: {resources: ['*'], but: [service account shop/vault, group devs, user ann]}",
            0,
            0,
        ),
        ("nobody: {verbs: [list], resources: [secrets], but: [user ann]}", 0, 0),
        ("nobody: {resources: [secrets], namespaces: [other], but: [user ann]}", 0, 0),
        ("nobody: {resources: [secrets.example.com], but: [user ann]}", 0, 0),
        ("nobody: {urls: [/metrics]}", 0, 1),
    ] {
        let judgement = judge(claim, ROLES);
        let found = (judgement.refuted.len(), judgement.undecided.len());
        assert_eq!(found, (refuted, undecided), "{claim}: {judgement:#?}");
    }
}

#[test]
fn a_refutation_names_the_witness_and_the_rules() {
    let judgement = judge("nobody: {resources: [secrets], but: [user ann, group devs]}", ROLES);
    let [refutation] = judgement.refuted.as_slice() else { panic!("{judgement:#?}") };
    assert!(refutation.message.starts_with("service account shop/vault may get secrets"));
    assert!(refutation.witness.ends_with(" is allowed"), "{}", refutation.witness);
    assert!(refutation.replay.as_ref().unwrap().contains("--as=system:serviceaccount:shop:vault"));
    let pointers: Vec<_> = refutation.sources.iter().map(|source| &*source.pointer).collect();
    assert_eq!(pointers, ["/subjects/0", "/rules/0"]);
}

const PODS: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: c, image: a}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, image: a}]}
---
apiVersion: v1
kind: Pod
metadata: {name: spy, namespace: other, labels: {app: web}}
spec: {containers: [{name: c, image: a}]}
";

fn policy(from: &str) -> String {
    format!(
        "{PODS}---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: db, \
         namespace: shop}}\nspec:\n  podSelector: {{matchLabels: {{app: db}}}}\n  policyTypes: \
         [Ingress]\n  ingress: [{{from: [{from}], ports: [{{port: 5432}}]}}]\n"
    )
}

#[test]
fn connections_are_proved_or_refuted_also_for_pods_that_do_not_exist_yet() {
    let claim = "nothing: {outside: [shop/], reaches: [shop/db], ports: [5432]}";
    let in_shop = "podSelector: {matchLabels: {app: web}}";
    let anywhere = "namespaceSelector: {}, podSelector: {matchLabels: {app: web}}";
    let elsewhere = "namespaceSelector: {matchLabels: {team: x}}";
    let refuted = |manifests: &str, claim: &str| {
        let judgement = judge(claim, manifests);
        assert_eq!(judgement.undecided, []);
        judgement.refuted.into_iter().map(|it| it.message).collect::<Vec<_>>()
    };
    assert_eq!(refuted(&policy(&format!("{{{in_shop}}}")), claim), [""; 0]);
    let found = refuted(&policy(&format!("{{{anywhere}}}")), claim);
    assert!(found.iter().any(|it| it.starts_with("other/spy[Pod] can connect")), "{found:?}");
    assert!(found.iter().any(|it| it.starts_with("any pod with app=web in any new")), "{found:?}");
    // Nobody who is there has the label, but a namespace may come that has it.
    let found = judge(claim, &policy(&format!("{{{elsewhere}}}"))).refuted;
    assert!(found.iter().any(|it| it.message.contains("new namespace with team=x")), "{found:?}");
    let other_port = "nothing: {outside: [shop/], reaches: [shop/db], ports: [80, UDP 5432]}";
    assert_eq!(refuted(&policy(&format!("{{{anywhere}}}")), other_port), [""; 0]);
    // Without a policy, everything is open, from outside of the cluster, too.
    assert!(refuted(PODS, claim).len() >= 3);
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    for (text, place, message) in [
        ("nobody: {resources: [a]}", "nobody", "`title` is missing"),
        ("title: a\nnobdy: {}", "nobdy", "unknown key `nobdy`; did you mean `nobody`?"),
        ("title: a\n", "title", "expected one of `nobody`, `nothing` and `no-visitor`"),
        ("title: a\nnobody: {verbs: [get]}", "{", "expected either `resources` or `urls`"),
        ("title: a\nnobody: {resources: a}", "a}", "`resources` must be a list"),
        ("title: a\nnobody: {resources: [a], but: [ann]}", "ann", "`ann`: expected `user NAME`"),
        ("title: a\nnothing: {outside: [a/]}", "{", "`reaches` is missing"),
        ("title: a\nnothing: {reaches: [a/], ports: [0]}", "0", "`0`: expected a port"),
        ("title: a\nnothing: {reaches: [a/], ports: [ICMP 1]}", "ICMP", "`ICMP 1`: `ICMP` is none"),
        ("title: a\nseverity: bad\nnobody: {}", "bad", "unknown severity `bad`"),
    ] {
        let file = SourceFile::new("a.yaml", text);
        let misread = Assertion::read(&file).unwrap_err();
        assert!(misread.message.starts_with(message), "{text}: {}", misread.message);
        let rest = text.get(misread.span.start as usize..).unwrap();
        assert!(rest.starts_with(place), "{text}: {rest}");
    }
}
