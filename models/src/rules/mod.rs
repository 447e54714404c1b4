//! Protocols written as lists of rules: each action once, its guard beside its effect.
//!
//! A protocol says what its state is, which rules its configuration has and what is claimed;
//! the rest of what the engine asks is the same for all and stands here.

mod rows;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use rows::Rows;

use seatrial_explore::{
    ActionClass, BASELINE, BoundChoice, Cause, Choice, Configuration, Description, Fairness,
    Family, Instance, Module, Property, Protocol, ProtocolState, Refusal, Strength, Variant,
};
use serde_json::Value;
use std::fmt::Debug;
use std::marker::PhantomData;
use std::ops::Deref;

/// What an action is about: up to three numbers from 0.
pub(crate) type About = [u8; 3];

/// An action: a rule, and what it is taken about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    rule: usize,
    about: About,
}

/// Who takes an action.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By {
    /// The only one of that name.
    One(&'static str),
    /// The one whose number is that of the action's place.
    Of(&'static str, usize),
}

/// A named action with its guard and its effect.
pub(crate) struct Rule<R: Ruled> {
    class: ActionClass,
    by: By,
    /// What the numbers of the action stand for.
    names: &'static [&'static str],
    enabled: fn(&R, &R::State) -> Vec<About>,
    effect: fn(&R, &mut R::State, About),
    /// How many values of the first number are each treated fairly.
    fair: u8,
}

impl<R: Ruled> Rule<R> {
    /// The rule of a class: who takes it, what its numbers are called, when and with which
    /// numbers it is enabled, and what it does.
    pub(crate) fn new(
        class: ActionClass,
        by: By,
        names: &'static [&'static str],
        enabled: fn(&R, &R::State) -> Vec<About>,
        effect: fn(&R, &mut R::State, About),
    ) -> Self {
        Self { class, by, names, enabled, effect, fair: 0 }
    }

    /// The same rule, fair for each of so many values of its first number and not only as a whole.
    pub(crate) fn each(mut self, count: u8) -> Self {
        self.fair = count;
        self
    }
}

/// A protocol as a list of rules.
pub(crate) trait Ruled: Debug + Send + Sync + Sized + 'static {
    /// The state; it is serialized as one object with a field for each variable.
    type State: ProtocolState;
    /// The variables, in the order of the fields.
    const VARIABLES: &'static [&'static str];

    /// What a user can choose.
    fn description() -> Description;
    /// The protocol as chosen.
    fn configured(configuration: &Configuration) -> Self;
    /// The initial states.
    fn initial(&self) -> Vec<Self::State>;
    /// The rules of this configuration.
    fn rules(&self) -> Vec<Rule<Self>>;
    /// What is claimed.
    fn claims() -> Vec<Property<Machine<Self>>>;
    /// What a refinement check sees of a state.
    fn observation(&self, state: &Self::State) -> Option<Value>;
    /// Whether nothing need happen in a state: that runs end well is for liveness to say.
    fn may_stop(&self, _: &Self::State) -> bool {
        true
    }
}

/// The protocol that a list of rules defines.
pub(crate) struct Machine<R: Ruled> {
    protocol: R,
    classes: Vec<ActionClass>,
    rules: Vec<Rule<R>>,
}

impl<R: Ruled> Machine<R> {
    /// The machine of a protocol as configured.
    pub(crate) fn new(protocol: R) -> Self {
        let rules = protocol.rules();
        let classes = rules.iter().map(|rule| rule.class.clone()).collect();
        Self { protocol, classes, rules }
    }

    fn enabled_of(&self, number: usize, state: &R::State, actions: &mut Vec<Step>) {
        let Some(rule) = self.rules.get(number) else { return };
        let all = (rule.enabled)(&self.protocol, state);
        actions.extend(all.into_iter().map(|about| Step { rule: number, about }));
    }
}

impl<R: Ruled> Deref for Machine<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.protocol
    }
}

impl<R: Ruled> Debug for Machine<R> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.protocol.fmt(formatter)
    }
}

