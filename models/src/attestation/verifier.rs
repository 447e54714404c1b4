//! How the verifier asks agents for quotes and judges them.

use seatrial_explore::{ActionClass, Cause};

use super::nodes::reboot;
use super::state::{Agent, Entry, Exchange, Log, OperationalState, Quote, State};
use super::{Attestation, Rule};
use crate::rules::{About, By};

const NODE: &[&str] = &["node"];
const JUDGED: &[&str] = &["agents", "exchanges", "wrongs"];
const ATTESTED: &[&str] = &["agents", "exchanges", "captured", "wrongs"];

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "quotes")
}

/// The rules of the fine grain: requests and quotes that take their time.
#[expect(clippy::too_many_lines, reason = "a list: one entry a rule")]
pub(super) fn fine(p: &Attestation) -> Vec<Rule> {
    let count = p.bounds.nodes;
    let mut rules = vec![
        Rule::new(
            class("InvokeGetQuote")
                .guard(&["agents", "exchanges"])
                .modifies(&["exchanges", "captured"]),
            By::One("verifier"),
            NODE,
            |_, s| due(s),
            |_, s, [n, ..]| {
                ask(s, n);
                s.exchanges[n] = Exchange::Asked;
            },
        )
        .each(count),
        Rule::new(
            class("Quote")
                .guard(&["exchanges"])
                .reads(&["nodes", "budgets"])
                .modifies(&["exchanges", "captured"]),
            By::Of("agent", 0),
            NODE,
            |_, s| in_exchange(s, |it| *it == Exchange::Asked),
            |_, s, [n, ..]| {
                let quote = honest(s, n);
                s.exchanges[n] = Exchange::Answered(quote);
            },
        )
        .each(count),
        Rule::new(
            class("ProcessQuote")
                .guard(&["exchanges"])
                .reads(&["nodes", "agents"])
                .modifies(JUDGED),
            By::One("verifier"),
            NODE,
            |_, s| in_exchange(s, |it| matches!(it, Exchange::Answered(_) | Exchange::Garbled)),
            |p, s, [n, ..]| match std::mem::replace(&mut s.exchanges[n], Exchange::None) {
                Exchange::Answered(quote) => p.process(s, n, quote),
                _ => p.garbled(s, n),
            },
        )
        .each(count),
        Rule::new(
            class("Retry")
                .guard(&["exchanges"])
                .reads(&["agents"])
                .modifies(&["agents", "exchanges"]),
            By::One("verifier"),
            NODE,
            |_, s| in_exchange(s, |it| *it == Exchange::Lost),
            |p, s, [n, ..]| {
                s.exchanges[n] = Exchange::None;
                p.unanswered(s, n);
            },
        )
        .each(count),
    ];
    if p.bounds.budgets.losses > 0 {
        rules.push(Rule::new(
            class("Lose")
                .caused_by(Cause::Fault)
                .guard(&["exchanges", "budgets"])
                .modifies(&["exchanges", "budgets"]),
            By::One("network"),
            NODE,
            |_, s| {
                let may = s.budgets.losses > 0;
                in_exchange(s, |it| may && matches!(it, Exchange::Asked | Exchange::Answered(_)))
            },
            |_, s, [n, ..]| {
                s.budgets.losses -= 1;
                s.exchanges[n] = Exchange::Lost;
            },
        ));
    }
    if p.bounds.budgets.attacks > 0 {
        rules.extend(attacks());
    }
    rules
}

/// What the agent of a node may do on which something bad runs.
fn attacks() -> Vec<Rule> {
    let attack = |name, effect: fn(&Attestation, &mut State, About)| {
        Rule::new(
            class(name)
                .caused_by(Cause::Fault)
                .guard(&["exchanges", "nodes"])
                .reads(&["nodes", "captured"])
                .modifies(&["exchanges"]),
            By::Of("attacker", 0),
            NODE,
            |_, s| asked_by_attacker(s),
            effect,
        )
    };
    vec![
        Rule::new(
            class("ReplayQuote")
                .caused_by(Cause::Fault)
                .guard(&["exchanges", "nodes", "captured"])
                .modifies(&["exchanges"]),
            By::Of("attacker", 0),
            NODE,
            |_, s| {
                asked_by_attacker(s)
                    .into_iter()
                    .filter(|&[n, ..]| s.captured[n].is_some())
                    .collect()
            },
            |_, s, [n, ..]| {
                if let Some(quote) = s.captured[n].clone() {
                    s.exchanges[n] = Exchange::Answered(quote);
                }
            },
        ),
        attack("OmitEntry", |_, s, [n, ..]| s.exchanges[n] = Exchange::Answered(omitting(s, n))),
        attack("StaySilent", |_, s, [n, ..]| s.exchanges[n] = Exchange::Lost),
        attack("SendGarbage", |_, s, [n, ..]| s.exchanges[n] = Exchange::Garbled),
    ]
}

