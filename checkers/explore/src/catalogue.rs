//! Protocols by name, with everything about them that a user can choose.
//!
//! Types are erased around whole runs only: an [`Instance`] is a configured protocol that can be
//! checked, replayed, observed or walked; its states never leave it.

use crate::refine::{ObservedGraph, included, same_projection};
use crate::run::{concrete, follow};
use crate::space::Space;
use crate::view::look;
use crate::{
    ActionClass, CheckOptions, CheckReport, Decision, Fairness, Inclusion, Limits, ModelId,
    Progress, Protocol, Refusal, Trace, View, check, preserves_interaction,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

/// What a user can choose of a protocol, and what it means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Description {
    /// The protocol's name.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub summary: &'static str,
    /// Its modules with their grains.
    pub modules: Vec<Module>,
    /// Groups of modules that one coarse action stands for: when one changes, all are modelled
    /// finely.
    pub merged: &'static [&'static [&'static str]],
    /// Files that its modules share: when one changes that no module owns, all modules change. Path
    /// prefixes.
    pub paths: &'static [&'static str],
    /// Named choices of grains.
    pub compositions: Vec<Composition>,
    /// Which code is modelled; the first is the default.
    pub variants: Vec<Variant>,
    /// Known bugs that can be masked.
    pub masks: Vec<Choice>,
    /// Bounds on the environment.
    pub bounds: Vec<BoundChoice>,
}

/// A set of action classes that is modelled at one of several grains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Module {
    /// Its name.
    pub name: &'static str,
    /// Its grains from coarse to fine.
    pub grains: Vec<Choice>,
    /// Files that, when they change, change this module: path prefixes.
    pub paths: &'static [&'static str],
}

/// A named choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub summary: &'static str,
}

/// The grain at which every module is modelled unless something else is asked for.
pub const BASELINE: &str = "baseline";

/// One grain for each module that is not modelled at its baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Composition {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub summary: &'static str,
    /// Module and grain.
    pub grains: Vec<(&'static str, &'static str)>,
}

/// Which code is modelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Variant {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub summary: &'static str,
    /// For a mutant: the properties that it breaks.
    pub breaks: &'static [&'static str],
}

/// A bound on the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BoundChoice {
    /// Its name.
    pub name: &'static str,
    /// What it limits.
    pub summary: &'static str,
    /// Its value if none is given.
    pub default: u64,
    /// The smallest value that the model can represent.
    pub min: u64,
    /// The largest value that the model can represent.
    pub max: u64,
}

/// What a user asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// A composition.
    pub composition: Option<String>,
    /// Grains by module, over those of the composition.
    pub grains: Vec<(String, String)>,
    /// A variant.
    pub variant: Option<String>,
    /// Bugs to mask.
    pub masks: Vec<String>,
    /// Bounds.
    pub bounds: Vec<(String, u64)>,
    /// Modules that changed: these are modelled finely and the others coarsely.
    pub changed: Vec<String>,
}

/// What was chosen, complete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    grains: BTreeMap<&'static str, &'static str>,
    variant: &'static str,
    masks: BTreeSet<&'static str>,
    bounds: BTreeMap<&'static str, u64>,
}

impl Configuration {
    /// The grain of a module.
    pub fn grain(&self, module: &str) -> &'static str {
        self.grains.get(module).copied().unwrap_or(BASELINE)
    }

    /// The variant.
    pub fn variant(&self) -> &'static str {
        self.variant
    }

    /// Whether a known bug is masked.
    pub fn masks(&self, bug: &str) -> bool {
        self.masks.contains(bug)
    }

    /// The value of a bound.
    pub fn bound(&self, name: &str) -> u64 {
        self.bounds.get(name).copied().unwrap_or_default()
    }

    /// The value of a bound that is at most 255.
    pub fn small_bound(&self, name: &str) -> u8 {
        u8::try_from(self.bound(name)).unwrap_or(u8::MAX)
    }

    /// The configuration as strings.
    pub fn to_id(&self, model: &str) -> ModelId {
        let mut configuration = BTreeMap::new();
        configuration.extend(
            self.bounds.iter().map(|(name, value)| (format!("bound {name}"), value.to_string())),
        );
        configuration.extend(
            self.grains
                .iter()
                .map(|(module, grain)| (format!("grain {module}"), (*grain).to_owned())),
        );
        configuration.insert("variant".to_owned(), self.variant.to_owned());
        configuration.extend(self.masks.iter().map(|bug| (format!("mask {bug}"), "on".to_owned())));
        ModelId { name: model.to_owned(), configuration }
    }
}

