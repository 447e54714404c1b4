//! Random policies over a handful of fields, and all small values of these.

use std::cell::RefCell;
use std::collections::BTreeSet;

/// Choices that come from a list of numbers, and are the first once it is used up.
pub(super) struct Choices<'c>(RefCell<std::slice::Iter<'c, u16>>);

impl<'c> Choices<'c> {
    pub(super) fn of(numbers: &'c [u16]) -> Self {
        Self(RefCell::new(numbers.iter()))
    }

    pub(super) fn below(&self, end: usize) -> usize {
        self.0.borrow_mut().next().map_or(0, |&number| usize::from(number) % end)
    }

    fn one_of<'o>(&self, options: &[&'o str]) -> &'o str {
        options[self.below(options.len())]
    }

    fn rarely(&self) -> bool {
        self.below(4) == 3
    }
}

/// Fields of `spec` and of the labels, each with its small values; empty for one that is not there.
pub(super) const FIELDS: &[(&str, &[&str])] = &[
    ("a", &["", "0", "1", "2"]),
    ("s", &["", "\"\"", "\"a\"", "\"ab\"", "\"b\""]),
    ("b", &["", "true", "false"]),
    ("l", &["", "[]", "[\"a\"]", "[\"b\"]", "[\"a\",\"a\"]", "[\"a\",\"b\"]"]),
    ("c", &["", "[]", "[{}]", "[{\"n\":1}]", "[{\"n\":1},{\"n\":0}]", "[{},{\"n\":1}]"]),
    ("q", &["", "\"x\"", "\"y\""]),
    ("r", &["", "\"x\"", "\"y\""]),
    ("t", &["", "\"x\"", "\"z\""]),
];

const ATOMS: &[&str] = &[
    "object.spec.a > 1",
    "object.spec.a >= 1",
    "object.spec.a == 2",
    "object.spec.a != 1",
    "object.spec.a + 1 < 3",
    "2 * object.spec.a > object.spec.a + 1",
    "-object.spec.a < 0",
    "object.spec.?a.orValue(1) > 0",
    "object.spec[?'a'].hasValue()",
    "has(object.spec.a)",
    "object.spec.a in [0, 2]",
    "object.spec.s == 'a'",
    "'b' != object.spec.s",
    "object.spec.s.startsWith('a')",
    "object.spec.s.endsWith('b')",
    "object.spec.s.contains('a')",
    "object.spec.s.matches('^[ab]$')",
    "object.spec.s.matches('a')",
    "size(object.spec.s) > 1",
    "object.spec.s.size() == 0",
    "object.spec.s < 'b'",
    "object.spec.s + 'b' == 'ab'",
    "object.spec.s in ['a', 'ab']",
    "object.spec.?s.orValue('b') == 'b'",
    "has(object.spec.s)",
    "object.spec.b",
    "object.spec.b == false",
    "has(object.spec.b)",
    "object.spec.l.all(x, x == 'a')",
    "object.spec.l.exists(x, x != 'a')",
    "object.spec.l.exists_one(x, x == 'a')",
    "size(object.spec.l) == 1",
    "'a' in object.spec.l",
    "object.spec.l[0] == 'a'",
    "object.spec.l[?1].orValue('a') == 'b'",
    "object.spec.l == ['a']",
    "object.spec.l.filter(x, x == 'a').size() > 1",
    "object.spec.l.map(x, x + 'b') == ['ab', 'bb']",
    "object.spec.l + ['b'] == ['a', 'b']",
    "has(object.spec.l)",
    "object.spec.c.all(x, has(x.n) && x.n > 0)",
    "object.spec.c.all(x, x.n > 0)",
    "object.spec.c.exists(x, x.n == 1)",
    "object.spec.c.map(x, x.?n.orValue(2)).exists(n, n < 2)",
    "object.spec.c.all(x, !has(x.n)) || size(object.spec.c) > 1",
    "object.spec.q == object.spec.r",
    "object.spec.r != object.spec.q",
    "'t' in object.metadata.labels",
    "object.metadata.labels.t == 'x'",
    "has(object.metadata.labels) && object.metadata.labels['t'] != 'x'",
    "request.operation == 'CREATE'",
    "object.kind == 'Deployment'",
    "oldObject == null",
    "object.spec.a >= oldObject.spec.a",
    "oldObject.spec.?q == object.spec.?q",
    "variables.v",
    "true",
    "false",
];

