//! From the decision to move until the session is live on the other side, with two dialogs.
//!
//! A session with a fresh pair for every repetition: side A's notification service stops, and the time from `switching` to `resynced` is
//! taken, as the application sees them. The floor is measured on the same side B right after: as many REST round trips one after the other as
//! the session made there, on one warm connection, and one bare login to the notifications.

use std::time::{Duration, Instant};

use finesse_ha::event::Event;
use finesse_ha::session::Transport;
use finesse_sim::{Fault, LogKind, Side, Sim};

use super::Figure;
use super::stage::{self, AGENT, BareLogin, until};
use super::statistics::Runs;
use crate::report::Failure;

/// Enough for a stable median; each takes two thirds of a second, most of it the pause between two probes of side B.
const REPETITIONS: u64 = 30;

/// How often the floor is measured for each: it costs little, and a neighbour on the machine disturbs some of them.
const FLOORS: usize = 5;

/// Measures both transports.
pub(super) fn run() -> Result<Vec<Figure>, Failure> {
    stage::over_transports(measure)
}

async fn measure(transport: Transport) -> Result<Vec<Figure>, Failure> {
    let (mut switches, mut floors, mut requests) = (Vec::new(), Vec::new(), 0);
    for seed in 1..=REPETITIONS {
        let run = once(transport, seed).await?;
        switches.push(run.switch);
        floors.extend(run.floors);
        requests = run.requests;
    }
    let (switches, floors) = (Runs::new(switches), Runs::new(floors));
    let what = format!("{requests} REST round trips on a warm connection and a bare login");
    let figure = |share| Figure {
        name: format!("switch.{transport}.p{share}"),
        value: switches.percentile(share),
        unit: "ms".into(),
        reference: Some((floors.percentile(share), what.clone())),
    };
    Ok(vec![figure(50), figure(99)])
}

/// One repetition.
struct Run {
    switch: Duration,
    floors: [Duration; FLOORS],
    requests: usize,
}

async fn once(transport: Transport, seed: u64) -> Result<Run, Failure> {
    let sim = stage::pair(seed).await?;
    let (a, b) = (stage::address(&sim, Side::A, transport)?, stage::address(&sim, Side::B, transport)?);
    let mut session = stage::session(&sim, a, b, transport, seed).await?;
    stage::two_calls(&sim, &mut session).await?;
    sim.fault(Fault::StopNotification { side: Side::A });
    let switch = switched(&mut session).await?;
    let requests = requests_on_b(&sim);
    session.close().await;
    let floors = floors(&sim, transport, requests).await?;
    sim.shutdown();
    Ok(Run { switch, floors, requests })
}

/// From `switching` to `resynced`.
pub(super) async fn switched(session: &mut finesse_ha::session::Session) -> Result<Duration, Failure> {
    let decided = until(session, "the decision to move", |event| match event {
        Event::Switching { .. } => Some(Instant::now()),
        _ => None,
    })
    .await?;
    let (live, dialogs) = until(session, "live on side B", |event| match event {
        Event::Resynced(done) => Some((Instant::now(), done.picture.dialogs.len())),
        _ => None,
    })
    .await?;
    if dialogs != 2 {
        return Err(Failure::new(format!("{dialogs} dialogs were found on side B, there are 2")));
    }
    Ok(live - decided)
}

/// How many requests the session has made on side B; before the switch it makes none there. Probes carry no credentials.
fn requests_on_b(sim: &Sim) -> usize {
    let of_the_session =
        |kind: &LogKind| matches!(kind, LogKind::Request { user: Some(user), .. } if user == AGENT);
    sim.log().iter().filter(|entry| entry.side == Some(Side::B) && of_the_session(&entry.kind)).count()
}

async fn floors(sim: &Sim, transport: Transport, requests: usize) -> Result<[Duration; FLOORS], Failure> {
    let (client, neighbour) = (stage::client(sim, Side::B)?, stage::neighbour()?);
    let login = BareLogin::new(sim, Side::B, transport)?;
    // Once to connect.
    client.user(&neighbour).get().await?;
    let mut floors = [Duration::ZERO; FLOORS];
    for floor in &mut floors {
        let started = Instant::now();
        let link = login.open().await?;
        for _ in 0..requests {
            client.user(&neighbour).get().await?;
        }
        *floor = started.elapsed();
        link.control.close().await;
    }
    Ok(floors)
}
