//! Which requests a policy or a binding is about.

use seatrial_core::Span;
use seatrial_parse::Node;

use super::read::Reader;
use super::request::{KnownNamespace, Operation, Request};
use super::selector::{Label, LabelSelector};

/// Whether a request is matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matching {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// It depends on something not known here.
    Undecided(String),
}

impl Matching {
    /// Both must match.
    fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes => other(),
            undecided @ Self::Undecided(_) => match other() {
                Self::No => Self::No,
                _ => undecided,
            },
        }
    }

    fn of(matches: bool) -> Self {
        if matches { Self::Yes } else { Self::No }
    }
}

/// Whether other versions of the same resource match, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MatchPolicy {
    /// Only what the rules name.
    Exact,
    /// Every version that the server can convert into one that the rules name.
    #[default]
    Equivalent,
}

/// `matchConstraints` of a policy, or `matchResources` of a binding.
#[derive(Debug, Default)]
pub struct MatchResources {
    /// The namespaces it is about.
    pub namespace_selector: LabelSelector,
    /// The objects it is about.
    pub object_selector: LabelSelector,
    /// The requests it is about; of a binding, none means all.
    pub rules: Vec<Rule>,
    /// Requests it is not about even so.
    pub exclude: Vec<Rule>,
    /// Whether other versions match, too.
    pub match_policy: MatchPolicy,
}

/// A rule about requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    operations: Vec<Box<str>>,
    groups: Vec<Box<str>>,
    versions: Vec<Box<str>>,
    resources: Vec<Box<str>>,
    names: Vec<Box<str>>,
    scope: Scope,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    All,
    Cluster,
    Namespaced,
}

/// How far a rule matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    No,
    /// In all but the version.
    OtherVersion,
    Exact,
}

impl MatchResources {
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Self {
        reader.fields(
            node,
            &[
                "excludeResourceRules",
                "matchPolicy",
                "namespaceSelector",
                "objectSelector",
                "resourceRules",
            ],
        );
        let words = [("Exact", MatchPolicy::Exact), ("Equivalent", MatchPolicy::Equivalent)];
        let mut selector = |field: &str| match node.get(field).filter(|node| !node.is_null()) {
            Some(node) => LabelSelector::read(reader, node),
            None => LabelSelector::default(),
        };
        let (namespace_selector, object_selector) =
            (selector("namespaceSelector"), selector("objectSelector"));
        let mut rules = |field: &str| {
            let items = reader.items(node, field);
            items.iter().map(|item| Rule::read(reader, item)).collect::<Vec<_>>()
        };
        let (exclude, rules) = (rules("excludeResourceRules"), rules("resourceRules"));
        let match_policy = reader.one_of(node, "matchPolicy", &words).unwrap_or_default();
        Self { namespace_selector, object_selector, rules, exclude, match_policy }
    }

    /// Whether a request is matched. Requests about policies themselves and about reviews never
    /// are, so that nobody can lock themselves out.
    pub fn matches(&self, request: &Request<'_>) -> Matching {
        if is_exempt(request) {
            return Matching::No;
        }
        let rules =
            if self.rules.is_empty() { Matching::Yes } else { self.any(&self.rules, request) };
        rules
            .and(|| match self.any(&self.exclude, request) {
                Matching::Yes => Matching::No,
                Matching::No => Matching::Yes,
                undecided @ Matching::Undecided(_) => undecided,
            })
            .and(|| self.selects_object(request))
            .and(|| self.selects_namespace(request))
    }

    fn any(&self, rules: &[Rule], request: &Request<'_>) -> Matching {
        let fits = || rules.iter().map(|rule| rule.fit(request));
        if fits().any(|fit| fit == Fit::Exact) {
            return Matching::Yes;
        }
        let equivalent = self.match_policy == MatchPolicy::Equivalent
            && fits().any(|fit| fit == Fit::OtherVersion);
        if equivalent {
            return Matching::Undecided(format!(
                "the server may convert `{}` `{}` into another version for this policy",
                request.id.api_version, request.id.kind
            ));
        }
        Matching::No
    }

    fn selects_object(&self, request: &Request<'_>) -> Matching {
        let selects = |node: &Node| self.object_selector.matches(node.at(&["metadata", "labels"]));
        Matching::of(selects(request.object) || request.old_object.is_some_and(selects))
    }

