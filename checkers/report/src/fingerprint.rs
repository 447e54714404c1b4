//! Names for findings that survive edits elsewhere in the file.

use std::collections::BTreeMap;

use seatrial_core::{Finding, ResourceId, Undecided};

/// Gives each finding of a report a fingerprint of its own.
///
/// A fingerprint is made of the rule, the object (by group, kind, namespace and name, so that it
/// outlives a new API version) and the pointer into it; of the path and the message where there is
/// no object. It knows no line, so that it stays when lines are added above. Findings alike in all
/// of this are numbered in their order.
#[derive(Debug, Default)]
pub(crate) struct Fingerprints {
    /// How often each was given.
    given: BTreeMap<u128, usize>,
}

impl Fingerprints {
    /// A fingerprint unique within one report, whatever the file.
    pub(crate) fn in_report(&mut self, finding: &Finding) -> String {
        let mut parts = identity(finding);
        parts.push(&finding.location.path);
        self.numbered(&parts)
    }

    /// A fingerprint unique within the finding's file, which stays when the file is renamed.
    pub(crate) fn in_file(&mut self, finding: &Finding) -> String {
        let path: &str = &finding.location.path;
        let bare = hash(&identity(finding));
        let number = self.number(hash(&[&format!("{bare:032x}"), path]));
        format!("{bare:032x}:{number}")
    }

    /// A fingerprint of something undecided, unique within one report.
    pub(crate) fn of_undecided(&mut self, item: &Undecided) -> String {
        let mut parts = vec!["undecided", &item.rule, &item.reason, &item.location.path];
        parts.extend(object(item.resource.as_ref()));
        self.numbered(&parts)
    }

    fn numbered(&mut self, parts: &[&str]) -> String {
        let bare = hash(parts);
        match self.number(bare) {
            1 => format!("{bare:032x}"),
            number => format!("{:032x}", hash(&[&format!("{bare:032x}"), &number.to_string()])),
        }
    }

    fn number(&mut self, bare: u128) -> usize {
        let given = self.given.entry(bare).or_default();
        *given += 1;
        *given
    }
}

fn identity(finding: &Finding) -> Vec<&str> {
    let mut parts: Vec<&str> = vec![&finding.rule];
    match (&finding.resource, &finding.pointer) {
        (Some(resource), Some(pointer)) => {
            parts.extend(object(Some(resource)));
            parts.push(pointer);
        }
        (resource, _) => {
            parts.extend(object(resource.as_ref()));
            parts.extend([&*finding.location.path, &finding.message]);
        }
    }
    parts
}

fn object(resource: Option<&ResourceId>) -> Vec<&str> {
    resource.map_or(Vec::new(), |id| {
        vec![id.group(), &id.kind, id.namespace.as_deref().unwrap_or_default(), &id.name]
    })
}

/// The hash of some parts, each ended by a zero byte.
fn hash(parts: &[&str]) -> u128 {
    fnv_1a(parts.iter().flat_map(|part| part.bytes().chain(std::iter::once(0))))
}

/// FNV-1a in 128 bits. It guards against nobody and must be the same in every release, so it is
/// spelt out here.
fn fnv_1a(bytes: impl Iterator<Item = u8>) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use seatrial_core::{Location, Severity};

    use super::*;

    fn finding(path: &str, version: &str, pointer: &str) -> Finding {
        let resource = ResourceId {
            api_version: format!("apps/{version}"),
            kind: "Deployment".to_owned(),
            namespace: None,
            name: "web".to_owned(),
        };
        let place = Location::start_of(path.into());
        Finding::new("unknown-field", Severity::Error, place, "x").of(&resource, pointer)
    }

    #[test]
    fn the_hash_gives_the_published_values() {
        for (text, expected) in [
            ("", 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d),
            ("a", 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964),
            ("foobar", 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18),
        ] {
            assert_eq!(fnv_1a(text.bytes()), expected, "{text}");
        }
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
    }

    #[test]
    fn a_fingerprint_knows_the_object_and_neither_the_line_nor_the_version() {
        let print = |finding: &Finding| Fingerprints::default().in_file(finding);
        let here = finding("a.yaml", "v1", "/spec/x");
        let mut below = here.clone();
        below.location.line = 9;
        assert_eq!(print(&here), print(&below));
        assert_eq!(print(&here), print(&finding("b.yaml", "v1beta1", "/spec/x")));
        assert_ne!(print(&here), print(&finding("a.yaml", "v1", "/spec/y")));
    }

    #[test]
    fn findings_alike_are_numbered() {
        let here = finding("a.yaml", "v1", "/spec/x");
        let elsewhere = finding("b.yaml", "v1", "/spec/x");
        let mut prints = Fingerprints::default();
        let first = prints.in_file(&here);
        assert!(first.ends_with(":1"));
        assert!(prints.in_file(&here).ends_with(":2"));
        assert_eq!(prints.in_file(&elsewhere), first);
        let mut prints = Fingerprints::default();
        let mut all = vec![prints.in_report(&here), prints.in_report(&here)];
        all.push(prints.in_report(&elsewhere));
        all.dedup();
        assert_eq!(all.len(), 3);
        assert!(all.iter().all(|print| print.len() == 32));
    }
}
