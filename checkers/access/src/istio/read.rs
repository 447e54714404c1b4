//! From objects to a [`Mesh`].

use std::collections::BTreeMap;
use std::sync::Arc;

use seatrial_core::{Finding, Severity};
use seatrial_manifests::Object;
use seatrial_parse::Node;

use super::model::{
    Action, Attribute, Condition, Mesh, Pattern, Policy, Rule, Scope, Target, Test,
};
use super::rules;
use crate::Source;
use crate::network::{
    AddressSet, Assumptions, LabelSelector, Name, Operator, Requirement, Unmodelled, read_block,
};

/// The namespace whose policies are about all workloads, unless the mesh is configured otherwise.
pub const ROOT_NAMESPACE: &str = "istio-system";

/// Reads policies and workloads. Of several objects with the same identity the last counts.
pub fn read<'a>(
    objects: impl IntoIterator<Item = &'a Object> + Clone,
    root_namespace: &str,
) -> Mesh {
    let mut mesh = Mesh::default();
    let network = crate::network::read(objects.clone(), &Assumptions::default());
    for workload in network.workloads {
        let (id, namespace, labels) = (workload.id, workload.namespace, workload.labels);
        mesh.targets.push(Target { id, namespace, labels });
    }
    let mut policies = BTreeMap::new();
    for object in objects {
        if object.group() == "security.istio.io" && object.kind() == "AuthorizationPolicy" {
            policies.insert((object.namespace(), object.name()), object);
        }
    }
    for object in policies.into_values() {
        match unmodelled(object) {
            Some(reason) => mesh.unmodelled.push(Unmodelled {
                resource: object.id.clone(),
                location: object.name_location(),
                reason,
                text: object.node.to_string(),
            }),
            None => {
                let mut reader = Reader { object, findings: &mut mesh.findings };
                mesh.policies.extend(reader.policy(root_namespace));
            }
        }
    }
    mesh.findings.sort_unstable();
    mesh
}

/// Why a policy as a whole is not modelled.
fn unmodelled(object: &Object) -> Option<String> {
    let spec = |key: &str| object.node.at(&["spec", key]).filter(|node| !node.is_null());
    if !matches!(object.id.version(), "v1" | "v1beta1") {
        return Some(format!("`{}` is not known", object.id.api_version));
    }
    if spec("targetRefs").or_else(|| spec("targetRef")).is_some() {
        return Some("it is about gateways or waypoints, not about workloads".to_owned());
    }
    let action = spec("action")?;
    let known = ["ALLOW", "DENY", "AUDIT", "CUSTOM"];
    let shown = action.as_str().map_or_else(|| action.to_string(), str::to_owned);
    (!known.contains(&&*shown)).then(|| format!("unknown action `{shown}`"))
}

struct Reader<'r> {
    object: &'r Object,
    findings: &'r mut Vec<Finding>,
}

