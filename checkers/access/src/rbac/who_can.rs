//! Who may make requests of a pattern.

use super::holders::{Granted, Grants, Interner, Names, places};
use super::partition::{ResourceSpace, UrlSpace};
use super::shape::{ResourceShape, UrlShape, Values};
use super::{Holder, Policy, Request};
use crate::{Rectangle, Region};

/// A set of requests. In each list, `None` is any value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// Requests about API objects.
    Resources {
        /// The namespaces; the empty one is that of requests outside or across namespaces.
        namespaces: Option<Vec<String>>,
        /// The verbs.
        verbs: Option<Vec<String>>,
        /// The API groups; the core group is empty.
        groups: Option<Vec<String>>,
        /// The resources, without a subresource.
        resources: Option<Vec<String>>,
        /// The subresources; the empty one is the resource itself.
        subresources: Option<Vec<String>>,
        /// The names; the empty one is that of requests that name no object.
        names: Option<Vec<String>>,
    },
    /// Requests about URLs.
    Urls {
        /// The verbs.
        verbs: Option<Vec<String>>,
        /// The paths; with a `*` at the end, all that begin so.
        urls: Vec<String>,
    },
}

/// Someone who may make some requests of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permitted<'a> {
    /// Who.
    pub holder: Holder<'a>,
    /// How much of the pattern.
    pub share: Share,
    /// A request of the pattern that is allowed, or unknown where the share is.
    pub witness: Request,
}

/// How much of a pattern someone may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Share {
    /// All of it.
    All,
    /// Some of it; none of the rest, as far as is known.
    Some,
    /// None of it that is known, but something granted is unknown.
    Unknown,
}

/// All who may make some request of a pattern by grants of their own, in order. Who may only as a
/// member of a group is not listed beside the group; `system:masters` is never listed.
pub fn who_can<'a>(policy: &Policy<'a>, pattern: &Pattern) -> Vec<Permitted<'a>> {
    let mut interner = Interner::default();
    let grants = Grants::of(policy, &mut interner);
    let names = Names::of(grants.by_holder.keys().copied());
    let query = Query::of(pattern);
    let holders = grants.by_holder.iter().filter_map(|(&holder, own)| {
        let known = |granted: Granted, namespace: Option<&'a str>| {
            query.may_meet(granted, &places(&[(granted, namespace)]), &interner)
        };
        own.iter().any(|entry| known(entry.granted, entry.namespace)).then_some(())?;
        let mut all: Vec<_> =
            grants.entries(holder).map(|entry| (entry.granted, entry.namespace)).collect();
        all.sort_unstable();
        all.dedup();
        let all: Vec<_> = all
            .chunk_by(|(a, _), (b, _)| a == b)
            .filter_map(|chunk| Some((chunk.first()?.0, places(chunk))))
            .filter(|(granted, places)| query.may_meet(*granted, places, &interner))
            .collect();
        let (share, action) = query.share(&all, &interner)?;
        let witness = Request { user: names.user(holder), action };
        Some(Permitted { holder, share, witness })
    });
    holders.collect()
}

/// A pattern as products of sets.
enum Query<'q> {
    Resources(Values<'q>, ResourceShape<'q>),
    Urls(UrlShape<'q>),
}

fn values(list: Option<&Vec<String>>) -> Values<'_> {
    list.map_or(Values::All, |list| Values::only(list.iter().map(String::as_str).collect()))
}

impl<'q> Query<'q> {
    fn of(pattern: &'q Pattern) -> Self {
        match pattern {
            Pattern::Resources { namespaces, verbs, groups, resources, subresources, names } => {
                let shape = ResourceShape {
                    verbs: values(verbs.as_ref()),
                    groups: values(groups.as_ref()),
                    resources: values(resources.as_ref()),
                    subresources: values(subresources.as_ref()),
                    names: values(names.as_ref()),
                };
                Self::Resources(values(namespaces.as_ref()), shape)
            }
            Pattern::Urls { verbs, urls } => {
                let urls = urls.iter().map(String::as_str).collect();
                Self::Urls(UrlShape { verbs: values(verbs.as_ref()), urls })
            }
        }
    }

    /// Whether something granted in some places may allow some of it.
    fn may_meet(&self, granted: Granted, places: &Values<'_>, interner: &Interner<'_>) -> bool {
        let content = match granted {
            Granted::Known(at) => interner.contents.get(at as usize),
            Granted::Unknown(_) => None,
        };
        match self {
            Self::Resources(namespaces, shape) => {
                !namespaces.is_disjoint(places)
                    && content.is_none_or(|content| {
                        content.resources.iter().any(|other| !other.is_disjoint(shape))
                    })
            }
            Self::Urls(_) => {
                *places == Values::All && content.is_none_or(|content| !content.urls.is_empty())
            }
        }
    }

    /// How much of it grants allow, with a request; `None` for nothing.
    fn share(
        &self,
        grants: &[(Granted, Values<'_>)],
        interner: &Interner<'_>,
    ) -> Option<(Share, super::Action)> {
        let known = grants.iter().filter_map(|(granted, places)| match granted {
            Granted::Known(at) => Some((places, interner.contents.get(*at as usize)?)),
            Granted::Unknown(_) => None,
        });
        let unknown = grants.iter().any(|(granted, _)| matches!(granted, Granted::Unknown(_)));
        match self {
            Self::Resources(namespaces, shape) => {
                let shapes = known.flat_map(|(places, content)| {
                    content.resources.iter().map(move |shape| (places, shape))
                });
                let own = std::iter::once((namespaces, shape));
                let space = ResourceSpace::split(&shapes.clone().chain(own));
                let asked = space.rectangle(namespaces, shape)?;
                let allowed = shapes.filter_map(|(places, shape)| space.rectangle(places, shape));
                let allowed: Vec<_> = allowed.collect();
                let (much, some) = portion(&asked, &allowed, unknown)?;
                Some((much, space.witness(&some)?))
            }
            Self::Urls(shape) => {
                let shapes = known.flat_map(|(_, content)| &content.urls);
                let space = UrlSpace::split(&shapes.clone().chain([shape]));
                let asked = space.rectangle(shape)?;
                let allowed = shapes.filter_map(|shape| space.rectangle(shape));
                let allowed: Vec<_> = allowed.collect();
                let (much, some) = portion(&asked, &allowed, unknown)?;
                Some((much, space.witness(&some)?))
            }
        }
    }
}

/// How much of a rectangle is allowed, and some of what is.
fn portion(asked: &Rectangle, allowed: &[Rectangle], unknown: bool) -> Option<(Share, Rectangle)> {
    let some = allowed.iter().find_map(|allowed| allowed.intersection(asked));
    let whole = Region::union_of([asked.clone()]);
    match some {
        Some(some) if whole.minus(allowed).is_empty() => Some((Share::All, some)),
        Some(some) => Some((Share::Some, some)),
        None => unknown.then(|| (Share::Unknown, asked.clone())),
    }
}

#[cfg(test)]
mod tests;
