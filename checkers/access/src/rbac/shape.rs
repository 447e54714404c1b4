//! Rules as products of sets of values.

use super::Rule;

/// The values of one dimension that a rule covers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Values<'a> {
    /// All.
    All,
    /// These, sorted, each once.
    Only(Vec<&'a str>),
}

/// The resource requests that a rule allows, or a part of them: a product of sets, the namespace
/// aside, which is up to the binding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ResourceShape<'a> {
    pub(super) verbs: Values<'a>,
    pub(super) groups: Values<'a>,
    pub(super) resources: Values<'a>,
    pub(super) subresources: Values<'a>,
    pub(super) names: Values<'a>,
}

/// The URL requests that a rule allows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct UrlShape<'a> {
    pub(super) verbs: Values<'a>,
    /// Paths and, with a `*` at the end, prefixes; sorted, each once.
    pub(super) urls: Vec<&'a str>,
}

/// All that a role allows. Roles of equal content allow the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Content<'a> {
    /// Sorted, each once.
    pub(super) resources: Vec<ResourceShape<'a>>,
    /// Sorted, each once.
    pub(super) urls: Vec<UrlShape<'a>>,
}

impl<'a> Values<'a> {
    /// These values.
    pub(super) fn only(mut values: Vec<&'a str>) -> Self {
        values.sort_unstable();
        values.dedup();
        Self::Only(values)
    }

    /// What a list of a rule covers, in which `*` covers all.
    fn of_list(list: &[&'a str]) -> Self {
        if list.contains(&"*") { Self::All } else { Self::only(list.to_vec()) }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Only(values) if values.is_empty())
    }

    pub(super) fn is_disjoint(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Only(a), Self::Only(b)) => {
                // Both are sorted: look the shorter up in the longer.
                let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
                !short.iter().any(|value| long.binary_search(value).is_ok())
            }
            (Self::All, other) | (other, Self::All) => other.is_empty(),
        }
    }
}

impl<'a> ResourceShape<'a> {
    /// The dimensions in their order, the namespace aside.
    pub(super) const fn sets(&self) -> [&Values<'a>; 5] {
        [&self.verbs, &self.groups, &self.resources, &self.subresources, &self.names]
    }

    pub(super) fn is_disjoint(&self, other: &Self) -> bool {
        self.sets().into_iter().zip(other.sets()).any(|(a, b)| a.is_disjoint(b))
    }

    /// The products that a rule stands for: one if all its resources are plain, or one is `*`.
    pub(super) fn of_rule(rule: &Rule<'a>) -> Vec<Self> {
        let names =
            if rule.names.is_empty() { Values::All } else { Values::only(rule.names.clone()) };
        let (verbs, groups) = (Values::of_list(&rule.verbs), Values::of_list(&rule.groups));
        if verbs.is_empty() || groups.is_empty() {
            return Vec::new();
        }
        let shape = |(resources, subresources)| Self {
            verbs: verbs.clone(),
            groups: groups.clone(),
            resources,
            subresources,
            names: names.clone(),
        };
        resources_and_subresources(&rule.resources).into_iter().map(shape).collect()
    }
}

/// The entries of `resources` as products: plain ones with no subresource, subresources of all
/// (`*/log`), and subresources of some, brought together by the subresource.
fn resources_and_subresources<'a>(entries: &[&'a str]) -> Vec<(Values<'a>, Values<'a>)> {
    if entries.contains(&"*") {
        return vec![(Values::All, Values::All)];
    }
    let (mut plain, mut of_all, mut of_some) = (Vec::new(), Vec::new(), Vec::new());
    for &entry in entries {
        match entry.split_once('/') {
            None => plain.push(entry),
            // No request has an empty part, or a subresource of two.
            Some((_, subresource)) if subresource.is_empty() || subresource.contains('/') => {}
            Some(("*", subresource)) => of_all.push(subresource),
            Some((resource, subresource)) => of_some.push((subresource, resource)),
        }
    }
    let mut products = Vec::new();
    if !plain.is_empty() {
        products.push((Values::only(plain), Values::only(vec![""])));
    }
    if !of_all.is_empty() {
        products.push((Values::All, Values::only(of_all)));
    }
    of_some.sort_unstable();
    for group in of_some.chunk_by(|(a, _), (b, _)| a == b) {
        let resources = group.iter().map(|(_, resource)| *resource).collect();
        let subresource = group.iter().map(|(subresource, _)| *subresource).take(1).collect();
        products.push((Values::only(resources), Values::only(subresource)));
    }
    products
}

impl<'a> UrlShape<'a> {
    /// What a rule stands for; nothing if it names no URL.
    pub(super) fn of_rule(rule: &Rule<'a>) -> Option<Self> {
        let mut urls = rule.urls.clone();
        urls.sort_unstable();
        urls.dedup();
        let verbs = Values::of_list(&rule.verbs);
        (!urls.is_empty() && !verbs.is_empty()).then_some(Self { verbs, urls })
    }
}

impl<'a> Content<'a> {
    /// What these rules allow together.
    pub(super) fn of_rules<'r>(rules: impl IntoIterator<Item = &'r Rule<'a>>) -> Self
    where
        'a: 'r,
    {
        let mut content = Self::default();
        for rule in rules {
            content.resources.extend(ResourceShape::of_rule(rule));
            content.urls.extend(UrlShape::of_rule(rule));
        }
        content.resources.sort_unstable();
        content.resources.dedup();
        content.urls.sort_unstable();
        content.urls.dedup();
        content
    }

    /// Whether no request about resources is allowed by both in the same namespace.
    pub(super) fn is_disjoint(&self, other: &Self) -> bool {
        self.resources.iter().all(|a| other.resources.iter().all(|b| a.is_disjoint(b)))
    }
}
