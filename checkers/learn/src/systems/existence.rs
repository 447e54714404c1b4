//! Whether there is a parameter of a name.

use seatrial_core::nearest;
use seatrial_parse::settings::Setting;

use super::facts::Facts;
use super::rules;
use super::typing::Complaint;

/// What is wrong with the name of a parameter. Unknown names are reported if the list of names is
/// to be used.
pub(super) fn check(setting: &Setting, facts: &[&Facts], with_names: bool) -> Option<Complaint> {
    let name = &setting.name;
    let title = facts.first().map(|facts| facts.title()).unwrap_or_default();
    let removed = facts.iter().find_map(|facts| facts.removed.get(name));
    if let Some((since, instead)) = removed {
        let message = match since.strip_prefix('>') {
            Some(later) => format!("`{name}` came with {later}, after {title}"),
            None => format!("`{name}` was removed or renamed in {since}"),
        };
        let help = (!instead.is_empty()).then(|| format!("use `{instead}`"));
        return Some(Complaint {
            rule: &rules::REMOVED,
            message,
            label: "not in this version",
            help,
        });
    }
    if !with_names || facts.is_empty() || facts.iter().any(|facts| facts.knows(name)) {
        return None;
    }
    let names = facts.iter().flat_map(|facts| facts.names());
    let help = nearest(name, names).map(|near| format!("did you mean `{near}`?"));
    let message = format!("{title} knows no parameter `{name}`");
    Some(Complaint { rule: &rules::UNKNOWN, message, label: "unknown parameter", help })
}
