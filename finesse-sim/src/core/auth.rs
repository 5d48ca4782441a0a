//! Credentials: one check for REST and for streams, with the lock after wrong ones.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::SimCore;
use crate::{LogKind, Side};

/// What a request says who it is from.
#[derive(Clone)]
pub(super) struct Claim {
    /// Name given; none with a token alone.
    pub(super) user: Option<String>,
    secret: String,
}

impl Claim {
    /// A name and a password or token.
    pub(super) fn new(user: &str, secret: &str) -> Self {
        Self { user: Some(user.to_owned()), secret: secret.to_owned() }
    }

    /// From the `Authorization` header, basic or bearer.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, rest) = value.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("basic") {
            let text = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
            let (user, password) = text.split_once(':')?;
            Some(Self::new(user, password))
        } else if scheme.eq_ignore_ascii_case("bearer") {
            Some(Self { user: None, secret: rest.trim().to_owned() })
        } else {
            None
        }
    }
}

impl SimCore {
    /// The loginId behind a claim, if it is right and the account is not locked.
    pub(super) fn authenticate(&mut self, side: Side, claim: &Claim, by: &str) -> Option<String> {
        let agent = match &claim.user {
            Some(name) if by == "xmpp" => {
                self.world.agents.values().find(|agent| agent.spec.id.eq_ignore_ascii_case(name))
            }
            Some(name) => self.world.resolve(name),
            None => {
                self.world.agents.values().find(|agent| agent.spec.token.as_deref() == Some(&claim.secret))
            }
        };
        let Some(agent) = agent else {
            let user = claim.user.clone().unwrap_or_default();
            self.note(side, LogKind::Credentials { user, by: by.to_owned(), ok: false, locked: false });
            return None;
        };
        let (user, spec) = (agent.spec.id.clone(), agent.spec.clone());
        let counts = by == "rest" || self.profile.xmpp_failures_count;
        let (now, limit, lock) = (self.now, self.profile.lockout_failures, self.profile.lockout_time);
        let account = self.node_mut(side).accounts.entry(user.clone()).or_default();
        let mut locked = account.locked_until.is_some_and(|until| until > now);
        let password = account.password.as_deref().unwrap_or(&spec.password);
        let right = claim.secret == password || spec.token.as_deref() == Some(&claim.secret);
        let ok = right && !locked;
        if ok {
            account.failures = 0;
        } else if !right && !locked && counts {
            account.failures += 1;
            if account.failures >= limit {
                account.failures = 0;
                account.locked_until = Some(now + lock);
                locked = true;
            }
        }
        // A request of a working session is not worth an entry; a log-in and a failure are.
        if !ok || by == "xmpp" {
            self.note(side, LogKind::Credentials { user: user.clone(), by: by.to_owned(), ok, locked });
        }
        ok.then_some(user)
    }
}
