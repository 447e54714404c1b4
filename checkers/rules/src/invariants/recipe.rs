//! What a policy says to change where it denies an object: its annotation `seatrial.dev/fix`.
//!
//! ```yaml
//! seatrial.dev/fix: |-
//!   - set: '{container}/securityContext/privileged'
//!     to: false
//! ```
//!
//! A list of changes: `set` or `append` a value (`to`), `remove` a place, `rename` a key or `move` a
//! value (`to`). The place is a JSON pointer; `{pod}` is the specification of the pod, wherever the
//! kind keeps it, `{container}` one of the pod's containers, `*` any step. The first change counts
//! that leads through, or to, what made the policy deny the object. `safe: true` says that what
//! runs stays as it is.

use seatrial_core::{Edit, Finding, Safety};
use seatrial_manifests::{Object, PodTemplate};
use seatrial_parse::edit::{Change, Replacement, replacement};
use seatrial_parse::{Node, escape_pointer_token, yaml};
use seatrial_policy::Culprit;
use serde_json::Value;

/// The lists that containers stand in.
const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// The changes of a policy, in their order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recipe(Vec<Step>);

/// One change.
#[derive(Debug, Clone, PartialEq)]
struct Step {
    what: What,
    place: Vec<String>,
    safety: Safety,
}

/// What a change does to its place.
#[derive(Debug, Clone, PartialEq)]
enum What {
    Set(Value),
    Append(Value),
    Remove,
    Rename(String),
    Move(String),
}

impl Recipe {
    /// Reads the annotation; says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let parsed = yaml(text);
        let [document] = parsed.documents.as_slice() else {
            return Err("it is no list of changes".to_owned());
        };
        let steps: Result<Vec<_>, _> = document.root.items().iter().map(Step::parse).collect();
        match steps? {
            steps if steps.is_empty() => Err("it is no list of changes".to_owned()),
            steps => Ok(Self(steps)),
        }
    }

    /// Adds to a finding the edits that mend what the culprits show, if they can be made.
    pub(super) fn mend(&self, finding: Finding, object: &Object, culprits: &[&Culprit]) -> Finding {
        let spec = PodTemplate::of(object).map(|template| template.spec_pointer());
        let whole = [Fault { tokens: Vec::new(), exact: false }];
        let faults: Vec<_> = culprits.iter().map(|culprit| Fault::of(culprit)).collect();
        let faults = if faults.is_empty() { &whole[..] } else { &faults };
        for step in &self.0 {
            for fault in faults {
                // Of several changes, nobody could tell which one is meant.
                if !fault.exact && self.0.len() > 1 {
                    continue;
                }
                let place = step.place_for(fault, spec.as_deref());
                let made = place.and_then(|place| step.replacements(object, place));
                if let Some(made) = made {
                    let edits = made.into_iter().map(|Replacement { span, text }| Edit {
                        location: object.location(span),
                        replacement: text,
                    });
                    let worded = finding.fix.is_some();
                    let finding =
                        if worded { finding } else { finding.help("change it as the policy says") };
                    return finding.edited(step.safety, edits.collect());
                }
            }
        }
        finding
    }

    /// What it does, in Markdown, for the manual page.
    pub(super) fn describe(&self) -> String {
        let lines = self.0.iter().map(|step| {
            let place = step.place.join("/");
            let place = place.strip_prefix('/').unwrap_or(&place);
            let what = match &step.what {
                What::Set(value) => format!("set `{place}` to `{value}`"),
                What::Append(value) => format!("add `{value}` to `{place}`"),
                What::Remove => format!("remove `{place}`"),
                What::Rename(key) => format!("rename `{place}` to `{key}`"),
                What::Move(to) => format!("move `{place}` to `{to}`"),
            };
            let how = match step.safety {
                Safety::Safe => "--fix",
                Safety::Unsafe => "--fix --unsafe",
            };
            format!("\n* `{how}`: {what}")
        });
        lines.collect()
    }
}

/// The steps to a place that made the policy deny the object.
struct Fault {
    tokens: Vec<String>,
    /// Whether that is the place itself, rather than all that is below it.
    exact: bool,
}

impl Fault {
    fn of(culprit: &Culprit) -> Self {
        let mut tokens: Vec<_> = culprit.pointer.split('/').skip(1).map(str::to_owned).collect();
        let missing = culprit.missing.as_ref();
        tokens.extend(missing.map(|key| escape_pointer_token(key).into_owned()));
        let whole = culprit.pointer.is_empty() && missing.is_none();
        Self { tokens, exact: !whole }
    }
}

