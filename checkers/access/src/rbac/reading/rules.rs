//! The rules of a role, and what is wrong with them.

use seatrial_core::Severity;
use seatrial_manifests::Object;
use seatrial_parse::{Node, Value};

use super::{finding, texts};
use crate::rbac::{Policy, Rule};

/// The verbs whose requests name no object: a rule with resource names never allows them on the
/// resource itself. (`create` carries a name on subresources and when an update creates; a list or
/// watch does where its field selector asks for one name.)
const NAMELESS: [(&str, &str); 4] = [
    ("create", "a request to create names no object, so that this allows none"),
    (
        "deletecollection",
        "a request to delete a collection names no object, so that this allows none",
    ),
    ("list", "a list is allowed only with a field selector for one `metadata.name`"),
    ("watch", "a watch is allowed only with a field selector for one `metadata.name`"),
];

/// HTTP methods that are no verbs of API objects, with what they are called there.
const METHODS: [(&str, &str); 3] = [("post", "create"), ("put", "update"), ("head", "get")];

/// The lists of a rule.
const LISTS: [&str; 5] = ["verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"];

impl<'a> Policy<'a> {
    /// Why the rules of a role cannot be read, if they cannot: lists that are not lists of texts. The
    /// API server refuses such a role; what was meant is not guessed.
    pub(super) fn unreadable(&mut self, object: &'a Object) -> Option<String> {
        let texts = |node: &Node| node.items().iter().all(|item| item.as_str().is_some());
        let list = |node: &Node| node.is_null() || matches!(node.value, Value::Sequence(_));
        let rules = object.node.get("rules")?;
        let mut wrong = Vec::new();
        if !list(rules) {
            wrong.push("/rules".to_owned());
        }
        for (at, rule) in rules.items().iter().enumerate() {
            let lists = LISTS
                .iter()
                .filter(|name| rule.get(name).is_some_and(|node| !(list(node) && texts(node))));
            wrong.extend(lists.map(|name| format!("/rules/{at}/{name}")));
        }
        for pointer in &wrong {
            let message = "this has to be a list of texts".to_owned();
            self.find(object, pointer, "access-rbac-invalid", Severity::Error, message);
        }
        let name = || format!("`{} {}` cannot be read", object.kind(), object.name());
        (!wrong.is_empty()).then(name)
    }

    pub(super) fn add_rule(
        &mut self,
        object: &'a Object,
        namespaced: bool,
        index: usize,
        node: &'a Node,
    ) {
        let rule = Rule {
            object,
            index,
            span: node.span,
            verbs: texts(node, "verbs"),
            groups: texts(node, "apiGroups"),
            resources: texts(node, "resources"),
            names: texts(node, "resourceNames"),
            urls: texts(node, "nonResourceURLs"),
        };
        let mut review = Review { policy: self, object, index };
        review.validity(&rule, namespaced);
        review.verbs(&rule);
        review.resources(&rule);
        review.names(&rule);
        review.urls(&rule);
        self.rules.push(rule);
    }
}

/// A look at one rule.
struct Review<'p, 'a> {
    policy: &'p mut Policy<'a>,
    object: &'a Object,
    index: usize,
}