/// An agent is asked, answers and is judged in one step: the coarse grain.
#[expect(clippy::too_many_lines, reason = "a list: one entry a rule")]
pub(super) fn coarse(p: &Attestation) -> Vec<Rule> {
    let read = |name| class(name).guard(&["agents", "exchanges"]).reads(&["nodes", "budgets"]);
    let budgets = p.bounds.budgets;
    let mut rules = vec![
        Rule::new(
            read("Attest").modifies(ATTESTED),
            By::One("verifier"),
            NODE,
            |_, s| due(s),
            |p, s, [n, ..]| {
                ask(s, n);
                let quote = honest(s, n);
                p.process(s, n, quote);
            },
        )
        .each(p.bounds.nodes),
    ];
    if budgets.attacks > 0 {
        let attack = |name, effect: fn(&Attestation, &mut State, About)| {
            Rule::new(
                read(name)
                    .caused_by(Cause::Fault)
                    .guard(&["agents", "exchanges", "nodes"])
                    .modifies(ATTESTED),
                By::Of("attacker", 0),
                NODE,
                |_, s| {
                    due(s).into_iter().filter(|&[n, ..]| s.nodes[n].compromised.is_some()).collect()
                },
                effect,
            )
        };
        rules.extend([
            attack("AttestReplayed", |p, s, [n, ..]| {
                ask(s, n);
                if let Some(quote) = s.captured[n].clone() {
                    p.process(s, n, quote);
                } else {
                    p.unanswered(s, n);
                }
            }),
            attack("AttestOmitting", |p, s, [n, ..]| {
                ask(s, n);
                let quote = omitting(s, n);
                p.process(s, n, quote);
            }),
            attack("AttestSilent", |p, s, [n, ..]| p.unanswered(s, n)),
        ]);
    }
    if budgets.losses > 0 {
        rules.push(Rule::new(
            read("AttestLost")
                .caused_by(Cause::Fault)
                .guard(&["agents", "exchanges", "budgets"])
                .modifies(&["agents", "budgets"]),
            By::One("network"),
            NODE,
            |_, s| due(s).into_iter().filter(|_| s.budgets.losses > 0).collect(),
            |p, s, [n, ..]| {
                s.budgets.losses -= 1;
                p.unanswered(s, n);
            },
        ));
    }
    if budgets.reboots > 0 {
        rules.push(Rule::new(
            read("RebootWhileAsked")
                .caused_by(Cause::Input)
                .guard(&["agents", "exchanges", "budgets"])
                .modifies(&["nodes", "agents", "wrongs", "budgets"]),
            By::Of("node", 0),
            NODE,
            |_, s| due(s).into_iter().filter(|_| s.budgets.reboots > 0).collect(),
            |p, s, [n, ..]| {
                reboot(s, n);
                p.garbled(s, n);
            },
        ));
    }
    rules
}

/// Restarts of the verifier, and agents that are added again.
pub(super) fn both(p: &Attestation) -> Vec<Rule> {
    let mut rules = Vec::new();
    if p.bounds.budgets.restarts > 0 {
        rules.push(Rule::new(
            class("RestartVerifier")
                .caused_by(Cause::Fault)
                .guard(&["budgets"])
                .reads(&["agents"])
                .modifies(&["agents", "exchanges", "budgets"]),
            By::One("verifier"),
            &[],
            |_, s| crate::rules::once(s.budgets.restarts > 0),
            |p, s, _| {
                s.budgets.restarts -= 1;
                s.exchanges.iter_mut().for_each(|it| *it = Exchange::None);
                for agent in s.agents.iter_mut() {
                    if agent.is_polled() || agent.stopped || p.has("reactivates-failed") {
                        start(agent);
                    }
                }
            },
        ));
    }
    if p.bounds.budgets.reactivations > 0 {
        rules.push(Rule::new(
            class("Reactivate")
                .caused_by(Cause::Input)
                .guard(&["agents", "budgets"])
                .modifies(&["agents", "budgets"]),
            By::One("tenant"),
            NODE,
            |_, s| {
                let may = s.budgets.reactivations > 0;
                s.agents.those(|agent| may && agent.has_failed())
            },
            |_, s, [n, ..]| {
                s.budgets.reactivations -= 1;
                s.agents[n].revoked = false;
                start(&mut s.agents[n]);
            },
        ));
    }
    rules
}

