//! Loading of adapters, which takes time and may fail.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Adapter, Phase};
use super::{AdapterQueues, Rule};
use crate::rules::By;

const ADAPTER: &[&str] = &["adapter"];

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "adapters").guard(&["requests", "adapters"])
}

/// The rules of the fine grain.
pub(super) fn rules(p: &AdapterQueues) -> Vec<Rule> {
    let adapters = p.bounds.adapters;
    let mut rules = vec![
        Rule::new(
            class("Load").modifies(&["adapters"]),
            By::One("cache"),
            ADAPTER,
            |_, s| s.adapters.those(|adapter| *adapter == Adapter::Loading),
            |_, s, [a, ..]| s.adapters[a] = Adapter::In,
        )
        .each(adapters),
        Rule::new(
            class("Start").modifies(&["requests"]),
            By::One("engine"),
            &["request"],
            |_, s| {
                s.requests
                    .those(|r| r.phase == Phase::Admitted && s.adapters[r.adapter] == Adapter::In)
            },
            |_, s, [r, ..]| {
                s.requests[r].phase = Phase::Running;
                s.requests[r].ran = true;
            },
        )
        .each(p.bounds.requests),
    ];
    rules.extend(failures(p));
    rules
}

/// What fails to load, and is loaded again.
fn failures(p: &AdapterQueues) -> Vec<Rule> {
    let mut rules = Vec::new();
    if p.bounds.failures > 0 {
        rules.push(Rule::new(
            class("FailToLoad")
                .caused_by(Cause::Fault)
                .guard(&["adapters", "faults"])
                .modifies(&["adapters", "faults"]),
            By::One("cache"),
            ADAPTER,
            |_, s| {
                let fails = s.faults.failures > 0;
                s.adapters.those(|adapter| fails && *adapter == Adapter::Loading)
            },
            |_, s, [a, ..]| {
                s.faults.failures -= 1;
                s.adapters[a] = Adapter::Broken;
            },
        ));
        if !p.has("never-reloads") {
            rules.push(
                Rule::new(
                    class("LoadAgain").modifies(&["adapters"]),
                    By::One("cache"),
                    ADAPTER,
                    |_, s| s.adapters.those(|adapter| *adapter == Adapter::Broken),
                    |_, s, [a, ..]| s.adapters[a] = Adapter::Loading,
                )
                .each(p.bounds.adapters),
            );
        }
    }
    rules
}
