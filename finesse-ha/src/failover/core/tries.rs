//! Attempts to open a link to one side, and the pauses between them.

use std::time::Duration;

use crate::params::RECONNECT_PAUSES;

/// What became of the attempts to open a link to a side.
#[derive(Debug, Clone, Default)]
pub(super) struct Tries {
    /// Attempts that have failed since the last success.
    pub(super) failed: u32,
    /// No attempt before this.
    pub(super) not_before: Duration,
    /// When the last attempt that failed began.
    pub(super) began: Duration,
    /// When the last attempt failed.
    pub(super) failed_at: Option<Duration>,
    /// What was wrong with it.
    pub(super) error: String,
    /// What was wrong with the certificate, if the last attempt failed by that.
    pub(super) distrust: Option<String>,
}

impl Tries {
    /// An attempt failed, or what it had opened.
    pub(super) fn fail(&mut self, now: Duration, pause: Duration, error: impl Into<String>) {
        self.failed = self.failed.saturating_add(1);
        self.began = now;
        self.failed_at = Some(now);
        self.not_before = now + pause;
        self.error = error.into();
        self.distrust = None;
    }
}

/// The pause before attempt `n`: the quick ones of [`RECONNECT_PAUSES`], then doubling up to `cap`; each ± 50 %, so that many clients do not
/// come in step.
pub(super) fn pause(n: u32, cap: Duration, random: &mut fastrand::Rng) -> Duration {
    let last = RECONNECT_PAUSES.len() - 1;
    let index = usize::try_from(n).unwrap_or(usize::MAX);
    // More than 16 doublings are beyond any cap.
    let doublings = u32::try_from(index.saturating_sub(last)).unwrap_or(16).min(16);
    let base = RECONNECT_PAUSES[index.min(last)] * 2_u32.pow(doublings);
    base.mul_f64(0.5 + random.f64()).min(cap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_from_a_fifth_of_a_second_to_the_cap() {
        let mut random = fastrand::Rng::with_seed(1);
        let cap = Duration::from_secs(20);
        for (n, millis) in [(0, 200), (1, 1000), (2, 3000), (3, 6000), (4, 12_000)] {
            let pause = pause(n, cap, &mut random).as_millis();
            assert!(pause >= millis / 2 && pause <= millis * 3 / 2, "{n}: {pause}");
        }
        assert!((8..u32::MAX).step_by(100_000_007).all(|n| pause(n, cap, &mut random) == cap));
    }
}
