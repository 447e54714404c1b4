//! Checking objects against the schemas of one version of Kubernetes.

use seatrial_core::Found;
use seatrial_manifests::Object;

use super::crd::{self, Definitions};
use super::identity::{self, Identity};
use super::metadata::{self, NameSyntax};
use super::native;
use super::site::Site;
use super::version::Version;
use super::workload;

/// The schemas of one version of Kubernetes, with those of the custom resource definitions at
/// hand. To be shared by threads; native definitions are decoded when they are first met.
#[derive(Debug, Default)]
pub struct Schemas {
    version: Version,
    custom: Definitions,
}

/// What could be checked of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coverage {
    /// All of it, against its schema.
    Checked,
    /// Nothing: its kind is not served, which is reported as a finding.
    NotServed,
    /// Nothing: it is of a kind of which no schema is known.
    NoSchema,
}

impl Schemas {
    /// The schemas of a version of Kubernetes.
    pub fn for_version(version: Version) -> Self {
        Self { version, custom: Definitions::default() }
    }

    /// Adds the custom resource definitions among some objects.
    #[must_use]
    pub fn with_crds<'o>(mut self, objects: impl IntoIterator<Item = &'o Object>) -> Self {
        objects.into_iter().for_each(|object| self.custom.add(object));
        self
    }

    /// The version of Kubernetes.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Checks an object and adds what is wrong with it, and what cannot be decided.
    pub fn check(&self, object: &Object, found: &mut Found) -> Coverage {
        if let Some(coverage) = self.custom.check(object, found, self.version) {
            return coverage;
        }
        let mut site = Site::new(object, found);
        let (group, version, kind) = (object.group(), object.id.version(), object.kind());
        match identity::identify(group, version, kind, self.version) {
            Identity::Served(served) => {
                identity::report_deprecated(&mut site, &served, self.version);
                native::check(&mut site, served.name, self.version);
                workload::check(&mut site);
                if has_own_name(group, kind) {
                    metadata::check(&mut site, NameSyntax::of(group, kind, self.version));
                }
                crd::check_definition(object, found);
                Coverage::Checked
            }
            Identity::NotServed => {
                identity::report_not_served(&mut site, self.version);
                Coverage::NotServed
            }
            Identity::Foreign => Coverage::NoSchema,
        }
    }
}

/// Whether objects of a native kind are stored under a name of their own: not so questions to the
/// API server, actions on other objects, and lists.
fn has_own_name(group: &str, kind: &str) -> bool {
    !matches!(
        (group, kind),
        ("authentication.k8s.io" | "authorization.k8s.io", _)
            | ("", "Binding")
            | ("policy", "Eviction")
            | ("autoscaling", "Scale")
    ) && !kind.ends_with("List")
}
