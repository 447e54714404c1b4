//! Whether a composition preserves the interaction between its modules.
//!
//! After the mixed-grain model checking of `ZooKeeper` (Remix, `EuroSys` 2025, section 3.2). The
//! dependency variables of a module are those that its guards read, and those from which its
//! actions assign dependency variables. The interaction variables are those on which two modules
//! depend, and those from which interaction and dependency variables are assigned elsewhere. A
//! coarse grain may drop only what is neither. Modules that one action stands for count as one.

use crate::{ActionClass, Refusal};
use std::collections::{BTreeMap, BTreeSet};

type Variables = BTreeSet<&'static str>;

/// The variables on which each module depends.
pub fn dependencies(classes: &[ActionClass]) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut modules: BTreeMap<&'static str, Vec<&ActionClass>> = BTreeMap::new();
    for class in classes {
        modules.entry(class.module).or_default().push(class);
    }
    let closed = |classes: Vec<&ActionClass>| {
        let mut variables: Variables =
            classes.iter().flat_map(|class| class.guard).copied().collect();
        while extend(&mut variables, &classes, |_| true) {}
        variables
    };
    modules.into_iter().map(|(module, classes)| (module, closed(classes))).collect()
}

/// Adds what assignments to `variables` read; `false` if that is nothing new.
fn extend(
    variables: &mut Variables,
    classes: &[&ActionClass],
    wanted: impl Fn(&'static str) -> bool,
) -> bool {
    let before = variables.len();
    let assigning =
        classes.iter().filter(|class| class.assigns().any(|variable| variables.contains(variable)));
    let read: Vec<&'static str> =
        assigning.flat_map(|class| class.reads).copied().filter(|v| wanted(v)).collect();
    variables.extend(read);
    variables.len() > before
}

/// The classes with merged modules under one name: that of the class which stands for all.
fn merged(classes: &[ActionClass], composition: &[ActionClass]) -> Vec<ActionClass> {
    let merging = |module: &str| composition.iter().find(|class| class.merges.contains(&module));
    let renamed = classes.iter().cloned().map(|mut class| {
        class.module = merging(class.module).map_or(class.module, |merging| merging.module);
        class
    });
    renamed.collect()
}

/// The variables through which modules interact.
pub fn interaction(classes: &[ActionClass]) -> BTreeSet<&'static str> {
    let dependencies = dependencies(classes);
    let mut variables = Variables::new();
    for (module, mine) in &dependencies {
        for (_, theirs) in dependencies.iter().filter(|(other, _)| *other != module) {
            variables.extend(mine.intersection(theirs));
        }
    }
    loop {
        let mut grew = false;
        for (module, mine) in &dependencies {
            // What a module's own assignments to interaction variables read from elsewhere.
            let own: Vec<&ActionClass> =
                classes.iter().filter(|class| class.module == *module).collect();
            grew |= extend(&mut variables, &own, |variable| !mine.contains(variable));
            // What other modules' assignments to a module's own dependencies read.
            let others: Vec<&ActionClass> =
                classes.iter().filter(|class| class.module != *module).collect();
            let mut assigned: Variables = mine.difference(&variables).copied().collect();
            if extend(&mut assigned, &others, |_| true) {
                let read = assigned
                    .difference(mine)
                    .copied()
                    .filter(|variable| !variables.contains(variable));
                let read: Vec<&'static str> = read.collect();
                grew |= !read.is_empty();
                variables.extend(read);
            }
        }
        if !grew {
            return variables;
        }
    }
}

