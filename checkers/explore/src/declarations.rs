//! Holding what action classes declare against what their guards and updates do.
//!
//! Reads and writes are observed where the state is made of [`crate::Var`]s and debug assertions
//! are on; that nothing else changes is observed always, from the values of the variables.

use crate::{ActionClass, Protocol, Refusal, observing};

/// Refuses a protocol of which some action, in this state, touches a variable that its class does
/// not declare.
pub fn verify_declarations<P: Protocol>(protocol: &P, state: &P::State) -> Result<(), Refusal> {
    let before = protocol.observe(state);
    for (index, class) in protocol.classes().iter().enumerate() {
        let mut actions = Vec::new();
        let ((), seen) = observing(|| protocol.enabled_in(index, state, &mut actions));
        declared(protocol, class, ("the guard", "reads"), seen.reads, class.guard)?;
        declared(protocol, class, ("the guard", "writes"), seen.writes, &[])?;
        for action in actions {
            let reads = class.reads.iter().chain(class.modifies).chain(class.guard);
            let reads: Vec<&str> = reads.copied().collect();
            let writes: Vec<&str> = class.assigns().collect();
            let (next, seen) = observing(|| protocol.next_state(state, action));
            declared(protocol, class, ("the update", "reads"), seen.reads, &reads)?;
            declared(protocol, class, ("the update", "writes"), seen.writes, &writes)?;
            let Some(next) = next else { continue };
            let after = protocol.observe(&next);
            let changed = before
                .iter()
                .zip(&after)
                .enumerate()
                .filter(|(_, (before, after))| before != after);
            let changed = changed.fold(0, |bits, (variable, _)| bits | 1 << variable);
            declared(protocol, class, ("the update", "changes"), changed, &writes)?;
        }
    }
    Ok(())
}

/// Refuses a variable of the set that is not declared.
fn declared<P: Protocol>(
    protocol: &P,
    class: &ActionClass,
    (who, does): (&str, &str),
    observed: u64,
    declared: &[&str],
) -> Result<(), Refusal> {
    let variables = protocol.variables().iter().enumerate();
    let touched = variables.filter(|(index, _)| observed >> index & 1 == 1).map(|(_, name)| *name);
    match touched.into_iter().find(|name| !declared.contains(name)) {
        None => Ok(()),
        Some(name) => Err(Refusal::new(format!(
            "{who} of `{}` {does} `{name}`, which its class does not declare",
            class.name
        ))),
    }
}
