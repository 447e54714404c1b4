//! Objects that speak about several pods: disruption budgets, groups, priority classes.

use std::collections::BTreeMap;

use seatrial_manifests::Object;

use super::field::{Field, Read};
use crate::{Budget, LabelSelector, Labels, Pod, PodGroup, Template};

/// The priorities that names stand for.
pub(super) struct Priorities {
    classes: BTreeMap<String, (i32, bool)>,
    by_default: (i32, bool),
}

impl Priorities {
    /// Reads `PriorityClass`es. The two that every cluster has need not be among them
    /// (`SystemPriorityClasses` in `pkg/apis/scheduling/types.go`); of several global defaults, the
    /// least counts.
    pub(super) fn read<'a>(objects: impl Iterator<Item = &'a Object>) -> Read<Self> {
        let system = [("cluster", 2_000_000_000), ("node", 2_000_001_000)];
        let system = system.map(|(of, value)| (format!("system-{of}-critical"), (value, true)));
        let mut classes = BTreeMap::from(system);
        let mut by_default: Option<(i32, bool)> = None;
        for object in objects {
            let field = Field::of(object);
            let missing = || field.error("`value` is missing");
            let value = field.get("value").ok_or_else(missing)?.integer()?;
            let class = (value, field.text_at("preemptionPolicy")? != Some("Never"));
            if field.is_true("globalDefault")? && by_default.is_none_or(|(least, _)| value < least)
            {
                by_default = Some(class);
            }
            classes.insert(object.name().to_owned(), class);
        }
        Ok(Self { classes, by_default: by_default.unwrap_or((0, true)) })
    }

    /// The priority of a pod, and whether it preempts others.
    pub(super) fn of(&self, spec: Field<'_>) -> Read<(i32, bool)> {
        let named = spec.get("priorityClassName").filter(|name| name.text() != Ok(""));
        let given = spec.get("priority").map(Field::integer::<i32>).transpose()?;
        let class = named.map(|name| Ok((name, self.classes.get(name.text()?)))).transpose()?;
        let (priority, preempts) = match (given, class) {
            (given, Some((_, Some(&(value, preempts))))) => (given.unwrap_or(value), preempts),
            (None, Some((name, None))) => return Err(self.unknown(name)),
            (Some(given), _) => (given, true),
            (None, None) => self.by_default,
        };
        let policy = spec.text_at("preemptionPolicy")?;
        Ok((priority, policy.map_or(preempts, |policy| policy != "Never")))
    }

    fn unknown(&self, name: Field<'_>) -> super::ReadError {
        let text = name.text().unwrap_or_default();
        let error = name.error(format!("no priority class `{text}`"));
        let near = seatrial_core::nearest(text, self.classes.keys().map(String::as_str));
        error.help(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "include the cluster's `priorityclasses`".to_owned(),
        })
    }
}

/// A budget that has to be counted out once all pods are known.
pub(super) struct BudgetRead {
    pub(super) budget: Budget,
    /// What `status.disruptionsAllowed` says, or what is demanded.
    demand: Demand,
}

enum Demand {
    Allowed(u32),
    MinAvailable(Share),
    MaxUnavailable(Share),
    Nothing,
}

#[derive(Clone, Copy)]
enum Share {
    Number(u64),
    Percent(u64),
}

impl Share {
    fn of(self, count: u64) -> u64 {
        match self {
            Self::Number(number) => number,
            Self::Percent(percent) => percent.saturating_mul(count).div_ceil(100),
        }
    }

    fn read(field: Field<'_>) -> Read<Self> {
        let Ok(text) = field.text() else {
            return Ok(Self::Number(field.integer::<u32>()?.into()));
        };
        let percent = text.strip_suffix('%').and_then(|number| number.parse::<u32>().ok());
        let wrong = || field.error(format!("`{text}` is neither a number nor a percentage"));
        Ok(Self::Percent(percent.ok_or_else(wrong)?.into()))
    }
}

/// Reads a `PodDisruptionBudget`.
pub(super) fn budget(object: &Object) -> Read<BudgetRead> {
    let field = Field::of(object);
    let spec = |key| field.at(&["spec", key]);
    let allowed = field.at(&["status", "disruptionsAllowed"]);
    let demand = match (allowed, spec("maxUnavailable"), spec("minAvailable")) {
        (Some(allowed), ..) => Demand::Allowed(allowed.integer()?),
        (None, Some(most), _) => Demand::MaxUnavailable(Share::read(most)?),
        (None, None, Some(least)) => Demand::MinAvailable(Share::read(least)?),
        (None, None, None) => Demand::Nothing,
    };
    let disrupted = field.at(&["status", "disruptedPods"]).map(Field::entries).transpose()?;
    let disrupted = disrupted.into_iter().flatten().map(|(name, _)| name.to_owned()).collect();
    let selector = spec("selector").map(Field::label_selector).transpose()?.unwrap_or_default();
    // In v1beta1 the empty selector selected nothing.
    let old = object.id.version() == "v1beta1" && selector == LabelSelector::all_of(Vec::new());
    let budget = Budget {
        name: full_name(object),
        namespace: object.namespace().to_owned(),
        selector: if old { LabelSelector::default() } else { selector },
        allowed: 0,
        disrupted,
    };
    Ok(BudgetRead { budget, demand })
}

