//! Regions, places and requests in words.

use std::fmt::Write;

use super::{Kind, Region, Witness};
use crate::rbac::{Action, Request, User};
use crate::{Change, Extent, Members, Source};

/// What a region covers, as lines of a heading and a text.
pub(super) fn lines(region: &Region) -> Vec<(&'static str, String)> {
    let of = |name| of(&region.extents, name);
    match region.kind {
        Kind::Rbac if of("url").is_some() => {
            vec![("who", any(of("subject"), "anybody")), ("may", url_sentence(&region.extents))]
        }
        Kind::Rbac => {
            vec![("who", any(of("subject"), "anybody")), ("may", sentence(&region.extents))]
        }
        Kind::Network => vec![
            ("from", any(of("source"), "anywhere")),
            ("to", any(of("destination"), "anywhere")),
            ("on", any(of("ports"), "all ports")),
        ],
        Kind::Istio | Kind::Admission | Kind::Nginx | Kind::Httpd => {
            region.extents.iter().map(|it| (it.dimension, it.members.to_string())).collect()
        }
    }
}

impl Region {
    /// What changed, in one line.
    pub fn headline(&self) -> String {
        let lines: Vec<_> = lines(self).into_iter().map(|(_, line)| line).collect();
        match (self.kind, self.change, lines.as_slice()) {
            (Kind::Rbac, change, [who, what]) => {
                let may = match change {
                    Change::Opened => "may now",
                    Change::MayOpen | Change::MayChange => "perhaps may now",
                    Change::Closed => "may no longer",
                    Change::MayClose => "perhaps may no longer",
                };
                format!("{who} {may} {what}")
            }
            (Kind::Network, change, [from, to, on]) => {
                let can = match change {
                    Change::Opened => "can now",
                    Change::MayOpen | Change::MayChange => "perhaps can now",
                    Change::Closed => "can no longer",
                    Change::MayClose => "perhaps can no longer",
                };
                format!("{from} {can} connect to {to} on {on}")
            }
            (Kind::Admission, change, _) => admission(change, &self.extents),
            (_, change, lines) => format!("{change}: {}", lines.join(", ")),
        }
    }

    /// How to ask again about the witness, where that is one command: a cluster, or this program
    /// about the files of the current directory.
    pub fn replay(&self) -> Option<String> {
        replay(&self.witness, "")
    }
}

/// What changed for some objects that are to be admitted, in one line.
pub(super) fn admission(change: Change, extents: &[Extent]) -> String {
    let are = match change {
        Change::Opened => "now admitted",
        Change::MayOpen | Change::MayChange => "perhaps now admitted",
        Change::Closed => "now rejected",
        Change::MayClose => "perhaps now rejected",
    };
    let of = |name| of(extents, name);
    let mut text = any(of("operation"), "requests");
    let _ = write!(text, " of {}", any(of("resource"), "anything"));
    for (dimension, word) in [("name", "named"), ("namespace", "in namespace")] {
        if let Some(members) = of(dimension) {
            let _ = write!(text, " {word} {members}");
        }
    }
    format!("some objects are {are}: {text}")
}

/// The members of a dimension.
pub(super) fn of<'e>(extents: &'e [Extent], dimension: &str) -> Option<&'e Members> {
    extents.iter().find(|extent| extent.dimension == dimension).map(|extent| &extent.members)
}

fn any(members: Option<&Members>, all: &str) -> String {
    match members {
        None | Some(Members::Any) => all.to_owned(),
        Some(members) => members.to_string(),
    }
}

/// Whether a dimension holds the empty value and nothing else.
fn is_empty(members: Option<&Members>) -> bool {
    matches!(members, Some(Members::Only(names)) if names.iter().all(|name| &**name == "\"\""))
}

/// `get, list secrets in namespace shop`.
fn sentence(extents: &[Extent]) -> String {
    let of = |name| of(extents, name);
    let mut text = format!("{} {}", verbs(of("verb")), resource(of("resource")));
    if !is_empty(of("group")) {
        let _ = write!(text, " of {}", any_of(of("group"), "API group"));
    }
    match of("subresource") {
        subresource if is_empty(subresource) => {}
        None | Some(Members::Any) => text.push_str(" and their subresources"),
        Some(members) => {
            let _ = write!(text, ", subresource {members},");
        }
    }
    if let Some(members) = of("name").filter(|members| **members != Members::Any) {
        let _ = write!(text, " named {members}");
    }
    match of("namespace") {
        namespace if is_empty(namespace) => text.push_str(" across all namespaces"),
        namespace => {
            let _ = write!(text, " in {}", any_of(namespace, "namespace"));
        }
    }
    text
}

fn url_sentence(extents: &[Extent]) -> String {
    let url = any(of(extents, "url"), "any URL");
    format!("{} {url}", verbs(of(extents, "verb")))
}

fn verbs(members: Option<&Members>) -> String {
    match members {
        None | Some(Members::Any) => "do anything with".to_owned(),
        Some(Members::Only(names)) => names.join(", "),
        Some(Members::AllBut(names)) => format!("do anything but {} with", names.join(", ")),
    }
}

fn resource(members: Option<&Members>) -> String {
    match members {
        None | Some(Members::Any) => "any resource".to_owned(),
        Some(Members::AllBut(_)) => format!("resources {}", any(members, "")),
        Some(Members::Only(_)) => any(members, ""),
    }
}

