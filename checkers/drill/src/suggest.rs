//! Small changes to manifests that mend what is violated, each tried before it is shown.
//!
//! A change counts if with it the question is answered by *holds*, and so is each other question
//! that was before and that is cheap to ask again. Changes are tried in an order of their own, the
//! smallest first; that there is none shown does not say that there is none.

use std::sync::Arc;
use std::time::{Duration, Instant};

use seatrial_core::Location;
use seatrial_explore::Answer;
use seatrial_manifests::Object;
use seatrial_parse::Node;
use serde::Serialize;
use serde_json::{Value, json};

use crate::run::ask;
use crate::{
    Answered, Floor, Kind, Options, Question, Scope, Shape, Surroundings, Workload, World, read,
    tree,
};

/// So many states may another question have had to be asked again.
const CHEAP: u64 = 20_000;

/// A change that has been tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// What to change.
    pub changes: Vec<Change>,
    /// The questions that were asked again and are answered by *holds*.
    pub rechecked: Vec<Question>,
}

/// A change to one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What to write.
    pub what: String,
    /// Where it stands, or the object that it belongs to.
    pub location: Location,
}

/// A field that gets another value, or that goes.
#[derive(Debug, Clone)]
struct Edit {
    kind: &'static str,
    /// `namespace/name`.
    name: String,
    path: Vec<&'static str>,
    value: Option<Value>,
    /// In words, where the value is too long to be shown.
    words: Option<String>,
}

impl Edit {
    fn new(kind: &'static str, name: &str, path: &[&'static str], value: Value) -> Self {
        let (name, path) = (name.to_owned(), path.to_vec());
        Self { kind, name, path, value: Some(value), words: None }
    }

    fn is_of(&self, object: &Object) -> bool {
        object.kind() == self.kind
            && self.name == format!("{}/{}", object.namespace(), object.name())
    }

    fn apply(&self, objects: &mut [Object]) -> Option<Change> {
        let object = objects.iter_mut().find(|object| self.is_of(object))?;
        let depth = (1..=self.path.len()).rev();
        let mut known = depth.filter_map(|depth| {
            let (key, above) = self.path.get(..depth)?.split_last()?;
            Some(object.location(object.node.at(above)?.entry(key)?.key.span))
        });
        let location = known.next().unwrap_or_else(|| object.name_location());
        let span = object.node.span;
        match &self.value {
            Some(value) => tree::set(&mut object.node, &self.path, tree::of(value, span)),
            None => tree::remove(&mut object.node, &self.path),
        }
        let path = self.path.join(".");
        let what = match (&self.words, &self.value) {
            (Some(words), _) => words.clone(),
            (None, Some(value)) => format!("`{path}: {value}`"),
            (None, None) => format!("no `{path}`"),
        };
        Some(Change { what: format!("{what} in {} {}", self.kind, self.name), location })
    }
}

/// What is drilled.
pub(crate) struct Drilled<'a> {
    pub(crate) manifests: &'a [Object],
    pub(crate) surroundings: &'a Surroundings,
    pub(crate) world: &'a World,
    pub(crate) options: &'a Options,
}

