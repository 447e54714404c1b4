//! Clients, the devices that run their gangs, and the buffers of what has run.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Span, Stage};
use super::{GangScheduling, Rule};
use crate::rules::By;

const GANG: &[&str] = &["gang"];

/// What clients do.
pub(super) fn clients(p: &GangScheduling) -> Vec<Rule> {
    let gangs = p.bounds.clients * p.bounds.programs;
    let mut rules = vec![
        Rule::new(
            ActionClass::new("Submit", "clients")
                .caused_by(Cause::Input)
                .guard(&["clients"])
                .modifies(&["clients", "gangs"]),
            By::Of("client", 0),
            &["client", "gang", "span"],
            |p, s| {
                let ready = (0..).zip(s.clients.iter());
                let ready = ready.filter(|(_, c)| c.up && c.submitted < p.bounds.programs);
                let spans = if p.bounds.islands > 1 { p.bounds.islands + 1 } else { 1 };
                ready
                    .flat_map(|(client, c)| {
                        let gang = client * p.bounds.programs + c.submitted;
                        (0..spans).map(move |span| [client, gang, span])
                    })
                    .collect()
            },
            |_, s, [client, gang, span]| {
                s.clients[client].submitted += 1;
                s.gangs[gang].stage = Stage::Submitted;
                s.gangs[gang].span = span.checked_sub(1).map_or(Span::All, Span::Island);
            },
        ),
        Rule::new(
            ActionClass::new("Release", "clients")
                .guard(&["clients", "gangs"])
                .modifies(&["gangs"]),
            By::One("client"),
            GANG,
            |p, s| {
                s.gangs.those_numbered(|gang, g| {
                    let held = g.stage == Stage::Finished && !g.releasing && g.freed == 0;
                    held && s.clients[gang / p.bounds.programs].up
                })
            },
            |_, s, [gang, ..]| s.gangs[gang].releasing = true,
        )
        .each(gangs),
    ];
    if p.bounds.crashes > 0 {
        rules.push(Rule::new(
            ActionClass::new("CrashClient", "clients")
                .caused_by(Cause::Fault)
                .guard(&["clients", "crashes"])
                .modifies(&["clients", "crashes"]),
            By::One("environment"),
            &["client"],
            |_, s| {
                let may = *s.crashes > 0;
                s.clients.those(|client| may && client.up)
            },
            |_, s, [client, ..]| {
                *s.crashes -= 1;
                s.clients[client].up = false;
            },
        ));
    }
    rules
}

/// What devices do, and the store of their buffers.
pub(super) fn devices(p: &GangScheduling) -> Vec<Rule> {
    let gangs = p.bounds.clients * p.bounds.programs;
    let mut rules = vec![
        Rule::new(
            ActionClass::new("Start", "devices").guard(&["gangs", "devices"]).modifies(&["gangs"]),
            By::One("devices"),
            GANG,
            |p, s| {
                s.gangs.those_numbered(|gang, g| {
                    let at_head = |d| s.devices[d].queue.first() == Some(&gang);
                    g.stage == Stage::Submitted && p.devices_of(g).all(at_head)
                })
            },
            |_, s, [gang, ..]| {
                s.gangs[gang].stage = Stage::Running;
                s.gangs[gang].runs += 1;
            },
        )
        .each(gangs),
        Rule::new(
            ActionClass::new("Finish", "devices").guard(&["gangs"]).modifies(&["gangs", "devices"]),
            By::One("devices"),
            GANG,
            |_, s| s.gangs.those(|g| g.stage == Stage::Running),
            |p, s, [gang, ..]| {
                s.gangs[gang].stage = Stage::Finished;
                for device in p.devices_of(&s.gangs[gang].clone()) {
                    s.devices[device].queue.remove(0);
                }
            },
        )
        .each(gangs),
        Rule::new(
            ActionClass::new("Free", "buffers").guard(&["gangs"]).modifies(&["gangs"]),
            By::One("store"),
            GANG,
            |_, s| s.gangs.those(|g| g.releasing),
            |_, s, [gang, ..]| {
                s.gangs[gang].releasing = false;
                s.gangs[gang].freed += 1;
            },
        )
        .each(gangs),
    ];
    if p.bounds.crashes > 0 && !p.has("never-collects") {
        rules.push(
            Rule::new(
                ActionClass::new("Collect", "buffers")
                    .guard(&["clients", "gangs"])
                    .modifies(&["gangs"]),
                By::One("store"),
                GANG,
                |p, s| {
                    s.gangs.those_numbered(|gang, g| {
                        let orphan = !s.clients[gang / p.bounds.programs].up;
                        let held = !g.releasing && g.freed == 0;
                        let due = g.stage == Stage::Finished && !g.collected && orphan;
                        due && (held || p.has("collects-blindly"))
                    })
                },
                |_, s, [gang, ..]| {
                    s.gangs[gang].collected = true;
                    s.gangs[gang].freed += 1;
                },
            )
            .each(gangs),
        );
    }
    rules
}