impl Reader<'_> {
    fn refuse(&mut self, node: &Node, pointer: &str, message: String) {
        let location = self.object.location(node.span);
        let finding = Finding::new(rules::INVALID, Severity::Error, location, message);
        self.findings.push(finding.of(&self.object.id, pointer));
    }

    /// Reads a policy; `None` for one that is only tried out (`istio.io/dry-run`).
    fn policy(&mut self, root_namespace: &str) -> Option<Policy> {
        let object = self.object;
        if object.annotation("istio.io/dry-run") == Some("true") {
            return None;
        }
        let spec = |key: &str| object.node.at(&["spec", key]).filter(|node| !node.is_null());
        let action = match spec("action").and_then(Node::as_str) {
            Some("DENY") => Action::Deny,
            Some("AUDIT") => Action::Audit,
            Some("CUSTOM") => Action::Custom,
            _ => Action::Allow,
        };
        let selector = spec("selector").and_then(|selector| selector.get("matchLabels"));
        let namespace = object.namespace();
        let scope = Scope {
            namespace: (namespace != root_namespace).then(|| namespace.into()),
            selector: self.selector(selector),
        };
        let items = spec("rules").map_or(&[][..], Node::items).iter().enumerate();
        let rules = items.map(|(at, item)| self.rule(item, &format!("/spec/rules/{at}"))).collect();
        let source = Source {
            resource: object.id.clone(),
            location: object.name_location(),
            pointer: String::new(),
            role: "policy",
            text: None,
        };
        let text = object.node.get("spec").map_or_else(String::new, ToString::to_string);
        Some(Policy { action, scope, rules, text: text.into(), source })
    }

    fn selector(&mut self, labels: Option<&Node>) -> LabelSelector {
        let mut selector = LabelSelector::everything();
        for entry in labels.map_or(&[][..], Node::entries) {
            match entry.value.as_str() {
                Some(value) => selector.requirements.push(Requirement {
                    key: (&*entry.key.text).into(),
                    operator: Operator::In(vec![value.into()]),
                }),
                None => {
                    let pointer = "/spec/selector/matchLabels";
                    let message =
                        format!("the value of a label is a text: write `\"{}\"`", entry.value);
                    self.refuse(&entry.value, pointer, message);
                    selector.unreadable = true;
                }
            }
        }
        selector.requirements.sort_unstable();
        selector
    }

    fn rule(&mut self, item: &Node, pointer: &str) -> Rule {
        let from = self.alternatives(item, pointer, "from", "source", &SOURCE);
        let to = self.alternatives(item, pointer, "to", "operation", &OPERATION);
        let conditions = item.get("when").map_or(&[][..], Node::items).iter().enumerate();
        let when = conditions
            .map(|(at, item)| self.condition(item, &format!("{pointer}/when/{at}")))
            .collect();
        let source = Source {
            resource: self.object.id.clone(),
            location: self.object.location(item.span),
            pointer: pointer.to_owned(),
            role: "rule",
            text: None,
        };
        Rule { from, to, when, source }
    }

    /// Reads `from` or `to`: one of the items; without any, everything fits.
    fn alternatives(
        &mut self,
        rule: &Node,
        pointer: &str,
        field: &str,
        inner: &str,
        fields: &[Field],
    ) -> Vec<Vec<Condition>> {
        let items = rule.get(field).map_or(&[][..], Node::items).iter().enumerate();
        let mut all: Vec<_> = items
            .map(|(at, item)| {
                let pointer = format!("{pointer}/{field}/{at}/{inner}");
                self.fields(item.get(inner), &pointer, fields)
            })
            .collect();
        if all.is_empty() {
            all.push(Vec::new());
        }
        all
    }

    fn fields(&mut self, at: Option<&Node>, pointer: &str, fields: &[Field]) -> Vec<Condition> {
        let Some(at) = at else { return Vec::new() };
        let mut conditions = Vec::new();
        let known = |key: &str| fields.iter().any(|field| field.0 == key || field.1 == key);
        for entry in at.entries().iter().filter(|entry| !known(&entry.key.text)) {
            let key = &entry.key.text;
            self.refuse(
                &entry.value,
                &format!("{pointer}/{key}"),
                format!("unknown field `{key}`"),
            );
            conditions.push(Condition::Unmodelled(format!("unknown field `{key}`").into()));
        }
        for (field, not, how) in fields {
            let (values, nots) = (texts(at.get(field)), texts(at.get(not)));
            if !values.is_empty() || !nots.is_empty() {
                let pointer = format!("{pointer}/{field}");
                conditions.push(self.tests(at, &pointer, *how, &values, &nots));
            }
        }
        conditions
    }

    fn condition(&mut self, item: &Node, pointer: &str) -> Condition {
        let key = item.get("key").and_then(Node::as_str).unwrap_or_default();
        let (values, nots) = (texts(item.get("values")), texts(item.get("notValues")));
        if values.is_empty() && nots.is_empty() {
            self.refuse(item, pointer, format!("the condition on `{key}` has no values"));
            return Condition::Unmodelled(format!("a condition on `{key}` without values").into());
        }
        let how = match key {
            "source.ip" => How::Block(Attribute::SourceAddress),
            "remote.ip" => How::Block(Attribute::RemoteAddress),
            "source.namespace" => How::Namespace,
            "source.principal" => How::Text(Attribute::Principal),
            "destination.port" => How::Port,
            _ if key.starts_with("request.headers[") || key == "connection.sni" => {
                How::Text(Attribute::Key(key.into()))
            }
            _ if key.starts_with("request.auth.")
                || key.starts_with("experimental.envoy.filters.")
                || key == "destination.ip" =>
            {
                return Condition::Unmodelled(format!("a condition on `{key}`").into());
            }
            _ => {
                self.refuse(item, pointer, format!("unknown attribute `{key}`"));
                return Condition::Unmodelled(format!("a condition on `{key}`").into());
            }
        };
        self.tests(item, pointer, how, &values, &nots)
    }

    /// What values and excluded values ask of an attribute.
    fn tests(
        &mut self,
        at: &Node,
        pointer: &str,
        how: impl Into<How>,
        values: &[&str],
        nots: &[&str],
    ) -> Condition {
        let how = how.into();
        let attribute = match &how {
            How::Text(attribute) | How::Block(attribute) => attribute.clone(),
            How::Namespace | How::Account => Attribute::Principal,
            How::Port => Attribute::Port,
            How::Unmodelled(what) => return Condition::Unmodelled((*what).into()),
        };
        let read = |values: &[&str]| -> Result<Vec<Test>, Name> {
            values.iter().map(|value| test(&how, value, self.object.namespace())).collect()
        };
        match (read(values), read(nots)) {
            (Ok(values), Ok(nots)) => Condition::Is(attribute, values, nots),
            (Err(problem), _) | (_, Err(problem)) => {
                if problem.starts_with("no ") {
                    self.refuse(at, pointer, problem.to_string());
                }
                Condition::Unmodelled(problem)
            }
        }
    }
}

