//! What there is: the keys of a ConfigMap or a Secret, and what controllers make.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use seatrial_core::Location;
use seatrial_manifests::Object;
use seatrial_parse::{Entry, Node};

use super::super::common::text;
use super::uses::Config;

/// A ConfigMap or a Secret that is there; of several manifests of it, all together.
pub(super) struct Present<'a> {
    /// The first manifest.
    pub(super) first: &'a Object,
    /// The keys, each with the manifest that has it.
    pub(super) keys: BTreeMap<&'a str, (&'a Object, &'a Entry)>,
    /// Whether a controller adds others.
    open: bool,
}

impl<'a> Present<'a> {
    /// What some manifests of one object say together; `None` where there are none.
    pub(super) fn of(manifests: impl Iterator<Item = &'a Object>) -> Option<Self> {
        let mut manifests = manifests.peekable();
        let mut present = Self { first: manifests.peek()?, keys: BTreeMap::new(), open: false };
        for object in manifests {
            present.open |= is_service_account_token(object);
            for entry in data(object) {
                present.keys.entry(&*entry.key.text).or_insert((object, entry));
            }
        }
        Some(present)
    }

    /// Whether there is, or may be, such a key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.open || self.keys.contains_key(key)
    }

    /// The place of a key, or of the first one.
    pub(super) fn location(&self, key: Option<&str>) -> Location {
        let shown = match key {
            Some(key) => self.keys.get(key),
            None => self.keys.values().next(),
        };
        shown.map_or_else(
            || self.first.name_location(),
            |(object, entry)| object.location(entry.key.span),
        )
    }
}

/// The entries of a ConfigMap or a Secret.
fn data(object: &Object) -> impl Iterator<Item = &Entry> {
    let fields = match object.kind() {
        "Secret" => ["data", "stringData"],
        _ => ["data", "binaryData"],
    };
    fields.into_iter().flat_map(|field| object.node.get(field).map_or(&[][..], Node::entries))
}

/// Whether the keys of a Secret are filled in for its service account.
fn is_service_account_token(object: &Object) -> bool {
    text(&object.node, "type") == Some("kubernetes.io/service-account-token")
}

/// What controllers make from the inspected objects, or in every namespace.
pub(super) struct Elsewhere<'a> {
    made: FxHashSet<(Config, &'a str)>,
}

/// A kind of object from which a controller makes a ConfigMap or a Secret.
struct Maker {
    group: &'static str,
    kind: &'static str,
    makes: Config,
    /// Where the name is; by default, it is the maker's own.
    name: &'static [&'static str],
}

const fn maker(
    group: &'static str,
    kind: &'static str,
    makes: Config,
    name: &'static [&'static str],
) -> Maker {
    Maker { group, kind, makes, name }
}

static MAKERS: [Maker; 9] = [
    maker("bitnami.com", "SealedSecret", Config::Secret, &["spec", "template", "metadata", "name"]),
    maker("cert-manager.io", "Certificate", Config::Secret, &["spec", "secretName"]),
    maker("external-secrets.io", "ExternalSecret", Config::Secret, &["spec", "target", "name"]),
    maker("kubernetes-client.io", "ExternalSecret", Config::Secret, &["metadata", "name"]),
    maker("onepassword.com", "OnePasswordItem", Config::Secret, &["metadata", "name"]),
    maker("secrets.hashicorp.com", "VaultDynamicSecret", Config::Secret, DESTINATION),
    maker("secrets.hashicorp.com", "VaultPKISecret", Config::Secret, DESTINATION),
    maker("secrets.hashicorp.com", "VaultStaticSecret", Config::Secret, DESTINATION),
    maker("trust.cert-manager.io", "Bundle", Config::ConfigMap, &["metadata", "name"]),
];

const DESTINATION: &[&str] = &["spec", "destination", "name"];

impl<'a> Elsewhere<'a> {
    /// What is made from these objects.
    pub(super) fn of(objects: &'a [Object]) -> Self {
        let mut made = FxHashSet::default();
        // The controller manager publishes the cluster's certificate authority in all namespaces.
        made.insert((Config::ConfigMap, "kube-root-ca.crt"));
        for object in objects {
            made.extend(made_from(object));
            if object.group() == "kustomize.config.k8s.io" {
                made.extend(generated(object, "configMapGenerator", Config::ConfigMap));
                made.extend(generated(object, "secretGenerator", Config::Secret));
            }
        }
        Self { made }
    }

    /// Whether one of this name is made, in whatever namespace.
    pub(super) fn makes(&self, config: Config, name: &str) -> bool {
        self.made.contains(&(config, name))
    }
}

/// What a controller makes from an object.
fn made_from(object: &Object) -> Option<(Config, &str)> {
    let of_kind = |maker: &&Maker| maker.kind == object.kind() && maker.group == object.group();
    let maker = MAKERS.iter().find(of_kind)?;
    let name = object.node.at(maker.name).and_then(Node::as_str);
    Some((maker.makes, name.unwrap_or_else(|| object.name())))
}

/// What a kustomization generates.
fn generated<'a>(
    kustomization: &'a Object,
    field: &str,
    config: Config,
) -> impl Iterator<Item = (Config, &'a str)> {
    let items = kustomization.node.get(field).map_or(&[][..], Node::items);
    items.iter().filter_map(move |item| Some((config, text(item, "name")?)))
}
