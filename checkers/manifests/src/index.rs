//! The index that resolves references between objects without looking at all pairs.
//!
//! # Namespaces
//!
//! A manifest without a namespace goes where `kubectl apply -n` sends it, so an absent namespace
//! is a wildcard rather than `default`. What is looked up from namespace `a` is sought in `a`, and
//! only if it is not there among objects without a namespace. What is looked up from no namespace
//! is sought among objects without one, and only if it is not there in all namespaces. So two
//! objects in the same namespace, or both in none, always belong together; where one of the two
//! names its namespace, they do unless a better partner is known.

use std::hash::{BuildHasher, Hash};
use std::sync::OnceLock;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use seatrial_parse::Node;

use crate::near::{one_slip_apart, slips};
use crate::pod::without_ordinal;
use crate::selector::Operator;
use crate::{Object, PodLabel, PodTemplate, Selector};

/// Positions in a list of objects or templates, ascending.
type Positions = Vec<u32>;

/// The value in the index of a label that a controller sets in a way the manifest does not tell.
/// No label can have it: `*` is no character of label values.
const UNKNOWN_VALUE: &str = "*";

/// The label that the StatefulSet controller sets to the name of each pod.
const POD_NAME_LABEL: &str = "statefulset.kubernetes.io/pod-name";

/// The objects of one inspection by identity, and their pods by label.
#[derive(Debug)]
pub struct Index<'a> {
    objects: &'a [Object],
    templates: Vec<PodTemplate<'a>>,
    cluster_scoped: FxHashSet<(&'a str, &'a str)>,
    by_identity: FxHashMap<(Scope<'a>, &'a str, &'a str, &'a str), Positions>,
    by_name: FxHashMap<(Scope<'a>, &'a str), Positions>,
    by_label: FxHashMap<(Scope<'a>, &'a str, &'a str), Positions>,
    by_scope: FxHashMap<Scope<'a>, Positions>,
    by_slip: OnceLock<FxHashMap<u64, Positions>>,
    by_label_slip: OnceLock<FxHashMap<u64, Positions>>,
}

/// Where something is sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Scope<'a> {
    /// Among objects that name this namespace.
    Named(&'a str),
    /// Among objects that name no namespace.
    Unnamed,
    /// Everywhere.
    Anywhere,
}

impl<'a> Scope<'a> {
    /// The scope in which an object of this namespace stands, besides [`Scope::Anywhere`].
    fn of(namespace: Option<&'a str>) -> Self {
        namespace.map_or(Self::Unnamed, Self::Named)
    }

    /// Where to look from a namespace, first the one, then, if there is nothing, the other.
    fn seen_from(namespace: Option<&'a str>) -> [Self; 2] {
        match namespace {
            Some(name) => [Self::Named(name), Self::Unnamed],
            None => [Self::Unnamed, Self::Anywhere],
        }
    }
}

impl<'a> Index<'a> {
    /// Builds the index, in time and memory linear in the size of the objects.
    pub fn build(objects: &'a [Object]) -> Self {
        let mut index = Self {
            objects,
            templates: Vec::new(),
            cluster_scoped: custom_cluster_scoped(objects),
            by_identity: FxHashMap::default(),
            by_name: FxHashMap::default(),
            by_label: FxHashMap::default(),
            by_scope: FxHashMap::default(),
            by_slip: OnceLock::new(),
            by_label_slip: OnceLock::new(),
        };
        for (position, object) in objects.iter().enumerate() {
            index.add_object(to_u32(position), object);
            if let Some(template) = PodTemplate::of(object) {
                index.add_template(template);
            }
        }
        index
    }