/// `any namespace`, `namespace shop`, `namespaces a, b`, `any namespace but a`.
fn any_of(members: Option<&Members>, noun: &str) -> String {
    match members {
        None | Some(Members::Any) => format!("any {noun}"),
        Some(Members::Only(names)) => {
            let plural = if names.len() == 1 { "" } else { "s" };
            format!("{noun}{plural} {}", names.join(", "))
        }
        Some(Members::AllBut(names)) => format!("any {noun} but {}", names.join(", ")),
    }
}

/// A place with what is there: `roles.yaml:12:3 ClusterRole reader, /rules/0`.
pub fn place(source: &Source) -> String {
    let Source { resource, location, pointer, .. } = source;
    let mut text = format!("{}:{}:{} {resource}", location.path, location.line, location.column);
    if !pointer.is_empty() {
        let _ = write!(text, ", {pointer}");
    }
    if let Some(expression) = &source.text {
        let _ = write!(text, " `{}`", expression.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    text
}

/// How the new side of a comparison is called.
pub(super) const NEW: &str = " NEW";

/// How to ask again about a witness, where that is one command: a cluster, or this program about the
/// files at a path.
pub(super) fn replay(witness: &Witness, path: &str) -> Option<String> {
    match witness {
        Witness::Rbac(request) => Some(can_i(request)),
        Witness::Network(request) => {
            let [from, to] = [&request.source, &request.destination].map(|end| quoted(end));
            Some(format!("seatrial access connect --from {from} --to {to}{path}"))
        }
        Witness::Web(request) => Some(request.curl()),
        Witness::Istio(_) | Witness::Admission(_) => None,
    }
}

/// `kubectl auth can-i` for a request.
pub fn can_i(request: &Request) -> String {
    let mut words = vec!["kubectl auth can-i".to_owned()];
    match &request.action {
        Action::Url { verb, path } => words.extend([quoted(verb), quoted(path)]),
        Action::Resource(action) => {
            let mut target = action.resource.clone();
            if !action.group.is_empty() {
                target = format!("{target}.{}", action.group);
            }
            if !action.name.is_empty() {
                target = format!("{target}/{}", action.name);
            }
            words.extend([quoted(&action.verb), quoted(&target)]);
            if !action.subresource.is_empty() {
                words.push(format!("--subresource={}", quoted(&action.subresource)));
            }
            words.push(match &*action.namespace {
                "" => "--all-namespaces".to_owned(),
                namespace => format!("--namespace={}", quoted(namespace)),
            });
        }
    }
    words.push(format!("--as={}", quoted(&request.user.user)));
    let implied = User::named(&*request.user.user).groups;
    let further = request.user.groups.iter().filter(|group| !implied.contains(group));
    words.extend(further.map(|group| format!("--as-group={}", quoted(group))));
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=+,%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rbac::ResourceAction;

    fn extents(members: &[(&'static str, Members)]) -> Vec<Extent> {
        let extent = |(dimension, members): &(&'static str, Members)| Extent {
            dimension,
            members: members.clone(),
        };
        members.iter().map(extent).collect()
    }

    fn only(names: &[&str]) -> Members {
        Members::Only(names.iter().map(|&name| name.into()).collect())
    }

    #[test]
    fn regions_read_as_sentences() {
        let all = ["namespace", "verb", "group", "resource", "subresource", "name"];
        let any: Vec<_> = all.iter().map(|&name| (name, Members::Any)).collect();
        let with = |changes: &[(&'static str, Members)]| {
            let mut members = any.clone();
            for (name, change) in changes {
                members.iter_mut().filter(|it| it.0 == *name).for_each(|it| it.1 = change.clone());
            }
            sentence(&extents(&members))
        };
        assert_eq!(
            with(&[]),
            "do anything with any resource of any API group and their subresources in any namespace"
        );
        let core = ("group", only(&["\"\""]));
        let none = ("subresource", only(&["\"\""]));
        let secrets = ("resource", only(&["secrets"]));
        let get = ("verb", only(&["get", "list"]));
        let shop = ("namespace", only(&["shop"]));
        assert_eq!(
            with(&[core.clone(), none, secrets.clone(), get.clone(), shop]),
            "get, list secrets in namespace shop"
        );
        let but = ("namespace", Members::AllBut(vec!["a".into(), "b".into()]));
        let all_but = with(&[("verb", Members::AllBut(vec!["get".into()]))]);
        assert!(all_but.starts_with("do anything but get with any resource of"), "{all_but}");
        let log = ("subresource", only(&["log"]));
        let named = ("name", only(&["web"]));
        assert_eq!(
            with(&[core, log, secrets, get, but, named]),
            "get, list secrets, subresource log, named web in any namespace but a, b"
        );
    }

    #[test]
    fn requests_are_asked_as_kubectl_takes_them() {
        let action = ResourceAction {
            verb: "get".to_owned(),
            group: "apps".to_owned(),
            resource: "deployments".to_owned(),
            subresource: "scale".to_owned(),
            name: "web".to_owned(),
            namespace: "it's".to_owned(),
        };
        let user = User::with_groups("ann b", ["devs".to_owned()]);
        let request = Request { user, action: Action::Resource(action) };
        assert_eq!(
            can_i(&request),
            r"kubectl auth can-i get deployments.apps/web --subresource=scale --namespace='it'\''s' --as='ann b' --as-group=devs"
        );
        let action = Action::Url { verb: "get".to_owned(), path: "/healthz".to_owned() };
        let request = Request { user: User::service_account("a", "b"), action };
        assert_eq!(
            can_i(&request),
            "kubectl auth can-i get /healthz --as=system:serviceaccount:a:b"
        );
    }
}
