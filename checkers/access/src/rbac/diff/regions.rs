//! The regions in which decisions changed.

use super::situation::{Placed, Situation};
use crate::rbac::Action;
use crate::rbac::holders::{Granted, Interner};
use crate::rbac::partition::{ResourceSpace, UrlSpace};
use crate::rbac::shape::{Content, ResourceShape, Values};
use crate::{AtomSet, Change, Extent, Rectangle, Region};

/// Everything, which is what an unknown role may grant.
static ANYTHING: ResourceShape<'static> = ResourceShape {
    verbs: Values::All,
    groups: Values::All,
    resources: Values::All,
    subresources: Values::All,
    names: Values::All,
};

/// The spaces of a situation, and what changed in them.
#[derive(Debug)]
pub(super) struct Changes<'s> {
    pub(super) resources: ResourceSpace<'s>,
    pub(super) urls: UrlSpace<'s>,
    pub(super) pieces: Vec<Piece>,
}

/// A rectangle in which decisions changed in one way.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) change: Change,
    pub(super) of_urls: bool,
    pub(super) rectangle: Rectangle,
}

/// What is allowed on both sides of one space, as rectangles.
struct Allowed {
    /// All that is, by side.
    all: [Vec<Rectangle>; 2],
    /// Of these, what comes from grants that changed.
    changed: [Vec<Rectangle>; 2],
}

/// Places in which reasons for unknown decisions are the same, with their relation.
struct Unknown {
    /// The places as a rectangle of the space.
    place: Rectangle,
    /// Whether something is unknown, by side.
    is: [bool; 2],
    /// How the reasons changed, if they did.
    change: Option<Change>,
}

impl<'s> Changes<'s> {
    pub(super) fn of(situation: &'s Situation<'s>, interner: &'s Interner<'s>) -> Self {
        let known = situation.grants.iter().filter_map(|grant| {
            let Granted::Known(at) = grant.granted else { return None };
            Some((grant, interner.contents.get(at as usize)?))
        });
        let unknown: Vec<_> = situation
            .grants
            .iter()
            .filter(|grant| matches!(grant.granted, Granted::Unknown(_)))
            .collect();
        let shapes = known.clone().flat_map(|(grant, content)| {
            let places = grant.places.iter().flatten();
            places.flat_map(|places| content.resources.iter().map(move |shape| (places, shape)))
        });
        let places = unknown.iter().flat_map(|grant| grant.places.iter().flatten());
        let resources =
            ResourceSpace::split(&shapes.chain(places.map(|places| (places, &ANYTHING))));
        let urls = UrlSpace::split(&known.clone().flat_map(|(_, content)| &content.urls));

        let allowed = Allowed::of(known.clone(), |places, content, rectangles| {
            let shapes = content.resources.iter();
            rectangles.extend(shapes.filter_map(|shape| resources.rectangle(places, shape)));
        });
        let mut pieces = allowed.changes(false, &unknown_places(&resources, &unknown));
        let allowed = Allowed::of(known, |places, content, rectangles| {
            // A binding in a namespace grants no URLs.
            let shapes = content.urls.iter().filter(|_| *places == Values::All);
            rectangles.extend(shapes.filter_map(|shape| urls.rectangle(shape)));
        });
        pieces.extend(allowed.changes(true, &unknown_everywhere(&urls, &unknown)));
        Self { resources, urls, pieces }
    }

    /// What a change covers, as people read it.
    pub(super) fn extents(&self, piece: &Piece) -> Vec<Extent> {
        let space = if piece.of_urls { &self.urls.space } else { &self.resources.space };
        piece.rectangle.extents(space)
    }

    /// One of the requests.
    pub(super) fn witness(&self, piece: &Piece) -> Option<Action> {
        if piece.of_urls {
            self.urls.witness(&piece.rectangle)
        } else {
            self.resources.witness(&piece.rectangle)
        }
    }
}