impl<R: Ruled> stateright::Model for Machine<R> {
    type State = R::State;
    type Action = Step;

    fn init_states(&self) -> Vec<R::State> {
        self.protocol.initial()
    }

    fn actions(&self, state: &R::State, actions: &mut Vec<Step>) {
        for number in 0..self.rules.len() {
            self.enabled_of(number, state, actions);
        }
    }

    fn next_state(&self, last: &R::State, step: Step) -> Option<R::State> {
        let rule = self.rules.get(step.rule)?;
        let mut next = last.clone();
        (rule.effect)(&self.protocol, &mut next, step.about);
        Some(next)
    }
}

impl<R: Ruled> Protocol for Machine<R> {
    fn classes(&self) -> &[ActionClass] {
        &self.classes
    }

    fn class_of(&self, step: &Step) -> usize {
        step.rule
    }

    fn enabled_in(&self, class: usize, state: &R::State, actions: &mut Vec<Step>) {
        self.enabled_of(class, state, actions);
    }

    fn specification(&self) -> Vec<Property<Self>> {
        R::claims()
    }

    /// Weak fairness of every action of the protocol itself, and of each of its actors where a
    /// rule says so.
    fn fairness(&self) -> Vec<Fairness<Self>> {
        let internal = self.rules.iter().enumerate();
        let internal = internal.filter(|(_, rule)| rule.class.cause == Cause::Internal);
        internal
            .flat_map(|(number, rule)| {
                let name = rule.class.name;
                let of = move |first: Option<u8>| {
                    let shown = first.map_or(String::new(), |first| format!(" {}", first + 1));
                    Fairness::of(
                        &format!("{name}{shown}"),
                        Strength::Weak,
                        move |_, step: &Step| {
                            step.rule == number && first.is_none_or(|first| step.about[0] == first)
                        },
                    )
                };
                match rule.fair {
                    0 => vec![of(None)],
                    count => (0..count).map(|first| of(Some(first))).collect(),
                }
            })
            .collect()
    }

    fn actor(&self, step: &Step) -> Option<String> {
        Some(match self.rules.get(step.rule)?.by {
            By::One(name) => name.to_owned(),
            By::Of(name, place) => format!("{name} {}", step.about.get(place)? + 1),
        })
    }

    fn label(&self, step: &Step) -> String {
        let Some(rule) = self.rules.get(step.rule) else { return String::new() };
        let numbers = rule.names.iter().zip(step.about);
        let numbers: Vec<String> = numbers.map(|(name, number)| show(name, number)).collect();
        if numbers.is_empty() {
            rule.class.name.to_owned()
        } else {
            format!("{}({})", rule.class.name, numbers.join(", "))
        }
    }

    fn may_stop(&self, state: &R::State) -> bool {
        self.protocol.may_stop(state)
    }

    fn variables(&self) -> &[&'static str] {
        R::VARIABLES
    }

    fn observe(&self, state: &R::State) -> Vec<Value> {
        match serde_json::to_value(state) {
            Ok(Value::Object(fields)) => fields.into_iter().map(|(_, value)| value).collect(),
            _ => Vec::new(),
        }
    }

    fn observation(&self, state: &R::State) -> Option<Value> {
        self.protocol.observation(state)
    }
}

/// A number of an action by its name: of an actor, of a set of actors (`reached{}`, a bit for each),
/// or a yes or no (`heard?`).
fn show(name: &str, number: u8) -> String {
    if let Some(name) = name.strip_suffix("{}") {
        let all = (0..8).filter(|bit| number >> bit & 1 == 1);
        let all: Vec<String> = all.map(|bit| (bit + 1).to_string()).collect();
        format!("{name} {{{}}}", all.join(", "))
    } else if let Some(name) = name.strip_suffix('?') {
        format!("{}{name}", if number == 0 { "not " } else { "" })
    } else {
        format!("{name} {}", number + 1)
    }
}

/// A protocol of rules in the catalogue.
pub(crate) struct RuledFamily<R>(PhantomData<fn() -> R>);

