//! Names, labels and annotations.
//!
//! Sources: `apimachinery/pkg/util/validation/validation.go`, `apimachinery/pkg/api/validation`,
//! and the `ValidateXName` functions of `pkg/apis/*/validation` in kubernetes/kubernetes.

use seatrial_parse::{Entry, Node, Value};

use super::names;
use super::site::Site;
use super::version::Version;

/// All keys and values of the annotations of an object together, in bytes.
const ANNOTATIONS_SIZE_MAX: usize = 256 * 1024;
/// A DNS label, the name part of a label's key, or a label's value, in bytes.
const LABEL_SIZE_MAX: usize = 63;
/// A DNS subdomain, in bytes.
pub(super) const SUBDOMAIN_SIZE_MAX: usize = 253;
/// A cron job's name, in bytes: its jobs' names are eleven longer.
const CRON_JOB_NAME_SIZE_MAX: usize = 52;

/// What the API server wants of the names of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameSyntax {
    /// A DNS subdomain of at most so many bytes.
    Subdomain(usize),
    /// A DNS label.
    Label,
    /// A DNS label that begins with a letter (RFC 1035).
    LetterLabel,
    /// Whatever can be part of a URL's path.
    PathSegment,
    /// Something else, which is not checked here.
    Unchecked,
}

impl NameSyntax {
    /// What is wanted of the names of a native kind.
    pub(super) fn of(group: &str, kind: &str, kubernetes: Version) -> Self {
        match (group, kind) {
            ("", "Namespace") => Self::Label,
            // From 1.34 on a gate allows names that begin with a digit.
            ("", "Service") if kubernetes.minor < 34 => Self::LetterLabel,
            ("", "Service") => Self::Label,
            ("rbac.authorization.k8s.io", _) => Self::PathSegment,
            ("batch", "CronJob") => Self::Subdomain(CRON_JOB_NAME_SIZE_MAX),
            ("apiregistration.k8s.io" | "internal.apiserver.k8s.io", _)
            | ("networking.k8s.io", "IPAddress" | "ServiceCIDR")
            | ("certificates.k8s.io", "ClusterTrustBundle")
            | ("storage.k8s.io", "CSIDriver")
            | ("" | "events.k8s.io", "Event" | "ComponentStatus") => Self::Unchecked,
            _ => Self::Subdomain(SUBDOMAIN_SIZE_MAX),
        }
    }

    /// Why a text is no such name.
    fn error(self, name: &str) -> Option<String> {
        let limit = |limit: usize| {
            (name.len() > limit)
                .then(|| format!("at most {limit} characters are allowed, this has {}", name.len()))
        };
        match self {
            Self::Subdomain(size) => (!is_subdomain(name))
                .then(|| {
                    "lower-case letters, digits, `-` and `.` are allowed; the parts between dots \
                     begin and end with a letter or a digit"
                        .to_owned()
                })
                .or_else(|| limit(size)),
            Self::Label => (!is_dns_label(name))
                .then(|| {
                    "lower-case letters, digits and `-` are allowed; it begins and ends with a \
                     letter or a digit"
                        .to_owned()
                })
                .or_else(|| limit(LABEL_SIZE_MAX)),
            Self::LetterLabel => (!is_dns_label(name)
                || name.starts_with(|c: char| c.is_ascii_digit()))
            .then(|| {
                "lower-case letters, digits and `-` are allowed; it begins with a letter and \
                     ends with a letter or a digit"
                    .to_owned()
            })
            .or_else(|| limit(LABEL_SIZE_MAX)),
            Self::PathSegment => (matches!(name, "." | "..") || name.contains(['/', '%']))
                .then(|| "it may not be `.` or `..`, nor contain `/` or `%`".to_owned()),
            Self::Unchecked => None,
        }
    }
}

