mod solver;

use std::collections::BTreeSet;

use super::*;
use crate::rbac::testing::{self, Dice, granted, objects};
use crate::rbac::{Action, Baseline, ResourceAction, User};

/// What brute force says about one request.
fn expected(old: &Policy<'_>, new: &Policy<'_>, request: &Request) -> Option<Change> {
    let answers = [old, new].map(|side| (side, side.authorize(request)));
    let decisions = answers.each_ref().map(|(_, answer)| answer.decision);
    if decisions != [Decision::Unknown; 2] {
        return Change::between(decisions[0], decisions[1]);
    }
    let [old, new] = answers.map(|(side, answer)| -> BTreeSet<String> {
        let reasons = answer.unknown.iter().map(|&at| side.unknown_because(&side.bindings[at]));
        reasons.map(Option::unwrap).collect()
    });
    match (old.is_subset(&new), new.is_subset(&old)) {
        (true, true) => None,
        (true, false) => Some(Change::MayOpen),
        (false, true) => Some(Change::MayClose),
        (false, false) => Some(Change::MayChange),
    }
}

/// What the regions say about one request.
fn found(changes: &Changes<'_>, action: &Action) -> Option<Change> {
    let contains = |piece: &&Piece| match action {
        Action::Resource(action) => {
            !piece.of_urls && piece.rectangle.contains(&changes.resources.cell(action))
        }
        Action::Url { verb, path } => {
            piece.of_urls && piece.rectangle.contains(&changes.urls.cell(verb, path))
        }
    };
    let mut found = changes.pieces.iter().filter(contains).map(|piece| piece.change);
    let first = found.next();
    assert!(found.all(|other| Some(other) == first), "one request, two changes: {action}");
    first
}

/// Holds the regions of two policies against brute force, for every holder and action.
fn compare(old: &Policy<'_>, new: &Policy<'_>, actions: &[Action]) -> usize {
    let comparison = Comparison::new(old, new);
    let situations = comparison.situations();
    let mut subjects: Vec<_> = comparison
        .holders
        .iter()
        .map(|holder| {
            let situation = situations.iter().find(|(_, holders)| holders.contains(holder));
            let changes =
                situation.map(|(situation, _)| Changes::of(situation, &comparison.interner));
            (comparison.names.user(*holder), changes)
        })
        .collect();
    let mut differing = 0;
    for (at, action) in actions.iter().enumerate() {
        let mut request = Request { user: User::named("nobody"), action: action.clone() };
        for (user, changes) in &mut subjects {
            // Of those for whom nothing is said to have changed, every eighth request is asked.
            if changes.is_none() && at % 8 != user.user.len() % 8 {
                continue;
            }
            std::mem::swap(&mut request.user, user);
            let expected = expected(old, new, &request);
            let found = changes.as_ref().and_then(|changes| found(changes, action));
            assert_eq!(found, expected, "{request}\n{old:#?}\n{new:#?}");
            differing += usize::from(expected.is_some());
            std::mem::swap(&mut request.user, user);
        }
    }
    differing
}

fn compare_many(seed: u64, count: usize) {
    let mut dice = Dice(seed);
    let mut differing = 0;
    for _ in 0..count {
        let old = testing::policy(&mut dice);
        let new = testing::changed(&mut dice, &old);
        let actions = testing::actions(&[&old, &new]);
        let requests = compare(&old, &new, &actions);
        let differences = diff(&old, &new, usize::MAX).unwrap();
        assert_eq!(differences.total() == 0, requests == 0);
        assert_eq!(differences.total(), differences.listed.len());
        differing += usize::from(requests > 0);
    }
    // The test is about something: most changes change a decision, some do not.
    assert!(differing > count / 3 && differing < count, "{differing} of {count}");
}

#[test]
fn regions_agree_with_brute_force_on_10_000_changes() {
    compare_many(1, 10_000);
}

#[test]
fn regions_agree_with_brute_force_on_10_000_other_changes() {
    compare_many(2, 10_000);
}

