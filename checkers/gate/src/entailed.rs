//! Whether a learned rule says no more than a written one does.
//!
//! It is decided by trial: of a rule on one field, small objects are made that break it, and
//! schemas and recommended invariants check them. A rule is entailed if each of these objects is
//! reported at the place where the rule would report it, by a written rule that is silent on objects
//! that keep it. So no rule is dropped because its words
//! look alike, and none is kept that only repeats a type, a required field or an enumeration of
//! the schema. Rules on several fields, on all kinds (`*`, which speaks of kinds without a schema
//! too) and on lists are not tried: what both report is then said once, by the written rule.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use seatrial_core::{Finding, Found, SourceFile};
use seatrial_learn::manifests::{Checker, Rule, Template};
use seatrial_manifests::Object;
use seatrial_rules::invariants::{Invariants, Profile};
use seatrial_rules::schema::{Coverage, Schemas, Version};
use serde_json::{Map, Value, json};

/// Versions of API groups, the most usual first.
const VERSIONS: [&str; 5] = ["v1", "v2", "v1beta1", "v1alpha1", "v1alpha2"];

/// Words of the API's enumerations: a learned set of fewer of them says more than the schema.
const WORDS: [&str; 42] = [
    "Allow",
    "Always",
    "Block",
    "ClientIP",
    "Cluster",
    "ClusterFirst",
    "ClusterIP",
    "Default",
    "Delete",
    "Directory",
    "Egress",
    "Equal",
    "Exact",
    "Exists",
    "ExternalName",
    "File",
    "Filesystem",
    "Forbid",
    "HTTP",
    "HTTPS",
    "IfNotPresent",
    "Immediate",
    "In",
    "Ingress",
    "LoadBalancer",
    "Local",
    "Never",
    "NoExecute",
    "NoSchedule",
    "NodePort",
    "None",
    "NotIn",
    "OnFailure",
    "Prefix",
    "ReadOnlyMany",
    "ReadWriteMany",
    "ReadWriteOnce",
    "Recreate",
    "Retain",
    "RollingUpdate",
    "TCP",
    "UDP",
];

/// The id of a written rule and the pointer at which it reports an object.
pub type Report = (String, String);

/// The written rules that a learned rule may repeat.
pub struct Written {
    schemas: Schemas,
    invariants: Invariants,
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Written").finish_non_exhaustive()
    }
}

impl Default for Written {
    fn default() -> Self {
        let mut invariants = Invariants::builtin();
        let version = ("kubernetes-version".to_owned(), Version::NEWEST.to_string());
        invariants.set_parameters(&[version].into());
        Self { schemas: Schemas::for_version(Version::NEWEST), invariants }
    }
}

impl Written {
    /// Whether a learned rule says no more than schemas and recommended invariants do.
    pub fn entails(&self, rule: &Rule) -> bool {
        let Some(place) = Place::of(rule) else { return false };
        let mut checker = Checker::new(std::slice::from_ref(rule));
        let mut breaking = Vec::new();
        let mut keeping = Vec::new();
        for value in samples() {
            let Some(object) = self.object(&place, value.as_ref()) else { return false };
            let reports = self.reports(&object);
            match checker.check(&[&object]).first() {
                Some(departure) => breaking.push((departure.pointer.clone(), reports)),
                // Of lists and maps, a set of values says nothing.
                None if is_named(rule)
                    && value.as_ref().is_some_and(|value| !value.is_string()) => {}
                None => keeping.push(reports),
            }
        }
        let besides = besides(rule, keeping);
        let is_reported = |(place, reports): &(String, BTreeSet<Report>)| {
            reports.difference(&besides).any(|(_, pointer)| pointer == place)
        };
        !breaking.is_empty() && breaking.iter().all(is_reported)
    }

    /// An object with a value at a place, in a version that has a schema.
    fn object(&self, place: &Place<'_>, value: Option<&Value>) -> Option<Object> {
        VERSIONS.iter().find_map(|version| {
            let object = place.object(version, value)?;
            let coverage = self.schemas.check(&object, &mut Found::default());
            (coverage == Coverage::Checked).then_some(object)
        })
    }

