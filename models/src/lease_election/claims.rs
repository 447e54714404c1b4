//! What is claimed.

use seatrial_explore::Property;

use super::LeaseElection;
use super::state::State;
use crate::rules::Machine;

type Claim = crate::rules::Claim<LeaseElection>;

/// All properties, with the names of the catalogue.
pub(super) fn all() -> Vec<Property<Machine<LeaseElection>>> {
    vec![
        Claim::always(
            ("OneLeads", "at most one elector leads by its own clock", &["electors"]),
            |p, s| s.electors.iter().filter(|elector| p.believes(elector)).count() <= 1,
        ),
        Claim::always(
            (
                "ActsInOrder",
                "nobody acts under an earlier lease once somebody acted under a later one",
                &["resource"],
            ),
            |_, s| !s.resource.stale,
        ),
        Claim::leads_to(
            ("SomebodyLeads", "if nobody leads, somebody will", &["electors"]),
            |_, s| !somebody_leads(s),
            |_, s| somebody_leads(s),
        ),
        Claim::sometimes(
            (
                "CanChange",
                "the lease may pass from one elector to another",
                &["electors", "record"],
            ),
            |_, s| s.record.token > 1 && s.record.holder.is_some(),
        ),
    ]
}

fn somebody_leads(s: &State) -> bool {
    s.electors.iter().any(|elector| elector.leads)
}