/// A request whose parts are drawn from words that have nothing to do with the partition.
fn foreign(dice: &mut Dice) -> Action {
    let word = |dice: &mut Dice, words: &[&str]| dice.pick(words).to_owned();
    if dice.one_in(5) {
        let paths =
            ["", "/", "/api", "/api/", "/apis/apps/v1", "/healthz/x", "/metrics", "/nothing"];
        return Action::Url {
            verb: word(dice, &["get", "head", "frob"]),
            path: word(dice, &paths),
        };
    }
    Action::Resource(ResourceAction {
        verb: word(dice, &["get", "list", "create", "update", "delete", "approve", "", "frob"]),
        group: word(
            dice,
            &["", "apps", "batch", "certificates.k8s.io", "coordination.k8s.io", "x.y"],
        ),
        resource: word(
            dice,
            &["pods", "secrets", "nodes", "leases", "signers", "events", "gadgets", "deployments"],
        ),
        subresource: word(dice, &["", "", "status", "scale", "proxy", "gears"]),
        namespace: word(dice, &["", "kube-system", "nowhere"]),
        name: word(dice, &["", "kube-scheduler", "kubernetes.io/legacy-unknown", "zoe"]),
    })
}

#[test]
fn regions_agree_with_the_authorizer_on_requests_that_they_do_not_know() {
    let policy = Policy::read(Baseline::kubernetes().objects(), None);
    let nothing = Policy::default();
    let comparison = Comparison::new(&nothing, &policy);
    let situations = comparison.situations();
    let users = [
        (Holder::OtherUser, "zoe"),
        (Holder::OtherServiceAccount, "system:serviceaccount:web:zoe"),
        (Holder::OtherServiceAccount, "system:serviceaccount:kube-system:zoe"),
        (Holder::Anonymous, "system:anonymous"),
        (Holder::User("system:kube-scheduler"), "system:kube-scheduler"),
        (Holder::User("system:kube-controller-manager"), "system:kube-controller-manager"),
        (
            Holder::ServiceAccount("kube-system", "certificate-controller"),
            "system:serviceaccount:kube-system:certificate-controller",
        ),
        (
            Holder::ServiceAccount("kube-system", "horizontal-pod-autoscaler"),
            "system:serviceaccount:kube-system:horizontal-pod-autoscaler",
        ),
    ];
    let (mut dice, mut allowed) = (Dice(6), 0);
    for (holder, user) in users {
        let situation = situations.iter().find(|(_, holders)| holders.contains(&holder));
        let changes = Changes::of(situation.unwrap().0, &comparison.interner);
        for _ in 0..3_000 {
            let request = Request { user: User::named(user), action: foreign(&mut dice) };
            let decision = policy.authorize(&request).decision;
            let found = found(&changes, &request.action);
            assert_eq!(found == Some(Change::Opened), decision == Decision::Allowed, "{request}");
            allowed += usize::from(decision == Decision::Allowed);
        }
    }
    assert!(allowed > 500, "{allowed}");
}

/// The differences of two texts, as people read them.
fn shown(old: &str, new: &str) -> String {
    let (old, new) = (objects(old), objects(new));
    let (old, new) = (Policy::read(&old, None), Policy::read(&new, None));
    let differences = diff(&old, &new, 10).unwrap();
    let line = |difference: &Difference<Request>| {
        let region = difference.region.iter();
        let region = region.filter(|extent| extent.members != Members::Any);
        let region: Vec<_> =
            region.map(|extent| format!("{}: {}", extent.dimension, extent.members)).collect();
        let sources = |sources: &[crate::Source]| -> String {
            let places =
                sources.iter().map(|s| format!(" {}:{}{}", s.resource, s.location.line, s.pointer));
            places.collect()
        };
        format!(
            "{} {}\n  such as {}\n  old:{}\n  new:{}\n  {}\n",
            difference.change,
            region.join("; "),
            difference.witness,
            sources(&difference.old),
            sources(&difference.new),
            difference.reason.as_deref().unwrap_or_default(),
        )
    };
    format!("{:?}\n{}", differences.totals, differences.listed.iter().map(line).collect::<String>())
}

