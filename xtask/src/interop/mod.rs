//! `cargo xtask interop`: the notification channel, and a whole failover, against real XMPP servers.
//!
//! Prosody servers from the distribution play the notification services of the two sides. A publisher logged in as
//! `finesse` publishes updates shaped like Finesse's; in the failover it publishes what the simulated sides do. Prosody is not Openfire and is
//! not Cisco's: what this shows is that the client speaks XMPP and BOSH with a server its authors did not write.

mod client;
mod failover;
mod install;
mod mirror;
mod pki;
mod prosody;
mod publisher;
mod raw;
mod splitter;
mod suite;

use std::path::Path;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::report::{Failure, say, seconds, table};
use crate::shell::{shell, target};
use client::Way;
use failover::{Failover, Step};
use suite::{Behaviour, Rig};

/// Above everything a behaviour may rightly take; only a deadlock reaches it.
const PATIENCE: Duration = Duration::from_secs(90);

/// Runs the suite over every transport, then the failover.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let keep = arguments.iter().any(|argument| argument == "--keep");
    let shell = shell()?;
    install::ensure(&shell)?;
    let home = target().join("interop");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let outcome = runtime.block_on(everything(&home));
    match &outcome {
        Ok(()) if !keep => std::fs::remove_dir_all(&home)?,
        _ => say(&format!("interop: the servers' files and logs are in {}", home.display())),
    }
    outcome
}

async fn everything(home: &Path) -> Outcome {
    let mut report = Report::new();
    for way in Way::ALL {
        // Each transport meets fresh servers, so that one's leftovers cannot help or hurt the other.
        let domain = format!("fin-{}.interop.example", way.name());
        let mut rig = Rig::start(&domain, &home.join(way.name())).await?;
        for behaviour in Behaviour::ALL {
            report.take(behaviour.name(), way, behaviour.show(&mut rig, way)).await;
        }
        drop(rig);
        let starting = tokio::time::timeout(PATIENCE, Failover::start(way, home)).await;
        let mut failover = match starting.unwrap_or_else(|_| Err(Failure::new("did not start in time"))) {
            Ok(failover) => failover,
            Err(failure) => {
                report.take(Step::ALL[0].name(), way, std::future::ready(Err(failure))).await;
                continue;
            }
        };
        for step in Step::ALL {
            // Each step stands on the one before.
            if !report.take(step.name(), way, failover.show(step)).await {
                break;
            }
        }
    }
    report.tell()
}

/// What is shown so far: a row for everything, a column for each transport.
struct Report {
    rows: Vec<(&'static str, [String; Way::ALL.len()])>,
    differences: Vec<String>,
}

impl Report {
    fn new() -> Self {
        let names = Behaviour::ALL.map(Behaviour::name).into_iter().chain(Step::ALL.map(Step::name));
        let rows = names.map(|name| (name, Way::ALL.map(|_| String::from("not reached")))).collect();
        Self { rows, differences: Vec::new() }
    }

    /// Shows one thing and takes down what came of it; true if it is as it should be.
    async fn take(
        &mut self,
        name: &'static str,
        way: Way,
        showing: impl Future<Output = Result<(), Failure>>,
    ) -> bool {
        let started = Instant::now();
        let outcome = tokio::time::timeout(PATIENCE, showing)
            .await
            .unwrap_or_else(|_| Err(Failure::new("did not end in time")));
        let (what, took) = (format!("{name} over {}", way.name()), seconds(started.elapsed()));
        let cell = match &outcome {
            Ok(()) => {
                say(&format!("interop: {what}: ok in {took}"));
                String::from("ok")
            }
            Err(failure) => {
                say(&format!("interop: {what}: FAILED in {took}"));
                self.differences.push(format!("{what}: {failure}"));
                format!("differs ({})", self.differences.len())
            }
        };
        for (row, cells) in &mut self.rows {
            if *row == name {
                for (column, text) in Way::ALL.iter().zip(cells) {
                    if *column == way {
                        text.clone_from(&cell);
                    }
                }
            }
        }
        outcome.is_ok()
    }

    fn tell(self) -> Outcome {
        let mut rows = vec![vec!["behaviour".to_owned()]];
        rows[0].extend(Way::ALL.map(|way| way.name().to_owned()));
        rows.extend(
            self.rows
                .into_iter()
                .map(|(name, cells)| std::iter::once(name.to_owned()).chain(cells).collect()),
        );
        table(&rows);
        for (number, difference) in self.differences.iter().enumerate() {
            say(&format!("  ({}) {difference}", number + 1));
        }
        if self.differences.is_empty() {
            return Ok(());
        }
        let count = self.differences.len();
        Err(Failure::new(format!("{count} behaviours differ from what is expected, see above")))
    }
}
