use super::*;
use crate::Decision;
use crate::rbac::testing::{self, Dice, granted, objects};
use crate::rbac::{Action, ResourceAction, User};

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

/// A pattern that asks for one request.
fn exactly(action: &Action) -> Pattern {
    let one = |text: &str| Some(vec![text.to_owned()]);
    match action {
        Action::Resource(action) => Pattern::Resources {
            namespaces: one(&action.namespace),
            verbs: one(&action.verb),
            groups: one(&action.group),
            resources: one(&action.resource),
            subresources: one(&action.subresource),
            names: one(&action.name),
        },
        Action::Url { verb, path } => Pattern::Urls { verbs: one(verb), urls: vec![path.clone()] },
    }
}

/// Users of all kinds: those that are named, with and without groups, and those that are not.
fn users() -> Vec<User> {
    let accounts = [("a", "m"), ("b", "m"), ("a", "other"), ("elsewhere", "m")];
    let names = ["u", "v", "somebody", "system:anonymous"];
    let accounts = accounts.map(|(namespace, name)| User::service_account(namespace, name));
    let grouped = ["u", "somebody"].map(|name| User::with_groups(name, ["g".to_owned()]));
    names.map(User::named).into_iter().chain(accounts).chain(grouped).collect()
}

/// The holders whose grants a user has: as itself, and by its groups.
fn holders_of(user: &User) -> Vec<Holder<'_>> {
    let groups = user.groups.iter().filter_map(|group| Holder::of_group(group));
    std::iter::once(Holder::of_user(user)).chain(groups).collect()
}

/// Who is listed for a request, by grants of its own or as a member of a group, is just who the
/// authorizer allows it.
#[test]
fn all_who_are_allowed_are_listed_themselves_or_by_a_group_and_nobody_else() {
    let mut dice = Dice(9);
    let users = users();
    let mut counts = [0_usize; 3];
    for _ in 0..1_000 {
        let policy = testing::policy(&mut dice);
        let actions = testing::actions(&[&policy]);
        for _ in 0..24 {
            let action = &actions[dice.below(actions.len())];
            // `*` in a path is a pattern, not a path.
            if matches!(action, Action::Url { path, .. } if path.ends_with('*')) {
                continue;
            }
            let listed = who_can(&policy, &exactly(action));
            for user in &users {
                let shares: Vec<_> = holders_of(user)
                    .into_iter()
                    .filter_map(|holder| listed.iter().find(|one| one.holder == holder))
                    .map(|one| one.share)
                    .collect();
                let said = match shares.iter().min() {
                    Some(Share::All | Share::Some) => Decision::Allowed,
                    Some(Share::Unknown) => Decision::Unknown,
                    None => Decision::Denied,
                };
                let request = Request { user: user.clone(), action: action.clone() };
                let decision = policy.authorize(&request).decision;
                assert_eq!(said, decision, "{request}\n{listed:#?}\n{policy:#?}");
                counts[decision as usize] += 1;
            }
        }
    }
    assert!(counts.iter().all(|count| *count > 1_000), "{counts:?}");
}