#[test]
fn differences_read_as_what_changed() {
    let subject = "{kind: ServiceAccount, name: app}";
    let secrets = |names: &str| {
        format!("{{verbs: [get], apiGroups: [''], resources: [secrets], resourceNames: [{names}]}}")
    };
    let named = granted("r", &secrets("a"), Some("team"), subject);
    let everywhere = |rules: &str| granted("r", rules, None, "{kind: Group, name: dev}");
    let read = "{verbs: [get, list], apiGroups: [''], resources: [pods]}";
    insta::assert_snapshot!(shown(&named, &granted("r", &secrets(""), Some("team"), subject)), @r#"
    [1, 0, 0, 0, 0]
    opened subject: service account team/app; namespace: team; verb: get; group: ""; resource: secrets; subresource: ""; name: any but a
      such as system:serviceaccount:team:app: get secrets/example -n team
      old: ClusterRole r:4 RoleBinding team/r:9
      new: ClusterRole r:5/rules/0 RoleBinding team/r:9
    "#);
    insta::assert_snapshot!(shown(&everywhere(read), &everywhere(&read.replace("[get, list]", "['*']"))), @r#"
    [1, 0, 0, 0, 0]
    opened subject: group dev; verb: any but get, list; group: ""; resource: pods; subresource: ""
      such as somebody of dev: update pods/example -n default
      old: ClusterRole r:4 ClusterRoleBinding r:9
      new: ClusterRole r:5/rules/0 ClusterRoleBinding r:9
    "#);
    insta::assert_snapshot!(shown(&everywhere(read), &granted("r", read, Some("team"), "{kind: Group, name: dev}")), @r#"
    [0, 0, 0, 1, 0]
    closed subject: group dev; namespace: any but team; verb: get, list; group: ""; resource: pods; subresource: ""
      such as somebody of dev: get pods/example -n default
      old: ClusterRole r:5/rules/0 ClusterRoleBinding r:9
      new: ClusterRole r:4
    "#);
    insta::assert_snapshot!(shown(&named, &named.replace("kind: ClusterRole\nmetadata: {name: 'r'}\nrules", "kind: X\nrules")), @r#"
    [0, 5, 0, 0, 1]
    may-open subject: service account team/app; namespace: team; name: any but a
      such as system:serviceaccount:team:app: get pods/example -n team
      old: RoleBinding team/r:9
      new: RoleBinding team/r:8
      `ClusterRole r` is not there
    may-open subject: service account team/app; namespace: team; subresource: any but ""
      such as system:serviceaccount:team:app: get pods/example --subresource=status -n team
      old: RoleBinding team/r:9
      new: RoleBinding team/r:8
      `ClusterRole r` is not there
    may-open subject: service account team/app; namespace: team; resource: any but secrets
      such as system:serviceaccount:team:app: get pods/example -n team
      old: RoleBinding team/r:9
      new: RoleBinding team/r:8
      `ClusterRole r` is not there
    may-open subject: service account team/app; namespace: team; group: any but ""
      such as system:serviceaccount:team:app: get pods.apps/example -n team
      old: RoleBinding team/r:9
      new: RoleBinding team/r:8
      `ClusterRole r` is not there
    may-open subject: service account team/app; namespace: team; verb: any but get
      such as system:serviceaccount:team:app: update pods/example -n team
      old: RoleBinding team/r:9
      new: RoleBinding team/r:8
      `ClusterRole r` is not there
    may-close subject: service account team/app; namespace: team; verb: get; group: ""; resource: secrets; subresource: ""; name: a
      such as system:serviceaccount:team:app: get secrets/a -n team
      old: ClusterRole r:5/rules/0 RoleBinding team/r:9
      new: RoleBinding team/r:8
      `ClusterRole r` is not there
    "#);
    let all = "{kind: Group, name: 'system:authenticated'}";
    insta::assert_snapshot!(shown(&named, &(named.clone() + &granted("all", read, None, all))), @r#"
    [1, 0, 0, 0, 0]
    opened subject: any but anonymous; verb: get, list; group: ""; resource: pods; subresource: ""
      such as somebody: get pods/example -n default
      old:
      new: ClusterRole all:16/rules/0 ClusterRoleBinding all:20
    "#);
}

#[test]
fn what_says_the_same_in_other_words_is_no_difference() {
    let rule = |verbs: &str, resources: &str| {
        format!("{{verbs: [{verbs}], apiGroups: ['', apps], resources: [{resources}]}}")
    };
    let user = "{kind: User, name: u}";
    let text = |rules: &str| granted("r", rules, None, user);
    let whole = text(&rule("get, list", "pods, deployments"));
    let split =
        [rule("get", "pods"), rule("list", "pods"), rule("list, get", "deployments")].join(", ");
    assert_eq!(shown(&whole, &text(&split)), "[0, 0, 0, 0, 0]\n");
    let covered = text(&[rule("'*'", "'*'"), rule("get", "pods/log")].join(", "));
    assert_eq!(shown(&covered, &text(&rule("'*'", "'*'"))), "[0, 0, 0, 0, 0]\n");
    let masters = granted("m", &rule("get", "pods"), None, "{kind: Group, name: 'system:masters'}");
    assert_eq!(shown("", &masters), "[0, 0, 0, 0, 0]\n");
}
