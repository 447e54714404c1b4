//! `.htaccess`: what it says under what may be overridden.

use std::collections::BTreeSet;
use std::sync::Arc;

use seatrial_parse::httpd::Directive;

use super::directives::{Known, known};
use super::model::{At, Override, Scope};
use super::read::{Place, ReadHtaccess, Reader};
use super::scope::Draft;
use crate::web::condition::Ground;

impl Reader<'_> {
    /// What a file says, or the directive that makes httpd answer with 500 in its directory.
    pub(super) fn of_directory(
        &mut self,
        file: &ReadHtaccess,
        allowed: &Override,
    ) -> Result<Arc<Scope>, At> {
        let place = Place { kind: "Directory", name: &file.directory, htaccess: true };
        if let Some((location, message)) = &file.fault {
            return Err(Arc::new(Ground {
                location: location.clone(),
                kind: "Directory",
                name: file.directory.as_str().into(),
                text: message.as_str().into(),
            }));
        }
        let mut directives = file.directives.clone();
        let mut passed_over = BTreeSet::new();
        if let Some(refused) = self.permitted(&mut directives, allowed, &place, &mut passed_over) {
            return Err(refused);
        }
        let before = self.findings.len();
        self.passed_over = passed_over;
        let scope = self.scope(&directives, &place);
        self.passed_over.clear();
        match self.findings.get(before).cloned() {
            Some(fault) => {
                self.findings.truncate(before);
                Err(Arc::new(Ground {
                    location: fault.location,
                    kind: "Directory",
                    name: file.directory.as_str().into(),
                    text: fault.message.into(),
                }))
            }
            None => Ok(Arc::new(scope)),
        }
    }

    /// The first directive of a file that may refuse somebody.
    pub(super) fn first_refusing(&self, file: &ReadHtaccess) -> Option<At> {
        let place = Place { kind: "Directory", name: &file.directory, htaccess: true };
        let refuses = |it: &Directive| {
            let granted = it.rest.text.trim().eq_ignore_ascii_case("all granted");
            it.is("Require") && !granted || it.is("Order") || it.is("Deny")
        };
        let mut all: Vec<&Directive> = file.directives.iter().rev().collect();
        while let Some(directive) = all.pop() {
            if refuses(directive) {
                return Some(self.at(directive, &place));
            }
            all.extend(directive.inner().iter().rev());
        }
        None
    }

    /// Takes away what is not known, and notes what is not allowed, if that is passed over, or else
    /// returns the first of it.
    fn permitted(
        &self,
        directives: &mut Vec<Directive>,
        allowed: &Override,
        place: &Place<'_>,
        passed_over: &mut BTreeSet<(usize, u32)>,
    ) -> Option<At> {
        let mut refused = None;
        directives.retain_mut(|directive| {
            if allowed.skips_unknown() && !self.has(directive) {
                return false;
            }
            if !may(directive, allowed) {
                if allowed.skips_forbidden() {
                    passed_over.insert(place_of(directive));
                } else {
                    refused = refused.take().or_else(|| Some(self.at(directive, place)));
                }
                return true;
            }
            // What stands in a container of `Require` is allowed with it.
            let contains = super::require::container(directive).is_some();
            if let Some(inner) = directive.section.as_mut().filter(|_| !contains) {
                let found = self.permitted(inner, allowed, place, passed_over);
                refused = refused.take().or(found);
            }
            true
        });
        refused
    }

    /// Whether a directive is passed over: one that may not stand in a `.htaccess`. Of modules that
    /// merge nothing, it takes back what was said before, nevertheless.
    pub(super) fn passes_over(&self, directive: &Directive, draft: &mut Draft) -> bool {
        if !self.passed_over.contains(&place_of(directive)) {
            return false;
        }
        match directive.name.text.to_lowercase().as_str() {
            "order" | "allow" | "deny" | "satisfy" => draft.without_compat(),
            "authuserfile" => {
                let file = ("authuserfile".to_owned(), String::new());
                draft.scope.authn.users.extend([file]);
            }
            "authgroupfile" => draft.scope.authn.groups = Some(String::new()),
            _ => {}
        }
        true
    }

    /// Whether a directive is one of a module that is loaded.
    fn has(&self, directive: &Directive) -> bool {
        match known(&written(directive)) {
            Known::Here(entry) => self.modules.has(entry.module),
            Known::Decides | Known::Foreign => true,
            Known::Not => false,
        }
    }
}

/// Where a directive stands: in which file, from which byte on.
fn place_of(directive: &Directive) -> (usize, u32) {
    (directive.file, directive.span.start)
}

/// The name of a directive as it is known.
fn written(directive: &Directive) -> String {
    let name = directive.name.text.to_lowercase();
    if directive.section.is_some() { format!("<{name}") } else { name }
}

/// Whether a directive may stand in a `.htaccess` file; one that is not known is refused elsewhere.
fn may(directive: &Directive, allowed: &Override) -> bool {
    let written = written(directive);
    let Known::Here(entry) = known(&written) else { return true };
    let name = written.trim_start_matches('<');
    allowed.names.contains(name)
        || allowed.names.contains(&written)
        || allowed.allows(entry.classes)
}
