//! Taking away from collections.

use super::walk::{Step, Walk, column, is_flow};
use super::write::dash_of;
use super::{Editor, Replacement};
use crate::tree::{Node, Value};
use seatrial_core::Span;

/// A member of a collection: where its text begins and ends.
#[derive(Debug, Clone, Copy)]
struct Member {
    start: usize,
    end: usize,
}

impl Editor<'_> {
    /// Removes what a walk leads to, and what holds nothing but that.
    pub(super) fn remove(&self, walk: &Walk<'_>) -> Option<Replacement> {
        if !walk.rest.is_empty() {
            return None;
        }
        let several = |step: &&Step<'_>| count(step.from) > 1;
        let step = walk.steps.iter().rev().find(several)?;
        let member = self.member(step.from, step.at)?;
        if is_flow(self.text, step.from) {
            return self.remove_in_brackets(step, member);
        }
        self.remove_lines(step, member)
    }

    fn member(&self, of: &Node, at: usize) -> Option<Member> {
        match &of.value {
            Value::Mapping(map) => {
                let entry = map.entries.get(at)?;
                let (key, value) = (entry.key.span, entry.value.span);
                if value.start < key.start {
                    return None;
                }
                let end = if value == key { self.behind_colon(key)? } else { value.end as usize };
                Some(Member { start: key.start as usize, end })
            }
            Value::Sequence(items) => {
                let item = items.get(at)?;
                let flow = is_flow(self.text, of);
                let start = if flow { item.span.start } else { dash_of(self.text, item)? };
                Some(Member { start: start as usize, end: item.span.end as usize })
            }
            _ => None,
        }
    }

    fn behind_colon(&self, key: Span) -> Option<usize> {
        let behind = self.text.get(key.end as usize..)?;
        let rest = behind.trim_start_matches([' ', '\t']).strip_prefix(':')?;
        Some(key.end as usize + behind.len() - rest.len())
    }

    /// Removes a member with one of the commas beside it.
    fn remove_in_brackets(&self, step: &Step<'_>, member: Member) -> Option<Replacement> {
        let next = self.member(step.from, step.at + 1);
        let (start, end) = match next {
            Some(next) => (member.start, next.start),
            None => {
                let before = self.text.get(..member.start)?.trim_end();
                (before.strip_suffix(',')?.trim_end().len(), member.end)
            }
        };
        // A comment between the two belongs to one of them.
        let gap = self.text.get(member.end..end).unwrap_or_default();
        (!gap.contains('#'))
            .then(|| Replacement { span: Span::new(start, end), text: String::new() })
    }

    /// Removes the lines of a member of a block collection.
    fn remove_lines(&self, step: &Step<'_>, member: Member) -> Option<Replacement> {
        let line_start = self.text.get(..member.start)?.rfind('\n').map_or(0, |at| at + 1);
        let before = self.text.get(line_start..member.start)?;
        let end = self.end_of_line(member.end)?;
        let replace = |start, end| Replacement { span: Span::new(start, end), text: String::new() };
        if before.trim_start_matches('\u{feff}').is_empty() || before.chars().all(|c| c == ' ') {
            return Some(match self.text.get(end..)?.find('\n') {
                Some(newline) => replace(line_start, end + newline + 1),
                None => {
                    let rest = self.text.get(..line_start)?;
                    let kept = rest.strip_suffix('\n').unwrap_or(rest);
                    replace(kept.strip_suffix('\r').unwrap_or(kept).len(), self.text.len())
                }
            });
        }
        // Behind a dash, the next member takes its place.
        let next = self.member(step.from, step.at + 1)?;
        let gap = self.text.get(member.end..next.start)?;
        let offset = |at: usize| u32::try_from(at).ok().map(|at| column(self.text, at));
        let aligned = offset(next.start)? == offset(member.start)?;
        (aligned && gap.trim().is_empty()).then(|| replace(member.start, next.start))
    }
}

fn count(node: &Node) -> usize {
    node.entries().len() + node.items().len()
}
