//! `cargo xtask sim`: many simulated failures under one clock and one seed each, or the replay of a single seed.
//!
//! Each seed is played in a runtime of its own, on as many threads as there are processors, so seeds run side by side without touching each other.
//! One in fifty, and each replay, is played twice: the two feeds must be the same, byte for byte. A seed that panics is one that failed. A seed that
//! failed is told with its transport and switches, and beside it which values most of the failed ones share.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::RefUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::Outcome;
use crate::report::{Failure, say, seconds};
use crate::simulation::{self, Report, Setup};

/// How many schedules run when nothing is said, in CI too: what the project promises to survive.
const DEFAULT_SEEDS: u64 = 1000;
/// One in so many seeds is played twice, to see that the same seed gives the same feed.
const TWICE: u64 = 50;
/// Failing seeds that are named; a broken rule breaks hundreds, and a few are enough to look at.
const NAMED: usize = 5;

/// What to run: `count` schedules from `first` on.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    first: u64,
    count: u64,
}

/// Runs the schedules and tells which break an invariant.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let plan = parse(arguments)?;
    if plan.count == 1 {
        return replay(plan.first);
    }
    let started = Instant::now();
    let next = AtomicU64::new(plan.first);
    let totals = Mutex::new(Totals::default());
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= plan.first + plan.count {
                        return;
                    }
                    let result = play(seed, seed.is_multiple_of(TWICE), &simulation::run);
                    if let Ok(mut totals) = totals.lock() {
                        totals.add(seed, result);
                    }
                }
            });
        }
    });
    let totals = totals.into_inner().map_err(|_| Failure::new("a thread of the simulation panicked"))?;
    totals.tell(&plan, started)
}

/// What came of all seeds.
#[derive(Default)]
struct Totals {
    gaps: usize,
    switches: usize,
    commands: usize,
    failed: BTreeMap<u64, Vec<String>>,
    /// Of each value of each switch, how many seeds had it, and how many of those failed.
    drawn: BTreeMap<String, (usize, usize)>,
}

impl Totals {
    fn add(&mut self, seed: u64, result: Result<Report, String>) {
        let failed = !result.as_ref().is_ok_and(|report| report.broken.is_empty());
        for drawn in Setup::of(seed).drawn() {
            let (had, broke) = self.drawn.entry(drawn.to_owned()).or_default();
            *had += 1;
            *broke += usize::from(failed);
        }
        match result {
            Ok(report) => {
                self.gaps += report.gaps;
                self.switches += report.switches;
                self.commands += report.commands;
                if !report.broken.is_empty() {
                    self.failed.insert(seed, report.broken);
                }
            }
            Err(why) => {
                self.failed.insert(seed, vec![why]);
            }
        }
    }

    fn tell(self, plan: &Plan, started: Instant) -> Outcome {
        say(&format!(
            "sim: {} schedules in {}: {} gaps, {} switches, {} commands; invariants 1 to 15 watched in each (8 and 9 by their effect only, 7 where a \
             dialog names the one it replaces in a gap), {} broken",
            plan.count,
            seconds(started.elapsed()),
            self.gaps,
            self.switches,
            self.commands,
            self.failed.len()
        ));
        say(&self.drawn());
        let Some(first) = self.failed.keys().next() else { return Ok(()) };
        for (seed, broken) in self.failed.iter().take(NAMED) {
            say(&format!("sim: seed {seed}, {}:\n         {}", Setup::of(*seed), broken.join("\n         ")));
        }
        self.suspects();
        Err(Failure::new(format!(
            "{} of {} seeds break an invariant; replay the first: cargo xtask sim --seed {first}",
            self.failed.len(),
            plan.count
        )))
    }

    /// How often what was drawn.
    fn drawn(&self) -> String {
        let transports = self
            .drawn
            .iter()
            .filter_map(|(text, (had, _))| Some(format!("{} {had}", text.strip_prefix("transport=")?)));
        let switches: BTreeSet<&str> = self.drawn.keys().filter_map(|text| text.split('=').next()).collect();
        let rarest = self.drawn.values().map(|(had, _)| *had).min().unwrap_or_default();
        format!(
            "sim: transports: {}; {} values of {} switches, each in {rarest} schedules at least",
            transports.collect::<Vec<_>>().join(", "),
            self.drawn.len(),
            switches.len()
        )
    }

