//! Two players and a ball: the smallest model with a loop.
//!
//! The claim that the ball is dropped some day is false, since the players may go on for ever.
//! A checker that looks for the claim's negation only in states without successor passes it.

use seatrial_explore::{
    ActionClass, BASELINE, Choice, Configuration, Description, Fairness, Family, Instance, Module,
    Property, Protocol, Refusal, Strength, Variant,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stateright::Model;

/// The model; with `drops`, the second player may miss the ball.
#[derive(Clone, Copy, Debug)]
pub struct PingPong {
    drops: Option<Strength>,
}

/// Where the ball is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Ball {
    /// With the first player.
    Ping,
    /// With the second.
    Pong,
    /// On the floor.
    Dropped,
}

/// What a player does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The first player plays.
    Ping,
    /// The second player plays.
    Pong,
    /// The second player misses.
    Drop,
}

const CLASSES: [ActionClass; 3] = [
    ActionClass::new("Ping", "players").guard(&["ball"]).writes(&["ball"]),
    ActionClass::new("Pong", "players").guard(&["ball"]).writes(&["ball"]),
    ActionClass::new("Drop", "players").guard(&["ball"]).writes(&["ball"]),
];

impl Model for PingPong {
    type State = Ball;
    type Action = Action;

    fn init_states(&self) -> Vec<Ball> {
        vec![Ball::Ping]
    }

    fn actions(&self, state: &Ball, actions: &mut Vec<Action>) {
        match state {
            Ball::Ping => actions.push(Action::Ping),
            Ball::Pong => {
                actions.push(Action::Pong);
                actions.extend(self.drops.map(|_| Action::Drop));
            }
            Ball::Dropped => {}
        }
    }

    fn next_state(&self, _: &Ball, action: Action) -> Option<Ball> {
        Some(match action {
            Action::Ping => Ball::Pong,
            Action::Pong => Ball::Ping,
            Action::Drop => Ball::Dropped,
        })
    }

    fn properties(&self) -> Vec<stateright::Property<Self>> {
        vec![stateright::Property::eventually("Dropped", |_, ball| *ball == Ball::Dropped)]
    }
}

impl Protocol for PingPong {
    fn classes(&self) -> &[ActionClass] {
        if self.drops.is_some() { &CLASSES } else { CLASSES.split_at(2).0 }
    }

    fn class_of(&self, action: &Action) -> usize {
        *action as usize
    }

    fn specification(&self) -> Vec<Property<Self>> {
        vec![
            Property::eventually("Dropped", |_, ball: &Ball| *ball == Ball::Dropped)
                .summary("the ball is dropped some day")
                .reads(&["ball"]),
            Property::leads_to(
                "Answered",
                |_, b: &Ball| *b == Ball::Ping,
                |_, b: &Ball| *b != Ball::Ping,
            )
            .summary("a ball that comes to the first player does not stay there")
            .reads(&["ball"]),
        ]
    }

    fn fairness(&self) -> Vec<Fairness<Self>> {
        let mut fairness = vec![
            Fairness::of_class("Ping", Strength::Weak),
            Fairness::of_class("Pong", Strength::Weak),
        ];
        fairness.extend(self.drops.map(|strength| Fairness::of_class("Drop", strength)));
        fairness
    }

    fn may_stop(&self, state: &Ball) -> bool {
        *state == Ball::Dropped
    }

    fn variables(&self) -> &[&'static str] {
        &["ball"]
    }

    fn observe(&self, state: &Ball) -> Vec<Value> {
        vec![json!(state)]
    }
}

/// The model in the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct PingPongFamily;

impl Family for PingPongFamily {
    fn description(&self) -> Description {
        Description {
            name: "ping-pong",
            summary: "two players and a ball, for the study of loops and fairness",
            modules: vec![Module {
                name: "players",
                grains: vec![Choice { name: BASELINE, summary: "one action a player" }],
                paths: &["models/src/ping_pong.rs"],
            }],
            variants: vec![
                Variant { name: "endless", summary: "nobody ever misses", breaks: &["Dropped"] },
                Variant {
                    name: "weak",
                    summary: "a miss is weakly fair: the run may avoid it",
                    breaks: &["Dropped"],
                },
                Variant {
                    name: "strong",
                    summary: "a miss is strongly fair: it happens",
                    breaks: &[],
                },
            ],
            ..Description::default()
        }
    }

    fn instance(&self, configuration: &Configuration) -> Result<Box<dyn Instance>, Refusal> {
        let drops = match configuration.variant() {
            "weak" => Some(Strength::Weak),
            "strong" => Some(Strength::Strong),
            _ => None,
        };
        Ok(Box::new(PingPong { drops }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stateright::Checker;

    /// Stateright passes the claim, since it never sees a final state.
    #[test]
    fn stateright_passes_the_loop() {
        let checker = PingPong { drops: None }.checker().spawn_bfs().join();
        assert!(checker.discovery("Dropped").is_none());
    }
}