impl BudgetRead {
    /// Counts out how many of its pods may be evicted.
    pub(super) fn count(self, pods: &[Pod], templates: &[Template]) -> Budget {
        let mut budget = self.budget;
        let (mut all, mut running) = (0_u64, 0_u64);
        for pod in pods {
            let Some(template) = templates.get(pod.template) else { continue };
            if budget.covers(template) {
                all += 1;
                running += u64::from(pod.node.is_some());
            }
        }
        let needed = match self.demand {
            Demand::Allowed(allowed) => {
                budget.allowed = allowed;
                return budget;
            }
            Demand::MinAvailable(share) => share.of(all),
            Demand::MaxUnavailable(share) => all.saturating_sub(share.of(all)),
            Demand::Nothing => running,
        };
        budget.allowed = u32::try_from(running.saturating_sub(needed)).unwrap_or(u32::MAX);
        budget
    }
}

impl Budget {
    /// Whether pods like these count: of its namespace, selected, and not on their way out.
    pub fn covers(&self, template: &Template) -> bool {
        !template.terminating
            && template.namespace == self.namespace
            && self.selector.matches(&template.labels)
    }
}

/// `namespace/name` of an object.
pub(super) fn full_name(object: &Object) -> String {
    format!("{}/{}", object.namespace(), object.name())
}

/// Whether an object is a `PodGroup` of a scheduler that is known.
pub(super) fn is_pod_group(object: &Object) -> bool {
    let groups = ["scheduling.x-k8s.io", "scheduling.volcano.sh"];
    object.kind() == "PodGroup" && groups.contains(&object.group())
}

/// Reads a `PodGroup`.
pub(super) fn pod_group(object: &Object) -> Read<PodGroup> {
    let minimum = Field::of(object).at(&["spec", "minMember"]);
    let minimum = minimum.map_or(Ok(1), Field::integer::<u32>)?;
    let within = object.annotation("kueue.x-k8s.io/podset-required-topology");
    Ok(PodGroup {
        name: full_name(object),
        minimum: minimum.max(1),
        within: within.filter(|key| !key.is_empty()).map(str::to_owned),
    })
}

/// The name of the group that a pod belongs to, with its place: by the label of the coscheduling
/// plugin or the annotation of Volcano.
pub(super) fn group_of(pod: Field<'_>) -> Read<Option<Field<'_>>> {
    let named = |path: &[&str]| pod.at(path).filter(|name| name.text() != Ok(""));
    let label = named(&["metadata", "labels", "scheduling.x-k8s.io/pod-group"]);
    let annotation = named(&["metadata", "annotations", "scheduling.k8s.io/group-name"]);
    if let (Some(label), Some(other)) = (label, annotation)
        && label.text()? != other.text()?
    {
        let (one, two) = (label.text()?, other.text()?);
        return Err(other.error(format!("the pod is of two groups, `{one}` and `{two}`")));
    }
    Ok(label.or(annotation))
}

/// What selects the pods that belong together, by services and controllers of the cluster.
#[derive(Default)]
pub(super) struct Selectors {
    services: Vec<(String, Labels)>,
    controllers: BTreeMap<(String, String, String), LabelSelector>,
}

impl Selectors {
    /// Reads a `Service`, a `ReplicationController`, a `ReplicaSet` or a `StatefulSet`.
    pub(super) fn read(&mut self, object: &Object) -> Read<()> {
        let selector = Field::of(object).at(&["spec", "selector"]);
        let namespace = object.namespace().to_owned();
        let Some(selector) = selector else { return Ok(()) };
        let of_labels = || {
            Field::of(object).get("spec").map_or(Ok(Labels::new()), |spec| spec.labels("selector"))
        };
        let selector = match object.kind() {
            "Service" => {
                self.services.push((namespace, of_labels()?));
                return Ok(());
            }
            "ReplicationController" => LabelSelector::of_labels(&of_labels()?),
            _ => selector.label_selector()?,
        };
        let key = (object.kind().to_owned(), namespace, object.name().to_owned());
        self.controllers.insert(key, selector);
        Ok(())
    }

    /// What a pod is spread by if it does not say so itself. Of a controller that is not in the
    /// snapshot, which lists of nodes and pods leave out, the label that a Deployment gives to the
    /// pods of each ReplicaSet is taken instead, or else all labels.
    pub(super) fn of(&self, template: &Template) -> Option<LabelSelector> {
        let mut all = Labels::new();
        for (namespace, selector) in &self.services {
            let selects = !selector.is_empty()
                && *namespace == template.namespace
                && LabelSelector::of_labels(selector).matches(&template.labels);
            if selects {
                all.extend(selector.clone());
            }
        }
        let by_service = (!all.is_empty()).then(|| LabelSelector::of_labels(&all));
        let owner = template.owner.as_ref().filter(|owner| {
            matches!(owner.kind.as_str(), "ReplicaSet" | "StatefulSet" | "ReplicationController")
        });
        let Some(owner) = owner else { return by_service };
        let key = (owner.kind.clone(), template.namespace.clone(), owner.name.clone());
        let by_owner = match self.controllers.get(&key) {
            Some(selector) => selector.clone(),
            None => LabelSelector::of_labels(&stand_in(&template.labels)),
        };
        let labels = LabelSelector::of_labels(&all);
        Some(labels.and_all(by_owner)).filter(|selector| !selector.is_everything())
    }
}

/// The labels that tell the pods of one controller, as far as can be told without it.
fn stand_in(labels: &Labels) -> Labels {
    const HASH: &str = "pod-template-hash";
    const OWN: [&str; 2] = ["statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"];
    match labels.get(HASH) {
        Some(hash) => Labels::from([(HASH.to_owned(), hash.clone())]),
        None => labels
            .iter()
            .filter(|(key, _)| !OWN.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    }
}