    /// All objects, in the order in which they were given.
    pub const fn objects(&self) -> &'a [Object] {
        self.objects
    }

    /// The objects of a kind of an API group, in the order in which they were given.
    pub fn of_kind<'s>(
        &'s self,
        group: &'s str,
        kind: &'s str,
    ) -> impl Iterator<Item = &'a Object> + 's {
        self.objects.iter().filter(move |object| object.kind() == kind && object.group() == group)
    }

    /// The pod templates of all objects, in the order of the objects.
    pub fn templates(&self) -> &[PodTemplate<'a>] {
        &self.templates
    }

    /// Whether objects of a kind live in no namespace: the built-in kinds, and custom resources
    /// whose definition is among the objects.
    pub fn is_cluster_scoped(&self, group: &str, kind: &str) -> bool {
        built_in_cluster_scoped(group, kind) || self.cluster_scoped.contains(&(group, kind))
    }

    /// The objects that a reference from a namespace by group, kind and name may mean, in the order
    /// in which they were given; several where an identity occurs more than once, or where
    /// namespaces are not stated. The version of the API does not count.
    pub fn resolve<'s>(
        &'s self,
        namespace: Option<&'s str>,
        group: &'s str,
        kind: &'s str,
        name: &'s str,
    ) -> impl Iterator<Item = &'a Object> + use<'s, 'a> {
        let namespace = namespace.filter(|_| !self.is_cluster_scoped(group, kind));
        let find = |scope| self.by_identity.get(&(scope, group, kind, name));
        self.objects_at(Scope::seen_from(namespace).into_iter().find_map(find))
    }

    /// The objects of this name that can be seen from a namespace, of whatever kind.
    pub fn resolve_name<'s>(
        &'s self,
        namespace: Option<&'s str>,
        name: &'s str,
    ) -> impl Iterator<Item = &'a Object> + use<'s, 'a> {
        let find = |scope| self.by_name.get(&(scope, name));
        self.objects_at(Scope::seen_from(namespace).into_iter().find_map(find))
    }

    /// The objects of a kind whose name is one slip away from this one (see
    /// [`one_slip_apart`]): what was meant if there is none of the name itself. Of several
    /// manifests of one object, the first.
    pub fn near_names(
        &self,
        namespace: Option<&str>,
        group: &str,
        kind: &str,
        name: &str,
    ) -> Vec<&'a Object> {
        let by_slip = self.by_slip.get_or_init(|| self.build_by_slip());
        let places = near_scopes(namespace).flat_map(|scope| {
            slips(name)
                .filter_map(move |slip| by_slip.get(&slip_hash((scope, group, kind, &*slip))))
        });
        let mut found: Positions = places.flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        let fits = |object: &&Object| {
            object.group() == group && object.kind() == kind && one_slip_apart(object.name(), name)
        };
        self.objects_at(Some(&found)).filter(fits).collect()
    }

    /// The pod templates that a selector in a namespace selects, in the order of the objects.
    ///
    /// Costs as much as the shortest list of templates with a label that the selector requires;
    /// for a selector that requires none, as much as all templates in sight.
    pub fn select(&self, namespace: Option<&str>, selector: &Selector<'_>) -> Vec<PodTemplate<'a>> {
        self.select_some(namespace, selector, usize::MAX)
    }

    /// Like [`Index::select`], but looks at no more than `limit` templates of each list, and so may
    /// miss some.
    pub fn select_some(
        &self,
        namespace: Option<&str>,
        selector: &Selector<'_>,
        limit: usize,
    ) -> Vec<PodTemplate<'a>> {
        let select_in = |scope| -> Vec<_> {
            let candidates = self.candidates(scope, selector, limit);
            let templates = candidates.iter().filter_map(|&at| self.templates.get(at as usize));
            templates.filter(|template| selector.matches_pods_of(template)).copied().collect()
        };
        let [first, second] = Scope::seen_from(namespace);
        let selected = select_in(first);
        if selected.is_empty() { select_in(second) } else { selected }
    }

    /// The values, sorted, that templates in sight give to a label and that are one slip away from
    /// this one (see [`one_slip_apart`]).
    pub fn near_label_values(
        &self,
        namespace: Option<&str>,
        key: &str,
        value: &str,
    ) -> Vec<&'a str> {
        let by_slip = self.by_label_slip.get_or_init(|| self.build_by_label_slip());
        let places = near_scopes(namespace).flat_map(|scope| {
            slips(value).filter_map(move |slip| by_slip.get(&slip_hash((scope, key, &*slip))))
        });
        let written = places.flatten().filter_map(|&at| {
            let labels = self.templates.get(at as usize)?.labels();
            labels.iter().find(|entry| &*entry.key.text == key)?.value.as_str()
        });
        let mut values: Vec<_> = written.filter(|near| one_slip_apart(near, value)).collect();
        values.sort_unstable();
        values.dedup();
        values
    }

    /// The templates that may fulfil a selector: those on the shortest list of a requirement.
    fn candidates(&self, scope: Scope<'_>, selector: &Selector<'_>, limit: usize) -> Positions {
        if selector.is_nothing() {
            return Positions::new();
        }
        let required = selector.requirements().iter().filter_map(|requirement| {
            let Operator::In(values) = &requirement.operator else { return None };
            Some(self.with_label(scope, requirement.key, values))
        });
        let length = |lists: &Vec<&Positions>| lists.iter().map(|list| list.len()).sum::<usize>();
        let Some(lists) = required.min_by_key(length) else {
            let all = self.by_scope.get(&scope).into_iter().flatten();
            return all.copied().take(limit).collect();
        };
        let some = lists.into_iter().flat_map(|list| list.iter().take(limit));
        let mut candidates: Positions = some.copied().collect();
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    /// The lists of templates whose label may have one of these values.
    fn with_label<'s>(
        &'s self,
        scope: Scope<'s>,
        key: &'s str,
        values: &[&'s str],
    ) -> Vec<&'s Positions> {
        // The pods of a StatefulSet are listed under its name.
        let stateful = values.iter().filter(|_| key == POD_NAME_LABEL);
        let by_controller =
            stateful.filter_map(|pod| self.by_label.get(&(scope, key, without_ordinal(pod)?)));
        let written = values.iter().filter_map(|value| self.by_label.get(&(scope, key, value)));
        let unknown = self.by_label.get(&(scope, key, UNKNOWN_VALUE));
        written.chain(by_controller).chain(unknown).collect()
    }

    fn objects_at<'s>(
        &'s self,
        positions: Option<&'s Positions>,
    ) -> impl Iterator<Item = &'a Object> + use<'s, 'a> {
        let positions = positions.into_iter().flatten();
        positions.filter_map(|&at| self.objects.get(at as usize))
    }
}

