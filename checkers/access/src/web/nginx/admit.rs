//! The access phase: addresses, credentials, and what others say.

use std::sync::Arc;

use super::model::{At, Rule, Settings};
use super::phases::Trial;
use crate::web::condition::{Ask, Condition, Opaque, Reply};

/// The access phase.
impl Trial<'_> {
    /// The status with which the request is refused, and by what; `None` if it is not.
    pub(super) fn access(&self, settings: &Settings) -> Result<Option<(u16, At)>, Ask> {
        let checks: [Check<'_>; 4] =
            [Self::addresses, Self::basic, Self::permission, Self::unmodelled];
        let mut refusal: Option<(u16, At)> = None;
        for check in checks {
            match (check(self, settings)?, &settings.satisfy_any) {
                (Checked::Declined, _) | (Checked::Passed, None) => {}
                (Checked::Passed, Some(_)) => return Ok(None),
                (Checked::Refused(status @ (401 | 403), at), Some(_)) => {
                    // 401 is remembered before 403.
                    if refusal.as_ref().is_none_or(|(known, _)| *known != 401) {
                        refusal = Some((status, at));
                    }
                }
                (Checked::Refused(status, at), _) => return Ok(Some((status, at))),
            }
        }
        Ok(refusal)
    }

    /// `allow` and `deny`: the first rule that fits.
    fn addresses(&self, settings: &Settings) -> Result<Checked, Ask> {
        for rule in &settings.rules.rules {
            if self.is_from(rule, settings)? {
                let refused = || Checked::Refused(403, Arc::clone(&rule.at));
                return Ok(if rule.allow { Checked::Passed } else { refused() });
            }
        }
        Ok(Checked::Declined)
    }

    /// Whether the client is where a rule says; behind a proxy that is trusted, the client is where
    /// a header says.
    fn is_from(&self, rule: &Rule, settings: &Settings) -> Result<bool, Ask> {
        let all = rule.unix && !rule.addresses.is_empty();
        if let Some((proxies, header)) = settings.real_ip.as_ref().filter(|_| !all)
            && self.known.ask(Condition::From(proxies.clone(), false))?
        {
            let key = format!("{} {}", header.key, rule.addresses).into();
            return self.known.ask(Condition::Opaque(Opaque { key, ..header.clone() }));
        }
        if all {
            return Ok(true);
        }
        self.known.ask(Condition::From(rule.addresses.clone(), rule.unix))
    }

    /// `auth_basic`, which is without effect unless there is a file of users.
    fn basic(&self, settings: &Settings) -> Result<Checked, Ask> {
        let Some((realm, file)) = settings.realm.as_ref().zip(settings.user_file.as_ref()) else {
            return Ok(Checked::Declined);
        };
        if let Some(dynamic) = &settings.dynamic_realm
            && self.known.ask(Condition::Opaque(self.of_this(dynamic)))?
        {
            return Ok(Checked::Declined);
        }
        let accepted = self.known.ask(Condition::Accepts(Arc::clone(file)))?;
        Ok(if accepted { Checked::Passed } else { Checked::Refused(401, Arc::clone(realm)) })
    }

    /// `auth_request`: what another location answers.
    fn permission(&self, settings: &Settings) -> Result<Checked, Ask> {
        let Some((path, at)) = &settings.auth_request else { return Ok(Checked::Declined) };
        Ok(match self.reply(path, at)? {
            Reply::Success => Checked::Passed,
            Reply::Unauthorized => Checked::Refused(401, Arc::clone(at)),
            Reply::Forbidden => Checked::Refused(403, Arc::clone(at)),
            Reply::Other => Checked::Refused(500, Arc::clone(at)),
        })
    }

    /// What a location answers that is asked for permission: a fixed answer is known; what a service
    /// behind it says is not.
    fn reply(&self, path: &str, at: &At) -> Result<Reply, Ask> {
        let mut asking = self.asking(path);
        let leaf = asking.run()?;
        if let Some(status) = leaf.status {
            return Ok(Reply::of_status(status));
        }
        let target = leaf.target.unwrap_or_default();
        let service: Arc<str> = format!("`{path}` ({target})").into();
        if path.contains('$') {
            let opaque = self.unknown(&format!("what `{}` answers", at.text), at);
            let passes = self.known.ask(Condition::Opaque(opaque))?;
            return Ok(if passes { Reply::Success } else { Reply::Forbidden });
        }
        for reply in [Reply::Success, Reply::Unauthorized, Reply::Forbidden] {
            if self.known.ask(Condition::Answers(Arc::clone(&service), reply))? {
                return Ok(reply);
            }
        }
        Ok(Reply::Other)
    }

    fn unmodelled(&self, settings: &Settings) -> Result<Checked, Ask> {
        let mut passed = Checked::Declined;
        for opaque in &settings.unmodelled {
            if !self.known.ask(Condition::Opaque(self.of_this(opaque)))? {
                let at = self.because.last().or(self.server.levels.first().map(|it| &it.at));
                let at = at.map_or_else(|| Arc::clone(&self.server.at), Arc::clone);
                return Ok(Checked::Refused(403, at));
            }
            passed = Checked::Passed;
        }
        Ok(passed)
    }
}

/// A check of the access phase.
type Check<'t> = fn(&Trial<'t>, &Settings) -> Result<Checked, Ask>;

/// What one check of the access phase comes to.
enum Checked {
    /// It has nothing to say.
    Declined,
    /// The request may pass.
    Passed,
    /// The request may not.
    Refused(u16, At),
}
