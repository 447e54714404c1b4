//! The roles that every cluster has.

use std::sync::{Arc, OnceLock};

use seatrial_core::SourceFile;
use seatrial_manifests::{Object, read};

const NAME: &str = "Kubernetes 1.31";
const PATH: &str = "kubernetes-1.31.yaml";
const TEXT: &str = include_str!("bootstrap/kubernetes-1.31.yaml");

/// The cluster roles and cluster role bindings that a version of Kubernetes gives every cluster
/// when it starts, without those behind feature gates.
#[derive(Debug)]
pub struct Baseline {
    name: &'static str,
    objects: Vec<Object>,
    roles: usize,
}

impl Baseline {
    /// Those of Kubernetes 1.31.
    pub fn kubernetes() -> &'static Self {
        static KUBERNETES: OnceLock<Baseline> = OnceLock::new();
        KUBERNETES.get_or_init(|| {
            let objects = read(Arc::new(SourceFile::new(PATH, TEXT))).objects;
            // The file has roles first, bindings behind them.
            let roles = objects.iter().take_while(|object| object.kind() == "ClusterRole").count();
            Self { name: NAME, objects, roles }
        })
    }

    /// What it is called, such as `Kubernetes 1.31`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The cluster roles.
    pub fn roles(&self) -> &[Object] {
        self.objects.get(..self.roles).unwrap_or_default()
    }

    /// The cluster role bindings.
    pub fn bindings(&self) -> &[Object] {
        self.objects.get(self.roles..).unwrap_or_default()
    }

    /// Roles and bindings.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rbac::Policy;

    #[test]
    fn the_built_in_roles_are_read_without_a_warning() {
        let baseline = Baseline::kubernetes();
        assert_eq!((baseline.roles().len(), baseline.bindings().len()), (64, 45));
        let policy = Policy::read(baseline.objects(), None);
        let findings = policy.found.findings.iter();
        let worse = findings.filter(|finding| finding.severity > seatrial_core::Severity::Note);
        assert_eq!(worse.count(), 0);
        let rules = |name| policy.role(None, name).unwrap().rules.len();
        // Those that the roles collect: 2 of the administrator's own, 13 of editing, 10 of viewing.
        assert_eq!((rules("admin"), rules("edit"), rules("view")), (25, 23, 10));
    }
}
