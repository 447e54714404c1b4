//! What is claimed of a protocol, and under which fairness.

use crate::Protocol;
use serde::Serialize;

/// A predicate on states.
pub type Predicate<P> =
    Box<dyn Fn(&P, &<P as stateright::Model>::State) -> bool + Send + Sync + 'static>;

/// The values of a property's terms in a state, as `(term, value)`.
pub type Terms<P> = Box<
    dyn Fn(&P, &<P as stateright::Model>::State) -> Vec<(String, String)> + Send + Sync + 'static,
>;

/// A named claim.
pub struct Property<P: Protocol> {
    /// The name that reports and `--property` use.
    pub name: String,
    /// What it says, in one sentence.
    pub summary: String,
    /// What is claimed.
    pub formula: Formula<P>,
    /// What a counterexample shows of a state beside its variables.
    pub terms: Option<Terms<P>>,
    /// The variables that the predicates read; `None` if not declared, which rules out a
    /// projection.
    pub reads: Option<Vec<&'static str>>,
    /// Whether the predicates are invariant under the protocol's symmetry. A symmetric run
    /// checks the claim and refuses a property that does not make it.
    pub symmetric: bool,
}

/// A temporal formula over state predicates.
pub enum Formula<P: Protocol> {
    /// In every state: `when` implies `holds`. Without a state in which `when` is true the
    /// property holds vacuously.
    Always {
        /// The antecedent, if the predicate is an implication.
        when: Option<Predicate<P>>,
        /// The consequent.
        holds: Predicate<P>,
    },
    /// In at least one reachable state: a witness against vacuity.
    Sometimes(Predicate<P>),
    /// In at least one state of every fair run.
    Eventually(Predicate<P>),
    /// In every fair run, a state of the first kind is followed (or accompanied) by one of the
    /// second.
    LeadsTo(Predicate<P>, Predicate<P>),
    /// Infinitely often in every fair run.
    AlwaysEventually(Predicate<P>),
    /// From some state on in every state of every fair run.
    EventuallyAlways(Predicate<P>),
}

impl<P: Protocol> Formula<P> {
    /// The kind of the formula.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Always { .. } => Kind::Always,
            Self::Sometimes(_) => Kind::Sometimes,
            Self::Eventually(_) => Kind::Eventually,
            Self::LeadsTo(..) => Kind::LeadsTo,
            Self::AlwaysEventually(_) => Kind::AlwaysEventually,
            Self::EventuallyAlways(_) => Kind::EventuallyAlways,
        }
    }
}

/// The kind of a formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An invariant.
    Always,
    /// A reachability witness.
    Sometimes,
    /// A liveness property.
    Eventually,
    /// A liveness property.
    LeadsTo,
    /// A liveness property.
    AlwaysEventually,
    /// A liveness property.
    EventuallyAlways,
}

impl Kind {
    /// Whether the question is decided on cycles, not on states.
    pub fn is_liveness(self) -> bool {
        !matches!(self, Self::Always | Self::Sometimes)
    }
}

impl<P: Protocol> Property<P> {
    fn new(name: &str, formula: Formula<P>) -> Self {
        Self {
            name: name.to_owned(),
            summary: String::new(),
            formula,
            terms: None,
            reads: None,
            symmetric: true,
        }
    }