    /// What schemas and recommended invariants report of an object.
    pub fn reports(&self, object: &Object) -> BTreeSet<Report> {
        let mut found = Found::default();
        self.schemas.check(object, &mut found);
        let profiles = self.invariants.profiles();
        let recommended =
            |id: &str| profiles.get(id).is_some_and(|all| all.contains(&Profile::Recommended));
        let objects = std::slice::from_ref(object);
        self.invariants.active(objects, recommended).check(object, &mut found, |_| {});
        let report = |finding: &Finding| Some((finding.rule.to_string(), pointer_said(finding)?));
        found.findings.iter().filter_map(report).collect()
    }
}

/// The pointer that a finding speaks of: a missing field is reported at the map that lacks it.
pub(crate) fn pointer_said(finding: &Finding) -> Option<String> {
    let pointer = finding.pointer.as_deref()?;
    let missing = finding.message.strip_prefix("missing field `");
    Some(match missing.and_then(|rest| rest.split('`').next()) {
        Some(field) => format!("{pointer}/{}", seatrial_parse::escape_pointer_token(field)),
        None => pointer.to_owned(),
    })
}

/// What is said of values that keep a rule too, so that it is not what the rule says: of all of
/// them, since a value of the right type may be wrong otherwise; of any where the rule names values.
fn besides(rule: &Rule, keeping: Vec<BTreeSet<Report>>) -> BTreeSet<Report> {
    let both = |a: BTreeSet<Report>, b: BTreeSet<Report>| {
        if is_named(rule) { &a | &b } else { &a & &b }
    };
    keeping.into_iter().reduce(both).unwrap_or_default()
}

const fn is_named(rule: &Rule) -> bool {
    matches!(rule.template, Template::Values { .. })
}

/// What may stand in a field: nothing, and values of all types, sizes and looks.
fn samples() -> Vec<Option<Value>> {
    let values = [
        json!(true),
        json!(-1),
        json!(0),
        json!(7),
        json!(0.5),
        json!(10_000_000),
        json!(1_000_000_000_000_i64),
        json!("x y!"),
        json!("Unusual"),
        json!("unusual"),
        json!("7"),
        json!("7s"),
        json!("7Ki"),
        json!("7m"),
        json!([]),
        json!(["x"]),
        json!([{"x": 1}]),
        json!({"x": "y"}),
    ];
    let words = WORDS.iter().map(|word| json!(word));
    std::iter::once(None).chain(values.into_iter().chain(words).map(Some)).collect()
}

/// The field that a rule speaks of.
struct Place<'a> {
    /// Whether it is one of all pods, which are known by their containers.
    pod: bool,
    group: &'a str,
    kind: &'a str,
    steps: Vec<&'a str>,
}

impl<'a> Place<'a> {
    /// The place of a rule on one field of one kind or of pods.
    fn of(rule: &'a Rule) -> Option<Self> {
        let (Template::Type { column, .. }
        | Template::Values { column, .. }
        | Template::Range { column, .. }
        | Template::Shape { column, .. }
        | Template::Units { column, .. }
        | Template::Count { column, .. }
        | Template::Required { column }) = &rule.template
        else {
            return None;
        };
        let (head, path) = rule.context.split_once(':').unwrap_or((&rule.context, ""));
        let pod = head == "pod";
        let head = if pod { "Pod" } else { head };
        let (kind, group) = head.split_once('.').unwrap_or((head, ""));
        let odd = |text: &str| text.contains(['"', '}', '*']);
        let steps: Vec<&str> =
            path.split('.').filter(|step| !step.is_empty()).chain(column.split('.')).collect();
        let is_plain =
            |step: &&str| !odd(step.trim_end_matches("[*]").trim_end_matches("[name=*]"));
        (head != "*" && steps.iter().all(is_plain)).then_some(Self { pod, group, kind, steps })
    }

