//! From a stream that is cut to the session's decision what to do about it.
//!
//! The agent's stream is reset while side A is healthy. The session tells `gap-opened` and, with it, `recovering`: what it does is decided, and
//! the application knows. The reference is a bare link of `finesse-notify` to the same side, cut in turn by the same fault: the time until
//! its owner is told that it has ended.

use std::time::Instant;

use finesse_ha::event::Event;
use finesse_ha::session::Transport;
use finesse_notify::{Event as LinkEvent, Link};
use finesse_sim::{Fault, Side, Sim};

use super::Figure;
use super::stage::{self, AGENT, BareLogin, until};
use super::statistics::Runs;
use crate::report::Failure;

/// Each takes a third of a second, most of it the pause before the stream is opened again.
const REPETITIONS: usize = 30;

/// Measures both transports.
pub(super) fn run() -> Result<Vec<Figure>, Failure> {
    stage::over_transports(measure)
}

async fn measure(transport: Transport) -> Result<Vec<Figure>, Failure> {
    let sim = stage::pair(1).await?;
    let (a, b) = (stage::address(&sim, Side::A, transport)?, stage::address(&sim, Side::B, transport)?);
    let mut session = stage::session(&sim, a, b, transport, 1).await?;
    stage::two_calls(&sim, &mut session).await?;
    let login = BareLogin::new(&sim, Side::A, transport)?;
    let (mut decisions, mut ends) = (Vec::new(), Vec::new());
    for _ in 0..REPETITIONS {
        let mut link = login.open().await?;
        link.control.barrier().await?;
        // One after the other: opening TLS anew, which BOSH does to be sure, is work that each would do to the other.
        let cut = reset(&sim, stage::neighbour()?.as_str());
        ends.push(ended(&mut link).await? - cut);
        let cut = reset(&sim, AGENT);
        let decided = until(&mut session, "the decision", |event| match event {
            Event::Recovering { .. } | Event::Switching { .. } => Some(Instant::now()),
            _ => None,
        });
        decisions.push(decided.await? - cut);
        until(&mut session, "live again", |event| matches!(event, Event::Resynced(_)).then_some(())).await?;
    }
    session.close().await;
    sim.shutdown();
    let (decisions, ends) = (Runs::new(decisions), Runs::new(ends));
    let figure = |share| Figure {
        name: format!("link-loss.{transport}.p{share}"),
        value: decisions.percentile(share),
        unit: "ms".into(),
        reference: Some((ends.percentile(share), "a bare link being told of its end".to_owned())),
    };
    Ok(vec![figure(50), figure(99)])
}

/// Cuts the streams of one user on side A; returns when.
fn reset(sim: &Sim, user: &str) -> Instant {
    let now = Instant::now();
    sim.fault(Fault::StreamReset { side: Side::A, user: Some(user.to_owned()) });
    now
}

async fn ended(link: &mut Link) -> Result<Instant, Failure> {
    while let Some(event) = link.events.recv().await {
        if let LinkEvent::Ended(_) = event {
            return Ok(Instant::now());
        }
    }
    Err(Failure::new("a bare link ended without saying so"))
}