/// Refuses a composition in which a module no longer writes a variable that it writes in the
/// baseline and on which another module, or their interaction, depends.
pub fn preserves_interaction(
    baseline: &[ActionClass],
    composition: &[ActionClass],
) -> Result<(), Refusal> {
    let (baseline, composition) =
        (&merged(baseline, composition), &merged(composition, composition));
    let (dependencies, interaction) = (dependencies(baseline), interaction(baseline));
    let written = |classes: &[ActionClass], module: &str| -> Variables {
        classes
            .iter()
            .filter(|class| class.module == module)
            .flat_map(ActionClass::assigns)
            .collect()
    };
    for module in dependencies.keys() {
        let kept = written(composition, module);
        for variable in written(baseline, module).difference(&kept) {
            let mut dependants = dependencies
                .iter()
                .filter(|(other, needs)| other != &module && needs.contains(variable));
            let dependant =
                dependants.next().map(|(other, _)| format!("module `{other}` depends on"));
            let reason = dependant.or_else(|| {
                interaction.contains(variable).then(|| "is an interaction variable".to_owned())
            });
            if let Some(reason) = reason {
                let action = baseline.iter().find(|class| {
                    class.module == *module && class.assigns().any(|assigned| assigned == *variable)
                });
                let action = action.map_or("", |class| class.name);
                return Err(Refusal::new(format!(
                    "the grain of `{module}` drops the write of `{action}` to `{variable}`, which {reason}"
                )));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOTE: ActionClass =
        ActionClass::new("Vote", "election").guard(&["vote"]).reads(&["vote"]).writes(&["vote"]);
    const WIN: ActionClass = ActionClass::new("Win", "election")
        .guard(&["vote"])
        .reads(&["vote"])
        .writes(&["role", "vote"]);
    const SEND: ActionClass =
        ActionClass::new("Send", "broadcast").guard(&["role"]).reads(&["log"]).writes(&["msgs"]);
    const TAKE: ActionClass =
        ActionClass::new("Take", "broadcast").guard(&["msgs"]).reads(&["msgs"]).writes(&["log"]);

    #[test]
    fn dependencies_are_closed_under_assignment() {
        let found = dependencies(&[VOTE, WIN, SEND, TAKE]);
        assert_eq!(found["election"], ["vote"].into());
        assert_eq!(found["broadcast"], ["log", "msgs", "role"].into());
    }

    #[test]
    fn what_feeds_another_modules_variables_is_interaction() {
        // `role` is broadcast's, and the election assigns it from `vote`.
        assert_eq!(interaction(&[VOTE, WIN, SEND, TAKE]), ["vote"].into());
    }

    #[test]
    fn what_only_decides_within_merged_modules_may_be_dropped() {
        let tally = ActionClass::new("Tally", "tally").guard(&["vote"]).writes(&["role"]);
        let baseline = [VOTE, WIN, tally.clone(), SEND, TAKE];
        let elect = ActionClass::new("Elect", "election").writes(&["role"]);
        let apart = preserves_interaction(&baseline, &[elect.clone(), tally, SEND, TAKE]);
        assert_eq!(
            apart.unwrap_err().message,
            "the grain of `election` drops the write of `Vote` to `vote`, which module `tally` depends on"
        );
        let guarded = WIN.guard(&["vote"]).reads(&[]);
        let baseline = [VOTE, guarded, SEND, TAKE];
        let merged = elect.merging(&["tally"]);
        assert_eq!(preserves_interaction(&baseline, &[merged, SEND, TAKE]), Ok(()));
    }

    #[test]
    fn a_coarse_grain_must_keep_what_others_depend_on() {
        let baseline = [VOTE, WIN, SEND, TAKE];
        let coarse = ActionClass::new("Elect", "election").writes(&["role", "vote"]);
        assert_eq!(preserves_interaction(&baseline, &[coarse, SEND.clone(), TAKE.clone()]), Ok(()));
        let wrong = ActionClass::new("Elect", "election").writes(&["vote"]);
        let refusal = preserves_interaction(&baseline, &[wrong, SEND, TAKE]).unwrap_err();
        assert_eq!(
            refusal.message,
            "the grain of `election` drops the write of `Win` to `role`, which module `broadcast` depends on"
        );
    }
}
