//! Shapes of requests: operation, kind, and where names decide, the name and the namespace. Within
//! a shape, what a policy matches depends on the labels alone.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use seatrial_core::{ResourceId, Span};
use seatrial_parse::Node;
use seatrial_policy::{
    KnownNamespace, LabelSelector, MatchResources, Matching, Operation, Request, ResourceInfo,
    is_native_group, native_kinds,
};

use super::reading::{Side, Unit};

/// The group that stands for all that no rule names.
const OTHER_GROUP: &str = "other.example.com";
/// The kind that stands for all that no rule names.
const OTHER_KIND: &str = "Other";
/// The version that stands for all that no rule names.
const OTHER_VERSION: &str = "v0other";
/// Groups that have had the version `v1` alone since Kubernetes 1.25.
const ONLY_V1: [&str; 5] = ["", "apps", "batch", "policy", "rbac.authorization.k8s.io"];
/// The name and the namespace that stand for all that no rule names.
const OTHER_NAME: &str = "other";

/// Requests that differ in their objects alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Scope {
    pub(super) operation: Operation,
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) resource: ResourceInfo,
    /// The name; none for all that no rule names.
    pub(super) name: Option<String>,
    /// The namespace; none for all that hold no parameters.
    pub(super) namespace: Option<String>,
    /// The words above that stand for all that no rule names.
    pub(super) fresh: Vec<Fresh>,
}

/// A word of a shape that stands for all but some.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fresh {
    pub(super) part: Part,
    /// Those that it does not stand for.
    pub(super) apart: Rc<BTreeSet<String>>,
}

/// A word that says what a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Group,
    Version,
    Kind,
    Plural,
}

impl Part {
    pub(super) const ALL: [Self; 4] = [Self::Group, Self::Version, Self::Kind, Self::Plural];

    /// The constant that stands for it in formulas.
    pub(super) const fn constant(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Version => "version",
            Self::Kind => "kind",
            Self::Plural => "plural",
        }
    }

    /// The words that there can be, as a regular expression of SMT-LIB 2.
    pub(super) const fn class(self) -> &'static str {
        const LETTERS: &str = "(re.++ (re.range \"a\" \"z\") (re.* (re.union (re.range \"a\" \"z\") \
             (re.range \"0\" \"9\"))))";
        match self {
            Self::Group => {
                "(re.++ (re.range \"a\" \"z\") (re.* (re.union (re.range \"a\" \"z\") \
                 (re.range \"0\" \"9\") (str.to_re \"\\u{2d}\") (str.to_re \"\\u{2e}\"))))"
            }
            Self::Kind => {
                "(re.++ (re.range \"A\" \"Z\") (re.* (re.union (re.range \"a\" \"z\") \
                 (re.range \"A\" \"Z\") (re.range \"0\" \"9\"))))"
            }
            Self::Version | Self::Plural => LETTERS,
        }
    }
}