impl Description {
    /// The configuration that a selection asks for; refused if it names something unknown.
    pub fn configure(&self, selection: &Selection) -> Result<Configuration, Refusal> {
        let mut configuration = Configuration {
            grains: self.modules.iter().map(|module| (module.name, BASELINE)).collect(),
            variant: self.variants.first().map_or("", |variant| variant.name),
            masks: BTreeSet::new(),
            bounds: self.bounds.iter().map(|bound| (bound.name, bound.default)).collect(),
        };
        configuration.grains.extend(self.changed_grains(&selection.changed)?);
        if let Some(name) = &selection.composition {
            let composition =
                find("composition", name, &self.compositions, |composition| composition.name)?;
            configuration.grains.extend(composition.grains.iter().copied());
        }
        distinct("module", selection.grains.iter().map(|(module, _)| module))?;
        distinct("bound", selection.bounds.iter().map(|(bound, _)| bound))?;
        for (module, grain) in &selection.grains {
            let module = find("module", module, &self.modules, |module| module.name)?;
            let grain = find("grain", grain, &module.grains, |grain| grain.name)?;
            configuration.grains.insert(module.name, grain.name);
        }
        if let Some(name) = &selection.variant {
            configuration.variant =
                find("variant", name, &self.variants, |variant| variant.name)?.name;
        }
        for bug in &selection.masks {
            configuration
                .masks
                .insert(find("bug to mask", bug, &self.masks, |mask| mask.name)?.name);
        }
        for (name, value) in &selection.bounds {
            let bound = find("bound", name, &self.bounds, |bound| bound.name)?;
            if !(bound.min..=bound.max).contains(value) {
                return Err(self.out_of_range(name, value));
            }
            configuration.bounds.insert(bound.name, *value);
        }
        Ok(configuration)
    }

    /// Why a bound cannot have a value, which need not be a number.
    pub(crate) fn out_of_range(&self, name: &str, value: impl Display) -> Refusal {
        match find("bound", name, &self.bounds, |bound| bound.name) {
            Err(unknown) => unknown,
            Ok(BoundChoice { min, max, .. }) => Refusal::new(format!(
                "bound `{name}={value}` is not a number within {min} to {max}"
            )),
        }
    }

    /// The finest grain of each module that changed, or that is merged with one that did; the
    /// coarsest of each other one.
    fn changed_grains(
        &self,
        changed: &[String],
    ) -> Result<Vec<(&'static str, &'static str)>, Refusal> {
        for name in changed {
            find("module", name, &self.modules, |module| module.name)?;
        }
        let merged = |one: &str, other: &str| {
            self.merged.iter().any(|group| group.contains(&one) && group.contains(&other))
        };
        let grain = |module: &Module| {
            let fine = changed.iter().any(|name| name == module.name || merged(name, module.name));
            let grain = if fine { module.grains.last() } else { module.grains.first() };
            grain.map(|grain| (module.name, grain.name))
        };
        Ok(if changed.is_empty() {
            Vec::new()
        } else {
            self.modules.iter().filter_map(grain).collect()
        })
    }