impl Step {
    fn parse(node: &Node) -> Result<Self, String> {
        let text = |key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
        let kinds = ["set", "append", "remove", "rename", "move"];
        let Some(kind) = kinds.into_iter().find(|kind| node.get(kind).is_some()) else {
            return Err(format!("a change is one of `{}`", kinds.join("`, `")));
        };
        let place = text(kind).ok_or_else(|| format!("`{kind}` takes a pointer"))?;
        let value = || {
            let to = node.get("to").map(Node::to_json);
            to.ok_or_else(|| format!("`{kind}` needs `to`"))
        };
        let name = || text("to").ok_or_else(|| format!("`{kind}` needs `to`, a text"));
        let what = match kind {
            "set" => What::Set(value()?),
            "append" => What::Append(value()?),
            "rename" => What::Rename(name()?),
            "move" => What::Move(name()?),
            _ => What::Remove,
        };
        let placed = place.starts_with(['/', '{']);
        let known = ["to", "safe", kind];
        let other = node.entries().iter().find(|entry| !known.contains(&&*entry.key.text));
        if let Some(other) = other {
            return Err(format!("`{}` means nothing here", other.key.text));
        }
        if !placed {
            return Err(format!("`{place}` is no pointer"));
        }
        let safe = node.get("safe").and_then(Node::as_bool) == Some(true);
        Ok(Self {
            what,
            place: place.split('/').map(str::to_owned).collect(),
            safety: if safe { Safety::Safe } else { Safety::Unsafe },
        })
    }

    /// The pointer of the place to change for a fault, if the fault lies on the way to it.
    fn place_for(&self, fault: &Fault, spec: Option<&str>) -> Option<String> {
        let mut wanted = Vec::new();
        match self.place.first().map(String::as_str) {
            Some("") => {}
            Some(start @ ("{pod}" | "{container}")) => {
                wanted.extend(spec?.split('/').skip(1));
                if start == "{container}" {
                    wanted.extend([start, "*"]);
                }
            }
            _ => return None,
        }
        wanted.extend(self.place.iter().skip(1).map(String::as_str));
        if fault.tokens.len() > wanted.len() {
            return None;
        }
        let mut place = String::new();
        for (at, token) in wanted.into_iter().enumerate() {
            let found = fault.tokens.get(at).map(String::as_str);
            let step = match (token, found) {
                ("*", found) => found?,
                ("{container}", found) => found.filter(|list| CONTAINERS.contains(list))?,
                (token, Some(found)) if token != found => return None,
                (token, _) => token,
            };
            place.push('/');
            place.push_str(step);
        }
        Some(place)
    }

    fn replacements(&self, object: &Object, pointer: String) -> Option<Vec<Replacement>> {
        let (text, root) = (object.file.text(), &object.node);
        let make = |change: Change| replacement(text, root, &change);
        let one = match &self.what {
            What::Set(value) => make(Change::Set { pointer, value: value.clone() }),
            What::Append(value) => make(Change::Append { pointer, value: value.clone() }),
            What::Remove => make(Change::Remove { pointer }),
            What::Rename(key) => make(Change::Rename { pointer, key: key.clone() }),
            What::Move(to) => {
                let value = root.pointer(&pointer)?.to_json();
                if root.pointer(to).is_some() {
                    return None;
                }
                let set = make(Change::Set { pointer: to.clone(), value })?;
                return Some(vec![make(Change::Remove { pointer })?, set]);
            }
        };
        one.map(|one| vec![one])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(pointer: &str, missing: Option<&str>) -> Fault {
        let tokens = pointer.split('/').skip(1).chain(missing).map(str::to_owned);
        Fault { tokens: tokens.collect(), exact: true }
    }

    #[test]
    fn a_change_is_made_where_the_fault_lies_on_its_way() {
        let recipe = Recipe::parse("[{set: '{container}/a/b', to: 1}]").unwrap();
        let [step] = recipe.0.as_slice() else { panic!("{recipe:?}") };
        for (at, missing, expected) in [
            ("/spec/containers/0", Some("a"), Some("/spec/containers/0/a/b")),
            ("/spec/initContainers/1/a", Some("b"), Some("/spec/initContainers/1/a/b")),
            ("/spec/containers/0/a/b", None, Some("/spec/containers/0/a/b")),
            ("/spec/containers/0", Some("c"), None),
            ("/spec/containers/0/a/b/c", None, None),
            ("/spec/volumes/0", Some("a"), None),
            ("/spec", Some("securityContext"), None),
        ] {
            let found = step.place_for(&fault(at, missing), Some("/spec"));
            assert_eq!(found.as_deref(), expected, "{at} {missing:?}");
        }
        assert_eq!(step.place_for(&fault("/spec/containers/0", Some("a")), None), None);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for (text, expected) in [
            ("set: /a", "it is no list of changes"),
            ("[]", "it is no list of changes"),
            ("[{sat: /a}]", "a change is one of `set`, `append`, `remove`, `rename`, `move`"),
            ("[{set: /a}]", "`set` needs `to`"),
            ("[{rename: /a, to: 1}]", "`rename` needs `to`, a text"),
            ("[{remove: a}]", "`a` is no pointer"),
            ("[{remove: /a, save: true}]", "`save` means nothing here"),
        ] {
            assert_eq!(Recipe::parse(text).unwrap_err(), expected, "{text}");
        }
    }
}
