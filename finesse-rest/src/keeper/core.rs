//! When a token is refreshed.
//!
//! | what happens | what is next |
//! |---|---|
//! | a token with a lifetime and a refresh token | refresh at 75 % of the lifetime |
//! | a token with a lifetime alone | lost when it expires |
//! | a token without a lifetime, after one that had one | as if it lived as long |
//! | a token without a lifetime | never, and the state says so |
//! | a refresh failed and may succeed later | again after 1, 2, 4 … at most 60 s, while the token is good |
//! | a refresh was refused | lost when the token expires |

use std::time::Duration;

/// The first wait after a failure: a restart of a web server takes longer, a lost packet does not.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait: often enough for the last quarter of the shortest usual lifetime of some minutes.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What is next, at times since the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing.
    Never,
    /// Refresh it then.
    Refresh(Duration),
    /// It is lost then.
    Lost(Duration),
}

/// The state of one token.
#[derive(Debug)]
pub(super) struct Core {
    /// When it expires.
    expires: Option<Duration>,
    /// When it is refreshed.
    refresh: Option<Duration>,
    /// How long the last token whose lifetime was told was good.
    lifetime: Option<Duration>,
    wait: Duration,
}

impl Core {
    /// A token that was given now.
    pub(super) fn new(now: Duration, lifetime: Option<Duration>, can_refresh: bool) -> Self {
        let mut core = Self { expires: None, refresh: None, lifetime: None, wait: FIRST_WAIT };
        core.refreshed(now, lifetime, can_refresh);
        core
    }

    /// A new token was given now.
    pub(super) fn refreshed(&mut self, now: Duration, lifetime: Option<Duration>, can_refresh: bool) {
        self.wait = FIRST_WAIT;
        let lifetime = lifetime.or(self.lifetime);
        self.lifetime = lifetime;
        self.expires = lifetime.map(|lifetime| now.saturating_add(lifetime));
        // The guide asks for 75 % of the lifetime. A lifetime of nothing must not become a busy loop.
        self.refresh = lifetime
            .filter(|_| can_refresh)
            .map(|lifetime| now.saturating_add((lifetime / 4 * 3).max(FIRST_WAIT)));
    }

    /// A refresh failed; `again` if it may succeed later.
    pub(super) fn failed(&mut self, now: Duration, again: bool) {
        self.refresh = again.then(|| now.saturating_add(self.wait));
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
    }

    /// What is next.
    pub(super) fn next(&self) -> Next {
        match (self.refresh, self.expires) {
            (Some(refresh), Some(expires)) if refresh < expires => Next::Refresh(refresh),
            (_, Some(expires)) => Next::Lost(expires),
            (Some(refresh), None) => Next::Refresh(refresh),
            (None, None) => Next::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);
    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_token_is_refreshed_at_three_quarters_of_its_lifetime() {
        let mut core = Core::new(10 * S, Some(HOUR), true);
        assert_eq!(core.next(), Next::Refresh(2710 * S));
        core.refreshed(2711 * S, Some(100 * S), true);
        assert_eq!(core.next(), Next::Refresh(2786 * S));
    }

    #[test]
    fn failures_are_repeated_more_and_more_seldom_until_it_expires() {
        let mut core = Core::new(Duration::ZERO, Some(400 * S), true);
        let (mut now, mut waits) = (300 * S, Vec::new());
        loop {
            core.failed(now, true);
            match core.next() {
                Next::Refresh(at) => {
                    waits.push((at - now).as_secs());
                    now = at;
                }
                next => {
                    assert_eq!(next, Next::Lost(400 * S));
                    break;
                }
            }
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32]);
        core.refreshed(now, Some(HOUR), true);
        core.failed(now, true);
        assert_eq!(core.next(), Next::Refresh(now + S), "the waits begin anew");
    }

    #[test]
    fn a_refresh_that_tells_no_lifetime_gives_the_one_of_before() {
        let mut core = Core::new(Duration::ZERO, Some(400 * S), true);
        core.refreshed(300 * S, None, true);
        assert_eq!(core.next(), Next::Refresh(600 * S));
    }

    #[test]
    fn a_refused_refresh_is_not_repeated() {
        let mut core = Core::new(Duration::ZERO, Some(400 * S), true);
        core.failed(300 * S, false);
        assert_eq!(core.next(), Next::Lost(400 * S));
    }

    #[test]
    fn what_cannot_be_refreshed_is_lost_in_time_and_what_never_expires_is_left_alone() {
        assert_eq!(Core::new(S, Some(HOUR), false).next(), Next::Lost(3601 * S));
        assert_eq!(Core::new(S, None, true).next(), Next::Never);
        assert_eq!(Core::new(S, Some(Duration::ZERO), true).next(), Next::Lost(S));
    }
}
