use super::*;
use crate::Decision;
use crate::rbac::testing::{self, Dice, granted, objects};
use crate::rbac::{Action, ResourceAction};

fn list(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

#[test]
fn those_who_may_read_secrets_are_named_with_how_much_of_them() {
    let rule = |names: &str| {
        format!("{{verbs: [get], apiGroups: [''], resources: [secrets], resourceNames: [{names}]}}")
    };
    let text = [
        granted(
            "all",
            "{verbs: ['*'], apiGroups: ['*'], resources: ['*']}",
            None,
            "{kind: User, name: root}",
        ),
        granted("one", &rule("key"), Some("team"), "{kind: ServiceAccount, name: app}"),
        granted("elsewhere", &rule("key"), Some("other"), "{kind: User, name: u}"),
        granted(
            "pods",
            "{verbs: [get], apiGroups: [''], resources: [pods]}",
            None,
            "{kind: User, name: v}",
        ),
        granted("group", &rule("k, l"), Some("team"), "{kind: Group, name: ops}"),
    ]
    .concat()
        + "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n\
           metadata: {name: lost, namespace: team}\nroleRef: {apiGroup: rbac.authorization.k8s.io, \
           kind: Role, name: lost}\nsubjects: [{kind: User, name: w}]\n";
    let objects = objects(&text);
    let policy = Policy::read(&objects, None);
    let pattern = Pattern::Resources {
        namespaces: Some(list(&["team"])),
        verbs: Some(list(&["get"])),
        groups: Some(list(&[""])),
        resources: Some(list(&["secrets"])),
        subresources: Some(list(&[""])),
        names: None,
    };
    let found = who_can(&policy, &pattern);
    let lines =
        found.iter().map(|one| format!("{:?} {} | {}\n", one.share, one.holder, one.witness));
    insta::assert_snapshot!(lines.collect::<String>(), @r#"
    Some service account team/app | system:serviceaccount:team:app: get secrets/key -n team
    All user root | root: get secrets/example -n team
    Unknown user w | w: get secrets/example -n team
    Some group ops | somebody of ops: get secrets/k -n team
    "#);
}

#[test]
fn it_agrees_with_brute_force() {
    let mut dice = Dice(5);
    for _ in 0..600 {
        let policy = testing::policy(&mut dice);
        let (verb, resource) = (dice.pick(&["get", "list"]), dice.pick(&["r", "s"]));
        let subresource = dice.pick(&["", "x"]);
        let pattern = Pattern::Resources {
            namespaces: Some(list(&["a"])),
            verbs: Some(list(&[verb])),
            groups: Some(list(&["", "g"])),
            resources: Some(list(&[resource])),
            subresources: Some(list(&[subresource])),
            names: None,
        };
        let asked = |action: &&Action| match action {
            Action::Url { .. } => false,
            Action::Resource(action) => {
                let ResourceAction {
                    namespace, verb: v, group, resource: r, subresource: s, ..
                } = action;
                namespace == "a"
                    && v == verb
                    && r == resource
                    && s == subresource
                    && group != "fresh"
            }
        };
        let found = who_can(&policy, &pattern);
        let actions = testing::actions(&[&policy]);
        let actions: Vec<_> = actions.iter().filter(asked).collect();
        for one in found {
            let request = |action: &Action| Request {
                user: one.witness.user.clone(),
                action: action.clone(),
            };
            let decisions: Vec<_> =
                actions.iter().map(|action| policy.authorize(&request(action)).decision).collect();
            let allowed = |decision: &Decision| *decision == Decision::Allowed;
            let witness = policy.authorize(&one.witness).decision;
            match one.share {
                // A verb that the policy does not name is not among the actions.
                Share::All => {
                    assert!(decisions.iter().all(allowed) && witness == Decision::Allowed);
                }
                Share::Some => assert!(witness == Decision::Allowed),
                Share::Unknown => {
                    assert!(!decisions.iter().any(allowed) && witness == Decision::Unknown);
                }
            }
        }
    }
}
