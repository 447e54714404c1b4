//! The CEL rules of a definition (`x-kubernetes-validations`).

use std::collections::BTreeMap;

use seatrial_core::{Found, Span};
use seatrial_manifests::Object;
use seatrial_parse::{Entry, Node, Value, escape_pointer_token};
use seatrial_policy::{CompiledRule, RuleBudget, RuleInput, RuleOutcome, place_in_source};

use super::definition::{CustomVersion, invalid};
use super::structural::{Schema, Type};
use crate::schema::names;
use crate::schema::site::{Site, span_of_item};

/// The keyword that holds the rules of a schema.
pub(super) const KEYWORD: &str = "x-kubernetes-validations";

/// The rules of a version by the pointers to the schemas that have them; `None` if one of them
/// does not compile.
pub(super) type Rules = Option<BTreeMap<String, Vec<CompiledRule>>>;

/// Compiles all rules of a version.
pub(super) fn compile(version: &CustomVersion) -> Rules {
    let mut rules = BTreeMap::new();
    for pointer in schemas_with_rules(version.schema.as_ref()?) {
        let list = version.object.node.pointer(pointer)?.get(KEYWORD)?;
        let (compiled, problems) = CompiledRule::read_all(list);
        if !problems.is_empty() {
            return None;
        }
        rules.insert(pointer.to_owned(), compiled);
    }
    Some(rules)
}

/// The pointers to the schemas with rules, within and including a schema.
pub(super) fn schemas_with_rules(schema: &Schema) -> Vec<&str> {
    let mut out = Vec::new();
    collect(schema, &mut out);
    out
}

fn collect<'s>(schema: &'s Schema, out: &mut Vec<&'s str>) {
    out.extend(schema.rules_at.as_deref());
    match &schema.of {
        Type::List(_, items) => collect(items, out),
        Type::Map(Some(values), _) => collect(values, out),
        Type::Object(fields, _) => fields.iter().for_each(|(_, field)| collect(field, out)),
        _ => {}
    }
}

/// Reports the rules of a schema that do not compile.
pub(super) fn report_problems(object: &Object, found: &mut Found, pointer: &str, list: &Node) {
    let mut site = Site::new(object, found);
    for problem in CompiledRule::read_all(list).1 {
        let mut span = problem.span;
        if let Some(within) = problem.within
            && let Some(text) = expression_at(list, problem.span)
        {
            span = place_in_source(object.file.text(), problem.span, text, within);
        }
        let draft = invalid(&mut site, span, problem.message)
            .at(&format!("{pointer}/{KEYWORD}"))
            .label("in this rule");
        if let Some(help) = problem.help {
            draft.help(help);
        }
    }
}

/// The text of a rule's field that stands at a span.
fn expression_at(list: &Node, span: Span) -> Option<&str> {
    let values = list.items().iter().flat_map(Node::entries).map(|entry| &entry.value);
    values.filter(|node| node.span == span).find_map(Node::as_str)
}

/// Evaluates the rules of a version on a custom resource.
pub(super) fn check(site: &mut Site<'_>, version: &CustomVersion) {
    let Some(Some(rules)) = version.rules.get() else { return };
    let Some(schema) = &version.schema else { return };
    let walk = Walk { version, rules, budget: RuleBudget::default() };
    let root = &site.object.node;
    let key = root.get("kind").map_or(root.span, |kind| kind.span);
    walk.value(site, root, schema, key);
}

struct Walk<'v> {
    version: &'v CustomVersion,
    rules: &'v BTreeMap<String, Vec<CompiledRule>>,
    budget: RuleBudget,
}

impl Walk<'_> {
    fn value(&self, site: &mut Site<'_>, node: &Node, schema: &Schema, key: Span) {
        if let Some(pointer) = &schema.rules_at
            && let Some(rules) = self.rules.get(pointer)
            && let Some(schema) = self.version.object.node.pointer(pointer)
        {
            for rule in rules {
                self.evaluate(site, rule, node, schema, key);
            }
        }
        match (&schema.of, &node.value) {
            (Type::List(_, items), Value::Sequence(list)) => {
                for (at, item) in list.iter().enumerate() {
                    let key = span_of_item(item);
                    site.within_item(at, |site| self.value(site, item, items, key));
                }
            }
            (_, Value::Mapping(map)) => {
                for Entry { key, value } in &map.entries {
                    let dropped = site.pointer().is_empty()
                        && &*key.text == "status"
                        && self.version.has_status;
                    let field = schema.field(&key.text).filter(|_| !dropped);
                    if let Some(field) = field.filter(|field| field.nullable || !value.is_null()) {
                        site.within_key(&key.text, |site| self.value(site, value, field, key.span));
                    }
                }
            }
            _ => {}
        }
    }

    fn evaluate(
        &self,
        site: &mut Site<'_>,
        rule: &CompiledRule,
        node: &Node,
        schema: &Node,
        key: Span,
    ) {
        let input = RuleInput { value: node, old_value: None, schema };
        let (message, blame) = match rule.evaluate(input, &self.budget) {
            RuleOutcome::Passes | RuleOutcome::Skipped => return,
            RuleOutcome::Denied { message, blame } => (message, blame),
            RuleOutcome::Failed { message, blame } => {
                let said = message_of(schema, rule).unwrap_or(&rule.rule().text).trim();
                (format!("{said} (the rule fails: {message})"), blame)
            }
            RuleOutcome::Undecided(reason) => {
                let reason = format!("a rule of the definition cannot be decided: {reason}");
                site.undecided(names::INVALID_VALUE, reason);
                return;
            }
        };
        let culprit = blame.first();
        let span = culprit.map_or(key, |culprit| culprit.span);
        let below = match (&rule.field_path, culprit) {
            (Some(path), _) => pointer_of(path),
            (None, Some(culprit)) => culprit.pointer.clone(),
            (None, None) => String::new(),
        };
        let pointer = format!("{}{below}", site.pointer());
        let definition = self.version.object.location(rule.rule().span);
        site.error(names::INVALID_VALUE, span, message)
            .at(&pointer)
            .label("rejected by a rule of the definition")
            .related_location(definition, "the rule");
    }
}

/// The message that a rule has for people.
fn message_of<'n>(schema: &'n Node, rule: &CompiledRule) -> Option<&'n str> {
    let is_same = |item: &&Node| item.get("rule").is_some_and(|node| node.span == rule.rule().span);
    let item = schema.get(KEYWORD)?.items().iter().find(is_same)?;
    item.get("message").and_then(Node::as_str).filter(|message| !message.trim().is_empty())
}

/// The JSON pointer of a field path such as `.spec.replicas` or `.labels['a.b']`.
fn pointer_of(path: &str) -> String {
    let mut pointer = String::new();
    let mut rest = path;
    while !rest.is_empty() {
        let (name, behind) = if let Some(quoted) = rest.strip_prefix("['") {
            quoted.split_once("']").unwrap_or((quoted, ""))
        } else {
            let plain = rest.strip_prefix('.').unwrap_or(rest);
            plain.split_at(plain.find(['.', '[']).unwrap_or(plain.len()))
        };
        if name.is_empty() {
            break;
        }
        pointer.push('/');
        pointer.push_str(&escape_pointer_token(name));
        rest = behind;
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::pointer_of;

    #[test]
    fn field_paths_become_pointers() {
        for (path, pointer) in [
            ("", ""),
            (".spec", "/spec"),
            (".spec.replicas", "/spec/replicas"),
            (".labels['a.b/c'].x", "/labels/a.b~1c/x"),
            ("..", ""),
        ] {
            assert_eq!(pointer_of(path), pointer, "{path}");
        }
    }
}
