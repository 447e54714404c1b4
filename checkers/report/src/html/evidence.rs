//! The facts behind a finding. Numbered ones are a story, and drawn as one.

use super::markup::Markup;
use super::prose;
use super::sequence::{Sequence, Step};

/// Writes the facts of a finding. Facts `1. who: what [how many ready]`, `2. …` are the steps of a
/// story, as drills tell it: they become a sequence diagram. `id` is that of the diagram.
pub(super) fn write(out: &mut Markup, facts: &[String], id: &str) {
    let steps: Vec<Step> =
        (1..).zip(facts).map_while(|(number, fact)| step(number, fact)).collect();
    let told = if steps.len() < 2 { 0 } else { steps.len() };
    if told > 0 {
        let sequence = Sequence { steps, ..Sequence::default() };
        sequence.write(out, id);
    }
    let rest = facts.get(told..).unwrap_or_default();
    if !rest.is_empty() {
        out.element("ul", &[("class", "facts")], |out| {
            for fact in rest {
                out.element("li", &[], |out| prose::sentence(out, fact));
            }
        });
    }
}

/// A step of a story: `3. scheduler: binds web-0 to node-1 [2 ready]`.
fn step(number: usize, fact: &str) -> Option<Step> {
    let rest = fact.strip_prefix(&format!("{number}. "))?;
    let (who, what) = rest.split_once(": ")?;
    let (what, ready) = what.strip_suffix(" ready]")?.rsplit_once(" [")?;
    ready.parse::<usize>().ok()?;
    let values = vec![("ready pods".to_owned(), ready.to_owned())];
    Some(Step { who: who.to_owned(), what: what.to_owned(), values: values.into_iter().collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_numbered_and_counted_is_a_story() {
        let steps = |facts: &[&str]| {
            (1..).zip(facts).map_while(|(number, fact)| step(number, fact)).count()
        };
        assert_eq!(steps(&["1. a: b: c [2 ready]", "2. d: e [0 ready]", "this stays so"]), 2);
        for fact in ["a: b [2 ready]", "2. a: b [2 ready]", "1. a [2 ready]", "1. a: b [x ready]"] {
            assert_eq!(steps(&[fact]), 0, "{fact}");
        }
    }
}
