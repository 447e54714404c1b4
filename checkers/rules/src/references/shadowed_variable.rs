//! `shadowed-variable`: an environment variable that is set twice.

use rustc_hash::FxHashMap;
use seatrial_core::{Finding, Safety, Severity};
use seatrial_manifests::{Part as Place, PodTemplate};
use seatrial_parse::Node;
use seatrial_parse::edit::Change;

use super::Context;
use super::common::{finding, text};
use crate::fix::mended;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "shadowed-variable",
    Part::Reference,
    Severity::Warning,
    "an environment variable of a container is set twice",
    "\
## What it checks

The names in the `env` of each container. A name that occurs twice is a warning; where the second
entry refers to the first (`$(PATH)`), it is meant, and nothing is said.

## Why it matters

The API server takes both, and the last one wins: whoever corrects the first one changes nothing.

## What to do

Remove one of the two.

## Fix

`--fix` removes an entry that is there twice; `--fix --unsafe` the one that does not count.

## Example

```yaml
env:
- {name: LEVEL, value: debug}
- {name: PORT, value: '8080'}
- {name: LEVEL, value: info}      # the one that counts
```

## References

* <https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/>
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for template in context.index.templates() {
        for container in template.containers() {
            let mut known = FxHashMap::<&str, Place<'_>>::default();
            for variable in container.env() {
                let Some(name) = text(variable.node, "name") else { continue };
                if let Some(first) = known.get(name) {
                    findings.extend(report(template, name, first, &variable));
                }
                known.insert(name, variable);
            }
        }
    }
}

fn report(
    template: &PodTemplate<'_>,
    name: &str,
    first: &Place<'_>,
    second: &Place<'_>,
) -> Option<Finding> {
    let value = second.node.get("value").and_then(Node::as_str).unwrap_or_default();
    if value.contains(&format!("$({name})")) {
        return None;
    }
    let node = second.node.get("name")?;
    let other = first.node.get("name")?;
    let equal = first.node.same_value(second.node);
    let place = (node.span, format!("{}/name", second.pointer));
    let message = format!("the variable `{name}` is set twice");
    let finding = finding(&RULE, Severity::Warning, template.object, place, message)
        .labelled(if equal { "the same once more" } else { "this one counts" })
        .related_to(template.object.location(other.span), "set here before")
        .help("remove one of the two");
    // What stands between them may refer to the first, which is not what counts in the end.
    let (shadowed, safety) = if equal { (second, Safety::Safe) } else { (first, Safety::Unsafe) };
    let change = Change::Remove { pointer: shadowed.pointer.clone() };
    Some(mended(finding, template.object, safety, &[change]))
}
