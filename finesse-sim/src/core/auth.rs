//! Credentials: one check for REST and for streams, with the lock after wrong ones.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::SimCore;
use crate::{AuthMode, LogKind, Side};

/// What a request says who it is from.
#[derive(Clone)]
pub(super) struct Claim {
    /// Name given; none with a token alone.
    pub(super) user: Option<String>,
    pub(super) secret: String,
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
    /// The loginId behind a claim, or the name of the application account, if the claim is right and the account is not locked.
    pub(super) fn authenticate(&mut self, side: Side, claim: &Claim, by: &str) -> Option<String> {
        let rest = &self.profile.rest;
        let administrator = (claim.user.as_deref() == Some(&rest.administrator_name) && by == "rest")
            .then(|| (rest.administrator_name.clone(), rest.administrator_password.clone(), None));
        let agent = match &claim.user {
            Some(name) if by == "xmpp" => {
                self.world.agents.values().find(|agent| agent.spec.id.eq_ignore_ascii_case(name))
            }
            Some(name) => self.world.resolve(name),
            None => self.world.agents.get(&self.bearer(&claim.secret).unwrap_or_default()),
        };
        let agent =
            agent.map(|agent| (agent.spec.id.clone(), agent.spec.password.clone(), agent.spec.token.clone()));
        let Some((user, password, token)) = agent.or(administrator) else {
            let user = claim.user.clone().unwrap_or_default();
            self.note(side, LogKind::Credentials { user, by: by.to_owned(), ok: false, locked: false });
            return None;
        };
        let is_token =
            token.as_deref() == Some(&claim.secret) || self.bearer(&claim.secret).as_deref() == Some(&user);
        let tokens_only = by == "rest"
            && self.profile.rest.auth_mode == AuthMode::Sso
            && self.world.agents.contains_key(&user);
        let counts = by == "rest" || self.profile.xmpp_failures_count;
        let (now, limit, lock) = (self.now, self.profile.lockout_failures, self.profile.lockout_time);
        let account = self.node_mut(side).accounts.entry(user.clone()).or_default();
        let mut locked = account.locked_until.is_some_and(|until| until > now);
        let password = account.password.as_deref().unwrap_or(&password);
        let right = is_token || (claim.secret == password && !tokens_only);
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

    /// Whether a password is right, without counting a wrong one.
    pub(super) fn is_password(&self, side: Side, user: &str, secret: &str) -> bool {
        let changed = self.node(side).accounts.get(user).and_then(|account| account.password.as_deref());
        let configured = self.world.agents.get(user).map(|agent| agent.spec.password.as_str());
        changed.or(configured) == Some(secret)
    }

    /// The user of a token that is good now.
    fn bearer(&self, token: &str) -> Option<String> {
        if let Some(given) = self.site.tokens.get(token) {
            return (!given.refresh && given.until > self.now).then(|| given.user.clone());
        }
        let mut agents = self.world.agents.values();
        agents.find(|agent| agent.spec.token.as_deref() == Some(token)).map(|agent| agent.spec.id.clone())
    }
}