    /// The modules that a change of these files changes: their owners, or all if a file that they
    /// share is among them.
    pub fn modules_of<'f>(&self, files: impl IntoIterator<Item = &'f str>) -> Vec<String> {
        let files: Vec<&str> = files.into_iter().collect();
        let within = |file: &str, paths: &[&str]| paths.iter().any(|path| file.starts_with(path));
        let shared = files.iter().any(|file| {
            within(file, self.paths)
                && !self.modules.iter().any(|module| within(file, module.paths))
        });
        let changed =
            |module: &&Module| shared || files.iter().any(|file| within(file, module.paths));
        self.modules.iter().filter(changed).map(|module| module.name.to_owned()).collect()
    }

    /// Whether a change of these files may change the protocol: one of its files is among them, or
    /// it does not say which files are its own.
    pub fn may_change_with<'f>(&self, files: impl IntoIterator<Item = &'f str>) -> bool {
        let of_modules = self.modules.iter().flat_map(|module| module.paths);
        let paths: Vec<&str> = self.paths.iter().chain(of_modules).copied().collect();
        let own = |file: &str| paths.iter().any(|path| file.starts_with(path));
        paths.is_empty() || files.into_iter().any(own)
    }
}

fn find<'c, T>(
    kind: &str,
    name: &str,
    all: &'c [T],
    key: impl Fn(&T) -> &'static str,
) -> Result<&'c T, Refusal> {
    let found = all.iter().find(|candidate| key(candidate) == name);
    found.ok_or_else(|| Refusal::unknown(kind, name, all.iter().map(&key)))
}

/// Refuses a choice that is made twice: which of the two counts would be a guess.
fn distinct<'n>(kind: &str, names: impl Iterator<Item = &'n String>) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(Refusal::new(format!("{kind} `{name}` is given twice")));
        }
    }
    Ok(())
}

/// A protocol with all its grains, variants and bounds.
pub trait Family: Send + Sync {
    /// What a user can choose.
    fn description(&self) -> Description;

    /// The protocol as configured.
    fn instance(&self, configuration: &Configuration) -> Result<Box<dyn Instance>, Refusal>;
}

/// A configured protocol with its types erased.
pub trait Instance: Send + Sync {
    /// The action classes.
    fn classes(&self) -> &[ActionClass];

    /// The properties, as name, kind and summary.
    fn properties(&self) -> Vec<(String, crate::Kind, String)>;

    /// The fairness assumptions, as name and strength.
    fn fairness(&self) -> Vec<(String, crate::Strength)>;

    /// Whether states can be explored up to symmetry.
    fn is_symmetric(&self) -> bool;

    /// Checks the specification.
    fn check(
        &self,
        model: &ModelId,
        options: &CheckOptions,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<CheckReport, Refusal>;

    /// Takes a trace's steps again; says whether the run violates the property that the trace
    /// names.
    fn replay(&self, trace: &Trace) -> Result<Replay, Refusal>;

    /// The graph that a refinement check compares.
    fn observed(&self, limits: &Limits) -> Result<ObservedGraph, Refusal>;

    /// The run along ordinals: which initial state, then which of the enabled actions.
    fn run_along(&self, model: &ModelId, ordinals: &[u16]) -> Result<Trace, Refusal>;

    /// The state at the end of a run, and what can be done there.
    fn look(&self, model: &ModelId, ordinals: &[u16]) -> Result<View, Refusal>;
}

/// What a replay found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replay {
    /// States, the initial one included.
    pub states: usize,
    /// The property that the trace names.
    pub property: Option<String>,
    /// Whether the run violates that property (or witnesses it, if it claims reachability).
    pub confirmed: Option<bool>,
}