impl Allowed {
    fn of<'s, 'a: 's>(
        known: impl Iterator<Item = (&'s Placed<'a>, &'s Content<'a>)>,
        mut add: impl FnMut(&Values<'a>, &Content<'a>, &mut Vec<Rectangle>),
    ) -> Self {
        let mut allowed = Self { all: [vec![], vec![]], changed: [vec![], vec![]] };
        for (grant, content) in known {
            let sides = allowed.all.iter_mut().zip(&mut allowed.changed);
            for (places, (all, changed)) in grant.places.iter().zip(sides) {
                let Some(places) = places else { continue };
                let first = all.len();
                add(places, content, all);
                if grant.is_changed() {
                    changed.extend(all.get(first..).unwrap_or_default().iter().cloned());
                }
            }
        }
        allowed
    }

    /// What changed: what was opened is what a changed grant allows now, and none did before.
    fn changes(self, of_urls: bool, unknown: &[Unknown]) -> Vec<Piece> {
        let [old, new] = self.all;
        let [changed_old, changed_new] = self.changed;
        let mut regions = Vec::new();
        let opened = Region::union_of(changed_new).minus(&old);
        let closed = Region::union_of(changed_old).minus(&new);
        // Where the other side is unknown, it may have been so before, or may still be so.
        for (mut region, certain, possible, other) in [
            (opened, Change::Opened, Change::MayOpen, 0),
            (closed, Change::Closed, Change::MayClose, 1),
        ] {
            for unknown in unknown.iter().filter(|unknown| unknown.is.get(other) == Some(&true)) {
                regions.push((
                    possible,
                    region.intersection(&[unknown.place.clone()].into_iter().collect()),
                ));
                region.remove(&unknown.place);
            }
            regions.push((certain, region));
        }
        // Where neither allows, and the reasons for that not being known differ.
        for unknown in unknown {
            let Some(change) = unknown.change else { continue };
            let region = Region::union_of([unknown.place.clone()]);
            regions.push((change, region.minus(old.iter().chain(&new))));
        }
        let rectangles = |(change, region): (Change, Region)| {
            let maximal = region.maximal().into_iter();
            maximal.map(move |rectangle| Piece { change, of_urls, rectangle })
        };
        merged(&regions).into_iter().flat_map(rectangles).collect()
    }
}

/// The regions of each change together.
fn merged(regions: &[(Change, Region)]) -> Vec<(Change, Region)> {
    let of = |change: Change| {
        let of = regions.iter().filter(move |(other, _)| *other == change);
        of.flat_map(|(_, region)| region.rectangles().iter().cloned()).collect()
    };
    Change::ALL.into_iter().map(|change| (change, of(change))).collect()
}

/// How the reasons for unknown decisions changed: more may open, fewer may close.
fn reasons_changed(old: &AtomSet, new: &AtomSet) -> Option<Change> {
    if old == new {
        None
    } else if old.is_subset(new) {
        Some(Change::MayOpen)
    } else if new.is_subset(old) {
        Some(Change::MayClose)
    } else {
        Some(Change::MayChange)
    }
}

/// The namespaces in which something is unknown, by what is.
fn unknown_places(space: &ResourceSpace<'_>, unknown: &[&Placed<'_>]) -> Vec<Unknown> {
    if unknown.is_empty() {
        return Vec::new();
    }
    // The unknown grants of an atom of namespaces, by side.
    let reasons = |atom: usize| {
        [0, 1].map(|side| {
            let grants = unknown.iter().enumerate();
            let here = grants.filter(|(_, grant)| {
                let places = grant.places.get(side).and_then(Option::as_ref);
                places.is_some_and(|places| space.namespaces(places).contains(atom))
            });
            here.map(|(at, _)| at).collect::<AtomSet>()
        })
    };
    let mut atoms: Vec<_> =
        (0..space.namespace_count()).map(|atom| (reasons(atom), atom)).collect();
    atoms.sort_unstable();
    let groups = atoms.chunk_by(|(a, _), (b, _)| a == b);
    let unknown = groups.filter_map(|group| {
        let ([old, new], _) = group.first()?;
        let place = space.within(group.iter().map(|(_, atom)| *atom).collect())?;
        let is = [!old.is_empty(), !new.is_empty()];
        Some(Unknown { place, is, change: reasons_changed(old, new) })
    });
    unknown.collect()
}

/// All URLs, if something is unknown of them.
fn unknown_everywhere(space: &UrlSpace<'_>, unknown: &[&Placed<'_>]) -> Vec<Unknown> {
    let reasons = [0, 1].map(|side| {
        let grants = unknown.iter().enumerate();
        let here = grants.filter(|(_, grant)| {
            grant.places.get(side).and_then(Option::as_ref) == Some(&Values::All)
        });
        here.map(|(at, _)| at).collect::<AtomSet>()
    });
    let [old, new] = &reasons;
    let is = [!old.is_empty(), !new.is_empty()];
    let place = Rectangle::whole(&space.space).filter(|_| is.contains(&true));
    place
        .map(|place| Unknown { place, is, change: reasons_changed(old, new) })
        .into_iter()
        .collect()
}
