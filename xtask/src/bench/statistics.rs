//! Medians and percentiles of repeated runs.

use std::time::Duration;

/// The runs of one measurement, in milliseconds, in ascending order.
pub(super) struct Runs(Vec<f64>);

impl Runs {
    pub(super) fn new(runs: impl IntoIterator<Item = Duration>) -> Self {
        let mut runs: Vec<f64> = runs.into_iter().map(|run| run.as_secs_f64() * 1e3).collect();
        runs.sort_by(f64::total_cmp);
        Self(runs)
    }

    /// The value that `share` percent of the runs do not exceed (nearest rank). Of fewer than a hundred runs the 99th percentile is the
    /// slowest one.
    pub(super) fn percentile(&self, share: usize) -> f64 {
        let rank = (self.0.len() * share).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }
}

/// The middle of some values; of an even number the upper one.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The measurement in the middle by the ratio of its two values. A shared machine may halve its speed from one second to the next; both
/// values of one short turn were measured at the same speed, those of different turns were not.
pub(super) fn middle<T>(mut turns: Vec<T>, ratio: impl Fn(&T) -> f64) -> Option<T> {
    turns.sort_by(|one, other| ratio(one).total_cmp(&ratio(other)));
    let middle = turns.len() / 2;
    turns.into_iter().nth(middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let runs = Runs::new((1..=100).rev().map(Duration::from_millis));
        assert_eq!((runs.percentile(50), runs.percentile(99)), (50.0, 99.0));
        let few = Runs::new((1..=30).map(Duration::from_millis));
        assert_eq!((few.percentile(50), few.percentile(99)), (15.0, 30.0));
        assert_eq!(Runs::new([]).percentile(99), 0.0);
    }

    #[test]
    fn the_middle_turn_does_not_mind_a_machine_of_two_speeds() {
        let turns = vec![(15.0, 10.0), (32.0, 20.0), (14.0, 10.0)];
        assert_eq!(middle(turns, |(ours, floor)| ours / floor), Some((15.0, 10.0)));
        assert_eq!(middle(Vec::<f64>::new(), |value| *value), None);
    }

    #[test]
    fn the_median_does_not_mind_one_outlier() {
        assert_eq!(median(vec![9_000.0, 2.0, 1.0]), 2.0);
    }
}