impl<P: Protocol + 'static> Instance for P {
    fn classes(&self) -> &[ActionClass] {
        Protocol::classes(self)
    }

    fn properties(&self) -> Vec<(String, crate::Kind, String)> {
        let properties = self.specification().into_iter();
        properties
            .map(|property| (property.name.clone(), property.kind(), property.summary))
            .collect()
    }

    fn fairness(&self) -> Vec<(String, crate::Strength)> {
        let fairness: Vec<Fairness<P>> = Protocol::fairness(self);
        fairness.into_iter().map(|fairness| (fairness.name, fairness.strength)).collect()
    }

    fn is_symmetric(&self) -> bool {
        Protocol::is_symmetric(self)
    }

    fn check(
        &self,
        model: &ModelId,
        options: &CheckOptions,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<CheckReport, Refusal> {
        check(self, model, options, progress)
    }

    fn replay(&self, trace: &Trace) -> Result<Replay, Refusal> {
        let run = trace.replay(self)?;
        let property = self
            .specification()
            .into_iter()
            .find(|property| Some(&property.name) == trace.property.as_ref());
        let confirmed = property.map(|property| match &property.formula {
            crate::Formula::Always { when, holds } => {
                when.as_ref().is_none_or(|when| when(self, run.last())) && !holds(self, run.last())
            }
            crate::Formula::Sometimes(holds) => holds(self, run.last()),
            _ => run.is_fair(self) && run.violates(self, &property),
        });
        Ok(Replay { states: trace.depth(), property: trace.property.clone(), confirmed })
    }

    fn observed(&self, limits: &Limits) -> Result<ObservedGraph, Refusal> {
        ObservedGraph::of(self, limits)
    }

    fn run_along(&self, model: &ModelId, ordinals: &[u16]) -> Result<Trace, Refusal> {
        let space = Space::plain(self);
        Ok(Trace::of(self, model, &concrete(&space, &follow(&space, ordinals)?)?, None))
    }

    fn look(&self, model: &ModelId, ordinals: &[u16]) -> Result<View, Refusal> {
        look(self, model, ordinals)
    }
}

/// What a comparison of two compositions found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RefineReport {
    /// The answer that safety needs: the baseline's behaviour is within the composition's.
    #[serde(flatten)]
    pub decision: Decision,
    /// Whether each projected trace of the baseline is one of the composition.
    pub baseline_in_composition: Inclusion,
    /// Whether each projected trace of the composition is one of the baseline.
    pub composition_in_baseline: Inclusion,
    /// Whether both show the same observations and steps between them.
    pub same_projection: bool,
    /// A behaviour that the composition lacks.
    pub lost: Option<Trace>,
    /// A behaviour that the baseline lacks.
    pub added: Option<Trace>,
}

/// All protocols that the commands know.
#[derive(Default)]
pub struct Catalogue {
    families: Vec<Box<dyn Family>>,
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_list()
            .entries(self.descriptions().iter().map(|description| description.name))
            .finish()
    }
}

impl Catalogue {
    /// A catalogue of these protocols.
    pub fn new(families: Vec<Box<dyn Family>>) -> Self {
        Self { families }
    }

    /// The descriptions, in the order of their names.
    pub fn descriptions(&self) -> Vec<Description> {
        let mut all: Vec<Description> =
            self.families.iter().map(|family| family.description()).collect();
        all.sort_by_key(|description| description.name);
        all
    }

    /// The protocol with this name.
    pub fn family(&self, name: &str) -> Result<&dyn Family, Refusal> {
        let found = self.families.iter().find(|family| family.description().name == name);
        found.map(AsRef::as_ref).ok_or_else(|| {
            let all = self.descriptions();
            Refusal::unknown("model", name, all.iter().map(|description| description.name))
        })
    }

    /// The protocol with this name as selected. A composition that does not preserve the
    /// interaction of its modules is refused.
    pub fn instance(
        &self,
        name: &str,
        selection: &Selection,
    ) -> Result<(Box<dyn Instance>, ModelId), Refusal> {
        let family = self.family(name)?;
        let configuration = family.description().configure(selection)?;
        let instance = family.instance(&configuration)?;
        let baseline = family.instance(&baseline_of(&configuration))?;
        preserves_interaction(baseline.classes(), instance.classes())?;
        Ok((instance, configuration.to_id(name)))
    }

