//! The places of an object that name a ConfigMap or a Secret.

use seatrial_manifests::{Object, Part, PodTemplate};
use seatrial_parse::Node;

use super::super::common::text;
use super::super::places::{all, child, items};

/// An object that holds configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Config {
    /// A `ConfigMap`.
    ConfigMap,
    /// A `Secret`.
    Secret,
}

impl Config {
    /// Its kind.
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }

    /// What it is taken for by mistake.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::ConfigMap => Self::Secret,
            Self::Secret => Self::ConfigMap,
        }
    }
}

/// A place that names a ConfigMap or a Secret.
#[derive(Debug)]
pub(super) struct Use<'a> {
    /// Which of the two.
    pub(super) config: Config,
    /// The name.
    pub(super) name: &'a Node,
    /// JSON pointer to the name.
    pub(super) pointer: String,
    /// The keys that it asks for, each with its JSON pointer.
    pub(super) keys: Vec<(&'a Node, String)>,
    /// Whether it does without, if there is none.
    pub(super) optional: bool,
}

/// All places of an object that name a ConfigMap or a Secret, in the order in which pods meet
/// them.
pub(super) fn uses(object: &Object) -> Vec<Use<'_>> {
    let mut uses = Vec::new();
    if let Some(template) = PodTemplate::of(object) {
        for container in template.containers() {
            container.env().for_each(|part| in_env(&part, &mut uses));
            container.env_from().for_each(|part| in_env_from(&part, &mut uses));
        }
        template.volumes().for_each(|part| in_volume(&part, &mut uses));
        template.image_pull_secrets().for_each(|part| push(&part, &PULL_SECRET, &mut uses));
    }
    match (object.group(), object.kind()) {
        ("", "ServiceAccount") => in_list(object, "imagePullSecrets/*", &PULL_SECRET, &mut uses),
        ("networking.k8s.io" | "extensions", "Ingress") if !has_certificates_made(object) => {
            in_list(object, "spec/tls/*", &TLS_SECRET, &mut uses);
        }
        ("gateway.networking.k8s.io", "Gateway") if !has_certificates_made(object) => {
            certificates(object, &mut uses);
        }
        ("keda.sh", "TriggerAuthentication") => {
            in_list(object, "spec/secretTargetRef/*", &TRIGGER_SECRET, &mut uses);
            in_list(object, "spec/configMapTargetRef/*", &TRIGGER_CONFIG, &mut uses);
        }
        _ => {}
    }
    uses
}

/// How a place names what it uses.
struct Shape {
    /// The field that holds the reference; empty where it is the place itself.
    field: &'static str,
    config: Config,
    /// The field of the name.
    name: &'static str,
    /// Where the keys are.
    keys: KeysAt,
}

enum KeysAt {
    /// The reference is to the object as a whole.
    Nowhere,
    /// In the field `key`.
    Field,
    /// In the field `key` of each of the `items`.
    Items,
}

const fn shape(field: &'static str, config: Config, name: &'static str, keys: KeysAt) -> Shape {
    Shape { field, config, name, keys }
}

static PULL_SECRET: Shape = shape("", Config::Secret, "name", KeysAt::Nowhere);
static TLS_SECRET: Shape = shape("", Config::Secret, "secretName", KeysAt::Nowhere);
static TRIGGER_SECRET: Shape = shape("", Config::Secret, "name", KeysAt::Field);
static TRIGGER_CONFIG: Shape = shape("", Config::ConfigMap, "name", KeysAt::Field);
static IN_VALUE_FROM: [Shape; 2] = [
    shape("configMapKeyRef", Config::ConfigMap, "name", KeysAt::Field),
    shape("secretKeyRef", Config::Secret, "name", KeysAt::Field),
];
static IN_ENV_FROM: [Shape; 2] = [
    shape("configMapRef", Config::ConfigMap, "name", KeysAt::Nowhere),
    shape("secretRef", Config::Secret, "name", KeysAt::Nowhere),
];
static IN_VOLUME: [Shape; 3] = [
    shape("configMap", Config::ConfigMap, "name", KeysAt::Items),
    shape("secret", Config::Secret, "secretName", KeysAt::Items),
    shape("azureFile", Config::Secret, "secretName", KeysAt::Nowhere),
];
static IN_PROJECTED: [Shape; 2] = [
    shape("configMap", Config::ConfigMap, "name", KeysAt::Items),
    shape("secret", Config::Secret, "name", KeysAt::Items),
];
/// The volume types whose credentials are named by a reference, and the field of that reference.
static CREDENTIALS: [(&str, &str); 7] = [
    ("cephfs", "secretRef"),
    ("csi", "nodePublishSecretRef"),
    ("flexVolume", "secretRef"),
    ("iscsi", "secretRef"),
    ("rbd", "secretRef"),
    ("scaleIO", "secretRef"),
    ("storageos", "secretRef"),
];