/// Building.
impl<'a> Index<'a> {
    fn add_object(&mut self, position: u32, object: &'a Object) {
        let (group, kind, name) = (object.group(), object.kind(), object.name());
        let clustered = self.is_cluster_scoped(group, kind);
        let namespace = object.id.namespace.as_deref().filter(|_| !clustered);
        for scope in [Scope::of(namespace), Scope::Anywhere] {
            self.by_identity.entry((scope, group, kind, name)).or_default().push(position);
            self.by_name.entry((scope, name)).or_default().push(position);
        }
    }

    fn add_template(&mut self, template: PodTemplate<'a>) {
        let position = to_u32(self.templates.len());
        let written = template
            .labels()
            .iter()
            .filter_map(|entry| Some((&*entry.key.text, entry.value.as_str()?)));
        let set = template.set_labels().map(|(key, label)| match label {
            PodLabel::Is(value) | PodLabel::OrdinalOf(value) => (key, value),
            PodLabel::Unknown | PodLabel::Absent => (key, UNKNOWN_VALUE),
        });
        let labels: Vec<_> = written.chain(set).collect();
        for scope in [Scope::of(template.namespace()), Scope::Anywhere] {
            self.by_scope.entry(scope).or_default().push(position);
            for &(key, value) in &labels {
                self.by_label.entry((scope, key, value)).or_default().push(position);
            }
        }
        self.templates.push(template);
    }

    fn build_by_slip(&self) -> FxHashMap<u64, Positions> {
        let mut by_slip = FxHashMap::<u64, Positions>::default();
        let mut known = FxHashSet::default();
        for (position, object) in self.objects.iter().enumerate() {
            let (group, kind, name) = (object.group(), object.kind(), object.name());
            let clustered = self.is_cluster_scoped(group, kind);
            let scope = Scope::of(object.id.namespace.as_deref().filter(|_| !clustered));
            if known.insert((scope, group, kind, name)) {
                for slip in slips(name) {
                    let hash = slip_hash((scope, group, kind, &*slip));
                    by_slip.entry(hash).or_default().push(to_u32(position));
                }
            }
        }
        by_slip
    }