impl Drilled<'_> {
    /// The first change that mends an answer about a workload, if one is found in time.
    pub(crate) fn suggest(
        &self,
        workload: &Workload,
        answers: &[Answered],
        question: Question,
        end: Instant,
    ) -> Option<Suggestion> {
        let held = answers.iter().filter(|it| it.verdict == Answer::Holds && it.states <= CHEAP);
        let mut again = vec![question];
        again.extend(held.map(|answer| answer.question));
        let mut candidates = self.candidates(workload, question).into_iter();
        candidates.find_map(|edits| {
            let mut objects = self.manifests.to_vec();
            let changes: Option<Vec<Change>> =
                edits.iter().map(|edit| edit.apply(&mut objects)).collect();
            let rechecked = self.recheck(objects, workload, &again, end)?;
            Some(Suggestion { changes: changes?, rechecked })
        })
    }

    /// The questions, if all of them are answered by *holds* for the changed manifests. One that is
    /// not asked of them any more counts for nothing, but the first has to be asked.
    fn recheck(
        &self,
        objects: Vec<Object>,
        workload: &Workload,
        again: &[Question],
        end: Instant,
    ) -> Option<Vec<Question>> {
        let world = Arc::new(read(objects, self.surroundings).ok()?);
        let is_same =
            |other: &Workload| other.name == workload.name && other.kind() == workload.kind();
        let subject = world.workloads.iter().position(is_same)?;
        let scope = Scope::around(&world, subject);
        let changed = scope.workload(0)?;
        let mut rechecked = Vec::new();
        for (place, question) in again.iter().enumerate() {
            if !question.concerns(&scope, changed, &self.options.faults) {
                if place == 0 {
                    return None;
                }
                continue;
            }
            let rest = end.saturating_duration_since(Instant::now());
            if rest == Duration::ZERO {
                return None;
            }
            let answer = ask(&scope, *question, self.options, rest);
            if answer.verdict != Answer::Holds {
                return None;
            }
            rechecked.push(*question);
        }
        Some(rechecked)
    }

    /// What to try, the smallest first.
    fn candidates(&self, workload: &Workload, question: Question) -> Vec<Vec<Edit>> {
        let more = |count: u8| replicas(workload, count);
        let faults = question.fault().map_or(1, |event| self.options.faults.of(event));
        match question {
            Question::Drain => self.budget(workload),
            Question::Pod | Question::Kill if workload.kind() == Kind::Job => {
                vec![vec![Edit::new("Job", &workload.name, &["spec", "backoffLimit"], json!(6))]]
            }
            Question::Pod | Question::Kill => {
                more(faults.saturating_add(1)).into_iter().map(|edit| vec![edit]).collect()
            }
            Question::Node => self.spread(workload, "kubernetes.io/hostname", faults),
            Question::Zone => self.spread(workload, "topology.kubernetes.io/zone", faults),
            Question::Rollout if workload.kind() == Kind::Deployment => [
                json!({"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}),
                json!({"type": "Recreate"}),
            ]
            .map(|to| vec![Edit::new("Deployment", &workload.name, &["spec", "strategy"], to)])
            .into(),
            Question::CrashingRollout if workload.kind() != Kind::Job => {
                let kind = workload.kind().name();
                vec![vec![Edit::new(kind, &workload.name, &["spec", "minReadySeconds"], json!(10))]]
            }
            Question::Rollback if workload.kind() == Kind::StatefulSet => {
                let path = ["spec", "podManagementPolicy"];
                let to = json!("Parallel");
                vec![vec![Edit::new("StatefulSet", &workload.name, &path, to)]]
            }
            Question::Identity => {
                let path = ["spec", "template", "spec", "terminationGracePeriodSeconds"];
                vec![vec![Edit::new("StatefulSet", &workload.name, &path, json!(30))]]
            }
            Question::Scale => {
                let edit = Edit::new(
                    workload.kind().name(),
                    &workload.name,
                    &["spec", "replicas"],
                    Value::Null,
                );
                vec![vec![Edit { value: None, ..edit }]]
            }
            Question::StartUp => self.start_up(workload),
            _ => Vec::new(),
        }
    }

    /// A budget that leaves room for one eviction, with another replica if there is one only.
    fn budget(&self, workload: &Workload) -> Vec<Vec<Edit>> {
        let [budget] = workload.budgets.as_slice() else { return Vec::new() };
        let Some(budget) = self.world.budgets.get(*budget) else { return Vec::new() };
        let kind = "PodDisruptionBudget";
        let set =
            |key: &'static str, to: u8| Edit::new(kind, &budget.name, &["spec", key], json!(to));
        let loosened = |replicas: u8| match budget.floor {
            Floor::MinAvailable(_) => set("minAvailable", replicas.saturating_sub(1)),
            Floor::MaxUnavailable(_) => set("maxUnavailable", 1),
        };
        let mut all = Vec::new();
        if workload.replicas > 1 {
            all.push(vec![loosened(workload.replicas)]);
        }
        if let Some(more) = replicas(workload, workload.replicas.saturating_add(1).max(2)) {
            all.push(vec![more.clone()]);
            all.push(vec![more, loosened(workload.replicas.saturating_add(1).max(2))]);
        }
        let path = ["spec", "unhealthyPodEvictionPolicy"];
        all.push(vec![Edit::new(kind, &budget.name, &path, json!("AlwaysAllow"))]);
        all
    }

    /// A hard spread over domains, with more replicas if there are too few.
    fn spread(&self, workload: &Workload, topology: &str, faults: u8) -> Vec<Vec<Edit>> {
        let Some(edit) = self.with_spread(workload, topology) else { return Vec::new() };
        let mut all = vec![vec![edit.clone()]];
        let enough = faults.saturating_add(1);
        if let Some(more) = replicas(workload, enough) {
            all.push(vec![more.clone()]);
            all.push(vec![more, edit]);
        }
        all
    }

    fn with_spread(&self, workload: &Workload, topology: &str) -> Option<Edit> {
        let object = self.object(workload)?;
        let path = ["spec", "template", "spec", "topologySpreadConstraints"];
        let mut list = object
            .node
            .at(&path)
            .map_or_else(Vec::new, |node| node.items().iter().map(Node::to_json).collect());
        let labels = object.node.at(&["spec", "selector", "matchLabels"])?.to_json();
        list.push(json!({
            "maxSkew": 1,
            "topologyKey": topology,
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": labels},
        }));
        let words = format!("a hard spread of `maxSkew` 1 over `{topology}`");
        let edit = Edit::new(kind(object)?, &workload.name, &path, Value::Array(list));
        Some(Edit { words: Some(words), ..edit })
    }

    /// What keeps a workload from coming up: a named node, a wait for itself, constraints that
    /// contradict each other.
    fn start_up(&self, workload: &Workload) -> Vec<Vec<Edit>> {
        let mut all = Vec::new();
        for wait in workload.waits.iter().filter(|wait| !wait.publishes_all) {
            let path = ["spec", "publishNotReadyAddresses"];
            all.push(vec![Edit::new("Service", &wait.service, &path, json!(true))]);
        }
        let Some(object) = self.object(workload) else { return all };
        let Some(kind) = kind(object) else { return all };
        if workload.pinned.is_some() {
            let path = ["spec", "template", "spec", "nodeName"];
            let edit = Edit::new(kind, &workload.name, &path, Value::Null);
            all.push(vec![Edit { value: None, ..edit }]);
        }
        let path = ["spec", "template", "spec", "topologySpreadConstraints"];
        let list = object.node.at(&path).map_or(&[][..], Node::items);
        for place in (0..list.len()).rev() {
            let mut list: Vec<Value> = list.iter().map(Node::to_json).collect();
            let Some(constraint) = list.get_mut(place).and_then(Value::as_object_mut) else {
                continue;
            };
            let topology = constraint.get("topologyKey").cloned().unwrap_or_default();
            constraint.insert("whenUnsatisfiable".to_owned(), json!("ScheduleAnyway"));
            let topology = topology.as_str().unwrap_or_default();
            let words = format!("`whenUnsatisfiable: ScheduleAnyway` for `{topology}`");
            let edit = Edit::new(kind, &workload.name, &path, Value::Array(list));
            all.push(vec![Edit { words: Some(words), ..edit }]);
        }
        all
    }

    fn object(&self, workload: &Workload) -> Option<&Object> {
        self.manifests.iter().find(|object| {
            object.kind() == workload.kind().name()
                && workload.name == format!("{}/{}", object.namespace(), object.name())
        })
    }
}

/// The kind of a workload whose template can be changed.
fn kind(object: &Object) -> Option<&'static str> {
    ["Deployment", "StatefulSet"].into_iter().find(|kind| object.kind() == *kind)
}

/// So many replicas, where somebody says how many there are.
fn replicas(workload: &Workload, count: u8) -> Option<Edit> {
    if count <= workload.replicas {
        return None;
    }
    match (&workload.shape, &workload.scaler) {
        (Shape::Deployment | Shape::StatefulSet { .. }, None) => {
            let kind = workload.kind().name();
            Some(Edit::new(kind, &workload.name, &["spec", "replicas"], json!(count)))
        }
        (_, Some(scaler)) if count <= scaler.max => {
            let path = ["spec", "minReplicas"];
            Some(Edit::new("HorizontalPodAutoscaler", &scaler.name, &path, json!(count)))
        }
        _ => None,
    }
}