/// Checks an object's own metadata: name, labels and annotations.
pub(super) fn check(site: &mut Site<'_>, syntax: NameSyntax) {
    let object = site.object;
    let metadata = object.node.get("metadata");
    if metadata.is_some_and(|node| !node.is_null() && node.as_mapping().is_none()) {
        return; // of a wrong type, reported as such
    }
    site.within_key("metadata", |site| {
        name(site, metadata, syntax);
        if let Some(metadata) = metadata {
            labels_and_annotations(site, metadata);
        }
    });
}

/// Checks that there is a name or a prefix to generate one from, and its syntax.
fn name(site: &mut Site<'_>, metadata: Option<&Node>, syntax: NameSyntax) {
    let given = |key| metadata.and_then(|node| node.get(key)).filter(|node| !node.is_null());
    let is_empty = |node: &&Node| node.as_str() != Some("");
    let (name, prefix) = (given("name").filter(is_empty), given("generateName").filter(is_empty));
    let (key, node) = match (name, prefix) {
        (Some(name), _) => ("name", name),
        (None, Some(prefix)) => ("generateName", prefix),
        (None, None) => return missing_name(site),
    };
    let Some(text) = node.as_str() else { return };
    // A generated name ends in random letters and digits.
    let ends_open = key == "generateName" && text.len() > 1 && text.ends_with('-');
    let checked = if ends_open { format!("{}a", text.trim_end_matches('-')) } else { text.into() };
    let Some(reason) = syntax.error(&checked) else { return };
    let kind = site.object.kind();
    let draft = site
        .error(names::INVALID_NAME, node.span, format!("`{text}` is no valid name of a {kind}"))
        .at_key(key)
        .label("the API server rejects this name")
        .because(reason);
    let lower = text.to_lowercase().replace('_', "-");
    if lower != text && syntax.error(&lower).is_none() {
        draft.help(format!("for example `{lower}`"));
    }
}

fn missing_name(site: &mut Site<'_>) {
    let root = &site.object.node;
    let metadata = root.entry("metadata").map(|entry| entry.key.span);
    let span = metadata.or_else(|| root.get("kind").map(|kind| kind.span)).unwrap_or(root.span);
    site.error(names::MISSING_NAME, span, "the object has no name".to_owned())
        .label("`metadata.name` or `metadata.generateName` is required")
        .help("add `metadata.name`");
}

/// Checks the labels and annotations of a metadata map.
pub(super) fn labels_and_annotations(site: &mut Site<'_>, metadata: &Node) {
    if let Some(node) = metadata.get("labels") {
        site.within_key("labels", |site| labels(site, node));
    }
    if let Some(node) = metadata.get("annotations") {
        site.within_key("annotations", |site| annotations(site, node));
    }
}

/// Checks keys and values of a map of labels.
pub(super) fn labels(site: &mut Site<'_>, node: &Node) {
    for Entry { key, value } in node.entries() {
        if let Some(reason) = qualified_name_error(&key.text) {
            invalid_key(site, "label", &key.text, key.span, reason);
        }
        let Value::String(text) = &value.value else { continue };
        if !is_label_value(text) {
            site.error(
                names::INVALID_LABEL,
                value.span,
                format!("`{text}` is no valid value of a label"),
            )
            .at_key(&key.text)
            .label(format!("at most {LABEL_SIZE_MAX} letters, digits, `-`, `_` and `.`"))
            .because("a label's value begins and ends with a letter or a digit")
            .help("keep free text in an annotation");
        }
    }
}

/// Checks the keys of a map of annotations, and its size.
fn annotations(site: &mut Site<'_>, node: &Node) {
    let mut total = 0;
    for Entry { key, value } in node.entries() {
        total += key.text.len() + value.as_str().map_or(0, str::len);
        if let Some(reason) = qualified_name_error(&key.text.to_lowercase()) {
            invalid_key(site, "annotation", &key.text, key.span, reason);
        }
    }
    if total > ANNOTATIONS_SIZE_MAX {
        site.error(
            names::INVALID_VALUE,
            node.entries().first().map_or(node.span, |entry| entry.key.span),
            format!("the annotations are too large: {total} bytes"),
        )
        .label(format!("at most {ANNOTATIONS_SIZE_MAX} bytes are allowed"));
    }
}

