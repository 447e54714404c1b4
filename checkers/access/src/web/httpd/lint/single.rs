//! Mistakes that one section, or one file, makes by itself.

use seatrial_core::{Finding, Severity};

use super::super::model::{At, Config, Node, Order, Origin, Provider, What};
use super::super::rules::{HTACCESS_IGNORED, ONE_FAMILY};
use super::sections::Part;
use crate::network::AddressSet;
use crate::web::gap::named;
use crate::web::request::Local;

impl Order {
    /// Whether whom nothing speaks of is refused.
    pub(super) const fn denies_by_default(self) -> bool {
        !matches!(self, Self::DenyAllow)
    }
}

impl Origin {
    /// Whether everybody is from there.
    pub(super) fn is_everybody(&self) -> bool {
        match self {
            Self::All => true,
            Self::Addresses(set) => AddressSet::all().is_subset(set),
            Self::Opaque(_) => false,
        }
    }
}

/// Refusals of all addresses of one family that refuse none of the other, from which clients come.
pub(super) fn families(config: &Config, parts: &[Part], findings: &mut Vec<Finding>) {
    let v4 = AddressSet::all_v4();
    let v6 = AddressSet::all().difference(&v4);
    let listens = |wanted: bool| {
        config.endpoints.iter().any(|it| match &it.local {
            Local::AnyV4 => wanted,
            Local::AnyV6 => !wanted,
            Local::Address(address) => address.is_ipv4() == wanted,
            _ => false,
        })
    };
    if !listens(true) || !listens(false) {
        return;
    }
    for part in parts {
        for refused in refusals(part) {
            let all: Vec<&AddressSet> = refused.iter().map(|(set, _)| *set).collect();
            let all = AddressSet::of(all);
            let open = match (v4.is_subset(&all), v6.is_subset(&all)) {
                (true, false) if all.is_disjoint(&v6) => "IPv6",
                (false, true) if all.is_disjoint(&v4) => "IPv4",
                _ => continue,
            };
            let Some((_, at)) = refused.first() else { continue };
            let message = format!(
                "`{}` of {} refuses nobody over {open}, and everybody else",
                at.text,
                named(at)
            );
            let help = "`Require all denied` and `Deny from all` are about all families";
            let finding = at.finding("httpd", ONE_FAMILY, Severity::Warning, message);
            findings.push(finding.help(help));
        }
    }
}

/// Lists of addresses that are refused, of which nothing else is by default.
fn refusals(part: &Part) -> Vec<Vec<(&AddressSet, &At)>> {
    let mut found = Vec::new();
    if let Some(compat) = &part.scope.compat
        && !compat.order.iter().any(|(_, order, _)| order.denies_by_default())
        && compat.allow.is_empty()
        && compat.satisfy_any.iter().all(|(_, any)| !any)
    {
        let each = compat.deny.iter().map(|(_, origin, at)| match origin {
            Origin::Addresses(set) => Some((set, at)),
            Origin::All | Origin::Opaque(_) => None,
        });
        found.extend(each.collect::<Option<Vec<_>>>());
    }
    if let Some(node) = &part.scope.authz.section {
        gather(node, &mut found);
    }
    found
}

/// `Require not ip` of each container that requires nothing else but `all granted`.
fn gather<'n>(node: &'n Node, into: &mut Vec<Vec<(&'n AddressSet, &'n At)>>) {
    let What::Section(_, children) = &node.what else { return };
    let mut refused = Vec::new();
    let mut plain = true;
    for child in children {
        match &child.what {
            What::Provider(Provider::Ip(set)) if child.negate => refused.push((set, &child.at)),
            What::Provider(Provider::All(true)) if !child.negate => {}
            What::Provider(_) => plain = false,
            What::Section(..) => {
                plain = false;
                gather(child, into);
            }
        }
    }
    if plain && !refused.is_empty() {
        into.push(refused);
    }
}

/// `.htaccess` files that refuse somebody, and which httpd does not read in any site, or answers with
/// 500 in all.
pub(super) fn ignored(config: &Config) -> Vec<Finding> {
    let Some(files) = config.sites.first().map(|site| &site.htaccess) else { return Vec::new() };
    let each = files.iter().filter_map(|(directory, file)| {
        let first = file.first.as_ref()?;
        let allowed: Option<Vec<_>> =
            config.sites.iter().map(|site| site.overrides_in(directory)).collect();
        let allowed = allowed?;
        if allowed.iter().all(|it| !it.reads()) {
            let message = format!(
                "`{}` has no effect: `AllowOverride None` is in force in `{directory}`, so that \
                 httpd does not read this file",
                first.text
            );
            let help = "say it in `<Directory>`, or allow it there by `AllowOverride AuthConfig`";
            return Some(found(first, message, help));
        }
        let refused = allowed.iter().map(|it| file.under.get(it)?.as_ref().err());
        let at = refused.collect::<Option<Vec<_>>>()?.into_iter().next()?;
        let message = format!(
            "`{}` makes httpd answer everything in `{directory}` with 500: it does not take it there",
            at.text
        );
        let help = "allow it by `AllowOverride` in `<Directory>`, or take it out";
        Some(found(at, message, help))
    });
    each.collect()
}

fn found(at: &At, message: String, help: &str) -> Finding {
    at.finding("httpd", HTACCESS_IGNORED, Severity::Warning, message).help(help)
}
