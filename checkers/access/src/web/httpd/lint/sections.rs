//! The sections of a site, and the site in which one of them says something else.

use std::sync::Arc;

use super::super::methods::Methods;
use super::super::model::{At, Matcher, Node, Scope, Section, Site, What};

/// A section.
pub(super) struct Part {
    /// Its kind: `Directory`, `Files`, `Location`.
    pub(super) kind: &'static str,
    /// What it is for, as it is written; nothing for an expression.
    pub(super) name: String,
    /// What it says.
    pub(super) scope: Arc<Scope>,
}

/// The sections of a site that stand in files of the configuration.
pub(super) fn parts(site: &Site) -> Vec<Part> {
    let mut found: Vec<Part> = Vec::new();
    let mut add = |section: &Section| {
        if !found.iter().any(|it| Arc::ptr_eq(&it.scope, &section.scope)) {
            let (kind, scope) = (section.at.kind, Arc::clone(&section.scope));
            found.push(Part { kind, name: name_of(section), scope });
        }
    };
    site.defaults.files.iter().for_each(|it| add(it));
    for section in site.directories.iter().chain(&site.locations) {
        add(section);
        section.scope.files.iter().for_each(|it| add(it));
    }
    found
}

fn name_of(section: &Section) -> String {
    match &section.what {
        Matcher::Literal(text) => text.clone(),
        _ => String::new(),
    }
}

/// A site in which a section says something else.
pub(super) fn replaced(site: &Site, part: &Part, instead: &Arc<Scope>) -> Site {
    let one = |scope: &Arc<Scope>| {
        if Arc::ptr_eq(scope, &part.scope) {
            Arc::clone(instead)
        } else {
            in_scope(scope, part, instead)
        }
    };
    let all = |sections: &[Section]| {
        let each = sections.iter();
        each.map(|it| Section { scope: one(&it.scope), ..it.clone() }).collect()
    };
    Site {
        defaults: in_scope(&site.defaults, part, instead),
        directories: all(&site.directories),
        locations: all(&site.locations),
        ..site.clone()
    }
}

/// What a section says, with something else in one of its `<Files>`.
fn in_scope(scope: &Arc<Scope>, part: &Part, instead: &Arc<Scope>) -> Arc<Scope> {
    if !scope.files.iter().any(|it| Arc::ptr_eq(&it.scope, &part.scope)) {
        return Arc::clone(scope);
    }
    let files = scope.files.iter().map(|it| {
        if Arc::ptr_eq(&it.scope, &part.scope) {
            Arc::new(Section { scope: Arc::clone(instead), ..Section::clone(it) })
        } else {
            Arc::clone(it)
        }
    });
    Arc::new(Scope { files: files.collect(), ..Scope::clone(scope) })
}

impl Part {
    /// Whether it is merged behind all sections for directories.
    pub(super) fn is_late(&self) -> bool {
        matches!(self.kind, "Files" | "Location")
    }

    /// The first directive of `mod_access_compat` in a section that says nothing of `Order` or `Deny`.
    pub(super) fn compat_without_order(&self) -> Option<&At> {
        let compat = self.scope.compat.as_ref()?;
        let silent = compat.order.is_empty() && compat.deny.is_empty();
        compat.allow.first().map(|(_, _, at)| at).filter(|_| silent)
    }

    /// The conditions that are limited to some methods, and which.
    pub(super) fn limits(&self) -> Vec<(&Methods, &At)> {
        let mut found = Vec::new();
        if let Some(node) = &self.scope.authz.section {
            gather(node, &mut found);
        }
        if let Some(compat) = &self.scope.compat {
            found.extend(compat.order.iter().map(|(methods, _, at)| (methods, at)));
            found.extend(compat.deny.iter().map(|(methods, _, at)| (methods, at)));
        }
        found.retain(|(methods, _)| methods.is_list());
        found
    }
}

fn gather<'n>(node: &'n Node, into: &mut Vec<(&'n Methods, &'n At)>) {
    match &node.what {
        What::Section(_, children) => children.iter().for_each(|it| gather(it, into)),
        What::Provider(_) => into.push((&node.limited, &node.at)),
    }
}
