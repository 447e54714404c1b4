//! Access as a part of `seatrial check`: what is wrong with policies, what assertions say, and what
//! a change opens.

use std::sync::Arc;

use seatrial_access::assertion::World;
use seatrial_access::istio;
use seatrial_access::network::{Connections, lint};
use seatrial_access::rbac::Baseline;
use seatrial_access::report::{
    Body, Comparison, Faulty, Kind, Options, Region, Summary, Way, Witness,
};
use seatrial_access::{Change, Source};
use seatrial_core::{Finding, Found, Location, Severity, Undecided};
use seatrial_manifests::Object;
use seatrial_report::Exhibit;
use seatrial_report::json::{Document, Tool, VERSION};

use super::assertions::Assertions;
use super::rules;
use crate::check::Shown;
use crate::web::Sites;

/// So many regions, and so many ends newly reached, are reported at most; the others are counted.
const MOST: usize = 100;
/// So many are looked at, so that those that weigh more come first.
pub(crate) const LOOKED_AT: usize = 10_000;

/// What is wrong with roles, bindings and network policies, and which assertions they refute.
pub(crate) fn check(
    objects: &[Object],
    sites: &Sites,
    assertions: &Assertions,
    runs: &(dyn Fn(&str) -> bool + Sync),
) -> Found {
    let mut found = Found::default();
    for (_, site) in &sites.0 {
        found.findings.extend(site.findings.iter().cloned());
        found.undecided.extend(site.undecided.iter().cloned());
    }
    let bears = objects.iter().any(|object| Kind::ALL.iter().any(|kind| kind.recognises(object)));
    if !bears && sites.0.is_empty() {
        return found;
    }
    let world = World { servers: sites.servers(), unread: sites.unread(), ..World::read(objects) };
    // The roles that every cluster has are not among the files.
    let builtin = Baseline::kubernetes().objects().first().map(|object| object.file.path());
    let of_files = |finding: &&Finding| builtin != Some(&finding.location.path);
    found.findings.extend(world.policy.found.findings.iter().filter(of_files).cloned());
    found.undecided.extend(world.policy.found.undecided.iter().cloned());
    let policies = world.network.policies.len() + world.network.cluster_policies.len();
    if policies > 0 {
        // What is wrong with workloads themselves, schemas say.
        let of_policies = |finding: &&Finding| {
            let kind = finding.resource.as_ref().map_or("", |resource| &resource.kind);
            kind.ends_with("NetworkPolicy")
        };
        found.findings.extend(world.network.findings.iter().filter(of_policies).cloned());
        found.findings.extend(lint(&Connections::of(&world.network)));
    }
    if objects.iter().any(|object| Kind::Istio.recognises(object)) {
        let mesh = istio::read(objects, istio::ROOT_NAMESPACE);
        found.findings.extend(istio::lint(&mesh, objects, istio::ROOT_NAMESPACE));
        found.findings.extend(mesh.findings);
    }
    found.extend(assertions.check(&world, runs));
    found
}

/// Whether what is wrong with an object has been said by its schema, on the same line.
pub(crate) fn is_repeated(finding: &Finding, known: &[Finding]) -> bool {
    let place = |finding: &Finding| (Arc::clone(&finding.location.path), finding.location.line);
    finding.rule.ends_with("-invalid")
        && known.iter().any(|known| {
            known.severity == Severity::Error
                && known.resource == finding.resource
                && place(known) == place(finding)
        })
}

/// What the objects open and close, compared with those of a base.
///
/// # Errors
///
/// If a witness is not confirmed by the direct evaluator.
pub(crate) fn compare(base: &[Object], objects: &[Object]) -> Result<Shown, Faulty> {
    let options = Options { limit: LOOKED_AT, ..Options::default() };
    Ok(shown("manifests", Comparison::of(base, objects, &options)?, objects))
}

/// What a comparison says of the objects, or of what else it compares, by name.
pub(crate) fn shown(of: &str, mut comparison: Comparison, objects: &[Object]) -> Shown {
    let mut found = Found::default();
    // Those that weigh much first; among equals in the order of the comparison.
    comparison.regions.sort_by_key(|it| it.change != Change::Opened || it.weight().is_none());
    comparison.regions.truncate(MOST);
    comparison.reach.truncate(MOST);
    for region in &comparison.regions {
        match region.change {
            Change::Opened | Change::Closed | Change::MayClose => {
                found.findings.push(of_region(region));
            }
            Change::MayOpen | Change::MayChange => found.undecided.push(doubt(region)),
        }
    }
    found.findings.extend(comparison.reach.iter().map(of_way));
    found.findings.extend(not_listed(&comparison));
    found.findings.extend(workloads(&comparison, objects));
    let exhibits = exhibit(of, &comparison).into_iter().collect();
    found.undecided.extend(comparison.undecided);
    Shown { found, exhibits }
}

/// What changes, to be drawn; nothing where nothing does.
fn exhibit(of: &str, comparison: &Comparison) -> Option<Exhibit> {
    if comparison.regions.is_empty() {
        return None;
    }
    let document = Document {
        version: VERSION,
        tool: Tool::seatrial(env!("CARGO_PKG_VERSION")),
        command: "access diff",
        summary: Summary::of(comparison),
        bounds: &[],
        body: Body::of(comparison),
    };
    let document = serde_json::to_value(document).ok()?;
    Some(Exhibit::Access { of: of.to_owned(), document })
}