impl<'a> Review<'_, 'a> {
    fn find(&mut self, field: &str, id: &'static str, severity: Severity, message: String) {
        let pointer = format!("/rules/{}{field}", self.index);
        // What is missing is shown where it should be.
        let there = self.object.node.pointer(&pointer).is_some();
        let pointer = if there { pointer } else { format!("/rules/{}", self.index) };
        let finding = finding(self.object, &pointer, id, severity, message);
        self.policy.found.findings.push(finding);
    }

    fn dead(&mut self, field: &str, at: usize, message: String) {
        let field = format!("/{field}/{at}");
        self.find(&field, "access-rbac-dead-rule", Severity::Warning, message);
    }

    /// What the API server refuses (`ValidateRole`, `ValidateClusterRole`).
    fn validity(&mut self, rule: &Rule<'a>, namespaced: bool) {
        let resources = !(rule.groups.is_empty() && rule.resources.is_empty());
        let complaints = [
            (rule.verbs.is_empty(), "/verbs", "a rule needs at least one verb"),
            (
                !rule.urls.is_empty() && namespaced,
                "/nonResourceURLs",
                "a role cannot grant URLs, only a cluster role can",
            ),
            (
                !rule.urls.is_empty() && (resources || !rule.names.is_empty()),
                "/nonResourceURLs",
                "a rule is about resources or about URLs, not both",
            ),
            (
                rule.urls.is_empty() && rule.groups.is_empty(),
                "/apiGroups",
                "a rule about resources needs at least one API group; the core group is `\"\"`",
            ),
            (
                rule.urls.is_empty() && rule.resources.is_empty(),
                "/resources",
                "a rule about resources needs at least one resource",
            ),
        ];
        for (_, field, message) in complaints.into_iter().filter(|(holds, ..)| *holds) {
            self.find(field, "access-rbac-invalid", Severity::Error, message.to_owned());
        }
    }

    /// Verbs are compared as written, and requests carry them in lower case.
    fn verbs(&mut self, rule: &Rule<'a>) {
        for (at, verb) in rule.verbs.iter().enumerate() {
            let lower = verb.to_lowercase();
            let method =
                METHODS.iter().find(|(method, _)| *method == lower && rule.urls.is_empty());
            if let Some((_, name)) = method {
                self.dead("verbs", at, format!("`{verb}` is no verb of API objects: `{name}`"));
            } else if lower != *verb {
                let message =
                    format!("`{verb}` matches no request: verbs are lower-case (`{lower}`)");
                self.dead("verbs", at, message);
            } else if verb.len() > 1 && verb.contains('*') {
                let message = format!("`{verb}` is taken literally: only `*` alone is a wildcard");
                self.dead("verbs", at, message);
            }
        }
    }

    fn resources(&mut self, rule: &Rule<'a>) {
        for (at, group) in rule.groups.iter().enumerate() {
            let (why, instead) = match group.split_once('/') {
                Some((group, _)) => ("API groups are written without a version", group),
                None if *group == "core" => ("the core group has the empty name", ""),
                None if *group == "v1" => ("this is a version, and the core group's is empty", ""),
                None => continue,
            };
            let message = format!("`{group}` is no API group: {why} (`\"{instead}\"`)");
            self.dead("apiGroups", at, message);
        }
        for (at, resource) in rule.resources.iter().enumerate() {
            if let Some(why) = never_a_resource(resource) {
                self.dead("resources", at, format!("`{resource}` matches no request: {why}"));
            }
        }
    }

    fn names(&mut self, rule: &Rule<'a>) {
        if rule.names.is_empty() {
            return;
        }
        // On subresources, every request carries the name of the parent.
        let top_level = rule.resources.iter().any(|resource| !resource.contains('/'));
        for (at, verb) in rule.verbs.iter().enumerate().filter(|_| top_level) {
            if let Some((_, why)) = NAMELESS.iter().find(|(nameless, _)| nameless == verb) {
                let message = format!("`resourceNames` with `{verb}`: {why}");
                let field = format!("/verbs/{at}");
                // A list of one name is what informers on one object ask for.
                let listed = matches!(*verb, "list" | "watch");
                let severity = if listed { Severity::Note } else { Severity::Warning };
                self.find(&field, "access-rbac-names", severity, message);
            }
        }
        for (at, name) in rule.names.iter().enumerate().filter(|(_, name)| name.contains('*')) {
            let message = format!("`{name}` is taken literally: names have no wildcards");
            self.dead("resourceNames", at, message);
        }
    }

    fn urls(&mut self, rule: &Rule<'a>) {
        for (at, url) in rule.urls.iter().enumerate() {
            let inner = url.trim_end_matches('*').contains('*');
            if *url != "*" && !url.starts_with('/') {
                let message = format!("`{url}` matches no request: paths begin with `/`");
                self.dead("nonResourceURLs", at, message);
            } else if inner {
                let message = format!("`{url}`: a `*` that is not at the end is taken literally");
                self.dead("nonResourceURLs", at, message);
            }
        }
    }
}

/// Why an entry of `resources` matches no request, if it matches none.
fn never_a_resource(entry: &str) -> Option<&'static str> {
    let (resource, subresource) = entry.split_once('/').unwrap_or((entry, "-"));
    if subresource.contains('/') {
        Some("a subresource has one part")
    } else if subresource.is_empty() || resource.is_empty() {
        Some("a part of it is empty")
    } else if subresource.contains('*') {
        Some("`*` is no wildcard behind `/`; `*` alone covers all subresources")
    } else if entry != "*" && resource.contains('*') && resource != "*" {
        Some("only `*` alone is a wildcard")
    } else if entry.contains(char::is_uppercase) {
        Some("resources are lower-case plurals, such as `pods`")
    } else {
        None
    }
}