/// The agents that are asked now.
fn due(s: &State) -> Vec<About> {
    s.agents.those_numbered(|n, agent| {
        agent.is_polled() && agent.wait == 0 && s.exchanges[n] == Exchange::None
    })
}

fn in_exchange(s: &State, is: impl Fn(&Exchange) -> bool) -> Vec<About> {
    s.exchanges.those(is)
}

fn asked_by_attacker(s: &State) -> Vec<About> {
    s.exchanges.those_numbered(|n, it| *it == Exchange::Asked && s.nodes[n].compromised.is_some())
}

/// The verifier draws a nonce: no quote that exists was made for it.
fn ask(s: &mut State, n: u8) {
    if let Some(quote) = s.captured[n].as_mut() {
        quote.fresh = false;
    }
}

/// The quote that the TPM makes now, with the list as it is; an attacker who is to come keeps it.
fn honest(s: &mut State, n: u8) -> Quote {
    let node = &s.nodes[n];
    let (pcr, log) = (node.log.clone(), node.log.clone());
    let quote = Quote { fresh: true, boot: node.boot, pcr, log };
    if s.budgets.attacks > 0 {
        s.captured[n] = Some(quote.clone());
    }
    quote
}

/// The quote that the TPM makes now, with a list that omits what is bad.
fn omitting(s: &State, n: u8) -> Quote {
    let node = &s.nodes[n];
    let log = node.log.iter().copied().filter(|entry| *entry != Entry::Bad).collect();
    Quote { fresh: true, boot: node.boot, pcr: node.log.clone(), log }
}

/// The verifier begins with an agent.
fn start(agent: &mut Agent) {
    agent.state = OperationalState::Start;
    agent.wait = 0;
    agent.retries = 0;
    agent.stopped = false;
}

fn fail(agent: &mut Agent, state: OperationalState) {
    agent.state = state;
    agent.wait = 0;
    agent.retries = 0;
    agent.revoked = true;
}

impl Attestation {
    /// An agent did not answer: it is asked again, or has failed.
    fn unanswered(&self, s: &mut State, n: u8) {
        let agent = &mut s.agents[n];
        if agent.retries < self.bounds.retries {
            agent.retries += 1;
        } else if !self.has("endless-retries") {
            fail(agent, OperationalState::Failed);
            return;
        }
        agent.wait = 1;
        if agent.state == OperationalState::GetQuote {
            agent.state = OperationalState::GetQuoteRetry;
        }
    }

    /// What came back cannot be read.
    fn garbled(&self, s: &mut State, n: u8) {
        if self.has("stops-polling") {
            s.agents[n].stopped = true;
        } else if self.has("judges-garbled") {
            self.invalid(s, n);
        } else {
            self.unanswered(s, n);
        }
    }

    #[expect(clippy::unused_self, reason = "a method as the other verdicts are")]
    fn invalid(&self, s: &mut State, n: u8) {
        s.wrongs.false_alarm |= s.nodes[n].compromised.is_none();
        fail(&mut s.agents[n], OperationalState::InvalidQuote);
    }

    /// The verifier judges a quote.
    fn process(&self, s: &mut State, n: u8, quote: Quote) {
        let nonce = quote.fresh || self.has("reuses-nonce");
        if !nonce || !self.is_allowed(&s.agents[n], &quote) {
            self.invalid(s, n);
            return;
        }
        s.wrongs.stale_quote |= !quote.fresh;
        s.wrongs.bad_quote |= quote.pcr.contains(&Entry::Bad);
        let agent = &mut s.agents[n];
        agent.state = OperationalState::GetQuote;
        agent.wait = self.bounds.interval;
        agent.retries = 0;
        agent.boot = quote.boot;
        agent.verified = quote.pcr;
    }

    /// Whether the list extends to the PCR and all of it is allowed. What was judged before in the
    /// same boot is not judged again.
    fn is_allowed(&self, agent: &Agent, quote: &Quote) -> bool {
        let same_boot = quote.boot == agent.boot;
        let none = Log::new();
        let known = |same: bool| if same { &agent.verified } else { &none };
        let hashed = known(same_boot || self.has("keeps-running-hash"));
        let judged = known(same_boot || self.has("keeps-offset"));
        let after = |known: &Log| quote.log.get(known.len()..).unwrap_or_default().to_vec();
        let replayed = [hashed.clone(), after(hashed)].concat();
        let extends = replayed == quote.pcr || self.has("skips-replay");
        extends && !after(judged).contains(&Entry::Bad)
    }
}