/// What is not modelled, or only in part.
const OPAQUE: &[&str] = &[
    "object.spec.s.lowerAscii() == 'a'",
    "'a' == object.spec.s.lowerAscii()",
    "object.spec.a / 2 == 1",
    "[object.spec.a % 2].size() == 1",
    "request.userInfo.username == 'x'",
    "object.spec.l.map(x, x.upperAscii()) == ['A']",
    "object.metadata.labels.all(k, k == 't')",
];

/// A condition.
pub(super) fn condition(choices: &Choices<'_>, depth: usize) -> String {
    let part = || condition(choices, depth - 1);
    match choices.below(if depth == 0 { 4 } else { 9 }) {
        0..=2 => choices.one_of(ATOMS).to_owned(),
        3 if choices.rarely() => choices.one_of(OPAQUE).to_owned(),
        3 => choices.one_of(ATOMS).to_owned(),
        4 => format!("!({})", part()),
        5 | 6 => format!("({} && {})", part(), part()),
        7 => format!("({} || {})", part(), part()),
        _ => format!("({} ? {} : {})", part(), part(), part()),
    }
}

/// Another way to write a condition, or nearly so.
fn rewritten(choices: &Choices<'_>, condition: &str) -> String {
    match choices.below(9) {
        0 => format!("!(!({condition}))"),
        1 => format!("({condition}) && true"),
        2 => format!("({condition}) ? true : false"),
        3 => format!("!(!({condition}) || false)"),
        4 => format!("[{condition}].all(e, e)"),
        5 => format!("({condition}) || !has(object.spec)"),
        6 => format!("({condition}) == true"),
        7 => format!("({condition}) || {}", choices.one_of(ATOMS)),
        _ => condition.to_owned(),
    }
}

/// A policy and its binding in parts, of which the other side may change any.
#[derive(Clone)]
pub(super) struct Parts {
    validations: Vec<String>,
    conditions: Vec<String>,
    variable: String,
    failure: &'static str,
    operations: &'static str,
    resources: &'static str,
    more: &'static str,
    binding: &'static str,
}

const OPERATIONS: [&str; 4] = ["CREATE", "CREATE, UPDATE", "'*'", "DELETE, CREATE"];
const RESOURCES: [&str; 3] = ["deployments", "deployments, statefulsets", "'*'"];
const MORE: [&str; 7] = [
    "",
    "",
    ", objectSelector: {matchLabels: {t: x}}",
    ", objectSelector: {matchExpressions: [{key: t, operator: In, values: [x, z]}]}",
    ", namespaceSelector: {matchLabels: {env: prod}}",
    ", matchPolicy: Exact",
    ", excludeResourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [UPDATE], \
     resources: [statefulsets]}]",
];
const BINDINGS: [&str; 6] = [
    "validationActions: [Deny]",
    "validationActions: [Deny]",
    "validationActions: [Deny, Audit]",
    "validationActions: [Audit]",
    "validationActions: [Deny], matchResources: {objectSelector: {matchExpressions: [{key: t, \
     operator: Exists}]}}",
    "validationActions: [Deny], matchResources: {resourceRules: [{apiGroups: [apps], apiVersions: \
     [v1], operations: [CREATE], resources: ['*']}]}",
];

impl Parts {
    pub(super) fn random(choices: &Choices<'_>) -> Self {
        let some = |most: usize| {
            let count = choices.below(most);
            (0..count).map(|_| condition(choices, 1)).collect::<Vec<_>>()
        };
        let mut validations = vec![condition(choices, 2)];
        validations.extend(some(2));
        Self {
            validations,
            conditions: if choices.rarely() { some(2) } else { Vec::new() },
            variable: choices.one_of(ATOMS).replace("variables.v", "object.spec.b"),
            failure: if choices.rarely() { "Ignore" } else { "Fail" },
            operations: if choices.rarely() { OPERATIONS[choices.below(4)] } else { "CREATE" },
            resources: if choices.rarely() { RESOURCES[choices.below(3)] } else { "deployments" },
            more: if choices.rarely() { MORE[choices.below(7)] } else { "" },
            binding: if choices.rarely() { BINDINGS[choices.below(6)] } else { BINDINGS[0] },
        }
    }