    /// The smallest object with a value at the place; without one, all that leads there.
    fn object(&self, version: &str, value: Option<&Value>) -> Option<Object> {
        let Value::Object(mut root) = nested(&self.steps, value) else { return None };
        let has_containers = self.steps.get(1).is_some_and(|step| step.starts_with("containers"));
        if let (true, Some(Value::Object(spec))) =
            (self.pod && !has_containers, root.get_mut("spec"))
        {
            spec.insert("containers".to_owned(), json!([{"name": "a", "image": "a"}]));
        }
        let api = if self.group.is_empty() { String::new() } else { format!("{}/", self.group) };
        root.insert("apiVersion".to_owned(), json!(format!("{api}{version}")));
        root.insert("kind".to_owned(), json!(self.kind));
        let text = Value::Object(root).to_string();
        let manifest = seatrial_manifests::read(Arc::new(SourceFile::new("trial.json", text)));
        manifest.objects.into_iter().next()
    }
}

/// Maps and lists down to a value.
fn nested(steps: &[&str], value: Option<&Value>) -> Value {
    let Some((step, rest)) = steps.split_first() else {
        return value.cloned().unwrap_or(Value::Null);
    };
    let (key, is_list) = match step.split_once('[') {
        Some((key, _)) => (key, true),
        None => (*step, false),
    };
    let mut map = Map::new();
    if rest.is_empty() && value.is_none() {
        return Value::Object(map);
    }
    let mut below = nested(rest, value);
    // Items of lists with keys have one, which decides what they are compared with.
    if let (Value::Object(item), true) = (&mut below, step.ends_with("[name=*]"))
        && rest != ["name"]
    {
        item.entry("name").or_insert(json!("a"));
    }
    let below = if is_list { Value::Array(vec![below]) } else { below };
    map.insert(key.to_owned(), below);
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use seatrial_learn::manifests::{Evidence, Sort};

    use super::*;

    fn rule(context: &str, template: Template<String>) -> Rule {
        Rule { template, context: context.to_owned(), evidence: Evidence::default() }
    }

    fn required(context: &str, column: &str) -> Rule {
        rule(context, Template::Required { column: column.to_owned() })
    }

    fn typed(context: &str, column: &str, sort: Sort) -> Rule {
        rule(context, Template::Type { column: column.to_owned(), sort })
    }

    fn values(context: &str, column: &str, values: &[&str]) -> Rule {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        rule(context, Template::Values { column: column.to_owned(), values })
    }

    #[test]
    fn what_schema_or_an_invariant_says_is_entailed_and_what_teams_do_is_not() {
        let written = Written::default();
        let container = "pod:spec.containers[name=*]";
        for (rule, expected) in [
            (typed("Deployment.apps", "spec.replicas", Sort::Integer), true),
            (required("Deployment.apps", "spec.selector"), true),
            (typed("pod:spec.containers[name=*].ports[*]", "containerPort", Sort::Integer), true),
            (values(container, "imagePullPolicy", &["Always", "IfNotPresent", "Never"]), true),
            // An invariant reports `Never`.
            (values(container, "imagePullPolicy", &["Always", "IfNotPresent"]), true),
            (values("Service:spec.ports[*]", "protocol", &["TCP"]), false),
            (typed(container, "image", Sort::Text), true),
            // A team's own habits.
            (required("Deployment.apps", "metadata.labels.team"), false),
            (required("Deployment.apps", "spec.replicas"), false),
            (typed(container, "workingDir", Sort::Path), false),
            (typed("pod:spec.volumes[name=*]", "emptyDir", Sort::Map), true),
            (required("pod:spec.volumes[name=*]", "configMap.name"), false),
            (values("Service", "spec.type", &["ClusterIP"]), false),
            // Kinds without a schema, and all kinds.
            (required("Thing.x.example", "spec.a"), false),
            (typed("*", "replicas", Sort::Integer), false),
        ] {
            assert_eq!(written.entails(&rule), expected, "{} {:?}", rule.context, rule.template);
        }
    }
}