    /// The values with which most schedules broke: where to look first.
    fn suspects(&self) {
        let mut all: Vec<_> = self.drawn.iter().collect();
        all.sort_by_key(|(_, (had, broke))| std::cmp::Reverse(broke * 1000 / had));
        for (text, (had, broke)) in all.into_iter().take(NAMED) {
            say(&format!("sim: {broke} of {had} schedules with {text} broke"));
        }
    }
}

/// Plays a seed, perhaps twice.
fn play(
    seed: u64,
    twice: bool,
    run: &(dyn Fn(u64) -> Result<Report, String> + RefUnwindSafe),
) -> Result<Report, String> {
    let run = |seed| {
        std::panic::catch_unwind(|| run(seed)).unwrap_or_else(|panic| {
            let words = panic.downcast_ref::<String>().map(String::as_str);
            let words = words.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(format!("it panicked: {}", words.unwrap_or("with something that is no text")))
        })
    };
    let report = run(seed)?;
    if twice {
        let again = run(seed)?;
        if let Some(at) = (0..report.feed.len().max(again.feed.len()))
            .find(|at| report.feed.get(*at) != again.feed.get(*at))
        {
            let line =
                |report: &Report| report.feed.get(at).cloned().unwrap_or_else(|| String::from("(nothing)"));
            return Err(format!(
                "invariant 30: played twice, line {at} differs: {} and {}",
                line(&report),
                line(&again)
            ));
        }
    }
    Ok(report)
}

/// Plays one seed, twice, and shows everything that happened.
fn replay(seed: u64) -> Outcome {
    say(&format!("sim: seed {seed}, {}", Setup::of(seed)));
    let report =
        play(seed, true, &simulation::run).map_err(|why| Failure::new(format!("seed {seed}: {why}")))?;
    for line in &report.feed {
        say(line);
    }
    for broken in &report.broken {
        say(&format!("BROKEN: {broken}"));
    }
    if report.broken.is_empty() {
        say(&format!(
            "sim: seed {seed}: {} gaps, {} switches, {} commands, nothing broken",
            report.gaps, report.switches, report.commands
        ));
        return Ok(());
    }
    Err(Failure::new(format!("seed {seed} breaks {} invariants", report.broken.len())))
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
    if count == 0 {
        return Err(Failure::new("no seeds are no test; use --seeds N with at least 1"));
    }
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
        assert_eq!(plan(&["--seeds", "0"]), None);
    }

    #[test]
    fn over_every_transport_a_seed_gives_one_feed_and_breaks_nothing() {
        for transport in ["Auto", "Tcp", "WebSocket", "Bosh"] {
            let transport = format!("transport={transport}");
            let seed = (1..).find(|seed| Setup::of(*seed).drawn().any(|drawn| drawn == transport)).unwrap();
            let report = play(seed, true, &simulation::run).unwrap();
            assert_eq!(report.broken, Vec::<String>::new(), "seed {seed}, {transport}");
        }
    }

    #[test]
    fn what_failed_seeds_share_is_known() {
        let mut totals = Totals::default();
        let seeds = 1..=20;
        for seed in seeds.clone() {
            let broken = Setup::of(seed).drawn().any(|drawn| drawn == "load=true");
            totals.add(seed, if broken { Err(String::from("broken")) } else { Ok(report("")) });
        }
        let (had, broke) = totals.drawn["load=true"];
        assert!(had > 0 && had == broke);
        assert_eq!(totals.drawn["load=false"], (seeds.count() - had, 0));
    }

    fn report(feed: &str) -> Report {
        Report { feed: vec![feed.to_owned()], broken: Vec::new(), gaps: 0, switches: 0, commands: 0 }
    }

    #[test]
    fn a_seed_that_panics_is_one_that_failed() {
        let why = play(7, false, &|seed| panic!("seed {seed} is too much")).unwrap_err();
        assert_eq!(why, "it panicked: seed 7 is too much");
        let mut totals = Totals::default();
        totals.add(7, Err(why));
        assert!(totals.failed.contains_key(&7));
    }

    #[test]
    fn a_seed_that_is_played_twice_must_give_the_same_feed() {
        let times = AtomicU64::new(0);
        let other = |_: u64| Ok(report(&times.fetch_add(1, Ordering::Relaxed).to_string()));
        assert!(play(7, true, &other).unwrap_err().contains("line 0 differs"));
        assert!(play(7, false, &other).is_ok());
        assert!(play(7, true, &|_| Ok(report("always this"))).is_ok());
    }
}