    /// The other side: written otherwise, with one part changed, or another policy.
    pub(super) fn changed(&self, choices: &Choices<'_>) -> Self {
        let mut other = self.clone();
        match choices.below(9) {
            0..=3 => {
                for validation in &mut other.validations {
                    *validation = rewritten(choices, validation);
                }
            }
            4 => other.failure = if self.failure == "Fail" { "Ignore" } else { "Fail" },
            5 => other.more = MORE[choices.below(7)],
            6 => other.binding = BINDINGS[choices.below(6)],
            7 => {
                other.operations = OPERATIONS[choices.below(4)];
                other.resources = RESOURCES[choices.below(3)];
            }
            _ => return Self::random(choices),
        }
        other
    }

    /// The manifests.
    pub(super) fn text(&self) -> String {
        let list = |field: &str, expressions: &[String]| {
            let items = expressions.iter().enumerate().map(|(at, expression)| {
                let name = if field == "matchConditions" {
                    format!("name: c{at}, ")
                } else {
                    String::new()
                };
                format!("  - {{{name}expression: \"{expression}\"}}\n")
            });
            let items: String = items.collect();
            if items.is_empty() { items } else { format!("  {field}:\n{items}") }
        };
        format!(
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: \
             {{name: p}}\nspec:\n  failurePolicy: {}\n  matchConstraints: {{resourceRules: \
             [{{apiGroups: [apps], apiVersions: [v1], operations: [{}], resources: [{}]}}]{}}}\n  \
             variables: [{{name: v, expression: \"{}\"}}]\n{}{}---\napiVersion: \
             admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: \
             {{name: b}}\nspec: {{policyName: p, {}}}\n",
            self.failure,
            self.operations,
            self.resources,
            self.more,
            self.variable,
            list("matchConditions", &self.conditions),
            list("validations", &self.validations),
            self.binding,
        )
    }

    /// The fields that the manifests speak of.
    pub(super) fn fields(text: &str) -> BTreeSet<usize> {
        let spoken = |name: &str| {
            let dotted = [
                format!(".{name} "),
                format!(".{name})"),
                format!(".{name}."),
                format!(".?{name}"),
            ];
            let others = [format!(".{name}["), format!(".{name}\""), format!("'{name}'")];
            dotted.iter().chain(&others).any(|form| text.contains(form))
                || name == "t" && text.contains("t: x")
                || name == "t" && text.contains("key: t")
        };
        let named = FIELDS.iter().enumerate().filter(|(_, (name, _))| spoken(name));
        named.map(|(at, _)| at).collect()
    }
}

/// All small objects that differ in some fields, in JSON; at most so many.
pub(super) fn objects(fields: &BTreeSet<usize>, most: usize) -> Vec<(String, String)> {
    let total: usize = fields.iter().map(|&at| FIELDS[at].1.len()).product();
    let stride = total.div_ceil(most).max(1);
    // An odd stride meets all values of every field in time.
    (0..total)
        .step_by(stride + usize::from(stride > 1 && stride.is_multiple_of(2)))
        .map(|mut number| {
            let (mut spec, mut labels) = (Vec::new(), Vec::new());
            for &at in fields {
                let (name, values) = FIELDS[at];
                let value = values[number % values.len()];
                number /= values.len();
                if !value.is_empty() {
                    let entry = format!("\"{name}\":{value}");
                    if name == "t" { labels.push(entry) } else { spec.push(entry) }
                }
            }
            let labels = if labels.is_empty() {
                String::new()
            } else {
                format!("\"labels\":{{{}}}", labels.join(","))
            };
            (format!("{{{}}}", spec.join(",")), labels)
        })
        .collect()
}
