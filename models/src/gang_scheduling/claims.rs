//! What is claimed.

use seatrial_explore::Property;

use super::GangScheduling;
use super::state::{Gang, Stage, State};
use crate::rules::Machine;

type Claim = crate::rules::Claim<GangScheduling>;

/// All properties, with the names of the catalogue.
pub(super) fn all() -> Vec<Property<Machine<GangScheduling>>> {
    vec![
        Claim::always(
            (
                "OrderAgrees",
                "any two gangs are in one order on all devices they share",
                &["devices"],
            ),
            |_, s| {
                let before = |queue: &[u8], one: u8, other: u8| {
                    let place = |gang| queue.iter().position(|queued| *queued == gang);
                    matches!((place(one), place(other)), (Some(one), Some(other)) if one < other)
                };
                let queues = || s.devices.iter().map(|device| device.queue.as_slice());
                queues().all(|queue| {
                    let ordered = queue.iter().enumerate().flat_map(|(place, one)| {
                        queue.iter().skip(place + 1).map(move |other| (*one, *other))
                    });
                    let mut ordered = ordered.filter(|(one, other)| one != other);
                    ordered.all(|(one, other)| !queues().any(|queue| before(queue, other, one)))
                })
            },
        ),
        Claim::always(
            (
                "RunsOnce",
                "no gang is queued twice on a device or runs twice",
                &["gangs", "devices"],
            ),
            |_, s| {
                let once = |queue: &[u8]| {
                    queue
                        .iter()
                        .enumerate()
                        .all(|(at, gang)| !queue.iter().skip(at + 1).any(|g| g == gang))
                };
                let stale = |gang: &u8| s.gangs[*gang].stage == Stage::Finished;
                s.gangs.iter().all(|gang| gang.runs <= 1)
                    && s.devices.iter().all(|d| once(&d.queue) && !d.queue.iter().any(stale))
            },
        ),
        Claim::always(("FreedOnce", "no buffer is freed twice", &["gangs"]), |_, s| {
            s.gangs.iter().all(|gang| gang.freed <= 1)
        }),
        Claim::leads_to(
            (
                "AllOrNone",
                "a gang that is queued on one of its devices is queued on all of them",
                &["gangs", "devices"],
            ),
            partial,
            |p, s| !partial(p, s),
        ),
        Claim::leads_to(
            ("GangsFinish", "every gang that is submitted finishes", &["gangs"]),
            |_, s| s.gangs.iter().any(Gang::is_open),
            |_, s| !s.gangs.iter().any(Gang::is_open),
        ),
        Claim::leads_to(
            ("BuffersReturn", "the buffers of what has finished are freed", &["gangs"]),
            |_, s| s.gangs.iter().any(|gang| gang.stage == Stage::Finished && gang.freed == 0),
            |_, s| !s.gangs.iter().any(|gang| gang.stage == Stage::Finished && gang.freed == 0),
        ),
        Claim::sometimes(("CanShare", "gangs of all clients may run", &["gangs"]), |_, s| {
            s.gangs.iter().all(|gang| gang.runs > 0)
        }),
    ]
}

/// Whether a gang is queued on some of its devices and not on others.
fn partial(p: &GangScheduling, s: &State) -> bool {
    let on = |gang: u8, device: u8| s.devices[device].queue.contains(&gang);
    (0..s.gangs.count()).any(|gang| {
        let mut devices = p.devices_of(&s.gangs[gang]);
        let first = devices.next().is_some_and(|device| on(gang, device));
        s.gangs[gang].is_open() && devices.any(|device| on(gang, device) != first)
    })
}
