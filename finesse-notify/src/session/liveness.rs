//! The ping schedule: one ping every `idle`, earlier on a link that has been quiet, and the verdict when they stay unanswered.
//!
//! Anything inbound after a ping proves the stream alive, not only the answer. While the owner does not take events, nothing is read, so
//! silence proves nothing: pings go on (the server counts them) but no verdict is passed.

use std::time::Duration;

use crate::config::PingConfig;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Fine,
    /// Send a ping now.
    Ping,
    /// The link is dead.
    Silent {
        misses: u32,
        since: Duration,
    },
}

pub(super) struct Liveness {
    config: PingConfig,
    last_inbound: Duration,
    /// When the next regular ping is due.
    next: Duration,
    waiting: Option<Waiting>,
}

struct Waiting {
    /// When the first unanswered ping was sent.
    first: Duration,
    /// When the latest was.
    latest: Duration,
    misses: u32,
}

impl Liveness {
    pub(super) fn new(config: PingConfig, now: Duration) -> Self {
        Self { config, last_inbound: now, next: now.saturating_add(config.idle), waiting: None }
    }

    pub(super) fn heard(&mut self, at: Duration) {
        self.last_inbound = self.last_inbound.max(at);
        if self.waiting.as_ref().is_some_and(|w| self.last_inbound > w.first) {
            self.waiting = None;
        }
    }

    /// The answer to a ping came.
    pub(super) fn answered(&mut self) {
        self.waiting = None;
    }

    pub(super) fn resumed(&mut self, now: Duration) {
        if let Some(waiting) = &mut self.waiting {
            waiting.latest = now;
        }
    }

    pub(super) fn deadline(&self, paused: bool) -> Option<Duration> {
        match &self.waiting {
            Some(_) if paused => Some(self.next),
            Some(waiting) => Some(waiting.latest.saturating_add(self.config.timeout)),
            None if paused => Some(self.next),
            None => Some(self.next.min(self.last_inbound.saturating_add(self.config.quiet()))),
        }
    }

    pub(super) fn tick(&mut self, now: Duration, paused: bool) -> Verdict {
        let due = self.deadline(paused).is_some_and(|at| at <= now);
        if !due {
            return Verdict::Fine;
        }
        match &mut self.waiting {
            Some(waiting) if !paused => {
                waiting.misses += 1;
                waiting.latest = now;
                if waiting.misses >= self.config.misses {
                    return Verdict::Silent {
                        misses: waiting.misses,
                        since: now.saturating_sub(self.last_inbound),
                    };
                }
            }
            Some(waiting) => waiting.latest = now,
            None => self.waiting = Some(Waiting { first: now, latest: now, misses: 0 }),
        }
        self.next = now.saturating_add(self.config.idle);
        Verdict::Ping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn liveness() -> Liveness {
        Liveness::new(PingConfig::default(), s(0))
    }

    #[test]
    fn two_missed_pings_end_the_link_twenty_five_seconds_after_the_last_sign() {
        let mut l = liveness();
        assert_eq!(l.tick(s(14), false), Verdict::Fine);
        assert_eq!(l.tick(s(15), false), Verdict::Ping);
        assert_eq!(l.deadline(false), Some(s(20)));
        assert_eq!(l.tick(s(20), false), Verdict::Ping);
        assert_eq!(l.tick(s(25), false), Verdict::Silent { misses: 2, since: s(25) });
    }

    #[test]
    fn anything_inbound_after_the_ping_is_a_sign_of_life() {
        let mut l = liveness();
        assert_eq!(l.tick(s(20), false), Verdict::Ping);
        l.heard(s(24));
        assert_eq!(l.tick(s(25), false), Verdict::Fine);
        assert_eq!(l.deadline(false), Some(s(39)), "15 s after the last sign");
        l.heard(s(38));
        assert_eq!(l.deadline(false), Some(s(40)), "20 s after the last ping, whatever the traffic");
    }

    #[test]
    fn bytes_from_before_the_ping_are_no_answer_to_it() {
        let mut l = liveness();
        l.tick(s(20), false);
        l.heard(s(19));
        assert_eq!(l.tick(s(25), false), Verdict::Ping);
    }

    #[test]
    fn pings_go_out_under_steady_traffic_too() {
        let mut l = liveness();
        for t in 1..20 {
            l.heard(s(t));
        }
        assert_eq!(l.tick(s(20), false), Verdict::Ping);
    }

    #[test]
    fn while_nothing_is_read_pings_go_on_and_no_verdict_is_passed() {
        let mut l = liveness();
        assert_eq!(l.tick(s(20), true), Verdict::Ping);
        assert_eq!(l.tick(s(30), true), Verdict::Fine);
        assert_eq!(l.tick(s(40), true), Verdict::Ping);
        assert_eq!(l.tick(s(60), true), Verdict::Ping);
        l.resumed(s(65));
        assert_eq!(l.tick(s(69), false), Verdict::Fine);
        assert_eq!(l.tick(s(70), false), Verdict::Ping);
        assert_eq!(l.tick(s(75), false), Verdict::Silent { misses: 2, since: s(75) });
    }
}