fn in_env<'a>(part: &Part<'a>, uses: &mut Vec<Use<'a>>) {
    if let Some(value_from) = child(part, "valueFrom") {
        push_all(&value_from, &IN_VALUE_FROM, uses);
    }
}

fn in_env_from<'a>(part: &Part<'a>, uses: &mut Vec<Use<'a>>) {
    push_all(part, &IN_ENV_FROM, uses);
}

fn in_volume<'a>(part: &Part<'a>, uses: &mut Vec<Use<'a>>) {
    push_all(part, &IN_VOLUME, uses);
    let projected = child(part, "projected").and_then(|projected| child(&projected, "sources"));
    for source in projected.iter().flat_map(items) {
        push_all(&source, &IN_PROJECTED, uses);
    }
    for (volume, reference) in CREDENTIALS {
        if let Some(secret) = child(part, volume).and_then(|volume| child(&volume, reference)) {
            push(&secret, &PULL_SECRET, uses);
        }
    }
}

fn in_list<'a>(object: &'a Object, path: &str, shape: &Shape, uses: &mut Vec<Use<'a>>) {
    for part in all(object, path) {
        push(&part, shape, uses);
    }
}

/// The certificates of a Gateway that lie in its own namespace.
fn certificates<'a>(gateway: &'a Object, uses: &mut Vec<Use<'a>>) {
    let own = |part: &Part<'_>| {
        let kind = text(part.node, "kind").is_none_or(|kind| kind == "Secret");
        let namespace = text(part.node, "namespace");
        kind && (namespace.is_none() || namespace == gateway.id.namespace.as_deref())
    };
    let places = all(gateway, "spec/listeners/*/tls/certificateRefs/*");
    places.iter().filter(|part| own(part)).for_each(|part| push(part, &PULL_SECRET, uses));
}

/// Whether a controller makes the certificates of an Ingress, as its annotations ask for.
fn has_certificates_made(ingress: &Object) -> bool {
    ["cert-manager.io/cluster-issuer", "cert-manager.io/issuer", "kubernetes.io/tls-acme"]
        .iter()
        .any(|key| {
            let annotations = ingress.node.at(&["metadata", "annotations"]);
            annotations.is_some_and(|annotations| annotations.get(key).is_some())
        })
}

/// Adds the uses of any of some shapes at a place.
fn push_all<'a>(part: &Part<'a>, shapes: &[Shape], uses: &mut Vec<Use<'a>>) {
    for shape in shapes {
        push(part, shape, uses);
    }
}

/// Adds the use at a place, if there is one.
fn push<'a>(part: &Part<'a>, shape: &Shape, uses: &mut Vec<Use<'a>>) {
    let reference = match shape.field {
        "" => Some(part.clone()),
        field => child(part, field),
    };
    let Some(reference) = reference else { return };
    let Some(name) = child(&reference, shape.name) else { return };
    let keys = match shape.keys {
        KeysAt::Nowhere => Vec::new(),
        KeysAt::Field => child(&reference, "key").into_iter().collect(),
        KeysAt::Items => child(&reference, "items")
            .iter()
            .flat_map(items)
            .filter_map(|item| child(&item, "key"))
            .collect(),
    };
    let optional = reference.node.get("optional").and_then(Node::as_bool) == Some(true);
    uses.push(Use {
        config: shape.config,
        name: name.node,
        pointer: name.pointer,
        keys: keys.into_iter().map(|key| (key.node, key.pointer)).collect(),
        optional,
    });
}