/// How the values of a field are read.
#[derive(Clone)]
enum How {
    Text(Attribute),
    Namespace,
    Account,
    Block(Attribute),
    Port,
    Unmodelled(&'static str),
}

/// A field, its negation, and how its values are read.
type Field = (&'static str, &'static str, Kind);

/// [`How`], for tables.
#[derive(Clone, Copy)]
enum Kind {
    Principal,
    Namespace,
    Account,
    Token,
    Source,
    Remote,
    Host,
    Method,
    Path,
    Port,
}

impl From<Kind> for How {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Principal => Self::Text(Attribute::Principal),
            Kind::Namespace => Self::Namespace,
            Kind::Account => Self::Account,
            Kind::Token => Self::Unmodelled("what the request's token says"),
            Kind::Source => Self::Block(Attribute::SourceAddress),
            Kind::Remote => Self::Block(Attribute::RemoteAddress),
            Kind::Host => Self::Text(Attribute::Host),
            Kind::Method => Self::Text(Attribute::Method),
            Kind::Path => Self::Text(Attribute::Path),
            Kind::Port => Self::Port,
        }
    }
}

const SOURCE: [Field; 6] = [
    ("principals", "notPrincipals", Kind::Principal),
    ("requestPrincipals", "notRequestPrincipals", Kind::Token),
    ("namespaces", "notNamespaces", Kind::Namespace),
    ("serviceAccounts", "notServiceAccounts", Kind::Account),
    ("ipBlocks", "notIpBlocks", Kind::Source),
    ("remoteIpBlocks", "notRemoteIpBlocks", Kind::Remote),
];

const OPERATION: [Field; 4] = [
    ("hosts", "notHosts", Kind::Host),
    ("ports", "notPorts", Kind::Port),
    ("methods", "notMethods", Kind::Method),
    ("paths", "notPaths", Kind::Path),
];

fn texts(list: Option<&Node>) -> Vec<&str> {
    list.map_or(&[][..], Node::items).iter().filter_map(Node::as_str).collect()
}

/// Reads a value; the error says why it is not modelled, and begins with `no ` if it is wrong.
fn test(how: &How, value: &str, namespace: &str) -> Result<Test, Name> {
    match how {
        // Hosts compare without regard to case (RFC 4343).
        How::Text(Attribute::Host) => Ok(Test::Text(Pattern::of(&value.to_lowercase()))),
        How::Text(Attribute::Path) if value.contains('{') => {
            Err(Arc::from(format!("the path template `{value}`")))
        }
        How::Text(_) => Ok(Test::Text(Pattern::of(value))),
        How::Namespace => match Pattern::of(value) {
            Pattern::Exact(text) | Pattern::Prefix(text) | Pattern::Suffix(text)
                if text.contains('*') =>
            {
                Err(Arc::from(format!("the pattern `{value}` of namespaces")))
            }
            pattern => Ok(Test::Namespace(pattern)),
        },
        How::Account => {
            let (namespace, account) = value.split_once('/').unwrap_or((namespace, value));
            Ok(Test::Account(namespace.into(), account.into()))
        }
        How::Block(_) => block(value).ok_or_else(|| Arc::from(format!("no block: `{value}`"))),
        How::Port => {
            let port = value.parse().ok().filter(|&port: &u16| port > 0);
            port.map(Test::Port).ok_or_else(|| Arc::from(format!("no port: `{value}`")))
        }
        How::Unmodelled(what) => Err(Arc::from(*what)),
    }
}

/// An address or a block of addresses.
fn block(text: &str) -> Option<Test> {
    let one = text.parse().ok().map(AddressSet::one);
    one.or_else(|| read_block(text).ok().map(|block| block.addresses)).map(Test::Block)
}
