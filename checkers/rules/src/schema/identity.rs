//! Which schema an object has, and what is wrong with its group, version and kind.

use seatrial_core::{Safety, Span, nearest};

use super::bundle::{Bundle, ServedKind};
use super::lifecycle;
use super::names;
use super::native::write_choice;
use super::site::{Draft, Site};
use super::version::Version;

/// What the group, version and kind of an object are to a version of Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// A kind that it serves.
    Served(ServedKind),
    /// A kind that it does not serve, though it would have to come from Kubernetes itself.
    NotServed,
    /// A kind that may be an extension, or no API object at all.
    Foreign,
}

/// Finds the kind of an object.
pub(super) fn identify(group: &str, version: &str, kind: &str, kubernetes: Version) -> Identity {
    if let Some(served) = Bundle::get().kind(group, version, kind, kubernetes) {
        return Identity::Served(served);
    }
    // Files of client tools that look like objects, and lists of mixed objects.
    if group.is_empty() && version == "v1" && matches!(kind, "Config" | "List") {
        return Identity::Foreign;
    }
    // Custom resources cannot have a group without a dot: the API server wants a domain. Files of
    // client tools may, with kinds of their own.
    let misspelt = || !group.contains('.') && Bundle::get().kinds().any(|known| known.kind == kind);
    if is_native_group(group) || misspelt() { Identity::NotServed } else { Identity::Foreign }
}

/// Whether a group is one of Kubernetes' own, now or formerly.
fn is_native_group(group: &str) -> bool {
    Bundle::get().kinds().any(|known| known.group == group) || lifecycle::knows_group(group)
}

/// Reports a served kind that is deprecated in this version of Kubernetes.
pub(super) fn report_deprecated(site: &mut Site<'_>, served: &ServedKind, kubernetes: Version) {
    let Some(lifecycle) = lifecycle::of(served.group, served.version, served.kind) else { return };
    if !lifecycle.is_deprecated_in(kubernetes) {
        return;
    }
    let object = site.object;
    let (api_version, kind) = (&object.id.api_version, object.kind());
    let instead = lifecycle.instead.map(str::to_owned).or_else(|| {
        best(served.group, kind, kubernetes)
            .filter(|best| best.version != served.version)
            .map(|best| best.api_version())
    });
    let since = format!("deprecated since Kubernetes 1.{}", lifecycle.deprecated);
    let message = format!("`{api_version}` of {kind} is deprecated");
    let draft = site
        .warning(names::DEPRECATED_API, api_version_span(site), message)
        .at_key("apiVersion")
        .label(match lifecycle.removed {
            Some(removed) => format!("{since}, not served from 1.{removed} on"),
            None => since,
        });
    if let Some(instead) = instead {
        let draft = draft.help(format!("use `{instead}`"));
        move_to(draft, (served.group, served.version, served.kind), &instead);
    }
}

/// Adds the edit that moves an object of a kind to another API version, unless that is of another
/// kind.
fn move_to(draft: Draft<'_, '_>, (group, version, kind): (&str, &str, &str), instead: &str) {
    if !instead.contains(' ') {
        let same = lifecycle::is_unchanged(group, version, kind);
        draft.set(instead, if same { Safety::Safe } else { Safety::Unsafe });
    }
}

/// Reports a kind that this version of Kubernetes does not serve.
pub(super) fn report_not_served(site: &mut Site<'_>, kubernetes: Version) {
    let object = site.object;
    let (group, version, kind) = (object.group(), object.id.version(), object.kind());
    let elsewhere: Vec<_> = Bundle::get()
        .kinds()
        .filter(|known| (known.group, known.version, known.kind) == (group, version, kind))
        .collect();
    let lifecycle = lifecycle::of(group, version, kind);
    let last = elsewhere.iter().map(|known| known.last).max();
    if let Some(lifecycle) = lifecycle.filter(|lifecycle| lifecycle.is_removed_in(kubernetes)) {
        let since = lifecycle.removed.map_or_else(String::new, |removed| format!("1.{removed}"));
        removed(
            site,
            kubernetes,
            format!("not served since Kubernetes {since}"),
            lifecycle.instead,
        );
    } else if let Some(last) = last.filter(|last| *last < kubernetes) {
        removed(site, kubernetes, format!("not served after Kubernetes {last}"), None);
    } else if let Some(first) = elsewhere.iter().map(|known| known.first).min() {
        not_yet(site, kubernetes, first);
    } else {
        unknown(site, kubernetes);
    }
}

fn removed(site: &mut Site<'_>, kubernetes: Version, label: String, instead: Option<&str>) {
    let object = site.object;
    let (api_version, kind) = (&object.id.api_version, object.kind());
    let same_group = || best(object.group(), kind, kubernetes).map(|best| best.api_version());
    let instead = instead.map(str::to_owned).or_else(same_group);
    let message = format!("Kubernetes {kubernetes} no longer serves `{api_version}` of {kind}");
    let draft = site
        .error(names::REMOVED_API, api_version_span(site), message)
        .at_key("apiVersion")
        .label(label);
    match instead {
        Some(instead) => {
            let draft = draft.help(format!("use `{instead}`; its fields may differ"));
            move_to(draft, (object.group(), object.id.version(), kind), &instead);
        }
        None => {
            draft.help("there is no replacement; see the migration guide of Kubernetes");
        }
    }
}

