//! `cargo xtask interop`: the notification channel against real XMPP servers.
//!
//! Prosody servers from the distribution play the notification services of the two sides. A publisher logged in as
//! `finesse` publishes updates shaped like Finesse's. Prosody is not Openfire and is not Cisco's: what this
//! shows is that the client speaks XMPP and BOSH with a server its authors did not write.

mod client;
mod install;
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
    let mut rows = vec![vec!["behaviour".to_owned(), "tcp".to_owned(), "bosh".to_owned()]];
    rows.extend(Behaviour::ALL.iter().map(|behaviour| vec![behaviour.name().to_owned()]));
    let mut differences = Vec::new();
    for way in Way::ALL {
        // Each transport meets a fresh server, so that one's leftovers cannot help or hurt the other.
        let domain = format!("fin-{}.interop.example", way.name());
        let mut rig = Rig::start(&domain, &home.join(way.name())).await?;
        for (row, behaviour) in rows.iter_mut().skip(1).zip(Behaviour::ALL) {
            let started = Instant::now();
            let outcome = tokio::time::timeout(PATIENCE, behaviour.show(&mut rig, way))
                .await
                .unwrap_or_else(|_| Err(Failure::new("did not end in time")));
            let took = seconds(started.elapsed());
            match outcome {
                Ok(()) => {
                    say(&format!("interop: {} over {}: ok in {took}", behaviour.name(), way.name()));
                    row.push("ok".to_owned());
                }
                Err(failure) => {
                    say(&format!("interop: {} over {}: FAILED in {took}", behaviour.name(), way.name()));
                    differences.push(format!("{} over {}: {failure}", behaviour.name(), way.name()));
                    row.push(format!("differs ({})", differences.len()));
                }
            }
        }
    }
    table(&rows);
    for (number, difference) in differences.iter().enumerate() {
        say(&format!("  ({}) {difference}", number + 1));
    }
    if differences.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("{} behaviours differ from what is expected, see above", differences.len())))
}