    /// An invariant.
    pub fn always(
        name: &str,
        holds: impl Fn(&P, &P::State) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, Formula::Always { when: None, holds: Box::new(holds) })
    }

    /// An invariant that is an implication.
    pub fn always_when(
        name: &str,
        when: impl Fn(&P, &P::State) -> bool + Send + Sync + 'static,
        holds: impl Fn(&P, &P::State) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, Formula::Always { when: Some(Box::new(when)), holds: Box::new(holds) })
    }

    /// A reachability witness.
    pub fn sometimes(
        name: &str,
        holds: impl Fn(&P, &P::State) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, Formula::Sometimes(Box::new(holds)))
    }

    /// Every fair run reaches such a state.
    pub fn eventually(
        name: &str,
        holds: impl Fn(&P, &P::State) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, Formula::Eventually(Box::new(holds)))
    }

    /// In every fair run, each state of the first kind is followed by one of the second.
    pub fn leads_to(
        name: &str,
        from: impl Fn(&P, &P::State) -> bool + Send + Sync + 'static,
        to: impl Fn(&P, &P::State) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, Formula::LeadsTo(Box::new(from), Box::new(to)))
    }

    /// Every fair run passes such states infinitely often.
    pub fn always_eventually(
        name: &str,
        holds: impl Fn(&P, &P::State) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, Formula::AlwaysEventually(Box::new(holds)))
    }

    /// Every fair run comes to rest in such states: it leaves them only finitely often.
    pub fn eventually_always(
        name: &str,
        holds: impl Fn(&P, &P::State) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, Formula::EventuallyAlways(Box::new(holds)))
    }

    /// The same property with a sentence that says what it means.
    #[must_use]
    pub fn summary(mut self, summary: &str) -> Self {
        summary.clone_into(&mut self.summary);
        self
    }

    /// The same property with terms that a counterexample shows.
    #[must_use]
    pub fn terms(
        mut self,
        terms: impl Fn(&P, &P::State) -> Vec<(String, String)> + Send + Sync + 'static,
    ) -> Self {
        self.terms = Some(Box::new(terms));
        self
    }

    /// The same property with the variables that it reads.
    #[must_use]
    pub fn reads(mut self, variables: &[&'static str]) -> Self {
        self.reads = Some(variables.to_vec());
        self
    }

    /// The same property, said not to be invariant under the protocol's symmetry.
    #[must_use]
    pub fn asymmetric(mut self) -> Self {
        self.symmetric = false;
        self
    }

    /// The kind of the formula.
    pub fn kind(&self) -> Kind {
        self.formula.kind()
    }

    /// Whether the property's predicate holds in `state`: for a leads-to, its goal.
    pub(crate) fn holds_in(&self, protocol: &P, state: &P::State) -> bool {
        match &self.formula {
            Formula::Always { when, holds } => {
                when.as_ref().is_some_and(|when| !when(protocol, state)) || holds(protocol, state)
            }
            Formula::Sometimes(holds)
            | Formula::Eventually(holds)
            | Formula::AlwaysEventually(holds)
            | Formula::EventuallyAlways(holds)
            | Formula::LeadsTo(_, holds) => holds(protocol, state),
        }
    }

    /// The truth values of the property's predicates in `state`, as bits: what symmetry must
    /// not change.
    pub(crate) fn valuation(&self, protocol: &P, state: &P::State) -> u8 {
        match &self.formula {
            Formula::Always { when, holds } => {
                let relevant = when.as_ref().is_none_or(|when| when(protocol, state));
                u8::from(relevant) | u8::from(holds(protocol, state)) << 1
            }
            Formula::Sometimes(holds)
            | Formula::Eventually(holds)
            | Formula::AlwaysEventually(holds)
            | Formula::EventuallyAlways(holds) => u8::from(holds(protocol, state)),
            Formula::LeadsTo(from, to) => {
                u8::from(from(protocol, state)) | u8::from(to(protocol, state)) << 1
            }
        }
    }
}

impl<P: Protocol> std::fmt::Debug for Formula<P> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?}", self.kind())
    }
}

impl<P: Protocol> std::fmt::Debug for Property<P> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?} {}", self.kind(), self.name)
    }
}

/// A set of actions.
pub type ActionSet<P> =
    Box<dyn Fn(&P, &<P as stateright::Model>::Action) -> bool + Send + Sync + 'static>;

/// How strongly a set of actions is treated fairly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// Taken infinitely often if enabled from some point on.
    Weak,
    /// Taken infinitely often if enabled infinitely often.
    Strong,
}

/// A fairness assumption on a set of actions, as `WF_vars(A)` and `SF_vars(A)` of TLA+: only
/// steps that change the state count as enabled or taken.
pub struct Fairness<P: Protocol> {
    /// The name, such as an action class or an action of one server.
    pub name: String,
    /// Weak or strong.
    pub strength: Strength,
    /// Whether an action belongs to the set.
    pub covers: ActionSet<P>,
}

impl<P: Protocol> Fairness<P> {
    /// Fairness of the actions for which `covers` is true.
    pub fn of(
        name: &str,
        strength: Strength,
        covers: impl Fn(&P, &P::Action) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.to_owned(), strength, covers: Box::new(covers) }
    }

    /// Fairness of the action class of that name.
    pub fn of_class(class: &'static str, strength: Strength) -> Self {
        Self::of(class, strength, move |protocol, action| {
            protocol.classes().get(protocol.class_of(action)).is_some_and(|c| c.name == class)
        })
    }
}

impl<P: Protocol> std::fmt::Debug for Fairness<P> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?} {}", self.strength, self.name)
    }
}
