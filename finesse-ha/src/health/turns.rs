//! How fast the sessions of one process may open links to one side: a token bucket.
//!
//! A side that returns, or takes over from the other, is fallen upon by every session at once; documented throughput is some twenty agents
//! a second. Invariant: in any stretch of time, not more than the burst and the rate times that stretch get their turn.

use std::time::Duration;

/// The turns of one side. The burst is one second's worth.
#[derive(Debug)]
pub(crate) struct Turns {
    /// Between two turns.
    spacing: Duration,
    burst: u32,
    /// When the bucket will be full again, if nobody asks.
    full_at: Duration,
}

impl Turns {
    /// So many turns a second; none at all would be no rate, so at least one.
    pub(crate) fn new(rate: u32) -> Self {
        let rate = rate.max(1);
        Self { spacing: Duration::from_secs(1) / rate, burst: rate, full_at: Duration::ZERO }
    }

    /// Takes the next turn and tells how long to wait for it.
    pub(crate) fn take(&mut self, now: Duration) -> Duration {
        let empty = self.full_at.saturating_sub(now);
        self.full_at = self.full_at.max(now) + self.spacing;
        (empty + self.spacing).saturating_sub(self.spacing * self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn n_sessions_get_a_burst_and_then_the_rate() {
        let mut turns = Turns::new(20);
        let waits: Vec<Duration> = (0..60).map(|_| turns.take(7 * S)).collect();
        assert!(waits[..20].iter().all(Duration::is_zero));
        for (turn, wait) in waits[20..].iter().enumerate() {
            assert_eq!(*wait, Duration::from_millis(50) * u32::try_from(turn + 1).unwrap());
        }
    }

    #[test]
    fn the_bucket_fills_again_and_not_beyond_the_burst() {
        let mut turns = Turns::new(2);
        assert_eq!((turns.take(S), turns.take(S), turns.take(S)), (Duration::ZERO, Duration::ZERO, S / 2));
        let later = 100 * S;
        assert_eq!(
            (turns.take(later), turns.take(later), turns.take(later)),
            (Duration::ZERO, Duration::ZERO, S / 2)
        );
    }
}
