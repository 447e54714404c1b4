//! `VolumeRestrictions`: claims that only one pod may use
//! (`volumerestrictions/volume_restrictions.go`).

use super::Rejection;
use crate::Bindings;
use crate::resolve::{Asked, Resolved};

/// How many pods are bound that mount each claim which the new pod would need alone.
#[derive(Debug, Clone)]
pub(super) struct Sharing {
    claims: Vec<(usize, u32)>,
}

impl Sharing {
    pub(super) fn count(resolved: &Resolved, bindings: &Bindings<'_>, asked: &Asked) -> Self {
        let users = |set: usize| {
            let templates = resolved.template_set(set).iter();
            templates
                .flat_map(|&template| bindings.nodes_of(template))
                .map(|(_, count)| count)
                .sum()
        };
        Self { claims: asked.claims_for_one.iter().map(|&set| (set, users(set))).collect() }
    }

    pub(super) fn note(&mut self, resolved: &Resolved, template: usize, bound: bool) {
        for (set, users) in &mut self.claims {
            if resolved.has_template(*set, template) {
                *users = if bound { *users + 1 } else { users.saturating_sub(1) };
            }
        }
    }

    pub(super) fn reject(&self) -> Option<Rejection> {
        let reason = "node has pod using PersistentVolumeClaim with the same name and \
                      ReadWriteOncePod access mode";
        let used = self.claims.iter().any(|&(_, users)| users > 0);
        used.then(|| Rejection::for_now(reason))
    }
}