    /// Compares the selected composition with its baseline: the same with every coarse module at
    /// its baseline, so that only what is merged counts; every module at its baseline, if none is
    /// coarse.
    pub fn refine(
        &self,
        name: &str,
        selection: &Selection,
        limits: &Limits,
    ) -> Result<RefineReport, Refusal> {
        let family = self.family(name)?;
        let description = family.description();
        let configuration = description.configure(selection)?;
        let reference = match refined(&description, &configuration) {
            same if same == configuration => baseline_of(&configuration),
            refined => refined,
        };
        if reference == configuration {
            return Err(Refusal::new(
                "the composition is the baseline: choose another with `--composition` or `--grain`",
            ));
        }
        let (baseline, coarse) = (family.instance(&reference)?, family.instance(&configuration)?);
        let (seen, seen_coarse) = (baseline.observed(limits)?, coarse.observed(limits)?);
        let baseline_in_composition = included(&seen, &seen_coarse);
        let composition_in_baseline = included(&seen_coarse, &seen);
        let shown =
            |instance: &dyn Instance, configuration: &Configuration, inclusion: &Inclusion| {
                let path = inclusion.path.as_ref();
                path.map(|path| instance.run_along(&configuration.to_id(name), path)).transpose()
            };
        Ok(RefineReport {
            decision: baseline_in_composition.decision.clone(),
            lost: shown(baseline.as_ref(), &reference, &baseline_in_composition)?,
            added: shown(coarse.as_ref(), &configuration, &composition_in_baseline)?,
            same_projection: same_projection(&seen, &seen_coarse),
            baseline_in_composition,
            composition_in_baseline,
        })
    }

    /// Takes a trace's steps again in the model that it names.
    pub fn replay(&self, name: &str, trace: &Trace) -> Result<Replay, Refusal> {
        if trace.model.name != name {
            let theirs = &trace.model.name;
            return Err(Refusal::new(format!(
                "the trace is of the model `{theirs}`, not of `{name}`"
            )));
        }
        let (instance, id) = self.instance(name, &trace.model.selection()?)?;
        if id != trace.model {
            return Err(Refusal::new(
                "the trace is of a configuration that the model no longer has",
            ));
        }
        instance.replay(trace)
    }
}

/// The same configuration with every module that is coarse at its baseline.
fn refined(description: &Description, configuration: &Configuration) -> Configuration {
    let mut refined = configuration.clone();
    for module in &description.modules {
        let place = |name| module.grains.iter().position(|grain| grain.name == name);
        if place(configuration.grain(module.name)) < place(BASELINE) {
            refined.grains.insert(module.name, BASELINE);
        }
    }
    refined
}

/// The same configuration with every module at its baseline.
fn baseline_of(configuration: &Configuration) -> Configuration {
    let grains = configuration.grains.keys().map(|&module| (module, BASELINE)).collect();
    Configuration { grains, ..configuration.clone() }
}

impl ModelId {
    /// The selection that gives this configuration.
    pub fn selection(&self) -> Result<Selection, Refusal> {
        let mut selection = Selection::default();
        for (name, value) in &self.configuration {
            match name.split_once(' ') {
                Some(("bound", bound)) => {
                    let value = value.parse();
                    let value = value.map_err(|_| {
                        Refusal::new(format!("bound `{bound}` of the trace is no number"))
                    })?;
                    selection.bounds.push((bound.to_owned(), value));
                }
                Some(("grain", module)) => {
                    selection.grains.push((module.to_owned(), value.clone()));
                }
                Some(("mask", bug)) => selection.masks.push(bug.to_owned()),
                None if name == "variant" => {
                    selection.variant = Some(value.clone()).filter(|variant| !variant.is_empty());
                }
                _ => {
                    return Err(Refusal::new(format!(
                        "the trace's configuration has an unknown entry `{name}`"
                    )));
                }
            }
        }
        Ok(selection)
    }
}