impl Scope {
    pub(super) fn api_version(&self) -> String {
        match &*self.group {
            "" => self.version.clone(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// The resource as people read it: `deployments.apps`.
    pub(super) fn resource_name(&self) -> String {
        match &*self.group {
            "" => self.resource.plural.to_string(),
            OTHER_GROUP if self.kind == OTHER_KIND => "any other".to_owned(),
            OTHER_GROUP => format!("{} of any other group", self.resource.plural),
            group if self.kind == OTHER_KIND => format!("any other of {group}"),
            group => format!("{}.{group}", self.resource.plural),
        }
    }

    /// What a word that no rule names stands apart from; `None` for one that is known.
    pub(super) fn apart(&self, part: Part) -> Option<&BTreeSet<String>> {
        self.fresh.iter().find(|fresh| fresh.part == part).map(|fresh| &*fresh.apart)
    }

    /// A word that says what the request is about.
    pub(super) fn word(&self, part: Part) -> &str {
        match part {
            Part::Group => &self.group,
            Part::Version => &self.version,
            Part::Kind => &self.kind,
            Part::Plural => &self.resource.plural,
        }
    }

    /// The shape with a word in its place.
    pub(super) fn with(&mut self, part: Part, word: &str) {
        match part {
            Part::Group => word.clone_into(&mut self.group),
            Part::Version => word.clone_into(&mut self.version),
            Part::Kind => word.clone_into(&mut self.kind),
            Part::Plural => self.resource.plural = word.to_owned().into(),
        }
    }

    pub(super) fn is_namespace(&self) -> bool {
        self.group.is_empty() && self.kind == "Namespace"
    }

    pub(super) fn id(&self) -> ResourceId {
        ResourceId {
            api_version: self.api_version(),
            kind: self.kind.clone(),
            namespace: self.resource.namespaced.then(|| self.namespace_name().to_owned()),
            name: self.name.as_deref().unwrap_or(OTHER_NAME).to_owned(),
        }
    }

    pub(super) fn namespace_name(&self) -> &str {
        self.namespace.as_deref().unwrap_or(OTHER_NAME)
    }

    /// Does something with a request of this shape whose object is empty.
    pub(super) fn with_request<T>(&self, part: impl FnOnce(&Request<'_>) -> T) -> T {
        let (id, empty) = (self.id(), Node::null(Span::new(0, 0)));
        part(&Request {
            operation: self.operation,
            id: &id,
            resource: &self.resource,
            object: &empty,
            old_object: None,
            namespace: self.namespace_name(),
            namespace_object: KnownNamespace::NameOnly,
            user_info: None,
        })
    }

    /// Whether a unit is about requests of this shape, as far as labels do not decide.
    pub(super) fn matches(&self, unit: &Unit<'_>) -> Matching {
        self.with_request(|request| {
            let rules = |resources: &MatchResources| {
                let unlabelled = MatchResources {
                    namespace_selector: LabelSelector::default(),
                    object_selector: LabelSelector::default(),
                    rules: resources.rules.clone(),
                    exclude: resources.exclude.clone(),
                    match_policy: resources.match_policy,
                };
                unlabelled.matches(request)
            };
            match (rules(&unit.policy.constraints), rules(&unit.binding.resources)) {
                (Matching::No, _) | (_, Matching::No) => Matching::No,
                (undecided @ Matching::Undecided(_), _) | (_, undecided) => undecided,
            }
        })
    }
}

/// The words of rules, as they are written.
#[derive(Debug, Default)]
struct Words<'a> {
    /// Groups, versions and resources that stand in one rule.
    rules: Vec<[Vec<&'a str>; 3]>,
    names: BTreeSet<&'a str>,
}

impl<'a> Words<'a> {
    fn of(sides: [&'a Side<'_>; 2]) -> Self {
        let mut words = Self::default();
        let units = sides.into_iter().flat_map(|side| &side.units);
        for unit in units {
            let constraints = unit.object.node.at(&["spec", "matchConstraints"]);
            let resources = unit.binding_object.node.at(&["spec", "matchResources"]);
            for node in [constraints, resources].into_iter().flatten() {
                let rules = ["resourceRules", "excludeResourceRules"].into_iter();
                for rule in rules.filter_map(|field| node.get(field)).flat_map(Node::items) {
                    words.rules.push(
                        ["apiGroups", "apiVersions", "resources"].map(|field| texts(rule, field)),
                    );
                    words.names.extend(texts(rule, "resourceNames"));
                }
            }
        }
        words
    }

    /// The versions that rules name for a group, and with `true` one that stands for all others.
    fn versions(&self, group: &str) -> BTreeMap<&'a str, bool> {
        let about = |groups: &[&str]| groups.iter().any(|one| *one == group || *one == "*");
        let rules = self.rules.iter().filter(|[groups, ..]| about(groups));
        let named: BTreeSet<&str> = rules.flat_map(|[_, versions, _]| versions).copied().collect();
        let mut found: BTreeMap<&str, bool> =
            named.iter().filter(|one| **one != "*").map(|one| (*one, false)).collect();
        let only = ONLY_V1.contains(&group);
        // A version that no rule names, for groups that have or may come to have others.
        if found.is_empty() || (named.contains("*") && !only) {
            found.insert(if found.contains_key("v1") { OTHER_VERSION } else { "v1" }, !only);
        }
        found
    }

    /// Group, kind and resource of all that a rule can tell from others: in groups of the server its
    /// own kinds, in others each resource that any rule names, and one that none names.
    fn kinds(&self) -> BTreeSet<(String, String, ResourceInfo, Vec<Fresh>)> {
        let named = |at: usize| {
            let words = self.rules.iter().filter_map(move |rule| rule.get(at)).flatten();
            words.copied().collect::<BTreeSet<&str>>()
        };
        let groups = named(0);
        let plurals: BTreeSet<&str> = named(2)
            .into_iter()
            .filter_map(|resource| resource.split('/').next())
            .filter(|plural| *plural != "*")
            .collect();
        let all = groups.contains("*");
        let mut kinds = BTreeSet::new();
        for (group, kind, info) in native_kinds() {
            if all || groups.contains(group) {
                kinds.insert((group.to_owned(), kind.to_owned(), info, Vec::new()));
            }
        }
        let fresh = |part, apart: BTreeSet<&str>| Fresh {
            part,
            apart: Rc::new(apart.into_iter().map(str::to_owned).collect()),
        };
        let known_groups = native_kinds().map(|(group, ..)| group).chain(groups.iter().copied());
        let (any_kind, any_plural, any_group) = (
            fresh(Part::Kind, BTreeSet::new()),
            fresh(Part::Plural, plurals.clone()),
            fresh(Part::Group, known_groups.collect()),
        );
        let other = ResourceInfo::guess(OTHER_KIND).plural;
        let others = groups.into_iter().filter(|group| *group != "*" && !is_native_group(group));
        for group in others.chain(all.then_some(OTHER_GROUP)) {
            for plural in plurals.iter().copied().chain([&*other]) {
                let mut parts = vec![any_kind.clone()];
                parts.extend((plural == other).then(|| any_plural.clone()));
                parts.extend((group == OTHER_GROUP).then(|| any_group.clone()));
                let kind = if plural == other { OTHER_KIND.to_owned() } else { singular(plural) };
                for namespaced in [true, false] {
                    let info = ResourceInfo { plural: plural.to_owned().into(), namespaced };
                    kinds.insert((group.to_owned(), kind.clone(), info, parts.clone()));
                }
            }
        }
        kinds
    }
}

fn texts<'a>(rule: &'a Node, field: &str) -> Vec<&'a str> {
    rule.get(field).map_or(&[][..], Node::items).iter().filter_map(Node::as_str).collect()
}

/// A kind for a plural name: what it is called is not known.
fn singular(plural: &str) -> String {
    let stem = plural.strip_suffix('s').unwrap_or(plural);
    let mut letters = stem.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// All shapes of requests that a rule of either side is about.
pub(super) fn scopes(sides: [&Side<'_>; 2]) -> Vec<Scope> {
    let words = Words::of(sides);
    let names: Vec<Option<&str>> = words.names.iter().copied().map(Some).chain([None]).collect();
    let namespaces: BTreeSet<&str> =
        sides.iter().flat_map(|side| side.param_namespaces()).collect();
    let namespaces: Vec<Option<&str>> = namespaces.into_iter().map(Some).chain([None]).collect();
    let mut scopes = Vec::new();
    for (group, kind, resource, fresh) in words.kinds() {
        let namespaces = if resource.namespaced { &*namespaces } else { &[None] };
        let versions = words.versions(&group);
        let stated = versions.iter().filter(|(_, is_fresh)| !**is_fresh);
        let apart = Rc::new(stated.map(|(one, _)| (*one).to_owned()).collect());
        for (version, is_fresh) in versions {
            let mut fresh = fresh.clone();
            if is_fresh {
                let apart = Rc::clone(&apart);
                fresh.push(Fresh { part: Part::Version, apart });
            }
            for operation in [Operation::Create, Operation::Update, Operation::Delete] {
                for name in &names {
                    for namespace in namespaces {
                        scopes.push(Scope {
                            operation,
                            group: group.clone(),
                            version: version.to_owned(),
                            kind: kind.clone(),
                            resource: resource.clone(),
                            name: name.map(str::to_owned),
                            namespace: namespace.map(str::to_owned),
                            fresh: fresh.clone(),
                        });
                    }
                }
            }
        }
    }
    let about = |scope: &Scope| {
        let mut units = sides.into_iter().flat_map(|side| &side.units);
        units.any(|unit| scope.matches(unit) != Matching::No)
    };
    scopes.retain(about);
    scopes
}

/// The subresources that rules are about, which are not modelled, each with the unit.
pub(super) fn subresources<'u, 'a>(units: &[&'u Unit<'a>]) -> BTreeMap<&'u str, &'u Unit<'a>> {
    let mut found = BTreeMap::new();
    for &unit in units {
        let rules = unit.object.node.at(&["spec", "matchConstraints", "resourceRules"]);
        let rules = rules.map_or(&[][..], Node::items);
        for resource in rules.iter().flat_map(|rule| texts(rule, "resources")) {
            if resource.contains('/') {
                found.insert(resource, unit);
            }
        }
    }
    found
}
