//! How many round trips stand one after the other between the decision to move and being live again.
//!
//! Side B lies at the end of a long line (see [`super::delay`]); side A fails; the time from `switching` to `resynced` is divided by the round
//! trip of the line. Everything else that takes time is small beside it, and shows as a fraction: the line is punctual to a millisecond.
//!
//! The floor is what the protocols force, with the login as it is (one step after the other) and requests on a warm connection:
//!
//! | Round trips | For |
//! |---|---|
//! | 1 | TCP to the notifications |
//! | 1 | TLS 1.3 |
//! | 1 | stream header, features |
//! | 1 | SASL PLAIN, success |
//! | 1 | stream header again, features |
//! | 1 | bind (`session` is optional by now and need not be asked for; presence is not answered) |
//! | 1 | the barrier, together with the subscriptions |
//! | 1 | the user, to decide about the claim |
//! | 1 | the claim |
//! | 1 | the dialogs |
//! | 1 | the user again: only a second look shows that nothing moved meanwhile |
//!
//! SystemInfo is not in it: the probe that admitted side B has just read it.

use std::time::Duration;

use finesse_ha::session::{SideAddress, Transport};
use finesse_sim::{Fault, Side};

use super::Figure;
use super::delay::Line;
use super::stage;
use super::statistics::median;
use super::switch::switched;
use crate::report::Failure;

/// One way; a hundred milliseconds there and back, as between continents.
const ONE_WAY: Duration = Duration::from_millis(50);
/// The table above.
const FLOOR: u32 = 11;
/// The number hardly varies; the middle of a few shows that it does not. Odd, so that there is a middle one.
const REPETITIONS: u64 = 3;

/// Measures over tcp.
pub(super) fn run() -> Result<Vec<Figure>, Failure> {
    let counted = stage::on_runtime(async {
        let mut counted = Vec::new();
        for seed in 1..=REPETITIONS {
            counted.push(once(seed).await?);
        }
        Ok(counted)
    })?;
    Ok(vec![Figure {
        name: "round-trips.tcp".to_owned(),
        value: median(counted),
        unit: "round trips".into(),
        reference: Some((f64::from(FLOOR), "what the protocols force".to_owned())),
    }])
}

async fn once(seed: u64) -> Result<f64, Failure> {
    let sim = stage::pair(seed).await?;
    let a = stage::address(&sim, Side::A, Transport::Tcp)?;
    let b = sim.addresses(Side::B).ok_or_else(|| Failure::new("the pair has no sockets"))?;
    let rest_url = b.rest_url.trim_start_matches("https://").parse()?;
    let (rest, xmpp) = (Line::to(rest_url, ONE_WAY).await?, Line::to(b.xmpp, ONE_WAY).await?);
    let b = SideAddress::new(format!("https://{}", rest.address()))
        .with_notifications(xmpp.address().to_string());
    let mut session = stage::session(&sim, a, b, Transport::Tcp, seed).await?;
    stage::two_calls(&sim, &mut session).await?;
    sim.fault(Fault::StopNotification { side: Side::A });
    let took = switched(&mut session).await?;
    session.close().await;
    sim.shutdown();
    Ok(took.as_secs_f64() / (2 * ONE_WAY).as_secs_f64())
}
