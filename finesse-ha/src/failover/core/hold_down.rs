//! The times in which no switch is made, and what flaps.
//!
//! Only committed switches count: a move that failed has cost the agent nothing but time. The hold-down doubles with each switch beyond the
//! second within [`WINDOW`], up to [`LONGEST`], and returns to its base after [`QUIET`].

use std::time::Duration;

use crate::params::Params;
use crate::side::{PerSide, Side};

/// What happens so often within this time is flapping.
pub(super) const WINDOW: Duration = Duration::from_secs(600);
/// So many switches, or outages of one side, within the window are flapping.
pub(super) const FLAPPING: usize = 3;
/// The longest hold-down.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// After so long without another switch or outage, the flapping is over.
pub(super) const QUIET: Duration = Duration::from_secs(30 * 60);

/// The switches of a session and the outages of its sides.
#[derive(Debug, Default)]
pub(super) struct HoldDown {
    switches: Vec<Duration>,
    outages: PerSide<Vec<Duration>>,
    doublings: u32,
    last_flap: Option<Duration>,
}

impl HoldDown {
    /// A switch has been committed. True if this begins a time of flapping.
    pub(super) fn switched(&mut self, now: Duration) -> bool {
        remember(&mut self.switches, now);
        if self.switches.len() < FLAPPING {
            return false;
        }
        self.doublings += 1;
        self.flap(now)
    }

    /// A side, in use or not, has gone out of service. True if this begins a time of flapping.
    pub(super) fn went_out(&mut self, side: Side, now: Duration) -> bool {
        remember(self.outages.of_mut(side), now);
        self.is_restless(side, now) && self.flap(now)
    }

    /// The side has gone out so often that it must prove itself before it is used again.
    pub(super) fn is_restless(&self, side: Side, now: Duration) -> bool {
        let recent = |at: &&Duration| now.saturating_sub(**at) <= WINDOW;
        self.outages.of(side).iter().filter(recent).count() >= FLAPPING
    }

    /// When the next switch may be made: later if the side to be left serves, for then it will force a logout.
    pub(super) fn free_at(&self, params: &Params, serves: bool) -> Duration {
        let Some(last) = self.switches.last() else { return Duration::ZERO };
        let base = if serves { params.hold_down_voluntary } else { params.hold_down_forced };
        let doubled = base.saturating_mul(2_u32.saturating_pow(self.doublings));
        *last + doubled.min(LONGEST.max(base))
    }

    /// When the flapping will be over if nothing more happens.
    pub(super) fn calm_at(&self) -> Option<Duration> {
        self.last_flap.map(|at| at + QUIET)
    }

    /// It is over.
    pub(super) fn calm(&mut self) {
        self.doublings = 0;
        self.last_flap = None;
    }

    fn flap(&mut self, now: Duration) -> bool {
        self.last_flap.replace(now).is_none()
    }
}

/// Appends, and forgets what is older than the window.
fn remember(times: &mut Vec<Duration>, now: Duration) {
    times.retain(|at| now.saturating_sub(*at) <= WINDOW);
    times.push(now);
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn a_side_that_serves_is_left_less_readily() {
        let mut hold = HoldDown::default();
        let params = Params::default();
        assert_eq!(hold.free_at(&params, true), Duration::ZERO);
        hold.switched(100 * S);
        assert_eq!(hold.free_at(&params, false), 130 * S);
        assert_eq!(hold.free_at(&params, true), 280 * S);
    }

    #[test]
    fn k7_the_hold_down_doubles_from_the_third_switch_up_to_fifteen_minutes() {
        let mut hold = HoldDown::default();
        let params = Params::default();
        let told: Vec<bool> = (0_u32..9).map(|n| hold.switched(n * 60 * S)).collect();
        assert_eq!(told.iter().filter(|told| **told).count(), 1, "told once");
        assert!(told[2]);
        assert_eq!(hold.free_at(&params, false), 480 * S + LONGEST);
        let mut hold = HoldDown::default();
        for n in 0_u32..4 {
            hold.switched(n * 60 * S);
        }
        assert_eq!(hold.free_at(&params, false), 180 * S + 120 * S);
        hold.calm();
        hold.switched(4000 * S);
        assert_eq!(hold.free_at(&params, false), 4030 * S);
    }

    #[test]
    fn c5_three_outages_in_ten_minutes_make_a_side_restless() {
        let mut hold = HoldDown::default();
        assert!(
            !hold.went_out(Side::A, Duration::ZERO)
                && !hold.went_out(Side::A, 100 * S)
                && !hold.is_restless(Side::A, 100 * S)
        );
        assert!(
            hold.went_out(Side::A, 200 * S)
                && hold.is_restless(Side::A, 200 * S)
                && !hold.is_restless(Side::B, 200 * S)
        );
        assert!(!hold.is_restless(Side::A, 601 * S));
    }
}