    /// Of the templates with the same value of a label in the same scope, the first is listed.
    fn build_by_label_slip(&self) -> FxHashMap<u64, Positions> {
        let mut by_slip = FxHashMap::<u64, Positions>::default();
        let mut known = FxHashSet::default();
        for (position, template) in self.templates.iter().enumerate() {
            let scope = Scope::of(template.namespace());
            for entry in template.labels() {
                let (key, Some(value)) = (&*entry.key.text, entry.value.as_str()) else { continue };
                if known.insert((scope, key, value)) {
                    for slip in slips(value) {
                        let hash = slip_hash((scope, key, &*slip));
                        by_slip.entry(hash).or_default().push(to_u32(position));
                    }
                }
            }
        }
        by_slip
    }
}

/// Where to look for near names from a namespace. An object without a namespace is not compared
/// with those of every namespace: a near name far away is more often another name than a slip.
fn near_scopes(namespace: Option<&str>) -> impl Iterator<Item = Scope<'_>> {
    let scopes = [Some(Scope::of(namespace)), namespace.map(|_| Scope::Unnamed)];
    scopes.into_iter().flatten()
}

/// Where in a table of slips what has this slip is; something else may be there, too.
fn slip_hash(of: impl Hash) -> u64 {
    FxBuildHasher.hash_one(of)
}

/// A position as it is stored. Inputs hold far fewer than 2^32 objects: a file has at most 4 GiB,
/// and an object takes more than a byte.
fn to_u32(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// Group and kind of the custom resources that live in no namespace, by their definitions.
fn custom_cluster_scoped(objects: &[Object]) -> FxHashSet<(&str, &str)> {
    let definitions = objects.iter().filter(|object| {
        object.group() == "apiextensions.k8s.io" && object.kind() == "CustomResourceDefinition"
    });
    definitions.filter_map(cluster_scoped_by).collect()
}

/// What a `CustomResourceDefinition` says to live in no namespace.
fn cluster_scoped_by(definition: &Object) -> Option<(&str, &str)> {
    let text = |path: &[&str]| definition.node.at(path).and_then(Node::as_str);
    let clustered = text(&["spec", "scope"]) == Some("Cluster");
    clustered.then_some((text(&["spec", "group"])?, text(&["spec", "names", "kind"])?))
}

/// The built-in kinds that live in no namespace (`kubectl api-resources --namespaced=false`).
fn built_in_cluster_scoped(group: &str, kind: &str) -> bool {
    matches!(
        (group, kind),
        ("", "Namespace" | "Node" | "PersistentVolume" | "ComponentStatus")
            | (
                "admissionregistration.k8s.io",
                "MutatingAdmissionPolicy"
                    | "MutatingAdmissionPolicyBinding"
                    | "MutatingWebhookConfiguration"
                    | "ValidatingAdmissionPolicy"
                    | "ValidatingAdmissionPolicyBinding"
                    | "ValidatingWebhookConfiguration"
            )
            | ("apiextensions.k8s.io", "CustomResourceDefinition")
            | ("apiregistration.k8s.io", "APIService")
            | ("authentication.k8s.io", "SelfSubjectReview" | "TokenReview")
            | (
                "authorization.k8s.io",
                "SelfSubjectAccessReview" | "SelfSubjectRulesReview" | "SubjectAccessReview"
            )
            | ("certificates.k8s.io", "CertificateSigningRequest" | "ClusterTrustBundle")
            | ("flowcontrol.apiserver.k8s.io", "FlowSchema" | "PriorityLevelConfiguration")
            | ("internal.apiserver.k8s.io", "StorageVersion")
            | ("networking.k8s.io", "IngressClass" | "IPAddress" | "ServiceCIDR")
            | ("node.k8s.io", "RuntimeClass")
            | ("policy", "PodSecurityPolicy")
            | ("rbac.authorization.k8s.io", "ClusterRole" | "ClusterRoleBinding")
            | ("resource.k8s.io", "DeviceClass" | "DeviceTaintRule" | "ResourceSlice")
            | ("scheduling.k8s.io", "PriorityClass")
            | (
                "storage.k8s.io",
                "CSIDriver"
                    | "CSINode"
                    | "StorageClass"
                    | "VolumeAttachment"
                    | "VolumeAttributesClass"
            )
            | ("storagemigration.k8s.io", "StorageVersionMigration")
    )
}

#[cfg(test)]
mod tests;
