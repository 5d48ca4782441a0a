//! `finesse demo`: a simulated pair, an agent, calls, and each way of failing, told as a time line.
//!
//! Everything is real but the servers: sockets, TLS with the pair's own CA, both transports, the same session as in any
//! application. In every gap one call ends and another begins while nobody listens. After each failure the agent's picture is
//! compared with the simulator's truth; any difference makes the demo fail.
//!
//! In JSON the whole demo is one feed: `scenario` lines mark where a new session begins, `fault` and `world` lines say what was
//! done to the pair, `verdict` lines what came of it, and `closed` stands once, at the end.

mod failures;
mod stage;

use std::time::Duration;

use finesse_ha::params::Params;
use finesse_ha::session::Transport;
use serde_json::json;

use crate::args::{DemoArgs, PolicyName};
use crate::demo::failures::FAILURES;
use crate::demo::stage::{Figures, Play, Stage};
use crate::exit::{Exit, Failure};
use crate::lines::Stopwatch;
use crate::output::{Printer, nobody_reads};

/// The timers of the servers and of the client take this part of their time in real life. Constants of the client (the pauses between
/// two attempts, the first audits) are as ever.
const SCALE: f64 = 0.1;

/// Runs the command.
pub(crate) async fn run(args: DemoArgs) -> Result<Exit, Failure> {
    let stage =
        Stage { printer: Printer::streaming(args.output), watch: Stopwatch::start(), seed: args.seed };
    let transports =
        args.transport.map_or(vec![Transport::Tcp, Transport::Bosh], |transport| vec![transport]);
    let policies = args
        .policy
        .map_or(vec![PolicyName::Immediate, PolicyName::Wait, PolicyName::Hybrid], |policy| vec![policy]);
    let failures: Vec<_> = FAILURES
        .iter()
        .filter(|failure| args.only.as_ref().is_none_or(|only| failure.name.contains(only)))
        .collect();
    if failures.is_empty() {
        let names: Vec<&str> = FAILURES.iter().map(|failure| failure.name).collect();
        return Err(Failure::usage(format!(
            "--only: no failure of that name; known are {}",
            names.join(", ")
        )));
    }
    stage.introduce();

    let interrupt = tokio::signal::ctrl_c();
    tokio::pin!(interrupt);
    let mut played = Vec::new();
    for transport in &transports {
        for policy in &policies {
            for failure in &failures {
                let play = Play { failure, transport: *transport, policy: *policy };
                let result = tokio::select! {
                    result = stage.play(&play) => result,
                    _ = &mut interrupt => {
                        stage.close("interrupted");
                        return Ok(Exit::Interrupted);
                    }
                };
                played.push((play, result));
                if nobody_reads() {
                    return Ok(Exit::Done);
                }
            }
        }
    }
    let failed = summarise(&stage, &played);
    stage.close(if failed == 0 { "every picture was true" } else { "some pictures were not true" });
    Ok(if failed == 0 { Exit::Done } else { Exit::Failed })
}

/// The client's numbers, scaled like the servers'.
fn scaled_params() -> Params {
    Params {
        // Three heartbeats of the scaled pair; what is measured by itself is at least five seconds.
        oos_grace: Some(Duration::from_secs(15).mul_f64(SCALE)),
        // One client alone need not spread out.
        switch_jitter: Duration::ZERO,
        ..Params::default().scaled(SCALE)
    }
}

/// Prints the table; returns how many plays failed.
fn summarise(stage: &Stage, played: &[(Play<'_>, Result<Figures, String>)]) -> usize {
    let printer = stage.printer;
    printer.text("");
    printer.text("failure                     transport  policy     ended on   detect s   switch s  re-sync s  missed  picture");
    let mut failed = 0;
    for (play, result) in played {
        let name = play.failure.name;
        let (transport, policy) = (play.transport.to_string(), play.policy.to_string());
        match result {
            Ok(figures) => {
                printer.text(format!(
                    "{name:<27} {transport:<10} {policy:<10} {:<9} {:>9.3}  {:>9.3}  {:>9.3}  {:>6}  true",
                    figures.side,
                    figures.detect.as_secs_f64(),
                    figures.switch.as_secs_f64(),
                    figures.resync.as_secs_f64(),
                    figures.changes,
                ));
            }
            Err(why) => {
                failed += 1;
                printer.text(format!("{name:<27} {transport:<10} {policy:<10} FAILED: {why}"));
            }
        }
    }
    printer.text("");
    printer.text("detect: from the fault to the gap being opened; switch: from there to an open link on the side in use; re-sync: from there to live.");
    let total = played.len();
    printer.text(format!(
        "{} of {total} as they should be; timers ran {} times faster than in real life",
        total - failed,
        1.0 / SCALE
    ));
    stage.line(
        json!({ "event": "verdict", "name": "all", "passed": failed == 0, "plays": total, "failed": failed }),
    );
    failed
}
