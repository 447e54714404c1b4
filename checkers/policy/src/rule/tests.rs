//! Rules of custom resources against values.

use seatrial_parse::{Node, yaml};

use super::*;

fn tree(text: &str) -> Node {
    let mut parsed = yaml(text);
    assert!(parsed.unreadable.is_empty(), "{text}: {:?}", parsed.unreadable);
    parsed.documents.remove(0).root
}

const SCHEMA: &str = "
type: object
properties:
  replicas: {type: integer, default: 2}
  ratio: {type: number}
  port: {x-kubernetes-int-or-string: true}
  since: {type: string, format: date-time}
  every: {type: string, format: duration}
  secret: {type: string, format: byte}
  in: {type: string}
  x-y: {type: string}
  maybe: {type: string, nullable: true}
  tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}
  order: {type: array, items: {type: string}}
  named:
    type: array
    x-kubernetes-list-type: map
    x-kubernetes-list-map-keys: [name]
    items: {type: object, properties: {name: {type: string}, level: {type: integer}}}
  nested: {type: object, properties: {level: {type: number, default: 0.5}}}
  free: {type: object, additionalProperties: {type: number}}
";

fn outcome(rule: &str, value: &str, old: Option<&str>) -> String {
    let (schema, value, old) = (tree(SCHEMA), tree(value), old.map(tree));
    let rule = tree(rule);
    let (rules, problems) = CompiledRule::read_all(&rule);
    assert_eq!(problems, []);
    let input = RuleInput { value: &value, old_value: old.as_ref(), schema: &schema };
    match rules[0].evaluate(input, &RuleBudget::default()) {
        RuleOutcome::Passes => "passes".to_owned(),
        RuleOutcome::Skipped => "skipped".to_owned(),
        RuleOutcome::Denied { message, blame } => {
            let pointers: Vec<_> = blame.into_iter().map(|culprit| culprit.pointer).collect();
            format!("denied: {message} {}", pointers.join(" "))
        }
        RuleOutcome::Failed { message, .. } => format!("failed: {message}"),
        RuleOutcome::Undecided(reason) => format!("undecided: {reason}"),
    }
}

#[test]
fn values_have_the_types_of_the_schema() {
    let value = "{ratio: 3, port: 80, since: '2026-01-01T00:00:00Z', every: 1h, secret: aGk=, in: a, \
                 x-y: b, maybe: null, tags: [a, b], order: [a, b], named: [{name: a, level: 1}, {name: b}], nested: {}, free: {k: 1}}";
    for (rule, expected) in [
        ("self.ratio * 1.5 == 4.5", "passes"),
        ("type(self.ratio) == double", "passes"),
        ("type(self.port) == int && self.port == 80", "passes"),
        ("self.since < timestamp('2026-06-01T00:00:00Z')", "passes"),
        ("self.every == duration('60m')", "passes"),
        ("self.secret == b'hi'", "passes"),
        ("self.__in__ == 'a' && self.x__dash__y == 'b'", "passes"),
        ("has(self.maybe) && self.maybe == null", "passes"),
        ("self.tags == ['b', 'a']", "passes"),
        ("self.order == ['b', 'a']", "denied: failed rule: self.order == ['b', 'a'] /order"),
        ("(self.tags + ['b', 'c']).size() == 3 && (self.order + ['b']).size() == 3", "passes"),
        ("self.named + self.named == self.named", "passes"),
        ("self.replicas == 2 && self.nested.level == 0.5", "passes"),
        ("self.free.all(k, v, v / 2.0 == 0.5)", "passes"),
        ("self.missing == 1", "failed: no such key: missing"),
        ("self.ratio > 5.0", "denied: failed rule: self.ratio > 5.0 /ratio"),
    ] {
        let list = format!("- {{rule: \"{rule}\"}}");
        assert_eq!(outcome(&list, value, None), expected, "{rule}");
    }
}

#[test]
fn a_transition_rule_needs_something_to_compare_with() {
    let rule = "- {rule: self.replicas >= oldSelf.replicas, message: must not shrink}";
    assert_eq!(outcome(rule, "{replicas: 1}", None), "skipped");
    assert_eq!(outcome(rule, "{replicas: 3}", Some("{replicas: 2}")), "passes");
    let denied = "denied: must not shrink /replicas";
    assert_eq!(outcome(rule, "{replicas: 1}", Some("{replicas: 2}")), denied);
    let optional = "- {rule: 'oldSelf.hasValue() || self.replicas == 1', optionalOldSelf: true}";
    assert_eq!(outcome(optional, "{replicas: 1}", None), "passes");
    assert!(outcome(optional, "{replicas: 3}", None).starts_with("denied"));
    assert_eq!(outcome(optional, "{replicas: 3}", Some("{replicas: 9}")), "passes");
}

#[test]
fn messages_are_computed_or_fixed() {
    let rule = "- {rule: 'false', message: fixed, messageExpression: \"'at most ' + string(self.replicas)\"}";
    assert_eq!(outcome(rule, "{replicas: 1}", None), "denied: at most 1 ");
    let broken = "- {rule: 'false', message: fixed, messageExpression: 'self.nope'}";
    assert_eq!(outcome(broken, "{}", None), "denied: fixed ");
}

#[test]
fn what_is_wrong_with_a_rule_is_said() {
    let list = tree(
        "- {rule: 'self.a ==', reason: FieldValueForbidden}\n- {message: x}\n- {rule: object.a}\n",
    );
    let (rules, problems) = CompiledRule::read_all(&list);
    assert_eq!(rules.len(), 0);
    let said: Vec<_> = problems.into_iter().map(|problem| problem.message).collect();
    assert_eq!(
        said,
        [
            "the expression does not compile: expected an expression, found the end",
            "missing `rule`",
            "the expression does not compile: undeclared reference to `object`",
        ]
    );
}

#[test]
fn rules_share_a_budget() {
    // A long text against a long pattern costs 30,000 at once.
    let items = vec!["a"; 30].join(", ");
    let text = "a".repeat(3_000);
    let (schema, value) = (tree(SCHEMA), tree(&format!("{{order: [{items}], in: {text}}}")));
    let dear = format!("self.order.all(a, self.__in__.matches('{}'))", "a".repeat(400));
    let rule = CompiledRule::compile(&dear, Span::default());
    let input = RuleInput { value: &value, old_value: None, schema: &schema };
    let budget = RuleBudget::default();
    let outcomes: Vec<_> = (0..12).map(|_| rule.evaluate(input, &budget)).collect();
    assert_eq!(outcomes.first(), Some(&RuleOutcome::Passes));
    match outcomes.last() {
        Some(RuleOutcome::Failed { message, .. }) => assert_eq!(message, "cost budget exceeded"),
        other => panic!("{other:?}"),
    }
}