fn not_yet(site: &mut Site<'_>, kubernetes: Version, first: Version) {
    let object = site.object;
    let (api_version, kind) = (object.id.api_version.clone(), object.kind());
    let message = format!("Kubernetes {kubernetes} does not serve `{api_version}` of {kind} yet");
    let instead = best(object.group(), kind, kubernetes);
    let draft = site
        .error(names::UNKNOWN_API_VERSION, api_version_span(site), message)
        .at_key("apiVersion")
        .label(format!("served since Kubernetes {first}"));
    if let Some(instead) = instead {
        draft.help(format!("use `{}`; its fields may differ", instead.api_version()));
    }
}

/// A kind that this group and version never had: the likeliest of them is wrong.
fn unknown(site: &mut Site<'_>, kubernetes: Version) {
    let object = site.object;
    let (group, kind) = (object.group(), object.kind());
    let api_version = object.id.api_version.as_str();
    let other_group = || {
        let mut groups = served(kubernetes).filter(|known| known.kind == kind);
        let first = groups.next()?;
        groups
            .all(|known| known.group == first.group)
            .then(|| best(first.group, kind, kubernetes))?
    };
    if let Some(instead) = best(group, kind, kubernetes).or_else(other_group) {
        let span = api_version_span(site);
        let right = instead.api_version();
        site.error(
            names::UNKNOWN_API_VERSION,
            span,
            format!("there is no {kind} in `{api_version}`"),
        )
        .at_key("apiVersion")
        .label(format!("{kind} is in `{right}`"))
        .write(&right, Safety::Unsafe);
        return;
    }
    let kinds: Vec<_> = served(kubernetes)
        .filter(|known| known.api_version() == api_version && !known.kind.ends_with("List"))
        .map(|known| known.kind)
        .collect();
    if kinds.is_empty() {
        return unknown_group(site, kubernetes);
    }
    let span = object.node.get("kind").map_or(object.node.span, |node| node.span);
    let draft = site
        .error(names::UNKNOWN_KIND, span, format!("there is no kind `{kind}` in `{api_version}`"))
        .at_key("kind");
    match nearest(kind, kinds.iter().copied()) {
        Some(meant) => {
            let draft = draft.label(format!("did you mean `{meant}`?"));
            write_choice(draft, kind, kinds.into_iter());
        }
        None => {
            draft.label(format!("Kubernetes {kubernetes} serves no such kind"));
        }
    }
}

fn unknown_group(site: &mut Site<'_>, kubernetes: Version) {
    let api_version = site.object.id.api_version.clone();
    let span = api_version_span(site);
    let known: Vec<_> = served(kubernetes).map(|known| known.api_version()).collect();
    let group = site.object.group();
    let same_group = served(kubernetes).filter(|known| known.group == group);
    let mut versions: Vec<_> = same_group.map(|known| format!("`{}`", known.version)).collect();
    versions.sort();
    versions.dedup();
    let label = match (versions.is_empty(), group.contains('.')) {
        (false, _) => format!("this group is served in {}", versions.join(", ")),
        (true, true) => "this group is not served".to_owned(),
        (true, false) => "the group of a custom resource would have a dot".to_owned(),
    };
    let draft = site
        .error(
            names::UNKNOWN_API_VERSION,
            span,
            format!("Kubernetes {kubernetes} has no API `{api_version}`"),
        )
        .at_key("apiVersion");
    let known = known.iter().map(String::as_str);
    match nearest(&api_version, known.clone()) {
        Some(meant) => {
            let draft = draft.label(format!("did you mean `{meant}`?"));
            write_choice(draft, &api_version, known);
        }
        None => {
            draft.label(label);
        }
    }
}

/// The kinds that a version of Kubernetes serves.
fn served(kubernetes: Version) -> impl Iterator<Item = ServedKind> {
    Bundle::get().kinds().filter(move |known| known.in_version(kubernetes))
}

/// The most stable, and of those the newest, version of a kind that a group serves.
fn best(group: &str, kind: &str, kubernetes: Version) -> Option<ServedKind> {
    served(kubernetes)
        .filter(|known| known.group == group && known.kind == kind)
        .max_by_key(|known| stability(known.version))
}

/// The order of API versions: stable before beta before alpha, then by number.
fn stability(version: &str) -> (u8, u32, u32) {
    let number = |text: &str| text.parse().unwrap_or(0);
    let rest = version.strip_prefix('v').unwrap_or(version);
    match (rest.split_once("alpha"), rest.split_once("beta")) {
        (Some((major, minor)), _) => (0, number(major), number(minor)),
        (_, Some((major, minor))) => (1, number(major), number(minor)),
        _ => (2, number(rest), 0),
    }
}

fn api_version_span(site: &Site<'_>) -> Span {
    let root = &site.object.node;
    root.get("apiVersion").map_or(root.span, |node| node.span)
}
