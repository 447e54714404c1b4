use super::*;
use crate::rbac::testing::{granted, objects};
use crate::rbac::{ResourceAction, User};

fn ask(text: &str, user: User, verb: &str, resource: &str, namespace: &str) -> String {
    let objects = objects(text);
    let policy = Policy::read(&objects, None);
    let text = |text: &str| text.to_owned();
    let action = Action::Resource(ResourceAction {
        verb: text(verb),
        resource: text(resource),
        namespace: text(namespace),
        name: text("x"),
        ..ResourceAction::default()
    });
    let answer = policy.can(&Request { user, action });
    let place =
        |source: &Source| format!("{}:{}{}", source.resource, source.location.line, source.pointer);
    let chain = |chain: &Chain| {
        let parts = [Some(&chain.binding), chain.role.as_ref(), chain.rule.as_ref()];
        let parts: Vec<_> = parts.into_iter().flatten().map(place).collect();
        format!("{} {}\n", parts.join(" -> "), chain.unknown.as_deref().unwrap_or_default())
    };
    let chains: String = answer.chains.iter().map(chain).collect();
    let miss = answer.nearest.map(|miss| chain(&miss.chain) + &miss.because.join("\n"));
    format!("{}\n{chains}{}", answer.decision, miss.unwrap_or_default())
}

#[test]
fn a_decision_comes_with_its_chain_or_the_nearest_miss() {
    let reader = "{verbs: [get, list], apiGroups: [''], resources: [pods]}";
    let text = granted("reader", reader, Some("team"), "{kind: Group, name: dev}");
    let lost =
        text.replace("kind: ClusterRole\nmetadata: {name: 'reader'}\nrules", "kind: X\nrules");
    let member = || User::with_groups("u", ["dev".to_owned()]);
    insta::assert_snapshot!(ask(&text, member(), "get", "pods", "team"), @r#"
    allowed
    RoleBinding team/reader:11/subjects/0 -> ClusterRole reader:4 -> ClusterRole reader:5/rules/0
    "#);
    insta::assert_snapshot!(ask(&text, member(), "delete", "pods", "team"), @r#"
    denied
    RoleBinding team/reader:11/subjects/0 -> ClusterRole reader:4 -> ClusterRole reader:5/rules/0 
    the verb `delete` is not one of `get, list`
    "#);
    insta::assert_snapshot!(ask(&text, member(), "delete", "secrets", "prod"), @r#"
    denied
    RoleBinding team/reader:11/subjects/0 -> ClusterRole reader:4 -> ClusterRole reader:5/rules/0 
    the binding grants in namespace `team` alone
    the verb `delete` is not one of `get, list`
    the resource `secrets` is not one of `pods`
    "#);
    insta::assert_snapshot!(ask(&text, User::named("u"), "get", "pods", "team"), @r#"
    denied
    RoleBinding team/reader:11/subjects/0 -> ClusterRole reader:4 -> ClusterRole reader:5/rules/0 
    the binding does not name the user or a group of it
    "#);
    insta::assert_snapshot!(ask(&lost, member(), "get", "pods", "team"), @r#"
    unknown
    RoleBinding team/reader:10/subjects/0 `ClusterRole reader` is not there
    "#);
}

#[test]
fn a_denied_request_has_a_reason_for_every_miss() {
    use crate::rbac::testing::{self, Dice};
    let mut dice = Dice(4);
    for _ in 0..300 {
        let policy = testing::policy(&mut dice);
        for action in testing::actions(&[&policy]).into_iter().step_by(17) {
            let request = Request { user: User::named("u"), action };
            let answer = policy.can(&request);
            let miss = answer.nearest.as_ref().map(|miss| miss.because.is_empty());
            assert_ne!(miss, Some(true), "{request}");
            assert!(miss.is_none() || answer.decision == Decision::Denied);
            assert!(answer.chains.is_empty() == (answer.decision == Decision::Denied));
        }
    }
}
