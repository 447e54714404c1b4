//! Which of what was opened is as good as much more.

use super::words::of;
use super::{Kind, Region};
use crate::rbac::weighty_rights;
use crate::{Extent, Members};

/// Holders that nobody has chosen.
const EVERYBODY: [(&str, &str); 3] = [
    ("anonymous", "it is open to requests without credentials"),
    ("any other authenticated user", "it is open to all users"),
    ("any other service account", "it is open to all service accounts"),
];

/// How all addresses outside of the cluster read.
const ANYWHERE: &str = "any address";

impl Region {
    /// Why what is in it is as good as much more, if it is.
    pub fn weight(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Rbac => subject(&self.extents).or_else(|| power(&self.extents)),
            Kind::Network => {
                let open = has(of(&self.extents, "source"), ANYWHERE);
                open.then_some("it is open to any address")
            }
            Kind::Nginx | Kind::Httpd => {
                let anybody = has(of(&self.extents, "user"), "nobody");
                let anywhere = !matches!(of(&self.extents, "from"), Some(Members::Only(_)));
                (anybody && anywhere)
                    .then_some("it is open without credentials to addresses that nobody has chosen")
            }
            Kind::Istio | Kind::Admission => None,
        }
    }
}

fn subject(extents: &[Extent]) -> Option<&'static str> {
    let subject = of(extents, "subject");
    EVERYBODY.iter().find(|(holder, _)| has(subject, holder)).map(|(_, why)| *why)
}

fn power(extents: &[Extent]) -> Option<&'static str> {
    let of = |dimension| of(extents, dimension);
    of("resource")?;
    if matches!(of("name"), Some(Members::Only(_))) {
        return None; // somebody has chosen these objects
    }
    let found = weighty_rights().find(|right| {
        let any = |dimension, values: &[&'static str]| {
            values.iter().any(|value| has(of(dimension), shown(value)))
        };
        any("verb", right.verbs)
            && any("group", right.groups)
            && any("resource", right.resources)
            && any("subresource", &[right.subresource])
    });
    found.map(|right| right.why)
}

/// The empty text as regions name it.
fn shown(text: &'static str) -> &'static str {
    if text.is_empty() { "\"\"" } else { text }
}

/// Whether a value is among those of a dimension.
fn has(members: Option<&Members>, value: &str) -> bool {
    match members {
        None | Some(Members::Any) => true,
        Some(Members::Only(names)) => names.iter().any(|name| **name == *value),
        Some(Members::AllBut(names)) => names.iter().all(|name| **name != *value),
    }
}
