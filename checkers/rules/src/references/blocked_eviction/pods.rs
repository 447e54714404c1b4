//! How many pods some workloads have.

use rustc_hash::FxHashMap;
use seatrial_core::{Finding, Location};
use seatrial_manifests::{Object, PodTemplate, Workload};
use seatrial_parse::Node;

use super::super::Context;
use super::super::common::{named, namespace};
use super::super::scale_target_missing::Target;

/// The pods of some workloads, whose numbers are all known.
pub(in crate::references) struct Pods<'a> {
    groups: Vec<Group<'a>>,
    /// The fewest there will be.
    pub(in crate::references) least: i64,
    /// The most there will be.
    pub(in crate::references) most: i64,
    /// How many have no controller.
    pub(in crate::references) unmanaged: i64,
}

/// The pods of one workload.
struct Group<'a> {
    template: PodTemplate<'a>,
    least: i64,
    most: i64,
    /// What states the number.
    stated_by: StatedBy<'a>,
}

enum StatedBy<'a> {
    /// The field `replicas`.
    Replicas(&'a Node),
    /// Nobody: it is the default, or a pod by itself.
    Nobody,
    /// An autoscaler.
    Autoscaler(&'a Object),
}

impl<'a> Pods<'a> {
    /// The pods of some workloads; `None` where the number of some is not known.
    pub(in crate::references) fn of(
        context: &Context<'a>,
        templates: &[PodTemplate<'a>],
        autoscalers: &Autoscalers<'a>,
    ) -> Option<Self> {
        let groups = templates.iter().map(|template| group(context, *template, autoscalers));
        let groups = groups.collect::<Option<Vec<_>>>()?;
        let alone = groups.iter().filter(|group| group.template.workload == Workload::Pod);
        Some(Self {
            least: groups.iter().map(|group| group.least).sum(),
            most: groups.iter().map(|group| group.most).sum(),
            unmanaged: alone.map(|group| group.most).sum(),
            groups,
        })
    }

    /// Adds the places that state the numbers to a finding, those of the first three workloads.
    pub(in crate::references) fn related_to(&self, finding: Finding) -> Finding {
        const SHOWN: usize = 3;
        self.groups.iter().take(SHOWN).fold(finding, |finding, group| {
            let (location, message) = group.shown();
            finding.related_to(location, message)
        })
    }
}

impl Group<'_> {
    /// The place that states the number, and what it states.
    fn shown(&self) -> (Location, String) {
        let object = self.template.object;
        let (workload, most) = (named(object), self.most);
        match self.stated_by {
            StatedBy::Replicas(node) => {
                (object.location(node.span), format!("the replicas of {workload}"))
            }
            StatedBy::Nobody if self.template.workload == Workload::Pod => {
                (object.name_location(), "this is one pod".to_owned())
            }
            StatedBy::Nobody => {
                (object.name_location(), format!("{workload} has {most} replica by default"))
            }
            StatedBy::Autoscaler(autoscaler) => (
                autoscaler.name_location(),
                format!("{workload} is scaled between {} and {most} replicas", self.least),
            ),
        }
    }
}

/// The number of the pods of a workload, if it is known.
fn group<'a>(
    context: &Context<'a>,
    template: PodTemplate<'a>,
    autoscalers: &Autoscalers<'a>,
) -> Option<Group<'a>> {
    use Workload::{Deployment, Pod, ReplicaSet, ReplicationController, StatefulSet};
    let object = template.object;
    let (group, kind) = (object.group(), object.kind());
    let mut manifests = context.index.resolve(namespace(object), group, kind, object.name());
    if manifests.nth(1).is_some() {
        // Overlays and patches: which of the numbers counts is not known.
        return None;
    }
    let (least, most, stated_by) = match template.workload {
        Pod => (1, 1, StatedBy::Nobody),
        Deployment | StatefulSet | ReplicaSet | ReplicationController => {
            let node = object.node.at(&["spec", "replicas"]).filter(|node| !node.is_null());
            let replicas = node.map_or(Some(1), Node::as_i64).filter(|number| *number >= 0)?;
            match autoscalers.of_object(object) {
                // An autoscaler leaves alone what is switched off.
                Some(scaling) if replicas > 0 => {
                    let (least, most) = scaling.bounds?;
                    (least, most, StatedBy::Autoscaler(scaling.autoscaler))
                }
                _ => (replicas, replicas, node.map_or(StatedBy::Nobody, StatedBy::Replicas)),
            }
        }
        _ => return None,
    };
    Some(Group { template, least, most, stated_by })
}

/// The autoscalers by what they scale.
pub(in crate::references) struct Autoscalers<'a> {
    by_target: FxHashMap<(Sight<'a>, &'a str, &'a str, &'a str), Scaling<'a>>,
}

/// From where an autoscaler is sought: a stated or absent namespace, or any.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Sight<'a> {
    Of(Option<&'a str>),
    Any,
}

#[derive(Clone, Copy)]
struct Scaling<'a> {
    autoscaler: &'a Object,
    /// The fewest and the most replicas, if they are known.
    bounds: Option<(i64, i64)>,
}

impl<'a> Autoscalers<'a> {
    /// The autoscalers that change the number of replicas of something.
    pub(in crate::references) fn of(context: &Context<'a>) -> Self {
        let mut by_target = FxHashMap::default();
        for target in context.index.objects().iter().filter_map(Target::of) {
            let autoscaler = target.autoscaler;
            let bounds = match autoscaler.kind() {
                "HorizontalPodAutoscaler" => bounds(autoscaler),
                // It changes what replicas ask for, not their number.
                "VerticalPodAutoscaler" => continue,
                _ => None,
            };
            for sight in [Sight::Of(namespace(autoscaler)), Sight::Any] {
                let key = (sight, target.group(), target.kind, target.name);
                by_target.insert(key, Scaling { autoscaler, bounds });
            }
        }
        Self { by_target }
    }

    /// Whether an autoscaler changes the number of the pods of an object.
    pub(in crate::references) fn scales(&self, object: &Object) -> bool {
        self.of_object(object).is_some()
    }

    /// The autoscaler of an object: one in its namespace, or else one that may be, as namespaces
    /// are matched in the index.
    fn of_object(&self, object: &Object) -> Option<Scaling<'a>> {
        let (group, kind, name) = (object.group(), object.kind(), object.name());
        let namespace = namespace(object);
        let otherwise = if namespace.is_some() { Sight::Of(None) } else { Sight::Any };
        let find = |sight| self.by_target.get(&(sight, group, kind, name)).copied();
        find(Sight::Of(namespace)).or_else(|| find(otherwise))
    }
}

/// The bounds that a `HorizontalPodAutoscaler` states.
fn bounds(autoscaler: &Object) -> Option<(i64, i64)> {
    let spec = autoscaler.node.get("spec")?;
    let least = spec.get("minReplicas").filter(|node| !node.is_null());
    let least = least.map_or(Some(1), Node::as_i64)?;
    let most = spec.get("maxReplicas")?.as_i64()?;
    (0 <= least && least <= most).then_some((least, most))
}
