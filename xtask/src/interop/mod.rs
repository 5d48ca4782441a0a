//! `cargo xtask interop`: the notification channel against real XMPP servers.
//!
//! Two Prosody servers from the distribution play the notification services of side A and side B. A publisher logged in
//! as `finesse` publishes updates shaped like Finesse's. Prosody is not Openfire and is not Cisco's: what this
//! shows is that the client speaks XMPP and BOSH with a server its authors did not write.

mod install;
mod pki;
mod prosody;
mod publisher;
mod splitter;

use crate::Outcome;
use crate::payload;
use crate::report::{Failure, say};
use crate::shell::{shell, target};
use pki::Authority;
use prosody::{AGENT, Prosody};
use publisher::Publisher;

/// Runs the suite over every transport, then the failover.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let keep = arguments.iter().any(|argument| argument == "--keep");
    let shell = shell()?;
    install::ensure(&shell)?;
    let home = target().join("interop");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let outcome = runtime.block_on(suite(&home));
    match &outcome {
        Ok(()) if !keep => std::fs::remove_dir_all(&home)?,
        _ => say(&format!("interop: servers' files and logs are in {}", home.display())),
    }
    outcome
}

async fn suite(home: &std::path::Path) -> Outcome {
    let authority = Authority::new()?;
    let mut server = Prosody::start("fin-a.interop.example", &home.join("a"), &authority)?;
    let mut publisher = Publisher::login(&server, &authority).await?;
    for node in payload::nodes(AGENT) {
        publisher.create(&node).await?;
        publisher.subscribe_user(&node, AGENT).await?;
        publisher.publish(&node, "item-1", &payload::user_update(AGENT, "READY")).await?;
    }
    say(&format!("{:?} attempts", server.attempts()?));
    server.stop()?;
    server.launch()?;
    drop(publisher);
    Err(Failure::new("no suite yet"))
}