fn invalid_key(
    site: &mut Site<'_>,
    what: &str,
    key: &str,
    span: seatrial_core::Span,
    reason: &'static str,
) {
    site.error(names::INVALID_LABEL, span, format!("`{key}` is no valid key of a {what}"))
        .at_key(key)
        .label(reason);
}

/// Why a text is no qualified name: a name, or a DNS subdomain, `/` and a name.
fn qualified_name_error(key: &str) -> Option<&'static str> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if name.contains('/') {
        return Some("a key has at most one `/`");
    }
    if let Some(prefix) = prefix
        && (!is_subdomain(prefix) || prefix.len() > SUBDOMAIN_SIZE_MAX)
    {
        return Some("the part before `/` must be a lower-case DNS name");
    }
    if name.is_empty() {
        return Some("a key needs a name");
    }
    (!is_label_value(name)).then_some(
        "the name is at most 63 letters, digits, `-`, `_` and `.`, begins and ends with a letter \
         or a digit",
    )
}

/// Empty, or at most 63 letters, digits, `-`, `_` and `.` between letters or digits.
fn is_label_value(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let outer = |c: char| c.is_ascii_alphanumeric();
    text.is_empty()
        || (text.len() <= LABEL_SIZE_MAX
            && text.starts_with(outer)
            && text.ends_with(outer)
            && text.chars().all(inner))
}

/// DNS labels with dots between them, whatever the length.
fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_dns_label)
}

/// Lower-case letters and digits, with `-` within, whatever the length.
fn is_dns_label(text: &str) -> bool {
    let outer = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(outer) && text.ends_with(outer) && text.chars().all(|c| outer(c) || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_syntax_of_their_kind() {
        let (old, new) = (Version::OLDEST, Version::NEWEST);
        let accepts = |group, kind, version, name: &str| {
            NameSyntax::of(group, kind, version).error(name).is_none()
        };
        for (group, kind, right, wrong) in [
            ("", "Pod", "a.b-c", "a_b"),
            ("", "Pod", "1", "A"),
            ("", "Namespace", "a-b", "a.b"),
            ("", "Service", "a1", "1a"),
            ("apps", "Deployment", "0", "-a"),
            ("rbac.authorization.k8s.io", "Role", "system:x_Y", "a/b"),
            ("batch", "CronJob", "a", "a..b"),
        ] {
            assert!(accepts(group, kind, old, right), "{kind} {right}");
            assert!(!accepts(group, kind, old, wrong), "{kind} {wrong}");
        }
        assert!(accepts("", "Service", new, "1a"));
        assert!(accepts("networking.k8s.io", "IPAddress", new, "2001:db8::1"));
        assert!(accepts("batch", "CronJob", new, &"a".repeat(52)));
        assert!(!accepts("batch", "CronJob", new, &"a".repeat(53)));
        assert!(!accepts("", "Pod", new, &"a".repeat(254)));
    }

    #[test]
    fn keys_and_values_of_labels() {
        for right in ["a", "app.kubernetes.io/name", "a/B_c.d-e", &"a".repeat(63)] {
            assert_eq!(qualified_name_error(right), None, "{right}");
        }
        for wrong in ["", "a/", "/a", "a/b/c", "A/b", "a b", "-a", "a/b-", &"a".repeat(64)] {
            assert!(qualified_name_error(wrong).is_some(), "{wrong}");
        }
        for right in ["", "a", "1", "a_b.c-d", "v1.2.3"] {
            assert!(is_label_value(right), "{right}");
        }
        for wrong in ["a b", "-a", "a/b", "é", "a-", &"a".repeat(64)] {
            assert!(!is_label_value(wrong), "{wrong}");
        }
    }
}
