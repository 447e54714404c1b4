//! Pods against nodes on which nothing runs.

use std::collections::BTreeMap;

use seatrial_scheduling::{Bindings, Filters, Plugin};

use super::world::Workload;

/// Why pods fit no node, even an empty one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Nowhere {
    /// What keeps so many of the pods from all nodes.
    Filters(Refused),
    /// The nodes would do, but none has the labels of the constraints on spread.
    Unlabelled(usize),
    /// The pods have to be near others, of which there are none.
    Lonely(usize),
    /// It cannot be known, for this reason.
    Unknown(String),
}

/// What keeps pods from all nodes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// How many pods.
    pub(super) pods: usize,
    /// The filter that keeps one of them from most nodes.
    pub(super) plugin: Plugin,
    /// In Kubernetes' words.
    pub(super) words: String,
}

/// Why pods of a workload fit no node; none, if all do.
pub(super) fn nowhere(filters: &Filters<'_>, workload: &Workload<'_>) -> Option<Nowhere> {
    let cluster = filters.cluster();
    let empty = Bindings::none(cluster);
    let mut refused = workload.templates.iter().filter_map(|&template| {
        let verdict = Verdict::of(filters, &empty, template)?;
        let of_template = |pod: &&usize| cluster.pods.get(**pod).map(|it| it.template);
        let pods = workload.pods.iter().filter(|pod| of_template(pod) == Some(template)).count();
        Some((pods, verdict))
    });
    let (mut pods, verdict) = refused.next()?;
    pods += refused.map(|(pods, _)| pods).sum::<usize>();
    // Who asks for a snapshot does not always ask for its storage classes.
    let storage = verdict.by.contains_key(&Plugin::VolumeBinding);
    Some(match () {
        () if storage && cluster.classes.is_empty() => Nowhere::Unknown(format!(
            "whether its volumes can be bound is not known: the cluster has no storage classes \
             ({})",
            verdict.words()
        )),
        () if verdict.lonely => Nowhere::Lonely(pods),
        () if verdict.unlabelled => Nowhere::Unlabelled(pods),
        () => {
            let (words, plugin) = (verdict.words(), verdict.plugin());
            Nowhere::Filters(Refused { pods, plugin, words })
        }
    })
}

/// What the filters say about a pod and all empty nodes.
#[derive(Default)]
struct Verdict {
    nodes: usize,
    /// By filter, how many nodes it keeps the pod from.
    by: BTreeMap<Plugin, usize>,
    /// The same by reason.
    reasons: BTreeMap<String, usize>,
    /// Some nodes only lack a label that spread needs.
    unlabelled: bool,
    /// There are no pods that it has to be near.
    lonely: bool,
}

impl Verdict {
    /// None, if there is a node that the pod fits.
    fn of(filters: &Filters<'_>, empty: &Bindings<'_>, template: usize) -> Option<Self> {
        let prepared = filters.prepare(empty, template)?;
        let nodes = filters.cluster().nodes.len();
        if (0..nodes).any(|node| prepared.passes(empty, node)) {
            return None;
        }
        let resolved = filters.resolved();
        let near = resolved.asked.get(template).and_then(|asked| asked.near.as_ref());
        let lonely = near.is_some_and(|near| resolved.template_set(near.matches).is_empty());
        let mut verdict = Self { nodes, lonely, ..Self::default() };
        for node in 0..nodes {
            let rejections: Vec<_> = prepared
                .verdicts(empty, node)
                .into_iter()
                // That there is no pod nearby yet can change.
                .filter(|verdict| verdict.plugin != Plugin::InterPodAffinity)
                .filter_map(|verdict| Some((verdict.plugin, verdict.rejection?)))
                .collect();
            if rejections.is_empty() && !lonely {
                return None;
            }
            let spread = |(plugin, _): &(Plugin, _)| *plugin == Plugin::PodTopologySpread;
            verdict.unlabelled |= !rejections.is_empty() && rejections.iter().all(spread);
            for (plugin, rejection) in rejections {
                *verdict.by.entry(plugin).or_default() += 1;
                for reason in rejection.reasons {
                    *verdict.reasons.entry(reason).or_default() += 1;
                }
            }
        }
        verdict.lonely = lonely;
        Some(verdict)
    }

    /// The filter that keeps the pod from most nodes; the last of several.
    fn plugin(&self) -> Plugin {
        let most = self.by.iter().max_by_key(|(plugin, nodes)| (**nodes, **plugin));
        most.map_or(Plugin::NodeResourcesFit, |(plugin, _)| *plugin)
    }

    /// `0/4 nodes are available: 1 node(s) were unschedulable, 3 Insufficient cpu`.
    fn words(&self) -> String {
        let reasons = self.reasons.iter().map(|(reason, nodes)| format!("{nodes} {reason}"));
        let reasons: Vec<String> = reasons.collect();
        format!("0/{} nodes are available: {}", self.nodes, reasons.join(", "))
    }
}
