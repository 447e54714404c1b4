//! One cluster, one question: what the default scheduler does, what is best, and what is proven.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use seatrial_certificate::{
    Instance, Objective, Question, Refusal, Rejection, State, Step, Verification, check, fragments,
};
use seatrial_scheduling::simulate::{Simulation, simulate};
use seatrial_scheduling::{Cluster, Filters};

use crate::explain::explain;
use crate::{NoPlan, Options, Placed, instance, place};

/// What is asked about a cluster, in its own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// At most so many running pods are taken from their node.
    pub move_limit: Option<u32>,
    /// Pods are moved alive, one by one; none is evicted.
    pub live: bool,
    /// Instead of placing more pods, leave the fewest fragments of a resource by a unit.
    pub fragments: Option<(String, u64)>,
}

/// What was found out about a cluster.
#[derive(Clone, Debug)]
pub struct Study {
    /// The cluster.
    pub cluster: Cluster,
    /// The same in integers and resolved sets.
    pub instance: Instance,
    /// What the default scheduler makes of it.
    pub default: Simulation,
    /// The best placement that was found, and its certificate.
    pub placed: Placed,
    /// What the checker says of that certificate.
    pub verification: Verification,
}

/// Why a cluster could not be studied.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StudyError {
    /// No pod asks for the resource whose fragments are counted.
    #[error("no pod asks for the resource `{0}`")]
    NoResource(String),
    /// The cluster is more than an instance can say.
    #[error("the cluster is refused: {0}")]
    Instance(#[from] Refusal),
    /// There is no plan.
    #[error(transparent)]
    NoPlan(#[from] NoPlan),
    /// The checker does not accept what the search found: an error of ours.
    #[error("the certificate is not accepted by the checker: {0}")]
    Rejected(#[from] Box<Rejection>),
}

/// Studies a cluster. The seed of the options also breaks the ties of the default scheduler.
pub fn study(cluster: Cluster, ask: &Ask, mut options: Options) -> Result<Study, StudyError> {
    let instance = resolve(&cluster, ask)?;
    let default = simulate(&cluster, u128::from(options.seed));
    options.starts.push(places(&default));
    let placed = place(&instance, &options)?;
    let verification = check(&instance, &placed.certificate).map_err(Box::new)?;
    Ok(Study { cluster, instance, default, placed, verification })
}

/// The instance of a cluster and what is asked about it.
pub fn resolve(cluster: &Cluster, ask: &Ask) -> Result<Instance, StudyError> {
    let question =
        Question { objective: Objective::Placed, move_limit: ask.move_limit, live: ask.live };
    let mut instance = instance(&Filters::new(cluster), question);
    if let Some((name, unit)) = &ask.fragments {
        let resource = (0..).zip(&instance.resources).find(|(_, known)| *known == name);
        let (resource, _) = resource.ok_or_else(|| StudyError::NoResource(name.clone()))?;
        instance.question.objective = Objective::Fragments { resource, unit: *unit };
    }
    instance.validate()?;
    Ok(instance)
}

/// Where every pod runs after a simulation, as an instance names nodes.
fn places(simulation: &Simulation) -> Vec<Option<u32>> {
    simulation.nodes.iter().map(|node| node.and_then(|node| u32::try_from(node).ok())).collect()
}

impl Study {
    /// Where every pod runs when the default scheduler is done.
    pub fn default_places(&self) -> Vec<Option<u32>> {
        places(&self.default)
    }

    /// How many pods of each tier run under the default scheduler.
    pub fn default_counts(&self) -> Vec<u64> {
        let runs = |pod: usize| self.default.nodes.get(pod).copied().flatten().is_some();
        let priority = |shape: u32| self.instance.shapes.get(shape as usize).map(|it| it.priority);
        let tiers = self.verification.tiers.iter();
        tiers
            .map(|tier| {
                let counted = self.instance.pods.iter().enumerate().filter(|(at, pod)| {
                    runs(*at) && priority(pod.shape).is_some_and(|it| it >= tier.priority)
                });
                counted.count() as u64
            })
            .collect()
    }

    /// The pods that do not run when the plan is done, by index.
    pub fn unplaced(&self) -> impl Iterator<Item = usize> + '_ {
        let places = self.placed.places.iter().enumerate();
        places.filter(|(_, node)| node.is_none()).map(|(pod, _)| pod)
    }

    /// Whether the default scheduler leaves pods waiting for which the plan has a place.
    pub fn default_leaves_out(&self) -> bool {
        let most = self.verification.tiers.last().map_or(0, |tier| tier.placed);
        self.default_counts().last().is_some_and(|placed| *placed < most)
    }

    /// Whether the plan is lexicographically better than the default scheduler, as good, or worse:
    /// the default scheduler knows neither gangs nor limits on moves, and may break budgets.
    pub fn against_default(&self) -> Ordering {
        let best: Vec<u64> = self.verification.tiers.iter().map(|tier| tier.placed).collect();
        best.cmp(&self.default_counts())
    }

    /// The fragments that there are before the plan, if they are to be few.
    pub fn fragments_now(&self) -> Option<u64> {
        fragments(&State::now(&seatrial_certificate::Filters::new(&self.instance)))
    }

    /// A step in words.
    pub fn step(&self, step: Step) -> String {
        let pod = |pod: u32| self.instance.pods.get(pod as usize).map_or("", |it| it.name.as_str());
        let node =
            |node: u32| self.instance.nodes.get(node as usize).map_or("", |it| it.name.as_str());
        match step {
            Step::Evict(it) => format!("evict {}", pod(it)),
            Step::Bind(it, to) => format!("bind {} to {}", pod(it), node(to)),
            Step::Move(it, to) => format!("move {} to {}", pod(it), node(to)),
        }
    }
}

impl Study {
    /// The name of a pod.
    pub fn pod_name(&self, pod: usize) -> &str {
        self.instance.pods.get(pod).map_or("", |it| it.name.as_str())
    }

    /// The pods that do not run when the plan is done, by why they cannot: in the words of the
    /// scheduler, the most pods first.
    pub fn unplaced_by_reason(&self) -> Vec<(String, Vec<usize>)> {
        let places = self.placed.places.iter();
        let places: Vec<Option<usize>> =
            places.map(|node| node.and_then(|node| usize::try_from(node).ok())).collect();
        let filters = Filters::new(&self.cluster);
        let mut of_shape: BTreeMap<(u32, bool), String> = BTreeMap::new();
        let mut by_reason: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for pod in self.unplaced() {
            let Some(it) = self.instance.pods.get(pod) else { continue };
            let reason = of_shape.entry((it.shape, it.fixed)).or_insert_with(|| {
                let known = explain(&filters, &places, pod).map(|it| it.to_string());
                known.unwrap_or_else(|| "has to stay as it is".to_owned())
            });
            by_reason.entry(reason.clone()).or_default().push(pod);
        }
        let mut sorted: Vec<_> = by_reason.into_iter().collect();
        sorted.sort_by_key(|(_, pods)| std::cmp::Reverse(pods.len()));
        sorted
    }
}