impl<R> RuledFamily<R> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<R: Ruled> Family for RuledFamily<R> {
    fn description(&self) -> Description {
        R::description()
    }

    fn instance(&self, configuration: &Configuration) -> Result<Box<dyn Instance>, Refusal> {
        Ok(Box::new(Machine::new(R::configured(configuration))))
    }
}

/// What a claim is called, what it says, and the variables that it reads.
pub(crate) type Naming<'n> = (&'n str, &'n str, &'n [&'static str]);

/// The claims of a protocol of rules.
pub(crate) struct Claim<R>(PhantomData<R>);

impl<R: Ruled> Claim<R> {
    fn on(
        holds: fn(&R, &R::State) -> bool,
    ) -> impl Fn(&Machine<R>, &R::State) -> bool + Send + Sync + 'static {
        move |machine, state| holds(machine, state)
    }

    fn named(
        property: Property<Machine<R>>,
        (_, summary, reads): Naming<'_>,
    ) -> Property<Machine<R>> {
        property.summary(summary).reads(reads)
    }

    /// An invariant.
    pub(crate) fn always(
        naming: Naming<'_>,
        holds: fn(&R, &R::State) -> bool,
    ) -> Property<Machine<R>> {
        Self::named(Property::always(naming.0, Self::on(holds)), naming)
    }

    /// A witness that something can happen.
    pub(crate) fn sometimes(
        naming: Naming<'_>,
        holds: fn(&R, &R::State) -> bool,
    ) -> Property<Machine<R>> {
        Self::named(Property::sometimes(naming.0, Self::on(holds)), naming)
    }

    /// Every fair run comes to such a state.
    pub(crate) fn eventually(
        naming: Naming<'_>,
        holds: fn(&R, &R::State) -> bool,
    ) -> Property<Machine<R>> {
        Self::named(Property::eventually(naming.0, Self::on(holds)), naming)
    }

    /// Each state of the first kind is followed by one of the second in every fair run.
    pub(crate) fn leads_to(
        naming: Naming<'_>,
        from: fn(&R, &R::State) -> bool,
        to: fn(&R, &R::State) -> bool,
    ) -> Property<Machine<R>> {
        Self::named(Property::leads_to(naming.0, Self::on(from), Self::on(to)), naming)
    }
}

/// A module with its grains from coarse to fine.
pub(crate) fn module(name: &'static str, grains: &[(&'static str, &'static str)]) -> Module {
    let grains = grains.iter().map(|&(name, summary)| Choice { name, summary }).collect();
    Module { name, grains, paths: &[] }
}

/// A module at its baseline alone.
pub(crate) fn plain(name: &'static str, summary: &'static str) -> Module {
    module(name, &[(BASELINE, summary)])
}

/// A variant, with what it breaks if it is a mutant.
pub(crate) fn variant(
    name: &'static str,
    summary: &'static str,
    breaks: &'static [&'static str],
) -> Variant {
    Variant { name, summary, breaks }
}

/// A bound with its default and its range.
pub(crate) fn bound(
    name: &'static str,
    summary: &'static str,
    (default, min, max): (u64, u64, u64),
) -> BoundChoice {
    BoundChoice { name, summary, default, min, max }
}

/// The numbers from 0 for which a guard holds.
pub(crate) fn each(count: u8, guard: impl Fn(u8) -> bool) -> Vec<About> {
    (0..count).filter(|&number| guard(number)).map(|number| [number, 0, 0]).collect()
}

/// The pairs of numbers from 0 for which a guard holds.
pub(crate) fn pairs((ones, others): (u8, u8), guard: impl Fn(u8, u8) -> bool) -> Vec<About> {
    let all = (0..ones).flat_map(|one| (0..others).map(move |other| (one, other)));
    all.filter(|&(one, other)| guard(one, other)).map(|(one, other)| [one, other, 0]).collect()
}

/// The one action of a rule about nothing in particular, if its guard holds.
pub(crate) fn once(guard: bool) -> Vec<About> {
    if guard { vec![[0; 3]] } else { Vec::new() }
}
