//! Which objects bear on access, and on which kind of it.

use std::collections::BTreeMap;
use std::fmt;

use seatrial_manifests::{Object, PodTemplate};
use serde::Serialize;

use crate::rbac::Policy;

/// A kind of access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Roles and bindings: what users may ask of the API server.
    Rbac,
    /// Network policies of all tiers: which pods and addresses can connect.
    Network,
    /// `AuthorizationPolicy`: which requests Istio's proxies let through.
    Istio,
    /// `ValidatingAdmissionPolicy`: which objects the API server admits.
    Admission,
    /// Configurations of nginx: which requests it answers. These are files, not objects.
    Nginx,
    /// Configurations of Apache httpd: which requests it answers. These are files, not objects.
    Httpd,
}

impl Kind {
    /// All kinds that objects bear on, in their order.
    pub const ALL: [Self; 4] = [Self::Rbac, Self::Network, Self::Istio, Self::Admission];

    /// The name on the command line and in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rbac => "rbac",
            Self::Network => "network",
            Self::Istio => "istio",
            Self::Admission => "admission",
            Self::Nginx => "nginx",
            Self::Httpd => "httpd",
        }
    }

    /// Whether an object bears on this kind of access.
    pub fn recognises(self, object: &Object) -> bool {
        match self {
            Self::Rbac => Policy::recognises(object),
            Self::Network => is_network(object),
            Self::Istio => object.group() == "security.istio.io",
            Self::Admission => {
                object.group() == "admissionregistration.k8s.io"
                    && object.kind().starts_with("ValidatingAdmissionPolicy")
            }
            Self::Nginx | Self::Httpd => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether an object is a network policy of any plugin, or says which pods there are, where, and
/// how traffic comes in.
fn is_network(object: &Object) -> bool {
    match object.group() {
        "" if matches!(object.kind(), "Namespace" | "Node" | "Service") => true,
        "networking.k8s.io" | "extensions" if object.kind() == "Ingress" => true,
        _ => object.kind().contains("NetworkPolicy") || PodTemplate::of(object).is_some(),
    }
}

/// Objects of one kind that nothing here is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct KindCount {
    /// Group and version.
    #[serde(rename = "apiVersion")]
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// How many.
    pub count: usize,
}

/// How many objects of one side were compared, and what the others are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// How many objects there are.
    pub objects: usize,
    /// How many bear on each kind of access that was compared.
    pub recognised: BTreeMap<Kind, usize>,
    /// The others, by their kinds.
    pub not_recognised: Vec<KindCount>,
}

impl Coverage {
    /// Counts the objects that bear on some kinds of access.
    pub fn of(objects: &[Object], kinds: &[Kind]) -> Self {
        let mut coverage = Self { objects: objects.len(), ..Self::default() };
        let mut others: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for object in objects {
            let mut known = false;
            for &kind in kinds.iter().filter(|kind| kind.recognises(object)) {
                *coverage.recognised.entry(kind).or_default() += 1;
                known = true;
            }
            if !known {
                *others.entry((&object.id.api_version, object.kind())).or_default() += 1;
            }
        }
        let others = others.into_iter().map(|((api_version, kind), count)| KindCount {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            count,
        });
        coverage.not_recognised = others.collect();
        coverage
    }

    /// How many objects were not recognised.
    pub fn others(&self) -> usize {
        self.not_recognised.iter().map(|kind| kind.count).sum()
    }
}
