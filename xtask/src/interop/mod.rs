//! `cargo xtask interop`: the conformance suite of the notification channel, and a whole failover against real XMPP servers.
//!
//! One list of behaviours is shown over every transport against every server: the simulator, and Prosody servers from the distribution, which
//! play the notification services of the two sides. A publisher logged in as `finesse` publishes updates shaped like Finesse's; in the failover
//! it publishes what the simulated sides do. Prosody is not Openfire and is not Cisco's: what this shows is that the client speaks XMPP, WebSocket
//! and BOSH with a server its authors did not write.

mod client;
mod failover;
mod install;
mod mirror;
mod peer;
mod pki;
mod prosody;
mod publisher;
mod raw;
mod report;
mod rig;
mod splitter;
mod suite;

use std::path::Path;
use std::time::Duration;

use crate::Outcome;
use crate::report::{Failure, say};
use crate::shell::{shell, target};
use client::Way;
use failover::{Failover, Step};
use peer::{Kind, Peer};
use report::Report;
use suite::Behaviour;

/// Above everything a behaviour may rightly take; only a deadlock reaches it.
const PATIENCE: Duration = Duration::from_secs(90);

/// Where the table is kept for readers.
const PAGE: &str = "docs/conformance.md";

/// Runs the suite over every transport and server, then the failover over every transport.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let given = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if let Some(other) = arguments.iter().find(|argument| !matches!(argument.as_str(), "--keep" | "--write"))
    {
        return Err(Failure::new(format!("{other} is not known here; known are --keep and --write")));
    }
    let shell = shell()?;
    install::ensure(&shell)?;
    let home = target().join("interop");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let report = runtime.block_on(everything(&home))?;
    let outcome = report.tell();
    match &outcome {
        Ok(()) if !given("--keep") => std::fs::remove_dir_all(&home)?,
        _ => say(&format!("interop: the servers' files and logs are in {}", home.display())),
    }
    if given("--write") && outcome.is_ok() {
        let page = shell.current_dir().join(PAGE);
        if let Some(folder) = page.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&page, report.page())?;
        say(&format!("interop: {PAGE} is written"));
    }
    outcome
}

async fn everything(home: &Path) -> Result<Report, Failure> {
    let mut report = Report::new();
    for kind in Kind::ALL {
        for way in Way::ALL {
            // Each transport meets fresh servers, so that one's leftovers cannot help or hurt the other.
            let domain = format!("fin-{}.interop.example", way.name());
            let mut peer = Peer::start(kind, &domain, &home.join(way.name())).await?;
            for behaviour in Behaviour::ALL {
                report.take(behaviour.name(), (kind, way), behaviour.show(&mut peer, way)).await;
            }
        }
    }
    for way in Way::ALL {
        let column = (Kind::Prosody, way);
        let starting = tokio::time::timeout(PATIENCE, Failover::start(way, home)).await;
        let mut failover = match starting.unwrap_or_else(|_| Err(Failure::new("did not start in time"))) {
            Ok(failover) => failover,
            Err(failure) => {
                report.take(Step::ALL[0].name(), column, std::future::ready(Err(failure))).await;
                continue;
            }
        };
        for step in Step::ALL {
            // Each step stands on the one before.
            let showing = async { failover.show(step).await.map(|()| String::from("ok")) };
            if !report.take(step.name(), column, showing).await {
                break;
            }
        }
    }
    Ok(report)
}
