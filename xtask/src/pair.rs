//! What tasks need beside a simulated pair with sockets and a session on it.

use std::time::Duration;

use finesse_ha::event::Event;
use finesse_ha::session::Session;

use crate::report::Failure;

/// A pair in memory was asked for its addresses.
pub(crate) fn no_sockets() -> Failure {
    Failure::new("the pair has no sockets")
}

/// Waits for the event that `wanted` picks; the end of the feed ends the wait, and so does patience that runs out.
pub(crate) async fn until<T>(
    session: &mut Session,
    what: &str,
    patience: Duration,
    mut wanted: impl FnMut(&Event) -> Option<T>,
) -> Result<T, Failure> {
    let waiting = async {
        while let Some(event) = session.next().await {
            if let Some(found) = wanted(&event) {
                return Ok(found);
            }
        }
        Err(Failure::new(format!("waiting for {what}, but the session is over: {:?}", session.ended())))
    };
    tokio::time::timeout(patience, waiting)
        .await
        .unwrap_or_else(|_| Err(Failure::new(format!("{what}: not within {patience:?}"))))
}
