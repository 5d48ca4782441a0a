//! `cargo xtask sim`: many simulated failures under one clock and one seed each, or the replay of a single seed.

use crate::Outcome;
use crate::report::Failure;

/// How many schedules CI runs as a smoke test.
pub(crate) const SMOKE_SEEDS: u64 = 200;
/// How many schedules run when nothing is said: what the project promises to survive.
const DEFAULT_SEEDS: u64 = 1000;

/// What to run: `count` schedules from `first` on.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    first: u64,
    count: u64,
}

/// Runs the schedules and stops at the first that breaks an invariant.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let plan = parse(arguments)?;
    Err(Failure::new(format!("no harness yet for {} seeds from {}", plan.count, plan.first)))
}

fn parse(arguments: &[String]) -> Result<Plan, Failure> {
    let (mut first, mut count) = (None, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let slot = match argument.as_str() {
            "--seed" => &mut first,
            "--seeds" => &mut count,
            other => return Err(Failure::new(format!("{other:?} is unknown; use --seeds N and --seed S"))),
        };
        let number = rest.next().and_then(|text| text.parse::<u64>().ok());
        *slot = Some(number.ok_or_else(|| Failure::new(format!("{argument} wants a whole number")))?);
    }
    // A seed alone is a replay of that one.
    let count = count.unwrap_or(if first.is_some() { 1 } else { DEFAULT_SEEDS });
    Ok(Plan { first: first.unwrap_or(1), count })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(arguments: &[&str]) -> Option<Plan> {
        parse(&arguments.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).ok()
    }

    #[test]
    fn a_seed_alone_is_a_replay_of_that_one() {
        assert_eq!(plan(&["--seed", "7"]), Some(Plan { first: 7, count: 1 }));
        assert_eq!(plan(&["--seeds", "20"]), Some(Plan { first: 1, count: 20 }));
        assert_eq!(plan(&["--seed", "7", "--seeds", "3"]), Some(Plan { first: 7, count: 3 }));
    }

    #[test]
    fn words_where_numbers_belong_are_refused() {
        assert_eq!(plan(&["--seeds", "many"]), None);
        assert_eq!(plan(&["--seeds"]), None);
    }
}
