//! `.htaccess`: what it says under what may be overridden.

use std::sync::Arc;

use seatrial_parse::httpd::Directive;

use super::directives::{Known, known};
use super::model::{At, Override, Scope};
use super::read::{Place, ReadHtaccess, Reader};
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
        if let Some(refused) = self.permitted(&mut directives, allowed, &place) {
            return Err(refused);
        }
        let before = self.findings.len();
        let scope = self.scope(&directives, &place);
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

    /// Takes away what is not allowed, or returns the first of that.
    fn permitted(
        &self,
        directives: &mut Vec<Directive>,
        allowed: &Override,
        place: &Place<'_>,
    ) -> Option<At> {
        let mut refused = None;
        directives.retain_mut(|directive| {
            if !may(directive, allowed) {
                if !allowed.nonfatal {
                    refused = refused.take().or_else(|| Some(self.at(directive, place)));
                }
                return false;
            }
            if let Some(inner) = &mut directive.section {
                let found = self.permitted(inner, allowed, place);
                refused = refused.take().or(found);
            }
            true
        });
        refused
    }
}

/// Whether a directive may stand in a `.htaccess` file; one that is not known is refused elsewhere.
fn may(directive: &Directive, allowed: &Override) -> bool {
    let name = directive.name.text.to_lowercase();
    let written = if directive.section.is_some() { format!("<{name}") } else { name.clone() };
    let Known::Here(entry) = known(&written) else { return true };
    let listed = allowed.names.contains(&name) || allowed.names.contains(&written);
    listed
        || match entry.classes {
            "*" => !allowed.classes.is_empty(),
            classes => classes.chars().any(|class| allowed.classes.contains(&class)),
        }
}