/// How much is not listed, if something is.
fn not_listed(comparison: &Comparison) -> Option<Finding> {
    let more = |change: &Change| {
        let listed = comparison.regions.iter().filter(|it| it.change == *change).count();
        (*change, comparison.of_change(*change) - listed)
    };
    let regions: Vec<_> = Change::ALL.iter().map(more).filter(|(_, more)| *more > 0).collect();
    let ends = comparison.reach_total - comparison.reach.len();
    let parts = regions.iter().map(|(change, more)| format!("{more} {change}"));
    let parts = parts.chain((ends > 0).then(|| format!("{ends} newly reached")));
    let parts: Vec<_> = parts.collect();
    if parts.is_empty() {
        return None;
    }
    let opened = regions.iter().any(|(change, _)| *change == Change::Opened) || ends > 0;
    let (rule, severity) =
        if opened { (rules::OPENED, Severity::Warning) } else { (rules::CLOSED, Severity::Note) };
    let message = format!("and more that are not listed: {}", parts.join(", "));
    let list = "`seatrial access diff BASE . --limit N` lists them all";
    let finding = Finding::new(rule, severity, Location::start_of(".".into()), message);
    Some(finding.because(list.to_owned()))
}

/// A finding at the first of some sources; the others belong to it.
fn at(rule: &'static str, severity: Severity, sources: &[Source], message: String) -> Finding {
    // A place in the files that are checked, rather than in a role that every cluster has.
    let mut sources = sources.to_vec();
    sources.sort_by_key(is_builtin);
    let Some((first, others)) = sources.split_first() else {
        return Finding::new(rule, severity, Location::start_of(".".into()), message);
    };
    let finding = Finding::new(rule, severity, first.location.clone(), message)
        .of(&first.resource, first.pointer.clone());
    others.iter().fold(finding, |finding, source| {
        let Source { resource, location, role, .. } = source;
        finding.related_to(location.clone(), format!("the {role} `{}`", resource.name))
    })
}

/// Whether a place is in a role that every cluster has.
fn is_builtin(source: &Source) -> bool {
    let builtin = Baseline::kubernetes().objects().first();
    builtin.is_some_and(|object| *object.file.path() == source.location.path)
}

/// The places of a region: the new side's before the old one's, rules before what leads to them.
fn places(region: &Region) -> Vec<Source> {
    let mut new = region.new.clone();
    let mut old = region.old.clone();
    for sources in [&mut new, &mut old] {
        sources.sort_by_key(|source| source.role != "rule");
    }
    new.extend(old);
    new
}

fn of_region(region: &Region) -> Finding {
    let weight = region.weight().filter(|_| region.change == Change::Opened);
    let (rule, severity) = match (region.change, weight) {
        (Change::Opened, Some(_)) => (rules::OPENED_SENSITIVE, Severity::Error),
        (Change::Opened, None) => (rules::OPENED, Severity::Warning),
        _ => (rules::CLOSED, Severity::Note),
    };
    let mut finding = at(rule, severity, &places(region), region.headline());
    if let Some(why) = weight {
        finding = finding.labelled(why);
    }
    finding = finding.because(format!("{}, for one: `{}`", region.change, region.witness));
    match region.replay() {
        Some(command) if region.kind == Kind::Network => {
            finding.because(format!("ask again: `{command}`"))
        }
        Some(command) if matches!(region.witness, Witness::Web(_)) => {
            finding.because(format!("ask the server: `{command}`"))
        }
        Some(command) => finding.because(format!("ask a cluster: `{command}`")),
        None => finding,
    }
}

fn doubt(region: &Region) -> Undecided {
    let first = places(region).into_iter().next();
    let reason = region.reason.clone().unwrap_or_default();
    Undecided {
        location: first
            .as_ref()
            .map_or_else(|| Location::start_of(".".into()), |source| source.location.clone()),
        rule: rules::OPENED.into(),
        reason: format!("whether {}: {reason}", region.headline().replace(" perhaps ", " ")),
        resource: first.map(|source| source.resource),
    }
}

fn of_way(way: &Way) -> Finding {
    let sources: Vec<_> = way.steps.iter().flat_map(|hop| hop.rules.iter().cloned()).collect();
    let message = format!("`{}` can now come to {}", way.subject, way.end);
    let finding = at(rules::NEW_REACH, Severity::Warning, &sources, message);
    way.steps.iter().fold(finding, |finding, hop| {
        let unless = hop.unless.map_or_else(String::new, |unless| format!(", unless {unless}"));
        finding.because(format!("{}: {}{unless}", hop.technique, hop.gain))
    })
}

/// A note on each workload that is new.
fn workloads(comparison: &Comparison, objects: &[Object]) -> Vec<Finding> {
    let is = |object: &&Object, id: &str| {
        format!("{}/{}[{}]", object.namespace(), object.name(), object.kind()) == id
    };
    let of = |id: &str| {
        let object = objects.iter().find(|object| is(object, id))?;
        let message = format!("`{id}` is new: its connections are not compared");
        let location = object.name_location();
        Some(Finding::new(rules::WORKLOADS, Severity::Note, location, message).of(&object.id, ""))
    };
    comparison.added.iter().filter_map(|id| of(id)).collect()
}