    /// Objects without namespace always match; a namespace is selected by its own labels.
    fn selects_namespace(&self, request: &Request<'_>) -> Matching {
        if self.namespace_selector.is_empty() {
            return Matching::Yes;
        }
        let node = match request.namespace_object {
            _ if request.is_namespace() => Some(request.object),
            _ if !request.resource.namespaced => return Matching::Yes,
            KnownNamespace::Object(node) => Some(node),
            KnownNamespace::NameOnly => None,
        };
        let name = request.namespace();
        let unknown = format!("the labels of namespace `{name}` are not among the manifests");
        let label = |key: &str| match node {
            // The server sets this one itself.
            _ if key == "kubernetes.io/metadata.name" => Label::Known(Some(name)),
            Some(node) => {
                let labels = node.at(&["metadata", "labels"]);
                Label::Known(labels.and_then(|labels| labels.get(key)?.as_str()))
            }
            None => Label::Unknown,
        };
        self.namespace_selector.decide(label, &unknown)
    }
}

/// Requests that no policy is asked about: those for policies, their bindings and webhooks, and
/// for reviews of who may do what.
fn is_exempt(request: &Request<'_>) -> bool {
    match request.id.group() {
        "admissionregistration.k8s.io" => true,
        "authentication.k8s.io" => {
            matches!(&*request.resource.plural, "selfsubjectreviews" | "tokenreviews")
        }
        "authorization.k8s.io" => true,
        _ => false,
    }
}

impl Rule {
    fn read(reader: &mut Reader, node: &Node) -> Self {
        const FIELDS: [&str; 6] =
            ["apiGroups", "apiVersions", "operations", "resourceNames", "resources", "scope"];
        reader.fields(node, &FIELDS);
        let words =
            [("*", Scope::All), ("Cluster", Scope::Cluster), ("Namespaced", Scope::Namespaced)];
        let scope = reader.one_of(node, "scope", &words).unwrap_or(Scope::All);
        let mut list = |field: &str| {
            let texts = reader.texts(node, field);
            if texts.is_empty() {
                let span: Span = node.get(field).unwrap_or(node).span;
                reader.problem(span, format!("`{field}` must name at least one"));
            }
            texts
        };
        let (groups, versions) = (list("apiGroups"), list("apiVersions"));
        let (operations, resources) = (list("operations"), list("resources"));
        let names = reader.texts(node, "resourceNames");
        Self::check_operations(reader, node, &operations);
        Self { operations, groups, versions, resources, names, scope }
    }

    fn check_operations(reader: &mut Reader, node: &Node, operations: &[Box<str>]) {
        const KNOWN: [&str; 5] = ["*", "CREATE", "UPDATE", "DELETE", "CONNECT"];
        if let Some(unknown) = operations.iter().find(|operation| !KNOWN.contains(&&***operation)) {
            let span = node.get("operations").unwrap_or(node).span;
            reader.problem(span, format!("unknown operation `{unknown}`"));
        }
    }

    fn fit(&self, request: &Request<'_>) -> Fit {
        let lists = |list: &[Box<str>], wanted: &str| {
            list.iter().any(|listed| matches!(&**listed, "*") || **listed == *wanted)
        };
        let in_scope = match self.scope {
            Scope::All => true,
            // A namespace counts as an object without namespace.
            Scope::Cluster => !request.resource.namespaced,
            Scope::Namespaced => request.resource.namespaced,
        };
        let named =
            self.names.is_empty() || self.names.iter().any(|name| **name == *request.name());
        let fits = in_scope
            && named
            && lists(&self.operations, request.operation.as_str())
            && lists(&self.groups, request.id.group())
            && self
                .resources
                .iter()
                .any(|resource| is_resource(resource, &request.resource.plural));
        match (fits, lists(&self.versions, request.id.version())) {
            (false, _) => Fit::No,
            (true, false) => Fit::OtherVersion,
            (true, true) => Fit::Exact,
        }
    }

    /// Whether it is about creating objects of some kind at all.
    pub fn covers(&self, operation: Operation) -> bool {
        self.operations
            .iter()
            .any(|listed| matches!(&**listed, "*") || **listed == *operation.as_str())
    }
}

/// Whether a rule's resource means this one and no part of it: `pods`, `*`, `*/*`, but neither
/// `pods/status` nor `*/scale`.
fn is_resource(listed: &str, plural: &str) -> bool {
    match listed.split_once('/') {
        None => listed == "*" || listed == plural,
        Some((resource, "*")) => resource == "*" || resource == plural,
        Some(_) => false,
    }
}
